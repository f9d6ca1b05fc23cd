//! The form model the renderer draws: stands in for `forms::FormModel` until that is published.

/// A form as a tree of fields.
#[derive(Clone, Debug, Default)]
pub struct FormModel {
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug, Default)]
pub struct Field {
    pub pointer: String,
    pub id: String,
    pub name: String,
    pub label: String,
    pub help: String,
    pub required: bool,
    pub errors: Vec<String>,
}
