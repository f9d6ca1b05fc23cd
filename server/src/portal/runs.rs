//! Runs: the list, and one with its steps and their logs.

use super::{ServerPortal, actions, facts::Offers, label, paging, secrets, steps::is_retrying};
use app::{
    pages::{
        run::RunPage,
        runs::{Runs, RunsQuery},
    },
    paths::ResourceKey,
    view::{Facet, Paging, Phase, RunRow},
};
use domain::{
    Result, Typed, document,
    object::GROUP,
    plan::Offer,
    request::{Operation, Request, RequestKind},
    run::{self, Run, RunKind, RunPhase, StepRun, Workflow},
    selector::{Requirement, Selector},
};
use futures::future::try_join_all;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::{Query, Sort};

impl ServerPortal {
    pub(super) async fn runs_page(&self, query: &RunsQuery) -> Result<Runs> {
        const PAGE: i64 = 30;
        self.may_look()?;
        let store = &self.doors.services.store;
        let phases: &[&str] = match query.state.as_str() {
            "" => &[],
            "active" => &["Running", "Suspended"],
            "succeeded" => &["Succeeded"],
            "failed" => &["Failed"],
            _ => &["none such"],
        };
        let all =
            Query { phases: phases.iter().map(|phase| (*phase).to_owned()).collect(), ..Query::of_kind(GROUP, "Run") };
        let of_promise = |promise: &str| Query { labels: label("midspan.dev/promise", promise), ..all.clone() };
        let filtered = if query.promise.is_empty() { all.clone() } else { of_promise(&query.promise) };
        let listed = Query { sort: Sort::Created, descending: true, limit: PAGE, ..filtered };
        let paged = paging::page(store, listed, &query.after, &query.before).await?;
        let offers = self.offers();
        let of_each: Vec<Query> = offers.keys().map(|promise| of_promise(promise)).collect();
        let counts = try_join_all(of_each.iter().map(|query| store.count(query))).await?;
        let facet = |(offer, count): (&Arc<Offer>, i64)| Facet {
            value: offer.promise.name.clone(),
            label: offer.promise.title().to_owned(),
            count: u64::try_from(count).unwrap_or(0),
        };
        let mut promises: Vec<Facet> = offers.values().zip(counts).map(facet).collect();
        promises.retain(|facet| facet.count > 0 || facet.value == query.promise);
        let first = Query { limit: 1, ..Query::of_kind(GROUP, "Run") };
        let any = !paged.objects.is_empty() || !store.list(&first).await?.objects.is_empty();
        let runs = paged.objects.into_iter().map(Typed::<RunKind>::parse).collect::<Result<Vec<_>>>()?;
        let paging = Paging { previous: paged.previous, next: paged.next, total: None };
        Ok(Runs { rows: self.run_rows(&runs, &offers).await?, promises, paging, any })
    }

    pub(super) async fn run_page(&self, name: &str) -> Result<RunPage> {
        let run = self.stored_run(name).await?;
        let offer = self.doors.services.offers.by_name(&self.doors.services.store, &run.spec.revision).await?;
        let requests = self.requests_of(&run.spec.resource.uid).await?;
        let asked = requests.iter().find(|request| carried_out(&run, request));
        // without its schema nobody knows what of the input is secret
        let served = self.offered(&run.spec.promise).ok();
        let inputs = asked
            .zip(served.as_ref().and_then(|served| served.promised()))
            .map(|(request, promised)| document::to_yaml(&secrets::covered(&promised.schema, &request.spec.input)));
        let mut row = row(&run, &self.offers());
        if let Some(request) = asked.filter(|request| began(&run, request)) {
            row.by.clone_from(&request.spec.asked_by);
            row.queued = request.status.submitted_at.unwrap_or(row.queued);
        }
        Ok(RunPage {
            run: row,
            version: offer.as_ref().map_or_else(String::new, |offer| offer.promise.version.clone()),
            request: asked.map_or_else(String::new, |request| request.metadata.name.clone()),
            steps: self.steps(&run, offer.as_deref()).await?,
            inputs: match &run.spec.action {
                Some(call) => actions::input_as_yaml(&call.input),
                None => inputs.filter(|_| run.spec.workflow == Workflow::Configure).unwrap_or_default(),
            },
        })
    }

    /// Rows with who asked for each: one query for all of them.
    pub(super) async fn run_rows(&self, runs: &[Run], offers: &Offers) -> Result<Vec<RunRow>> {
        const NEWEST: i64 = 200;
        let names: BTreeSet<String> = runs.iter().map(|run| run.spec.resource.name.clone()).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = Requirement::In("midspan.dev/resource".to_owned(), names.into_iter().collect());
        let query = Query {
            labels: Selector { requirements: vec![wanted] },
            sort: Sort::Created,
            descending: true,
            limit: NEWEST,
            ..Query::of_kind(GROUP, "Request")
        };
        let requests = self.doors.services.store.list(&query).await?.objects;
        let requests: Vec<Request> =
            requests.into_iter().filter_map(|object| Typed::<RequestKind>::parse(object).ok()).collect();
        let told = |run: &Run| {
            let row = row(run, offers);
            match requests.iter().find(|request| began(run, request)) {
                Some(request) => RunRow { by: request.spec.asked_by.clone(), ..row },
                None => row,
            }
        };
        Ok(runs.iter().map(told).collect())
    }

    /// The requests made of a resource, newest first.
    pub(super) async fn requests_of(&self, uid: &str) -> Result<Vec<Request>> {
        const NEWEST: i64 = 100;
        let query = Query {
            owner: Some(uid.to_owned()),
            sort: Sort::Created,
            descending: true,
            limit: NEWEST,
            ..Query::of_kind(GROUP, "Request")
        };
        let found = self.doors.services.store.list(&query).await?.objects;
        let mut requests = found.into_iter().map(Typed::<RequestKind>::parse).collect::<Result<Vec<_>>>()?;
        requests.sort_by_key(|request| std::cmp::Reverse(request.spec.generation));
        Ok(requests)
    }

    /// The runs of a resource, newest first.
    pub(super) async fn runs_of(&self, uid: &str) -> Result<Vec<Run>> {
        const NEWEST: i64 = 50;
        let query = Query {
            owner: Some(uid.to_owned()),
            sort: Sort::Created,
            descending: true,
            limit: NEWEST,
            ..Query::of_kind(GROUP, "Run")
        };
        let found = self.doors.services.store.list(&query).await?.objects;
        let mut runs = found.into_iter().map(Typed::<RunKind>::parse).collect::<Result<Vec<_>>>()?;
        // an action counts its runs by itself
        runs.sort_by_key(|run| std::cmp::Reverse((run.status.started_at, run.spec.sequence)));
        Ok(runs)
    }
}

/// Whether a run carried out what a request asked for.
pub fn carried_out(run: &Run, request: &Request) -> bool {
    if let Some(call) = &run.spec.action {
        return call.request == request.metadata.uid;
    }
    if !request.spec.operation.is_change() {
        return false;
    }
    let deletes = request.spec.operation == Operation::Delete;
    request.spec.resource.uid == run.spec.resource.uid
        && request.spec.generation == run.spec.generation
        && deletes == (run.spec.workflow == Workflow::Delete)
}

/// Whether a run began because of a request: one that runs again, or for a newer promise, was asked for otherwise.
pub fn began(run: &Run, request: &Request) -> bool {
    let asked =
        run.spec.action.is_some() || ["created", "the spec changed", "deleted"].contains(&run.spec.trigger.as_str());
    asked && carried_out(run, request)
}

/// A run without who asked for it.
pub fn row(run: &Run, offers: &Offers) -> RunRow {
    let offer = offers.get(&run.spec.promise);
    let steps = || run.status.pipelines.iter().flat_map(|pipeline| &pipeline.steps);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let retrying = steps().find(|step| is_retrying(step, run));
    let started = run.status.started_at;
    RunRow {
        name: run.metadata.name.clone(),
        resource: ResourceKey::new(&run.spec.resource.namespace, &run.spec.promise, &run.spec.resource.name),
        promise_title: offer.map_or_else(|| run.spec.promise.clone(), |offer| offer.promise.title().to_owned()),
        icon: offer.map_or_else(String::new, |offer| offer.promise.spec.icon.clone()),
        workflow: run.occasion().to_owned(),
        because: run.spec.trigger.clone(),
        by: run.spec.asked_by.clone(),
        phase: match run.status.phase {
            RunPhase::Running if retrying.is_some() => Phase::Waiting,
            RunPhase::Running => Phase::Running,
            RunPhase::Suspended => Phase::Waiting,
            RunPhase::Succeeded => Phase::Succeeded,
            RunPhase::Failed => Phase::Failed,
            RunPhase::Superseded => Phase::Skipped,
        },
        message: message(run, retrying),
        steps_done: count(steps().filter(|step| step.phase == run::Phase::Succeeded).count()),
        steps_total: count(steps().count()),
        // creation is kept in whole seconds; the run begins when it is made
        queued: started.or(run.metadata.creation_timestamp).unwrap_or_default(),
        started,
        finished: run.status.finished_at,
    }
}

fn message(run: &Run, retrying: Option<&StepRun>) -> String {
    let suspended = run.status.pipelines.iter().find(|pipeline| pipeline.phase == run::Phase::Suspended);
    let said = [
        Some(run.status.message.as_str()),
        retrying.map(|step| step.message.as_str()),
        suspended.map(|pipeline| pipeline.message.as_str()),
    ];
    said.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or_default().to_owned()
}

/// What a run's pipelines left, by pipeline and path.
pub fn files_of(run: &Run) -> BTreeMap<(String, String), domain::Digest> {
    let files = run.status.pipelines.iter().flat_map(|pipeline| {
        pipeline.output.iter().map(|(path, digest)| ((pipeline.name.clone(), path.clone()), digest.clone()))
    });
    files.collect()
}
