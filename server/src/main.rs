//! The binary `midspan`.

fn main() -> std::process::ExitCode {
    midspan::cli::main()
}
