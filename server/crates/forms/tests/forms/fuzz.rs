//! Nothing panics, and what is drawn comes back, over generated schemas, values and forms.

use crate::generated::{comes_back, described, entries, nonsense, try_everything, use_everything, value};
use forms::{Schema, admit};
use proptest::prelude::*;
use serde_json::json;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_form_shows_comes_back((schema, value) in described()) {
        let outcome = comes_back(&schema, &value);
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }

    #[test]
    fn no_value_breaks_a_form((schema, _) in described(), value in value(), entries in entries()) {
        use_everything(&Schema::parse(&schema).unwrap(), &value, &entries);
    }

    #[test]
    fn no_schema_breaks_anything(schema in nonsense(), value in value(), entries in entries()) {
        try_everything(&schema, &value, &entries);
    }

    #[test]
    fn no_rule_breaks_anything(rule in "[a-z0-9.()\\[\\]{}+*/&|!<>=?:,'\" -]{0,40}", value in value()) {
        let schema = json!({"x-kubernetes-validations": [{"rule": rule}]});
        if let Ok(schema) = Schema::parse(&schema) {
            let _ = admit(&schema, &value, Some(&value), "spec");
        }
    }
}
