//! `/catalog/{promise}`: what it is, what you get, and the way to ask for it.

use domain::Timestamp;

use crate::view::{PromiseCard, ResourceRow};

/// What a promise's page shows.
#[derive(Clone, Debug, Default)]
pub struct PromisePage {
    pub card: PromiseCard,
    /// Rendered from markdown and sanitised by the server: it is put into the page as it is.
    pub docs_html: String,
    /// `data.example.com/v1`
    pub api_version: String,
    /// `Postgresql`
    pub kind: String,
    pub outputs: Vec<OutputDoc>,
    /// Newest first.
    pub versions: Vec<VersionRow>,
    pub examples: Vec<Example>,
    /// The caller's resources of this promise; at most five.
    pub mine: Vec<ResourceRow>,
    /// `namespace (v1 or newer)`
    pub requires: Vec<String>,
    /// A minimal resource as YAML, for `midspan apply`.
    pub yaml: String,
}

/// Something a ready resource gives back.
#[derive(Clone, Debug, Default)]
pub struct OutputDoc {
    pub name: String,
    pub description: String,
    pub is_secret: bool,
}

/// A published revision.
#[derive(Clone, Debug, Default)]
pub struct VersionRow {
    pub version: String,
    /// The first characters of its content address.
    pub revision: String,
    pub published: Timestamp,
    pub is_current: bool,
    /// How many of the caller's resources run it.
    pub in_use: u64,
}

/// A filled-in form to start from.
#[derive(Clone, Debug, Default)]
pub struct Example {
    /// Its name in `?example=`.
    pub name: String,
    pub title: String,
    pub description: String,
}
