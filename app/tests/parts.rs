//! The parts as HTML, to the letter.
#![cfg(feature = "ssr")]

use app::{
    parts::{chip::chip, code::code_value, diff::field_changes, facts::facts_in_row, moment::ago, pager::pager},
    view::{Change, Facts, FieldChange, Health, Operation, Paging, Phase, Sync},
};
use domain::Timestamp;
use leptos::prelude::*;

/// A part's HTML without the strokes of its icons and without hydration marks.
fn html(part: impl IntoView) -> String {
    let owner = Owner::new();
    let text = owner.with(|| part.into_view().to_html()).replace("<!>", "");
    let mut plain = String::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find("<svg") {
        plain.push_str(&rest[..start]);
        plain.push('◆');
        rest = rest[start..].split_once("</svg>").map_or("", |(_, after)| after);
    }
    plain + rest
}

#[test]
fn a_state_is_icon_word_and_colour() {
    insta::assert_snapshot!(html(chip(Health::Healthy)), @r#"<span data-tone="good" class="chip">◆Healthy</span>"#);
    insta::assert_snapshot!(html(chip(Phase::Failed)), @r#"<span data-tone="bad" class="chip">◆Failed</span>"#);
    insta::assert_snapshot!(html(chip(Change::Remove)), @r#"<span data-tone="bad" class="chip">◆Remove</span>"#);
}

#[test]
fn a_row_shows_only_the_facts_that_add_something() {
    let facts = |health, sync, operation| Facts { health, sync, operation, ..Facts::default() };
    insta::assert_snapshot!(html(facts_in_row(&facts(Health::Healthy, Sync::Synced, Operation::Succeeded))), @r#"<span class="chips"><span data-tone="good" class="chip">◆Healthy</span></span>"#);
    insta::assert_snapshot!(html(facts_in_row(&facts(Health::Progressing, Sync::Pending, Operation::Running))), @r#"<span class="chips"><span data-tone="busy" class="chip">◆Progressing</span></span>"#);
    insta::assert_snapshot!(html(facts_in_row(&facts(Health::Healthy, Sync::Drifted, Operation::Failed))), @r#"<span class="chips"><span data-tone="good" class="chip">◆Healthy</span><span data-tone="warn" class="chip">◆Drifted</span><span data-tone="bad" class="chip">◆Failed</span></span>"#);
}

#[test]
fn health_that_nobody_checks_is_not_claimed() {
    let facts = |sync, operation| Facts { sync, operation, ..Facts::default() };
    insta::assert_snapshot!(html(facts_in_row(&facts(Sync::Synced, Operation::Succeeded))), @r#"<span class="chips"><span data-tone="good" class="chip">◆Ready</span></span>"#);
    insta::assert_snapshot!(html(facts_in_row(&facts(Sync::Pending, Operation::Failed))), @r#"<span class="chips"><span data-tone="bad" class="chip">◆Failed</span></span>"#);
    insta::assert_snapshot!(html(facts_in_row(&facts(Sync::Pending, Operation::Succeeded))), @r#"<span class="chips"><span data-tone="busy" class="chip">◆Waiting</span></span>"#);
}

#[test]
fn an_age_carries_the_exact_instant() {
    let now = Timestamp::from_micros(1_795_356_200_000_000);
    insta::assert_snapshot!(html(ago(Timestamp::from_micros(1_795_356_000_000_000), now)), @r#"<time datetime="2026-11-22T14:00:00Z" title="2026-11-22T14:00:00Z" data-ago="">3 min ago</time>"#);
}

#[test]
fn a_value_can_be_copied() {
    insta::assert_snapshot!(html(code_value("db-1:5432", "host")), @r#"<span class="value"><code>db-1:5432</code><button type="button" data-copy="db-1:5432" aria-label="Copy host" class="copy">◆</button></span>"#);
}

#[test]
fn a_change_shows_before_and_after() {
    let change = |before: &str, after: &str| FieldChange {
        label: "Size".into(),
        path: "spec.size".into(),
        before: before.into(),
        after: after.into(),
    };
    insta::assert_snapshot!(html(field_changes(&[change("small", "large"), change("", "large")])), @r#"<dl class="changes"><div class="change"><dt>Size</dt><dd><del>small</del> <ins>large</ins></dd></div><div class="change"><dt>Size</dt><dd> <ins>large</ins></dd></div></dl>"#);
}

#[test]
fn a_pager_leads_both_ways() {
    let paging = Paging { previous: Some("p".into()), next: Some("n".into()), total: Some(90) };
    insta::assert_snapshot!(html(pager(&paging, 30, "run", |name, cursor| format!("/runs?{name}={cursor}"))), @r#"<nav aria-label="Pages of runs" class="pager"><span class="pager-count">30 of 90 runs</span><a data-weight="plain" rel="prev" href="/runs?before=p" class="button">Previous</a><a data-weight="plain" rel="next" href="/runs?after=n" class="button">Next</a></nav>"#);
}
