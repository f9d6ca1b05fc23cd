//! What happened to a resource: its time line, joined with the requests that say what exactly was asked.

use super::{ServerPortal, actions, settings};
use crate::service::expiry::EXPIRED;
use app::{
    pages::history::{HistoryPage, HistoryQuery},
    paths::{self, ResourceKey},
    view::{FieldChange, Happening, Tone},
};
use domain::{
    Error, Result,
    event::{Event, Level},
    request::{Operation, Request},
};
use forms::Schema;

impl ServerPortal {
    pub(super) async fn history_page(&self, key: &ResourceKey, query: &HistoryQuery) -> Result<HistoryPage> {
        const PAGE: i64 = 50;
        let (served, promised, object) = self.found(key).await?;
        let unknown = |_| Error::bad_request("this page of the history does not exist");
        let before = Some(&query.before).filter(|text| !text.is_empty());
        let before = before.map(|text| text.parse().map_err(unknown)).transpose()?;
        // one more than is shown says whether there are older ones
        let mut events = self.doors.services.store.events(&object.metadata.uid, before, PAGE + 1).await?;
        let more = events.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
        events.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
        let older = events.last().filter(|_| more).map(|last| last.seq.to_string());
        let requests = self.requests_of(&object.metadata.uid).await?;
        let happenings = events.iter().map(|stored| happening(&promised.schema, &stored.event, &requests)).collect();
        let comparison = match before {
            // what is older is read for itself
            Some(_) => None,
            None => self.comparison(&object, &promised, &requests, query).await?,
        };
        Ok(HistoryPage { head: self.head(&object, &served).await?, happenings, older, comparison })
    }
}

/// An event in the words of the page.
pub fn happening(schema: &Schema, event: &Event, requests: &[Request]) -> Happening {
    const ASKED: [&str; 5] = ["Requested", "ChangeRequested", "DeleteRequested", "ActionRequested", "Extended"];
    let asked = ASKED.contains(&event.reason.as_str());
    // a request and the line about it are written together
    let request = requests.iter().find(|request| asked && request.status.submitted_at == Some(event.at));
    match request {
        Some(request) => asked_for(schema, event, request, requests),
        None => told(event),
    }
}

fn asked_for(schema: &Schema, event: &Event, request: &Request, requests: &[Request]) -> Happening {
    let changes = match request.spec.operation {
        Operation::Action | Operation::Extend => actions::inputs(request),
        _ => changes(schema, request, requests),
    };
    let title = match (request.spec.operation, changes.as_slice()) {
        (Operation::Create, _) => "Requested".to_owned(),
        (Operation::Delete, _) if request.spec.reason == EXPIRED => "Deleted: its time was over".to_owned(),
        (Operation::Delete, _) => "Deletion requested".to_owned(),
        (Operation::Action, _) => format!("Action {} requested", request.spec.action),
        (Operation::Extend, _) => "Extended".to_owned(),
        (Operation::Update, []) => "Change requested".to_owned(),
        (Operation::Update, [only]) => sentence(only),
        (Operation::Update, several) => format!("{} settings changed", several.len()),
    };
    Happening {
        at: event.at,
        tone: Tone::Quiet,
        title,
        who: event.actor.clone(),
        source: if request.spec.source == "page" { "portal".to_owned() } else { request.spec.source.clone() },
        href: paths::request(&request.metadata.name),
        changes: if changes.len() > 1 || !request.spec.operation.is_change() { changes } else { Vec::new() },
        ..Happening::default()
    }
}

/// What a request for a change changed, against the one before it.
pub fn changes(schema: &Schema, request: &Request, requests: &[Request]) -> Vec<FieldChange> {
    if request.spec.operation != Operation::Update {
        return Vec::new();
    }
    let before = requests.iter().filter(|other| other.spec.operation.is_change());
    let before = before.filter(|other| other.spec.generation < request.spec.generation);
    let before = before.filter(|other| !other.spec.input.is_null()).max_by_key(|other| other.spec.generation);
    before.map(|before| settings::changes(schema, &before.spec.input, &request.spec.input)).unwrap_or_default()
}

fn sentence(change: &FieldChange) -> String {
    let FieldChange { label, before, after, .. } = change;
    match (before.as_str(), after.as_str()) {
        (before, after) if before == after => format!("{label} changed"),
        ("", after) => format!("{label} set to {after}"),
        (_, "") => format!("{label} removed"),
        (before, after) => format!("{label} changed from {before} to {after}"),
    }
}

/// What Midspan itself has to say, or what was asked for too long ago.
fn told(event: &Event) -> Happening {
    let run = event.text("run");
    let asked_again = event.reason == "RunAgainRequested";
    let (title, tone) = match event.reason.as_str() {
        "Requested" => ("Requested", Tone::Quiet),
        "ChangeRequested" => ("Change requested", Tone::Quiet),
        "DeleteRequested" => ("Deletion requested", Tone::Quiet),
        "RunAgainRequested" => ("Asked to run again", Tone::Quiet),
        "Ready" => ("Ready", Tone::Good),
        "Placing" => ("Placing files", Tone::Busy),
        "StepRunning" => ("Running", Tone::Busy),
        "StepRetrying" => ("A step failed, to be tried again", Tone::Warn),
        "StepFailed" => ("A step failed", Tone::Bad),
        "Suspended" => ("Waiting", Tone::Warn),
        "Paused" => ("Paused", Tone::Warn),
        "NoDestination" => ("No destination", Tone::Warn),
        "PlacementFailing" => ("The destination refuses", Tone::Bad),
        "PromiseMissing" => ("The promise is missing", Tone::Bad),
        "FinishingOlder" => ("Finishing the step that runs", Tone::Busy),
        "Repairing" => ("Putting files back", Tone::Busy),
        "DriftFound" => ("Not as placed", Tone::Warn),
        "DriftGone" => ("As placed again", Tone::Good),
        "Withdrawing" => ("Removing files", Tone::Busy),
        "ActionRequested" => ("Action requested", Tone::Quiet),
        "ActionStarted" => ("Action under way", Tone::Busy),
        "ActionSuspended" => ("Action waiting", Tone::Warn),
        "ActionSucceeded" => ("Action done", Tone::Good),
        "ActionFailed" => ("Action failed", Tone::Bad),
        "ExpiresSoon" => ("Its time is nearly over", Tone::Warn),
        "Expired" => ("Its time is over", Tone::Warn),
        "ExpiryHeld" => ("Its time is over, and it cannot go yet", Tone::Bad),
        "Deleted" => ("Deleted", Tone::Quiet),
        "StepWaiting" => ("A step waits", Tone::Busy),
        other => (other, if event.level() == Level::Warning { Tone::Warn } else { Tone::Quiet }),
    };
    Happening {
        at: event.at,
        tone,
        title: title.to_owned(),
        // said by the title already
        detail: Some(event.message.clone()).filter(|says| !asked_again && says != title).unwrap_or_default(),
        who: event.actor.clone(),
        source: if event.actor.is_empty() { "midspan".to_owned() } else { String::new() },
        href: if run.is_empty() { String::new() } else { paths::run(run) },
        changes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Timestamp, request::RequestSpec};
    use serde_json::{Value, json};

    fn schema() -> Schema {
        Schema::parse(&json!({"type": "object", "properties": {
            "size": {"title": "Size", "oneOf": [{"const": "s", "title": "Small"}, {"const": "m", "title": "Medium"}]},
            "disk": {"title": "Disk", "type": "integer", "x-ui": {"unit": "GiB"}},
            "password": {"title": "Password", "type": "string", "writeOnly": true},
        }}))
        .unwrap()
    }

    fn request(generation: i64, operation: Operation, input: Value) -> Request {
        let spec = RequestSpec {
            operation,
            generation,
            input,
            asked_by: "dana".into(),
            source: "page".into(),
            ..RequestSpec::default()
        };
        Request::submitted(&format!("req_{generation}"), spec, Timestamp::from_micros(generation))
    }

    #[track_caller]
    fn check(generation: i64, reason: &str, expected: &str) {
        let requests = [
            request(1, Operation::Create, json!({"size": "s", "disk": 10, "password": "hunter22"})),
            request(2, Operation::Update, json!({"size": "m", "disk": 10, "password": "hunter22"})),
            request(3, Operation::Update, json!({"size": "s", "password": "hunter22"})),
            request(4, Operation::Update, json!({"size": "s", "password": "hunter33"})),
            request(5, Operation::Delete, Value::Null),
        ];
        let at = Timestamp::from_micros(generation);
        let event =
            Event { at, reason: reason.into(), actor: "dana".into(), message: "(message)".into(), ..Event::default() };
        let happening = happening(&schema(), &event, &requests);
        let changes: Vec<String> = happening
            .changes
            .iter()
            .map(|change| format!("{}: {} -> {}", change.label, change.before, change.after))
            .collect();
        let told = [happening.title, happening.detail, happening.source, changes.join(", ")];
        assert_eq!(told.join("|"), expected);
    }

    #[test]
    fn a_change_is_told_by_what_it_changed() {
        check(1, "Requested", "Requested||portal|");
        check(2, "ChangeRequested", "Size changed from Small to Medium||portal|");
        check(3, "ChangeRequested", "2 settings changed||portal|Size: Medium -> Small, Disk: 10 GiB -> ");
        check(5, "DeleteRequested", "Deletion requested||portal|");
    }

    #[test]
    fn a_secret_changes_without_being_told() {
        check(4, "ChangeRequested", "Password changed||portal|");
    }

    #[test]
    fn what_no_request_is_known_of_keeps_its_own_words() {
        check(99, "ChangeRequested", "Change requested|(message)||");
        check(2, "Ready", "Ready|(message)||");
    }
}
