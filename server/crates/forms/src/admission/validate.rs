//! Validation against a schema, its list types, its immutable fields and its rules.

use super::{messages, undecided::Conditions};
use crate::pointer::{field_path, join};
use crate::schema::{ListType, MAX_DATA, Node, NodeId, Schema};
use domain::Cause;
use serde_json::Value;
use std::collections::HashSet;

/// More causes than this are not told; nobody reads them.
const MAX_CAUSES: usize = 100;
/// More errors than this are not looked at, whether they are told or not.
const MAX_ERRORS: usize = 10_000;

/// What was wrong with a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    pub causes: Vec<Cause>,
    /// Rules were not checked because the value does not even have the right shape.
    pub rules_skipped: bool,
}

impl Verdict {
    pub fn is_valid(&self) -> bool {
        self.causes.is_empty()
    }

    pub(super) fn refused(cause: Cause) -> Self {
        Self { causes: vec![cause], rules_skipped: false }
    }

    /// The causes as an API server tells them: it adds that rules were not checked.
    pub fn api_causes(&self) -> Vec<Cause> {
        let mut causes = self.causes.clone();
        if self.rules_skipped {
            causes.push(Cause {
                reason: "FieldValueInvalid".into(),
                message: "Invalid value: null: some validation rules were not checked because the object was invalid; correct the \
                          existing errors to complete validation"
                    .into(),
                field: "<nil>".into(),
                pointer: String::new(),
                human: "More is checked once the other errors are corrected.".into(),
            });
        }
        causes
    }
}

/// Validates `value`, and its change from `old`. Paths are written below `root` (`spec`); pointers start at the value.
pub fn validate(schema: &Schema, value: &Value, old: Option<&Value>, root: &str) -> Verdict {
    if let Some(cause) = too_large(schema, value, root) {
        return Verdict::refused(cause);
    }
    let mut causes: Vec<Cause> = Vec::new();
    if !schema.validator().is_valid(value) {
        let mut conditions = Conditions::of(schema, value);
        for error in schema.validator().iter_errors(value).take(MAX_ERRORS) {
            if conditions.undecided(&error) {
                continue;
            }
            messages::add(schema, value, root, &error, &mut causes);
            if causes.len() >= MAX_CAUSES {
                break;
            }
        }
    }
    let mut walk = Walk { schema, root, whole: value, causes: Vec::new() };
    walk.visit(NodeId::ROOT, value, old, "", crate::schema::MAX_DEPTH);
    causes.append(&mut walk.causes);
    causes.retain(|cause| !crate::secrets::is_stood_for(schema, value, &cause.pointer));
    if causes.is_empty() {
        causes = crate::rules::check(schema, value, old, root);
        causes.truncate(MAX_CAUSES);
        return Verdict { causes, rules_skipped: false };
    }
    causes.truncate(MAX_CAUSES);
    Verdict { causes, rules_skipped: schema.has_rules() }
}

/// A value beyond the bounds is refused before anything recurses into it.
pub(super) fn too_large(schema: &Schema, value: &Value, root: &str) -> Option<Cause> {
    let (count, depth) = super::extent(value);
    let message = if count > MAX_DATA {
        format!("{count} values are too many; the limit is {MAX_DATA}")
    } else if depth > schema.max_depth() {
        format!("nested {depth} deep; the limit for this schema is {}", schema.max_depth())
    } else {
        return None;
    };
    Some(Cause {
        reason: "FieldValueInvalid".into(),
        human: crate::labels::sentence(&message),
        message: format!("Invalid value: {message}"),
        field: root.to_owned(),
        pointer: String::new(),
    })
}

/// What JSON Schema has no words for: keys of list maps, items of sets, fields that never change.
struct Walk<'a> {
    schema: &'a Schema,
    root: &'a str,
    whole: &'a Value,
    causes: Vec<Cause>,
}

impl Walk<'_> {
    fn visit(&mut self, id: NodeId, value: &Value, old: Option<&Value>, pointer: &str, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let node = self.schema.node(id);
        if node.hints.flag("immutable") && old.is_some_and(|old| old != value) {
            let shown = messages::shown(node, value);
            self.add(
                pointer,
                "FieldValueInvalid",
                format!("Invalid value: {shown}: field is immutable"),
                "This cannot be changed later.",
            );
        }
        match value {
            Value::Object(object) => {
                for (name, child) in object {
                    if let Some(Some(next)) = self.schema.property(node, Some(value), name) {
                        self.visit(next, child, old.and_then(|old| old.get(name)), &join(pointer, name), depth);
                    }
                }
            }
            Value::Array(items) => {
                self.duplicates(node, items, pointer);
                for (index, item) in items.iter().enumerate() {
                    if let Some(next) = node.item(index) {
                        self.visit(next, item, None, &format!("{pointer}/{index}"), depth);
                    }
                }
            }
            _ => {}
        }
    }

    fn duplicates(&mut self, node: &Node, items: &[Value], pointer: &str) {
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            let key = match node.list_type {
                ListType::Atomic => return,
                ListType::Set => item.clone(),
                ListType::Map => {
                    let keys = node
                        .list_map_keys
                        .iter()
                        .filter_map(|key| item.get(key).map(|value| (key.clone(), value.clone())));
                    Value::Object(keys.collect())
                }
            };
            if !seen.insert(key.to_string()) {
                let (shown, human) =
                    (messages::shown(node, &key), "This is listed twice. Remove or change one of them.");
                self.add(
                    &format!("{pointer}/{index}"),
                    "FieldValueDuplicate",
                    format!("Duplicate value: {shown}"),
                    human,
                );
            }
        }
    }

    fn add(&mut self, pointer: &str, reason: &str, message: String, human: &str) {
        if self.causes.len() < MAX_CAUSES {
            self.causes.push(Cause {
                reason: reason.to_owned(),
                message,
                field: field_path(self.root, self.whole, pointer),
                pointer: pointer.to_owned(),
                human: human.to_owned(),
            });
        }
    }
}
