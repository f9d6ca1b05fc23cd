//! `/_ui`: every part in every state, for those who work on them and for what looks after them. What it shows is made up, and says so; in
//! production nothing leads here, and only who runs the platform finds it.

mod fields;
mod lists;
mod words;
mod work;
mod woven;

use domain::Timestamp;
use leptos::prelude::*;

use super::{portal, show};
use crate::parts::frame::{Drawn, Section};

/// Longer than anybody would choose, so that it shows what breaks.
const LONG_NAME: &str = "a-name-as-long-as-names-may-be-and-then-a-little-longer-than-anybody-would-choose";
const LONG_TEXT: &str = "The service registry at https://registry.internal.example.com/v2/namespaces/payments-production/services answered \
    503 Service Unavailable after five attempts within two minutes; nothing was changed.";

#[component]
pub fn GalleryPage() -> impl IntoView {
    let portal = portal();
    show(async move { portal.gallery().await }, |(), frame| draw(frame.now))
}

fn draw(now: Timestamp) -> Drawn {
    let shown: Vec<Shown> = words::shown(now)
        .into_iter()
        .chain(lists::shown(now))
        .chain(work::shown(now))
        .chain(woven::shown())
        .chain(fields::shown())
        .collect();
    let contents = shown
        .iter()
        .map(|Shown { part, .. }| view! { <li><a class="filter" href=format!("#part-{part}")>{*part}</a></li> })
        .collect_view();
    let sections = shown
        .into_iter()
        .map(|Shown { part, states }| {
            let states = states
                .into_iter()
                .map(|(state, drawn)| view! { <div class="gallery-state"><p class="gallery-label">{state}</p><div>{drawn}</div></div> })
                .collect_view();
            view! {
                <section class="section" aria-labelledby=format!("part-{part}")>
                    <h2 id=format!("part-{part}")>{part}</h2>
                    {states}
                </section>
            }
        })
        .collect_view();
    Drawn {
        title: "Gallery".to_owned(),
        section: Section::None,
        topics: Vec::new(),
        moving: false,
        body: view! {
            <div class="page-head">
                <div>
                    <h1>"Gallery"</h1>
                    <p class="lead">"Every part in every state. All of it is made up; no button here does anything to anybody."</p>
                </div>
            </div>
            <nav class="gallery-parts" aria-label="Parts"><ul class="filters">{contents}</ul></nav>
            {sections}
        }
        .into_any(),
    }
}

/// One part of `app/src/parts`, by the name of its file, in its states.
struct Shown {
    part: &'static str,
    states: Vec<(&'static str, AnyView)>,
}

fn part(part: &'static str, states: Vec<(&'static str, AnyView)>) -> Shown {
    Shown { part, states }
}

fn before(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_micros(now.micros() - seconds * 1_000_000)
}
