//! `/r/…/history`: who changed what and when, what became of it, and any two revisions beside each other.

use leptos::prelude::*;

use super::{
    gone::show_living,
    history_comparison::{Comparison, comparison},
    portal, query,
    resource::{ResourceHead, titled},
    resource_head::head,
    resource_key,
};
use crate::{
    parts::{
        empty::empty,
        frame::{Drawn, Section},
        icon::Icon,
        timeline::timeline,
    },
    paths,
    portal::Frame,
    view::{DiffView, Happening},
};

/// The tab as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// A cursor.
    pub before: String,
    /// The revisions to compare; empty = the last change.
    pub from: String,
    pub to: String,
}

/// What the history tab shows, newest first.
#[derive(Clone, Debug, Default)]
pub struct HistoryPage {
    pub head: ResourceHead,
    pub happenings: Vec<Happening>,
    /// Cursor for `?before=`.
    pub older: Option<String>,
    /// `None` = there are no two revisions, or an older page is looked at.
    pub comparison: Option<Comparison>,
}

#[component]
pub fn HistoryPageView() -> impl IntoView {
    let key = resource_key();
    let asked = HistoryQuery { before: query("before"), from: query("from"), to: query("to") };
    let view = DiffView::named(&query("view"));
    let portal = portal();
    let whose = key.clone();
    show_living(whose, async move { portal.history(&key, &asked).await }, move |page, frame| draw(&page, view, frame))
}

fn draw(page: &HistoryPage, view: DiffView, frame: &Frame) -> Drawn {
    let matter = if page.happenings.is_empty() {
        empty(Icon::Clock, "Nothing happened yet", "Every change and every run leaves its mark here.", ()).into_any()
    } else {
        timeline(&page.happenings, frame.now).into_any()
    };
    let older = page.older.as_ref().map(|cursor| {
        let href = paths::with_query(&page.head.key.tab("history"), &[("before", cursor)]);
        view! { <nav class="pager" aria-label="Pages"><a class="button" data-weight="plain" rel="next" href=href>"Older"</a></nav> }
    });
    Drawn {
        title: format!("History of {}", titled(&page.head)),
        section: Section::Resources,
        topics: vec![page.head.key.topic()],
        moving: page.head.facts.operation.is_moving(),
        body: view! {
            {head(&page.head, "history", frame)}
            <div class="column-main">
                {page.comparison.as_ref().map(|compared| comparison(compared, &page.head.key, view, frame.now))}
                <section class="section" data-live="history" aria-labelledby="happened">
                    <h2 id="happened">"What happened"</h2>
                    {matter}{older}
                </section>
            </div>
        }
        .into_any(),
    }
}
