//! The binary `midspan`.

/// A burst of requests is a third allocating; the system's allocator takes twice as long for it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    midspan::cli::main()
}
