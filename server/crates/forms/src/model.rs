//! The form as a tree of fields: what a page, an island, a prompt or an agent needs to draw it.
//!
//! A model is made from a schema, a value and what is wrong with the value. It holds plain data; nothing in it is HTML.
//! [`FormModel::entries`] gives what a browser would post if nothing were changed.

mod branches;
mod build;
mod controls;
mod errors;
mod pages;
mod post;
mod secret;
mod special;
mod was;
mod words;

pub use pages::{Page, on_this_page, page_of, pages, with_page};
pub(crate) use secret::named as named_secret;
pub use secret::{Way, Ways, output_text};

use crate::entries::Was;
use crate::pick::{Choosable, Offered};
use crate::schema::Schema;
use domain::{Cause, Timestamp};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most fields one form draws; what lies beyond is one YAML text.
pub const MAX_FIELDS: usize = 5_000;

/// A whole form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FormModel {
    pub root: Field,
    /// Every error once, in the order of the fields, for the summary at the top.
    pub errors: Vec<FieldError>,
}

/// What a form is made of, beside its schema.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filled<'a> {
    pub value: Option<&'a Value>,
    /// The stored version when a resource is edited: immutable fields are then fixed.
    pub stored: Option<&'a Value>,
    /// What is wrong with the value, from [`crate::entries`], [`crate::admission`] or elsewhere.
    pub causes: &'a [Cause],
    /// Texts to show as they were typed ([`crate::entries::Decoded::texts`]).
    pub texts: Option<&'a BTreeMap<String, String>>,
    /// What pickers offer this person ([`Schema::pickers`]); without it they are plain texts.
    pub offered: Option<&'a Offered>,
    /// The secrets this person may name instead of typing one; without it they are typed, or kept.
    pub secrets: Option<&'a [Choosable]>,
    /// Where values come from that nobody typed, by JSON Pointer.
    pub origins: Option<&'a Origins>,
    /// The present, to say when a schedule comes next.
    pub now: Option<Timestamp>,
}

/// A value that stands in a form before anybody typed, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub value: Value,
    /// `Default of payments`
    pub says: String,
}

pub type Origins = BTreeMap<String, Origin>;

impl FormModel {
    pub fn build(schema: &Schema, filled: Filled<'_>) -> Self {
        let mut root = build::root(schema, filled);
        let errors = errors::place(&mut root, filled.causes);
        Self { root, errors }
    }

    /// An empty form.
    pub fn empty(schema: &Schema) -> Self {
        Self::build(schema, Filled::default())
    }

    /// Every field in the order it is drawn, alternatives that are not chosen left out.
    pub fn fields(&self) -> Vec<&Field> {
        let mut all = Vec::new();
        let mut todo = vec![&self.root];
        while let Some(field) = todo.pop() {
            all.push(field);
            let mut inner: Vec<&Field> = field.inner().collect();
            inner.reverse();
            todo.extend(inner);
        }
        all
    }
}

/// An error of the summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub pointer: String,
    /// The `id` of the control to jump to.
    pub id: String,
    pub label: String,
    pub message: String,
}

/// The control that suits a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Widget {
    Text,
    Textarea,
    /// Never shows what it holds.
    Password,
    Number,
    Checkbox,
    /// Two radios: no default, and an answer is needed.
    YesNo,
    Radios,
    /// Radios with title and description.
    RadioCards,
    Select,
    /// A group of checkboxes.
    MultiSelect,
    /// Rows of name and value.
    KeyValue,
    ScalarList,
    ObjectList,
    /// A fieldset of fields.
    Group,
    /// Alternatives of different kinds.
    Variants,
    /// Shown, not asked.
    Constant,
    /// A YAML text, for what no other control can hold.
    Yaml,
}

/// Whether a field can be changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    #[default]
    Editable,
    /// Set by the platform (`readOnly`).
    ReadOnly,
    /// Could be given once, at the beginning.
    Immutable,
}

/// One option of a choice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Opt {
    /// What is posted; empty stands for "nothing chosen".
    pub text: String,
    pub title: String,
    pub description: Option<String>,
    pub disabled: bool,
    pub selected: bool,
}

/// Attributes a browser can check before anything is posted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Limits {
    pub min: Option<String>,
    pub max: Option<String>,
    pub step: Option<String>,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    /// Made to match the whole text, as HTML does.
    pub pattern: Option<String>,
}

/// Fields under one heading.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Section {
    /// From `x-ui.group`; the first section has none.
    pub title: Option<String>,
    /// Folded away until asked for.
    pub advanced: bool,
    pub fields: Vec<Field>,
}

/// One row of a list or of a map.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The value of the row's `__row` mark; of a map's row, nothing.
    pub id: String,
    /// Pointer of the row, for its buttons.
    pub pointer: String,
    /// A place of a tuple: it cannot go, nor move.
    pub fixed: bool,
    /// Name and value of the control with the entry's name, in a map.
    pub key: Option<(String, String)>,
    pub field: Field,
}

/// One alternative.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alternative {
    /// What the radio posts.
    pub text: String,
    pub title: String,
    pub description: Option<String>,
    pub selected: bool,
    pub sections: Vec<Section>,
}

/// A choice between alternatives, drawn as radio cards whose fields follow.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alternatives {
    /// The name of the radios: `…/__branch`.
    pub name: String,
    pub list: Vec<Alternative>,
}

/// One field of the form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact a template asks for")]
pub struct Field {
    /// JSON Pointer of the place in the value.
    pub pointer: String,
    /// `id` of the control; help and errors hang on it as `<id>-help` and `<id>-error`.
    pub id: String,
    /// `name` of the control.
    pub name: String,
    pub label: String,
    pub help: Option<String>,
    pub required: bool,
    pub deprecated: bool,
    pub widget: Widget,
    /// `type` of an `input`: `text`, `email`, `url`, `date` …
    pub input: &'static str,
    /// The text in the control; never a secret.
    pub text: String,
    /// Of a checkbox.
    pub checked: bool,
    /// A secret is stored; left empty it stays.
    pub stored: bool,
    /// What stands for the stored secret.
    pub stands: Option<String>,
    /// How a secret may be given.
    pub ways: Option<Ways>,
    pub options: Vec<Opt>,
    pub limits: Limits,
    pub placeholder: Option<String>,
    pub unit: Option<String>,
    /// `format` of a text.
    pub format: Option<String>,
    /// The zones to choose from, where a time is asked for; the control itself holds the time alone.
    pub zones: Vec<Opt>,
    /// What the text comes to, in words: when a schedule comes next, how long a duration is.
    pub means: Option<String>,
    /// It is not among those the person may choose.
    pub unoffered: bool,
    /// Lines of a textarea.
    pub lines: Option<u64>,
    /// The default, for "default: …" and for a reset.
    pub default: Option<Value>,
    /// The default in the words of the control.
    pub default_text: Option<String>,
    /// Where the value comes from that the form began with.
    pub origin: Option<String>,
    /// It is still that value.
    pub as_begun: bool,
    /// Nothing was said: what is shown is the default.
    pub by_default: bool,
    /// The single value of a control; never a secret.
    pub value: Option<Value>,
    pub state: State,
    /// Whether it has its place beside what its siblings say; `None` where it always has.
    pub shown: Option<bool>,
    /// Whether it is something else by what its siblings say: other choices, another default.
    pub varies: bool,
    /// Whether siblings come and go with what is chosen here.
    pub switches: bool,
    pub errors: Vec<String>,
    /// The value of the hidden `…/__was`.
    pub was: Option<Was>,
    pub sections: Vec<Section>,
    pub rows: Vec<Row>,
    /// The list or map can grow; its button is `_do` = `add:<pointer>`.
    pub can_add: bool,
    pub alternatives: Option<Alternatives>,
}

impl Field {
    /// The fields directly below this one, without those of alternatives that are not chosen.
    pub fn inner(&self) -> impl Iterator<Item = &Self> {
        let of_sections = self.sections.iter().flat_map(|section| &section.fields);
        let of_rows = self.rows.iter().map(|row| &row.field);
        let chosen = self.alternatives.iter().flat_map(|all| &all.list).filter(|one| one.selected);
        let of_chosen = chosen.flat_map(|one| &one.sections).flat_map(|section| &section.fields);
        of_sections.chain(of_rows).chain(of_chosen)
    }
}
