//! `front`: what the browser gets. `app` as WebAssembly with its JavaScript glue, and the style sheet.

use crate::{css, fingerprint, shell, site, wasm, workspace};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// The name that pages ask for; Leptos reads the same from `.cargo/config.toml`.
const NAME: &str = "midspan";

/// Builds into `target/site`; does nothing when no input has changed.
pub fn build(release: bool) -> Result<()> {
    let how = if release { "release" } else { "dev" };
    let stamp = Path::new("target/front/inputs.txt");
    let inputs = fingerprint::of_front(how)?;
    if site::is_whole() && fs::read_to_string(stamp).is_ok_and(|last| last == inputs) {
        return Ok(());
    }

    let started = Instant::now();
    let mut files = glue(&compile(release)?, release)?;
    files.insert(format!("{NAME}.css").into(), css::bundle(Path::new("style"))?.into_bytes());
    files.extend(assets(Path::new("style/assets"))?);
    let wasm_size = files.get(Path::new("midspan.wasm")).map_or(0, Vec::len) / 1024;
    site::publish(files, release)?;
    fs::write(stamp, inputs)?;
    println!("front ({how}): {:.1} s, {wasm_size} KiB of WebAssembly", started.elapsed().as_secs_f32());
    Ok(())
}

fn compile(release: bool) -> Result<PathBuf> {
    // Development uses the plain dev profile: macros and build scripts are then shared with the server's build.
    let (profile, directory) = if release { ("wasm-release", "wasm-release") } else { ("dev", "debug") };
    let mut cargo = wasm::cargo()?;
    cargo.args(["build", "--package", "app", "--lib", "--no-default-features", "--features", "hydrate"]);
    cargo.args(["--target", wasm::TARGET, "--profile", profile]);
    shell::run(&mut cargo)?;
    Ok(workspace::target().join(wasm::TARGET).join(directory).join("app.wasm"))
}

/// What `wasm-bindgen` makes of the compiled module.
fn glue(module: &Path, release: bool) -> Result<site::Files> {
    let directory = Path::new("target/front/glue");
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    fs::create_dir_all(directory)?;
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen
        .input_path(module)
        .out_name(NAME)
        .web(true)?
        .typescript(false)
        .debug(!release)
        .keep_debug(false)
        .remove_name_section(release)
        .remove_producers_section(release)
        .generate(directory)
        .context("wasm-bindgen could not read the compiled app")?;

    // Pages name the module themselves, without wasm-bindgen's `_bg`.
    let mut files = read_all(directory)?;
    let module = files.remove(Path::new("midspan_bg.wasm")).context("wasm-bindgen wrote no midspan_bg.wasm")?;
    files.insert("midspan.wasm".into(), module);
    Ok(files)
}

/// Icons and fonts that the style sheet and the pages point at.
fn assets(directory: &Path) -> Result<site::Files> {
    if directory.is_dir() { read_all(directory) } else { Ok(site::Files::new()) }
}

fn read_all(directory: &Path) -> Result<site::Files> {
    let mut read = site::Files::new();
    for path in fingerprint::files(directory)? {
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        read.insert(path.strip_prefix(directory)?.to_owned(), bytes);
    }
    Ok(read)
}
