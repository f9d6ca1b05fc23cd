//! The folder the binary embeds must be there when it compiles; and a new site must recompile what embeds it.

fn main() -> std::io::Result<()> {
    std::fs::create_dir_all("../target/site/pkg")?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../target/site/pkg");
    println!("cargo::rerun-if-changed=../examples/starter");
    Ok(())
}
