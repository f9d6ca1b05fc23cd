//! A condition in CEL over named values: whether a step runs, an action may be asked for, something has become true.

use super::{convert, cost, parse, short};
use cel::{Context, IdedExpr, Value as Cel};
use domain::{Error, Result};
use serde_json::Value;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// The work one evaluation may cause.
const MAX_STEPS: u64 = 2_000_000;

/// An expression that gives true or false.
#[derive(Debug)]
pub struct Condition {
    source: String,
    expression: IdedExpr,
    steps: cost::Steps,
}

impl Condition {
    /// Reads an expression that may speak of these names. A fault is told at `at`, a JSON pointer.
    pub fn read(source: &str, names: &[&str], at: &str) -> Result<Self> {
        let expression = parse::parsed(source, at)?;
        let references = expression.references();
        let known = |name: &str| names.contains(&name);
        if let Some(name) = references.variables().into_iter().find(|name| !known(name)) {
            let names = names.join(", ");
            return Err(crate::schema::refused(at, format!("there is no {name}; a condition may speak of {names}")));
        }
        if let Some(name) = references.functions().into_iter().find(|name| !cost::known_function(name)) {
            return Err(crate::schema::refused(at, format!("there is no function {name}")));
        }
        let steps = cost::steps(&expression);
        Ok(Self { source: source.trim().to_owned(), expression, steps })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it holds for these values. A field that is not there is an error, unless the expression asks with `has` or `?`.
    pub fn holds(&self, values: &[(&str, Value)]) -> Result<bool> {
        let steps = values.iter().fold(0_u64, |sum, (_, value)| sum.saturating_add(self.steps.over(value)));
        if steps > MAX_STEPS {
            return Err(self.fault("the values are too large for it to be checked"));
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut context = Context::with_env(Arc::clone(parse::environment()));
            for (name, value) in values {
                context.add_variable_from_value(*name, convert::plain(value));
            }
            Cel::resolve(&self.expression, &context)
        }));
        match outcome {
            Ok(Ok(Cel::Bool(holds))) => Ok(holds),
            Ok(Ok(_)) => Err(self.fault("it does not give true or false")),
            Ok(Err(error)) => Err(self.fault(&short(&error.to_string()))),
            Err(_) => Err(self.fault("it could not be evaluated")),
        }
    }

    /// The fields of one of its values that it names: `size` of `self` in `self.size > 2`.
    pub(crate) fn fields_of(&self, name: &str) -> Vec<String> {
        cost::fields_of(&self.expression, name)
    }

    fn fault(&self, why: &str) -> Error {
        Error::bad_request(format!("the condition {:?}: {why}", self.source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(source: &str, expected: Result<bool, &str>) {
        let values = [("resource", json!({"spec": {"size": 3, "tags": ["a"]}})), ("status", json!({}))];
        let held =
            Condition::read(source, &["resource", "status"], "/if").and_then(|condition| condition.holds(&values));
        match (held, expected) {
            (Ok(held), Ok(expected)) => assert_eq!(held, expected, "{source}"),
            (Err(error), Err(expected)) => assert!(error.message.contains(expected), "{source}: {error}"),
            (held, _) => panic!("{source}: {held:?}"),
        }
    }

    #[test]
    fn a_condition_speaks_of_the_values_it_is_given() {
        check("resource.spec.size > 2", Ok(true));
        check("'b' in resource.spec.tags", Ok(false));
        check("has(status.phase) && status.phase == 'Ready'", Ok(false));
        check("status.?phase.orValue('') == ''", Ok(true));
    }

    #[test]
    fn what_is_no_condition_is_refused_in_words() {
        check("status.phase == 'Ready'", Err("the condition \"status.phase == 'Ready'\": "));
        check("resource.spec.size", Err("does not give true or false"));
        check("resourse.spec.size > 2", Err("there is no resourse; a condition may speak of resource, status"));
        check("resource.spec.size >", Err("CEL 1:"));
        check("frobnicate(status)", Err("there is no function frobnicate"));
    }
}
