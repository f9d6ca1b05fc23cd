//! What a browser posts, read back as a value.
//!
//! A field's name is `v` and the JSON Pointer of its place: `v/rules/0/port`. Beside values a form posts *marks*, whose names start with
//! two underscores:
//!
//! | mark | says |
//! |---|---|
//! | `…/__was` | what stood there before: see [`Was`] |
//! | `…/__present` | a checkbox or a group of them is in the form, ticked or not |
//! | `…/__row` | this is a row of a list; rows count in the order they are posted |
//! | `…/__branch` | the alternative chosen; its fields stand below `…/__of/<number>` |
//! | `…/__rows/<n>/__key`, `…/__value` | one entry of a map |
//! | `…/__yaml` | the place is given as YAML |
//! | `…/__zone` | the zone of a time that is typed without one |
//! | `…/__stored` | what stands for a secret that is kept |
//! | `…/__way` | how a secret is given: `keep`, `type`, `make` or `use`; with the last, `…/__use` names it |
//!
//! A property whose own name starts with two underscores is written with `~2` in their stead.

mod action;
mod hidden;
mod name;
mod posted;
mod read;
mod scalar;

pub use action::{Action, apply_action};
pub use hidden::without_hidden;
pub use name::{ROOT, child, mark, named};
pub use read::{Decoded, decode};

/// One name and value of a posted form.
pub type Entry = (String, String);

/// The most entries a form may post.
pub const MAX_ENTRIES: usize = 20_000;
/// The most bytes all entries of a form may have together.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// What stood in a field when it was rendered, where the control alone cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Was {
    /// Nothing; the control shows the default. Unchanged, it stays absent.
    Default,
    /// Nothing; an unticked box stays absent.
    Absent,
    /// `null`. Left empty, it stays so.
    Null,
    /// An empty text, list or object. Left empty, it stays so.
    Empty,
    /// Something that is not in the form: a secret, or a field that cannot be changed. It stays.
    Kept,
    /// A text that reads like a number, where both are allowed.
    Text,
}

impl Was {
    pub fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Absent => "absent",
            Self::Null => "null",
            Self::Empty => "empty",
            Self::Kept => "kept",
            Self::Text => "text",
        }
    }

    fn named(word: &str) -> Option<Self> {
        [Self::Default, Self::Absent, Self::Null, Self::Empty, Self::Kept, Self::Text]
            .into_iter()
            .find(|was| was.word() == word)
    }
}

pub(crate) use name::child_mark;
pub(crate) use scalar::{choice_texts, chosen, number_of, scalar_of, scalar_text};
