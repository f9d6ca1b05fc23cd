//! Writing down what a step did: the only way a run's steps move from `Running` to an end.

use super::{Left, Phase, PipelineMetadata, Run, StepAt, StepRun, contract::Contents};
use crate::{
    error::{Error, Result},
    time::Timestamp,
    work::Files,
    workflow::Retry,
};
use std::{ops::Range, time::Duration};

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
        /// Nobody knows whether it did what it was to do: the next attempt goes under the same key.
        unclear: bool,
    },
    /// What it wants is not so yet: it is looked at again in the next pass.
    Waiting {
        message: String,
    },
    /// Its condition does not hold: the folders stay as they are.
    Skipped {
        message: String,
        /// The bytes of the pipeline's metadata files.
        metadata_contents: Contents,
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
        Self::Failed { message: error.message.clone(), exit_code: None, permanent: true, unclear: false }
    }
}

impl Run {
    /// Records the outcome of the step at `at`. Returns false, changing nothing, when that step is not running: the word comes too late.
    pub fn record(&mut self, at: StepAt, outcome: Outcome, retry: Retry, now: Timestamp) -> bool {
        let seed = self.idempotency_key(at);
        let Some(pipeline) = self.status.pipelines.get_mut(at.pipeline) else { return false };
        let (output, metadata) = (pipeline.output.clone(), pipeline.metadata.clone());
        let Some(step) = pipeline.steps.get_mut(at.step).filter(|step| step.phase == Phase::Running) else {
            return false;
        };
        step.holder = None;
        step.finished_at = Some(now);
        let left = match outcome {
            Outcome::Failed { message, exit_code, permanent, unclear } => {
                step.phase = Phase::Failed;
                step.repeats = unclear;
                step.unclear += u32::from(unclear);
                step.exit_code = exit_code;
                step.message = message;
                step.next_attempt_at =
                    (!permanent && step.attempt < retry.attempts).then(|| now + retry.pause(step.attempt, &seed));
                return true;
            }
            Outcome::Done(result) => {
                step.phase = Phase::Succeeded;
                step.exit_code = result.exit_code;
                step.message = result.message;
                step.next_attempt_at = None;
                Left::new(result.output, result.metadata, &result.metadata_contents)
            }
            Outcome::Waiting { message } => {
                step.phase = Phase::Suspended;
                step.finished_at = None;
                step.message = message;
                return true;
            }
            Outcome::Skipped { message, metadata_contents } => {
                step.phase = Phase::Skipped;
                step.message = message;
                step.started_at = None;
                step.next_attempt_at = None;
                Left::new(output, metadata, &metadata_contents)
            }
        };
        let kept = left.map(|left| step.left = Some(left));
        if let Err(error) = kept.and_then(|()| self.end_group(at, now))
            && let Some(step) = self.step_mut(at)
        {
            step.phase = Phase::Failed;
            step.message = error.message;
            step.left = None;
        }
        true
    }

    /// Once all steps of a group are done, what they left is what the next ones find.
    fn end_group(&mut self, at: StepAt, now: Timestamp) -> Result<()> {
        let Some(pipeline) = self.status.pipelines.get_mut(at.pipeline) else { return Ok(()) };
        let Range { start, end } = pipeline.group(at.step);
        let Some(group) = pipeline.steps.get_mut(start..end).filter(|group| group.iter().all(StepRun::is_over)) else {
            return Ok(());
        };
        let all: Vec<(String, Left)> =
            group.iter_mut().filter_map(|step| Some((step.name.clone(), step.left.take()?))).collect();
        let left = Left::together(&pipeline.output, &pipeline.metadata, all)?;
        pipeline.output = left.output;
        pipeline.metadata = left.metadata;
        if end == pipeline.steps.len() {
            self.end_pipeline(at.pipeline, PipelineMetadata::read(&left.said)?, now)?;
        }
        Ok(())
    }

    /// The last step is done: the metadata files say whether the pipeline is finished or waits.
    fn end_pipeline(&mut self, pipeline: usize, said: PipelineMetadata, now: Timestamp) -> Result<()> {
        let Some(pipeline) = self.status.pipelines.get_mut(pipeline) else { return Ok(()) };
        if said.control.retry_after.is_some() && pipeline.attempts >= said.control.max_attempts {
            let told = format!("it has asked to be run again {} times, which is as often as it may", pipeline.attempts);
            let said = said.control.message;
            pipeline.message = if said.is_empty() { told } else { format!("{told}: {said}") };
            return Err(Error::bad_request(pipeline.message.clone()));
        }
        pipeline.result = said.result;
        if said.control.stops() {
            pipeline.phase = Phase::Suspended;
            pipeline.message = said.control.message;
            pipeline.attempts += u32::from(said.control.retry_after.is_some());
            pipeline.next_retry_at = said.control.retry_after.map(|after| now + after.max(SHORTEST_WAIT));
        } else {
            pipeline.phase = Phase::Succeeded;
            pipeline.message = String::new();
            pipeline.next_retry_at = None;
        }
        Ok(())
    }
}
