//! What can be seen of a world, in words.

use super::world::World;
use crate::{
    promise::PromiseStatus,
    run::{Phase, Run, StepAt},
    status::ResourceStatus,
};
use std::fmt::Write as _;

impl World {
    pub fn running(&self) -> Option<StepAt> {
        self.runs.last()?.running().next()
    }

    pub fn run(&self) -> &Run {
        self.runs.iter().rev().find(|run| run.spec.action.is_none()).unwrap()
    }

    pub fn status(&self) -> ResourceStatus {
        ResourceStatus::read(&self.resource.status)
    }

    pub fn promise_status(&self) -> PromiseStatus {
        PromiseStatus::read(&self.resource.status)
    }

    pub fn condition(&self, kind: &str) -> String {
        let (status, promise) = (self.status(), self.promise_status());
        let condition = status.condition(kind).or(promise.condition(kind));
        let condition = condition.unwrap_or_else(|| panic!("no condition {kind}"));
        format!("{:?} {}: {}", condition.status, condition.reason, condition.message)
    }

    /// Where files stand or are to stand: `destination/directory: paths`.
    pub fn placed(&self) -> Vec<String> {
        let told = self.placements.iter().map(|p| {
            let paths: Vec<&str> = p.spec.files.keys().map(String::as_str).collect();
            let state = if p.settled() { "stands" } else { "open" };
            let going = if p.spec.withdrawn { " going" } else { "" };
            format!("{}: {} {state}{going}", p.spec.destination, paths.join(" "))
        });
        let mut told: Vec<String> = told.collect();
        told.sort();
        told
    }

    /// What became of each request.
    pub fn answers(&self) -> String {
        let told = self.requests.iter().map(|request| {
            format!("{} {:?} {}", request.spec.operation.as_str(), request.status.phase, request.status.message)
                .trim_end()
                .to_owned()
        });
        told.collect::<Vec<_>>().join("\n")
    }

    /// The runs there were: what made them start and how they ended.
    pub fn told_runs(&self) -> String {
        let told = self.runs.iter().map(|run| {
            let steps = run
                .status
                .pipelines
                .iter()
                .flat_map(|pipeline| pipeline.steps.iter().map(move |step| (pipeline, step)));
            let steps = steps
                .map(|(pipeline, step)| format!("{}/{} {:?}", pipeline.name, step.name, step.phase))
                .collect::<Vec<_>>()
                .join(", ");
            format!(
                "{} {} generation {} {}: {:?} ({steps})",
                run.spec.sequence,
                run.spec.workflow.as_str(),
                run.spec.generation,
                run.spec.trigger,
                run.status.phase
            )
        });
        told.collect::<Vec<_>>().join("\n")
    }

    pub fn story(&self) -> String {
        self.story.trim_end().to_owned()
    }

    pub fn tell(&mut self, what: &str) {
        let _ = writeln!(self.story, "     - {what}");
    }

    /// How many steps of the newest run are in this phase.
    pub fn count(&self, phase: Phase) -> usize {
        self.run()
            .status
            .pipelines
            .iter()
            .flat_map(|pipeline| &pipeline.steps)
            .filter(|step| step.phase == phase)
            .count()
    }
}
