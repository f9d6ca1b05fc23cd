//! Home: what needs the caller, what is theirs, what moves, where to start; and the frame around every page.

use super::{
    ServerPortal, drafts,
    facts::{self, Offers},
    steps,
};
use crate::service::people::{PERSONAS, Persona};
use app::{
    pages::home::{Home, Need},
    paths,
    portal::{Caller, Counts, Frame},
    view::{RunRow, Tone},
};
use domain::{
    Object, Result, Timestamp, Typed,
    caller::{Target, Verb, may},
    destination::Destination,
    object::GROUP,
    run::{Phase, Run, RunKind},
    selector::{Requirement, Selector},
    status::{ResourcePhase, ResourceStatus},
};
use std::collections::{BTreeMap, BTreeSet};
use store::{Query, Sort};

/// How resources stand that wait for somebody.
const STUCK: [&str; 3] = ["Failed", "Suspended", "Unhealthy"];

impl ServerPortal {
    pub(super) async fn frame_page(&self) -> Result<Frame> {
        // read before anything of the page is
        let drawn_from = self.doors.services.store.version().await?;
        let counts = if self.may_look().is_ok() { self.counts().await? } else { Counts::default() };
        Ok(Frame {
            caller: self.caller(),
            may_sign_out: !self.doors.dev && self.asker.source == "page",
            personas: PERSONAS.into_iter().filter(|_| self.doors.dev).map(shown).collect(),
            counts,
            runs_platform: self.runs_platform(),
            drawn_from: Some(drawn_from),
            now: self.doors.services.now(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    pub(super) async fn home_page(&self) -> Result<Home> {
        self.may_look()?;
        let store = &self.doors.services.store;
        let offers = self.offers();
        let mine = self.mine(&[]);
        let newest = Query { sort: Sort::Version, descending: true, limit: 10, ..mine.clone() };
        let (resources, total, needs_you, mut start) =
            futures::try_join!(store.list(&newest), store.count(&mine), self.needs(), self.cards())?;
        start.sort_by_key(|card| std::cmp::Reverse(card.mine));
        start.truncate(6);
        Ok(Home {
            needs_you,
            runs: self.recent_runs(&resources.objects, &offers).await?,
            resources: rows(&resources.objects, &offers),
            resources_total: u64::try_from(total).unwrap_or(0),
            start,
        })
    }

    /// Resources the caller asked for, that stand in one of these ways.
    pub(super) fn mine(&self, phases: &[&str]) -> Query {
        let phases = phases.iter().map(|&phase| phase.to_owned()).collect();
        Query { resources: true, phases, labels: self.asked_by_caller(), ..Query::default() }
    }

    /// What stands beside the navigation.
    async fn counts(&self) -> Result<Counts> {
        let store = &self.doors.services.store;
        let (stuck, active) = (self.mine(&STUCK), Query { active: Some(true), ..Query::of_kind(GROUP, "Run") });
        let (stuck, running, drafts, homeless, promises) = futures::try_join!(
            store.count(&stuck),
            store.count(&active),
            self.live_drafts(),
            self.homeless(),
            self.failing_promises()
        )?;
        let stuck = u64::try_from(stuck).unwrap_or(0);
        let needs_you = stuck + (drafts.len() + homeless.len() + promises.len()) as u64;
        Ok(Counts { needs_you, running: u64::try_from(running).unwrap_or(0) })
    }

    async fn needs(&self) -> Result<Vec<Need>> {
        const MOST: i64 = 8;
        let stuck = Query { sort: Sort::Version, descending: true, limit: MOST, ..self.mine(&STUCK) };
        let stuck = self.doors.services.store.list(&stuck).await?.objects;
        let statuses: Vec<ResourceStatus> = stuck.iter().map(|object| ResourceStatus::read(&object.status)).collect();
        // a run's uid is its name with an underscore: all of them in one query
        let uids: Vec<String> = statuses.iter().map(|status| status.run.replacen('-', "_", 1)).collect();
        let runs = self.doors.services.store.by_uids(uids).await?;
        let runs: BTreeMap<String, Run> = runs
            .into_iter()
            .filter_map(|object| Typed::<RunKind>::parse(object).ok())
            .map(|run| (run.metadata.name.clone(), run))
            .collect();
        let stuck =
            stuck.iter().zip(&statuses).map(|(object, status)| stuck_need(object, status, runs.get(&status.run)));
        let mut needs: Vec<Need> = stuck.collect();
        let (drafts, homeless, promises) =
            futures::try_join!(self.live_drafts(), self.homeless(), self.failing_promises())?;
        needs.extend(promises);
        needs.extend(drafts.iter().map(drafts::need));
        let now = self.doors.services.now();
        needs.extend(homeless.into_iter().map(|need| Need { at: now, ..need }));
        Ok(needs)
    }

    /// The runs of these resources, newest first.
    pub(super) async fn recent_runs(&self, resources: &[Object], offers: &Offers) -> Result<Vec<RunRow>> {
        const SHOWN: usize = 8;
        let names: BTreeSet<String> = resources.iter().map(|object| object.metadata.name.clone()).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = Requirement::In("midspan.dev/resource".to_owned(), names.into_iter().collect());
        let query = Query {
            labels: Selector { requirements: vec![wanted] },
            sort: Sort::Created,
            descending: true,
            limit: 40,
            ..Query::of_kind(GROUP, "Run")
        };
        let uids: BTreeSet<&str> = resources.iter().map(|object| object.metadata.uid.as_str()).collect();
        let runs = self.doors.services.store.list(&query).await?.objects.into_iter();
        let runs = runs.filter_map(|object| Typed::<RunKind>::parse(object).ok());
        // others may have resources of the same names elsewhere
        let mut runs: Vec<Run> = runs.filter(|run| uids.contains(run.spec.resource.uid.as_str())).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.status.started_at));
        runs.truncate(SHOWN);
        self.run_rows(&runs, offers).await
    }

    /// Promises whose works would find no destination: for those who can add one.
    async fn homeless(&self) -> Result<Vec<Need>> {
        if may(&self.asker.caller, Verb::Write, Target::Platform("destinations")).is_err() {
            return Ok(Vec::new());
        }
        let destinations = self.destinations().await?;
        Ok(self.offers().values().filter_map(|offer| homeless_need(&offer.promise, &destinations)).collect())
    }

    /// Why the works of a promise would find no destination; `None` when they would.
    pub(super) async fn homeless_of(&self, promise: &domain::promise::Promise) -> Result<Option<String>> {
        Ok(homeless_need(promise, &self.destinations().await?).map(|need| need.sentence))
    }

    fn caller(&self) -> Caller {
        let name = self.asker.caller.name.clone();
        let platform = self.runs_platform();
        let role = Persona::by_name(&name)
            .filter(|_| self.doors.dev)
            .map_or_else(|| if platform { "Platform engineer" } else { "Developer" }, |persona| persona.role);
        Caller { name, role: role.to_owned() }
    }
}

/// Resources as rows; titles come from the offers in memory.
pub fn rows(objects: &[Object], offers: &Offers) -> Vec<app::view::ResourceRow> {
    let titles = facts::titles(offers);
    let row = |object: &Object| {
        let row = facts::row(object, offers.get(object.facets().promise));
        let promise_title = titles.get(&row.key.promise).cloned().unwrap_or_else(|| row.promise_title.clone());
        app::view::ResourceRow { promise_title, ..row }
    };
    objects.iter().map(row).collect()
}

fn stuck_need(object: &Object, status: &ResourceStatus, run: Option<&Run>) -> Need {
    let suspended = status.phase == ResourcePhase::Suspended;
    if status.phase == ResourcePhase::Ready {
        return Need {
            tone: Tone::Bad,
            title: format!("{} is degraded", object.metadata.name),
            sentence: status.health.message.clone(),
            action: "Open it".to_owned(),
            href: facts::key_of(object).path(),
            discard: String::new(),
            at: facts::changed(object, status),
        };
    }
    let failed = run.and_then(|run| Some((run, run.find(|step| step.phase == Phase::Failed)?)));
    let (action, href) = match (failed, run) {
        (Some((run, at)), _) => ("Open the failed step", steps::address(run, at)),
        (None, Some(run)) => ("Open the run", paths::run(&run.metadata.name)),
        (_, None) => ("Open it", facts::key_of(object).path()),
    };
    Need {
        tone: if suspended { Tone::Warn } else { Tone::Bad },
        title: format!("{} {}", object.metadata.name, if suspended { "waits" } else { "failed" }),
        sentence: status.condition("Ready").map_or_else(|| status.message.clone(), |ready| ready.message.clone()),
        action: action.to_owned(),
        href,
        discard: String::new(),
        at: facts::changed(object, status),
    }
}

fn homeless_need(promise: &domain::promise::Promise, destinations: &[Destination]) -> Option<Need> {
    let selectors = &promise.spec.destination_selectors;
    let fits = |destination: &&Destination| {
        let labels = destination.labels();
        let shunned = selectors.is_empty() && destination.spec.strict_match_labels && !labels.is_empty();
        !shunned && selectors.iter().all(|selector| selector.matches(labels))
    };
    if promise.spec.workflows.resource.configure.is_empty() || destinations.iter().any(|each| fits(&each)) {
        return None;
    }
    let labels =
        selectors.iter().flat_map(|selector| &selector.match_labels).map(|(key, value)| format!("{key}={value}"));
    let labels = labels.collect::<Vec<_>>().join(", ");
    let wanted = if labels.is_empty() { "takes its files".to_owned() } else { format!("has the labels {labels}") };
    Some(Need {
        tone: Tone::Warn,
        title: format!("{} has no destination", promise.title()),
        sentence: format!(
            "No destination {wanted}: whoever requests it would wait. Add one, or change the promise's selectors."
        ),
        action: "Open the promise".to_owned(),
        href: paths::promise(&promise.name),
        discard: String::new(),
        at: Timestamp::default(),
    })
}

fn shown(persona: Persona) -> app::portal::Persona {
    app::portal::Persona { name: persona.name.to_owned(), role: persona.role.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        destination::{DestinationSpec, DestinationStatus},
        promise::Promise,
        selector::{LabelSelector, Labels},
        workflow::Pipeline,
    };

    fn destination(environment: &str) -> Destination {
        let labels = Labels::from([("environment".to_owned(), environment.to_owned())]);
        let metadata = domain::Metadata { name: environment.into(), labels, ..domain::Metadata::default() };
        Destination { metadata, spec: DestinationSpec::default(), status: DestinationStatus::default() }
    }

    #[test]
    fn a_promise_without_a_destination_is_told_to_those_who_can_add_one() {
        let mut promise = Promise { name: "db".into(), ..Promise::default() };
        promise.spec.workflows.resource.configure = vec![Pipeline::default()];
        let match_labels = Labels::from([("environment".to_owned(), "prod".to_owned())]);
        promise.spec.destination_selectors = vec![LabelSelector { match_labels, ..LabelSelector::default() }];
        assert!(homeless_need(&promise, &[destination("prod")]).is_none());
        let need = homeless_need(&promise, &[destination("dev")]).unwrap();
        insta::assert_snapshot!(need.sentence, @"No destination has the labels environment=prod: whoever requests it would wait. Add one, or change the promise's selectors.");
        promise.spec.destination_selectors = Vec::new();
        assert!(homeless_need(&promise, &[destination("dev")]).is_none());
        assert!(homeless_need(&promise, &[]).is_some());
    }
}
