//! Steps whose effect no plan can show beforehand, told as far as their definition tells it.

use app::pages::request::PlannedEffect;
use domain::{
    promise::Promise,
    run::Workflow,
    workflow::{Step, StepKind},
};
use serde_json::Value;

/// The steps of a workflow that do something outside.
pub fn of(promise: &Promise, workflow: Workflow) -> Vec<PlannedEffect> {
    let workflows = &promise.spec.workflows.resource;
    let pipelines = match workflow {
        Workflow::Configure => &workflows.configure,
        Workflow::Delete => &workflows.delete,
        // each has its own
        Workflow::Action => return Vec::new(),
    };
    let several = pipelines.len() > 1;
    let effect = |pipeline: &str, step: &Step| PlannedEffect {
        step: if several { format!("{pipeline} / {}", step.name) } else { step.name.clone() },
        uses: step.uses.to_string(),
        sentence: sentence(step),
    };
    let steps = pipelines.iter().flat_map(|pipeline| pipeline.steps.iter().map(|step| (pipeline.name.as_str(), step)));
    steps.filter(|(_, step)| !step.uses.is_pure()).map(|(pipeline, step)| effect(pipeline, step)).collect()
}

fn sentence(step: &Step) -> String {
    let text = |pointer: &str| step.with.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    match step.uses {
        StepKind::Template => "Renders files.".to_owned(),
        StepKind::Http => {
            let method = Some(text("/method")).filter(|method| !method.is_empty()).unwrap_or("POST");
            format!("Sends {method} {} once, with an idempotency key.", address(text("/url")))
        }
        StepKind::Command => {
            let program = text("/command/0").rsplit('/').next().unwrap_or_default();
            let program = if program.is_empty() { "a program" } else { program };
            format!("Runs {program} on the server; it is given this resource.")
        }
        StepKind::Resource => "Asks for other resources and waits until they are ready.".to_owned(),
        StepKind::Wait => match text("/message") {
            "" => "Waits until a condition holds.".to_owned(),
            message => format!("Waits: {message}."),
        },
        StepKind::Container => match text("/image") {
            "" => "Runs a container; it is given this resource.".to_owned(),
            image => format!("Runs the container {image}; it is given this resource."),
        },
    }
}

/// Scheme and host: what stands behind them may be made of values, or be a secret.
fn address(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "to an address made of its values".to_owned() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if host.is_empty() || url.starts_with("{{") || host.contains("{{") {
        return "to an address made of its values".to_owned();
    }
    format!("{scheme}://{host}/…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::workflow::Pipeline;
    use serde_json::json;

    #[track_caller]
    fn check(uses: StepKind, with: Value, expected: &str) {
        let step = Step { name: "notify".into(), uses, with, ..Step::default() };
        let mut promise = Promise::default();
        promise.spec.workflows.resource.configure =
            vec![Pipeline { name: "main".into(), steps: vec![step], ..Pipeline::default() }];
        let told = of(&promise, Workflow::Configure);
        let told: Vec<&str> = told.iter().map(|effect| effect.sentence.as_str()).collect();
        assert_eq!(told.join("|"), expected);
    }

    #[test]
    fn an_effect_is_told_without_what_might_be_secret() {
        let url = json!({"url": "https://bot:t0ken@registry.example.com/databases?key=t0ken"});
        check(StepKind::Http, url, "Sends POST https://registry.example.com/… once, with an idempotency key.");
        let url = json!({"url": "{{ spec.webhook }}", "method": "PUT"});
        check(StepKind::Http, url, "Sends PUT to an address made of its values once, with an idempotency key.");
        let command = json!({"command": ["/usr/bin/register", "--token=t0ken"]});
        check(StepKind::Command, command, "Runs register on the server; it is given this resource.");
    }

    #[test]
    fn what_only_renders_is_no_effect() {
        check(StepKind::Template, json!({}), "");
    }
}
