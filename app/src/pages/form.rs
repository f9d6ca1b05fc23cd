//! `/catalog/{promise}/new` and `/r/…/edit`: the form drawn from the promise's schema.

use crate::{form::FormModel, paths::ResourceKey, view::PromiseCard};

/// What the address fills in before anyone typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefill {
    /// `?example=name`
    pub example: String,
    /// `?like=namespace/promise/name`: copy an existing resource's spec.
    pub like: String,
    /// `?v/size=small`: single values, as posted entries.
    pub entries: Vec<(String, String)>,
}

/// What the form page shows.
#[derive(Clone, Debug, Default)]
pub struct FormPage {
    pub card: PromiseCard,
    /// `None` = a new resource; `Some` = edit of this one.
    pub editing: Option<Editing>,
    /// Posted as `namespace`.
    pub namespace: String,
    /// Where the caller may create; one = shown, not asked.
    pub namespaces: Vec<String>,
    /// Posted as `name`.
    pub name: String,
    /// The spec's fields, with values and errors inside.
    pub form: FormModel,
    /// Everything wrong, in the order of the fields; non-empty = the error summary is shown.
    pub problems: Vec<Problem>,
    /// The document as it stands, for the *As code* pane; secrets masked.
    pub yaml: String,
}

/// The resource under edit.
#[derive(Clone, Debug, Default)]
pub struct Editing {
    pub key: ResourceKey,
    /// Posted back as `resourceVersion`, so that two editors cannot overwrite each other unseen.
    pub resource_version: String,
}

/// One thing wrong, with the field to jump to.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// The field's id; `name` and `namespace` are ids too; empty = the whole form.
    pub field: String,
    pub message: String,
}
