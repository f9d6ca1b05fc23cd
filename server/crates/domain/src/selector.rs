//! Label selectors: `matchLabels` of a document and the query form `a=b,c in (d,e),!f`.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub type Labels = BTreeMap<String, String>;

/// Every requirement must hold; no requirement holds for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    pub requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Missing(String),
}

/// The document form: equality only, as Kratix schedules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LabelSelector {
    #[serde(default)]
    pub match_labels: Labels,
}

impl LabelSelector {
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
    }
}

impl Selector {
    /// Reads the query form. Commas inside parentheses separate values.
    pub fn parse(text: &str) -> Result<Self> {
        let requirements = split_outside_parentheses(text)
            .filter(|part| !part.trim().is_empty())
            .map(Requirement::parse)
            .collect::<Result<_>>()?;
        Ok(Self { requirements })
    }

    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels))
    }
}

impl Requirement {
    pub fn matches(&self, labels: &Labels) -> bool {
        match self {
            Self::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            Self::NotIn(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
            Self::Exists(key) => labels.contains_key(key),
            Self::Missing(key) => !labels.contains_key(key),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let refuse = || {
            Error::bad_request(format!(
                "unable to parse requirement: {text:?} is not a label selector such as a=b, a!=b, a in (b,c) or !a"
            ))
        };
        let checked = |key: &str| crate::name::is_qualified(key).then(|| key.to_owned()).ok_or_else(refuse);
        if let Some(key) = text.strip_prefix('!') {
            return Ok(Self::Missing(checked(key.trim())?));
        }
        if let Some((head, values)) = text.strip_suffix(')').and_then(|head| head.split_once('(')) {
            let values = values.split(',').map(|value| value.trim().to_owned()).collect();
            let (key, operator) = head.trim().rsplit_once(char::is_whitespace).ok_or_else(refuse)?;
            return match operator {
                "in" => Ok(Self::In(checked(key.trim())?, values)),
                "notin" => Ok(Self::NotIn(checked(key.trim())?, values)),
                _ => Err(refuse()),
            };
        }
        if let Some((key, value)) = text.split_once("!=") {
            return Ok(Self::NotIn(checked(key.trim())?, vec![value.trim().to_owned()]));
        }
        if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
            return Ok(Self::In(checked(key.trim())?, vec![value.trim().to_owned()]));
        }
        Ok(Self::Exists(checked(text)?))
    }
}

fn split_outside_parentheses(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    text.split(move |c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(selector: &str, labels: &[(&str, &str)], expected: bool) {
        let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        assert_eq!(Selector::parse(selector).unwrap().matches(&labels), expected, "{selector} on {labels:?}");
    }

    #[test]
    fn requirements_are_joined_by_and() {
        check("team=a", &[("team", "a")], true);
        check("team=a,tier", &[("team", "a")], false);
        check("team in (a, b),!legacy", &[("team", "b")], true);
        check("team notin (a)", &[], true);
        check("team!=a", &[("team", "a")], false);
        check("", &[("team", "a")], true);
    }

    #[test]
    fn nonsense_is_refused_with_the_offending_part() {
        let error = Selector::parse("team=a,team within (b)").unwrap_err();
        assert!(error.message.contains("team within (b)"), "{error}");
    }
}
