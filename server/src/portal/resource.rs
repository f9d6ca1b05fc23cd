//! One resource: overview, files, history, delete.

use super::{ServerPortal, catalog, diff, facts, forms::masked, runs};
use crate::service::kinds::Served;
use app::{
    pages::{
        delete::DeletePage,
        files::{DestinationFiles, FilesPage, PlacedFile},
        history::HistoryPage,
        resource::{Output, Placed, ResourcePage, RunStrip, SpecEntry},
    },
    paths::{self, ResourceKey},
    view::{Happening, Tone},
};
use domain::{
    Error, Object, Result, Typed,
    destination::{Backend, DestinationKind, StateStoreKind},
    document,
    event::Level,
    object::GROUP,
    placement::{Placement, PlacementKind, PlacementState},
    status::ResourceStatus,
};
use ::forms::Schema;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use store::{Query, StoredEvent};

impl ServerPortal {
    pub(super) async fn resource_page(&self, key: &ResourceKey) -> Result<ResourcePage> {
        let (served, object) = self.found(key).await?;
        let status = ResourceStatus::read(&object.status);
        let events = self.doors.services.store.events(&object.metadata.uid, None, 6).await?;
        let promised = served.promised().cloned().ok_or_else(|| Error::not_found("promises.midspan.dev", &key.promise))?;
        let spec = masked(&promised.schema, &object.spec);
        let document = json!({"apiVersion": object.api_version, "kind": object.kind, "metadata": {"name": object.metadata.name, "namespace": object.metadata.namespace}, "spec": spec});
        let entry = |(path, value): (String, String)| SpecEntry { label: diff::label(&promised.schema, &spec, &path), path: format!("spec.{path}"), value, is_default: false };
        Ok(ResourcePage {
            head: self.head(&object, &served),
            conditions: facts::conditions(&object, &status),
            run: self.strip(&object, &status).await?,
            outputs: outputs(&status, &promised.offer.promise),
            spec: diff::leaves(&spec).into_iter().map(entry).collect(),
            placed: self.placed(&object).await?,
            history: events.iter().map(happening).collect(),
            yaml: document::to_yaml(&document),
        })
    }

    pub(super) async fn files_page(&self, key: &ResourceKey) -> Result<FilesPage> {
        let (served, object) = self.found(key).await?;
        let places = self.places().await?;
        let mut destinations = Vec::new();
        for placement in self.placements(&object).await? {
            let digests: Vec<domain::Digest> = placement.spec.files.values().cloned().collect();
            let blobs = self.doors.services.store.blobs(&digests).await?;
            let files = placement.spec.files.iter().map(|(path, digest)| file(&format!("{}/{path}", placement.spec.root), blobs.get(digest)));
            let shown = placed(&placement, &places);
            destinations.push(DestinationFiles {
                name: shown.destination,
                writes_to: shown.writes_to,
                commit: shown.commit,
                at: shown.at,
                tone: shown.tone,
                says: shown.says,
                files: files.collect(),
            });
        }
        Ok(FilesPage { head: self.head(&object, &served), destinations })
    }

    pub(super) async fn history_page(&self, key: &ResourceKey, before: Option<&str>) -> Result<HistoryPage> {
        const PAGE: i64 = 50;
        let (served, object) = self.found(key).await?;
        let before = before.filter(|text| !text.is_empty()).map(|text| text.parse().map_err(|_| Error::bad_request("this page of the history does not exist"))).transpose()?;
        let events = self.doors.services.store.events(&object.metadata.uid, before, PAGE).await?;
        let older = events.last().filter(|_| i64::try_from(events.len()).is_ok_and(|count| count == PAGE)).map(|last| last.seq.to_string());
        let mut happenings: Vec<Happening> = events.iter().map(happening).collect();
        if let Some(promised) = served.promised() {
            self.tell_changes(&promised.schema, &object, &mut happenings).await?;
        }
        Ok(HistoryPage { head: self.head(&object, &served), happenings, older })
    }

    pub(super) async fn delete_page(&self, key: &ResourceKey) -> Result<DeletePage> {
        let (served, object) = self.found(key).await?;
        let placements = self.placements(&object).await?;
        let files = placements.iter().flat_map(|placement| {
            placement.spec.files.keys().map(|path| (placement.spec.destination.clone(), format!("{}/{path}", placement.spec.root)))
        });
        let pipelines = served.promised().map(|promised| promised.offer.promise.spec.workflows.resource.delete.clone()).unwrap_or_default();
        let steps = pipelines.iter().flat_map(|pipeline| pipeline.steps.iter().map(|step| format!("{} / {} ({})", pipeline.name, step.name, step.uses)));
        Ok(DeletePage { head: self.head(&object, &served), files: files.collect(), steps: steps.collect(), refusal: String::new(), typed: String::new() })
    }

    async fn found(&self, key: &ResourceKey) -> Result<(Arc<Served>, Object)> {
        Ok((self.offered(&key.promise)?, self.stored(key).await?))
    }

    /// The newest run while it moves, or when it failed.
    async fn strip(&self, object: &Object, status: &ResourceStatus) -> Result<Option<RunStrip>> {
        if status.run.is_empty() {
            return Ok(None);
        }
        let services = &self.doors.services;
        let Some(found) = services.store.by_name(GROUP, "Run", &object.metadata.namespace, &status.run).await? else { return Ok(None) };
        let run = Typed::<domain::run::RunKind>::parse(found)?;
        if run.status.phase == domain::run::RunPhase::Succeeded {
            return Ok(None);
        }
        let offer = services.offers.by_name(&services.store, &run.spec.revision).await?;
        Ok(Some(RunStrip { steps: self.steps(&run, offer.as_deref()).await?, run: runs::row(&run, &facts::offers_of(self)?) }))
    }

    async fn placements(&self, object: &Object) -> Result<Vec<Placement>> {
        let owned = self.doors.services.store.owned(&object.metadata.uid).await?;
        let mut placements = owned.into_iter().filter(|o| o.group() == GROUP && o.kind == "Placement").map(Typed::<PlacementKind>::parse).collect::<Result<Vec<_>>>()?;
        placements.retain(|placement| !placement.spec.withdrawn);
        Ok(placements)
    }

    async fn placed(&self, object: &Object) -> Result<Vec<Placed>> {
        let places = self.places().await?;
        Ok(self.placements(object).await?.iter().map(|placement| placed(placement, &places)).collect())
    }

    /// Where each destination writes, in words.
    pub(super) async fn places(&self) -> Result<BTreeMap<String, String>> {
        let store = &self.doors.services.store;
        let stores = store.list(&Query::of_kind(GROUP, "StateStore")).await?.objects;
        let stores: BTreeMap<String, String> =
            stores.into_iter().filter_map(|object| Typed::<StateStoreKind>::parse(object).ok()).map(|s| (s.metadata.name.clone(), words(&s.spec.backend))).collect();
        let destinations = store.list(&Query::of_kind(GROUP, "Destination")).await?.objects;
        Ok(destinations
            .into_iter()
            .filter_map(|object| Typed::<DestinationKind>::parse(object).ok())
            .map(|destination| {
                let place = stores.get(&destination.spec.state_store_ref.name).cloned().unwrap_or_else(|| "a state store that is not there".to_owned());
                (destination.metadata.name.clone(), place)
            })
            .collect())
    }

    /// Adds to each asked-for change which fields it changed.
    async fn tell_changes(&self, schema: &Schema, object: &Object, happenings: &mut [Happening]) -> Result<()> {
        let query = Query { owner: Some(object.metadata.uid.clone()), limit: 200, sort: store::Sort::Created, ..Query::of_kind(GROUP, "Request") };
        let mut requests: Vec<(i64, Value, String)> = Vec::new();
        for request in self.doors.services.store.list(&query).await?.objects {
            let generation = request.spec.get("generation").and_then(Value::as_i64).unwrap_or(0);
            requests.push((generation, request.spec.get("input").cloned().unwrap_or_default(), request.metadata.name));
        }
        requests.sort_by_key(|(generation, ..)| *generation);
        for pair in requests.windows(2) {
            let [(_, before, _), (generation, after, name)] = pair else { continue };
            let ending = format!("(generation {generation})");
            if let Some(happening) = happenings.iter_mut().find(|happening| happening.detail.ends_with(&ending)) {
                if !after.is_null() {
                    happening.changes = diff::fields(schema, &masked(schema, before), &masked(schema, after));
                }
                happening.href = paths::request(name);
            }
        }
        Ok(())
    }
}

fn outputs(status: &ResourceStatus, promise: &domain::promise::Promise) -> Vec<Output> {
    let docs = catalog::outputs(promise);
    let doc = |name: &str| docs.iter().find(|doc| doc.name == name);
    let shown = |(name, value): (&String, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        let secret = doc(name).is_some_and(|doc| doc.is_secret);
        Output {
            name: name.clone(),
            description: doc(name).map_or_else(String::new, |doc| doc.description.clone()),
            value: (!secret).then_some(text),
            note: if secret { "Secret: not shown here".to_owned() } else { String::new() },
        }
    };
    // an output that rendered to nothing does not apply to this resource
    status.outputs.iter().filter(|(_, value)| !value.is_null() && value.as_str() != Some("")).map(shown).collect()
}

fn placed(placement: &Placement, places: &BTreeMap<String, String>) -> Placed {
    let status = &placement.status;
    let (tone, says) = match status.state {
        PlacementState::Written => (Tone::Good, "Written".to_owned()),
        PlacementState::Pending => (Tone::Busy, "Waiting to be written".to_owned()),
        PlacementState::Failing => (Tone::Bad, format!("Not written: {}", status.message)),
    };
    Placed {
        destination: placement.spec.destination.clone(),
        writes_to: places.get(&placement.spec.destination).cloned().unwrap_or_default(),
        commit: status.version.chars().take(10).collect(),
        at: status.written_at,
        files: placement.spec.files.len() as u64,
        tone,
        says,
    }
}

/// `git · gitops.git, branch main`
fn words(backend: &Backend) -> String {
    match backend {
        Backend::Git(git) => {
            let last = git.url.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
            format!("git · {last}, branch {}", git.branch)
        }
        Backend::Directory(directory) => format!("directory · {}", directory.path),
    }
}

fn file(path: &str, bytes: Option<&Vec<u8>>) -> PlacedFile {
    const LONGEST: usize = 200_000;
    let bytes = bytes.map(Vec::as_slice).unwrap_or_default();
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    let cut = text.map(|text| text.char_indices().take_while(|(at, _)| *at < LONGEST).map(|(_, c)| c).collect::<String>());
    PlacedFile { path: path.to_owned(), bytes: bytes.len() as u64, is_cut: bytes.len() > LONGEST, text: cut }
}

pub(super) fn happening(stored: &StoredEvent) -> Happening {
    let event = &stored.event;
    let run = event.text("run");
    let (title, tone) = match event.reason.as_str() {
        "Requested" => ("Requested", Tone::Quiet),
        "ChangeRequested" => ("Change requested", Tone::Quiet),
        "DeleteRequested" => ("Deletion requested", Tone::Quiet),
        "Ready" => ("Ready", Tone::Good),
        "Placing" => ("Placing files", Tone::Busy),
        "StepRunning" => ("Running", Tone::Busy),
        "StepRetrying" => ("A step failed, to be tried again", Tone::Warn),
        "StepFailed" => ("A step failed", Tone::Bad),
        "Suspended" => ("Waiting", Tone::Warn),
        "Paused" => ("Paused", Tone::Warn),
        "NoDestination" => ("No destination", Tone::Warn),
        "PlacementFailing" => ("The destination refuses", Tone::Bad),
        "PromiseMissing" => ("The promise is missing", Tone::Bad),
        "Withdrawing" => ("Removing files", Tone::Busy),
        "Deleted" => ("Deleted", Tone::Quiet),
        other => (other, if event.level() == Level::Warning { Tone::Warn } else { Tone::Quiet }),
    };
    Happening {
        at: event.at,
        tone,
        title: title.to_owned(),
        detail: event.message.clone(),
        who: event.actor.clone(),
        source: if event.actor.is_empty() { "midspan".to_owned() } else { String::new() },
        href: if run.is_empty() { String::new() } else { paths::run(run) },
        changes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::destination::{DirectoryStore, GitStore};

    #[test]
    fn a_store_is_told_without_what_might_be_secret_in_its_address() {
        let git = GitStore { url: "https://git.example.com/platform/gitops.git".into(), branch: "main".into(), ..GitStore::default() };
        assert_eq!(words(&Backend::Git(git)), "git · gitops.git, branch main");
        assert_eq!(words(&Backend::Directory(DirectoryStore { path: "/srv/state".into() })), "directory · /srv/state");
    }
}
