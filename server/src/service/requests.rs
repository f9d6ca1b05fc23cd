//! Requests from the portal: a draft is kept, planned, and carried out or discarded.

use super::{
    Asker, Errand, Services,
    kinds::Served,
    objects::{Precondition, UnknownFields, WriteOptions, Written},
    patches::Change,
    spec_secrets::Holder,
};
use domain::{
    Error, Object, Result, Typed,
    caller::Verb,
    object::GROUP,
    request::{Operation, Request, RequestKind, RequestPhase, RequestSpec},
};
use serde_json::{Value, json};
use std::sync::Arc;
use store::Op;

impl Services {
    pub async fn request(&self, asker: &Asker, name: &str) -> Result<(Request, Arc<Served>)> {
        // a request's name is its uid with a dash, so that it is found without knowing its namespace
        let object = self
            .store
            .by_uid(&name.replacen('-', "_", 1))
            .await?
            .filter(|object| object.group() == GROUP && object.kind == "Request");
        let request =
            Typed::<RequestKind>::parse(object.ok_or_else(|| Error::not_found("requests.midspan.dev", name))?)?;
        let served = self
            .kinds
            .snapshot()
            .by_promise(&request.spec.promise)
            .ok_or_else(|| Error::not_found("promises.midspan.dev", &request.spec.promise))?;
        self.authorise(asker, Verb::Read, &served, &request.metadata.namespace)?;
        Ok((request, served))
    }

    /// Carries a draft out: the resource is created or changed, and the draft becomes the request that did it.
    pub async fn submit(&self, asker: &Asker, name: &str) -> Result<Written> {
        let (request, served) = self.request(asker, name).await?;
        let RequestSpec { operation, resource, input, .. } = &request.spec;
        match request.status.phase {
            RequestPhase::Draft => {}
            RequestPhase::Withdrawn => {
                return Err(Error::conflict(
                    "this plan was withdrawn: a newer plan for the same resource took its place, or somebody discarded it".to_owned(),
                ));
            }
            _ => return Err(Error::conflict(format!("request {name} has been submitted already"))),
        }
        let stored = self.store.by_name(&served.group, &served.kind, &resource.namespace, &resource.name).await?;
        let wanted = self.wanted(&served, &resource.namespace, &resource.name, input.clone(), stored.as_ref())?;
        let asker = &Asker { errand: Errand::Draft(request.metadata.uid.clone()), ..asker.clone() };
        let options = WriteOptions::default();
        match (operation, &stored) {
            (Operation::Create, _) => {
                self.create(asker, &served, &resource.namespace, wanted.to_value(), options).await
            }
            (Operation::Update, None) => Err(Error::not_found(&served.resource(), &resource.name)),
            (Operation::Update, Some(stored)) if request.spec.based_on != stored.metadata.generation.to_string() => {
                Err(Error::conflict(format!(
                    "{} has changed since this plan was made; open the form again to plan on what it is now",
                    served.invalid_name(&resource.name)
                )))
            }
            (Operation::Update, Some(_)) => {
                self.change(
                    asker,
                    &served,
                    &resource.namespace,
                    &resource.name,
                    &Change::Replace(wanted.to_value()),
                    options,
                )
                .await
            }
            (Operation::Action | Operation::Extend, _) => {
                Err(Error::conflict(format!("request {name} has been submitted already")))
            }
            (Operation::Delete, _) => {
                self.delete(asker, &served, &resource.namespace, &resource.name, &Precondition::default(), options)
                    .await
            }
        }
    }

    /// Throws a draft away.
    pub async fn withdraw(&self, asker: &Asker, name: &str) -> Result<Request> {
        let (mut request, served) = self.request(asker, name).await?;
        self.authorise(asker, Verb::Write, &served, &request.metadata.namespace)?;
        if request.status.phase != RequestPhase::Draft {
            return Err(Error::conflict(format!(
                "request {name} has been submitted already; delete or edit the resource instead"
            )));
        }
        let before = request.to_object();
        request.status.phase = RequestPhase::Withdrawn;
        request.status.finished_at = Some(self.now());
        let after = request.to_object();
        let unseal = Op::UnsealAll { uid: request.metadata.uid.clone() };
        self.store
            .commit(vec![Op::Update(after.clone()), unseal, self.audit(asker, "withdraw", Some(&before), Some(&after))])
            .await?;
        Ok(request)
    }

    /// Runs the workflow again with the same spec.
    pub async fn run_again(&self, asker: &Asker, served: &Arc<Served>, namespace: &str, name: &str) -> Result<Written> {
        let label = json!({"metadata": {"labels": {domain::plan::RECONCILE: "true", domain::plan::SUSPENDED: null}}});
        self.change(asker, served, namespace, name, &Change::Merge(label), WriteOptions::default()).await
    }

    /// The object a form asks for: the stored one with the new spec, or a new one.
    pub fn wanted(
        &self,
        served: &Served,
        namespace: &str,
        name: &str,
        spec: Value,
        stored: Option<&Object>,
    ) -> Result<Object> {
        if let Some(stored) = stored {
            return Ok(Object { spec, ..stored.clone() });
        }
        Object::from_value(json!({
            "apiVersion": served.api_version(), "kind": served.kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec,
        }))
    }
}

impl Services {
    /// What creating or changing a resource with this spec would place. Nothing is written. Marks of a draft are read where the draft keeps its secrets.
    pub async fn plan(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        namespace: &str,
        name: &str,
        spec: Value,
        draft: Option<&Request>,
    ) -> Result<super::preview::Preview> {
        self.authorise(asker, Verb::Read, served, namespace)?;
        let promised =
            served.promised().cloned().ok_or_else(|| Error::bad_request(format!("{} have no plan", served.plural)))?;
        let stored = self.store.by_name(&served.group, &served.kind, namespace, name).await?;
        let mut object = self.wanted(served, namespace, name, spec, stored.as_ref())?;
        self.check_identity(served, namespace, &mut object)?;
        let promised = self.bound(&promised, &object).await?;
        let (stored, sources) = self.sources(&promised, namespace, stored.as_ref(), draft).await?;
        let before = stored.then(|| sources.first()).flatten();
        let (open, _) =
            self.admit_open(asker, served, &promised, &mut object, (before, &sources), UnknownFields::Refuse).await?;
        // files are rendered with what stands for a secret
        let holder = Holder { metadata: &object.metadata, before, standing: None, marks_stay: usize::MAX };
        self.seal_spec(&promised.schema, &mut object.spec, &open, holder).await?;
        self.preview(&promised, object).await
    }
}
