//! How many destinations a promise's resources go to, and whether they move: `spec.placement`.

use super::faults::Faults;
use crate::{
    name,
    selector::{LabelSelector, Operator},
};
use serde::{Deserialize, Serialize};

/// At most so many places for one resource.
const MOST: usize = 100;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Scheduling {
    pub strategy: Strategy,
    /// How many destinations `spread` asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// The label over whose values `spread` goes evenly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    pub reschedule: Reschedule,
}

/// Of the destinations that fit, a resource goes to
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Strategy {
    /// one, and there it stays,
    #[default]
    One,
    /// each of them, and those that come later too,
    All,
    /// so many, evenly over the values of a label.
    Spread,
}

/// When a resource moves though nobody asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reschedule {
    /// What stands stays.
    #[default]
    Never,
    /// When the labels of its destination no longer fit and another fits.
    OnLabelChange,
}

impl Scheduling {
    /// How many destinations it asks for; `None` is all that fit.
    pub fn wanted(&self) -> Option<usize> {
        match self.strategy {
            Strategy::One => Some(1),
            Strategy::All => None,
            Strategy::Spread => Some(self.count.unwrap_or(1)),
        }
    }

    /// Whether what stands well may have to look again when destinations change.
    pub fn follows_destinations(&self) -> bool {
        self.strategy == Strategy::All || self.reschedule == Reschedule::OnLabelChange
    }
}

impl Faults {
    pub(super) fn scheduling(&mut self, scheduling: &Scheduling, selectors: &[LabelSelector]) {
        let Scheduling { strategy, count, by, .. } = scheduling;
        match (strategy, count) {
            (Strategy::Spread, None) => {
                self.wrong("spec.placement.count", "spread needs a count of destinations".to_owned());
            }
            (Strategy::Spread, Some(count)) if !(1..=MOST).contains(count) => {
                self.wrong("spec.placement.count", format!("{count} is not a number from 1 to {MOST}"));
            }
            (Strategy::One | Strategy::All, Some(_)) => {
                self.wrong("spec.placement.count", "only the strategy spread takes a count".to_owned());
            }
            _ => {}
        }
        match (strategy, by) {
            (Strategy::Spread, Some(key)) if !name::is_qualified(key) => {
                self.wrong("spec.placement.by", format!("{key:?} is not a label's key"));
            }
            (Strategy::One | Strategy::All, Some(_)) => {
                self.wrong("spec.placement.by", "only the strategy spread takes a label".to_owned());
            }
            _ => {}
        }
        for (at, selector) in selectors.iter().enumerate() {
            for (number, expression) in selector.match_expressions.iter().enumerate() {
                if let Some((field, fault)) = expression.fault() {
                    let field = format!("spec.destinationSelectors[{at}].matchExpressions[{number}].{field}");
                    self.wrong(&field, fault);
                }
            }
        }
        if let Some((key, values)) = contradiction(selectors) {
            let message = format!("no destination can have it: the label {key} would have to be {values}");
            self.wrong("spec.destinationSelectors", message);
        }
    }
}

/// Two requirements that nothing can meet at once: `DoesNotExist` beside one that needs the label.
fn contradiction(selectors: &[LabelSelector]) -> Option<(String, &'static str)> {
    let needed = |key: &str| {
        selectors.iter().any(|selector| {
            let expressed = selector.match_expressions.iter();
            let exists = |operator| matches!(operator, Operator::In | Operator::Exists);
            selector.match_labels.contains_key(key)
                || expressed.clone().any(|expression| expression.key == key && exists(expression.operator))
        })
    };
    let absent = |operator| operator == Operator::DoesNotExist;
    let mut all = selectors.iter().flat_map(|selector| &selector.match_expressions);
    let found = all.find(|expression| absent(expression.operator) && needed(&expression.key))?;
    Some((found.key.clone(), "there and not there"))
}
