//! Label selectors: `matchLabels` and `matchExpressions` of a document and the query form `a=b,c in (d,e),!f`.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

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

/// The document form. Kratix's documents know equality only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LabelSelector {
    #[serde(default)]
    pub match_labels: Labels,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<MatchExpression>,
}

/// One requirement in the words of Kubernetes documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchExpression {
    pub key: String,
    pub operator: Operator,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl LabelSelector {
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|expression| expression.requirement().matches(labels))
    }
}

impl MatchExpression {
    pub fn requirement(&self) -> Requirement {
        let (key, values) = (self.key.clone(), self.values.clone());
        match self.operator {
            Operator::In => Requirement::In(key, values),
            Operator::NotIn => Requirement::NotIn(key, values),
            Operator::Exists => Requirement::Exists(key),
            Operator::DoesNotExist => Requirement::Missing(key),
        }
    }

    /// What is wrong with it beyond its shape: the field below it, and why.
    pub fn fault(&self) -> Option<(&'static str, String)> {
        let listed = matches!(self.operator, Operator::In | Operator::NotIn);
        if !crate::name::is_qualified(&self.key) {
            Some(("key", format!("{:?} is not a label's key", self.key)))
        } else if listed && self.values.is_empty() {
            Some(("values", "In and NotIn need at least one value".to_owned()))
        } else if !listed && !self.values.is_empty() {
            Some(("values", "Exists and DoesNotExist take no values".to_owned()))
        } else {
            None
        }
    }
}

/// The query form.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In(key, values) if values.len() == 1 => write!(f, "{key}={}", values.concat()),
            Self::NotIn(key, values) if values.len() == 1 => write!(f, "{key}!={}", values.concat()),
            Self::In(key, values) => write!(f, "{key} in ({})", values.join(",")),
            Self::NotIn(key, values) => write!(f, "{key} notin ({})", values.join(",")),
            Self::Exists(key) => f.write_str(key),
            Self::Missing(key) => write!(f, "!{key}"),
        }
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
    fn expressions_mean_what_they_mean_in_kubernetes() {
        let holds = |expression: &str, labels: &[(&str, &str)]| {
            let expression: MatchExpression = serde_json::from_str(expression).unwrap();
            assert_eq!(expression.fault(), None);
            let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            (expression.requirement().matches(&labels), expression.requirement().to_string())
        };
        let zone_b = [("zone", "b")];
        let told = |text: &str| text.to_owned();
        assert_eq!(
            holds(r#"{"key": "zone", "operator": "In", "values": ["a", "b"]}"#, &zone_b),
            (true, told("zone in (a,b)"))
        );
        assert_eq!(
            holds(r#"{"key": "zone", "operator": "NotIn", "values": ["b"]}"#, &zone_b),
            (false, told("zone!=b"))
        );
        assert_eq!(holds(r#"{"key": "zone", "operator": "NotIn", "values": ["b"]}"#, &[]), (true, told("zone!=b")));
        assert_eq!(holds(r#"{"key": "zone", "operator": "Exists"}"#, &[]), (false, told("zone")));
        assert_eq!(holds(r#"{"key": "zone", "operator": "DoesNotExist"}"#, &[]), (true, told("!zone")));
    }

    #[test]
    fn an_expression_without_sense_says_which_field() {
        for (expression, field) in [
            (r#"{"key": "-", "operator": "Exists"}"#, "key"),
            (r#"{"key": "zone", "operator": "In"}"#, "values"),
            (r#"{"key": "zone", "operator": "Exists", "values": ["a"]}"#, "values"),
        ] {
            let expression: MatchExpression = serde_json::from_str(expression).unwrap();
            assert_eq!(expression.fault().map(|fault| fault.0), Some(field));
        }
    }

    #[test]
    fn nonsense_is_refused_with_the_offending_part() {
        let error = Selector::parse("team=a,team within (b)").unwrap_err();
        assert!(error.message.contains("team within (b)"), "{error}");
    }
}
