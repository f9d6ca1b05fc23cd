//! A request: the plan of a draft, else what became of it.

use super::{
    ServerPortal, actions, diff,
    drafts::outdated,
    effects, history,
    runs::{carried_out, files_of},
    secrets::Cover,
    settings,
    weighed::weighed,
};
use crate::service::{
    kinds::{Promised, Served},
    preview::FileChange,
};
use app::{
    pages::request::{Plan, PlannedDestination, RequestKind, RequestPage, RequestPhase},
    paths::{self, ResourceKey},
    view::{Change, FileDiff},
};
use domain::{
    ErrorKind, Object, Result,
    request::{self, Operation, Request},
    run::{Run, RunPhase, Workflow},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What a run's pipelines left, by pipeline and path.
type Left = BTreeMap<(String, String), domain::Digest>;

/// Lines of all diffs of one page together.
const MOST_LINES: usize = 3_000;

impl ServerPortal {
    pub(super) async fn request_page(&self, name: &str) -> Result<RequestPage> {
        let (request, promised, served) = self.asked(name).await?;
        let promise = &promised.offer.promise;
        let spec = &request.spec;
        let key = ResourceKey::new(&spec.resource.namespace, &spec.promise, &spec.resource.name);
        let stored = self.doors.services.store.by_name(&served.group, &served.kind, &key.namespace, &key.name).await?;
        let draft = request.status.phase == request::RequestPhase::Draft;
        let (runs, requests) = match spec.resource.uid.as_str() {
            "" => (Vec::new(), Vec::new()),
            uid => futures::try_join!(self.runs_of(uid), self.requests_of(uid))?,
        };
        let cover = secrets_of(&promised, &request, stored.as_ref(), &requests);
        let mut plan = if !spec.operation.is_change() {
            Plan::default()
        } else if draft || request.status.phase.open() {
            self.foreseen(&request, &served, &promised, &key, stored.as_ref(), &cover).await?
        } else {
            Plan { files: self.written(&request, &runs, stored.as_ref(), &cover).await?, ..Plan::default() }
        };
        plan.fields = match (spec.operation, &stored) {
            (Operation::Create, _) => settings::chosen(&promised.schema, &spec.input),
            (Operation::Update, Some(stored)) if draft => {
                settings::changes(&promised.schema, &stored.spec, &spec.input)
            }
            (Operation::Action | Operation::Extend, _) => actions::inputs(&request),
            _ => history::changes(&promised.schema, &request, &requests),
        };
        if !spec.input.is_null() && spec.operation.is_change() {
            plan.yaml = self.manifest(&served, &promised, &key, &spec.input);
        }
        let edit_href = match spec.operation {
            _ if !draft => String::new(),
            Operation::Create => paths::with_query(&paths::new_request(&key.promise), &[("draft", name)]),
            Operation::Update => paths::with_query(&key.tab("edit"), &[("draft", name)]),
            Operation::Delete | Operation::Action | Operation::Extend => String::new(),
        };
        let made: Vec<Run> = runs.into_iter().filter(|run| carried_out(run, &request)).collect();
        let message = if draft { outdated(&request, stored.as_ref()) } else { request.status.message.clone() };
        Ok(RequestPage {
            name: name.to_owned(),
            promise_title: promise.title().to_owned(),
            icon: promise.spec.icon.clone(),
            version: promise.version.clone(),
            what: kind(spec.operation),
            phase: phase(request.status.phase),
            message,
            by: spec.asked_by.clone(),
            created: request.metadata.creation_timestamp.unwrap_or_default(),
            submitted: request.status.submitted_at,
            finished: request.status.finished_at,
            plan,
            runs: self.run_rows(&made, &self.offers()).await?,
            edit_href,
            resource: key,
        })
    }

    /// The request with what describes its resource. What the caller may not see is not found.
    pub(super) async fn asked(&self, name: &str) -> Result<(Request, Arc<Promised>, Arc<Served>)> {
        let found = self.doors.services.request(&self.asker, name).await;
        let (request, served) = found.map_err(|error| super::unseen(error, "request", name))?;
        let promised = super::promised(&served, &request.spec.promise)?;
        Ok((request, promised, served))
    }

    /// What carrying the request out would do. Nothing is done.
    async fn foreseen(
        &self,
        request: &Request,
        served: &Arc<Served>,
        promised: &Promised,
        key: &ResourceKey,
        stored: Option<&Object>,
        cover: &Cover,
    ) -> Result<Plan> {
        let (services, input) = (&self.doors.services, &request.spec.input);
        if request.spec.operation == Operation::Delete {
            let uid = stored.map_or("", |stored| stored.metadata.uid.as_str());
            let placed = services.placed(uid).await?.into_iter();
            let removed = placed.map(|((destination, path), text)| FileChange {
                path,
                destination,
                before: Some(text),
                after: None,
            });
            let effects = effects::of(&promised.offer.promise, Workflow::Delete);
            return Ok(Plan { files: diffs(removed, cover), effects, ..Plan::default() });
        }
        let preview = match services
            .plan(&self.asker, served, &key.namespace, &key.name, input.clone(), Some(request))
            .await
        {
            Ok(preview) => preview,
            // the schema or the resource has changed since the draft was kept
            Err(error) if matches!(error.kind, ErrorKind::Invalid | ErrorKind::BadRequest | ErrorKind::Conflict) => {
                return Ok(Plan { incomplete: error.message, ..Plan::default() });
            }
            Err(error) => return Err(error),
        };
        // of a plan that stopped half-way nothing can be said about files
        let files = if preview.refusal.is_some() { Vec::new() } else { diffs(preview.files.into_iter(), cover) };
        let (places, typical) = futures::try_join!(self.places(), self.typical(Some(&key.promise)))?;
        let typical = typical.get(&key.promise).filter(|_| request.spec.operation == Operation::Create);
        let because = |name: &str| {
            let chosen = preview.choices.iter().flat_map(|choice| choice.chosen().map(move |look| (choice, look)));
            let mut here = chosen.filter(|(_, look)| look.destination == name);
            here.next().map_or_else(String::new, |(choice, look)| choice.why(look))
        };
        let destination = |name: &String| PlannedDestination {
            name: name.clone(),
            because: because(name),
            writes_to: places.in_full(name),
        };
        Ok(Plan {
            files,
            destinations: preview.destinations.iter().map(destination).collect(),
            weighed: weighed(&preview.choices),
            effects: effects::of(&promised.offer.promise, Workflow::Configure),
            expected_seconds: typical.map(|typical| typical.seconds),
            expected_from: typical.map_or(0, |typical| typical.from),
            waits: preview.waits.unwrap_or_default(),
            incomplete: preview.refusal.or(preview.nowhere).map(|why| cover.text(&why)).unwrap_or_default(),
            ..Plan::default()
        })
    }

    /// What a request that was carried out wrote: what its run left, against what the run before it had left.
    async fn written(
        &self,
        request: &Request,
        runs: &[Run],
        stored: Option<&Object>,
        cover: &Cover,
    ) -> Result<Vec<FileDiff>> {
        let Some(run) = runs.iter().find(|run| carried_out(run, request)) else { return Ok(Vec::new()) };
        let configured = |other: &&Run| {
            other.spec.sequence < run.spec.sequence
                && other.spec.workflow == Workflow::Configure
                && other.status.phase == RunPhase::Succeeded
        };
        let before = runs.iter().find(configured).map(files_of).unwrap_or_default();
        self.between(&before, &files_of(run), stored, cover).await
    }

    /// What one run left against what another did, where it stands now.
    pub(super) async fn between(
        &self,
        before: &Left,
        after: &Left,
        stored: Option<&Object>,
        cover: &Cover,
    ) -> Result<Vec<FileDiff>> {
        let digests: BTreeSet<domain::Digest> = before.values().chain(after.values()).cloned().collect();
        let blobs = self.doors.services.store.blobs(&digests.into_iter().collect::<Vec<_>>()).await?;
        let text = |digest: Option<&domain::Digest>| {
            digest.map(|digest| String::from_utf8_lossy(blobs.get(digest).map_or(&[], Vec::as_slice)).into_owned())
        };
        let placements = match stored {
            Some(stored) => self.placements(stored).await?,
            None => Vec::new(),
        };
        let keys: BTreeSet<&(String, String)> = before.keys().chain(after.keys()).collect();
        let files = keys.into_iter().map(|key| {
            let (pipeline, path) = key;
            let placed = placements
                .iter()
                .find(|placement| placement.spec.pipeline == *pipeline && placement.spec.files.contains_key(path));
            FileChange {
                path: placed.map_or_else(|| path.clone(), |placement| placement.spec.full(path)),
                destination: placed.map_or_else(String::new, |placement| placement.spec.destination.clone()),
                before: text(before.get(key)),
                after: text(after.get(key)),
            }
        });
        Ok(diffs(files, cover))
    }
}

/// What must not stand in a plan: the secrets asked for now and at any time before, since old files hold old secrets.
fn secrets_of(promised: &Promised, request: &Request, stored: Option<&Object>, requests: &[Request]) -> Cover {
    let known = requests.iter().map(|request| &request.spec.input);
    let specs = known.chain([&request.spec.input]).chain(stored.map(|stored| &stored.spec));
    Cover::of(&promised.schema, specs)
}

/// Diffs with secrets covered, changes first, and not more lines than one reads.
pub(super) fn diffs(files: impl Iterator<Item = FileChange>, cover: &Cover) -> Vec<FileDiff> {
    let shown = |change: FileChange| {
        let differs = change.before != change.after;
        let before = change.before.map(|text| cover.text(&text));
        let after = change.after.map(|text| cover.text(&text));
        let mut diff = diff::file(&FileChange { before, after, ..change });
        // where only a secret changes nothing is seen, and yet the file is written
        if differs && diff.change == Change::Same {
            diff.change = Change::Change;
        }
        diff
    };
    let mut files: Vec<FileDiff> = files.map(shown).collect();
    files.sort_by(|a, b| (a.change == Change::Same, &a.path).cmp(&(b.change == Change::Same, &b.path)));
    let mut room = MOST_LINES;
    for file in &mut files {
        room -= diff::cut(file, room);
    }
    files
}

pub fn kind(operation: Operation) -> RequestKind {
    match operation {
        Operation::Create => RequestKind::Create,
        Operation::Update => RequestKind::Update,
        Operation::Delete => RequestKind::Delete,
        Operation::Action => RequestKind::Act,
        Operation::Extend => RequestKind::Extend,
    }
}

pub fn phase(phase: request::RequestPhase) -> RequestPhase {
    match phase {
        request::RequestPhase::Draft => RequestPhase::Draft,
        request::RequestPhase::Submitted => RequestPhase::Submitted,
        request::RequestPhase::Running => RequestPhase::Running,
        request::RequestPhase::Succeeded => RequestPhase::Succeeded,
        request::RequestPhase::Failed => RequestPhase::Failed,
        request::RequestPhase::Superseded => RequestPhase::Superseded,
        request::RequestPhase::Withdrawn => RequestPhase::Withdrawn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_file_in_which_only_a_secret_changes_is_told_as_changed() {
        let schema = json!({"type": "object", "properties": {"password": {"type": "string", "writeOnly": true}}});
        let schema = forms::Schema::parse(&schema).unwrap();
        let specs = [json!({"password": "hunter22"}), json!({"password": "hunter33"})];
        let (before, after) = (Some("password: hunter22\n".to_owned()), Some("password: hunter33\n".to_owned()));
        let file = FileChange { path: "a.yaml".into(), destination: "dev".into(), before, after };
        let diffs = diffs(std::iter::once(file), &Cover::of(&schema, &specs));
        assert_eq!((diffs[0].change, diff::told(&diffs[0]).as_str()), (Change::Change, " password: ••••••"));
    }

    #[test]
    fn changes_come_first_and_all_files_together_stay_readable() {
        let file = |path: &str, before: &str, after: &str| FileChange {
            path: path.into(),
            destination: "dev".into(),
            before: Some(before.into()),
            after: Some(after.into()),
        };
        let long = "x\n".repeat(400);
        let mut files = vec![file("a", "same", "same")];
        files.extend((0..10).map(|index| file(&format!("f{index}"), "", &long)));
        let mut diffs = diffs(files.into_iter(), &Cover::default());
        assert_eq!(diffs[0].path, "f0");
        assert_eq!(diffs.last().map(|diff| diff.path.as_str()), Some("a"));
        assert_eq!(diffs.iter_mut().map(|file| diff::cut(file, 400)).sum::<usize>(), 3_000);
        assert_eq!(diffs[9].hidden, 400);
    }
}
