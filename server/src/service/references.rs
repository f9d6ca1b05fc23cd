//! References between resources, judged when they are made: what they are about exists as a promise, and nobody waits for itself.

use super::{Asker, Services};
use domain::{
    Error, ErrorKind, Object, Result,
    caller::Verb,
    facets::PROMISE_LABEL,
    output,
    reference::{self, Reference},
    selector::{Requirement, Selector},
};
use std::collections::BTreeSet;
use store::Query;

/// Resources that are followed from one to the next.
const FARTHEST: usize = 100;

impl Services {
    /// Checks the references of a resource and marks it so that it is found by those it uses. Says what it will wait for.
    pub(crate) async fn tie(&self, asker: &Asker, resource: &mut Object) -> Result<Option<String>> {
        let references = reference::of(resource);
        reference::mark_uses(resource);
        for reference in &references {
            let refused = |why: String| {
                let field = format!("spec{}", reference.at.replace('/', "."));
                Error::new(ErrorKind::Invalid, format!("{field}: {why}"))
            };
            let Some(served) = self.kinds.snapshot().by_promise(&reference.promise) else {
                return Err(refused(format!("there is no promise {:?}", reference.promise)));
            };
            // what a secret is used for is as good as reading it
            self.authorise(asker, Verb::Write, &served, &reference.namespace)?;
            let schema =
                served.promised().map(|promised| promised.offer.promise.spec.outputs.clone()).unwrap_or_default();
            if schema.get("properties").is_some() && output::described(&schema, &reference.output).is_none() {
                let (promise, output) = (&reference.promise, &reference.output);
                return Err(refused(format!("the promise {promise:?} declares no output {output:?}")));
            }
        }
        if let Some(chain) = self.circle(resource, &references).await? {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("{} would wait for itself: {}", resource.metadata.name, chain.join(" uses ")),
            ));
        }
        if references.is_empty() {
            return Ok(None);
        }
        let missing = orchestrator::inputs::read(&self.store, &self.offers, resource).await?.missing;
        Ok(missing.map(|what| format!("it waits until this is there: {what}")))
    }

    /// The way from a resource back to itself along its references.
    async fn circle(&self, resource: &Object, references: &[Reference]) -> Result<Option<Vec<String>>> {
        let own = resource.metadata.labels.get(PROMISE_LABEL).cloned().unwrap_or_default();
        let is_own = |reference: &Reference| {
            reference.promise == own
                && reference.namespace == resource.metadata.namespace
                && reference.name == resource.metadata.name
        };
        let start = format!("{own} {}", resource.metadata.name);
        let mut open: Vec<(Reference, Vec<String>)> =
            references.iter().map(|reference| (reference.clone(), vec![start.clone()])).collect();
        let mut seen = BTreeSet::new();
        while let Some((reference, mut way)) = open.pop() {
            way.push(format!("{} {}", reference.promise, reference.name));
            if is_own(&reference) {
                return Ok(Some(way));
            }
            if seen.len() >= FARTHEST || !seen.insert(reference.label()) {
                continue;
            }
            let Some(served) = self.kinds.snapshot().by_promise(&reference.promise) else { continue };
            let found = self.store.by_name(&served.group, &served.kind, &reference.namespace, &reference.name).await?;
            open.extend(found.iter().flat_map(reference::of).map(|next| (next, way.clone())));
        }
        Ok(None)
    }

    /// Those who use an output of a resource and are to stay.
    pub(crate) async fn users_of(&self, promise: &str, resource: &Object) -> Result<(Query, Vec<Object>)> {
        let label = reference::label(promise, &resource.metadata.namespace, &resource.metadata.name);
        let labels = Selector { requirements: vec![Requirement::Exists(label)] };
        let query = Query { labels, resources: true, deleting: Some(false), ..Query::default() };
        let users = self.store.list(&query).await?.objects;
        Ok((query, users))
    }
}
