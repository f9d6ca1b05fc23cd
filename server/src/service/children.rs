//! Children through the front door: what a step asks for is admitted, recorded and woken like everybody's request, on the rights of a developer.

use super::{
    Asker, Errand, Services,
    kinds::Served,
    objects::{Precondition, UnknownFields, WriteOptions},
    patches::Change,
};
use domain::{
    Caller, Error, ErrorKind, Object, Result,
    caller::{DEVELOPERS, Verb},
    facets::{PROMISE_LABEL, REQUESTED_BY},
    plan::CHILD,
};
use futures::{FutureExt as _, future::BoxFuture};
use orchestrator::{Gate, steps::access::Rights};
use serde_json::{Value, json};
use std::sync::Arc;

/// So many generations one resource may have below it.
const DEEPEST: usize = 8;

impl Gate for Services {
    fn put<'a>(&'a self, parent: &'a Object, child: Object) -> BoxFuture<'a, Result<Object>> {
        self.put_child(parent, child).boxed()
    }

    fn let_in(&self, rights: Rights) -> BoxFuture<'_, Result<String>> {
        self.issue_rights(rights).boxed()
    }

    fn let_out<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<()>> {
        async move { self.store.revoke_token(id).await.map(drop) }.boxed()
    }

    fn delete<'a>(&'a self, parent: &'a Object, child: &'a Object) -> BoxFuture<'a, Result<()>> {
        async move {
            let served = self.promised_kind(child)?;
            let precondition =
                Precondition { uid: Some(child.metadata.uid.clone()), force: true, ..Precondition::default() };
            let (namespace, name) = (&child.metadata.namespace, &child.metadata.name);
            let options = WriteOptions::default();
            match Services::delete(self, &asker(parent), &served, namespace, name, &precondition, options).await {
                Err(error) if error.kind != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        }
        .boxed()
    }

    fn expire<'a>(&'a self, resource: &'a Object) -> BoxFuture<'a, Result<()>> {
        self.delete_expired(resource).boxed()
    }
}

impl Services {
    async fn put_child(&self, parent: &Object, child: Object) -> Result<Object> {
        let served = self.promised_kind(&child)?;
        let (namespace, name) = (child.metadata.namespace.clone(), child.metadata.name.clone());
        let options = WriteOptions { unknown_fields: UnknownFields::Refuse, ..WriteOptions::default() };
        let asker = asker(parent);
        let Some(stored) = self.store.by_name(&served.group, &served.kind, &namespace, &name).await? else {
            self.may_have(parent, &served).await?;
            let written = self.create(&asker, &served, &namespace, child.to_value(), options).await?;
            return Ok(written.object);
        };
        if stored.owner().is_none_or(|owner| owner.uid != parent.metadata.uid) {
            let what = served.invalid_name(&name);
            return Err(Error::bad_request(format!(
                "{what} is there already, and is no child of {}",
                parent.metadata.name
            )));
        }
        if stored.deleting() {
            return Err(Error::conflict(format!("{} {name} is being removed", served.kind)));
        }
        let mut wanted = stored.clone();
        wanted.spec = child.spec;
        wanted.metadata.labels.extend(child.metadata.labels);
        wanted.metadata.annotations.extend(child.metadata.annotations);
        let change = Change::Replace(wanted.to_value());
        Ok(self.change(&asker, &served, &namespace, &name, &change, options).await?.object)
    }

    fn promised_kind(&self, child: &Object) -> Result<Arc<Served>> {
        let found = self.kinds.snapshot().by_kind(&child.api_version, &child.kind);
        found
            .filter(|served| served.promised().is_some())
            .ok_or_else(|| Error::bad_request(format!("no promise offers {} {:?}", child.api_version, child.kind)))
    }

    /// Refused when a promise would make itself, whatever comes in between, or when generations have no end.
    async fn may_have(&self, parent: &Object, child: &Served) -> Result<()> {
        let promise = |object: &Object| object.metadata.labels.get(PROMISE_LABEL).cloned().unwrap_or_default();
        let offered = child.promised().map(|promised| promised.offer.promise.name.clone()).unwrap_or_default();
        let mut line = vec![promise(parent)];
        let mut next = parent.owner().map(|owner| owner.uid.clone());
        while let Some(uid) = next.take() {
            let Some(ancestor) = self.store.by_uid(&uid).await? else { break };
            line.push(promise(&ancestor));
            if line.len() > DEEPEST {
                return Err(Error::bad_request(format!("more than {DEEPEST} generations of children")));
            }
            next = ancestor.owner().map(|owner| owner.uid.clone());
        }
        if line.contains(&offered) {
            line.reverse();
            line.push(offered);
            return Err(Error::bad_request(format!("a promise cannot make itself: {}", line.join(" makes "))));
        }
        Ok(())
    }

    /// A resource with its children, and theirs.
    pub(crate) async fn tree(&self, asker: &Asker, served: &Served, namespace: &str, name: &str) -> Result<Value> {
        self.authorise(asker, Verb::Read, served, namespace)?;
        let root = self.stored(served, namespace, name).await?;
        self.branch(root, DEEPEST).await
    }

    fn branch(&self, object: Object, depth: usize) -> BoxFuture<'_, Result<Value>> {
        async move {
            let mut children = Vec::new();
            if depth > 0 {
                for child in self.store.owned(&object.metadata.uid).await? {
                    if child.metadata.labels.contains_key(CHILD) && !child.facets().promise.is_empty() {
                        children.push(self.branch(child, depth - 1).await?);
                    }
                }
            }
            let status = |key: &str| object.status.get(key).cloned().unwrap_or_default();
            Ok(json!({
                "apiVersion": object.api_version, "kind": object.kind, "name": object.metadata.name,
                "namespace": object.metadata.namespace, "promise": object.facets().promise,
                "as": object.metadata.labels.get(CHILD), "phase": status("phase"), "message": status("message"),
                "children": children,
            }))
        }
        .boxed()
    }
}

/// Who asked for the parent asks for its children.
fn asker(parent: &Object) -> Asker {
    let name = parent.metadata.labels.get(REQUESTED_BY).cloned().unwrap_or_else(|| "system:midspan".to_owned());
    let caller = Caller { name, groups: vec![DEVELOPERS.to_owned()], ..Caller::default() };
    let source = format!("{}/{}", parent.kind, parent.metadata.name);
    Asker { caller, source, errand: Errand::Child, ..Asker::default() }
}
