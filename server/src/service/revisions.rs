//! The revisions of a promise: what may become one, and how Kratix's clients see them.

use super::{Services, kinds::Served};
use domain::{
    Cause, Error, Object, Result,
    binding::BindingKind,
    facets::PROMISE_LABEL,
    object::{GROUP, Kind, Typed},
    promise::{
        KRATIX_GROUP, PROMISE_OF_REVISION, Promise, Revision, RevisionKind, UNVERSIONED, VERSION_LABELS,
        VERSION_OF_REVISION,
    },
    selector::{Requirement, Selector},
};
use serde_json::json;
use store::{Page, Query, Sort};

/// The annotation that lets a version be published again with other content. It speaks of one write and is not kept.
pub const NEW_REVISION: &str = "midspan.dev/new-revision";
const LATEST_REVISION: &str = "kratix.io/latest-revision";

impl Services {
    /// All revisions of a promise: the current one, then the one that was so before, and so on.
    pub(crate) async fn revisions(&self, promise: &str) -> Result<Vec<Revision>> {
        let labels = vec![Requirement::In(PROMISE_OF_REVISION.to_owned(), vec![promise.to_owned()])];
        let query = Query {
            labels: Selector { requirements: labels },
            sort: Sort::Version,
            descending: true,
            ..Query::of_kind(GROUP, "Revision")
        };
        let found = self.store.list(&query).await?.objects.into_iter().map(Typed::<RevisionKind>::parse);
        let mut found: Vec<Revision> = found.collect::<Result<_>>()?;
        found.sort_by_key(|revision| !revision.status.current);
        Ok(found)
    }

    /// A version says one thing: other content under it is refused unless it is told to be a new revision.
    pub(crate) async fn check_version(
        &self,
        promise: &Promise,
        served: &Served,
        object: &Object,
        revision: &str,
    ) -> Result<()> {
        if promise.version == UNVERSIONED {
            return Ok(());
        }
        let revisions = self.revisions(&promise.name).await?;
        if revisions.iter().any(|known| known.metadata.name == revision) {
            return Ok(());
        }
        let Some(other) = revisions.iter().find(|known| known.spec.version == promise.version) else { return Ok(()) };
        let label =
            VERSION_LABELS.into_iter().find(|label| object.metadata.labels.contains_key(*label)).unwrap_or_default();
        let message = format!(
            "version {} is published already with other content, as revision {}; give it another version, or say that it is a new revision of this one: --new-revision, ?newRevision=true or the annotation {NEW_REVISION}: \"true\"",
            promise.version, other.metadata.name
        );
        let field = format!("metadata.labels[{label}]");
        let cause = Cause {
            reason: "FieldValueDuplicate".to_owned(),
            message: message.clone(),
            pointer: format!("/metadata/labels/{}", label.replace('/', "~1")),
            field: field.clone(),
            human: String::new(),
        };
        Err(Error::invalid(
            format!("{} is invalid: {field}: {message}", served.invalid_name(&promise.name)),
            vec![cause],
        ))
    }

    /// `PromiseRevision`s by name.
    pub(crate) async fn view(&self, served: &Served, name: &str) -> Result<Object> {
        let found = self.store.by_name(GROUP, "Revision", "", name).await?;
        let found = found.map(Typed::<RevisionKind>::parse).transpose()?.filter(is_kratixs);
        found.map(|revision| seen(&revision)).ok_or_else(|| Error::not_found(&served.resource(), name))
    }

    /// A page of `PromiseRevision`s.
    pub(crate) async fn views(&self, query: &Query) -> Result<Page> {
        let mut query = Query { group: Some(GROUP.to_owned()), kind: Some("Revision".to_owned()), ..query.clone() };
        for requirement in &mut query.labels.requirements {
            let (Requirement::In(key, _)
            | Requirement::NotIn(key, _)
            | Requirement::Exists(key)
            | Requirement::Missing(key)) = requirement;
            match key.as_str() {
                PROMISE_LABEL => PROMISE_OF_REVISION.clone_into(key),
                "kratix.io/promise-version" => VERSION_OF_REVISION.clone_into(key),
                _ => {}
            }
        }
        let mut page = self.store.list(&query).await?;
        let revisions: Vec<Revision> =
            std::mem::take(&mut page.objects).into_iter().map(Typed::<RevisionKind>::parse).collect::<Result<_>>()?;
        page.objects = revisions.iter().filter(|revision| is_kratixs(revision)).map(seen).collect();
        Ok(page)
    }
}

fn is_kratixs(revision: &Revision) -> bool {
    revision.spec.content.group() == KRATIX_GROUP
}

/// A revision as Kratix's clients know it.
fn seen(revision: &Revision) -> Object {
    let mut metadata = revision.metadata.clone();
    metadata.labels = [
        (PROMISE_LABEL.to_owned(), revision.spec.promise.clone()),
        ("kratix.io/promise-version".to_owned(), revision.spec.version.clone()),
    ]
    .into();
    if revision.status.current {
        metadata.labels.insert(LATEST_REVISION.to_owned(), "true".to_owned());
    }
    Object {
        api_version: BindingKind::API_VERSION.to_owned(),
        kind: "PromiseRevision".to_owned(),
        metadata,
        spec: json!({
            "promiseRef": {"name": revision.spec.promise}, "promiseSpec": revision.spec.content.spec, "version": revision.spec.version,
        }),
        status: json!({"latest": revision.status.current}),
        rest: serde_json::Map::new(),
    }
}

/// The label by which the latest of a promise's revisions is found.
pub(crate) fn mark(revision: &mut Revision, current: bool) {
    revision.status.current = current;
    let labels = &mut revision.metadata.labels;
    if current {
        labels.insert(LATEST_REVISION.to_owned(), "true".to_owned());
    } else {
        labels.remove(LATEST_REVISION);
    }
}
