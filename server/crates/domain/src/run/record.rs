//! Writing down what a step did: the only way a run's steps move from `Running` to an end.

use super::{Phase, PipelineMetadata, Run, StepAt, contract::Contents};
use crate::{error::Error, time::Timestamp, work::Files, workflow::Retry};
use std::time::Duration;

/// A pipeline that asks to be run again at once would run for ever in one breath.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// What performing a step came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Done(StepResult),
    /// The attempt failed; whether it is tried again is the retry policy's word, unless `permanent`.
    Failed {
        message: String,
        exit_code: Option<i32>,
        permanent: bool,
    },
}

/// The pipeline's folders after the step: everything in them, not only what it added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepResult {
    pub output: Files,
    pub metadata: Files,
    /// The bytes of the metadata files, which decide how the pipeline goes on.
    pub metadata_contents: Contents,
    pub exit_code: Option<i32>,
    pub message: String,
}

impl Outcome {
    /// A failure that trying again cannot cure: the definition or the input is wrong.
    pub fn refused(error: &Error) -> Self {
        Self::Failed { message: error.message.clone(), exit_code: None, permanent: true }
    }
}

impl Run {
    /// Records the outcome of the step at `at`. Returns false, changing nothing, when that step is not running: the word comes too late.
    pub fn record(&mut self, at: StepAt, outcome: Outcome, retry: Retry, now: Timestamp) -> bool {
        let seed = self.idempotency_key(at);
        let Some(pipeline) = self.status.pipelines.get_mut(at.pipeline) else { return false };
        let is_last = at.step + 1 == pipeline.steps.len();
        let Some(step) = pipeline.steps.get_mut(at.step).filter(|step| step.phase == Phase::Running) else {
            return false;
        };
        step.holder = None;
        step.finished_at = Some(now);
        match outcome {
            Outcome::Failed { message, exit_code, permanent } => {
                step.phase = Phase::Failed;
                step.exit_code = exit_code;
                step.message = message;
                step.next_attempt_at =
                    (!permanent && step.attempt < retry.attempts).then(|| now + retry.pause(step.attempt, &seed));
            }
            Outcome::Done(result) => {
                step.phase = Phase::Succeeded;
                step.exit_code = result.exit_code;
                step.message = result.message;
                step.next_attempt_at = None;
                pipeline.output = result.output;
                pipeline.metadata = result.metadata;
                if is_last {
                    self.end_pipeline(at, &result.metadata_contents, now);
                }
            }
        }
        true
    }

    /// The last step is done: the metadata files say whether the pipeline is finished, waits, or is in error.
    fn end_pipeline(&mut self, at: StepAt, metadata: &Contents, now: Timestamp) {
        let Some(pipeline) = self.status.pipelines.get_mut(at.pipeline) else { return };
        match PipelineMetadata::read(metadata) {
            Err(error) => {
                if let Some(step) = pipeline.steps.get_mut(at.step) {
                    step.phase = Phase::Failed;
                    step.message = error.message;
                }
            }
            Ok(said) if said.control.retry_after.is_some() && pipeline.attempts >= said.control.max_attempts => {
                let told = format!("it has asked to be run again {} times, which is as often as it may", pipeline.attempts);
                let said = said.control.message;
                pipeline.message = if said.is_empty() { told } else { format!("{told}: {said}") };
                if let Some(step) = pipeline.steps.get_mut(at.step) {
                    step.phase = Phase::Failed;
                    step.message.clone_from(&pipeline.message);
                }
            }
            Ok(said) if said.control.stops() => {
                pipeline.phase = Phase::Suspended;
                pipeline.message = said.control.message;
                pipeline.result = said.result;
                pipeline.attempts += u32::from(said.control.retry_after.is_some());
                pipeline.next_retry_at = said.control.retry_after.map(|after| now + after.max(SHORTEST_WAIT));
            }
            Ok(said) => {
                pipeline.phase = Phase::Succeeded;
                pipeline.message = String::new();
                pipeline.next_retry_at = None;
                pipeline.result = said.result;
            }
        }
    }
}
