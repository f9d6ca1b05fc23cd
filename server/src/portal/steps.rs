//! The steps of a run: where each stands, what it said, what to try next.

use super::ServerPortal;
use app::{
    paths,
    view::{Phase, StepView},
};
use domain::{
    Result,
    plan::Offer,
    run::{self, PipelineRun, Run, StepAt, StepRun},
    workflow::StepKind,
};

impl ServerPortal {
    /// The steps with the ends of their logs.
    pub(super) async fn steps(&self, run: &Run, offer: Option<&Offer>) -> Result<Vec<StepView>> {
        let mut logs = self.logs(&run.metadata.uid).await?;
        let mut views = Vec::new();
        for (pipeline_at, pipeline) in run.status.pipelines.iter().enumerate() {
            for (step_at, step) in pipeline.steps.iter().enumerate() {
                let definition =
                    offer.and_then(|offer| offer.step(&run.spec, StepAt { pipeline: pipeline_at, step: step_at }));
                let tail = logs.remove(&(pipeline.name.clone(), step.name.clone())).unwrap_or_default();
                let mut view =
                    step_view(run, pipeline, step_at, step, definition.map_or(1, |step| step.retry.attempts));
                view.log_total = tail.total;
                view.log = tail.lines();
                views.push(view);
            }
        }
        Ok(views)
    }
}

/// Where a step stands on its run's page.
pub fn address(run: &Run, at: StepAt) -> String {
    let pipeline = run.status.pipelines.get(at.pipeline).map_or("", |pipeline| pipeline.name.as_str());
    paths::step(&run.metadata.name, pipeline, run.step(at).map_or("", |step| step.name.as_str()))
}

/// Whether a step has failed and will be tried again.
pub fn is_retrying(step: &StepRun, run: &Run) -> bool {
    step.phase == run::Phase::Failed && step.next_attempt_at.is_some() && !run.status.phase.finished()
}

/// A pipeline asks to wait when its last step is done: that is where one looks for why.
fn waits(pipeline: &PipelineRun, index: usize, step: &StepRun) -> bool {
    let is_last = index + 1 == pipeline.steps.len();
    is_last && pipeline.phase == run::Phase::Suspended && step.phase == run::Phase::Succeeded
}

/// How a step stands, in the word of pages.
pub fn phase(run: &Run, pipeline: &PipelineRun, index: usize, step: &StepRun) -> Phase {
    match step.phase {
        _ if waits(pipeline, index, step) => Phase::Waiting,
        run::Phase::Pending if run.status.phase.finished() => Phase::Skipped,
        run::Phase::Pending => Phase::Pending,
        run::Phase::Running => Phase::Running,
        run::Phase::Suspended => Phase::Waiting,
        run::Phase::Failed if is_retrying(step, run) => Phase::Waiting,
        run::Phase::Failed => Phase::Failed,
        run::Phase::Skipped => Phase::Skipped,
        run::Phase::Succeeded => Phase::Succeeded,
    }
}

fn step_view(run: &Run, pipeline: &PipelineRun, index: usize, step: &StepRun, attempts: u32) -> StepView {
    let waits = waits(pipeline, index, step);
    StepView {
        pipeline: pipeline.name.clone(),
        name: step.name.clone(),
        uses: step.uses.map_or_else(String::new, |uses| uses.to_string()),
        phase: phase(run, pipeline, index, step),
        attempt: step.attempt,
        max_attempts: attempts,
        started: step.started_at,
        finished: step.finished_at,
        next_retry: if waits {
            pipeline.next_retry_at
        } else {
            step.next_attempt_at.filter(|_| is_retrying(step, run))
        },
        message: if waits { pipeline.message.clone() } else { step.message.clone() },
        hint: hint(step, attempts),
        ..StepView::default()
    }
}

/// What to try next, where the kind of failure says it.
fn hint(step: &StepRun, attempts: u32) -> String {
    if step.phase != run::Phase::Failed || step.next_attempt_at.is_some() {
        return String::new();
    }
    let hint = match step.uses {
        Some(StepKind::Template) => {
            "The promise's template refuses these values. Change them, or ask the promise's owner."
        }
        _ if step.attempt >= attempts && attempts > 1 => {
            "All attempts are used up. Run it again once the cause is gone."
        }
        _ => "Run it again once the cause is gone, or ask the promise's owner.",
    };
    hint.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::{facts::Offers, runs::row};
    use domain::{
        Timestamp,
        run::{RunPhase, RunSpec},
        workflow::{Pipeline, Step},
    };

    fn run(phases: &[run::Phase]) -> Run {
        let step = |index: usize| Step { name: format!("step-{index}"), uses: StepKind::Http, ..Step::default() };
        let pipelines =
            [Pipeline { name: "main".into(), steps: (0..phases.len()).map(step).collect(), ..Pipeline::default() }];
        let mut run = Run::new(RunSpec::default(), &pipelines, Timestamp::default());
        for (step, phase) in run.status.pipelines[0].steps.iter_mut().zip(phases) {
            step.phase = *phase;
            step.attempt = 1;
        }
        run
    }

    fn told(run: &Run) -> String {
        let row = row(run, &Offers::new());
        let pipeline = &run.status.pipelines[0];
        let steps = pipeline.steps.iter().enumerate().map(|(at, step)| step_view(run, pipeline, at, step, 4));
        let steps: Vec<String> = steps
            .map(|step| format!("{:?} {} {}", step.phase, step.message, step.hint).trim_end().to_owned())
            .collect();
        format!("{:?} {}/{} {}\n{}", row.phase, row.steps_done, row.steps_total, row.message, steps.join("\n"))
    }

    #[test]
    fn a_step_that_will_be_tried_again_waits() {
        let mut run = run(&[run::Phase::Succeeded, run::Phase::Failed, run::Phase::Pending]);
        run.status.pipelines[0].steps[1].message = "no route".into();
        run.status.pipelines[0].steps[1].next_attempt_at = Some(Timestamp::from_micros(1));
        insta::assert_snapshot!(told(&run), @"
        Waiting 1/3 no route
        Succeeded
        Waiting no route
        Pending
        ");
    }

    #[test]
    fn a_failed_run_says_what_to_try_and_skips_the_rest() {
        let mut run = run(&[run::Phase::Failed, run::Phase::Pending]);
        run.status.pipelines[0].steps[0].message = "403".into();
        run.finish(RunPhase::Failed, "403", Timestamp::from_micros(1));
        insta::assert_snapshot!(told(&run), @"
        Failed 0/2 403
        Failed 403 Run it again once the cause is gone, or ask the promise's owner.
        Skipped
        ");
    }

    #[test]
    fn a_pipeline_that_asks_to_wait_shows_it_at_its_last_step() {
        let mut run = run(&[run::Phase::Succeeded, run::Phase::Succeeded]);
        run.status.phase = RunPhase::Suspended;
        run.status.pipelines[0].phase = run::Phase::Suspended;
        run.status.pipelines[0].message = "the network is not there yet".into();
        insta::assert_snapshot!(told(&run), @"
        Waiting 2/2 the network is not there yet
        Succeeded
        Waiting the network is not there yet
        ");
    }
}
