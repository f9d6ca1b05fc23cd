//! A compiler for WebAssembly: the target added by rustup, or, where that cannot be had, Debian's compiler
//! with a standard library built once into `target/wasm-toolchain`.

use crate::{apt, fingerprint, shell, workspace};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

pub const TARGET: &str = "wasm32-unknown-unknown";

/// Cargo with a compiler that can make WebAssembly, installing one if there is none.
pub fn cargo() -> Result<Command> {
    let debian_only = workspace::variable("MIDSPAN_WASM").is_some_and(|choice| choice == "debian");
    if !debian_only && (has_target() || add_with_rustup()) {
        return Ok(workspace::cargo());
    }
    let toolchain = debian_toolchain()?;
    let mut cargo = Command::new("/usr/bin/cargo");
    workspace::clean(&mut cargo);
    cargo.env_remove("RUSTUP_TOOLCHAIN").env("RUSTC", toolchain.join("bin/rustc"));
    Ok(cargo)
}

fn has_target() -> bool {
    let mut rustc = Command::new("rustc");
    let libraries = shell::output(rustc.args(["--print", "target-libdir", "--target", TARGET]));
    libraries.is_ok_and(|directory| contains_core(Path::new(&directory)))
}

fn contains_core(directory: &Path) -> bool {
    let names = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.into_iter().any(|name| name.to_string_lossy().starts_with("libcore-"))
}

fn add_with_rustup() -> bool {
    if shell::find("rustup").is_none() {
        return false;
    }
    println!("adding the target {TARGET}");
    // Bounded, as a mirror that does not answer must not hold up the other way.
    shell::run(Command::new("timeout").args(["300", "rustup", "target", "add", TARGET])).is_ok() && has_target()
}

/// Debian ships a recent compiler for its browsers, with the sources of the standard library.
fn debian_toolchain() -> Result<PathBuf> {
    println!("rustup cannot add {TARGET}; using Debian's packages");
    apt::packages(&["rustc-web", "cargo-web", "rust-web-src", "lld-19"])?;
    let compiler = shell::output(Command::new("/usr/bin/rustc").arg("-vV"))?;
    let host = compiler.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;

    let toolchain = workspace::root()?.join("target/wasm-toolchain");
    let stamp = toolchain.join("compiler.txt");
    if fs::read_to_string(&stamp).is_ok_and(|last| last == compiler) {
        return Ok(toolchain);
    }
    if toolchain.exists() {
        fs::remove_dir_all(&toolchain)?;
    }
    let libraries = build_standard_library(&toolchain.join("build"))?;
    lay_out(&toolchain, host, &libraries)?;
    fs::write(stamp, &compiler)?;
    Ok(toolchain)
}

fn build_standard_library(directory: &Path) -> Result<PathBuf> {
    println!("building the standard library for {TARGET}, once");
    fs::create_dir_all(directory.join("src"))?;
    fs::write(directory.join("src/lib.rs"), "")?;
    fs::write(
        directory.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n[profile.release]\ndebug = 0\n",
    )?;
    let mut cargo = Command::new("/usr/bin/cargo");
    workspace::clean(&mut cargo);
    cargo
        .args(["build", "--quiet", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort,proc_macro"])
        .current_dir(directory)
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC_WRAPPER", "")
        // With bitcode, so that the release profile's link-time optimisation can use it.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env("CARGO_TARGET_DIR", directory.join("target"));
    shell::run(&mut cargo)?;
    Ok(directory.join("target").join(TARGET).join("release/deps"))
}

/// A sysroot of links into `/usr`, with the built library in it; `/usr` itself stays as it is.
fn lay_out(toolchain: &Path, host: &str, libraries: &Path) -> Result<()> {
    let rustlib = toolchain.join("lib/rustlib");
    let target_libraries = rustlib.join(TARGET).join("lib");
    let host_programs = rustlib.join(host).join("bin");
    for directory in [&toolchain.join("bin"), &target_libraries, &host_programs] {
        fs::create_dir_all(directory)?;
    }
    let installed = Path::new("/usr/lib/rustlib");
    symlink(installed.join(host).join("lib"), rustlib.join(host).join("lib"))?;
    // The WebAssembly target's default linker, under the name rustc looks for.
    symlink("/usr/bin/lld-19", host_programs.join("rust-lld"))?;

    // The compiler finds its sysroot beside its own library, so a link to it is not enough.
    let rustc = toolchain.join("bin/rustc");
    fs::write(&rustc, format!("#!/bin/sh\nexec /usr/bin/rustc --sysroot '{}' \"$@\"\n", toolchain.display()))?;
    fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755))?;

    let mut copied = 0;
    for library in fingerprint::files(libraries)? {
        let name = library.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_library = library.extension().is_some_and(|extension| extension == "rlib" || extension == "rmeta");
        if is_library && !name.starts_with("libempty-") {
            fs::copy(&library, target_libraries.join(name))?;
            copied += 1;
        }
    }
    ensure!(copied > 0, "the standard library was built, but {} holds none of it", libraries.display());
    Ok(())
}
