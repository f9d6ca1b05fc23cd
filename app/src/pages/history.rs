//! `/r/…/history`: who changed what and when, and what became of it.

use leptos::prelude::*;

use super::{
    gone::show_living,
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
    view::Happening,
};

/// What the history tab shows, newest first.
#[derive(Clone, Debug, Default)]
pub struct HistoryPage {
    pub head: ResourceHead,
    pub happenings: Vec<Happening>,
    /// Cursor for `?before=`.
    pub older: Option<String>,
}

#[component]
pub fn HistoryPageView() -> impl IntoView {
    let key = resource_key();
    let before = Some(query("before")).filter(|cursor| !cursor.is_empty());
    let portal = portal();
    let asked = key.clone();
    let page = async move { portal.history(&key, before.as_deref()).await };
    show_living(asked, page, |page, frame| draw(&page, frame))
}

fn draw(page: &HistoryPage, frame: &Frame) -> Drawn {
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
            <section class="stack" data-live="history" aria-label="History">{matter}{older}</section>
        }
        .into_any(),
    }
}
