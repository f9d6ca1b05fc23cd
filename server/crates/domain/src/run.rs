//! One execution of a workflow: its pipelines, their steps, attempts and what each produced.

mod call;
mod contract;
mod left;
mod record;
mod step;

pub use call::Call;
pub use contract::{Contents, Control, Metadata as PipelineMetadata};
pub use left::Left;
pub use record::{Outcome, StepResult};
pub use step::{Holder, StepAt, StepRun};

use crate::{
    condition::Truth,
    object::{Kind, Typed},
    selector::Labels,
    time::Timestamp,
    work::{DirectorySelector, Files, home},
    workflow::Pipeline,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::ops::Range;
use step::is_zero;

pub struct RunKind;
impl Kind for RunKind {
    const KIND: &'static str = "Run";
    const PLURAL: &'static str = "runs";
    const NAMESPACED: bool = true;
    type Spec = RunSpec;
    type Status = RunStatus;
}
pub type Run = Typed<RunKind>;

/// Why and on what a run works; never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunSpec {
    pub promise: String,
    pub revision: String,
    pub resource: ResourceRef,
    pub workflow: Workflow,
    /// Whose workflow it is.
    #[serde(default, skip_serializing_if = "WorkflowType::is_resource")]
    pub workflow_type: WorkflowType,
    /// The resource's generation this run makes true.
    pub generation: i64,
    /// Counts the runs of one resource, from 1.
    pub sequence: i64,
    /// How often the promise had asked all of its resources to run again when this run started.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u64,
    /// What made it start, in words: `created`, `the spec changed`, `the promise has a new revision`, `asked to run again`, `deleted`.
    pub trigger: String,
    /// Who asked for it to run again; empty where the trigger is no asking.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub asked_by: String,
    /// Of the outputs of others it works with; empty when there are none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub inputs: String,
    /// The action it carries out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Call>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceRef {
    pub api_version: String,
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub uid: String,
}

/// Whose workflow: a promise has one for each of its resources, and one for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WorkflowType {
    #[default]
    Resource,
    Promise,
}

impl WorkflowType {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
    fn is_resource(&self) -> bool {
        *self == Self::Resource
    }
}

/// The occasion a workflow is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Workflow {
    #[default]
    Configure,
    Delete,
    /// Day 2: one of the promise's actions.
    Action,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunStatus {
    pub phase: RunPhase,
    pub pipelines: Vec<PipelineRun>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunPhase {
    #[default]
    Running,
    /// A pipeline asked to wait for a person or for a time.
    Suspended,
    Succeeded,
    Failed,
    /// Something newer was asked for before it was done.
    Superseded,
}

impl RunPhase {
    pub fn finished(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Superseded)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PipelineRun {
    pub name: String,
    pub phase: Phase,
    pub steps: Vec<StepRun>,
    /// `/kratix/output` after the newest finished step.
    #[serde(skip_serializing_if = "Files::is_empty")]
    pub output: Files,
    /// `/kratix/metadata` after the newest finished step.
    #[serde(skip_serializing_if = "Files::is_empty")]
    pub metadata: Files,
    /// What the metadata files said, once the last step was done.
    #[serde(skip_serializing_if = "PipelineResult::is_empty")]
    pub result: PipelineResult,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// How often the pipeline asked to be run again.
    #[serde(skip_serializing_if = "is_zero")]
    pub attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_retry_at: Option<Timestamp>,
}

/// What a finished pipeline says beside its files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PipelineResult {
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub status: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub outputs: Map<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selectors: Vec<DirectorySelector>,
}

impl PipelineResult {
    pub fn is_empty(&self) -> bool {
        self.status.is_empty() && self.outputs.is_empty() && self.selectors.is_empty()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    #[default]
    Pending,
    /// Started, or about to be: the row was committed before the effect, so whoever finds it with its holder gone cannot know. That is `Unknown`.
    Running,
    Suspended,
    Succeeded,
    Failed,
    /// Its condition did not hold, or the run ended before its turn.
    Skipped,
}

impl Run {
    /// A run that has not begun any step. Its identity follows from the resource and the sequence.
    pub fn new(spec: RunSpec, pipelines: &[Pipeline], now: Timestamp) -> Self {
        let uid = match &spec.action {
            None => crate::digest::derive_uid("run", &[&spec.resource.uid, &spec.sequence.to_string()]),
            Some(call) => crate::digest::derive_uid("run", &[&spec.resource.uid, "action", &call.request]),
        };
        let pipelines = pipelines.iter().map(PipelineRun::new).collect();
        let mut labels = Labels::from([("midspan.dev/promise".to_owned(), spec.promise.clone())]);
        if spec.workflow_type == WorkflowType::Resource {
            labels.insert("midspan.dev/resource".to_owned(), spec.resource.name.clone());
        }
        if let Some(call) = &spec.action {
            labels.insert("midspan.dev/action".to_owned(), call.name.clone());
        }
        Self {
            metadata: crate::Metadata {
                name: uid.replace('_', "-"),
                namespace: home(&spec.resource.namespace),
                uid,
                creation_timestamp: Some(now.to_second()),
                labels,
                ..crate::Metadata::default()
            },
            spec,
            status: RunStatus { phase: RunPhase::Running, pipelines, started_at: Some(now), ..RunStatus::default() },
        }
    }

    /// The condition that tells how the workflow stands: its type, truth, reason and message. `reason` is what a run that is on its way waits for.
    pub fn told(&self, reason: &str) -> (&'static str, Truth, &'static str, String) {
        let (kind, failed, suspended) = match self.spec.workflow {
            Workflow::Configure => ("ConfigureWorkflowCompleted", "ConfigureWorkflowFailed", "WorkflowSuspended"),
            Workflow::Delete => ("DeleteWorkflowCompleted", "DeleteWorkflowFailed", "DeleteWorkflowSuspended"),
            Workflow::Action => ("LastActionSucceeded", "ActionFailed", "ActionSuspended"),
        };
        let reason = reason.to_owned();
        let (truth, code, message) = match self.status.phase {
            RunPhase::Succeeded => (Truth::True, "PipelinesExecutedSuccessfully", "All pipelines have run".to_owned()),
            RunPhase::Failed => (Truth::False, failed, self.status.message.clone()),
            RunPhase::Suspended => (Truth::False, suspended, reason),
            RunPhase::Running | RunPhase::Superseded => (Truth::False, "PipelinesInProgress", reason),
        };
        (kind, truth, code, message)
    }

    pub fn step(&self, at: StepAt) -> Option<&StepRun> {
        self.status.pipelines.get(at.pipeline)?.steps.get(at.step)
    }

    pub fn step_mut(&mut self, at: StepAt) -> Option<&mut StepRun> {
        self.status.pipelines.get_mut(at.pipeline)?.steps.get_mut(at.step)
    }

    /// Names one deed of one step for the outside world: the same for every try, different for the attempt after one that is known to have failed.
    pub fn idempotency_key(&self, at: StepAt) -> String {
        let attempt = self.step(at).map_or(0, StepRun::deed);
        let round = self.status.pipelines.get(at.pipeline).map_or(0, |pipeline| pipeline.attempts);
        let parts = [at.pipeline.to_string(), at.step.to_string(), round.to_string(), attempt.to_string()];
        let parts = [self.metadata.uid.as_str(), &parts[0], &parts[1], &parts[2], &parts[3]];
        crate::digest::derive_uid("step", &parts)
    }

    /// The steps that are being performed: one, or several of one group.
    pub fn running(&self) -> impl Iterator<Item = StepAt> {
        self.steps().filter(|(_, step)| step.phase == Phase::Running).map(|(at, _)| at)
    }

    pub fn find(&self, test: impl Fn(&StepRun) -> bool) -> Option<StepAt> {
        self.steps().find(|(_, step)| test(step)).map(|(at, _)| at)
    }

    /// All steps in order, each with its place.
    pub fn steps(&self) -> impl Iterator<Item = (StepAt, &StepRun)> {
        self.status.pipelines.iter().enumerate().flat_map(|(pipeline, run)| {
            run.steps.iter().enumerate().map(move |(step, run)| (StepAt { pipeline, step }, run))
        })
    }

    /// Ends the run: what has not begun is skipped.
    pub fn finish(&mut self, phase: RunPhase, message: impl Into<String>, now: Timestamp) {
        self.status.phase = phase;
        self.status.message = message.into();
        self.status.finished_at = Some(now);
        for pipeline in &mut self.status.pipelines {
            for step in &mut pipeline.steps {
                if matches!(step.phase, Phase::Pending | Phase::Suspended) {
                    step.phase = Phase::Skipped;
                }
            }
            if matches!(pipeline.phase, Phase::Pending | Phase::Running | Phase::Suspended) {
                pipeline.phase = if phase == RunPhase::Failed && pipeline.phase == Phase::Running {
                    Phase::Failed
                } else {
                    Phase::Skipped
                };
            }
        }
    }
}

impl PipelineRun {
    pub(crate) fn new(pipeline: &Pipeline) -> Self {
        let steps = pipeline.steps.iter().map(|step| StepRun {
            name: step.name.clone(),
            uses: Some(step.uses),
            parallel: step.parallel,
            ..StepRun::default()
        });
        Self { name: pipeline.name.clone(), steps: steps.collect(), ..Self::default() }
    }

    /// The steps that run together with the one at `step`, itself among them.
    pub fn group(&self, step: usize) -> Range<usize> {
        let begins = |at: &usize| *at == 0 || self.steps.get(*at).is_none_or(|step| !step.parallel);
        let start = (0..=step).rev().find(begins).unwrap_or(0);
        let end = (step + 1..self.steps.len()).find(begins).unwrap_or(self.steps.len());
        start..end
    }
}

impl Workflow {
    /// The word the step contract and the URLs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configure => "configure",
            Self::Delete => "delete",
            Self::Action => "action",
        }
    }
}
