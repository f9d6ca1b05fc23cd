//! `/r/…/files`: every file placed for a resource, where it stands and what is in it.

use domain::Timestamp;
use leptos::prelude::*;

use super::{
    gone::show_living,
    portal,
    resource::{ResourceHead, titled},
    resource_head::head,
    resource_key,
};
use crate::{
    parts::{
        code::{code_block, code_value},
        diff::path,
        empty::empty,
        frame::{Drawn, Section},
        icon::{Icon, icon},
        moment::ago,
    },
    portal::Frame,
    view::Tone,
};

/// What the files tab shows.
#[derive(Clone, Debug, Default)]
pub struct FilesPage {
    pub head: ResourceHead,
    pub destinations: Vec<DestinationFiles>,
}

/// A destination's files.
#[derive(Clone, Debug, Default)]
pub struct DestinationFiles {
    pub name: String,
    pub writes_to: String,
    pub commit: String,
    pub at: Option<Timestamp>,
    pub tone: Tone,
    pub says: String,
    pub files: Vec<PlacedFile>,
}

#[derive(Clone, Debug, Default)]
pub struct PlacedFile {
    pub path: String,
    pub bytes: u64,
    /// The text, cut at some length; `None` = not text.
    pub text: Option<String>,
    pub is_cut: bool,
}

#[component]
pub fn FilesPageView() -> impl IntoView {
    let key = resource_key();
    let portal = portal();
    let asked = key.clone();
    show_living(asked, async move { portal.files(&key).await }, |page, frame| draw(&page, frame))
}

fn draw(page: &FilesPage, frame: &Frame) -> Drawn {
    let matter = if page.destinations.is_empty() {
        empty(Icon::File, "No files yet", "They appear here when the first run has placed them.", ()).into_any()
    } else {
        page.destinations.iter().map(|each| destination(each, frame.now)).collect_view().into_any()
    };
    Drawn {
        title: format!("Files of {}", titled(&page.head)),
        section: Section::Resources,
        topics: vec![page.head.key.topic()],
        moving: page.head.facts.operation.is_moving(),
        body: view! {
            {head(&page.head, "files", frame)}
            <div class="stack" data-live="files">{matter}</div>
        }
        .into_any(),
    }
}

fn destination(destination: &DestinationFiles, now: Timestamp) -> impl IntoView {
    let commit = (!destination.commit.is_empty()).then(|| code_value(&destination.commit, "commit"));
    let files = destination.files.iter().map(file).collect_view();
    view! {
        <section class="section" aria-label=destination.name.clone()>
            <div class="section-head">
                <h2>{destination.name.clone()}</h2>
                <span class="placed-state" data-tone=destination.tone.name()>{icon(destination.tone.icon())}{destination.says.clone()}</span>
                <span class="cell-quiet">{destination.writes_to.clone()}</span>
                {commit}
                {destination.at.map(|at| view! { <span class="cell-quiet">{ago(at, now)}</span> })}
            </div>
            <div class="diffs">{files}</div>
        </section>
    }
}

fn file(file: &PlacedFile) -> impl IntoView {
    let text = match &file.text {
        Some(text) => code_block(&file.path, text).into_any(),
        None => view! { <p class="note">"Not text."</p> }.into_any(),
    };
    let cut = file.is_cut.then(|| view! { <p class="note">"Only the beginning is shown."</p> });
    view! {
        <details class="diff">
            <summary class="diff-head"><span class="diff-path">{path(&file.path)}</span><span class="cell-quiet number">{size(file.bytes)}</span></summary>
            {text}
            {cut}
        </details>
    }
}

fn size(bytes: u64) -> String {
    if bytes < 1_024 { format!("{bytes} B") } else { format!("{}.{} kB", bytes / 1_024, bytes % 1_024 * 10 / 1_024) }
}
