//! The small parts: buttons, states, notices, code, moments.

use domain::Timestamp;
use leptos::prelude::*;

use super::{LONG_NAME, LONG_TEXT, Shown, before, part};
use crate::{
    commands::{self, Entry, Group, Reach},
    pages::{keys, request::RequestPhase},
    parts::{
        banner::banner,
        button::{Weight, copy_button, link_button, refused_button},
        chip::chip,
        code::{code_block, code_value},
        empty::empty,
        icon::{ALL, Icon, icon},
        moment::{ago, took},
        palette,
    },
    paths,
    view::{Change, Health, Operation, Phase, Sync, Tone},
};

const HERE: &str = paths::GALLERY;

pub(super) fn shown(now: Timestamp) -> Vec<Shown> {
    vec![buttons(), chips(), icons(), banners(), empties(), codes(), moments(now), palettes()]
}

fn row(views: Vec<AnyView>) -> AnyView {
    view! { <div class="page-actions">{views}</div> }.into_any()
}

fn buttons() -> Shown {
    let link = |which, label: &str, weight| link_button(HERE.to_owned(), which, label, weight);
    // a form that asks for this page again: pressed, it does nothing
    let post = |label: &str| {
        let button = view! { <button class="button" data-weight="plain">{label.to_owned()}</button> };
        view! { <form action=HERE class="one-button">{button}</form> }.into_any()
    };
    part(
        "button",
        vec![
            (
                "Primary, plain, danger",
                row(vec![
                    link(None, "Submit", Weight::Primary),
                    link(None, "Cancel", Weight::Plain),
                    link(None, "Delete for good", Weight::Danger),
                ]),
            ),
            (
                "With an icon",
                row(vec![
                    link(Some(Icon::Plus), "New resource", Weight::Primary),
                    link(Some(Icon::Edit), "Edit", Weight::Plain),
                    link(Some(Icon::Trash), "Delete", Weight::Danger),
                ]),
            ),
            ("A form of one", row(vec![post("Run again")])),
            (
                "Not possible, with the reason",
                row(vec![refused_button(Some(Icon::Trash), "Delete", "Only the owners of payments may delete it.")]),
            ),
            ("Copy", row(vec![copy_button("copied", "the sample").into_any()])),
            ("Long words", row(vec![link(Some(Icon::Play), LONG_NAME, Weight::Plain)])),
        ],
    )
}

fn chips() -> Shown {
    let health = [Health::Healthy, Health::Progressing, Health::Unknown, Health::Degraded, Health::NotChecked];
    let sync = [Sync::Synced, Sync::Pending, Sync::Drifted, Sync::Unknown];
    let operation = [
        Operation::None,
        Operation::Waiting,
        Operation::Running,
        Operation::Succeeded,
        Operation::Failed,
        Operation::Deleting,
    ];
    let phase = [Phase::Pending, Phase::Running, Phase::Waiting, Phase::Succeeded, Phase::Failed, Phase::Skipped];
    let request = [
        RequestPhase::Draft,
        RequestPhase::Submitted,
        RequestPhase::Running,
        RequestPhase::Succeeded,
        RequestPhase::Failed,
        RequestPhase::Superseded,
        RequestPhase::Withdrawn,
    ];
    let change = [Change::Create, Change::Change, Change::Remove, Change::Same];
    part(
        "chip",
        vec![
            ("Health", row(health.into_iter().map(|each| chip(each).into_any()).collect())),
            ("Sync", row(sync.into_iter().map(|each| chip(each).into_any()).collect())),
            ("Last operation", row(operation.into_iter().map(|each| chip(each).into_any()).collect())),
            ("Runs and steps", row(phase.into_iter().map(|each| chip(each).into_any()).collect())),
            ("Requests", row(request.into_iter().map(|each| chip(each).into_any()).collect())),
            ("Changes", row(change.into_iter().map(|each| chip(each).into_any()).collect())),
        ],
    )
}

fn icons() -> Shown {
    part(
        "icon",
        vec![(
            "The whole set",
            row(ALL.into_iter().map(|each| view! { <span class="tile">{icon(each)}</span> }.into_any()).collect()),
        )],
    )
}

fn banners() -> Shown {
    let of = |tone, title: &str, sentence: &str, action: &str| {
        banner(tone, title, sentence, action, if action.is_empty() { "" } else { HERE }).into_any()
    };
    part(
        "banner",
        vec![
            ("Failed, with the next step", of(Tone::Bad, "The last run failed", LONG_TEXT, "Open the failed step")),
            (
                "Waiting",
                of(
                    Tone::Warn,
                    "A pipeline asked to wait",
                    "Somebody must approve the change of the network first.",
                    "Open the run",
                ),
            ),
            ("Moving", of(Tone::Busy, "Being deleted", "Its files are withdrawn from every destination.", "")),
            ("Well", of(Tone::Good, "Your new token", "It is shown this once.", "")),
            ("Quiet", of(Tone::Quiet, "Its time has an end", "It is deleted in 29 days.", "")),
            ("Long words", of(Tone::Warn, LONG_NAME, LONG_NAME, "Open it")),
        ],
    )
}

fn empties() -> Shown {
    let way_on = link_button(paths::CATALOG.to_owned(), None, "Browse the catalog", Weight::Primary);
    let long = format!("Nothing matches “{LONG_NAME}”");
    part(
        "empty",
        vec![
            (
                "First use",
                empty(Icon::Layers, "No resources yet", "Request something from the catalog; it appears here.", way_on),
            ),
            (
                "Nothing matches, and nothing to do about it",
                empty(Icon::Search, "Nothing matches", "No resource fits these filters.", ()),
            ),
            ("Long words", empty(Icon::Search, &long, LONG_TEXT, ())),
        ],
    )
}

fn codes() -> Shown {
    let yaml = "apiVersion: data.example.com/v1\nkind: Postgresql\nmetadata: {name: orders-db, namespace: shop}\nspec: {size: small}";
    let lines: String = (1..=60).map(|line| format!("line-{line}: {line}\n")).collect();
    part(
        "code",
        vec![
            ("A block", code_block("As YAML", yaml).into_any()),
            ("A long block scrolls", code_block("A long document", &lines).into_any()),
            (
                "One long line",
                code_block("From the command line", &format!("midspan describe postgresql {LONG_NAME} -n {LONG_NAME}"))
                    .into_any(),
            ),
            ("Empty", code_block("Nothing in it", "").into_any()),
            (
                "A value on the line",
                view! { <p>"Its host is "{code_value("orders-db-rw.shop.svc", "host")}</p> }.into_any(),
            ),
        ],
    )
}

fn moments(now: Timestamp) -> Shown {
    let times = [0, 42, 200, 7_300, 90_000, 400_000, -20, -300_000];
    let ages = times.into_iter().map(|seconds| ago(before(now, seconds), now).into_any()).collect();
    let ran = |from, to: i64| took(Some(before(now, from)), Some(before(now, to)), now).into_any();
    part(
        "moment",
        vec![
            ("Ages", row(ages)),
            ("How long", row(vec![ran(4, 0), ran(200, 0), ran(7_500, 0), took(None, None, now).into_any()])),
        ],
    )
}

fn palettes() -> Shown {
    let refused = Entry::open(Icon::Trash, "Delete", HERE.to_owned())
        .with_detail("orders-db")
        .refused("Only the owners of payments may delete it. Ask in #team-payments.");
    let here = vec![
        Entry::open(Icon::Edit, "Edit", HERE.to_owned()).with_key("e").with_detail("orders-db"),
        refused,
        Entry::open(Icon::Box, LONG_NAME, HERE.to_owned()).with_detail(LONG_TEXT),
    ];
    let groups = [
        Group { title: "This page", entries: here },
        Group { title: "Pages", entries: commands::pages(Reach { runs_platform: true, ..Reach::default() }) },
    ];
    // apart from the real one, whose options have the same ids once it was opened
    let list = view! { <div class="palette-list" role="listbox" aria-label="Results of the sample">{palette::options(&groups, "", "sample")}</div> };
    let nothing = view! { <div class="palette-list" role="listbox" aria-label="No results">{palette::options(&[], LONG_NAME, "sample-empty")}</div> };
    part(
        "palette",
        vec![
            ("The trigger", palette::trigger().into_any()),
            ("Results, one of them not possible", list.into_any()),
            ("Nothing fits", nothing.into_any()),
            ("The keyboard map", keys::map().into_any()),
        ],
    )
}
