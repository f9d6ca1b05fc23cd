//! Does it work? How a promise says how that is judged, and what came of it: one fact with the checks it was rolled up from.

mod probe;
mod record;

pub use probe::{Probe, ProbeKind, ProbeSpec, ProbeState, ProbeStatus, ProbeTarget, Probed};
pub use record::{HEALTH_OF, HEALTH_RECORD, HealthRecord, RecordState, ResourceRef, health_of};

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The states, the better before the worse: of several checks the worst one counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Health {
    /// Nobody looks: the promise declares no check.
    #[default]
    NotChecked,
    Healthy,
    /// On its way: not set up yet, or not answering yet.
    Progressing,
    /// Somebody looks and cannot tell.
    Unknown,
    Degraded,
}

impl Health {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotChecked => "NotChecked",
            Self::Healthy => "Healthy",
            Self::Progressing => "Progressing",
            Self::Unknown => "Unknown",
            Self::Degraded => "Degraded",
        }
    }
}

/// How the health of a promise's resources is judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct HealthSpec {
    /// Asked in their order about the resource as it stands; the first that holds decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<HealthRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<ProbeSpec>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthRule {
    /// CEL.
    pub when: String,
    pub state: Health,
    /// A template: what people read when it holds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// What came of asking a rule: its words if it holds, or why it cannot be judged.
pub type Verdict = Result<Option<String>, String>;

/// Health as it is told: the worst of the checks, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HealthFact {
    pub state: Health,
    pub message: String,
    /// Since when it is in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The worst first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<HealthCheck>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthCheck {
    pub source: CheckSource,
    /// Of the record or the child; empty for what there is one of.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    pub state: Health,
    #[serde(default)]
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CheckSource {
    Rules,
    Probe,
    Record,
    Child,
}

impl CheckSource {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "Rules",
            Self::Probe => "Probe",
            Self::Record => "Health record",
            Self::Child => "Child",
        }
    }
}

impl HealthSpec {
    /// The first rule that holds decides. Where an earlier one cannot be judged nobody may say that all is well.
    pub fn judge(&self, verdicts: &[Verdict]) -> (Health, String) {
        let mut unjudged = None;
        for (rule, verdict) in self.rules.iter().zip(verdicts) {
            match verdict {
                Ok(None) => {}
                Err(why) => {
                    unjudged.get_or_insert_with(|| format!("`{}` cannot be judged: {why}", rule.when.trim()));
                }
                Ok(Some(_)) if rule.state < Health::Unknown && unjudged.is_some() => break,
                Ok(Some(words)) if words.is_empty() => return (rule.state, format!("`{}` holds", rule.when.trim())),
                Ok(Some(words)) => return (rule.state, words.clone()),
            }
        }
        match unjudged {
            Some(why) => (Health::Unknown, why),
            None if self.rules.iter().any(|rule| rule.state == Health::Healthy) => {
                (Health::Unknown, "No rule of the promise holds".to_owned())
            }
            None => (Health::Healthy, "No rule of the promise finds fault".to_owned()),
        }
    }
}

impl HealthCheck {
    pub fn new(source: CheckSource, name: &str, (state, message): (Health, String)) -> Self {
        Self { source, name: name.to_owned(), state, message, since: None }
    }
}

impl HealthFact {
    /// So many checks are told one by one; the others still count.
    const TOLD: usize = 20;

    /// The worst of the checks. A state that has not changed keeps its beginning.
    pub fn rolled_up(mut checks: Vec<HealthCheck>, before: &Self, now: Timestamp) -> Self {
        checks.retain(|check| check.state != Health::NotChecked);
        for check in &mut checks {
            let was = before.checks.iter().find(|was| was.source == check.source && was.name == check.name);
            check.since = was.filter(|was| was.state == check.state).and_then(|was| was.since).or(Some(now));
        }
        checks.sort_by_key(|check| std::cmp::Reverse(check.state));
        let Some(worst) = checks.first() else {
            let message = "The promise declares no health check".to_owned();
            return Self { message, ..Self::default() };
        };
        let (state, others) = (worst.state, checks.iter().filter(|check| check.state == worst.state).count() - 1);
        let message = match (state, others) {
            (_, 0) => worst.told(),
            (Health::Healthy, others) => format!("All {} checks pass", others + 1),
            (_, others) => format!("{}; and {others} more", worst.told()),
        };
        let since = before.since.filter(|_| before.state == state).or(Some(now));
        checks.truncate(Self::TOLD);
        Self { state, message, since, checks }
    }
}

impl HealthCheck {
    fn told(&self) -> String {
        if self.name.is_empty() { self.message.clone() } else { format!("{}: {}", self.name, self.message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_795_370_400_000_000);

    fn spec(states: &[Health]) -> HealthSpec {
        let rule = |state: &Health| HealthRule { when: format!("{state:?}"), state: *state, message: String::new() };
        HealthSpec { rules: states.iter().map(rule).collect(), probe: None }
    }

    #[track_caller]
    fn check(states: &[Health], verdicts: &[Verdict], expected: (Health, &str)) {
        let (state, message) = spec(states).judge(verdicts);
        assert_eq!((state, message.as_str()), expected);
    }

    #[test]
    fn the_first_rule_that_holds_decides() {
        use Health::{Degraded, Healthy, Progressing};
        let (says, not, unjudged) = (|words: &str| Ok(Some(words.to_owned())), Ok(None), Err("no ready".to_owned()));
        check(&[Degraded, Progressing], &[says("1 down"), says("x")], (Degraded, "1 down"));
        check(&[Degraded, Progressing], &[not.clone(), says("")], (Progressing, "`Progressing` holds"));
        check(&[Degraded], std::slice::from_ref(&not), (Healthy, "No rule of the promise finds fault"));
        check(&[Degraded, Healthy], &[not.clone(), not], (Health::Unknown, "No rule of the promise holds"));
        let why = "`Degraded` cannot be judged: no ready";
        check(&[Degraded, Healthy], &[unjudged.clone(), says("fine")], (Health::Unknown, why));
        check(&[Degraded, Degraded], &[unjudged.clone(), says("down")], (Degraded, "down"));
        check(&[Degraded], &[unjudged], (Health::Unknown, why));
    }

    #[test]
    fn the_worst_check_counts_and_an_unchanged_state_keeps_its_beginning() {
        let of = |probe, child| {
            vec![
                HealthCheck::new(CheckSource::Probe, "", (probe, "answered".into())),
                HealthCheck::new(CheckSource::Child, "Redis shop-cache", (child, "no memory".into())),
            ]
        };
        let later = START + std::time::Duration::from_secs(5);
        let good = HealthFact::rolled_up(of(Health::Healthy, Health::Healthy), &HealthFact::default(), START);
        assert_eq!(
            (good.state, good.message.as_str(), good.since),
            (Health::Healthy, "All 2 checks pass", Some(START))
        );
        let bad = HealthFact::rolled_up(of(Health::Healthy, Health::Degraded), &good, later);
        assert_eq!((bad.state, bad.message.as_str()), (Health::Degraded, "Redis shop-cache: no memory"));
        let since: Vec<_> = bad.checks.iter().map(|check| check.since).collect();
        assert_eq!((bad.since, since), (Some(later), vec![Some(later), Some(START)]));
    }

    #[test]
    fn what_nobody_checks_is_not_told() {
        let unchecked = HealthCheck::new(CheckSource::Child, "Redis cache", (Health::NotChecked, String::new()));
        let fact = HealthFact::rolled_up(vec![unchecked], &HealthFact::default(), START);
        assert_eq!((fact.state, fact.since, fact.checks.len()), (Health::NotChecked, None, 0));
    }
}
