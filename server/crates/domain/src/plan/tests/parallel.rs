//! Steps that run at the same time, and steps that a condition leaves out.

use super::{given::files, world::World};
use crate::{
    reason::Reason,
    run::{Outcome, Phase, StepAt, StepResult},
    workflow::Retry,
};
use insta::assert_snapshot;

const BESIDE: &str = "
configure:
- name: instance
  steps:
  - {name: plan, uses: command}
  - {name: dns, uses: command, parallel: true, retry: {attempts: 2, backoff: 10s}}
  - {name: apply, uses: command}
";
const PLAN: StepAt = StepAt { pipeline: 0, step: 0 };
const DNS: StepAt = StepAt { pipeline: 0, step: 1 };
const APPLY: StepAt = StepAt { pipeline: 0, step: 2 };

impl World {
    #[track_caller]
    fn ends(&mut self, at: StepAt, outcome: Outcome) {
        let retry = Retry { attempts: 2, ..Retry::default() };
        let now = self.now;
        assert!(self.runs.last_mut().unwrap().record(at, outcome, retry, now), "{at:?} was not running");
    }

    fn running_steps(&self) -> Vec<StepAt> {
        self.run().running().collect()
    }
}

fn leaves(path: &str, content: &str) -> Outcome {
    Outcome::Done(files(&[]).with(&[path], content).0)
}

fn fails(permanent: bool) -> Outcome {
    Outcome::Failed { message: "no route".to_owned(), exit_code: Some(1), permanent, unclear: false }
}

#[test]
fn steps_beside_each_other_start_together_and_the_next_one_finds_what_both_left() {
    let mut world = World::started(BESIDE);
    assert_eq!(world.running_steps(), [PLAN, DNS]);
    assert_eq!(world.status().message, "Running step plan and dns of pipeline instance");
    world.ends(DNS, leaves("dns.yaml", "v1"));
    assert!(matches!(world.pass(), Reason::StepRunning { step, .. } if step == "plan"));
    world.ends(PLAN, leaves("plan.yaml", "v1"));
    world.pass();
    assert_eq!(world.running_steps(), [APPLY]);
    let pipeline = &world.run().status.pipelines[0];
    assert_eq!(pipeline.output.keys().collect::<Vec<_>>(), ["dns.yaml", "plan.yaml"]);
    assert!(pipeline.steps.iter().all(|step| step.left.is_none()));
}

#[test]
fn two_that_leave_different_things_at_one_path_fail_the_run_with_both_names() {
    let mut world = World::started(BESIDE);
    world.ends(PLAN, leaves("same.yaml", "one"));
    world.ends(DNS, leaves("same.yaml", "two"));
    world.pass();
    assert_eq!(
        world.status().message,
        "Step dns of pipeline instance failed: the steps plan and dns ran at the same time and left different things at /kratix/output/same.yaml"
    );
}

#[test]
fn a_failure_beside_a_running_step_waits_for_it_before_the_run_ends() {
    let mut world = World::started(BESIDE);
    world.ends(PLAN, fails(true));
    assert!(matches!(world.pass(), Reason::StepRunning { step, .. } if step == "dns"));
    world.ends(DNS, fails(false));
    assert!(matches!(world.pass(), Reason::StepFailed { step, .. } if step == "plan"));
    assert_snapshot!(world.told_runs(), @"1 configure generation 1 created: Failed (instance/plan Failed, instance/dns Failed, instance/apply Skipped)");
}

#[test]
fn one_of_two_is_tried_again_while_the_other_runs_on() {
    let mut world = World::started(BESIDE);
    world.ends(DNS, fails(false));
    assert!(matches!(world.pass(), Reason::StepRunning { .. }));
    world.later(13);
    world.pass();
    assert_eq!(world.running_steps(), [PLAN, DNS]);
    assert_eq!(world.run().step(DNS).unwrap().attempt, 2);
    assert_eq!(world.run().step(PLAN).unwrap().attempt, 1);
}

#[test]
fn both_are_taken_up_when_their_holder_dies_and_one_that_nobody_performs_alone() {
    let mut world = World::started(BESIDE);
    let mut observed = world.observed();
    observed.abandoned.insert(DNS);
    assert_eq!(crate::plan::plan(observed, world.now).perform, [DNS]);
    world.holder_dies();
    world.pass();
    assert_eq!([PLAN, DNS].map(|at| world.run().step(at).unwrap().resumed), [1, 1]);
}

#[test]
fn a_step_that_is_left_out_leaves_the_files_as_they_are_and_ends_its_pipeline_when_it_is_the_last() {
    let mut world = World::started(
        "configure: [{name: instance, steps: [{name: plan, uses: command}, {name: notify, uses: http}]}]",
    );
    let said = files(&["plan.yaml"]).says("status.yaml", "url: https://a").0;
    world.ends(PLAN, Outcome::Done(said.clone()));
    world.pass();
    let skipped = Outcome::Skipped { message: String::new(), metadata_contents: said.metadata_contents };
    world.ends(DNS, skipped);
    world.carry_on();
    assert_eq!(world.run().step(DNS).unwrap().phase, Phase::Skipped);
    assert_eq!(world.status().phase.as_str(), "Ready");
    assert_eq!(world.resource.status["url"], "https://a");
    assert_eq!(world.placed(), ["dev: plan.yaml stands"]);
}

#[test]
fn a_metadata_file_that_one_of_two_wrote_counts() {
    let mut world = World::started(
        "configure: [{name: a, steps: [{name: one, uses: command}, {name: two, uses: command, parallel: true}]}]",
    );
    let mut said: StepResult = files(&[]).says("status.yaml", "by: one").0;
    said.metadata.insert("status.yaml".to_owned(), crate::Digest::of("by: one"));
    world.ends(PLAN, Outcome::Done(said));
    world.ends(DNS, Outcome::Done(files(&[]).0));
    world.pass();
    assert_eq!(world.resource.status["by"], "one");
}
