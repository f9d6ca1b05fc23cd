//! The promise under test: a template, a call, a command, and files for the git destination.

use serde_json::{Value, json};
use std::path::Path;

pub const GROUP: &str = "crash.example.com";
pub const KIND: &str = "Parcel";
pub const ANNOUNCE: usize = 1;
pub const STAMP: usize = 2;

/// Looks before it writes, with time for an accident in between: two of the same attempt at once would both write.
const STAMP_SCRIPT: &str = r#"
case "$MOODY$MIDSPAN_IDEMPOTENCY_KEY" in true*[0af]) echo "a bad moment" >&2; exit 1;; esac
grep -q "^$MIDSPAN_IDEMPOTENCY_KEY " "$BOOK" || { sleep "$PAUSE"; echo "$MIDSPAN_IDEMPOTENCY_KEY $LINE" >> "$BOOK"; }
echo "$MIDSPAN_IDEMPOTENCY_KEY" > "$MIDSPAN_OUTPUT/stamp.txt"
"#;

/// Calls `receiver`, writes into `book`.
pub fn parcel(receiver: &str, book: &Path) -> Value {
    let retry = json!({"attempts": 40, "backoff": "40ms", "maxBackoff": "300ms"});
    json!({
        "apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "parcel"},
        "spec": {
            "api": {"group": GROUP, "version": "v1", "kind": KIND, "plural": "parcels", "schema": {
                "type": "object",
                "properties": {"size": {"type": "integer"}, "moody": {"type": "boolean"}, "pause": {"type": "string"}},
            }},
            "workflows": {"resource": {"configure": [{"name": "deliver", "steps": [
                {"name": "label", "uses": "template", "with": {"files": {"label.txt": "{{ metadata.name }} {{ spec.size }}"}}},
                {"name": "announce", "uses": "http", "retry": retry, "with": {
                    "url": receiver,
                    "body": {"name": "{{ metadata.name }}", "generation": "{{ metadata.generation }}", "size": "{{ spec.size }}"},
                    "outputs": {"receipt": "/receipt"},
                }},
                {"name": "stamp", "uses": "command", "retry": retry, "with": {
                    "command": ["/bin/sh", "-c", STAMP_SCRIPT],
                    "env": {"BOOK": book, "LINE": "{{ metadata.name }} {{ metadata.generation }} {{ spec.size }}", "MOODY": "{{ spec.moody }}", "PAUSE": "{{ spec.pause }}"},
                }},
            ]}]}},
        },
    })
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub name: String,
    pub size: i64,
    pub moody: bool,
    /// Whether its command outlives a server's start: what a dead server left running must be ended before it is tried again.
    pub slow: bool,
    /// Whether the parcel is there and is to change.
    pub change: bool,
}

impl Wish {
    /// One of many: every second moody, every eighth slow.
    pub fn numbered(number: u64) -> Self {
        Self {
            name: format!("parcel-{number:03}"),
            size: 1,
            moody: number.is_multiple_of(2),
            slow: number % 8 == 1,
            change: false,
        }
    }

    pub fn document(&self) -> Value {
        let pause = if self.slow { "0.7" } else { "0.03" };
        json!({
            "apiVersion": format!("{GROUP}/v1"), "kind": KIND, "metadata": {"name": self.name},
            "spec": {"size": self.size, "moody": self.moody, "pause": pause},
        })
    }
}
