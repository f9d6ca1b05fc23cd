//! A form on several pages: `x-ui: {pages: [{title, description, fields: […]}]}` at the root.

use super::{Field, FormModel, Widget};
use crate::pointer::segments;
use crate::schema::Node;
use domain::Cause;
use serde::Serialize;
use serde_json::{Map, Value};

/// One page of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Page {
    pub title: String,
    pub description: Option<String>,
    /// The properties it asks for.
    pub fields: Vec<String>,
}

/// The pages of a form; none where it has one.
pub fn pages(root: &Node) -> Vec<Page> {
    let listed = root.hints.value("pages").and_then(Value::as_array).into_iter().flatten();
    let page = |(index, page): (usize, &Value)| {
        let text = |key: &str| page.get(key).and_then(Value::as_str).map(str::to_owned);
        let names = page.get("fields").and_then(Value::as_array).into_iter().flatten();
        Page {
            title: text("title").unwrap_or_else(|| format!("Page {}", index + 1)),
            description: text("description"),
            fields: names.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    };
    let pages: Vec<Page> = listed.enumerate().map(page).collect();
    if pages.len() < 2 { Vec::new() } else { pages }
}

/// Whether a property is asked for on the page `index`. What no page names comes last.
fn on_page(pages: &[Page], index: usize, name: &str) -> bool {
    let last = pages.len().saturating_sub(1);
    pages.iter().position(|page| page.fields.iter().any(|field| field == name)).unwrap_or(last) == index
}

impl FormModel {
    /// The form with the fields of one page only, and the errors of those.
    #[must_use]
    pub fn only(mut self, pages: &[Page], index: usize) -> Self {
        let here = |field: &Field| {
            let name = segments(&field.pointer).next().unwrap_or_default();
            on_page(pages, index, &name)
        };
        for section in &mut self.root.sections {
            section.fields.retain(here);
        }
        self.root.sections.retain(|section| !section.fields.is_empty());
        if index + 1 < pages.len() && self.root.widget == Widget::Group {
            self.root.rows.clear();
            self.root.can_add = false;
            self.root.alternatives = None;
        }
        self.errors.retain(|error| page_of(pages, &error.pointer) == index);
        self
    }
}

/// The page on which a place is asked for.
pub fn page_of(pages: &[Page], pointer: &str) -> usize {
    let name = segments(pointer).next().unwrap_or_default();
    let last = pages.len().saturating_sub(1);
    (0..pages.len()).find(|index| on_page(pages, *index, &name)).unwrap_or(last)
}

/// What is known with what one page says: the page decides about its own fields.
pub fn with_page(pages: &[Page], index: usize, known: &Value, given: &Value) -> Value {
    let object = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let mut merged: Map<String, Value> = object(known);
    merged.retain(|name, _| !on_page(pages, index, name));
    merged.extend(object(given).into_iter().filter(|(name, _)| on_page(pages, index, name)));
    Value::Object(merged)
}

/// The causes that are told on a page.
pub fn on_this_page(pages: &[Page], index: usize, causes: Vec<Cause>) -> Vec<Cause> {
    causes.into_iter().filter(|cause| page_of(pages, &cause.pointer) == index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schema;
    use serde_json::json;

    fn schema() -> Schema {
        let schema = json!({"type": "object", "properties": {
            "team": {"type": "string"}, "size": {"type": "string"}, "token": {"type": "string", "writeOnly": true}, "note": {"type": "string"},
        }, "x-ui": {"pages": [{"title": "Who", "fields": ["team", "token"]}, {"title": "What", "fields": ["size"]}]}});
        Schema::parse(&schema).unwrap()
    }

    #[test]
    fn a_page_asks_for_its_fields_and_the_last_one_for_the_rest() {
        let schema = schema();
        let pages = pages(schema.root());
        let asked = |index| {
            let form = FormModel::empty(&schema).only(&pages, index);
            form.fields().iter().skip(1).map(|field| field.pointer.clone()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!((asked(0), asked(1)), ("/team /token".to_owned(), "/size /note".to_owned()));
    }

    #[test]
    fn a_page_decides_about_its_own_fields_only() {
        let schema = schema();
        let pages = pages(schema.root());
        let known = json!({"team": "a", "size": "small"});
        assert_eq!(with_page(&pages, 0, &known, &json!({"size": "large"})), json!({"size": "small"}));
        assert_eq!(with_page(&pages, 1, &known, &json!({"note": "n"})), json!({"team": "a", "note": "n"}));
    }
}
