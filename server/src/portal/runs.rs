//! Runs: the list, and one with its steps and their logs.

use super::{ServerPortal, facts, paging};
use app::{
    pages::{
        run::RunPage,
        runs::{Runs, RunsQuery},
    },
    paths::ResourceKey,
    view::{Facet, LogLine, Paging, Phase, RunRow, StepView},
};
use domain::{
    Object, Result, Typed,
    document,
    object::GROUP,
    plan::Offer,
    run::{self, Run, RunKind, RunPhase, StepAt, Workflow},
};
use std::{collections::BTreeMap, sync::Arc};
use store::{Query, Sort};

/// Log lines drawn of one step; the rest is behind a link.
const LINES: usize = 300;

pub(super) type OffersByPromise = BTreeMap<String, Arc<Offer>>;

impl ServerPortal {
    pub(super) async fn runs_page(&self, query: &RunsQuery) -> Result<Runs> {
        const PAGE: i64 = 30;
        let store = &self.doors.services.store;
        let phases: &[&str] = match query.state.as_str() {
            "active" => &["Running", "Suspended"],
            "succeeded" => &["Succeeded"],
            "failed" => &["Failed"],
            _ => &[],
        };
        let labels = if query.promise.is_empty() { Default::default() } else { super::label("midspan.dev/promise", &query.promise) };
        let base = Query {
            phases: phases.iter().map(|phase| (*phase).to_owned()).collect(),
            labels,
            sort: Sort::Created,
            descending: true,
            limit: PAGE,
            ..Query::of_kind(GROUP, "Run")
        };
        let paged = paging::page(store, base, &query.after, &query.before).await?;
        let offers = facts::offers_of(self)?;
        let promises = offers.values().map(|offer| Facet { value: offer.promise.name.clone(), label: offer.promise.title().to_owned(), count: 0 }).collect();
        let any = !paged.objects.is_empty() || store.count(&Query { limit: 1, ..Query::of_kind(GROUP, "Run") }).await? > 0;
        let rows = paged.objects.into_iter().map(|object| self.run_row(object, &offers)).collect::<Result<Vec<_>>>()?;
        Ok(Runs { rows, promises, paging: Paging { previous: paged.previous, next: paged.next, total: None }, any })
    }

    pub(super) async fn run_page(&self, name: &str) -> Result<RunPage> {
        let run = self.stored_run(name).await?;
        let offers = facts::offers_of(self)?;
        let offer = self.doors.services.offers.by_name(&self.doors.services.store, &run.spec.revision).await?;
        let requests = Query {
            labels: super::label("midspan.dev/resource", &run.spec.resource.name),
            sort: Sort::Created,
            descending: true,
            limit: 50,
            ..Query::of_kind(GROUP, "Request")
        };
        let requests = self.doors.services.store.list(&requests).await?.objects;
        let made_by = requests.iter().find(|object| {
            object.status.get("run").and_then(serde_json::Value::as_str) == Some(name)
                || object.spec.get("generation").and_then(serde_json::Value::as_i64) == Some(run.spec.generation)
                    && object.spec.pointer("/resource/uid").and_then(serde_json::Value::as_str) == Some(run.spec.resource.uid.as_str())
        });
        let inputs = made_by.and_then(|object| object.spec.get("input")).map(document::to_yaml).unwrap_or_default();
        Ok(RunPage {
            version: offer.as_ref().map_or_else(String::new, |offer| offer.promise.version.clone()),
            request: made_by.map_or_else(String::new, |object| object.metadata.name.clone()),
            steps: self.steps(&run, offer.as_deref()).await?,
            inputs,
            run: row(&run, &offers),
        })
    }

    pub(super) fn run_row(&self, object: Object, offers: &OffersByPromise) -> Result<RunRow> {
        Ok(row(&Typed::<RunKind>::parse(object)?, offers))
    }

    /// The steps with the ends of their logs.
    pub(super) async fn steps(&self, run: &Run, offer: Option<&Offer>) -> Result<Vec<StepView>> {
        let mut logs = self.logs(&run.metadata.uid).await?;
        let mut views = Vec::new();
        for (pipeline_index, pipeline) in run.status.pipelines.iter().enumerate() {
            for (step_index, step) in pipeline.steps.iter().enumerate() {
                let at = StepAt { pipeline: pipeline_index, step: step_index };
                let (log, log_total) = logs.remove(&(pipeline.name.clone(), step.name.clone())).unwrap_or_default();
                let retry = offer.and_then(|offer| offer.step(run.spec.workflow, at)).map(|step| step.retry.attempts);
                views.push(StepView {
                    pipeline: pipeline.name.clone(),
                    name: step.name.clone(),
                    uses: step.uses.map_or_else(String::new, |uses| uses.to_string()),
                    phase: phase(step, pipeline, run),
                    attempt: step.attempt,
                    max_attempts: retry.unwrap_or(1),
                    started: step.started_at,
                    finished: step.finished_at,
                    next_retry: step.next_attempt_at,
                    message: step.message.clone(),
                    hint: hint(step, retry.unwrap_or(1)),
                    log,
                    log_total,
                });
            }
        }
        Ok(views)
    }

    /// The newest lines of each step's log, and how many there are.
    async fn logs(&self, run: &str) -> Result<BTreeMap<(String, String), (Vec<LogLine>, u64)>> {
        const CHUNKS: i64 = 200;
        let mut logs: BTreeMap<(String, String), (Vec<LogLine>, u64)> = BTreeMap::new();
        let mut after = 0;
        loop {
            let chunks = self.doors.services.store.log(run, after, CHUNKS).await?;
            let Some(last) = chunks.last().map(|stored| stored.seq) else { return Ok(logs) };
            after = last;
            for chunk in chunks.into_iter().map(|stored| stored.chunk) {
                let (lines, total) = logs.entry((chunk.pipeline, chunk.step)).or_default();
                for text in chunk.text.lines() {
                    *total += 1;
                    lines.push(LogLine { number: *total, at: chunk.at, is_error: chunk.stream == "stderr", text: plain(text) });
                }
                if lines.len() > LINES {
                    lines.drain(..lines.len() - LINES);
                }
            }
        }
    }
}

pub(super) fn row(run: &Run, offers: &OffersByPromise) -> RunRow {
    let offer = offers.get(&run.spec.promise);
    let steps = || run.status.pipelines.iter().flat_map(|pipeline| &pipeline.steps);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let started = run.status.started_at;
    RunRow {
        name: run.metadata.name.clone(),
        resource: ResourceKey::new(&run.spec.resource.namespace, &run.spec.promise, &run.spec.resource.name),
        promise_title: offer.map_or_else(|| run.spec.promise.clone(), |offer| offer.promise.title().to_owned()),
        icon: offer.map_or_else(String::new, |offer| offer.promise.spec.icon.clone()),
        workflow: match run.spec.workflow {
            Workflow::Configure => "configure",
            Workflow::Delete => "delete",
        }
        .to_owned(),
        because: run.spec.trigger.clone(),
        by: String::new(),
        phase: match run.status.phase {
            RunPhase::Running => Phase::Running,
            RunPhase::Suspended => Phase::Waiting,
            RunPhase::Succeeded => Phase::Succeeded,
            RunPhase::Failed => Phase::Failed,
            RunPhase::Superseded => Phase::Skipped,
        },
        message: run.status.message.clone(),
        steps_done: count(steps().filter(|step| step.phase == run::Phase::Succeeded).count()),
        steps_total: count(steps().count()),
        queued: run.metadata.creation_timestamp.or(started).unwrap_or_default(),
        started,
        finished: run.status.finished_at,
    }
}

fn phase(step: &run::StepRun, pipeline: &run::PipelineRun, run: &Run) -> Phase {
    match step.phase {
        run::Phase::Pending if run.status.phase.finished() => Phase::Skipped,
        run::Phase::Pending => Phase::Pending,
        run::Phase::Running => Phase::Running,
        run::Phase::Suspended => Phase::Waiting,
        run::Phase::Failed if step.next_attempt_at.is_some() && !run.status.phase.finished() => Phase::Waiting,
        run::Phase::Failed => Phase::Failed,
        run::Phase::Skipped => Phase::Skipped,
        run::Phase::Succeeded if pipeline.phase == run::Phase::Suspended => Phase::Waiting,
        run::Phase::Succeeded => Phase::Succeeded,
    }
}

/// What to try next, where the kind of failure says it.
fn hint(step: &run::StepRun, attempts: u32) -> String {
    if step.phase != run::Phase::Failed || step.next_attempt_at.is_some() {
        return String::new();
    }
    let hint = match step.uses {
        Some(domain::workflow::StepKind::Template) => "The promise's template refuses these values. Change them, or ask the promise's owner.",
        Some(domain::workflow::StepKind::Container) => "This server runs no containers yet. Ask the platform team.",
        _ if step.attempt >= attempts && attempts > 1 => "All attempts are used up. Run it again once the cause is gone.",
        _ => "Run it again once the cause is gone, or ask the promise's owner.",
    };
    hint.to_owned()
}

/// A log line without the codes that colour a terminal.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' && chars.peek() == Some(&'[') {
            chars.next();
            while chars.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
        } else if c == '\t' || !c.is_control() {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_s_colours_do_not_reach_the_page() {
        assert_eq!(plain("\u{1b}[31mred\u{1b}[0m and \u{7}plain"), "red and plain");
    }
}
