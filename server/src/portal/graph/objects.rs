//! What stands at a destination: the objects of the manifests that were placed there, and the files that are none.

use crate::portal::{ServerPortal, secrets::Cover};
use app::{graph::Node, paths::ResourceKey, view::Tone};
use domain::{Digest, Result, document, placement::Placement};
use serde_json::Value;
use std::collections::BTreeSet;

/// Files that are read of one destination; those beyond stand by their names.
const READ: usize = 100;
/// A larger file is not read.
const LARGEST: usize = 64 * 1024;

impl ServerPortal {
    pub(super) async fn objects_in(
        &self,
        key: &ResourceKey,
        placements: &[&Placement],
        cover: &Cover,
    ) -> Result<Vec<Node>> {
        let files = || {
            let stays = placements.iter().filter(|placement| !placement.spec.withdrawn);
            stays.flat_map(|placement| {
                placement.spec.files.iter().map(|(path, digest)| (placement.spec.full(path), digest))
            })
        };
        let read: BTreeSet<Digest> = files().take(READ).map(|(_, digest)| digest.clone()).collect();
        let blobs = self.doors.services.store.blobs(&read.into_iter().collect::<Vec<_>>()).await?;
        let differing = placements.iter().flat_map(|placement| {
            let files = placement.status.drift.iter().flat_map(|drift| &drift.files);
            files.map(|file| placement.spec.full(&file.path))
        });
        let drifted: BTreeSet<String> = differing.collect();
        let mut nodes = Vec::new();
        for (path, digest) in files() {
            let text = blobs.get(digest).filter(|bytes| bytes.len() <= LARGEST);
            let text = text.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
            let (tone, state) = if drifted.contains(&path) { (Tone::Warn, "Drifted") } else { (Tone::Quiet, "") };
            let node = |kind: &str, name: &str, icon: &str| Node {
                id: format!("object/{path}/{kind}/{name}"),
                kind: kind.to_owned(),
                icon: icon.to_owned(),
                name: name.to_owned(),
                tone,
                state: state.to_owned(),
                href: key.tab("files"),
            };
            let objects = manifests(&cover.text(text));
            if objects.is_empty() {
                nodes.push(node("File", path.rsplit('/').next().unwrap_or_default(), "file"));
            }
            nodes.extend(objects.iter().map(|(kind, name)| node(kind, name, "box")));
        }
        Ok(nodes)
    }
}

/// Kind and name of every object in a text; nothing where one of its documents is no manifest.
fn manifests(text: &str) -> Vec<(String, String)> {
    let object = |document: &Value| {
        let word = |at: &str| document.pointer(at).and_then(Value::as_str).map(str::to_owned);
        word("/apiVersion").and(word("/kind")).zip(word("/metadata/name"))
    };
    let documents = if text.is_empty() { Vec::new() } else { document::parse_all(text, "file").unwrap_or_default() };
    documents.iter().map(object).collect::<Option<Vec<_>>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let told: Vec<_> = manifests(text).into_iter().map(|(kind, name)| format!("{kind} {name}")).collect();
        assert_eq!(told.join(", "), expected);
    }

    #[test]
    fn manifests_are_told_by_their_objects_and_other_files_are_files() {
        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n";
        check(service, "Service web");
        check(&format!("{service}---\n{}", service.replace("Service", "Secret")), "Service web, Secret web");
        check("replicas: 3\n", "");
        check(&format!("{service}---\nreplicas: 3\n"), "");
        check("a: [", "");
        check("", "");
    }
}
