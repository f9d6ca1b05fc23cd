//! What is wrong with how a promise says that health is judged, beyond what only somebody who asks can tell.

use super::faults::Faults;
use crate::health::{Health, HealthSpec};
use std::time::Duration;

/// More rules than anybody reads.
const RULES: usize = 50;
/// More often than this would be a load test.
const OFTEN: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_mins(5);

pub(super) fn check(faults: &mut Faults, health: Option<&HealthSpec>) {
    let Some(HealthSpec { rules, probe }) = health else { return };
    if rules.is_empty() && probe.is_none() {
        faults.wrong("spec.health", "needs rules, a probe, or both".into());
    }
    if rules.len() > RULES {
        faults.wrong("spec.health.rules", format!("are more than {RULES}"));
    }
    for (at, _) in rules.iter().enumerate().filter(|(_, rule)| rule.state == Health::NotChecked) {
        let message = "is the state of what nobody looks at; use Healthy, Progressing, Unknown or Degraded";
        faults.wrong(&format!("spec.health.rules[{at}].state"), message.into());
    }
    let Some(probe) = probe else { return };
    if probe.every.0 < OFTEN {
        faults.wrong("spec.health.probe.every", "must be at least 1s".into());
    }
    if probe.timeout.0.is_zero() || probe.timeout.0 > LONG {
        faults.wrong("spec.health.probe.timeout", "must be longer than nothing and at most 5m".into());
    }
    if probe.failures == 0 {
        faults.wrong("spec.health.probe.failures", "must be at least 1".into());
    }
}
