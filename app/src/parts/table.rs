//! Lists of resources and of runs: dense rows; on narrow screens each row becomes a small card.

use domain::Timestamp;
use leptos::prelude::*;

use super::{
    chip::{Look, chip},
    facts::facts_in_row,
    icon::{icon, named},
    moment::{ago, took},
};
use crate::{
    pages::{gone::RequestRow, resources::GoneRow},
    paths,
    view::{Operation, ResourceRow, RunRow, Tone},
};

/// The frame of every list: its caption for those who hear it, its heads, and the last column at the end.
pub fn table<const N: usize, V: IntoView>(
    caption: &str,
    heads: [&'static str; N],
    rows: V,
) -> impl IntoView + use<N, V> {
    let head = |(at, head)| view! { <th scope="col" class=(at + 1 == N).then_some("cell-end")>{head}</th> };
    let heads = heads.into_iter().enumerate().map(head).collect_view();
    view! {
        <table class="table">
            <caption class="visually-hidden">{caption.to_owned()}</caption>
            <thead>
                <tr>{heads}</tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// Resources with their facts; the message of what waits or failed stands under the name.
pub fn resource_table(caption: &str, rows: &[ResourceRow], now: Timestamp) -> impl IntoView {
    let body = rows.iter().map(|row| resource(row, now)).collect_view();
    table(caption, ["Name", "State", "Namespace", "Version", "Changed"], body)
}

/// Runs with their state and progress.
pub fn run_table(caption: &str, rows: &[RunRow], now: Timestamp) -> impl IntoView {
    let body = rows.iter().map(|row| run(row, now)).collect_view();
    table(caption, ["Run", "State", "Steps", "Took", "Queued"], body)
}

/// Requests: what was asked, by whom, and what became of it.
pub fn request_table(caption: &str, rows: &[RequestRow], now: Timestamp) -> impl IntoView + use<> {
    let row = |row: &RequestRow| {
        view! {
            <tr>
                <td class="cell-name">
                    <span class="row-icon">{icon(row.what.icon())}</span>
                    <span class="row-title"><a class="row-link" href=paths::request(&row.name)>{row.what.verb()}</a></span>
                </td>
                <td>{chip(row.phase)}</td>
                <td class="cell-quiet">{row.by.clone()}</td>
                <td class="cell-end cell-quiet">{ago(row.at, now)}</td>
            </tr>
        }
    };
    let body = rows.iter().map(row).collect_view();
    table(caption, ["Request", "State", "By", "Asked"], body)
}

/// Resources that are gone: who had them deleted, and when.
pub fn gone_table(caption: &str, rows: &[GoneRow], now: Timestamp) -> impl IntoView + use<> {
    let row = |row: &GoneRow| {
        view! {
            <tr>
                <td class="cell-name">
                    <span class="row-icon">{icon(named(&row.icon))}</span>
                    <span class="row-title">
                        <a class="row-link" href=row.key.path()>{row.key.name.clone()}</a>
                        <span class="row-kind">{row.promise_title.clone()}</span>
                    </span>
                </td>
                <td class="cell-quiet">{row.key.namespace.clone()}</td>
                <td><a href=paths::request(&row.request)>{if row.by.is_empty() { "Midspan".to_owned() } else { row.by.clone() }}</a></td>
                <td class="cell-end cell-quiet">{ago(row.at, now)}</td>
            </tr>
        }
    };
    let body = rows.iter().map(row).collect_view();
    table(caption, ["Name", "Namespace", "Asked by", "Deleted"], body)
}

fn resource(row: &ResourceRow, now: Timestamp) -> impl IntoView {
    let tone = if row.facts.operation == Operation::Failed { Tone::Bad } else { Tone::Warn };
    let message = message(&row.message, tone);
    view! {
        <tr>
            <td class="cell-name">
                <span class="row-icon">{icon(named(&row.icon))}</span>
                <span class="row-title">
                    <a class="row-link" href=row.key.path()>{row.key.name.clone()}</a>
                    <span class="row-kind">{row.promise_title.clone()}</span>
                    {message}
                </span>
            </td>
            <td>{facts_in_row(&row.facts)}</td>
            <td class="cell-quiet">{row.key.namespace.clone()}</td>
            <td class="cell-quiet cell-extra number">{row.version.clone()}</td>
            <td class="cell-end cell-quiet">{ago(row.changed, now)}</td>
        </tr>
    }
}

fn run(row: &RunRow, now: Timestamp) -> impl IntoView {
    let message = message(&row.message, Look::from(row.phase).tone);
    let by = if row.by.is_empty() { String::new() } else { format!(" by {}", row.by) };
    view! {
        <tr>
            <td class="cell-name">
                <span class="row-icon">{icon(named(&row.icon))}</span>
                <span class="row-title">
                    <a class="row-link" href=paths::run(&row.name)>{row.resource.name.clone()}</a>
                    <span class="row-kind">{format!("{} · {}{by}", row.promise_title, because(row))}</span>
                    {message}
                </span>
            </td>
            <td>{chip(row.phase)}</td>
            <td class="cell-quiet number">{row.steps_done}"/"{row.steps_total}</td>
            <td class="cell-quiet cell-extra number">{took(row.started, row.finished, now)}</td>
            <td class="cell-end cell-quiet">{ago(row.queued, now)}</td>
        </tr>
    }
}

/// `Created`, `Changed`, `Asked to run again`: why it ran, so that `by dana` can follow.
fn because(row: &RunRow) -> String {
    let why = match row.because.as_str() {
        "" => row.workflow.as_str(),
        "the spec changed" => "changed",
        other => other,
    };
    let mut letters = why.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn message(text: &str, tone: Tone) -> Option<impl IntoView> {
    (!text.is_empty()).then(|| view! { <span class="row-message" data-tone=tone.name()>{text.to_owned()}</span> })
}
