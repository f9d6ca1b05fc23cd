//! Which revision a resource runs: read from its pin, its binding and its promise.

use crate::{
    driver::{Batch, Orchestrator},
    offers, surroundings,
};
use domain::{
    Object, Result,
    binding::{Binding, BindingKind, LATEST, RESOURCE_LABEL},
    document,
    facets::PROMISE_LABEL,
    object::{Kind, Typed},
    plan::{Course, Offer, PAUSED, PIN, PromiseState},
    promise::{Promise, PromiseStatus, ROUND, annotated_interval},
    selector::{Requirement, Selector},
    status::ResourceStatus,
    workflow::GoDuration,
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use store::{Query, Store};

/// What holds for all promises: the `ConfigMap` that Kratix reads, and what it has where that says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub interval: Duration,
    pub after_failure: bool,
    /// How often Kratix's state stores are looked at, if it says so.
    pub look_every: Option<Duration>,
    /// New resources of Kratix promises are held at the version of the day.
    pub pinned: bool,
}

/// A promise as its resources depend on it.
pub(crate) struct Standing {
    current: Option<Arc<Offer>>,
    paused: bool,
    /// Whether it takes requests now.
    state: PromiseState,
    round: u64,
    /// The document's own annotation, which counts for the current revision.
    interval: Option<GoDuration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { interval: Course::INTERVAL, after_failure: true, look_every: None, pinned: false }
    }
}

impl Settings {
    /// The settings as they stand. What cannot be read holds nothing up: it is left at its default.
    pub async fn read(store: &Store) -> Result<Self> {
        let found = store.by_name("", "ConfigMap", "kratix-platform-system", "kratix").await?;
        let text = found.as_ref().and_then(|map| map.rest.get("data")?.get("config")?.as_str());
        let Some(text) = text else { return Ok(Self::default()) };
        let config = document::parse_one(text, "ConfigMap kratix, key config").unwrap_or_default();
        Ok(Self::from(&config))
    }
}

impl From<&Value> for Settings {
    fn from(config: &Value) -> Self {
        let interval = |key: &str| {
            let interval = config[key].as_str().and_then(GoDuration::parse).map(|interval| interval.0);
            interval.filter(|interval| !interval.is_zero())
        };
        Self {
            interval: interval("reconciliationInterval").unwrap_or(Course::INTERVAL),
            look_every: interval("stateStoreReconciliationInterval"),
            after_failure: config.pointer("/workflows/reconcileAfterFailure") != Some(&Value::Bool(false)),
            pinned: config["resourceBindingVersionStrategy"] == "pinned",
        }
    }
}

impl Orchestrator {
    /// What the resource follows, and the revision that comes to. A deletion runs the one that was last applied: its promise may be gone or
    /// changed.
    pub(crate) async fn course(
        &self,
        resource: &Object,
        revision: &str,
        owned: Option<Binding>,
        batch: &Batch,
    ) -> Result<(Course, Option<Arc<Offer>>)> {
        let (store, offers) = (&self.inner.store, &self.inner.offers);
        if Promise::is_promise(resource.group(), &resource.kind) {
            // a promise runs its own current revision, and nothing binds it
            let offer = offers.by_name(store, revision).await?;
            let interval = annotated_interval(resource).or_else(|| offer.as_ref()?.promise.interval);
            let interval = interval_of(interval, Promise::is_kratix(resource), batch.settings);
            let after_failure = batch.settings.after_failure;
            return Ok((Course { interval, after_failure, ..Course::default() }, offer));
        }
        let status = &ResourceStatus::read(&resource.status);
        let promise = resource.facets().promise;
        let standing = self.standing(promise, batch).await?;
        let current = standing.as_ref().and_then(|standing| standing.current.clone());
        let binds = current.as_ref().is_some_and(|offer| offer.promise.kratix) || owned.is_some();
        let binding = match owned {
            None if binds => adopted(store, resource, promise).await?,
            owned => owned,
        };
        let pin = if binds {
            bound_to(binding.as_ref(), status, current.as_deref(), batch.settings)
        } else {
            resource.metadata.annotations.get(PIN).filter(|pin| !matches!(pin.as_str(), "" | LATEST)).cloned()
        };
        let offer = match &pin {
            _ if resource.deleting() && !status.revision.is_empty() => offers.by_name(store, &status.revision).await?,
            Some(version) => offers.pinned(store, promise, version, &status.revision).await?,
            None => current.clone(),
        };
        let is_current = offer.as_ref().map(|offer| &offer.revision) == current.as_ref().map(|offer| &offer.revision);
        let annotated = standing.as_ref().filter(|_| is_current).and_then(|standing| standing.interval);
        let interval = annotated.or_else(|| offer.as_ref()?.promise.interval);
        let course = Course {
            promised: current.is_some(),
            pin,
            binds,
            binding,
            promise_paused: standing.as_ref().is_some_and(|standing| standing.paused),
            round: standing.as_ref().map_or(0, |standing| standing.round),
            interval: interval_of(interval, binds, batch.settings),
            after_failure: batch.settings.after_failure,
        };
        Ok((course, offer))
    }

    /// Whether a promise takes requests now. What is held at another revision asks for what that one requires.
    pub(crate) async fn promise_state(
        &self,
        promise: &str,
        own: Option<&Offer>,
        batch: &Batch,
    ) -> Result<PromiseState> {
        let Some(standing) = self.standing(promise, batch).await? else { return Ok(PromiseState::Available) };
        let current = standing.current.as_ref().map(|offer| &offer.revision);
        let held = own.filter(|own| current.is_some_and(|current| *current != own.revision));
        match (&standing.state, held) {
            (PromiseState::Leaving { .. }, _) | (_, None) => Ok(standing.state.clone()),
            (_, Some(own)) => {
                let why = self.unmet(own, batch).await?;
                Ok(why.map_or(PromiseState::Available, |why| PromiseState::Unavailable { why }))
            }
        }
    }

    /// Read once for all passes of a batch.
    async fn standing(&self, promise: &str, batch: &Batch) -> Result<Option<Arc<Standing>>> {
        let mut known = batch.promises.lock().await;
        if let Some(standing) = known.get(promise) {
            return Ok(standing.clone());
        }
        let standing = match offers::document(&self.inner.store, promise).await? {
            None => None,
            Some(object) => Some(Arc::new(Standing {
                current: self.inner.offers.current_of(&self.inner.store, &object).await?,
                paused: object.metadata.labels.get(PAUSED).is_some_and(|value| value == "true"),
                state: surroundings::state(&object),
                round: object.status.get(ROUND).and_then(Value::as_u64).unwrap_or(0),
                interval: annotated_interval(&object),
            })),
        };
        known.insert(promise.to_owned(), standing.clone());
        Ok(standing)
    }
}

/// The newest run of an object, and the revision it was last made by.
pub(crate) fn newest(object: &Object) -> (String, String) {
    if Promise::is_promise(object.group(), &object.kind) {
        let status = PromiseStatus::read(&object.status);
        (status.run, status.revision)
    } else {
        let status = ResourceStatus::read(&object.status);
        (status.run, status.revision)
    }
}

/// Kratix runs everything again now and then. Ours is run again when there is a reason, or when its promise asks for it.
fn interval_of(own: Option<GoDuration>, kratix: bool, settings: Settings) -> Option<Duration> {
    own.map(|interval| interval.0).or_else(|| kratix.then_some(settings.interval))
}

/// A binding that somebody made for this resource, found by its labels whatever it is called.
async fn adopted(store: &Store, resource: &Object, promise: &str) -> Result<Option<Binding>> {
    let metadata = &resource.metadata;
    let labelled = |key: &str, value: &str| Requirement::In(key.to_owned(), vec![value.to_owned()]);
    let requirements = vec![labelled(PROMISE_LABEL, promise), labelled(RESOURCE_LABEL, &metadata.name)];
    let query = Query {
        namespaces: vec![metadata.namespace.clone()],
        labels: Selector { requirements },
        deleting: Some(false),
        limit: 1,
        ..Query::of_kind(domain::promise::KRATIX_GROUP, BindingKind::KIND)
    };
    store.find(&query).await?.pop().map(Typed::<BindingKind>::parse).transpose()
}

/// What the binding holds the resource at. One that is gone comes back as it was; the first one follows the rule of the house.
fn bound_to(
    binding: Option<&Binding>,
    status: &ResourceStatus,
    current: Option<&Offer>,
    settings: Settings,
) -> Option<String> {
    if let Some(binding) = binding {
        return binding.spec.pin().map(ToOwned::to_owned);
    }
    match status.resource_binding_version.as_str() {
        LATEST => None,
        "" => current.filter(|_| settings.pinned).map(|offer| offer.promise.version.clone()),
        version => Some(version.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_config_map_is_kratixs() {
        let config = json!({
            "resourceBindingVersionStrategy": "pinned", "reconciliationInterval": "1h",
            "stateStoreReconciliationInterval": "2m",
            "workflows": {"reconcileAfterFailure": false, "jobOptions": {"defaultBackoffLimit": 4}},
        });
        let look_every = Some(Duration::from_mins(2));
        let expected = Settings { interval: Duration::from_hours(1), after_failure: false, look_every, pinned: true };
        assert_eq!(Settings::from(&config), expected);
        assert_eq!(Settings::from(&Value::Null), Settings::default());
    }

    #[test]
    fn a_binding_that_is_gone_comes_back_as_it_was() {
        let offer = Offer { promise: Promise { version: "v2".into(), ..Default::default() }, ..Offer::default() };
        let pinned = Settings { pinned: true, ..Settings::default() };
        let status =
            |version: &str| ResourceStatus { resource_binding_version: version.into(), ..ResourceStatus::default() };
        assert_eq!(bound_to(None, &status("v1"), Some(&offer), pinned).as_deref(), Some("v1"));
        assert_eq!(bound_to(None, &status("latest"), Some(&offer), pinned), None);
        assert_eq!(bound_to(None, &status(""), Some(&offer), pinned).as_deref(), Some("v2"));
        assert_eq!(bound_to(None, &status(""), Some(&offer), Settings::default()), None);
    }
}
