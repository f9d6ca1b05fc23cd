//! A validator's error in the words of an API server.

use super::human;
use crate::pointer::{field_path, join};
use crate::schema::{Node, Schema};
use domain::Cause;
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

/// Adds the causes of one error. An alternative that failed adds those of its best branch, as an API server does.
pub(super) fn add(schema: &Schema, whole: &Value, root: &str, error: &ValidationError<'_>, causes: &mut Vec<Cause>) {
    let pointer = error.instance_path().as_str();
    let told = Told { schema, whole, root, error };
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            causes.push(told.at(&join(pointer, name), "FieldValueRequired", "Required value".into()));
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            if let Some(choices) = choices(context) {
                causes.push(told.unsupported(&choices));
                return;
            }
            let found = if matches!(error.kind(), Kind::AnyOf { .. }) {
                "must validate at least one schema (anyOf)"
            } else {
                "must validate one and only one schema (oneOf). Found none valid"
            };
            causes.push(told.invalid(found));
            for inner in closest(context) {
                add(schema, whole, root, inner, causes);
            }
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                let at = join(pointer, name);
                let field = field_path(root, whole, &at);
                causes.push(told.at(
                    &at,
                    "FieldValueInvalid",
                    format!("Invalid value: {name:?}: {field} in body is a forbidden property"),
                ));
            }
        }
        _ => causes.push(told.single()),
    }
}

/// What may be chosen, where every alternative is but a constant for this very value.
fn choices(context: &[Vec<ValidationError<'static>>]) -> Option<Vec<Value>> {
    let constant = |errors: &Vec<ValidationError<'static>>| match errors.as_slice() {
        [error] => match error.kind() {
            Kind::Constant { expected_value } => {
                Some((error.instance_path().as_str().to_owned(), Value::clone(expected_value)))
            }
            _ => None,
        },
        _ => None,
    };
    let all: Vec<(String, Value)> = context.iter().map(constant).collect::<Option<_>>()?;
    let same = all.windows(2).all(|pair| pair[0].0 == pair[1].0);
    (same && !all.is_empty()).then(|| all.into_iter().map(|(_, value)| value).collect())
}

/// The alternative a value comes closest to: of the right type and with the right constants, then with the fewest errors.
fn closest<'a>(context: &'a [Vec<ValidationError<'static>>]) -> &'a [ValidationError<'static>] {
    let elsewhere = |errors: &Vec<ValidationError<'static>>| {
        errors.iter().any(|error| matches!(error.kind(), Kind::Constant { .. } | Kind::Enum { .. } | Kind::Type { .. }))
    };
    context.iter().min_by_key(|errors| (elsewhere(errors), errors.len())).map_or(&[], Vec::as_slice)
}

struct Told<'a, 'e> {
    schema: &'a Schema,
    whole: &'a Value,
    root: &'a str,
    error: &'a ValidationError<'e>,
}

impl Told<'_, '_> {
    fn at(&self, pointer: &str, reason: &str, message: String) -> Cause {
        let node = self.schema.at(self.whole, pointer);
        Cause {
            reason: reason.to_owned(),
            message,
            field: field_path(self.root, self.whole, pointer),
            human: human::sentence(self.schema, node, pointer, self.error),
            pointer: pointer.to_owned(),
        }
    }

    fn pointer(&self) -> &str {
        self.error.instance_path().as_str()
    }

    fn node(&self) -> Option<&Node> {
        self.schema.at(self.whole, self.pointer())
    }

    fn value(&self) -> String {
        match self.node() {
            Some(node) => shown(node, self.error.instance()),
            None => shown(&Node::default(), self.error.instance()),
        }
    }

    /// `Invalid value: 99: spec.replicas in body should be …`
    fn invalid(&self, rule: &str) -> Cause {
        let field = field_path(self.root, self.whole, self.pointer());
        self.at(self.pointer(), "FieldValueInvalid", format!("Invalid value: {}: {field} in body {rule}", self.value()))
    }

    fn single(&self) -> Cause {
        let field = field_path(self.root, self.whole, self.pointer());
        let size = |instance: &Value| match instance {
            Value::Array(items) => items.len(),
            Value::Object(object) => object.len(),
            _ => 0,
        };
        match self.error.kind() {
            Kind::Type { kind } => {
                let wanted = match kind {
                    TypeKind::Single(one) => one.to_string(),
                    TypeKind::Multiple(set) => {
                        (*set).into_iter().map(|one| one.to_string()).collect::<Vec<_>>().join(",")
                    }
                };
                let given = type_name(self.error.instance());
                self.at(
                    self.pointer(),
                    "FieldValueTypeInvalid",
                    format!("Invalid value: {given:?}: {field} in body must be of type {wanted}: {given:?}"),
                )
            }
            Kind::Enum { options } => self.unsupported(options.as_array().map_or(&[], Vec::as_slice)),
            Kind::Constant { expected_value } => self.unsupported(std::slice::from_ref(expected_value)),
            Kind::Maximum { limit } => self.invalid(&format!("should be less than or equal to {limit}")),
            Kind::Minimum { limit } => self.invalid(&format!("should be greater than or equal to {limit}")),
            Kind::ExclusiveMaximum { limit } => self.invalid(&format!("should be less than {limit}")),
            Kind::ExclusiveMinimum { limit } => self.invalid(&format!("should be greater than {limit}")),
            Kind::MultipleOf { multiple_of } => self.invalid(&format!("should be a multiple of {multiple_of}")),
            Kind::MinLength { limit } => self.invalid(&format!("should be at least {limit} chars long")),
            Kind::MaxLength { limit } => {
                self.at(self.pointer(), "FieldValueTooLong", format!("Too long: may not be more than {limit} bytes"))
            }
            Kind::MinItems { limit } => self.invalid(&format!("should have at least {limit} items")),
            Kind::MinProperties { limit } => self.invalid(&format!("should have at least {limit} properties")),
            Kind::MaxItems { limit } | Kind::MaxProperties { limit } => {
                let actual = size(self.error.instance());
                self.at(
                    self.pointer(),
                    "FieldValueTooMany",
                    format!("Too many: {actual}: must have at most {limit} items"),
                )
            }
            Kind::Pattern { pattern } => self.invalid(&format!("should match '{pattern}'")),
            Kind::Format { format } => {
                let format = format.strip_prefix("x-go-").or(format.strip_prefix("x-")).unwrap_or(format);
                self.invalid(&format!("must be of type {format}: {}", self.value()))
            }
            Kind::UniqueItems => self.invalid("shouldn't contain duplicates"),
            Kind::OneOfMultipleValid { .. } => {
                self.invalid("must validate one and only one schema (oneOf). Found 2 valid alternatives")
            }
            Kind::Not { .. } => self.invalid("must not validate the schema (not)"),
            Kind::FalseSchema => self.invalid("is a forbidden property"),
            Kind::PropertyNames { .. } => self.invalid("has a key that is not allowed"),
            _ => self.invalid("is not valid"),
        }
    }

    fn unsupported(&self, options: &[Value]) -> Cause {
        let options: Vec<String> = options
            .iter()
            .filter(|option| !option.is_null())
            .map(|option| format!("{:?}", option.as_str().map_or_else(|| option.to_string(), str::to_owned)))
            .collect();
        let message = format!("Unsupported value: {}: supported values: {}", self.value(), options.join(", "));
        self.at(self.pointer(), "FieldValueNotSupported", message)
    }
}

/// A value within a message: short, and never a secret.
pub(super) fn shown(node: &Node, value: &Value) -> String {
    if node.secret() {
        return "\"<hidden>\"".to_owned();
    }
    let text = match value {
        // objects and lists may hold secrets further down
        Value::Object(_) => "\"object\"".to_owned(),
        Value::Array(_) => "\"array\"".to_owned(),
        other => other.to_string(),
    };
    if text.chars().count() > 200 { text.chars().take(200).chain(['…']).collect() } else { text }
}

pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if crate::schema::is_whole(number) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
