//! Every kind of field, empty, filled, refused, fixed and too long.

use forms::{Filled, FormModel, Schema, admission};
use leptos::prelude::*;
use serde_json::{Value, json};

use super::{LONG_NAME, LONG_TEXT, Shown, part};
use crate::parts::field::{form_fields, secret_field, text_field};

pub(super) fn shown() -> Vec<Shown> {
    let wrong = ["Use 3 to 20 lower-case letters.".to_owned()];
    let bare = view! {
        {text_field("gallery-name", "Name", "Lower-case letters, digits and dashes.", "orders-db", &[])}
        {text_field("gallery-wrong", "Name that is refused", "", LONG_NAME, &wrong)}
        {secret_field("gallery-secret", "Access token", "It begins with mspn_.", &[])}
    };
    let mut states = vec![("Without a schema", bare.into_any())];
    // a schema of ours that cannot be read would be seen here as missing, and by the test
    if let Ok(schema) = Schema::parse(&schema()) {
        let value = value();
        let causes = admission::validate(&schema, &value, None, "spec").causes;
        let form = FormModel::build(&schema, Filled { value: Some(&value), causes: &causes, ..Filled::default() });
        states.push((
            "Every widget, filled and partly refused",
            view! { <div class="form">{form_fields(&form)}</div> }.into_any(),
        ));
    }
    vec![part("field", states)]
}

fn schema() -> Value {
    json!({"type": "object", "required": ["text", "pick", "list"], "properties": {
        "text": {"type": "string", "title": "Text", "description": "With help, and required.", "pattern": "^[a-z]+$"},
        "empty": {"type": "string", "title": "Empty text"},
        "defaulted": {"type": "string", "title": "With a default", "default": "small"},
        "fixed": {"type": "string", "title": "Set by the platform", "readOnly": true},
        "old": {"type": "string", "title": "Deprecated", "deprecated": true},
        "number": {"type": "integer", "title": "Number", "minimum": 1, "maximum": 5},
        "flag": {"type": "boolean", "title": "Yes or no"},
        "tick": {"type": "boolean", "title": "Checkbox", "default": true},
        "pick": {"title": "Cards", "oneOf": [
            {"const": "small", "title": "Small", "description": "For trying things out"},
            {"const": "large", "title": LONG_NAME, "description": LONG_TEXT}
        ]},
        "many": {"type": "array", "title": "Several of a few", "uniqueItems": true, "items": {"enum": ["a", "b", "c"]}},
        "long": {"title": "One of many", "enum": ["a", "b", "c", "d", "e", "f", "g"]},
        "constant": {"title": "Constant", "const": "k"},
        "secret": {"type": "string", "title": "Secret", "writeOnly": true},
        "notes": {"type": "string", "title": LONG_NAME, "maxLength": 5_000, "description": LONG_TEXT},
        "schedule": {"type": "string", "title": "Schedule", "format": "cron"},
        "list": {"type": "array", "title": "Rows", "minItems": 1, "items": {"type": "object", "properties": {"port": {"type": "integer"}, "name": {"type": "string"}}}},
        "words": {"type": "array", "title": "Values", "items": {"type": "string"}},
        "map": {"type": "object", "title": "Names and values", "additionalProperties": {"type": "string"}},
        "free": {"type": "object", "title": "Anything", "additionalProperties": true},
        "store": {"title": "Alternatives", "oneOf": [
            {"type": "object", "title": "S3", "properties": {"kind": {"const": "s3"}, "bucket": {"type": "string"}}},
            {"type": "object", "title": "NFS", "properties": {"kind": {"const": "nfs"}, "server": {"type": "string"}}}
        ]},
    }})
}

fn value() -> Value {
    json!({
        "text": "Not This", "number": "many", "fixed": "eu-west-1", "pick": "small", "many": ["a"], "constant": "k",
        "notes": format!("{LONG_NAME}\n{LONG_TEXT}"), "schedule": "0 3 * * 1", "list": [{"port": "x"}, {"port": 80, "name": LONG_NAME}],
        "words": ["one", "two"], "map": {"team": "checkout"}, "free": {"a": [1]}, "store": {"kind": "nfs", "server": "files.internal"}
    })
}
