//! What a resource's health was rolled up from, as its page shows it.

use super::ServerPortal;
use app::{pages::resource_health::HealthCheck, view::Health};
use domain::{
    Object, Result, Timestamp,
    health::{self, CheckSource, Probe, ProbeKind},
    object::Typed,
    status::ResourceStatus,
};

impl ServerPortal {
    pub(super) async fn checks(&self, object: &Object, status: &ResourceStatus) -> Result<Vec<HealthCheck>> {
        let checks = &status.health.checks;
        let probed = if checks.iter().any(|check| check.source == CheckSource::Probe) {
            self.doors.services.store.by_uid(&Probe::uid_of(&object.metadata.uid)).await?
        } else {
            None
        };
        let asked = probed.and_then(|row| Typed::<ProbeKind>::parse(row).ok()).and_then(|probe| probe.status.last_run);
        Ok(checks.iter().map(|check| told(check, status, asked)).collect())
    }
}

fn told(check: &health::HealthCheck, status: &ResourceStatus, asked: Option<Timestamp>) -> HealthCheck {
    let name = match check.source {
        CheckSource::Rules | CheckSource::Probe => check.source.as_str().to_owned(),
        CheckSource::Record => format!("{} {}", check.source.as_str(), check.name),
        CheckSource::Child => check.name.clone(),
    };
    let looked = match check.source {
        CheckSource::Probe => asked,
        CheckSource::Record => recorded(status, &check.name),
        _ => None,
    };
    HealthCheck { name, health: state(check.state), says: check.message.clone(), since: check.since, looked }
}

/// When a record says that it was found out.
fn recorded(status: &ResourceStatus, name: &str) -> Option<Timestamp> {
    let records = status.rest.get("healthStatus")?.get("healthRecords")?.as_array()?;
    let of = |record: &&serde_json::Value| {
        let source = &record["source"];
        let (namespace, record) = (source["namespace"].as_str(), source["name"].as_str());
        name.split_once('/') == namespace.zip(record)
    };
    let seconds = records.iter().find(of)?["lastRun"].as_i64().filter(|seconds| *seconds > 0)?;
    Some(Timestamp::from_micros(seconds.saturating_mul(1_000_000)))
}

/// The state as pages show it.
pub(super) fn state(state: health::Health) -> Health {
    match state {
        health::Health::NotChecked => Health::NotChecked,
        health::Health::Healthy => Health::Healthy,
        health::Health::Progressing => Health::Progressing,
        health::Health::Unknown => Health::Unknown,
        health::Health::Degraded => Health::Degraded,
    }
}
