//! `/runs`: what is running and what has run.

use crate::view::{Facet, Paging, RunRow};

/// The list as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunsQuery {
    /// `active|succeeded|failed`; empty = all.
    pub state: String,
    /// A promise's name.
    pub promise: String,
    pub after: String,
    pub before: String,
}

/// What the list shows.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    pub rows: Vec<RunRow>,
    pub promises: Vec<Facet>,
    pub paging: Paging,
    /// Whether there is any run at all without the filters.
    pub any: bool,
}
