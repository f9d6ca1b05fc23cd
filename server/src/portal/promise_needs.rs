//! Promises that need somebody who runs the platform: those that failed, and those that take no requests.

use super::{ServerPortal, facts};
use app::{pages::home::Need, paths, view::Tone};
use domain::{
    Object, Result,
    caller::{Target, Verb, may},
    promise::{Availability, PromiseStatus},
};
use store::Query;

impl ServerPortal {
    pub(super) async fn failing_promises(&self) -> Result<Vec<Need>> {
        if may(&self.asker.caller, Verb::Write, Target::Platform("promises")).is_err() {
            return Ok(Vec::new());
        }
        let promises = Query { kind: Some("Promise".to_owned()), ..Query::default() };
        let promises = self.doors.services.store.find(&promises).await?;
        let titles = facts::titles(&self.offers());
        let title = |promise: &Object| titles.get(&promise.metadata.name).cloned();
        let need = |promise: &Object| need(promise, &title(promise).unwrap_or_else(|| promise.metadata.name.clone()));
        Ok(promises.iter().filter_map(need).collect())
    }
}

fn need(promise: &Object, title: &str) -> Option<Need> {
    let status = PromiseStatus::read(&promise.status);
    let has_failed = status.workflows_failed > 0;
    let behind = status.observed_generation != promise.metadata.generation;
    if behind || promise.deleting() && !has_failed || !has_failed && status.status == Availability::Available {
        return None;
    }
    let at = status.conditions.iter().map(|condition| condition.last_transition_time).max().unwrap_or_default();
    // a workflow that has only begun needs nobody
    let is_under_way =
        !has_failed && status.workflows > status.workflows_succeeded && status.required_promises.is_empty();
    let (tone, title, action, href) = match (has_failed, status.run.is_empty()) {
        _ if is_under_way => return None,
        (true, false) => (Tone::Bad, format!("The promise {title} failed"), "Open the run", paths::run(&status.run)),
        (true, true) => (
            Tone::Bad,
            format!("The promise {title} failed"),
            "Open the promise",
            paths::promise(&promise.metadata.name),
        ),
        (false, _) => (
            Tone::Warn,
            format!("{title} takes no requests"),
            "Open the promise",
            paths::promise(&promise.metadata.name),
        ),
    };
    Some(Need { tone, title, sentence: status.message, action: action.to_owned(), href, discard: String::new(), at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(status: Value, expected: &str) {
        let promise = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "db", "generation": 1}, "status": status});
        let told = need(&Object::from_value(promise).unwrap(), "Database");
        let told = told.map(|need| format!("{}: {} [{}]({})", need.title, need.sentence, need.action, need.href));
        assert_eq!(told.unwrap_or_default(), expected);
    }

    #[test]
    fn a_promise_that_failed_or_takes_no_requests_needs_somebody() {
        check(
            json!({"observedGeneration": 1, "status": "Unavailable", "workflows": 1, "workflowsFailed": 1, "run": "run-1", "message": "Step a failed"}),
            "The promise Database failed: Step a failed [Open the run](/runs/run-1)",
        );
        check(
            json!({"observedGeneration": 1, "status": "Unavailable", "message": "It requires certificates",
                "requiredPromises": [{"name": "certificates", "version": "v1", "state": "Requirement not installed"}]}),
            "Database takes no requests: It requires certificates [Open the promise](/catalog/db)",
        );
    }

    #[test]
    fn one_that_is_well_or_on_its_way_needs_nobody() {
        check(json!({"observedGeneration": 1, "status": "Available"}), "");
        check(json!({"observedGeneration": 1, "status": "Unavailable", "workflows": 1, "run": "run-1"}), "");
        check(json!({"observedGeneration": 0, "status": "Unavailable"}), "");
    }
}
