//! What is worth a remark when a promise is published: it would work, but not well.

use crate::admission;
use crate::hints::{KNOWN, WIDGETS};
use crate::pick::SOURCES;
use crate::pointer::join;
use crate::schema::{Node, Schema, Shape, Test};
use domain::Error;
use serde::Serialize;
use serde_json::Value;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Warning,
    Error,
}

/// One remark about a schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub severity: Severity,
    /// JSON Pointer into the schema document.
    pub pointer: String,
    pub message: String,
}

/// Names that usually hold a secret.
const SECRET_NAMES: [&str; 7] = ["password", "passwd", "secret", "token", "apikey", "privatekey", "credential"];

/// Checks a schema before it is published. A schema that cannot be read is one error.
pub fn lint(schema: &Value) -> Vec<Finding> {
    match Schema::parse(schema) {
        Ok(schema) => lint_parsed(&schema),
        Err(Error { message, causes, .. }) => {
            let pointer = causes.first().map(|cause| cause.pointer.clone()).unwrap_or_default();
            vec![Finding { severity: Severity::Error, pointer, message }]
        }
    }
}

/// Checks a schema that could be read.
pub fn lint_parsed(schema: &Schema) -> Vec<Finding> {
    let mut findings = Vec::new();
    for node in schema.nodes() {
        hints(node, &mut findings);
        picker(node, &mut findings);
        unreachable(schema, node, &mut findings);
        choices(schema, node, &mut findings);
        default(schema, node, &mut findings);
        for rule in schema.rules(node) {
            for name in rule.unknown_functions() {
                let pointer = join(&node.location, "x-kubernetes-validations");
                findings.push(warning(
                    pointer,
                    format!(
                        "the rule {:?} calls {name}, which is not available here: it would never hold",
                        rule.source()
                    ),
                ));
            }
        }
        for property in &node.properties {
            condition(schema, node, &property.name, schema.node(property.node), &mut findings);
            named(schema, &property.name, schema.node(property.node), &mut findings);
        }
    }
    pages(schema.root(), &mut findings);
    findings.sort_by(|a, b| (b.severity, &a.pointer, &a.message).cmp(&(a.severity, &b.pointer, &b.message)));
    findings.dedup();
    findings
}

fn warning(pointer: String, message: String) -> Finding {
    Finding { severity: Severity::Warning, pointer, message }
}

fn named(schema: &Schema, name: &str, node: &Node, findings: &mut Vec<Finding>) {
    let label = node.hints.text("label").or(node.hints.text("title"));
    if node.title.is_none() && label.is_none() && node.constant.is_none() {
        let message = format!("{name} has no title; people will read {:?}", crate::labels::humanised(name));
        findings.push(warning(node.location.clone(), message));
    }
    let plain: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let text = schema.shape(node) == Shape::Text && node.choices.is_none();
    // `secretName` and `tokenRef` name a secret, they are none
    if text && !node.secret() && SECRET_NAMES.iter().any(|word| plain.ends_with(word)) {
        findings.push(warning(
            node.location.clone(),
            format!("{name} looks like a secret but is not writeOnly; it would be shown on pages"),
        ));
    } else if node.secret() && !node.write_only {
        findings.push(warning(
            node.location.clone(),
            format!("{name} is a secret; say writeOnly: true so that every client knows"),
        ));
    }
}

fn hints(node: &Node, findings: &mut Vec<Finding>) {
    for name in node.hints.names().filter(|name| !KNOWN.contains(name)) {
        findings
            .push(warning(join(&node.location, "x-ui"), format!("the hint {name:?} is not known; it has no effect")));
    }
    if let Some(widget) = node.hints.widget().filter(|widget| !WIDGETS.contains(widget)) {
        findings.push(warning(
            join(&node.location, "x-ui"),
            format!("the widget {widget:?} is not known; the type decides"),
        ));
    }
}

/// A picker of a source there is not would stay a plain text.
fn picker(node: &Node, findings: &mut Vec<Finding>) {
    if node.hints.value("picker").is_some() && node.picker().is_none() {
        let message = format!("the picker's source is not known; it is one of {}", SOURCES.join(", "));
        findings.push(warning(join(&join(&node.location, "x-ui"), "picker"), message));
    }
}

/// Whether a field can come to say a value.
fn possible(node: &Node, value: &Value) -> bool {
    node.types.admit(value)
        && node.constant.as_ref().is_none_or(|constant| constant == value)
        && node.choices.as_ref().is_none_or(|choices| choices.iter().any(|choice| choice.value == *value))
}

/// Branches that no answer leads to.
fn unreachable(schema: &Schema, node: &Node, findings: &mut Vec<Finding>) {
    for property in &node.properties {
        for arm in property.arms.iter().chain(&property.refined) {
            for (sibling, values) in arm.test.answers() {
                let asked = node.property(sibling).map(|property| schema.node(property.node));
                if asked.is_some_and(|asked| !values.iter().any(|value| possible(asked, value))) {
                    let message = format!("{} is never reached: {sibling:?} never says that", property.name);
                    findings.push(warning(schema.node(arm.node).location.clone(), message));
                }
            }
        }
    }
}

/// Pages that name what is no field, or leave a field out.
fn pages(node: &Node, findings: &mut Vec<Finding>) {
    let pages = crate::model::pages(node);
    for name in pages.iter().flat_map(|page| &page.fields).filter(|name| !node.by_name(name)) {
        findings.push(warning(
            join(&join(&node.location, "x-ui"), "pages"),
            format!("the page names {name:?}, which is no field of the form"),
        ));
    }
}

fn condition(schema: &Schema, node: &Node, name: &str, described: &Node, findings: &mut Vec<Finding>) {
    let Some(hint) = described.hints.value("when") else { return };
    let at = || join(&described.location, "x-ui/when");
    let when = match Test::of_hint(hint, &at()) {
        Ok(when) => when,
        Err(error) => {
            findings.push(Finding { severity: Severity::Error, pointer: at(), message: error.message });
            return;
        }
    };
    for (sibling, values) in when.answers() {
        let described = node.property(sibling).map(|property| schema.node(property.node));
        if described.is_some_and(|described| !values.iter().any(|value| possible(described, value))) {
            findings.push(warning(at(), format!("{name} is never shown: {sibling:?} never says that")));
        }
    }
    for sibling in when.names().iter().filter(|sibling| *sibling == name || !node.by_name(sibling)) {
        findings.push(warning(at(), format!("{name} is shown by {sibling:?}, which is no field beside it")));
    }
}

fn choices(schema: &Schema, node: &Node, findings: &mut Vec<Finding>) {
    if schema.shape(node) != Shape::Choice {
        return;
    }
    let bare = node.choices.as_deref().unwrap_or_default().iter().filter(|choice| choice.title.is_none()).count();
    if bare > 0 {
        let message = "the choices have no titles; write them as oneOf: [{const, title, description}]".to_owned();
        findings.push(warning(join(&node.location, "enum"), message));
    }
}

fn default(schema: &Schema, node: &Node, findings: &mut Vec<Finding>) {
    let Some(default) = &node.default else { return };
    let document = schema.document();
    let Some(place) = document.pointer(&node.location) else { return };
    // the place alone, with the definitions it may refer to
    let mut alone = match document {
        Value::Object(whole) => whole
            .iter()
            .filter(|(key, _)| matches!(key.as_str(), "$defs" | "definitions" | "components"))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
        _ => serde_json::Map::new(),
    };
    if let Value::Object(place) = place {
        alone.extend(
            place
                .iter()
                .filter(|(key, _)| *key != "$defs" && *key != "definitions")
                .map(|(k, v)| (k.clone(), v.clone())),
        );
    }
    let Ok(alone) = Schema::parse_as(schema.dialect(), &Value::Object(alone)) else { return };
    let mut filled = default.clone();
    admission::fill_defaults(&alone, &mut filled);
    for cause in admission::validate(&alone, &filled, None, "").causes {
        findings.push(Finding {
            severity: Severity::Error,
            pointer: join(&node.location, "default"),
            message: format!(
                "the default does not validate: {}",
                if cause.human.is_empty() { cause.message } else { cause.human }
            ),
        });
    }
}
