//! A placement is a work's group scheduled to a destination: what should stand there, and what was last written.

use crate::{
    destination::{Cleanup, Destination, Layout},
    digest::Digest,
    drift::Found,
    object::{Kind, Typed},
    time::Timestamp,
    work::Files,
};
use serde::{Deserialize, Serialize};

pub struct PlacementKind;
impl Kind for PlacementKind {
    const KIND: &'static str = "Placement";
    const PLURAL: &'static str = "placements";
    const NAMESPACED: bool = true;
    type Spec = PlacementSpec;
    type Status = PlacementStatus;
}
pub type Placement = Typed<PlacementKind>;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacementSpec {
    pub promise: String,
    pub resource: String,
    pub pipeline: String,
    /// Uid of the work these files come from.
    pub work: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub directory: String,
    pub destination: String,
    pub state_store: String,
    /// The folder in the store. In the nested layout it belongs to this placement alone and everything in it is ours to replace; in the other
    /// layouts it is the destination's own.
    pub root: String,
    #[serde(default, skip_serializing_if = "is_nested")]
    pub layout: Layout,
    /// The one file of the aggregated layout, below the root.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filename: String,
    /// The files stay where they are when the destination itself is deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outlives: bool,
    pub files: Files,
    /// Files that are others' to change, as the promise names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// The files are to go: the resource or this part of it is being removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
    /// The files stay until they stand where they go instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leaving: bool,
}

impl PlacementSpec {
    /// Names the content that should stand at the root: equal for equal files, whatever run made them.
    pub fn content(&self) -> Digest {
        let parts = self.files.iter().flat_map(|(path, digest)| [path.as_bytes(), digest.as_str().as_bytes()]);
        if self.withdrawn { Digest::of_parts([]) } else { Digest::of_parts(parts) }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PlacementStatus {
    pub state: PlacementState,
    /// The content that was last confirmed at the destination; absent before the first write and while a write is in flight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Digest>,
    /// The version (commit) that holds it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When the store is asked again after a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// In the flat layout, the paths that were last confirmed: nobody else may take them meanwhile.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<String>,
    /// What the last look found to be otherwise; a write ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Found>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlacementState {
    /// Not what it should be yet; the store's next pass writes it.
    #[default]
    Pending,
    /// Stands as asked (or is gone, when withdrawn).
    Written,
    /// The last write was refused; the message says why, the store's pass tries again.
    Failing,
}

/// On a placement: who asked for what it holds, or for its removal.
const ASKED_BY: &str = "midspan.dev/asked-by";
/// On a placement: why this destination was chosen, in the words of that moment.
const WHY: &str = "midspan.dev/why";

impl Placement {
    /// Who asked for what stands here as it does; nobody where Midspan changed it by itself.
    pub fn asked_by(&self) -> Option<&str> {
        self.metadata.annotations.get(ASKED_BY).map(String::as_str)
    }

    pub(crate) fn ask(&mut self, by: Option<&str>) {
        match by {
            Some(by) => _ = self.metadata.annotations.insert(ASKED_BY.to_owned(), by.to_owned()),
            None => _ = self.metadata.annotations.remove(ASKED_BY),
        }
    }

    /// Whether it was written, and a look has found it otherwise since.
    pub fn drifted(&self) -> bool {
        self.status.state == PlacementState::Written && self.status.drift.is_some()
    }

    /// Why it was placed there and nowhere else.
    pub fn why(&self) -> &str {
        self.metadata.annotations.get(WHY).map_or("", String::as_str)
    }

    pub(crate) fn explain(&mut self, why: String) {
        self.metadata.annotations.insert(WHY.to_owned(), why);
    }

    /// Whether it is one of the places of a group of files that are to stay.
    pub fn of_group(&self, work: &str, directory: &str) -> bool {
        !self.spec.withdrawn && self.spec.work == work && self.spec.directory == directory
    }

    /// Whether the destination is known to hold just what is asked.
    pub fn settled(&self) -> bool {
        self.status.state == PlacementState::Written && self.status.written.as_ref() == Some(&self.spec.content())
    }
}

impl PlacementSpec {
    /// Lays the placement out as its destination asks, `nested` being its folder in the nested layout.
    #[must_use]
    pub fn laid_out(self, destination: &Destination, nested: String) -> Self {
        let spec = &destination.spec;
        let (root, filename) = match spec.filepath.mode {
            Layout::Nested => (nested, String::new()),
            Layout::Flat => (spec.folder(), String::new()),
            Layout::Aggregated => (spec.folder(), spec.filepath.filename().to_owned()),
        };
        Self { root, filename, layout: spec.filepath.mode, outlives: spec.cleanup == Some(Cleanup::None), ..self }
    }

    /// A path below the root, from the store's top.
    pub fn full(&self, path: &str) -> String {
        if self.root.is_empty() { path.to_owned() } else { format!("{}/{path}", self.root) }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_nested(layout: &Layout) -> bool {
    *layout == Layout::Nested
}

/// Kratix's `nestedByMetadata` layout below the destination's path.
pub fn nested_root(
    store_path: &str,
    destination_path: &str,
    namespace: &str,
    promise: &str,
    resource: &str,
    pipeline: &str,
    group: &str,
) -> String {
    joined(&[store_path, destination_path, "resources", namespace, promise, resource, pipeline, group])
}

/// The same for what belongs to a promise itself. Its dependencies come from no pipeline, and their path names none.
pub fn dependencies_root(destination_path: &str, promise: &str, pipeline: &str, group: &str) -> String {
    joined(&[destination_path, "dependencies", promise, pipeline, group])
}

fn joined(parts: &[&str]) -> String {
    parts
        .iter()
        .flat_map(|part| part.split('/'))
        .filter(|part| !part.is_empty() && *part != ".")
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_made_of_what_owns_it() {
        let root = nested_root("", "/clusters/dev/", "default", "postgresql", "shop", "instance", "5058f");
        assert_eq!(root, "clusters/dev/resources/default/postgresql/shop/instance/5058f");
    }

    #[test]
    fn withdrawn_content_is_the_empty_content() {
        let spec = PlacementSpec { files: [("a".to_owned(), Digest::of("a"))].into(), ..PlacementSpec::default() };
        let gone = PlacementSpec { withdrawn: true, ..spec.clone() };
        assert_ne!(spec.content(), gone.content());
        assert_eq!(gone.content(), PlacementSpec::default().content());
    }
}
