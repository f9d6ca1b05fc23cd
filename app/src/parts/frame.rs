//! The frame around every page: skip link, dev banner, header with navigation and caller, main, footer.

use leptos::prelude::*;

use super::{
    icon::{Icon, icon},
    palette,
};
use crate::{
    islands::{live::Live, presence::Presence},
    paths,
    portal::{Frame, Notice, Persona},
};

/// A page's part of the frame.
pub struct Drawn {
    /// `orders-db`: becomes `orders-db · Midspan`.
    pub title: String,
    pub section: Section,
    /// What the live stream should say about this page; empty = the page stands still.
    pub topics: Vec<String>,
    /// Something is moving: without JavaScript the page reloads itself.
    pub moving: bool,
    pub body: AnyView,
}

/// The navigation's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Home,
    Catalog,
    Resources,
    Runs,
    Platform,
    None,
}

/// Puts a drawn page into the frame.
pub fn framed(frame: &Frame, drawn: Drawn) -> AnyView {
    let Drawn { title, section, topics, moving, body } = drawn;
    let known = !frame.caller.name.is_empty();
    let live = (!topics.is_empty()).then(|| view! { <Live topics=topics.join(",") since=frame.drawn_from/> });
    // Parsed only where scripting is off; running pages then reload themselves.
    let refresh = moving.then(|| view! { <noscript><meta http-equiv="refresh" content="5"/></noscript> });
    view! {
        <leptos_meta::Title text=format!("{} · Midspan", as_text(&title))/>
        {refresh}
        <a class="skip" href="#main">"Skip to content"</a>
        {dev_banner(frame)}
        <header class="header">
            <div class="header-inner">
                <a class="brand" href=paths::HOME>{mark()}<span>"Midspan"</span></a>
                {known.then(|| navigation(section, frame))}
                <div class="header-end">{known.then(palette::trigger)}{theme_switch()}{known.then(|| caller(frame))}</div>
            </div>
        </header>
        <main class="main" id="main" tabindex="-1">{said()}{body}</main>
        <footer class="footer">
            <p>"Midspan "{frame.version.clone()}{known.then(|| view! { <a href=paths::KEYS>"Keyboard shortcuts"</a> })}</p>
        </footer>
        {known.then(palette::palette)}
        {live}
        <Presence/>
    }
    .into_any()
}

/// Leptos writes a title as it comes, and some hold what somebody typed.
fn as_text(title: &str) -> String {
    title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What the button pressed before came to. It stands outside of all that is live, so it stays until the page is left.
fn said() -> Option<impl IntoView> {
    use_context::<Notice>().map(|Notice(text)| {
        view! { <p class="said" role="status">{icon(Icon::Check)}<span>{text}</span></p> }
    })
}

fn navigation(current: Section, frame: &Frame) -> impl IntoView {
    let entry = |section: Section, href: &'static str, label: &'static str, count: u64, key: &'static str| {
        let number = (count > 0).then(|| view! { <span class="nav-count">{count}</span> });
        view! {
            <li>
                <a class="nav-link" href=href data-key=key aria-current=(current == section).then_some("page")>{label}{number}</a>
            </li>
        }
    };
    view! {
        <nav class="nav" aria-label="Main">
            <ul class="nav-list" data-live="nav">
                {entry(Section::Home, paths::HOME, "Home", frame.counts.needs_you, "g h")}
                {entry(Section::Catalog, paths::CATALOG, "Catalog", 0, "g c")}
                {entry(Section::Resources, paths::RESOURCES, "Resources", 0, "g r")}
                {entry(Section::Runs, paths::RUNS, "Runs", frame.counts.running, "g u")}
                {frame.runs_platform.then(|| entry(Section::Platform, paths::PLATFORM, "Platform", 0, "g f"))}
            </ul>
        </nav>
    }
}

/// Two towers and the span between them.
fn mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d="M2 17h20M7 4v16M17 4v16M2 12c3-1 4.5-4 5-8 1 6 3 8 5 8s4-2 5-8c.5 4 2 7 5 8"></path>
        </svg>
    }
}

fn theme_switch() -> impl IntoView {
    let choice = |value: &'static str, label: &'static str| {
        view! { <button class="menu-item" name="theme" value=value data-theme-choice=value>{label}</button> }
    };
    view! {
        <details class="menu" data-menu="">
            <summary class="menu-open" aria-label="Theme" title="Theme">{icon(Icon::Moon)}</summary>
            <form class="menu-list" method="post" action=paths::THEME>
                {choice("light", "Light")}
                {choice("dark", "Dark")}
                {choice("system", "Like the system")}
            </form>
        </details>
    }
}

fn caller(frame: &Frame) -> impl IntoView {
    let initial = frame.caller.name.chars().next().map(|first| first.to_uppercase().to_string());
    view! {
        <p class="caller">
            <span class="avatar" aria-hidden="true">{initial}</span>
            <a class="caller-name" href=paths::ME>{frame.caller.name.clone()}</a>
            <span class="caller-role">{frame.caller.role.clone()}</span>
        </p>
        {frame.may_sign_out.then(sign_out)}
    }
}

fn sign_out() -> impl IntoView {
    view! {
        <form method="post" action=paths::SIGN_OUT class="one-button">
            <button class="quiet-button">"Sign out"</button>
        </form>
    }
}

fn dev_banner(frame: &Frame) -> Option<impl IntoView> {
    if frame.personas.is_empty() {
        return None;
    }
    let personas = frame.personas.iter().map(|persona| switch_to(persona, &frame.caller.name)).collect_view();
    Some(view! {
        <form class="dev" method="post" action=paths::PERSONA aria-label="Development persona">
            <p class="dev-text"><strong>"Development mode."</strong><span>" Anyone who can reach this address is signed in."</span></p>
            <div class="dev-personas" role="group" aria-label="Act as">{personas}</div>
        </form>
    })
}

fn switch_to(persona: &Persona, current: &str) -> impl IntoView {
    let is_current = persona.name == current;
    view! {
        <button class="dev-persona" name="persona" value=persona.name.clone() aria-pressed=is_current.to_string()>
            {persona.name.clone()}" · "{persona.role.clone()}
        </button>
    }
}
