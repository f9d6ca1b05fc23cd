//! `/r/…/history`: who changed what and when, and what became of it.

use super::resource::ResourceHead;
use crate::view::Happening;

/// What the history tab shows, newest first.
#[derive(Clone, Debug, Default)]
pub struct HistoryPage {
    pub head: ResourceHead,
    pub happenings: Vec<Happening>,
    /// Cursor for `?before=`.
    pub older: Option<String>,
}
