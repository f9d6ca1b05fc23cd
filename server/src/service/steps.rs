//! Every step of a promise can be read: its templates, conditions, paths and calls, before anybody asks for a resource.

use super::kinds::Served;
use domain::{Cause, Result, promise::Promise};
use orchestrator::steps::definition;

/// All faults of all steps at once, each at its field, with the line of the template.
pub(super) fn check_steps(promise: &Promise, served: &Served) -> Result<()> {
    const MOST: usize = 20;
    let workflows = &promise.spec.workflows;
    let all = [
        ("resource.configure", &workflows.resource.configure),
        ("resource.delete", &workflows.resource.delete),
        ("promise.configure", &workflows.promise.configure),
        ("promise.delete", &workflows.promise.delete),
    ];
    let all = all.into_iter().map(|(occasion, pipelines)| (occasion.to_owned(), pipelines));
    let actions = workflows.resource.actions.iter();
    let actions = actions.map(|(name, action)| (format!("resource.actions.{name}.pipelines"), &action.pipelines));
    let mut causes: Vec<Cause> = Vec::new();
    for (occasion, pipelines) in all.chain(actions) {
        for (pipeline_at, pipeline) in pipelines.iter().enumerate() {
            for (step_at, step) in pipeline.steps.iter().enumerate() {
                let field = format!("spec.workflows.{occasion}[{pipeline_at}].steps[{step_at}]");
                causes.extend(definition::faults(step, &field));
            }
        }
    }
    causes.extend(promise.spec.health.iter().flat_map(orchestrator::health::faults));
    causes.truncate(MOST);
    if causes.is_empty() { Ok(()) } else { Err(forms::admission::refusal(&served.invalid_name(&promise.name), causes)) }
}
