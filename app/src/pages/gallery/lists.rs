//! Lists, facts and what happened.

use domain::Timestamp;
use leptos::prelude::*;

use super::{LONG_NAME, LONG_TEXT, Shown, before, part};
use crate::{
    pages::{
        gone::RequestRow,
        request::{RequestKind, RequestPhase},
        resources::GoneRow,
    },
    parts::{
        facts::{facts, facts_in_row},
        pager::pager,
        table::{gone_table, request_table, resource_table, run_table, table},
        timeline::timeline,
        weighed::{Weighed, Weighing, why_here},
    },
    paths::{self, ResourceKey},
    view::{Facts, FieldChange, Happening, Health, Operation, Paging, Phase, ResourceRow, RunRow, Sync, Tone},
};

pub(super) fn shown(now: Timestamp) -> Vec<Shown> {
    vec![tables(now), pagers(), of_facts(), timelines(now), weighings()]
}

fn key(name: &str) -> ResourceKey {
    ResourceKey::new("shop", "postgresql", name)
}

fn resource(now: Timestamp, name: &str, facts: Facts, message: &str) -> ResourceRow {
    ResourceRow {
        key: key(name),
        promise_title: "PostgreSQL database".into(),
        icon: "database".into(),
        version: "v1.2.0".into(),
        facts,
        message: message.into(),
        created: before(now, 90_000),
        changed: before(now, 200),
    }
}

fn standing(health: Health, sync: Sync, operation: Operation) -> Facts {
    Facts {
        health,
        sync,
        operation,
        health_says: "Nobody has looked yet".into(),
        sync_says: "What was asked is placed".into(),
        operation_says: "Updated".into(),
    }
}

fn standings() -> [Facts; 6] {
    [
        standing(Health::Healthy, Sync::Synced, Operation::Succeeded),
        standing(Health::NotChecked, Sync::Synced, Operation::Succeeded),
        standing(Health::Progressing, Sync::Pending, Operation::Running),
        standing(Health::Degraded, Sync::Drifted, Operation::Failed),
        standing(Health::Unknown, Sync::Unknown, Operation::Waiting),
        standing(Health::NotChecked, Sync::Synced, Operation::Deleting),
    ]
}

fn tables(now: Timestamp) -> Shown {
    let resources: Vec<ResourceRow> = standings()
        .into_iter()
        .zip(["orders-db", "billing-db", "search-cache", "events", LONG_NAME, "old-db"])
        .map(|(facts, name)| {
            let message = match (facts.operation, name) {
                (Operation::Failed, _) => LONG_TEXT,
                (_, LONG_NAME) => LONG_NAME,
                _ => "",
            };
            resource(now, name, facts, message)
        })
        .collect();
    let phases = [Phase::Pending, Phase::Running, Phase::Waiting, Phase::Succeeded, Phase::Failed, Phase::Skipped];
    let runs: Vec<RunRow> = phases.into_iter().map(|phase| run(now, phase)).collect();
    let gone = GoneRow {
        key: key("old-db"),
        promise_title: "PostgreSQL database".into(),
        icon: "database".into(),
        request: "req-1".into(),
        by: "dana".into(),
        at: before(now, 7_300),
    };
    let request = RequestRow {
        name: "req-1".into(),
        what: RequestKind::Create,
        phase: RequestPhase::Succeeded,
        by: "dana".into(),
        at: before(now, 7_300),
    };
    let none = view! { <tr><td colspan="2" class="cell-quiet">"Nothing yet"</td></tr> };
    part(
        "table",
        vec![
            ("Resources", resource_table("Sample resources", &resources, now).into_any()),
            ("Runs", run_table("Sample runs", &runs, now).into_any()),
            ("Requests", request_table("Sample requests", &[request], now).into_any()),
            ("Deleted", gone_table("Sample deleted resources", &[gone], now).into_any()),
            ("Empty", table("An empty list", ["Name", "State"], none).into_any()),
        ],
    )
}

fn run(now: Timestamp, phase: Phase) -> RunRow {
    let failed = phase == Phase::Failed;
    RunRow {
        name: "run-1".into(),
        resource: key(if failed { LONG_NAME } else { "orders-db" }),
        promise_title: "PostgreSQL database".into(),
        icon: "database".into(),
        workflow: "configure".into(),
        because: "the spec changed".into(),
        by: "dana".into(),
        phase,
        message: if failed { LONG_TEXT.into() } else { String::new() },
        steps_done: 1,
        steps_total: 3,
        queued: before(now, 300),
        started: (phase != Phase::Pending).then(|| before(now, 290)),
        finished: (!phase.is_active()).then(|| before(now, 120)),
    }
}

fn pagers() -> Shown {
    let paging = |previous: bool, next: bool| Paging {
        previous: previous.then(|| "p".to_owned()),
        next: next.then(|| "n".to_owned()),
        total: Some(90),
    };
    // each of something else: no two of them have the same name on one page
    let of = |paging: &Paging, noun| pager(paging, 30, noun, |_, _| paths::GALLERY.to_owned()).into_any();
    part(
        "pager",
        vec![
            ("In the middle", of(&paging(true, true), "run")),
            ("At the start", of(&paging(false, true), "resource")),
            ("At the end", of(&paging(true, false), "request")),
            ("All of it", of(&Paging::default(), "token")),
        ],
    )
}

fn of_facts() -> Shown {
    let standings = standings();
    let whole = standings.iter().map(|each| view! { <div class="gallery-state">{facts(each)}</div> }).collect_view();
    let rows = standings.iter().map(|each| view! { <p>{facts_in_row(each)}</p> }).collect_view();
    let long = Facts { sync_says: LONG_TEXT.into(), operation_says: LONG_NAME.into(), ..standings[3].clone() };
    part(
        "facts",
        vec![("In full", whole.into_any()), ("In a row", rows.into_any()), ("Long words", facts(&long).into_any())],
    )
}

fn timelines(now: Timestamp) -> Shown {
    let change =
        FieldChange { label: "Size".into(), path: "spec.size".into(), before: "small".into(), after: "large".into() };
    let entry = |tone, title: &str, source: &str| Happening {
        at: before(now, 400),
        tone,
        title: title.into(),
        detail: String::new(),
        who: "dana".into(),
        source: source.into(),
        href: String::new(),
        changes: Vec::new(),
    };
    let entries = [
        Happening { changes: vec![change], ..entry(Tone::Good, "Size changed from small to large", "portal") },
        Happening {
            detail: LONG_TEXT.into(),
            href: paths::GALLERY.into(),
            ..entry(Tone::Bad, "The run failed", "cli")
        },
        entry(Tone::Busy, "Asked to run again", "api"),
        entry(Tone::Warn, LONG_NAME, "git"),
        Happening { who: String::new(), ..entry(Tone::Quiet, "Written to dev", "midspan") },
    ];
    part("timeline", vec![("Every tone", timeline(&entries, now).into_any()), ("Empty", timeline(&[], now).into_any())])
}

fn weighings() -> Shown {
    let row = |destination: &str, says: &str, is_chosen| Weighed {
        destination: destination.into(),
        says: says.into(),
        is_chosen,
    };
    let rows = vec![row("eu-west-1", "has all it asks for", true), row(LONG_NAME, "lacks zone=b", false)];
    part(
        "weighed",
        vec![(
            "A fold",
            why_here(&[Weighing { of: "render".into(), asks: "environment=prod".into(), rows }]).into_any(),
        )],
    )
}
