//! `ResourceBinding`s written by people: labelled so that they are found, one for each resource, and fit for the version they ask for.

use super::{
    Asker, Services,
    kinds::Served,
    objects::{Draft, checked},
};
use domain::{
    Error, ErrorKind, Object, Result,
    binding::{self, BindingSpec},
};
use orchestrator::made_from;
use store::{Op, Query};

impl Services {
    pub(crate) async fn admit_binding(
        &self,
        asker: &Asker,
        served: &Served,
        mut object: Object,
        stored: Option<&Object>,
    ) -> Result<Draft> {
        let name = object.metadata.name.clone();
        let refuse =
            |why: String| Error::new(ErrorKind::Invalid, format!("{} is invalid: {why}", served.invalid_name(&name)));
        let spec: BindingSpec = checked(&object.spec, served, &name)?;
        let (promise, resource) = (&spec.promise_ref.name, &spec.resource_ref);
        for (field, value) in [
            ("spec.version", &spec.version),
            ("spec.promiseRef.name", promise),
            ("spec.resourceRef.name", &resource.name),
        ] {
            if value.is_empty() {
                return Err(refuse(format!("{field}: Required value")));
            }
        }
        if resource.namespace != object.metadata.namespace {
            return Err(refuse(
                "spec.resourceRef.namespace: a binding stands in the namespace of its resource".to_owned(),
            ));
        }
        if let Some(before) = stored.map(|stored| checked::<BindingSpec>(&stored.spec, served, &name)).transpose()?
            && (before.promise_ref != spec.promise_ref || before.resource_ref.name != resource.name)
        {
            return Err(refuse("spec: promiseRef and resourceRef cannot change; make another binding".to_owned()));
        }
        binding::label(&mut object.metadata, &spec);
        if let Some(other) = self.binding(promise, &resource.namespace, &resource.name).await?
            && other.metadata.uid != object.metadata.uid
        {
            return Err(refuse(format!(
                "spec.resourceRef: {} is bound by {} already; change that",
                resource.name, other.metadata.name
            )));
        }
        let bound = self.bound_resource(promise, &resource.namespace, &resource.name).await?;
        let served_promise = self.kinds.snapshot().by_promise(promise);
        let mut warnings = Vec::new();
        if let Some(kind) = served_promise.as_ref().and_then(|served| served.promised()) {
            if !kind.offer.promise.kratix {
                return Err(refuse(format!(
                    "spec.promiseRef: what is made from {promise} is held at a version by its annotation {}",
                    domain::plan::PIN
                )));
            }
            if let Some(version) = spec.pin().filter(|_| stored.is_none_or(|stored| stored.spec != object.spec)) {
                let probe = bound.clone().unwrap_or_default();
                match (self.version(promise, version, &probe).await?, &bound) {
                    (None, _) => {
                        warnings.push(format!("{promise} has no version {version} yet; the resource waits for it"));
                    }
                    (Some(target), Some(bound)) => fits(&target.schema, bound, version).map_err(refuse)?,
                    (Some(_), None) => {}
                }
            }
        }
        if stored.is_some_and(|stored| stored.spec != object.spec) {
            object.metadata.generation += 1;
        }
        let before = stored.and_then(|stored| serde_json::from_value::<BindingSpec>(stored.spec.clone()).ok());
        let moved = before.is_some_and(|before| before.pin() != spec.pin());
        let told = bound.as_ref().filter(|_| moved).map(|bound| self.held(asker, bound, spec.pin()));
        Ok(Draft { object, ops: told.into_iter().chain(self.wake_bound(bound)).collect(), warnings })
    }

    /// What a change of a binding, or its end, makes somebody look at.
    pub(crate) async fn binding_gone(&self, object: &Object) -> Result<Option<Op>> {
        let Ok(spec) = serde_json::from_value::<BindingSpec>(object.spec.clone()) else { return Ok(None) };
        let (promise, resource) = (&spec.promise_ref.name, &spec.resource_ref);
        Ok(self.wake_bound(self.bound_resource(promise, &resource.namespace, &resource.name).await?))
    }

    pub(super) async fn bound_resource(&self, promise: &str, namespace: &str, name: &str) -> Result<Option<Object>> {
        let query = Query {
            namespaces: vec![namespace.to_owned()],
            name: Some(name.to_owned()),
            limit: 1,
            ..made_from(promise)
        };
        Ok(self.store.list(&query).await?.objects.pop())
    }

    pub(super) fn wake_bound(&self, bound: Option<Object>) -> Option<Op> {
        let metadata = bound?.metadata;
        Some(Op::Wake { key: metadata.uid, lane: metadata.namespace, due: self.now() })
    }
}

/// Whether the resource as it is asked for now is valid in the version it is to be held at.
fn fits(schema: &forms::schema::Schema, resource: &Object, version: &str) -> std::result::Result<(), String> {
    let causes = forms::admission::admit(schema, &resource.spec, None, "spec").verdict.api_causes();
    match causes.first() {
        None => Ok(()),
        Some(cause) => Err(format!(
            "spec.version: {} is not valid in {version}: {}: {}; change it first",
            resource.metadata.name, cause.field, cause.message
        )),
    }
}
