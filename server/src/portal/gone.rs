//! What is left of a resource that is gone: the requests, the runs and the time line that name it.

use super::{ServerPortal, facts::Offers, history, label, paging, requests};
use app::{
    pages::{
        gone::{GonePage, RequestRow},
        resources::{GoneRow, Resources, ResourcesQuery},
    },
    paths::ResourceKey,
    view::Paging,
};
use domain::{
    Result, Typed,
    caller::Verb,
    object::GROUP,
    request::{OPERATION_LABEL, Operation, Request, RequestKind},
    selector::{Requirement, Selector},
};
use forms::Schema;
use serde_json::json;
use store::{Query, Sort};

impl ServerPortal {
    /// What is left of it; `None` when there never was one that the caller may see.
    pub(super) async fn gone_page(&self, key: &ResourceKey) -> Result<Option<GonePage>> {
        const NEWEST: i64 = 50;
        self.may_look()?;
        if self.refusal(Verb::Read, &key.namespace).is_some() {
            return Ok(None);
        }
        let Some(last) = self.last_request(key).await? else { return Ok(None) };
        let uid = &last.spec.resource.uid;
        let store = &self.doors.services.store;
        let (events, requests, runs) =
            futures::try_join!(store.events(uid, None, NEWEST), self.requests_of(uid), self.runs_of(uid))?;
        let offers = self.offers();
        let promised = self.offer(&key.promise).ok().map(|(_, promised)| promised);
        // without the promise nobody knows how its fields are called
        let nameless = Schema::parse(&json!({}))?;
        let schema = promised.as_ref().map_or(&nameless, |promised| &promised.schema);
        let deletion = requests.iter().find(|request| request.spec.operation == Operation::Delete);
        let ended = events.iter().find(|stored| stored.event.reason == "Deleted").map(|stored| stored.event.at);
        Ok(Some(GonePage {
            promise_title: title(&offers, &key.promise),
            icon: icon(&offers, &key.promise),
            by: deletion.map_or_else(String::new, |request| request.spec.asked_by.clone()),
            at: ended.or_else(|| deletion?.status.finished_at),
            is_offered: promised.is_some(),
            requests: requests.iter().map(request_row).collect(),
            runs: self.run_rows(&runs, &offers).await?,
            history: events.iter().map(|stored| history::happening(schema, &stored.event, &requests)).collect(),
            key: key.clone(),
        }))
    }

    /// The newest request that was carried out on a resource of this name.
    async fn last_request(&self, key: &ResourceKey) -> Result<Option<Request>> {
        const NEWEST: i64 = 20;
        let is = |key: &str, value: &str| Requirement::In(key.to_owned(), vec![value.to_owned()]);
        let query = Query {
            labels: Selector {
                requirements: vec![is("midspan.dev/promise", &key.promise), is("midspan.dev/resource", &key.name)],
            },
            namespaces: vec![key.namespace.clone()],
            sort: Sort::Version,
            descending: true,
            limit: NEWEST,
            ..Query::of_kind(GROUP, "Request")
        };
        let found = self.doors.services.store.list(&query).await?.objects;
        let mut requests = found.into_iter().filter_map(|object| Typed::<RequestKind>::parse(object).ok());
        // a draft is of something that was never made
        Ok(requests.find(|request| !request.spec.resource.uid.is_empty() && request.status.submitted_at.is_some()))
    }

    /// Everybody's resources that are gone, last deleted first.
    pub(super) async fn deleted_page(&self, query: &ResourcesQuery) -> Result<Resources> {
        const PAGE: i64 = 30;
        self.may_look()?;
        let listed = Query {
            labels: label(OPERATION_LABEL, Operation::Delete.as_str()),
            phases: vec!["Succeeded".to_owned()],
            sort: Sort::Version,
            descending: true,
            limit: PAGE,
            ..Query::of_kind(GROUP, "Request")
        };
        let paged = paging::page(&self.doors.services.store, listed, &query.after, &query.before).await?;
        let offers = self.offers();
        let row = |request: Request| GoneRow {
            promise_title: title(&offers, &request.spec.promise),
            icon: icon(&offers, &request.spec.promise),
            key: ResourceKey::new(&request.spec.resource.namespace, &request.spec.promise, &request.spec.resource.name),
            at: request.status.finished_at.or(request.status.submitted_at).unwrap_or_default(),
            by: request.spec.asked_by,
            request: request.metadata.name,
        };
        let requests = paged.objects.into_iter().filter_map(|object| Typed::<RequestKind>::parse(object).ok());
        Ok(Resources {
            gone: requests.map(row).collect(),
            paging: Paging { previous: paged.previous, next: paged.next, total: None },
            ..Resources::default()
        })
    }
}

fn request_row(request: &Request) -> RequestRow {
    RequestRow {
        name: request.metadata.name.clone(),
        what: requests::kind(request.spec.operation),
        phase: requests::phase(request.status.phase),
        by: request.spec.asked_by.clone(),
        at: request.status.submitted_at.or(request.metadata.creation_timestamp).unwrap_or_default(),
    }
}

fn title(offers: &Offers, promise: &str) -> String {
    offers.get(promise).map_or_else(|| promise.to_owned(), |offer| offer.promise.title().to_owned())
}

fn icon(offers: &Offers, promise: &str) -> String {
    offers.get(promise).map_or_else(String::new, |offer| offer.promise.spec.icon.clone())
}
