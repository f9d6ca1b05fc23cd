//! `/catalog?q=&tag=`: everything on offer, searched and filtered on the server.

use crate::view::{Facet, PromiseCard};

/// The search as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogQuery {
    pub q: String,
    pub tag: String,
}

/// What the catalog shows.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    pub cards: Vec<PromiseCard>,
    /// Tags of all promises the caller can see, whatever the search says.
    pub tags: Vec<Facet>,
    /// How many there are without the search; zero = first use.
    pub total: u64,
    /// Whether the caller may publish promises; the first-use text differs.
    pub may_publish: bool,
}
