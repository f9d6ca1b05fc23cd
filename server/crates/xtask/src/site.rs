//! `target/site`: the directory that the server embeds. A file whose bytes would not change is not touched,
//! else the crate that embeds it would be compiled again.

use crate::{fingerprint, workspace};
use anyhow::{Context, Result};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

/// Files by their path under `pkg/`.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

const MANIFEST: &str = "manifest.txt";

/// Writes the files, with compressed twins if wanted, and removes what is no longer among them.
pub fn publish(mut files: Files, precompress: bool) -> Result<()> {
    let pkg = workspace::site().join("pkg");
    let manifest = manifest(&files);
    files.insert(MANIFEST.into(), manifest.into_bytes());

    let mut kept = Vec::new();
    for (name, bytes) in &files {
        let path = pkg.join(name);
        let changed = write_if_different(&path, bytes)?;
        if precompress && worth_compressing(name) {
            for (suffix, compress) in [("br", brotli as fn(&[u8]) -> Result<Vec<u8>>), ("gz", gzip)] {
                let twin = twin(&path, suffix);
                if changed || !twin.exists() {
                    write_if_different(&twin, &compress(bytes)?)?;
                }
                kept.push(twin);
            }
        }
        kept.push(path);
    }
    for path in fingerprint::files(&pkg)? {
        if !kept.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Whether all that was published last is still there.
pub fn is_whole() -> bool {
    let pkg = workspace::site().join("pkg");
    fs::read_to_string(pkg.join(MANIFEST)).is_ok_and(|manifest| {
        manifest.lines().skip(1).filter_map(|line| line.split_whitespace().last()).all(|name| pkg.join(name).exists())
    })
}

/// The first line is the version of the whole; then one line for each file: hash, size, name.
fn manifest(files: &Files) -> String {
    let mut lines = String::new();
    for (name, bytes) in files {
        let _ = writeln!(lines, "{} {:>9} {}", &fingerprint::of(bytes)[..16], bytes.len(), name.display());
    }
    format!("{}\n{lines}", &fingerprint::of(lines.as_bytes())[..16])
}

fn write_if_different(path: &Path, bytes: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(false);
    }
    let directory = path.parent().context("a file of the site has a directory")?;
    fs::create_dir_all(directory)?;
    fs::write(path, bytes).with_context(|| path.display().to_string())?;
    Ok(true)
}

fn worth_compressing(name: &Path) -> bool {
    let extension = name.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("css" | "js" | "json" | "svg" | "wasm"))
}

fn twin(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut compressed, 1 << 16, 11, 22);
    encoder.write_all(bytes)?;
    drop(encoder);
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
