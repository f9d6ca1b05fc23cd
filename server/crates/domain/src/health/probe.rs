//! A probe: asked again and again whether a resource works. What came of it stands in a row of its own, so that a look that finds what it found
//! before changes nothing of the resource.

use super::Health;
use crate::{
    digest::{Digest, derive_uid},
    object::{Kind, Metadata, Object, Typed},
    time::Timestamp,
    workflow::GoDuration,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// How a promise's resources are asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProbeSpec {
    /// What an `http` step takes, `GET` if it names no method.
    pub http: Value,
    #[serde(default = "every")]
    pub every: GoDuration,
    #[serde(default = "timeout")]
    pub timeout: GoDuration,
    /// So many in a row make it degraded.
    #[serde(default = "failures")]
    pub failures: u32,
}

fn every() -> GoDuration {
    GoDuration(Duration::from_mins(1))
}

fn timeout() -> GoDuration {
    GoDuration(Duration::from_secs(10))
}

fn failures() -> u32 {
    3
}

pub struct ProbeKind;
impl Kind for ProbeKind {
    const KIND: &'static str = "Probe";
    const PLURAL: &'static str = "probes";
    const NAMESPACED: bool = true;
    type Spec = ProbeTarget;
    type Status = ProbeStatus;
}
pub type Probe = Typed<ProbeKind>;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeTarget {
    pub promise: String,
    pub resource: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProbeStatus {
    pub state: ProbeState,
    /// Counts the looks. An outcome counts for the look it is of.
    pub sequence: i64,
    /// Somebody is looking since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_run: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Timestamp>,
    /// In a row.
    pub failures: u32,
    pub message: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProbeState {
    /// No look has come to its end yet.
    #[default]
    Pending,
    Passing,
    Failing,
    /// It could not even be asked: an address that makes no sense, or one that may not be called.
    Unasked,
    /// There is no address to ask: this resource has none.
    Idle,
}

/// What came of one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    Passed(String),
    Failed(String),
    Unasked(String),
    Idle,
}

impl ProbeSpec {
    /// Longer than its timeout nobody looks; what was begun longer ago than this has been lost.
    const GRACE: Duration = Duration::from_secs(30);
}

impl Probe {
    /// The uid of a resource's probe.
    pub fn uid_of(resource: &str) -> String {
        derive_uid("probe", &[resource])
    }

    /// The probe of a resource. Its identity follows from the resource's.
    pub fn of(resource: &Object, now: Timestamp) -> Self {
        let of = &resource.metadata;
        let uid = Self::uid_of(&of.uid);
        let name = format!("{}-{}", of.name.chars().take(200).collect::<String>(), &uid[uid.len() - 8..]);
        let metadata = Metadata {
            name,
            namespace: of.namespace.clone(),
            uid,
            generation: 1,
            creation_timestamp: Some(now.to_second()),
            owner_references: vec![resource.as_owner()],
            ..Metadata::default()
        };
        let spec = ProbeTarget { promise: resource.facets().promise.to_owned(), resource: of.name.clone() };
        Self { metadata, spec, status: ProbeStatus::default() }
    }

    /// Begins a look if it is time. Otherwise says when to come again.
    pub fn begin(&mut self, spec: &ProbeSpec, now: Timestamp) -> Result<Timestamp, Timestamp> {
        let status = &mut self.status;
        let lost = spec.timeout.0 + ProbeSpec::GRACE;
        // what lies ahead was written by a clock that has been put back since
        let over = status.begun_at.filter(|begun| *begun <= now).map(|begun| begun + lost);
        let due = status.last_run.filter(|last| *last <= now).map(|last| last + spec.every.0 + self.spread(spec));
        let status = &mut self.status;
        let next = if status.begun_at.is_some() { over } else { due };
        if let Some(next) = next.filter(|next| *next > now) {
            return Err(next);
        }
        status.sequence += 1;
        status.begun_at = Some(now);
        Ok(now + lost)
    }

    /// Takes down what came of a look; false if it is not the one that is under way.
    pub fn record(&mut self, sequence: i64, probed: Probed, now: Timestamp) -> bool {
        let status = &mut self.status;
        if status.sequence != sequence || status.begun_at.is_none() {
            return false;
        }
        (status.begun_at, status.last_run) = (None, Some(now));
        (status.state, status.message) = match probed {
            Probed::Passed(message) => (ProbeState::Passing, message),
            Probed::Failed(message) => (ProbeState::Failing, message),
            Probed::Unasked(message) => (ProbeState::Unasked, message),
            Probed::Idle => (ProbeState::Idle, "There is no address to ask".to_owned()),
        };
        match status.state {
            ProbeState::Passing => (status.last_success, status.failures) = (Some(now), 0),
            ProbeState::Idle => (status.last_success, status.failures) = (None, 0),
            _ => status.failures = status.failures.saturating_add(1),
        }
        true
    }

    /// What it says of the resource: so many failures in a row count, one success heals.
    pub fn judge(&self, spec: &ProbeSpec) -> (Health, String) {
        let ProbeStatus { state, failures, message, last_success, .. } = &self.status;
        let few = format!("{failures} of {} failures in a row: {message}", spec.failures);
        match state {
            ProbeState::Pending => (Health::Progressing, "It is being asked for the first time".to_owned()),
            ProbeState::Passing => (Health::Healthy, message.clone()),
            ProbeState::Idle => (Health::NotChecked, message.clone()),
            _ if *failures < spec.failures && last_success.is_some() => (Health::Healthy, few),
            _ if *failures < spec.failures => (Health::Progressing, few),
            ProbeState::Failing => (Health::Degraded, message.clone()),
            ProbeState::Unasked => (Health::Unknown, format!("It cannot be asked: {message}")),
        }
    }

    /// Resources that became ready together are not asked together for ever: up to a tenth later, another each time.
    fn spread(&self, spec: &ProbeSpec) -> Duration {
        let digest = Digest::of(format!("{} {}", self.metadata.uid, self.status.sequence));
        let share = u32::from_str_radix(digest.short(4), 16).unwrap_or(0);
        spec.every.0 * share / 65_536 / 10
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const START: Timestamp = Timestamp::from_micros(1_795_370_400_000_000);

    fn spec() -> ProbeSpec {
        serde_json::from_value(json!({"http": {}, "every": "30s", "timeout": "5s"})).unwrap()
    }

    fn probe() -> Probe {
        let resource = json!({"apiVersion": "data.example.com/v1", "kind": "Database", "metadata": {"name": "shop", "uid": "res_shop"}});
        Probe::of(&Object::from_value(resource).unwrap(), START)
    }

    /// What a row of outcomes makes of it.
    #[track_caller]
    fn check(outcomes: &str, expected: (Health, &str)) {
        let (mut probe, mut now) = (probe(), START);
        for outcome in outcomes.chars() {
            now = now + Duration::from_mins(1);
            probe.begin(&spec(), now).unwrap();
            let probed = match outcome {
                '+' => Probed::Passed("answered 200 OK".into()),
                '0' => Probed::Idle,
                '-' => Probed::Failed("no answer".into()),
                _ => Probed::Unasked("no address".into()),
            };
            assert!(probe.record(probe.status.sequence, probed, now));
        }
        let (state, message) = probe.judge(&spec());
        assert_eq!((state, message.as_str()), expected, "{outcomes:?}");
    }

    #[test]
    fn so_many_failures_in_a_row_degrade_and_one_success_heals() {
        check("", (Health::Progressing, "It is being asked for the first time"));
        check("-", (Health::Progressing, "1 of 3 failures in a row: no answer"));
        check("+", (Health::Healthy, "answered 200 OK"));
        check("+--", (Health::Healthy, "2 of 3 failures in a row: no answer"));
        check("+--+--", (Health::Healthy, "2 of 3 failures in a row: no answer"));
        check("+---", (Health::Degraded, "no answer"));
        check("---", (Health::Degraded, "no answer"));
        check("+------+", (Health::Healthy, "answered 200 OK"));
        check("+--0", (Health::NotChecked, "There is no address to ask"));
        check("+--0-", (Health::Progressing, "1 of 3 failures in a row: no answer"));
        check("+???", (Health::Unknown, "It cannot be asked: no address"));
    }

    #[test]
    fn a_look_under_way_is_waited_for_and_a_lost_one_is_made_again() {
        let (mut probe, spec) = (probe(), spec());
        assert_eq!(probe.begin(&spec, START), Ok(START + Duration::from_secs(35)));
        let later = START + Duration::from_secs(10);
        assert_eq!(probe.begin(&spec, later), Err(START + Duration::from_secs(35)));
        let lost = START + Duration::from_secs(35);
        assert!(probe.begin(&spec, lost).is_ok());
        assert!(!probe.record(1, Probed::Passed(String::new()), lost), "the outcome of the look that was lost");
        assert!(probe.record(2, Probed::Passed(String::new()), lost));
        assert!(!probe.record(2, Probed::Failed(String::new()), lost), "told twice");
    }

    #[test]
    fn it_is_asked_again_after_its_time_and_at_most_a_tenth_later() {
        let (mut probe, spec) = (probe(), spec());
        probe.begin(&spec, START).unwrap();
        probe.record(1, Probed::Passed(String::new()), START);
        let next = probe.begin(&spec, START).unwrap_err();
        assert!((30_000..=33_000).contains(&next.since(START).as_millis()), "{next}");
        assert!(probe.begin(&spec, next).is_ok());
    }

    #[test]
    fn a_clock_that_was_put_back_holds_nothing_up() {
        let (mut probe, spec) = (probe(), spec());
        let early = Timestamp::from_micros(START.micros() - 3_600_000_000);
        probe.begin(&spec, START).unwrap();
        assert!(probe.begin(&spec, early).is_ok());
        probe.record(2, Probed::Passed(String::new()), START);
        assert!(probe.begin(&spec, early).is_ok());
    }
}
