//! Whether a step could be performed at all: read when its promise is published, so that no resource finds out later.

use super::{command, condition, http, template};
use crate::{children, wait};
use domain::{
    Cause, Error, Result,
    workflow::{Step, StepKind},
};

/// All that is wrong with a step that stands at `field`, such as `spec.workflows.resource.configure[0].steps[1]`.
pub fn faults(step: &Step, field: &str) -> Vec<Cause> {
    let condition = step.condition.as_ref().map_or(Ok(()), |source| condition::check(source, "if"));
    let condition = condition.err().map(|error| cause(format!("{field}.if"), plain(&error)));
    let with = check(step).err().map(|error| {
        let (place, message) = located(&error);
        let field = if place.is_empty() { field.to_owned() } else { format!("{field}.{place}") };
        cause(field, message)
    });
    condition.into_iter().chain(with).collect()
}

fn check(step: &Step) -> Result<()> {
    let with = &step.with;
    match step.uses {
        StepKind::Template => template::check(with),
        StepKind::Command => command::check(step),
        StepKind::Http => http::check(with),
        StepKind::Wait => wait::check(with, "with.until"),
        StepKind::Resource => children::check(with),
        // read with the promise itself: its fields are Kratix's
        StepKind::Container => Ok(()),
    }
}

/// The place in the definition and what is wrong there: `with.files["a.yaml"] line 3: …`.
fn located(error: &Error) -> (String, String) {
    let text = &error.message;
    if let Some(cause) = error.causes.first().filter(|cause| cause.field.starts_with("with")) {
        let message = cause.message.strip_prefix(&format!("{}: ", cause.field)).unwrap_or(&cause.message);
        return (cause.field.clone(), message.to_owned());
    }
    if let Some(cause) = error.causes.first().filter(|cause| cause.pointer.starts_with("with")) {
        return (cause.pointer.clone(), plain(error));
    }
    let begins = ["with", "env."].iter().any(|root| text.starts_with(root));
    let Some((place, message)) = text.split_once(": ").filter(|_| begins) else {
        return (String::new(), text.clone());
    };
    match place.split_once(" line ") {
        Some((place, line)) => (place.to_owned(), format!("line {line}: {message}")),
        None => (place.to_owned(), message.to_owned()),
    }
}

/// What is wrong, without where.
fn plain(error: &Error) -> String {
    error.causes.first().map_or(&error.message, |cause| &cause.message).clone()
}

pub(crate) fn cause(field: String, message: String) -> Cause {
    let pointer = format!("/{}", field.replace(['.', '['], "/").replace(']', ""));
    Cause { reason: "FieldValueInvalid".to_owned(), message, field, pointer, human: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(step: Value, expected: &[(&str, &str)]) {
        let mut whole = json!({"name": "s"});
        whole.as_object_mut().unwrap().extend(step.as_object().unwrap().clone());
        let step: Step = serde_json::from_value(whole).unwrap();
        let told = faults(&step, "steps[0]");
        let told: Vec<(&str, &str)> = told.iter().map(|cause| (cause.field.as_str(), cause.message.as_str())).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_template_that_cannot_be_read_is_told_with_its_file_and_line() {
        let files = json!({"a.yaml": "a: 1\nb: {{ spec.size }\n"});
        check(
            json!({"uses": "template", "with": {"files": files}}),
            &[("steps[0].with.files[\"a.yaml\"]", "line 2: `}`: unexpected `}`, expected end of variable block")],
        );
        check(
            json!({"uses": "template", "with": {"status": {"host": "{{ a.b | }}"}}}),
            &[("steps[0].with.status.host", "line 1: `}}`: unexpected end of variable block, expected identifier")],
        );
    }

    #[test]
    fn a_path_that_leaves_the_folder_is_refused() {
        check(
            json!({"uses": "template", "with": {"files": {"../a.txt": "x"}}}),
            &[("steps[0].with.files", "the path \"../a.txt\" has an empty part, `.` or `..`")],
        );
    }

    #[test]
    fn a_condition_that_cannot_be_read_is_told_where_it_stands() {
        check(
            json!({"uses": "wait", "with": {"until": "resorce.spec.on"}}),
            &[(
                "steps[0].with.until",
                "there is no resorce; a condition may speak of resource, object, promise, status, steps, children, placements",
            )],
        );
    }

    #[test]
    fn each_kind_of_step_says_what_is_wrong_with_it() {
        check(
            json!({"uses": "command", "with": {"command": []}}),
            &[("steps[0].with.command", "needs a program as its first element, such as [kubectl, version]")],
        );
        check(
            json!({"uses": "http", "with": {"url": "https://a.example.com", "method": "p st"}}),
            &[("steps[0].with.method", "\"p st\" is not an HTTP method")],
        );
        check(
            json!({"uses": "http", "if": "resorce.spec.on", "with": {"url": "https://a.example.com", "boddy": 1}}),
            &[
                (
                    "steps[0].if",
                    "there is no resorce; a condition may speak of resource, object, promise, status, steps, input",
                ),
                ("steps[0].with.boddy", "unknown field `boddy`; did you mean `body`?"),
            ],
        );
    }
}
