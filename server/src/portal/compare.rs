//! Any two revisions of a resource beside each other: the settings that were asked for, and the files they led to.

use super::{ServerPortal, diff, resource::secrets_of, runs::files_of, secrets, settings};
use crate::service::kinds::Promised;
use app::pages::{
    history::HistoryQuery,
    history_comparison::{Comparison, Revised},
};
use domain::{
    Error, Object, Result, Timestamp, document,
    request::{Operation, Request, RequestPhase},
    run::{Run, RunPhase, Workflow},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// One generation of a spec: who asked for it, when, and what it was.
struct Asked<'r> {
    by: &'r str,
    at: Option<Timestamp>,
    spec: &'r Value,
}

impl ServerPortal {
    /// The revisions that the address names, or the last change; `None` where there are no two.
    pub(super) async fn comparison(
        &self,
        object: &Object,
        promised: &Promised,
        requests: &[Request],
        query: &HistoryQuery,
    ) -> Result<Option<Comparison>> {
        let known = revisions(object, requests);
        let newest = known.last_key_value().map_or(0, |(number, _)| *number);
        let to = chosen(&query.to)?.unwrap_or(newest);
        let before = known.range(..to).next_back().map_or(to, |(number, _)| *number);
        let from = chosen(&query.from)?.unwrap_or(before);
        let named = !query.from.is_empty() || !query.to.is_empty();
        let (Some(old), Some(new)) = (known.get(&from), known.get(&to)) else {
            let missing = if known.contains_key(&from) { to } else { from };
            let says =
                format!("There is no revision {missing} of {}, or it is not known any more.", object.metadata.name);
            return if named { Err(Error::bad_request(says)) } else { Ok(None) };
        };
        if known.len() < 2 {
            return Ok(None);
        }
        let schema = &promised.schema;
        let cover = secrets_of(promised, object, requests);
        let text = |spec: &Value| cover.text(&document::to_yaml(&secrets::covered(schema, spec)));
        let mut spec = diff::texts(Some(&text(old.spec)), Some(&text(new.spec)));
        "Settings".clone_into(&mut spec.path);
        let hidden =
            settings::changes(schema, old.spec, new.spec).into_iter().filter(|change| change.before == change.after);
        let runs = self.runs_of(&object.metadata.uid).await?;
        let (files, no_files) = match (made(&runs, from), made(&runs, to)) {
            (Some(old), Some(new)) => {
                let mut files = self.between(&files_of(old), &files_of(new), Some(object), &cover).await?;
                files.retain(|file| file.change != app::view::Change::Same);
                let none = if files.is_empty() { "Both led to the same files." } else { "" };
                (files, none.to_owned())
            }
            (old, _) => {
                let which = if old.is_none() { from } else { to };
                (
                    Vec::new(),
                    format!(
                        "The files are not compared: no run for revision {which} came to its end, or none is kept."
                    ),
                )
            }
        };
        let revised =
            |(number, asked): (&i64, &Asked<'_>)| Revised { number: *number, by: asked.by.to_owned(), at: asked.at };
        Ok(Some(Comparison {
            revisions: known.iter().rev().map(revised).collect(),
            from,
            to,
            spec,
            secrets: hidden.map(|change| change.label).collect(),
            files,
            no_files,
        }))
    }
}

/// All generations that are known, by their numbers: what was asked for, and what stands now.
fn revisions<'r>(object: &'r Object, requests: &'r [Request]) -> BTreeMap<i64, Asked<'r>> {
    let asked = requests.iter().filter(|request| {
        matches!(request.spec.operation, Operation::Create | Operation::Update)
            && !matches!(request.status.phase, RequestPhase::Draft | RequestPhase::Withdrawn)
            && !request.spec.input.is_null()
    });
    let asked = asked.map(|request| {
        let (by, at) = (request.spec.asked_by.as_str(), request.status.submitted_at);
        (request.spec.generation, Asked { by, at, spec: &request.spec.input })
    });
    let mut known: BTreeMap<i64, Asked<'r>> = asked.collect();
    let now = Asked { by: "", at: None, spec: &object.spec };
    known.entry(object.metadata.generation).or_insert(now);
    known
}

fn chosen(text: &str) -> Result<Option<i64>> {
    if text.is_empty() {
        return Ok(None);
    }
    let refused = |_| Error::bad_request("A revision is a number, as in ?from=1&to=2.");
    text.parse().map(Some).map_err(refused)
}

/// The newest run that made a generation.
fn made(runs: &[Run], generation: i64) -> Option<&Run> {
    runs.iter().find(|run| {
        run.spec.workflow == Workflow::Configure
            && run.spec.action.is_none()
            && run.spec.generation == generation
            && run.status.phase == RunPhase::Succeeded
    })
}
