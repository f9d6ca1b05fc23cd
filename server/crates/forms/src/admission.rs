//! What an API server does to an object's `spec` before it is stored: unknown fields dropped, defaults filled in, the rest validated.
//!
//! Causes carry the message an API client expects and, beside it, a sentence for the person who fills in the form.

mod complete;
mod defaults;
mod extent;
mod human;
mod messages;
mod prune;
mod undecided;
mod validate;

pub use complete::complete;
pub use defaults::fill as fill_defaults;
pub use prune::prune;
pub use validate::{Verdict, validate};

pub(crate) use extent::{extent, largest};
pub(crate) use human::{NO_ALTERNATIVE, is_go_duration};

use crate::schema::Schema;
use domain::{Cause, Error, Result};
use serde_json::Value;

/// A value as it will be stored, and what was wrong with what came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Admission {
    /// Pruned and with defaults.
    pub value: Value,
    /// The unknown fields that were dropped, as an API server names them: `spec.nope`.
    pub dropped: Vec<String>,
    pub verdict: Verdict,
}

impl Admission {
    /// The admitted value, or the refusal of `what` (`Widget.demo.example.com "w1"`).
    pub fn into_result(self, what: &str) -> Result<Value> {
        if self.verdict.is_valid() { Ok(self.value) } else { Err(refusal(what, self.verdict.api_causes())) }
    }
}

/// Prunes, fills defaults and validates. `old` is the stored version of an update; `root` is where the value stands (`spec`).
pub fn admit(schema: &Schema, value: &Value, old: Option<&Value>, root: &str) -> Admission {
    if let Some(cause) = validate::too_large(schema, value, root) {
        return Admission { value: value.clone(), dropped: Vec::new(), verdict: Verdict::refused(cause) };
    }
    let mut value = value.clone();
    let dropped = prune(schema, &mut value, root);
    fill_defaults(schema, &mut value);
    let verdict = validate(schema, &value, old, root);
    Admission { value, dropped, verdict }
}

/// The error of an object that is invalid, in the words of an API server.
pub fn refusal(what: &str, causes: Vec<Cause>) -> Error {
    let told: Vec<String> = causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
    let list = if let [only] = told.as_slice() { only.clone() } else { format!("[{}]", told.join(", ")) };
    Error::invalid(format!("{what} is invalid: {list}"), causes)
}
