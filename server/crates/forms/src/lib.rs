//! Forms from JSON Schema, and everything else one schema is good for. No I/O, no clock; compiles to WebAssembly.
//!
//! # Tour
//!
//! A promise says in a schema what a developer may ask for. The schema is read once and kept with the revision:
//!
//! ```
//! use forms::{FormModel, Filled, Schema, admission, entries};
//! use serde_json::json;
//!
//! let schema = Schema::parse(&json!({
//!     "type": "object",
//!     "required": ["size"],
//!     "properties": {
//!         "size": {"title": "Size", "oneOf": [
//!             {"const": "small", "title": "Small", "description": "For trying things out"},
//!             {"const": "large", "title": "Large", "description": "For production"}
//!         ]},
//!         "replicas": {"type": "integer", "minimum": 1, "maximum": 5, "default": 1}
//!     },
//!     "x-kubernetes-validations": [
//!         {"rule": "self.size != 'small' || self.replicas <= 2", "message": "small ones have at most 2 replicas"}
//!     ]
//! }))?;
//!
//! // A page draws the model; a browser posts names and texts back.
//! let form = FormModel::empty(&schema);
//! assert_eq!(form.root.sections[0].fields[0].label, "Size");
//! let posted = [("v/size".to_owned(), "small".to_owned()), ("v/replicas".to_owned(), "3".to_owned())];
//! let given = entries::decode(&schema, &posted, None)?;
//! assert_eq!(given.value, json!({"size": "small", "replicas": 3}));
//!
//! // What every door does before it stores a value: prune, fill defaults, validate.
//! let admission = admission::admit(&schema, &given.value, None, "spec");
//! assert_eq!(admission.verdict.causes[0].message, "Invalid value: small ones have at most 2 replicas");
//!
//! // And the same page again, with the value kept and the errors at their fields.
//! let filled = Filled { value: Some(&given.value), causes: &admission.verdict.causes, ..Filled::default() };
//! let again = FormModel::build(&schema, filled);
//! assert_eq!(again.errors[0].message, "Small ones have at most 2 replicas.");
//! # Ok::<(), domain::Error>(())
//! ```
//!
//! | module | idea |
//! |---|---|
//! | [`schema`] | any dialect rewritten to 2020-12, compiled for validation, and read as a graph of nodes |
//! | [`admission`] | prune, defaults, validation with an API server's words and a person's |
//! | [`rules`] | CEL, bounded |
//! | [`model`] | schema + value + errors → fields with labels, widgets and states |
//! | [`entries`] | posted names and texts → value; the buttons of lists |
//! | [`lint`] | remarks when a schema is published |
//! | [`hints`] | `x-ui` and `ui:…` |
//! | [`formats`] | quantities, address blocks, schedules and when they come next |
//! | [`pick`] | fields whose choices are in the world, not in the schema |
//! | [`secrets`] | where a value holds secrets |
//!
//! # What holds
//!
//! - Nothing panics, and every schema, value and form is handled in bounded time and memory: sizes are counted before anything recurses.
//! - What a form shows comes back as it was: `decode(model.entries()) == prune(value)`. A value a control cannot hold is shown as YAML.
//! - Nothing a person typed is lost: a text that is no number stays in the value as text and is reported there.
//! - Secrets (`writeOnly`) are in no model, no entry and no message.

pub mod admission;
pub mod entries;
pub mod formats;
pub mod hints;
pub mod labels;
pub mod lint;
pub mod model;
pub mod pick;
pub mod pointer;
pub mod rules;
pub mod schema;
pub mod secrets;

pub use admission::{Admission, Verdict, admit};
pub use entries::{Action, Decoded, Entry, apply_action, decode};
pub use model::{Field, Filled, FormModel, Widget};
pub use schema::{Dialect, Schema};
