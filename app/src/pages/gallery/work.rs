//! What work looks like: steps with their logs, diffs of files and fields.

use domain::Timestamp;
use leptos::prelude::*;

use super::{LONG_NAME, LONG_TEXT, Shown, before, part};
use crate::{
    parts::{
        diff::{field_changes, file_diff, file_difference},
        log::log,
        steps::{progress, steps},
    },
    view::{
        Beside, Change, ChangedLine, DiffPart, DiffView, FieldChange, FileDiff, LogLine, Phase, RunRow, SameLine,
        StepView, Word,
    },
};

pub(super) fn shown(now: Timestamp) -> Vec<Shown> {
    vec![of_steps(now), logs(now), diffs()]
}

fn step(now: Timestamp, name: &str, phase: Phase) -> StepView {
    let started = (phase != Phase::Pending).then(|| before(now, 90));
    StepView {
        pipeline: "gallery".into(),
        name: name.into(),
        uses: "command".into(),
        phase,
        attempt: if phase == Phase::Waiting { 2 } else { 1 },
        max_attempts: 5,
        started,
        finished: started.filter(|_| !phase.is_active()).map(|_| before(now, 20)),
        next_retry: (phase == Phase::Waiting).then(|| before(now, -30)),
        message: if matches!(phase, Phase::Failed | Phase::Waiting) { LONG_TEXT.into() } else { String::new() },
        hint: if phase == Phase::Failed {
            "Look whether the registry is up, then run again.".into()
        } else {
            String::new()
        },
        log: Vec::new(),
        log_total: 0,
    }
}

fn lines(now: Timestamp) -> Vec<LogLine> {
    let line = |number, is_error, text: &str| LogLine { number, at: before(now, 60), is_error, text: text.into() };
    vec![
        line(41, false, "Rendering 12 files"),
        line(42, false, ""),
        line(43, true, LONG_TEXT),
        line(44, false, "  indented, and with <brackets> & signs"),
        line(45, true, LONG_NAME),
    ]
}

fn of_steps(now: Timestamp) -> Shown {
    let all = [
        step(now, "manifests", Phase::Succeeded),
        StepView { log: lines(now), log_total: 45, ..step(now, "register", Phase::Failed) },
        step(now, "warm-up", Phase::Running),
        step(now, "approve", Phase::Waiting),
        step(now, LONG_NAME, Phase::Pending),
        step(now, "announce", Phase::Skipped),
    ];
    let of = |phase, done| RunRow { phase, steps_done: done, steps_total: 3, ..RunRow::default() };
    let bars = [of(Phase::Pending, 0), of(Phase::Running, 1), of(Phase::Failed, 2), of(Phase::Succeeded, 3)];
    part(
        "steps",
        vec![
            (
                "Every phase; the failed one stands open",
                view! { <div class="panel">{steps("run-1", &all, now)}</div> }.into_any(),
            ),
            ("Progress", bars.iter().map(progress).collect_view().into_any()),
            ("None", steps("run-1", &[], now).into_any()),
        ],
    )
}

fn logs(now: Timestamp) -> Shown {
    let whole = StepView {
        pipeline: "whole".into(),
        log: lines(now),
        log_total: 5,
        ..step(now, "all-of-it", Phase::Succeeded)
    };
    let cut = StepView { pipeline: "cut".into(), log_total: 1_204, ..whole.clone() };
    part("log", vec![("All of it", log("run-1", &whole).into_any()), ("Cut", log("run-1", &cut).into_any())])
}

fn diffs() -> Shown {
    let same = |number, text: &str| SameLine { old: number, new: number, text: text.into() };
    let told_apart = |number, size: &str| ChangedLine {
        number,
        words: vec![Word { text: "  size: ".into(), differs: false }, Word { text: size.into(), differs: true }],
    };
    let changed = FileDiff {
        path: format!("dev/shop/{LONG_NAME}/cluster.yaml"),
        destination: "dev".into(),
        change: Change::Change,
        added: 1,
        removed: 1,
        parts: vec![
            DiffPart::Same(vec![same(1, "kind: Cluster")]),
            DiffPart::Folded { count: 12, lines: vec![same(2, "spec:"), same(3, "  instances: 3")] },
            DiffPart::Changed(vec![Beside { old: Some(told_apart(14, "25Gi")), new: Some(told_apart(14, "50Gi")) }]),
            DiffPart::Same(vec![same(15, LONG_TEXT)]),
        ],
        hidden: 210,
    };
    let only = |change, part, path: &str| FileDiff {
        path: path.into(),
        change,
        parts: vec![part],
        hidden: 0,
        ..changed.clone()
    };
    let policy = || ChangedLine::whole(1, "kind: NetworkPolicy");
    let came = DiffPart::Changed(vec![Beside { old: None, new: Some(policy()) }]);
    let went = DiffPart::Changed(vec![Beside { old: Some(policy()), new: None }]);
    let stayed = DiffPart::Same(vec![same(1, "kind: NetworkPolicy")]);
    let field = |label: &str, before: &str, after: &str| FieldChange {
        label: label.into(),
        path: "spec".into(),
        before: before.into(),
        after: after.into(),
    };
    let fields = [
        field("Size", "small", "large"),
        field("Backups", "", "Daily"),
        field("Note", LONG_NAME, ""),
        field("Key", "••••••", "••••••"),
    ];
    part(
        "diff",
        vec![
            ("Changed, with lines left out", file_diff(&changed, DiffView::Unified, true).into_any()),
            (
                "Side by side",
                file_diff(&FileDiff { path: "dev/beside.yaml".into(), ..changed.clone() }, DiffView::Split, true)
                    .into_any(),
            ),
            ("New", file_diff(&only(Change::Create, came, "dev/new.yaml"), DiffView::Unified, true).into_any()),
            ("Gone", file_diff(&only(Change::Remove, went, "dev/gone.yaml"), DiffView::Unified, true).into_any()),
            ("Unchanged", file_diff(&only(Change::Same, stayed, "dev/same.yaml"), DiffView::Unified, true).into_any()),
            (
                "Not shown, with the reason",
                file_difference(&changed, DiffView::Unified, (), "It is larger than 1 MB.").into_any(),
            ),
            ("Fields", field_changes(&fields).into_any()),
        ],
    )
}
