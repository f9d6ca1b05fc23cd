//! Health: when its probe is asked, and what all that was looked at comes to.

use super::Pass;
use crate::{
    condition::{self, Condition, Truth},
    health::{CheckSource, Health, HealthCheck, HealthFact, HealthRecord, HealthSpec, Probe, Verdict},
    reason::Reason,
    status::ResourceStatus,
};
use serde_json::{Map, Value};

/// The condition that tells it, where the promise declares how health is judged.
pub const HEALTHY: &str = "Healthy";
/// Where Kratix tells what its records say.
const RECORDS: &str = "healthStatus";

/// What the rules of the promise came to, and the status they were asked about: about another one they are asked anew.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruled {
    about: Value,
    verdicts: Vec<Verdict>,
}

impl Ruled {
    /// `verdicts` about this resource as a plan has settled it, one for each rule.
    pub fn about(resource: &crate::Object, verdicts: Vec<Verdict>) -> Self {
        Self { about: asked_about(&ResourceStatus::read(&resource.status)), verdicts }
    }
}

/// The status without what it says of health: a rule does not speak of its own verdict.
pub fn asked_about(status: &ResourceStatus) -> Value {
    let mut status = status.clone();
    status.health = HealthFact::default();
    status.conditions.retain(|condition| condition.kind != HEALTHY);
    let mut value = status.to_value();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("health");
    }
    value
}

/// Begins a look of the probe when it is time, and comes again for the next. It stands beside all workflows: none waits for it.
pub fn look(pass: &mut Pass, reason: &Reason) {
    let offer = pass.observed.offer.clone();
    let spec = offer.as_ref().and_then(|offer| offer.promise.spec.health.as_ref()?.probe.as_ref());
    let Some(spec) = spec.filter(|_| !pass.observed.resource.deleting()) else {
        pass.observed.probe = None;
        return;
    };
    // nobody answers before it has been ready once
    if pass.observed.probe.is_none() && !matches!(reason, Reason::Ready) {
        return;
    }
    let (resource, now) = (&pass.observed.resource, pass.now);
    let probe = pass.observed.probe.get_or_insert_with(|| Probe::of(resource, now));
    let (begun, again) = match probe.begin(spec, now) {
        Ok(again) => (true, again),
        Err(again) => (false, again),
    };
    pass.probe = begun;
    pass.wake_at(again);
}

/// What people read about it. Called when all else of the status is settled.
pub fn tell(pass: &mut Pass, status: &mut ResourceStatus) {
    tell_records(pass, status);
    let offer = pass.observed.offer.clone();
    let spec = offer.as_ref().and_then(|offer| offer.promise.spec.health.as_ref());
    let mut checks = Vec::new();
    if !pass.observed.resource.deleting() {
        checks.extend(spec.and_then(|spec| rules(pass, spec, status)));
        checks.extend(spec.and_then(|spec| probe(pass, spec)));
        checks.extend(pass.observed.records.iter().map(HealthRecord::check));
        checks.extend(pass.observed.children.iter().map(child));
    }
    status.health = HealthFact::rolled_up(checks, &status.health, pass.now);
    if spec.is_none() || status.health.state == Health::NotChecked {
        // without a declaration the word is a pipeline's to use
        if spec.is_some() {
            status.conditions.retain(|condition| condition.kind != HEALTHY);
        }
        return;
    }
    let truth = match status.health.state {
        Health::Healthy => Truth::True,
        Health::Degraded => Truth::False,
        _ => Truth::Unknown,
    };
    let new = Condition {
        kind: HEALTHY.to_owned(),
        status: truth,
        reason: status.health.state.as_str().to_owned(),
        message: status.health.message.clone(),
        last_transition_time: pass.now,
        observed_generation: pass.observed.resource.metadata.generation,
    };
    condition::set(&mut status.conditions, new);
}

/// Whether the promise says how health is judged.
pub fn declared(pass: &Pass) -> bool {
    pass.observed.offer.as_ref().is_some_and(|offer| offer.promise.spec.health.is_some())
}

/// Rules are asked once a configure workflow has come to its end; the answer is the driver's, in the same pass.
fn rules(pass: &mut Pass, spec: &HealthSpec, status: &ResourceStatus) -> Option<HealthCheck> {
    if spec.rules.is_empty() {
        return None;
    }
    let about = |judged| Some(HealthCheck::new(CheckSource::Rules, "", judged));
    if status.revision.is_empty() {
        return about((Health::Progressing, "It is being set up".to_owned()));
    }
    let ruled = pass.observed.ruled.as_ref().filter(|ruled| ruled.about == asked_about(status));
    if let Some(ruled) = ruled {
        return about(spec.judge(&ruled.verdicts));
    }
    pass.rule = true;
    let before = status.health.checks.iter().find(|check| check.source == CheckSource::Rules);
    before.cloned().or_else(|| about((Health::Progressing, "Its rules have not been asked yet".to_owned())))
}

fn probe(pass: &Pass, spec: &HealthSpec) -> Option<HealthCheck> {
    let judged = match (&spec.probe, &pass.observed.probe) {
        (None, _) => return None,
        (Some(spec), Some(probe)) => probe.judge(spec),
        (Some(_), None) => (Health::Progressing, "It is asked once it is ready".to_owned()),
    };
    Some(HealthCheck::new(CheckSource::Probe, "", judged))
}

fn child(child: &crate::Object) -> HealthCheck {
    let name = format!("{} {}", child.kind, child.metadata.name);
    let health = ResourceStatus::read(&child.status).health;
    HealthCheck::new(CheckSource::Child, &name, (health.state, health.message))
}

/// What Kratix's records say stands where Kratix puts it, and goes with the last of them. A key that a pipeline wrote is the pipeline's.
fn tell_records(pass: &Pass, status: &mut ResourceStatus) {
    if status.written_keys.iter().any(|key| key == RECORDS) {
        return;
    }
    keep_records(pass, &mut status.rest);
}

fn keep_records(pass: &Pass, rest: &mut Map<String, Value>) {
    match HealthRecord::status_of(&pass.observed.records) {
        Some(told) => {
            rest.insert(RECORDS.to_owned(), told);
        }
        None if rest.get(RECORDS).is_some_and(|told| told["healthRecords"].is_array()) => {
            rest.remove(RECORDS);
        }
        None => {}
    }
}

/// What others have recorded about a promise itself, told where a resource tells it.
pub fn recorded(pass: &Pass, before: Option<&HealthFact>, rest: &mut Map<String, Value>) -> Option<HealthFact> {
    keep_records(pass, rest);
    let records = &pass.observed.records;
    let checks = records.iter().map(HealthRecord::check).collect();
    let before = before.cloned().unwrap_or_default();
    (!records.is_empty()).then(|| HealthFact::rolled_up(checks, &before, pass.now))
}
