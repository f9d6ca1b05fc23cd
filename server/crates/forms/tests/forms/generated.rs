//! Schemas, values and posted forms made up at random, and all that can be done with them.

use forms::{Action, Dialect, Filled, FormModel, Schema, admission, admit, apply_action, decode, lint::lint};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-c]",
        1 => prop::sample::select(vec!["__row", "a/b", "~", "", "0", "my name", "__", "~2x", "namespace", "ü"]).prop_map(str::to_owned),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,3}",
        prop::sample::select(vec![
            "5",
            "5.0",
            "-0",
            "1e3",
            "true",
            "null",
            "~",
            "a: b",
            "- x",
            "  ",
            "\n",
            "\r\n",
            "\t",
            "\u{0}",
            "é\u{2028}",
            "'",
            "#"
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-5_i64..5).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ]
}

pub fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// A schema together with a value that suits it.
pub fn described() -> impl Strategy<Value = (Value, Value)> {
    let leaf = prop_oneof![
        (text()).prop_map(|value| (json!({"type": "string"}), json!(value))),
        (text(), text()).prop_map(|(default, value)| (json!({"type": "string", "default": default}), json!(value))),
        (any::<i64>()).prop_map(|value| (json!({"type": "integer", "default": 3}), json!(value))),
        (any::<f64>()).prop_map(|value| (json!({"type": "number"}), json!(value))),
        (any::<bool>()).prop_map(|value| (json!({"type": "boolean"}), json!(value))),
        (any::<bool>(), any::<bool>())
            .prop_map(|(default, value)| (json!({"type": "boolean", "default": default}), json!(value))),
        text().prop_map(|value| (json!({"type": "string", "nullable": true, "default": "d"}), json!(value))),
        Just((json!({"type": "integer", "nullable": true}), Value::Null)),
        Just((json!({"type": "array", "nullable": true, "items": {"type": "string"}, "default": ["x"]}), Value::Null)),
        (0_usize..4).prop_map(|n| (
            json!({"enum": ["a", 1, "1", ""]}),
            json!(["a", 1, "1", ""]).get(n).cloned().unwrap_or_default()
        )),
        (0_usize..2).prop_map(|n| (
            json!({"oneOf": [{"const": 0, "title": "No"}, {"const": 1, "title": "Yes"}], "default": 1}),
            json!(n)
        )),
        prop::sample::subsequence(vec!["a", "b", "c"], 0..=3).prop_shuffle().prop_map(|picked| {
            (
                json!({"type": "array", "uniqueItems": true, "items": {"enum": ["a", "b", "c"]}, "default": ["b"]}),
                json!(picked),
            )
        }),
        text().prop_map(|value| (json!({"type": "string", "writeOnly": true}), json!(value))),
        (-9_i64..9).prop_map(|value| (json!({"x-kubernetes-int-or-string": true}), json!(value))),
        text().prop_map(|value| (json!({"x-kubernetes-int-or-string": true}), json!(value))),
        text().prop_map(|value| (json!({"oneOf": [{"type": "integer"}, {"type": "string"}]}), json!(value))),
        value().prop_map(|value| (json!({}), value)),
        Just((json!({"const": "k"}), json!("k"))),
    ];
    leaf.prop_recursive(4, 60, 6, |inner| {
        let fields = prop::collection::vec((name(), inner.clone(), any::<bool>(), any::<bool>()), 0..5).boxed();
        prop_oneof![
            fields.clone().prop_map(object),
            (inner.clone(), 0_usize..4).prop_map(|((schema, value), count)| {
                (json!({"type": "array", "items": schema}), Value::Array(vec![value; count]))
            }),
            (inner.clone(), prop::collection::vec(name(), 0..3)).prop_map(|((schema, value), names)| {
                let map: Map<String, Value> = names.into_iter().map(|name| (name, value.clone())).collect();
                (json!({"type": "object", "additionalProperties": schema}), Value::Object(map))
            }),
            (fields.clone(), any::<bool>(), any::<bool>())
                .prop_map(|(fields, on, by_hint)| conditional(fields, on, by_hint)),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|places| {
                let (schemas, values): (Vec<Value>, Vec<Value>) = places.into_iter().unzip();
                (json!({"type": "array", "prefixItems": schemas}), Value::from(values))
            }),
            (fields.clone(), fields).prop_map(|(one, other)| {
                let ((one, _), (other, value)) = (object(one), object(other));
                (json!({"type": "object", "properties": {"base": {"type": "string"}}, "oneOf": [one, other]}), value)
            }),
        ]
    })
}

fn object(fields: Vec<(String, (Value, Value), bool, bool)>) -> (Value, Value) {
    let (mut properties, mut value, mut required) = (Map::new(), Map::new(), Vec::new());
    for (name, (schema, given), present, needed) in fields {
        if properties.contains_key(&name) {
            continue;
        }
        if present {
            value.insert(name.clone(), given);
            if needed {
                required.push(name.clone());
            }
        }
        properties.insert(name, schema);
    }
    (json!({"type": "object", "properties": properties, "required": required}), Value::Object(value))
}

/// Fields that come and go with a switch, by `if` or by the hint.
fn conditional(fields: Vec<(String, (Value, Value), bool, bool)>, on: bool, by_hint: bool) -> (Value, Value) {
    let (mut described, mut value) = object(fields);
    let inner = described["properties"].take();
    value["the switch"] = json!(on);
    let switch = json!({"type": "boolean"});
    let schema = if by_hint {
        let mut properties = Map::from_iter([("the switch".to_owned(), switch)]);
        for (name, mut field) in
            inner.as_object().into_iter().flatten().map(|(name, field)| (name.clone(), field.clone()))
        {
            field["x-ui"] = json!({"when": {"the switch": true}});
            properties.insert(name, field);
        }
        json!({"type": "object", "properties": properties})
    } else {
        json!({"type": "object", "properties": {"the switch": switch}, "if": {"properties": {"the switch": {"const": true}}},
            "then": {"properties": inner}})
    };
    (schema, value)
}

/// Keywords thrown together without sense.
pub fn nonsense() -> impl Strategy<Value = Value> {
    let keyword = prop::sample::select(vec![
        "type",
        "properties",
        "items",
        "oneOf",
        "anyOf",
        "allOf",
        "enum",
        "const",
        "default",
        "required",
        "$ref",
        "$defs",
        "if",
        "then",
        "else",
        "additionalProperties",
        "patternProperties",
        "prefixItems",
        "nullable",
        "pattern",
        "minimum",
        "maxLength",
        "x-ui",
        "dependencies",
        "title",
        "x-kubernetes-validations",
        "x-kubernetes-int-or-string",
        "format",
        "not",
        "x-kubernetes-list-type",
        "writeOnly",
        "readOnly",
        "uniqueItems",
        "dependentRequired",
        "dependentSchemas",
        "additionalItems",
        "discriminator",
        "minItems",
        "x-output-of",
    ]);
    let atom = prop_oneof![
        scalar(),
        prop::sample::select(vec![
            "string",
            "object",
            "array",
            "integer",
            "null",
            "#",
            "#/$defs/a",
            "#/properties/a",
            "^a",
            "self == oldSelf",
            "a"
        ])
        .prop_map(Value::from),
        Just(json!({"type": "string"})),
        Just(json!([{"rule": "self.a > 1"}])),
        Just(json!({"$ref": "#"})),
    ];
    atom.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            3 => prop::collection::vec((keyword.clone(), inner.clone()), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
            1 => prop::collection::vec((name(), inner.clone()), 0..3).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            1 => prop::collection::vec(inner, 0..3).prop_map(Value::from),
        ]
    })
}

pub fn entries() -> impl Strategy<Value = Vec<(String, String)>> {
    let segment = prop::sample::select(vec![
        "a",
        "b",
        "0",
        "1",
        "__was",
        "__row",
        "__rows",
        "__key",
        "__value",
        "__branch",
        "__of",
        "__yaml",
        "__present",
        "~1",
        "~2",
        "",
    ]);
    let text = prop_oneof![
        text(),
        prop::sample::select(vec!["default", "kept", "null", "empty", "text", "absent", "0", "1", "on"])
            .prop_map(str::to_owned)
    ];
    prop::collection::vec(
        (prop::collection::vec(segment, 0..5).prop_map(|parts| format!("v/{}", parts.join("/"))), text),
        0..12,
    )
}

pub fn use_everything(schema: &Schema, value: &Value, entries: &[(String, String)]) {
    let admission = admit(schema, value, Some(&json!({"a": 1})), "spec");
    let filled = Filled {
        value: Some(value),
        stored: Some(&admission.value),
        causes: &admission.verdict.causes,
        ..Filled::default()
    };
    let model = FormModel::build(schema, filled);
    let _ = decode(schema, &model.entries(), Some(value)).unwrap();
    let decoded = decode(schema, entries, Some(value)).unwrap();
    let again = FormModel::build(
        schema,
        Filled {
            value: Some(&decoded.value),
            causes: &decoded.causes,
            texts: Some(&decoded.texts),
            ..Filled::default()
        },
    );
    let _ = again.fields();
    for action in ["add:", "add:/a", "remove:/a/0", "up:/a/1", "down:/a/0", "duplicate:/a/0", "add:/a/0/b"] {
        let _ = apply_action(schema, entries, Some(value), &Action::read(action).unwrap());
    }
}

/// What a form shows comes back as it was. What differs, in words.
pub fn comes_back(schema: &Value, value: &Value) -> Result<(), String> {
    let parsed = Schema::parse(schema).map_err(|error| error.to_string())?;
    let mut pruned = value.clone();
    admission::prune(&parsed, &mut pruned, "spec");
    let model = FormModel::build(&parsed, Filled { value: Some(&pruned), ..Filled::default() });
    let decoded = decode(&parsed, &model.entries(), Some(&pruned)).map_err(|error| error.to_string())?;
    if decoded.value == pruned {
        return Ok(());
    }
    Err(format!("{schema}\n{pruned}\ncomes back as {}\n{:#?}", decoded.value, model.entries()))
}

/// Whatever stands for a schema: it is refused, or it can be used.
pub fn try_everything(schema: &Value, value: &Value, entries: &[(String, String)]) {
    let _ = lint(schema);
    for dialect in [Dialect::JsonSchema, Dialect::Structural] {
        if let Ok(schema) = Schema::parse_as(dialect, schema) {
            use_everything(&schema, value, entries);
        }
    }
}
