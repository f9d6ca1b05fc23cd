//! A JSON value as CEL sees it, by the types its schema gives.

use crate::schema::{NodeId, Schema, Types};
use cel::Value as Cel;
use cel::objects::{Key, Map};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Words of CEL that cannot be field names: a rule writes `__namespace__`.
const RESERVED: [&str; 20] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "while",
];

pub(super) fn to_cel(schema: &Schema, id: Option<NodeId>, value: &Value) -> Cel {
    let node = id.map(|id| schema.node(id));
    match value {
        Value::Null => Cel::Null,
        Value::Bool(flag) => Cel::Bool(*flag),
        Value::String(text) => Cel::String(Arc::new(text.clone())),
        Value::Number(number) => {
            let float =
                node.is_some_and(|node| node.types.contains(Types::NUMBER) && !node.types.contains(Types::INTEGER));
            match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(integer), ..) if !float => Cel::Int(integer),
                (None, Some(large), _) if !float => Cel::UInt(large),
                (.., Some(number)) => whole(number, float),
                _ => Cel::Null,
            }
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            Cel::List(Arc::new(
                items.map(|(index, item)| to_cel(schema, node.and_then(|node| node.item(index)), item)).collect(),
            ))
        }
        Value::Object(object) => {
            let mut map = HashMap::with_capacity(object.len());
            for (name, child) in object {
                let id = node.and_then(|node| schema.property(node, Some(value), name)).flatten();
                let field = node.is_some_and(|node| node.properties.iter().any(|property| property.name == *name));
                let key = if field { escaped(name) } else { name.clone() };
                map.insert(Key::String(Arc::new(key)), to_cel(schema, id, child));
            }
            Cel::Map(Map { map: Arc::new(map) })
        }
    }
}

/// A value that no schema speaks of, as it is written.
pub(super) fn plain(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(flag) => Cel::Bool(*flag),
        Value::String(text) => Cel::String(Arc::new(text.clone())),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(integer), ..) => Cel::Int(integer),
            (None, Some(large), _) => Cel::UInt(large),
            (.., Some(number)) => whole(number, false),
            _ => Cel::Null,
        },
        Value::Array(items) => Cel::List(Arc::new(items.iter().map(plain).collect())),
        Value::Object(object) => {
            let fields = object.iter().map(|(name, child)| (Key::String(Arc::new(name.clone())), plain(child)));
            Cel::Map(Map { map: Arc::new(fields.collect()) })
        }
    }
}

/// `5.0` where an integer is meant is the integer 5.
fn whole(number: f64, float: bool) -> Cel {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and within the range of exact integers")]
    if !float && number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
        Cel::Int(number as i64)
    } else {
        Cel::Float(number)
    }
}

/// A property's name as rules write it.
fn escaped(name: &str) -> String {
    if RESERVED.contains(&name) {
        return format!("__{name}__");
    }
    if !name.contains(['.', '-', '/']) && !name.contains("__") {
        return name.to_owned();
    }
    name.replace("__", "__underscores__").replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__")
}
