//! `/resources`: every resource the caller may see; search, filters, order and page stand in the address.

use crate::view::{Facet, Paging, ResourceRow};

/// The list as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourcesQuery {
    pub q: String,
    /// A promise's name.
    pub promise: String,
    /// `healthy|progressing|degraded|drifted|failed`
    pub state: String,
    pub namespace: String,
    /// `mine` (the default) or `all`.
    pub whose: String,
    /// `changed` (the default), `name`, `created`; a leading `-` turns it round.
    pub sort: String,
    /// A cursor.
    pub after: String,
    pub before: String,
}

/// What the list shows.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    pub rows: Vec<ResourceRow>,
    pub promises: Vec<Facet>,
    pub states: Vec<Facet>,
    pub namespaces: Vec<Facet>,
    pub paging: Paging,
    /// Whether there is any resource at all without the filters; `false` = first use.
    pub any: bool,
}
