//! What is wrong with a field, in a sentence that says what to do.

use crate::labels::{humanised, sentence as full, within};
use crate::schema::{Node, Schema, Shape};
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

/// Told only where nothing further down explains it.
pub(crate) const NO_ALTERNATIVE: &str = "This fits none of the alternatives.";

/// The author's own sentence where the schema has one, else ours for the keyword.
pub(super) fn sentence(schema: &Schema, node: Option<&Node>, pointer: &str, error: &ValidationError<'_>) -> String {
    if let Some(own) = node.and_then(|node| node.hints.message(error.kind().keyword())) {
        return full(own);
    }
    let empty = Node::default();
    let node = node.unwrap_or(&empty);
    match error.kind() {
        Kind::Required { .. } => required(schema, node, pointer),
        Kind::Type { kind } => typed(kind),
        Kind::Enum { options } => one_of(node, options.as_array().map_or(&[], Vec::as_slice)),
        Kind::Constant { expected_value } => one_of(node, std::slice::from_ref(expected_value)),
        Kind::Minimum { .. } | Kind::Maximum { .. } | Kind::ExclusiveMinimum { .. } | Kind::ExclusiveMaximum { .. } => {
            range(node, error.kind())
        }
        Kind::MultipleOf { multiple_of } => format!("Enter a multiple of {multiple_of}."),
        Kind::MinLength { limit } => length(Some(*limit), node.max_length),
        Kind::MaxLength { limit } => length(node.min_length, Some(*limit)),
        Kind::Pattern { pattern } => pattern_sentence(node, pattern),
        Kind::Format { format } => format_sentence(format).to_owned(),
        Kind::MinItems { limit } | Kind::MinProperties { limit } => {
            if *limit == 1 {
                "Add at least one.".to_owned()
            } else {
                format!("Add at least {limit}.")
            }
        }
        Kind::MaxItems { limit } | Kind::MaxProperties { limit } => format!("Keep at most {limit}."),
        Kind::UniqueItems => "Something is listed twice. Remove one of them.".to_owned(),
        Kind::AdditionalProperties { .. } | Kind::UnevaluatedProperties { .. } | Kind::FalseSchema => {
            "This field is not known here. Remove it.".to_owned()
        }
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => NO_ALTERNATIVE.to_owned(),
        Kind::OneOfMultipleValid { .. } => {
            "This fits more than one of the alternatives. Give the fields of one only.".to_owned()
        }
        Kind::PropertyNames { .. } => "A name in this list is not allowed.".to_owned(),
        _ => "This is not valid here.".to_owned(),
    }
}

fn required(schema: &Schema, node: &Node, pointer: &str) -> String {
    let name = crate::pointer::segments(pointer).last().unwrap_or_default();
    let label = within(&node.title.clone().unwrap_or_else(|| humanised(&name)));
    let verb = match schema.shape(node) {
        Shape::Choice | Shape::Boolean | Shape::Variants | Shape::Reference => "Choose",
        Shape::List | Shape::MultiChoice | Shape::Object => "Fill in",
        _ => "Enter",
    };
    full(&format!("{verb} {label}"))
}

fn typed(kind: &TypeKind) -> String {
    let name = match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(_) => String::new(),
    };
    match name.as_str() {
        "integer" => "Enter a whole number.",
        "number" => "Enter a number.",
        "boolean" => "Choose yes or no.",
        "string" => "Enter a text.",
        "array" => "Enter a list.",
        "object" => "Enter fields with values.",
        _ => "This is of the wrong kind.",
    }
    .to_owned()
}

fn one_of(node: &Node, options: &[Value]) -> String {
    let title = |value: &Value| {
        let choices = node.choices.as_deref().unwrap_or_default();
        let titled = choices.iter().find(|choice| choice.value == *value).and_then(|choice| choice.title.clone());
        titled.unwrap_or_else(|| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let titles: Vec<String> = options.iter().filter(|option| !option.is_null()).map(title).collect();
    match titles.as_slice() {
        [only] => format!("This must be {only}."),
        few if few.len() <= 8 => format!("Choose one of: {}.", few.join(", ")),
        _ => "Choose one of the options.".to_owned(),
    }
}

fn range(node: &Node, kind: &Kind) -> String {
    let unit = node.hints.text("unit").map(|unit| format!(" {unit}")).unwrap_or_default();
    if let (Some(low), Some(high)) = (&node.minimum, &node.maximum) {
        return format!("Enter a number between {low} and {high}{unit}.");
    }
    match kind {
        Kind::Minimum { limit } => format!("Enter {limit}{unit} or more."),
        Kind::Maximum { limit } => format!("Enter {limit}{unit} or less."),
        Kind::ExclusiveMinimum { limit } => format!("Enter more than {limit}{unit}."),
        Kind::ExclusiveMaximum { limit } => format!("Enter less than {limit}{unit}."),
        _ => "Enter another number.".to_owned(),
    }
}

fn length(min: Option<u64>, max: Option<u64>) -> String {
    match (min, max) {
        (Some(min), Some(max)) if min == max => format!("Use exactly {min} characters."),
        (Some(min), Some(max)) => format!("Use {min} to {max} characters."),
        (Some(1), None) => "Enter at least one character.".to_owned(),
        (Some(min), None) => format!("Use at least {min} characters."),
        (_, max) => format!("Use at most {} characters.", max.unwrap_or_default()),
    }
}

/// Patterns of few well-known forms are told in words; the others by an example, and only at last by themselves.
fn pattern_sentence(node: &Node, pattern: &str) -> String {
    let inner = pattern.trim_start_matches('^').trim_end_matches('$');
    let bare = inner.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(inner);
    let words: Vec<&str> = bare.split('|').collect();
    if words.len() > 1
        && words
            .iter()
            .all(|word| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_'))
    {
        return format!("Use one of: {}.", words.join(", "));
    }
    let plain = match inner {
        "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
        | "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
        | "[a-z]([-a-z0-9]*[a-z0-9])?"
        | "[a-z]([a-z0-9-]*[a-z0-9])?" => {
            Some("lower-case letters, digits or dashes, with a letter or digit at both ends")
        }
        "[a-z0-9-]+" | "[a-z0-9-]*" | "[a-z][a-z0-9-]*" | "[a-z][a-z0-9-]+" => {
            Some("lower-case letters, digits or dashes")
        }
        "[a-z0-9_]+" | "[a-z][a-z0-9_]*" | "[a-z][a-z0-9_]+" | "[a-z_][a-z0-9_]*" => {
            Some("lower-case letters, digits or underscores")
        }
        "[a-z]+" => Some("lower-case letters"),
        "[a-zA-Z]+" | "[A-Za-z]+" => Some("letters"),
        "[a-zA-Z0-9]+" | "[A-Za-z0-9]+" => Some("letters or digits"),
        "[0-9]+" | r"\d+" => Some("digits"),
        _ => None,
    };
    if let Some(plain) = plain {
        return match (node.min_length, node.max_length) {
            (Some(min), Some(max)) => format!("Use {min} to {max} {plain}."),
            (None, Some(max)) => format!("Use at most {max} {plain}."),
            _ => format!("Use only {plain}."),
        };
    }
    match node.examples.iter().find_map(Value::as_str).or_else(|| node.default.as_ref().and_then(Value::as_str)) {
        Some(example) if !node.secret() => format!("This does not have the expected form. An example: {example}"),
        _ => format!("This does not match the pattern {pattern}"),
    }
}

fn format_sentence(format: &str) -> &'static str {
    match format {
        "email" | "idn-email" => "Enter an e-mail address, like name@example.com.",
        "uri" | "url" | "iri" | "uri-reference" => "Enter an address, like https://example.com/path.",
        "hostname" | "idn-hostname" => "Enter a host name, like db.example.com.",
        "ipv4" => "Enter an IPv4 address, like 10.0.0.1.",
        "ipv6" => "Enter an IPv6 address, like 2001:db8::1.",
        "date" => "Enter a date, like 2026-11-22.",
        "time" => "Enter a time, like 17:30:00Z.",
        "date-time" | "datetime" => "Enter date and time, like 2026-11-22T17:30:00Z.",
        "duration" => "Enter a duration, like PT1H30M.",
        "x-go-duration" => "Enter a duration, like 1h30m.",
        "x-quantity" => "Enter a quantity, like 500Mi or 0.5.",
        "x-cidr" => "Enter an address block, like 10.0.0.0/16.",
        "x-cron" => "Enter a schedule of five fields, like 0 2 * * * for every night at two.",
        "uuid" => "Enter a UUID, like 6f1f2c1e-8a3b-4c5d-9e0f-1a2b3c4d5e6f.",
        "regex" => "Enter a regular expression.",
        _ => "This does not have the expected form.",
    }
}

/// Whether a text is a duration as Go and Kubernetes write it: `1h30m`, `-1.5s`, `0`.
pub(crate) fn is_go_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (digits, after) = rest.split_at(number);
        if digits.matches('.').count() > 1 || !digits.contains(|c: char| c.is_ascii_digit()) {
            return false;
        }
        let Some(unit) = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"].iter().find(|unit| after.starts_with(**unit))
        else {
            return false;
        };
        rest = &after[unit.len()..];
    }
    true
}
