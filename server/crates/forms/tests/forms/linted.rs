//! Remarks when a schema is published.

use forms::lint::{Severity, lint};
use serde_json::{Value, json};

#[track_caller]
fn check(schema: Value, expected: &[(Severity, &str, &str)]) {
    let found = lint(&schema);
    let told: Vec<_> =
        found.iter().map(|finding| (finding.severity, finding.pointer.as_str(), finding.message.as_str())).collect();
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for (told, expected) in told.iter().zip(expected) {
        assert_eq!((told.0, told.1), (expected.0, expected.1), "{told:?}");
        assert!(told.2.contains(expected.2), "{told:?}");
    }
}

#[test]
fn a_good_schema_has_no_remarks() {
    let good = json!({"type": "object", "properties": {
        "size": {"title": "Size", "oneOf": [{"const": "s", "title": "Small"}], "default": "s"},
        "password": {"title": "Password", "type": "string", "writeOnly": true},
        "secretName": {"title": "Name of the secret", "type": "string"}
    }});
    check(good, &[]);
}

#[test]
fn every_remark_says_where() {
    use Severity::{Error, Warning};
    let schema = json!({"type": "object", "properties": {
        "a": {"type": "integer", "minimum": 3, "default": 1, "title": "A"},
        "b": {"type": "string"},
        "c": {"title": "C", "enum": ["x", "y"]},
        "d": {"title": "D", "type": "string", "x-ui": {"colour": "red", "widget": "fancy"}},
        "dbPassword": {"title": "E", "type": "string"},
        "f": {"title": "F", "type": "string", "x-kubernetes-validations": [{"rule": "isURL(self)"}]}
    }});
    check(
        schema,
        &[
            (Error, "/properties/a/default", "does not validate"),
            (Warning, "/properties/b", "no title"),
            (Warning, "/properties/c/enum", "no titles"),
            (Warning, "/properties/d/x-ui", "colour"),
            (Warning, "/properties/d/x-ui", "fancy"),
            (Warning, "/properties/dbPassword", "writeOnly"),
            (Warning, "/properties/f/x-kubernetes-validations", "isURL"),
        ],
    );
    check(
        json!({"x-kubernetes-validations": [{"rule": "1 +"}]}),
        &[(Error, "/x-kubernetes-validations/0/rule", "CEL")],
    );
}
