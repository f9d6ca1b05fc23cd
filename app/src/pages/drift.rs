//! `/r/…/drift`: how the destinations of a resource stand against what was placed there, file by file.

use domain::Timestamp;
use leptos::prelude::*;

use super::{
    gone::show_living,
    portal, query,
    resource::{ResourceHead, titled},
    resource_head::head,
    resource_key,
};
use crate::{
    counts::count,
    parts::{
        button::{Weight, post_button, refused_button},
        chip::{Look, chip},
        diff::{diff_views, file_difference},
        empty::empty,
        frame::{Drawn, Section},
        icon::{Icon, icon},
        moment::ago,
    },
    paths,
    portal::Frame,
    view::{DiffView, FileDiff, Tone},
};

/// What the drift tab shows.
#[derive(Clone, Debug, Default)]
pub struct DriftPage {
    pub head: ResourceHead,
    /// Whether what differs is put back.
    pub repairs: bool,
    /// When it was seen first.
    pub since: Option<Timestamp>,
    pub files: Vec<DifferingFile>,
    /// Files that differ and are not listed.
    pub more: u64,
    pub stores: Vec<LookedStore>,
    /// Why the caller may not ask for a look.
    pub refusal: String,
}

/// A file that is not as it was placed.
#[derive(Clone, Debug, Default)]
pub struct DifferingFile {
    pub how: Differs,
    pub diff: FileDiff,
    /// Why the difference is not shown.
    pub hidden: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Differs {
    #[default]
    Changed,
    Missing,
    Foreign,
}

/// A state store, and when it was looked at.
#[derive(Clone, Debug, Default)]
pub struct LookedStore {
    pub name: String,
    pub at: Option<Timestamp>,
    /// Somebody has asked, and it was not looked at since.
    pub is_asked: bool,
    /// Why it cannot be looked at.
    pub failure: String,
}

impl From<Differs> for Look {
    fn from(how: Differs) -> Self {
        let (tone, icon, word) = match how {
            Differs::Changed => (Tone::Warn, Icon::Edit, "Changed"),
            Differs::Missing => (Tone::Bad, Icon::Cross, "Missing"),
            Differs::Foreign => (Tone::Warn, Icon::Question, "Foreign"),
        };
        Self { tone, icon, word }
    }
}

#[component]
pub fn DriftPageView() -> impl IntoView {
    let key = resource_key();
    let portal = portal();
    let asked = key.clone();
    let view = DiffView::named(&query("view"));
    show_living(asked, async move { portal.drift(&key).await }, move |page, frame| draw(&page, view, frame))
}

fn draw(page: &DriftPage, view: DiffView, frame: &Frame) -> Drawn {
    let now = frame.now;
    let look = if page.refusal.is_empty() {
        post_button(page.head.key.tab("look"), Some(Icon::Search), "Look now", Weight::Plain)
    } else {
        refused_button(Some(Icon::Search), "Look now", &page.refusal)
    };
    Drawn {
        title: format!("Drift of {}", titled(&page.head)),
        section: Section::Resources,
        topics: topics(page),
        moving: page.head.facts.operation.is_moving() || page.stores.iter().any(|store| store.is_asked),
        body: view! {
            {head(&page.head, "drift", frame)}
            <div class="stack" data-live="drift">
                <section class="section" aria-labelledby="drift">
                    <div class="section-head">
                        <h2 id="drift">"What stands at the destinations"</h2>
                        {look}
                    </div>
                    <ul class="placings">{page.stores.iter().map(|store| looked(store, now)).collect_view()}</ul>
                    {differing(page, view, now)}
                </section>
            </div>
        }
        .into_any(),
    }
}

/// A look that finds nothing changes no resource: the store alone tells that it has come to its end.
fn topics(page: &DriftPage) -> Vec<String> {
    let stores = page.stores.iter().map(|store| format!("store:{}", store.name));
    std::iter::once(page.head.key.topic()).chain(stores).collect()
}

fn looked(store: &LookedStore, now: Timestamp) -> impl IntoView {
    let (tone, says) = match (store.failure.is_empty(), store.is_asked, store.at) {
        (false, ..) => (Tone::Bad, format!("Cannot be looked at: {}", store.failure)),
        (true, true, _) => (Tone::Busy, "Being looked at".to_owned()),
        (true, false, None) => (Tone::Quiet, "Not looked at yet".to_owned()),
        (true, false, Some(_)) => (Tone::Good, "Looked at".to_owned()),
    };
    let when = store.at.map(|at| view! { <span class="cell-quiet">{ago(at, now)}</span> });
    view! {
        <li class="placed">
            <span class="placed-state" data-tone=tone.name()>{icon(tone.icon())}{says}</span>
            <span class="placed-where"><strong>{store.name.clone()}</strong></span>
            {when}
        </li>
    }
}

fn differing(page: &DriftPage, view: DiffView, now: Timestamp) -> AnyView {
    if page.files.is_empty() {
        let looked = page.stores.iter().any(|store| store.at.is_some());
        return if looked {
            empty(Icon::Check, "As placed", "When it was looked at last, every file stood as it was placed.", ())
        } else {
            empty(Icon::Search, "Nobody has looked yet", "State stores are looked at now and then.", ())
        };
    }
    let policy = if page.repairs {
        "Its promise has this put back: what was placed is placed again, and what does not belong there is removed."
    } else {
        "Its promise has this told, and nothing changed. Run it again to have everything placed as it was."
    };
    let since = page.since.map(|since| view! { " Seen first "{ago(since, now)}"." });
    let more = (page.more > 0).then(|| {
        let are = if page.more == 1 { " differs" } else { " differ" };
        view! { <p class="note">{count(page.more, "more file")}{are}"."</p> }
    });
    view! {
        <div class="diffs-head">
            <p class="note">{policy}{since}</p>
            {diff_views(view, |view| paths::with_query(&page.head.key.tab("drift"), &[("view", view)]))}
        </div>
        <div class="diffs">{page.files.iter().map(|each| file(each, view)).collect_view()}</div>
        {more}
    }
    .into_any()
}

fn file(file: &DifferingFile, view: DiffView) -> AnyView {
    file_difference(&file.diff, view, chip(file.how), &file.hidden).into_any()
}
