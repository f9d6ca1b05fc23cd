//! What the store indexes of an object without knowing its kind: phase, promise, whether it still matters to its owner.

use crate::object::Object;

/// The label by which a resource belongs to its promise, Kratix's own.
pub const PROMISE_LABEL: &str = "kratix.io/promise-name";

/// The label by which people find what they asked for.
pub const REQUESTED_BY: &str = "midspan.dev/requested-by";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facets<'a> {
    /// `status.phase`, or `status.state` where a kind has that instead.
    pub phase: &'a str,
    /// The promise a resource was made from; empty for all other kinds.
    pub promise: &'a str,
    /// False for history: finished runs, answered requests.
    pub active: bool,
}

impl Object {
    pub fn facets(&self) -> Facets<'_> {
        let text = |key: &str| self.status.get(key).and_then(serde_json::Value::as_str);
        let phase = text("phase").or_else(|| text("state")).unwrap_or_default();
        let active = match (self.group(), self.kind.as_str()) {
            (crate::object::GROUP, "Run") => !matches!(phase, "Succeeded" | "Failed" | "Superseded"),
            (crate::object::GROUP, "Request") => matches!(phase, "Submitted" | "Running"),
            _ => true,
        };
        Facets { phase, promise: self.metadata.labels.get(PROMISE_LABEL).map_or("", String::as_str), active }
    }
}
