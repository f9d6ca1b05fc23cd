//! CEL rules (`x-kubernetes-validations`): read with the schema, checked against values, bounded.
//!
//! The interpreter has no fuel of its own, so the work is bounded from outside: the length of the expression, the depth of its syntax
//! tree, and how its comprehensions multiply ([`cost`]) with the largest collection of the value at hand.

mod condition;
mod convert;
mod cost;
mod parse;

pub use condition::Condition;
pub use parse::MAX_EXPRESSION;

use crate::pointer::join;
use crate::schema::{ListType, Node, NodeId, Schema, refused};
use cel::{Context, IdedExpr, Value as Cel};
use domain::{Cause, Result};
use parse::{environment, field_segments, parsed};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// How many rules one validation evaluates at most: a rule below a list runs for every item.
const MAX_EVALUATIONS: usize = 20_000;
/// Steps that all rules of one validation may take together.
const MAX_STEPS: u64 = 20_000_000;

/// One rule of a schema.
pub struct Rule {
    source: String,
    expression: IdedExpr,
    message: Option<String>,
    message_expression: Option<IdedExpr>,
    field_path: Vec<String>,
    reason: String,
    /// Speaks of `oldSelf`: holds between two versions of a value.
    pub transition: bool,
    optional_old_self: bool,
    steps: cost::Steps,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule").field("source", &self.source).finish_non_exhaustive()
    }
}

impl Rule {
    pub(crate) fn read(rule: &Value, at: &str) -> Result<Self> {
        let Some(source) = rule.get("rule").and_then(Value::as_str) else {
            return Err(refused(at, "a validation needs `rule`, a CEL expression"));
        };
        let expression = parsed(source, &join(at, "rule"))?;
        let text = |key: &str| rule.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        let message_expression = match text("messageExpression") {
            Some(source) => Some(parsed(source, &join(at, "messageExpression"))?),
            None => None,
        };
        let mut steps = cost::steps(&expression);
        if let Some(message) = &message_expression {
            steps = steps.and(cost::steps(message));
        }
        let reason = text("reason").unwrap_or("FieldValueInvalid");
        if !["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"].contains(&reason)
        {
            return Err(refused(&join(at, "reason"), format!("{reason:?} is no reason of a field error")));
        }
        Ok(Self {
            transition: expression.references().has_variable("oldSelf"),
            message: text("message").map(|text| text.trim().to_owned()),
            field_path: text("fieldPath").map(field_segments).unwrap_or_default(),
            optional_old_self: rule.get("optionalOldSelf") == Some(&Value::Bool(true)),
            reason: reason.to_owned(),
            source: source.trim().to_owned(),
            expression,
            message_expression,
            steps,
        })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// A rule that says that the value never changes.
    pub fn is_immutability(&self) -> bool {
        let plain: String = self.source.chars().filter(|c| !c.is_whitespace()).collect();
        plain == "self==oldSelf" || plain == "oldSelf==self"
    }

    /// Functions that no rule can call here; a rule that names one never holds.
    pub fn unknown_functions(&self) -> Vec<String> {
        let references = self.expression.references();
        references.functions().into_iter().filter(|name| !cost::known_function(name)).map(str::to_owned).collect()
    }
}

/// Checks every rule that applies to `value`; `old` is its version before the change. Paths are written below `root`.
pub(crate) fn check(schema: &Schema, value: &Value, old: Option<&Value>, root: &str) -> Vec<Cause> {
    if !schema.has_rules() {
        return Vec::new();
    }
    let mut pass = Pass { schema, root, whole: value, causes: Vec::new(), evaluations: 0, steps: 0, exhausted: false };
    pass.visit(NodeId::ROOT, value, old, "", crate::schema::MAX_DEPTH);
    pass.causes
}

struct Pass<'a> {
    schema: &'a Schema,
    root: &'a str,
    whole: &'a Value,
    causes: Vec<Cause>,
    evaluations: usize,
    steps: u64,
    exhausted: bool,
}

impl Pass<'_> {
    fn visit(&mut self, id: NodeId, value: &Value, old: Option<&Value>, pointer: &str, depth: usize) {
        let node = self.schema.node(id);
        if !value.is_null() {
            for rule in self.schema.rules(node) {
                self.apply(rule, id, value, old, pointer);
            }
        }
        let Some(depth) = depth.checked_sub(1) else { return };
        match value {
            Value::Object(object) => {
                for (name, child) in object {
                    if let Some(Some(next)) = self.schema.property(node, Some(value), name) {
                        self.visit(next, child, old.and_then(|old| old.get(name)), &join(pointer, name), depth);
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Some(next) = node.item(index) {
                        let old = old.and_then(|old| correlated(node, item, old));
                        self.visit(next, item, old, &format!("{pointer}/{index}"), depth);
                    }
                }
            }
            _ => {}
        }
    }

    fn apply(&mut self, rule: &Rule, id: NodeId, value: &Value, old: Option<&Value>, pointer: &str) {
        if rule.transition && old.is_none() && !rule.optional_old_self {
            return;
        }
        self.evaluations += 1;
        self.steps = self.steps.saturating_add(rule.steps.over(value));
        if self.evaluations > MAX_EVALUATIONS || self.steps > MAX_STEPS {
            // one such cause is enough
            if !std::mem::replace(&mut self.exhausted, true) {
                self.refuse(rule, pointer, "the value is too large for this rule to be checked");
            }
            return;
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let context = self.context(rule, id, value, old)?;
            match Cel::resolve(&rule.expression, &context) {
                Ok(Cel::Bool(true)) => Ok(()),
                Ok(Cel::Bool(false)) => Err(message(rule, &context)),
                Ok(_) => Err(format!("the rule does not give true or false: {}", rule.source)),
                Err(error) => Err(format!(
                    "{} evaluating rule: {}",
                    short(&error.to_string()),
                    rule.message.as_deref().unwrap_or(&rule.source)
                )),
            }
        }));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(message)) => self.refuse(rule, pointer, &message),
            Err(_) => self.refuse(rule, pointer, &format!("the rule could not be evaluated: {}", rule.source)),
        }
    }

    fn context(
        &self,
        rule: &Rule,
        id: NodeId,
        value: &Value,
        old: Option<&Value>,
    ) -> Result<Context<'static, 'static>, String> {
        let mut context = Context::with_env(Arc::clone(environment()));
        context.add_variable_from_value("self", convert::to_cel(self.schema, Some(id), value));
        if rule.optional_old_self {
            let optional = match old {
                Some(old) => {
                    context.add_variable_from_value("oldSelf", convert::to_cel(self.schema, Some(id), old));
                    "optional.of(oldSelf)"
                }
                None => "optional.none()",
            };
            let expression = parsed(optional, "").map_err(|error| error.message)?;
            let optional = Cel::resolve(&expression, &context).map_err(|error| error.to_string())?;
            context.add_variable_from_value("oldSelf", optional);
        } else if let Some(old) = old {
            context.add_variable_from_value("oldSelf", convert::to_cel(self.schema, Some(id), old));
        }
        Ok(context)
    }

    fn refuse(&mut self, rule: &Rule, pointer: &str, message: &str) {
        let at = rule.field_path.iter().fold(pointer.to_owned(), |at, segment| join(&at, segment));
        let word = match rule.reason.as_str() {
            "FieldValueForbidden" => "Forbidden",
            "FieldValueRequired" => "Required value",
            "FieldValueDuplicate" => "Duplicate value",
            _ => "Invalid value",
        };
        self.causes.push(Cause {
            reason: rule.reason.clone(),
            message: format!("{word}: {message}"),
            field: crate::pointer::field_path(self.root, self.whole, &at),
            pointer: at,
            human: crate::labels::sentence(message),
        });
    }
}

fn message(rule: &Rule, context: &Context<'_, '_>) -> String {
    if let Some(expression) = &rule.message_expression
        && let Ok(Cel::String(text)) = Cel::resolve(expression, context)
        && !text.trim().is_empty()
        && !text.contains('\n')
    {
        return short(&text);
    }
    rule.message.clone().unwrap_or_else(|| format!("failed rule: {}", rule.source))
}

/// The old version of a list's item: known only where the list says what identifies its items.
fn correlated<'a>(node: &Node, item: &Value, old: &'a Value) -> Option<&'a Value> {
    if node.list_type != ListType::Map || node.list_map_keys.is_empty() {
        return None;
    }
    old.as_array()?.iter().find(|other| node.list_map_keys.iter().all(|key| other.get(key) == item.get(key)))
}

fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() > 400 { line.chars().take(400).chain(['…']).collect() } else { line.to_owned() }
}
