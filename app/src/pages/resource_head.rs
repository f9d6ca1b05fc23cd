//! The head of a resource, the same on each of its tabs: who it is, its three facts, what stands in the way, what one can do.

use leptos::prelude::*;

use super::{
    resource::{ActionButton, Day2, Deed, ResourceHead, TimeLeft},
    resource_parts::part_of,
};
use crate::{
    parts::{
        banner::banner,
        button::{Weight, link_button, post_button, refused_button},
        chip::chip,
        facts::{facts, state},
        icon::{Icon, icon, named},
        moment::ago,
    },
    paths::{self, ResourceKey},
    portal::Frame,
    times,
    view::Tone,
};

/// Draws the head with `tab` marked as the present one.
pub(super) fn head(head: &ResourceHead, tab: &str, frame: &Frame) -> impl IntoView {
    let key = &head.key;
    let deeds = head.day2.iter().map(|day2| deed(key, day2)).collect_view();
    let actions = head.actions.iter().map(|action| action_button(key, action)).collect_view();
    let time_left = head.time_left.as_ref().filter(|_| !head.is_deleting).map(|left| time_left(key, left, frame));
    let notice = head
        .notice
        .as_ref()
        .map(|notice| banner(notice.tone, &notice.title, &notice.sentence, &notice.action, &notice.href).into_any());
    let deleting = head.is_deleting.then(|| {
        banner(Tone::Busy, "Being deleted", "Its files are withdrawn from every destination; then it is gone.", "", "")
    });
    let held = (!head.held.is_empty()).then(|| format!(" ({})", head.held));
    let owner = head.owner.rsplit(['/', ':']).next().unwrap_or_default().to_owned();
    view! {
        <nav class="crumbs" aria-label="Breadcrumb"><a href=paths::RESOURCES>"Resources"</a></nav>
        <div class="page-head">
            <div class="page-title">
                <span class="tile">{icon(named(&head.icon))}</span>
                <div>
                    <div class="title-line">
                        <h1>{key.name.clone()}</h1>
                        <span class="title-state" data-live="state">{chip(state(&head.facts))}</span>
                    </div>
                    <p class="lead">
                        <a href=paths::promise(&key.promise)>{head.promise_title.clone()}</a>" "
                        <span class="number">{head.version.clone()}</span>{held}
                        " in "{key.namespace.clone()}" · "{owner}" · created "{ago(head.created, frame.now)}{part_of(head.part_of.as_ref())}
                    </p>
                </div>
            </div>
            <div class="page-actions" data-live="deeds">{actions}{deeds}</div>
        </div>
        <div class="stack" data-live="facts">
            {facts(&head.facts)}
            {deleting}
            {notice}
            {time_left}
        </div>
        <nav class="tabs" aria-label="Resource">
            {tab_link(key.path(), "Overview", tab == "overview", Some("o"))}
            {tab_link(key.tab("graph"), "Graph", tab == "graph", Some("g g"))}
            {tab_link(key.tab("files"), "Files", tab == "files", None)}
            {tab_link(key.tab("drift"), "Drift", tab == "drift", None)}
            {tab_link(key.tab("history"), "History", tab == "history", Some("h"))}
        </nav>
    }
}

fn tab_link(href: String, label: &'static str, current: bool, keys: Option<&'static str>) -> impl IntoView {
    view! { <a class="tab" href=href data-key=keys aria-current=current.then_some("page")>{label}</a> }
}

fn action_button(key: &ResourceKey, action: &ActionButton) -> AnyView {
    let which = if action.icon.is_empty() { Icon::Play } else { named(&action.icon) };
    if !action.refusal.is_empty() {
        return refused_button(Some(which), &action.title, &action.refusal);
    }
    let address = key.action(&action.name);
    if action.at_once {
        post_button(address, Some(which), &action.title, Weight::Plain)
    } else {
        link_button(address, Some(which), &action.title, Weight::Plain)
    }
}

/// When it ends, loudly once that is near, and the button that puts it off.
fn time_left(key: &ResourceKey, left: &TimeLeft, frame: &Frame) -> AnyView {
    let near = !left.warning.is_empty();
    let extend = (!left.extension.is_empty()).then(|| {
        let label = format!("Extend by {}", left.extension);
        post_button(key.tab("extend"), Some(Icon::Clock), &label, Weight::Plain)
    });
    let over = left.at <= frame.now;
    let (tone, title) = match (over, near) {
        (true, _) => (Tone::Warn, "Its time is over"),
        (false, true) => (Tone::Warn, "Its time is nearly over"),
        (false, false) => (Tone::Quiet, "Its time has an end"),
    };
    let verb = if over { "It should have been deleted " } else { "It is deleted " };
    let keep = (near && extend.is_some()).then_some(" Extend it to keep it.");
    view! {
        <section class="banner" data-tone=tone.name() aria-label=title>
            {icon(Icon::Clock)}
            <div class="banner-text">
                <strong>{title}</strong>
                <p>{verb}{ago(left.at, frame.now)}", on "{times::day(left.at)}" at "{times::time_of_day(left.at)}" UTC."{keep}</p>
            </div>
            {extend}
        </section>
    }
    .into_any()
}

fn deed(key: &ResourceKey, day2: &Day2) -> AnyView {
    let (which, label) = match day2.deed {
        Deed::Edit => (Icon::Edit, "Edit"),
        Deed::RunAgain => (Icon::Play, "Run again"),
        Deed::Delete => (Icon::Trash, "Delete"),
    };
    if !day2.refusal.is_empty() {
        return refused_button(Some(which), label, &day2.refusal);
    }
    match day2.deed {
        Deed::Edit => {
            let edit = link_button(key.tab("edit"), Some(which), label, Weight::Plain);
            view! { <span class="one-button" data-key="e">{edit}</span> }.into_any()
        }
        Deed::RunAgain => post_button(key.tab("run"), Some(which), label, Weight::Plain),
        Deed::Delete => link_button(key.tab("delete"), Some(which), label, Weight::Plain),
    }
}
