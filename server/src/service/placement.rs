//! Why a resource is where it is, that it is placed anew, and that a destination takes nothing new.

use super::{
    Asker, Services,
    kinds::Served,
    objects::{WriteOptions, Written},
    patches::Change,
};
use domain::{
    Error, ErrorKind, Object, Result,
    caller::Verb,
    destination::{CORDONED, GROUPS},
    object::{GROUP, Typed},
    placement::{Placement, PlacementKind},
    plan::{self, Choice, Observed, Offer, RESCHEDULE},
    work::{Work, WorkKind},
};
use serde_json::json;
use std::sync::Arc;

impl Services {
    /// How every destination stands to what a resource places.
    pub async fn placement(&self, asker: &Asker, served: &Served, namespace: &str, name: &str) -> Result<Vec<Choice>> {
        self.authorise(asker, Verb::Read, served, namespace)?;
        let resource = self.stored(served, namespace, name).await?;
        self.weighed(served, resource).await
    }

    /// The same, for whoever may see the resource already.
    pub(crate) async fn weighed(&self, served: &Served, resource: Object) -> Result<Vec<Choice>> {
        let Some(current) = served.promised() else { return Ok(Vec::new()) };
        let offer = self.bound(current, &resource).await?.offer.clone();
        let (mut works, mut placements) = (Vec::new(), Vec::new());
        for object in self.store.owned(&resource.metadata.uid).await? {
            match (object.group(), object.kind.as_str()) {
                (GROUP, "Work") => works.push(Typed::<WorkKind>::parse(object)?),
                (GROUP, "Placement") => placements.push(Typed::<PlacementKind>::parse(object)?),
                _ => {}
            }
        }
        Ok(plan::explain(&self.sight(resource, works, placements, offer).await?))
    }

    /// What the rule that schedules looks at, and nothing else.
    pub(super) async fn sight(
        &self,
        resource: Object,
        works: Vec<Work>,
        placements: Vec<Placement>,
        offer: Arc<Offer>,
    ) -> Result<Observed> {
        let destinations = orchestrator::destinations(&self.store).await?;
        Ok(Observed {
            resource,
            works,
            placements,
            offer: Some(offer),
            destinations: Arc::new(destinations),
            ..Observed::default()
        })
    }

    /// Has the destinations of a resource chosen anew. What was chosen before stays until the new place is written.
    pub async fn reschedule(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        (namespace, name): (&str, &str),
        options: WriteOptions,
    ) -> Result<Written> {
        let by = if asker.caller.name.is_empty() { "true" } else { &asker.caller.name };
        let wish = json!({"metadata": {"annotations": {RESCHEDULE: by}}});
        self.change(asker, served, namespace, name, &Change::Merge(wish), options).await
    }

    /// Says that a destination takes nothing new, or takes it again.
    pub async fn cordon(&self, asker: &Asker, name: &str, cordoned: bool) -> Result<Written> {
        for group in GROUPS {
            let served = self.served(group, "v1alpha1", "destinations")?;
            let wish = if group == GROUP {
                json!({"spec": {"cordoned": cordoned.then_some(true)}})
            } else {
                json!({"metadata": {"annotations": {CORDONED: cordoned.then_some("true")}}})
            };
            let changed = self.change(asker, &served, "", name, &Change::Merge(wish), WriteOptions::default()).await;
            match changed {
                Err(error) if error.kind == ErrorKind::NotFound => {}
                changed => return changed,
            }
        }
        Err(Error::new(ErrorKind::NotFound, format!("destinations {name:?} not found")))
    }
}
