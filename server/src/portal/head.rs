//! The head of a resource: who it is, what stands in its way with the next step, what the caller may do.

use super::{
    ServerPortal, actions,
    facts::{facts, key_of, trouble, version},
};
use crate::service::{kinds::Served, pins::annotated};
use app::{
    pages::resource::{Day2, Deed, Notice, ResourceHead},
    paths::{self, ResourceKey},
    view::Tone,
};
use domain::{
    Object, Result, Typed,
    binding::LATEST,
    caller::Verb,
    facets::REQUESTED_BY,
    object::GROUP,
    run::{Phase, Run, RunKind},
    status::{OperationState, ResourceStatus},
};

impl ServerPortal {
    /// The head shared by all tabs of a resource.
    pub(super) async fn head(&self, object: &Object, served: &Served) -> Result<ResourceHead> {
        let status = ResourceStatus::read(&object.status);
        let promise = served.promised().map(|promised| &promised.offer.promise);
        let key = key_of(object);
        let refusal = self
            .refusal(Verb::Write, &key.namespace)
            .unwrap_or_else(|| if object.deleting() { "It is being deleted".to_owned() } else { String::new() });
        let stuck = trouble(object, &status);
        let run = match stuck {
            Some(ready) if ["StepFailed", "StepRetrying", "Suspended"].contains(&ready.reason.as_str()) => {
                self.newest_run(object, &status).await?
            }
            _ => None,
        };
        Ok(ResourceHead {
            notice: stuck
                .map(|ready| notice(&ready.reason, &ready.message, &key, run.as_ref(), object.deleting()))
                .or_else(|| action_failed(&status))
                .or_else(|| drifted(&status, &key)),
            facts: facts(object, &status),
            promise_title: promise.map_or_else(|| object.kind.clone(), |promise| promise.title().to_owned()),
            icon: promise.map_or_else(String::new, |promise| promise.spec.icon.clone()),
            api_version: object.api_version.clone(),
            kind: object.kind.clone(),
            owner: object.metadata.labels.get(REQUESTED_BY).cloned().unwrap_or_default(),
            part_of: self.parent(object).await?,
            created: object.metadata.creation_timestamp.unwrap_or_default(),
            is_deleting: object.deleting(),
            day2: [Deed::Edit, Deed::RunAgain, Deed::Delete].map(|deed| Day2 { deed, refusal: refusal.clone() }).into(),
            actions: self.buttons(object, served).await?,
            time_left: actions::time_left(&status, served),
            held: held(object, &status, promise.map_or("", |promise| promise.version.as_str())),
            version: version(&status, promise.map(|promise| promise.version.as_str())),
            key,
        })
    }

    pub(super) async fn newest_run(&self, object: &Object, status: &ResourceStatus) -> Result<Option<Run>> {
        if status.run.is_empty() {
            return Ok(None);
        }
        let store = &self.doors.services.store;
        let found = store.by_name(GROUP, "Run", &object.metadata.namespace, &status.run).await?;
        found.map(Typed::<RunKind>::parse).transpose()
    }
}

/// The last action has failed; the resource is none the worse for it.
fn action_failed(status: &ResourceStatus) -> Option<Notice> {
    let last = status.last_action.as_ref().filter(|last| last.state == OperationState::Failed)?;
    Some(Notice {
        tone: Tone::Warn,
        title: format!("The action {} failed", last.name),
        sentence: last.message.clone(),
        action: "Open the run".to_owned(),
        href: paths::run(&last.run),
    })
}

/// Something at a destination is not as it was placed.
fn drifted(status: &ResourceStatus, key: &ResourceKey) -> Option<Notice> {
    let drift = status.drift.as_ref()?;
    Some(Notice {
        tone: Tone::Warn,
        title: "It is not as it was placed".to_owned(),
        sentence: drift.words(),
        action: "See what differs".to_owned(),
        href: key.tab("drift"),
    })
}

/// Whether it is held at a version, and what there is beyond it.
fn held(object: &Object, status: &ResourceStatus, current: &str) -> String {
    let bound = Some(status.resource_binding_version.as_str()).filter(|version| !matches!(*version, "" | LATEST));
    match annotated(object).or(bound) {
        None => String::new(),
        Some(_) if status.promise_version == current || current.is_empty() => "pinned".to_owned(),
        Some(_) => format!("pinned; {current} is there"),
    }
}

/// The root cause in one banner, leading to where one can see or mend it.
fn notice(reason: &str, sentence: &str, key: &ResourceKey, run: Option<&Run>, deleting: bool) -> Notice {
    let step = || match run.and_then(|run| Some((run, run.find(|step| step.phase == Phase::Failed)?))) {
        Some((run, at)) => super::steps::address(run, at),
        None => run.map_or_else(String::new, |run| paths::run(&run.metadata.name)),
    };
    let (tone, title, action, href) = match reason {
        "StepFailed" if deleting => (Tone::Bad, "It could not be deleted", "Open the failed step", step()),
        "StepFailed" => (Tone::Bad, "The last run failed", "Open the failed step", step()),
        "StepRetrying" => (Tone::Warn, "A step failed and will be tried again", "Open the step", step()),
        "Suspended" => (Tone::Warn, "A pipeline asked to wait", "Open the run", step()),
        "Paused" => (Tone::Warn, "Paused", "", String::new()),
        "PromiseMissing" => (Tone::Bad, "Its promise is missing", "Open the catalog", paths::CATALOG.to_owned()),
        "NoDestination" => (Tone::Warn, "There is nowhere to put it", "Open the promise", paths::promise(&key.promise)),
        "PlacementFailing" => (Tone::Bad, "The destination does not take the files", "See the files", key.tab("files")),
        "HeldByFinalizers" => (Tone::Warn, "Somebody else holds it", "", String::new()),
        _ => (Tone::Warn, "Waiting", "", String::new()),
    };
    let action = if href.is_empty() { "" } else { action };
    Notice { tone, title: title.to_owned(), sentence: sentence.to_owned(), action: action.to_owned(), href }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        Timestamp,
        run::RunSpec,
        workflow::{Pipeline, Step, StepKind},
    };

    fn failed_run() -> Run {
        let step = |name: &str| Step { name: name.into(), uses: StepKind::Template, ..Step::default() };
        let pipelines =
            [Pipeline { name: "render".into(), steps: vec![step("cluster"), step("backups")], ..Pipeline::default() }];
        let mut run = Run::new(RunSpec::default(), &pipelines, Timestamp::default());
        run.metadata.name = "run-1".into();
        run.status.pipelines[0].steps[0].phase = Phase::Succeeded;
        run.status.pipelines[0].steps[1].phase = Phase::Failed;
        run
    }

    #[track_caller]
    fn check(reason: &str, run: Option<&Run>, expected: &str) {
        let notice = notice(reason, "why", &ResourceKey::new("default", "postgresql", "shop"), run, false);
        assert_eq!(format!("{} [{}]({})", notice.title, notice.action, notice.href), expected);
    }

    #[test]
    fn a_notice_leads_to_the_place_where_one_sees_why() {
        let run = failed_run();
        check("StepFailed", Some(&run), "The last run failed [Open the failed step](/runs/run-1#step-render/backups)");
        check("StepFailed", None, "The last run failed []()");
        check("NoDestination", None, "There is nowhere to put it [Open the promise](/catalog/postgresql)");
        check(
            "PlacementFailing",
            None,
            "The destination does not take the files [See the files](/r/default/postgresql/shop/files)",
        );
    }
}
