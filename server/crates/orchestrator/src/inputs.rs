//! The outputs of other resources that a resource takes as inputs: read as they stand, given to steps in place of their references.

use crate::{Offers, driver::Orchestrator, outputs, spec_secrets};
use domain::{
    Object, Result,
    output::mark,
    plan::Offer,
    reference::{self, Inputs, Reference},
};
use serde_json::Value;
use store::Store;

/// What the references of a resource come to now.
pub async fn read(store: &Store, offers: &Offers, resource: &Object) -> Result<Inputs> {
    let mut inputs = Inputs::default();
    for reference in reference::of(resource) {
        match target(store, offers, &reference).await? {
            Ok(target) => {
                if let Some(value) = given(&target, &reference.output) {
                    inputs.values.insert(reference.at, value);
                } else {
                    let words = format!("{} has not given its output {} yet", reference.target(), reference.output);
                    inputs.missing.get_or_insert(words);
                }
            }
            Err(why) => _ = inputs.missing.get_or_insert(why),
        }
    }
    spec_secrets::add_named(store, offers, resource, &mut inputs).await?;
    Ok(inputs)
}

impl Orchestrator {
    /// Puts the values into the object a step is given. Secrets are opened for steps that act outside; in files that are rendered their marks stand.
    pub(crate) async fn fill_in(
        &self,
        object: &mut Object,
        inputs: &Inputs,
        open: bool,
        secrets: &mut Vec<String>,
    ) -> Result<()> {
        if inputs.values.is_empty() {
            return Ok(());
        }
        let mut inputs = inputs.clone();
        for reference in reference::of(object).iter().filter(|_| open) {
            let Some(value) = inputs.values.get_mut(&reference.at).filter(|value| mark(value).is_some()) else {
                continue;
            };
            let Ok(target) = target(&self.inner.store, &self.inner.offers, reference).await? else { continue };
            if let Some(plain) = outputs::revealed(&self.inner.store, &target).await?.remove(&reference.output) {
                outputs::collect(&plain, secrets);
                *value = plain;
            }
        }
        inputs.fill(&mut object.spec);
        Ok(())
    }
}

/// The resource a reference is about, or why there is none.
async fn target(store: &Store, offers: &Offers, reference: &Reference) -> Result<Result<Object, String>> {
    let offer = offers.current(store, &reference.promise).await?;
    let Some(api) = offer.as_deref().and_then(|offer: &Offer| offer.promise.spec.api.as_ref()) else {
        return Ok(Err(format!("the promise {} is not there", reference.promise)));
    };
    let found = store.by_name(&api.group, &api.kind, &reference.namespace, &reference.name).await?;
    Ok(found.ok_or_else(|| format!("{} is not there", reference.target())))
}

fn given(target: &Object, output: &str) -> Option<Value> {
    target.status.get("outputs")?.get(output).filter(|value| domain::output::is_given(value)).cloned()
}
