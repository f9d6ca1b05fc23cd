//! The starter catalog, inside the binary: published when `--dev` finds no promise.

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../examples/starter"]
struct Starter;

/// The promise documents, by folder name.
pub fn promises() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Starter::iter()
        .filter(|path| path.ends_with("/promise.yaml"))
        .filter_map(|path| {
            let text = String::from_utf8(Starter::get(&path)?.data.into_owned()).ok()?;
            Some((path.split('/').next().unwrap_or_default().to_owned(), text))
        })
        .collect();
    all.sort();
    all
}
