//! `/r/…/files`: every file placed for a resource, where it stands and what is in it.

use domain::Timestamp;

use super::resource::ResourceHead;
use crate::view::Tone;

/// What the files tab shows.
#[derive(Clone, Debug, Default)]
pub struct FilesPage {
    pub head: ResourceHead,
    pub destinations: Vec<DestinationFiles>,
}

/// A destination's files.
#[derive(Clone, Debug, Default)]
pub struct DestinationFiles {
    pub name: String,
    pub writes_to: String,
    pub commit: String,
    pub at: Option<Timestamp>,
    pub tone: Tone,
    pub says: String,
    pub files: Vec<PlacedFile>,
}

#[derive(Clone, Debug, Default)]
pub struct PlacedFile {
    pub path: String,
    pub bytes: u64,
    /// The text, cut at some length; `None` = not text.
    pub text: Option<String>,
    pub is_cut: bool,
}
