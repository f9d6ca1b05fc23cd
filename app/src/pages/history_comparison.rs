//! Any two revisions of a resource beside each other: what was asked, and what was written for it.

use domain::Timestamp;
use leptos::prelude::*;

use crate::{
    parts::diff::{diff_views, file_diff},
    paths::{self, ResourceKey},
    times::relative,
    view::{DiffView, FileDiff},
};

/// Two revisions, and those one can choose from.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Newest first.
    pub revisions: Vec<Revised>,
    pub from: i64,
    pub to: i64,
    /// The settings as a document.
    pub spec: FileDiff,
    /// Labels of secrets that differ; their values are not shown.
    pub secrets: Vec<String>,
    pub files: Vec<FileDiff>,
    /// Why the files are not compared; empty = they are.
    pub no_files: String,
}

/// A generation of a resource's spec.
#[derive(Clone, Debug, Default)]
pub struct Revised {
    pub number: i64,
    pub by: String,
    pub at: Option<Timestamp>,
}

/// The picker with what it picked.
pub(super) fn comparison(compared: &Comparison, key: &ResourceKey, view: DiffView, now: Timestamp) -> AnyView {
    let (from, to) = (compared.from.to_string(), compared.to.to_string());
    let address = |view: &str| paths::with_query(&key.tab("history"), &[("from", &from), ("to", &to), ("view", view)]);
    let secrets = (!compared.secrets.is_empty())
        .then(|| view! { <p class="note">{format!("Not shown and different: {}.", compared.secrets.join(", "))}</p> });
    let no_files = (!compared.no_files.is_empty()).then(|| view! { <p class="note">{compared.no_files.clone()}</p> });
    let files = compared.files.iter().map(|file| file_diff(file, view, compared.files.len() <= 3)).collect_view();
    view! {
        <section class="section" aria-labelledby="compare">
            <div class="section-head"><h2 id="compare">"Compare revisions"</h2>{diff_views(view, address)}</div>
            <form class="compare" action=key.tab("history")>
                {picker("from", "From", compared.from, &compared.revisions, now)}
                {picker("to", "To", compared.to, &compared.revisions, now)}
                {(view == DiffView::Split).then(|| view! { <input type="hidden" name="view" value="split"/> })}
                <button class="button" data-weight="plain">"Compare"</button>
            </form>
            {secrets}
            <div class="diffs">
                {file_diff(&compared.spec, view, true)}
                {files}
            </div>
            {no_files}
        </section>
    }
    .into_any()
}

fn picker(
    name: &'static str,
    label: &'static str,
    chosen: i64,
    revisions: &[Revised],
    now: Timestamp,
) -> impl IntoView + use<> {
    let option = |revised: &Revised| {
        view! { <option value=revised.number selected=revised.number == chosen>{says(revised, now)}</option> }
    };
    let options = revisions.iter().map(option).collect_view();
    view! {
        <label class="compare-side">
            <span>{label}</span>
            <select class="input" data-width="auto" name=name>{options}</select>
        </label>
    }
}

/// `Revision 4 · dana · 2 h ago`
fn says(revised: &Revised, now: Timestamp) -> String {
    let mut says = format!("Revision {}", revised.number);
    if !revised.by.is_empty() {
        says = format!("{says} · {}", revised.by);
    }
    match revised.at {
        Some(at) => format!("{says} · {}", relative(at, now)),
        None => says,
    }
}
