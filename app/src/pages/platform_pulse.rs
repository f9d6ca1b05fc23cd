//! How the platform does: what succeeds and how soon, what waits, what is stuck, who asks.

use domain::Timestamp;
use leptos::prelude::*;

use crate::{
    counts::count,
    parts::{
        moment::ago,
        table::{resource_table, table},
    },
    paths, times,
    view::ResourceRow,
};

/// How the platform does, from its rows.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    /// Of so many answered requests all of this is told.
    pub requests: u64,
    /// The oldest of them.
    pub since: Option<Timestamp>,
    pub succeeded: u64,
    /// How many people asked for something within a week.
    pub askers: u64,
    /// Keys that are due, are being looked at, and come later.
    pub due: u64,
    pub leased: u64,
    pub scheduled: u64,
    pub oldest_due: Option<Timestamp>,
    /// By promise, the most asked for first.
    pub promises: Vec<PulseOf>,
    /// What has not moved for so many minutes and is not where it should be, longest first.
    pub stuck_minutes: i64,
    pub stuck: Vec<ResourceRow>,
    /// All of them, also those that are not listed; `None` = more than were looked at.
    pub stuck_total: Option<u64>,
}

/// How one promise does.
#[derive(Clone, Debug, Default)]
pub struct PulseOf {
    pub promise: String,
    pub title: String,
    pub requests: u64,
    pub succeeded: u64,
    /// Seconds from asked for to ready of something new: of the middle one, and of nine in ten.
    pub half: Option<i64>,
    pub most: Option<i64>,
}

pub(super) fn pulse(pulse: &Pulse, now: Timestamp) -> AnyView {
    let since = pulse.since.map(|since| view! { ", the oldest of them asked "{ago(since, now)} });
    let basis = if pulse.requests == 0 {
        view! { <p class="note">"Nothing was asked for yet."</p> }.into_any()
    } else {
        view! { <p class="note">{format!("From the newest {}", count(pulse.requests, "answered request"))}{since}"."</p> }.into_any()
    };
    let oldest = pulse.oldest_due.map(|at| view! { "the oldest since "{ago(at, now)} }.into_any());
    let stuck = match pulse.stuck_total {
        Some(total) => total.to_string(),
        None => format!("{}+", pulse.stuck.len()),
    };
    let of = format!("{} of {}", pulse.succeeded, pulse.requests);
    let later = format!("{} under way, {} for later", pulse.leased, pulse.scheduled);
    let long = format!("not where it should be for {} min", pulse.stuck_minutes);
    view! {
        <section class="section" aria-labelledby="pulse">
            <h2 id="pulse">"How it does"</h2>
            <dl class="pulse">
                {figure("Succeeded", rate(pulse.succeeded, pulse.requests), of.into_any())}
                {figure("Queue", pulse.due.to_string(), oldest.unwrap_or_else(|| later.into_any()))}
                {figure("Stuck", stuck, long.into_any())}
                {figure("People", pulse.askers.to_string(), "asked for something this week".into_any())}
            </dl>
            {basis}
            {by_promise(&pulse.promises)}
        </section>
        {stuck_ones(pulse, now)}
    }
    .into_any()
}

fn figure(name: &'static str, number: String, says: AnyView) -> impl IntoView {
    view! {
        <div class="figure">
            <dt>{name}</dt>
            <dd><strong class="figure-number">{number}</strong><span class="figure-says">{says}</span></dd>
        </div>
    }
}

/// `98 %`; nothing is said of nothing.
fn rate(succeeded: u64, of: u64) -> String {
    match (succeeded * 100).checked_div(of) {
        None => "–".to_owned(),
        // what failed once has not always succeeded
        Some(percent) => format!("{percent} %"),
    }
}

fn by_promise(promises: &[PulseOf]) -> Option<impl IntoView + use<>> {
    let lasts = |seconds: Option<i64>| seconds.map_or_else(|| "–".to_owned(), times::lasting);
    let row = |of: &PulseOf| {
        view! {
            <tr>
                <td class="cell-name"><a class="row-link" href=paths::promise_admin(&of.promise)>{of.title.clone()}</a></td>
                <td class="number">{rate(of.succeeded, of.requests)}</td>
                <td class="number">{lasts(of.half)}</td>
                <td class="number">{lasts(of.most)}</td>
                <td class="cell-end number">{of.requests}</td>
            </tr>
        }
    };
    (!promises.is_empty()).then(|| {
        let rows = promises.iter().map(row).collect_view();
        table("How each promise does", ["Promise", "Succeeded", "p50 to ready", "p90 to ready", "Requests"], rows)
    })
}

fn stuck_ones(pulse: &Pulse, now: Timestamp) -> Option<AnyView> {
    (!pulse.stuck.is_empty()).then(|| {
        let heading = format!("Stuck longer than {} min", pulse.stuck_minutes);
        view! {
            <section class="section" aria-labelledby="stuck">
                <h2 id="stuck">{heading.clone()}</h2>
                {resource_table(&heading, &pulse.stuck, now).into_any()}
            </section>
        }
        .into_any()
    })
}
