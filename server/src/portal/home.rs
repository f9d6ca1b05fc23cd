//! Home: what needs the caller, what is theirs, where to start; and the frame around every page.

use super::{ServerPortal, facts};
use crate::service::people::{PERSONAS, Persona};
use app::{
    pages::home::{Home, Need},
    paths,
    portal::{Caller, Counts, Frame},
    view::Tone,
};
use domain::{Object, Result, caller::PLATFORM, object::GROUP, status::ResourcePhase};
use store::{Query, Sort};

impl ServerPortal {
    pub(super) async fn frame_page(&self) -> Result<Frame> {
        let store = &self.doors.services.store;
        let running = store.count(&Query { active: Some(true), phases: vec!["Running".to_owned()], ..Query::of_kind(GROUP, "Run") }).await?;
        let failed = store.count(&self.mine(&[ResourcePhase::Failed])).await?;
        let drafts = store.count(&self.drafts()).await?;
        let personas = PERSONAS.into_iter().filter(|_| self.doors.dev).map(shown).collect();
        Ok(Frame {
            caller: self.caller(),
            personas,
            counts: Counts { needs_you: u64::try_from(failed + drafts).unwrap_or(0), running: u64::try_from(running).unwrap_or(0) },
            now: self.doors.services.now(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    pub(super) async fn home_page(&self) -> Result<Home> {
        let store = &self.doors.services.store;
        let offers = facts::offers_of(self)?;
        let newest = Query { sort: Sort::Version, descending: true, limit: 10, ..self.mine(&[]) };
        let resources = store.list(&newest).await?.objects;
        let total = store.count(&self.mine(&[])).await?;
        let runs = store.list(&Query { sort: Sort::Created, descending: true, limit: 8, ..Query::of_kind(GROUP, "Run") }).await?.objects;
        let mut start = self.cards().await?;
        start.sort_by_key(|card| (std::cmp::Reverse(card.mine), card.title.clone()));
        start.truncate(6);
        Ok(Home {
            needs_you: self.needs().await?,
            resources: resources.iter().map(|object| facts::row(object, offers.get(object.facets().promise))).collect(),
            resources_total: u64::try_from(total).unwrap_or(0),
            runs: runs.into_iter().filter_map(|object| self.run_row(object, &offers).ok()).collect(),
            start,
        })
    }

    /// Resources the caller asked for, in these phases.
    pub(super) fn mine(&self, phases: &[ResourcePhase]) -> Query {
        Query { resources: true, phases: phases.iter().map(|phase| phase.as_str().to_owned()).collect(), labels: self.asked_by_caller(), ..Query::default() }
    }

    fn drafts(&self) -> Query {
        Query { phases: vec!["Draft".to_owned()], labels: self.asked_by_caller(), ..Query::of_kind(GROUP, "Request") }
    }

    async fn needs(&self) -> Result<Vec<Need>> {
        const MOST: i64 = 8;
        let store = &self.doors.services.store;
        let mut needs = Vec::new();
        let newest = |query: Query| Query { sort: Sort::Version, descending: true, limit: MOST, ..query };
        for object in store.list(&newest(self.mine(&[ResourcePhase::Failed, ResourcePhase::Suspended]))).await?.objects {
            needs.push(failed(&object));
        }
        for object in store.list(&newest(self.drafts())).await?.objects {
            let name = object.spec.pointer("/resource/name").and_then(serde_json::Value::as_str).unwrap_or_default();
            needs.push(Need {
                tone: Tone::Quiet,
                title: format!("A plan for {name} is not submitted"),
                sentence: "It is kept as you left it.".to_owned(),
                action: "Continue the draft".to_owned(),
                href: paths::request(&object.metadata.name),
                at: object.metadata.creation_timestamp.unwrap_or_default(),
            });
        }
        Ok(needs)
    }

    fn caller(&self) -> Caller {
        let name = self.asker.caller.name.clone();
        let role = Persona::by_name(&name).map_or_else(
            || if self.asker.caller.groups.iter().any(|group| group == PLATFORM) { "Platform engineer" } else { "Developer" },
            |persona| persona.role,
        );
        Caller { name, role: role.to_owned() }
    }
}

fn failed(object: &Object) -> Need {
    let status = domain::status::ResourceStatus::read(&object.status);
    let suspended = status.phase == ResourcePhase::Suspended;
    let at = status.last_operation.as_ref().and_then(|last| last.finished_at.or(last.started_at));
    let (action, href) = if status.run.is_empty() { ("Open it", facts::key_of(object).path()) } else { ("Open the run", paths::run(&status.run)) };
    Need {
        tone: if suspended { Tone::Warn } else { Tone::Bad },
        title: format!("{} {}", object.metadata.name, if suspended { "waits" } else { "failed" }),
        sentence: status.message,
        action: action.to_owned(),
        href,
        at: at.or(object.metadata.creation_timestamp).unwrap_or_default(),
    }
}

fn shown(persona: Persona) -> app::portal::Persona {
    app::portal::Persona { name: persona.name.to_owned(), role: persona.role.to_owned() }
}
