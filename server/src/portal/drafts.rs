//! Plans that were not submitted: the caller's own, which of them still hold, and the older ones a newer one replaces.

use super::ServerPortal;
use crate::service::form_drafts::is_partly;
use app::{
    pages::home::Need,
    paths::{self, ResourceKey},
    view::Tone,
};
use domain::{
    Object, Result, Typed,
    object::GROUP,
    request::{Operation, Request, RequestKind},
    selector::Requirement,
};
use std::collections::BTreeSet;
use store::{Query, Sort};

impl ServerPortal {
    /// The caller's drafts that can still be carried out: the newest of each resource.
    pub(super) async fn live_drafts(&self) -> Result<Vec<Request>> {
        const NEWEST: i64 = 20;
        let services = &self.doors.services;
        let query = Query {
            phases: vec!["Draft".to_owned()],
            labels: self.asked_by_caller(),
            sort: Sort::Version,
            descending: true,
            limit: NEWEST,
            ..Query::of_kind(GROUP, "Request")
        };
        let found = services.store.list(&query).await?.objects;
        let drafts = newest_of_each(found.into_iter().filter_map(|object| Typed::<RequestKind>::parse(object).ok()));
        let uids: Vec<&str> =
            drafts.iter().map(|draft| draft.spec.resource.uid.as_str()).filter(|uid| !uid.is_empty()).collect();
        let known = services.store.by_uids(uids).await?;
        let mut live = Vec::new();
        for draft in drafts {
            let resource = &draft.spec.resource;
            let stored = if draft.spec.operation == Operation::Create {
                let group = resource.api_version.split_once('/').map_or("", |(group, _)| group);
                match resource.name.as_str() {
                    "" => None,
                    name => services.store.by_name(group, &resource.kind, &resource.namespace, name).await?,
                }
            } else {
                known.iter().find(|object| object.metadata.uid == resource.uid).cloned()
            };
            if outdated(&draft, stored.as_ref()).is_empty() {
                live.push(draft);
            }
        }
        Ok(live)
    }

    /// Of one resource the caller keeps one draft: the others are withdrawn, and so is the one the form went on from.
    pub async fn replace_drafts(&self, newer: &Request, continued: &str) -> Result<()> {
        const MOST: i64 = 50;
        let resource = &newer.spec.resource;
        let mut labels = self.asked_by_caller();
        labels.requirements.push(Requirement::In("midspan.dev/resource".to_owned(), vec![resource.name.clone()]));
        let query = Query {
            phases: vec!["Draft".to_owned()],
            labels,
            namespaces: vec![resource.namespace.clone()],
            sort: Sort::Version,
            descending: true,
            limit: MOST,
            ..Query::of_kind(GROUP, "Request")
        };
        let found = self.doors.services.store.list(&query).await?.objects;
        // forms without a name are not about the same
        let same = |draft: &Request| {
            !resource.name.is_empty()
                && draft.spec.promise == newer.spec.promise
                && draft.spec.asked_by == newer.spec.asked_by
        };
        let drafts = found.into_iter().filter_map(|object| Typed::<RequestKind>::parse(object).ok());
        let older = drafts.filter(same).map(|draft| draft.metadata.name);
        let mut older: BTreeSet<String> = older.chain([continued.to_owned()]).collect();
        older.remove("");
        older.remove(&newer.metadata.name);
        for name in older {
            // submitted or withdrawn a moment ago is as good
            if let Err(error) = self.doors.services.withdraw(&self.asker, &name).await {
                tracing::debug!(name, message = error.message, "an older draft stays");
            }
        }
        Ok(())
    }
}

/// Why a draft can no longer be carried out as it is; empty when it can.
pub fn outdated(draft: &Request, stored: Option<&Object>) -> String {
    let name = &draft.spec.resource.name;
    match (draft.spec.operation, stored) {
        (Operation::Create, Some(_)) => format!("{name} has been made meanwhile, so this plan cannot be submitted."),
        (Operation::Create, None) => String::new(),
        (_, None) => format!("{name} is gone, so this plan cannot be submitted."),
        (_, Some(stored)) if stored.metadata.generation.to_string() != draft.spec.based_on => {
            format!("{name} has changed since this plan was made. Go back to edit to plan on what it is now.")
        }
        _ => String::new(),
    }
}

/// A draft as something that waits for its author.
pub fn need(draft: &Request) -> Need {
    let resource = &draft.spec.resource;
    let what = if resource.name.is_empty() { format!("a new {}", resource.kind) } else { resource.name.clone() };
    let key = ResourceKey::new(&resource.namespace, &draft.spec.promise, &resource.name);
    let name = [("draft", draft.metadata.name.as_str())];
    let (title, href) = match draft.spec.operation {
        _ if !is_partly(draft) => {
            (format!("The plan for {what} is not submitted"), paths::request(&draft.metadata.name))
        }
        Operation::Create => (
            format!("The form for {what} is not finished"),
            paths::with_query(&paths::new_request(&key.promise), &name),
        ),
        _ => (format!("The form for {what} is not finished"), paths::with_query(&key.tab("edit"), &name)),
    };
    Need {
        tone: Tone::Quiet,
        title,
        sentence: "Nothing is made yet; it is kept for a week.".to_owned(),
        action: "Continue".to_owned(),
        href,
        discard: paths::discard(&draft.metadata.name),
        at: draft.metadata.creation_timestamp.unwrap_or_default(),
    }
}

/// The first of each resource: the list comes newest first.
fn newest_of_each(drafts: impl Iterator<Item = Request>) -> Vec<Request> {
    let mut seen = BTreeSet::new();
    drafts
        .filter(|draft| {
            let resource = &draft.spec.resource;
            seen.insert((draft.spec.promise.clone(), resource.namespace.clone(), resource.name.clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Timestamp, request::RequestSpec, run::ResourceRef};
    use serde_json::json;

    fn draft(operation: Operation, based_on: &str) -> Request {
        let resource = ResourceRef { name: "shop".into(), ..ResourceRef::default() };
        let spec = RequestSpec { operation, resource, based_on: based_on.into(), ..RequestSpec::default() };
        Request::submitted("req_1", spec, Timestamp::default())
    }

    #[test]
    fn a_draft_says_when_the_world_has_moved_on() {
        let stored = Object::from_value(json!({"kind": "X", "metadata": {"name": "shop", "generation": 2}})).unwrap();
        assert_eq!(outdated(&draft(Operation::Create, ""), None), "");
        assert_eq!(outdated(&draft(Operation::Update, "2"), Some(&stored)), "");
        assert!(outdated(&draft(Operation::Create, ""), Some(&stored)).contains("made meanwhile"));
        assert!(outdated(&draft(Operation::Update, "1"), Some(&stored)).contains("has changed"));
        assert!(outdated(&draft(Operation::Update, "2"), None).contains("is gone"));
    }

    #[test]
    fn of_several_drafts_of_one_resource_the_newest_is_offered() {
        let draft = |uid: &str, name: &str| {
            let resource = ResourceRef { name: name.into(), ..ResourceRef::default() };
            Request::submitted(uid, RequestSpec { resource, ..RequestSpec::default() }, Timestamp::default())
        };
        let drafts = [draft("req_3", "shop"), draft("req_2", "shop"), draft("req_1", "blog")];
        let names: Vec<String> =
            newest_of_each(drafts.into_iter()).into_iter().map(|draft| draft.metadata.name).collect();
        assert_eq!(names, ["req-3", "req-1"]);
    }
}
