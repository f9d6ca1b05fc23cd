//! `/me`: who one is here, in which browsers one is signed in, and which tokens one has; each can be ended.

use domain::Timestamp;
use leptos::prelude::*;

use super::{portal, show};
use crate::{
    parts::{
        button::{Weight, post_button},
        chip::{Look, chip},
        code::code_block,
        field::text_field,
        frame::{Drawn, Section},
        icon::{Icon, icon},
        moment::ago,
        table::table,
    },
    paths,
    portal::{Frame, Refused},
    view::Tone,
};

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct MePage {
    /// Beside the name; empty where nobody has said one.
    pub title: String,
    pub email: String,
    /// `Example Corp`, `an access token`, …
    pub signed_in_by: String,
    pub roles: String,
    pub groups: Vec<String>,
    pub sessions: Vec<SessionRow>,
    pub tokens: Vec<TokenRow>,
    /// Why there are no tokens to be had here; empty where there are.
    pub no_tokens: String,
    /// A token just made, shown this once.
    pub made: String,
    /// What was typed for a new one, and what is wrong with it.
    pub purpose: String,
    pub problem: String,
    /// Single letters do nothing in this browser.
    pub keys_off: bool,
}

/// A browser somebody is signed in with.
#[derive(Clone, Debug, Default)]
pub struct SessionRow {
    pub id: String,
    pub client: String,
    pub provider: String,
    pub created: Timestamp,
    pub seen: Timestamp,
    pub is_this: bool,
}

#[derive(Clone, Debug, Default)]
pub struct TokenRow {
    pub id: String,
    pub purpose: String,
    /// `Everything you may`, `Reading, in shop`.
    pub scope: String,
    pub created: Timestamp,
    pub used: Option<Timestamp>,
    /// As a date; empty for one without an end.
    pub expires: String,
    pub has_expired: bool,
}

/// How long a new token may be good for, in days.
pub const LIVES: [(u32, &str); 4] = [(7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "A year")];

#[component]
pub fn MePageView() -> impl IntoView {
    let portal = portal();
    let refused = match use_context::<Refused>() {
        Some(Refused::Me(page)) => Some((*page).clone()),
        _ => None,
    };
    show(
        async move {
            match refused {
                Some(page) => Ok(page),
                None => portal.me().await,
            }
        },
        |page, frame| draw(&page, frame),
    )
}

fn draw(page: &MePage, frame: &Frame) -> Drawn {
    let title =
        if page.problem.is_empty() { frame.caller.name.clone() } else { format!("Error: {}", frame.caller.name) };
    Drawn {
        title,
        section: Section::None,
        topics: Vec::new(),
        moving: false,
        body: view! {
            <div class="page-head">
                <div>
                    <h1>{frame.caller.name.clone()}</h1>
                    <p class="lead">{lead(page)}</p>
                </div>
            </div>
            <div class="column-main">
                {made(page)}
                {who(page)}
                {keyboard(page.keys_off)}
                {sessions(page, frame)}
                {tokens(page, frame)}
            </div>
        }
        .into_any(),
    }
}

/// `Ana of Example Corp, ana@example.com. Signed in through Example Corp.`
fn lead(page: &MePage) -> String {
    let told: Vec<&str> =
        [page.title.as_str(), page.email.as_str()].into_iter().filter(|text| !text.is_empty()).collect();
    let who = if told.is_empty() { String::new() } else { format!("{}. ", told.join(", ")) };
    format!("{who}Signed in through {}.", page.signed_in_by)
}

fn made(page: &MePage) -> Option<impl IntoView + use<>> {
    (!page.made.is_empty()).then(|| {
        view! {
            <section class="banner" data-tone=Tone::Good.name() aria-label="New token">
                {icon(Icon::Check)}
                <div class="banner-text">
                    <strong>"Your new token"</strong>
                    <p>"It is shown this once. Whoever has it is you, as far as it goes."</p>
                    {code_block("Token", &page.made)}
                </div>
            </section>
        }
    })
}

fn who(page: &MePage) -> impl IntoView + use<> {
    let groups = page.groups.iter().map(|group| view! { <li class="tag">{group.clone()}</li> }).collect_view();
    let groups = if page.groups.is_empty() {
        view! { <span class="cell-quiet">"None"</span> }.into_any()
    } else {
        view! { <ul class="tags">{groups}</ul> }.into_any()
    };
    let roles =
        if page.roles.is_empty() { "None: the platform team can change that".to_owned() } else { page.roles.clone() };
    view! {
        <section class="section" aria-labelledby="who">
            <h2 id="who">"What you are here"</h2>
            <dl class="pairs">
                <div class="pair"><dt>"Roles"</dt><dd>{roles}</dd></div>
                <div class="pair"><dt>"Groups"</dt><dd>{groups}</dd></div>
            </dl>
        </section>
    }
}

/// Works without a script, which is when it does not matter.
fn keyboard(off: bool) -> impl IntoView {
    let (says, value, label) = if off {
        ("Single letters do nothing in this browser.", "on", "Turn single-letter keys on")
    } else {
        ("Single letters lead through the portal while you do not type.", "off", "Turn single-letter keys off")
    };
    view! {
        <section class="section" aria-labelledby="keyboard">
            <div class="section-head">
                <h2 id="keyboard">"Keyboard"</h2>
                <a class="section-link" href=paths::KEYS>"All shortcuts"</a>
            </div>
            <form class="keys-choice" method="post" action=paths::ME_KEYS>
                <p class="note">{says}</p>
                <button class="button" data-weight="plain" name="keys" value=value>{label}</button>
            </form>
        </section>
    }
}

fn sessions(page: &MePage, frame: &Frame) -> impl IntoView + use<> {
    let row = |row: &SessionRow| {
        let end = if row.is_this {
            chip(Look { tone: Tone::Good, icon: Icon::Check, word: "This browser" }).into_any()
        } else {
            deed(paths::ME_END_SESSION, &row.id, "End")
        };
        view! {
            <tr>
                <td class="cell-name"><span class="row-title"><strong>{row.client.clone()}</strong><span class="row-kind">{row.provider.clone()}</span></span></td>
                <td class="cell-quiet" data-label="Since">{ago(row.created, frame.now)}</td>
                <td class="cell-quiet" data-label="Last used">{ago(row.seen, frame.now)}</td>
                <td class="cell-end">{end}</td>
            </tr>
        }
    };
    let rows = page.sessions.iter().map(row).collect_view();
    let others = (page.sessions.iter().filter(|row| !row.is_this).count() > 1).then(|| {
        post_button(
            paths::with_query(paths::ME_END_SESSION, &[("others", "yes")]),
            None,
            "End all others",
            Weight::Plain,
        )
    });
    let matter = if page.sessions.is_empty() {
        view! { <p class="note">"No browser is signed in: this server signs in everybody on its machine."</p> }
            .into_any()
    } else {
        table("Sessions", ["Browser", "Since", "Last used", "End"], rows).into_any()
    };
    view! {
        <section class="section" aria-labelledby="sessions">
            <div class="section-head"><h2 id="sessions">"Browsers"</h2>{others}</div>
            {matter}
        </section>
    }
}

fn tokens(page: &MePage, frame: &Frame) -> impl IntoView + use<> {
    let row = |row: &TokenRow| {
        let used = match row.used {
            Some(used) => ago(used, frame.now).into_any(),
            None => "Never".into_any(),
        };
        let until = if row.expires.is_empty() { "Until it is revoked".to_owned() } else { row.expires.clone() };
        let expired = row.has_expired.then(|| chip(Look { tone: Tone::Quiet, icon: Icon::Circle, word: "Run out" }));
        view! {
            <tr>
                <td class="cell-name"><span class="row-title"><strong>{row.purpose.clone()}</strong><span class="row-kind">{row.scope.clone()}</span></span></td>
                <td class="cell-quiet" data-label="Made">{ago(row.created, frame.now)}</td>
                <td class="cell-quiet" data-label="Last used">{used}</td>
                <td class="cell-quiet" data-label="Good until">{until}{expired}</td>
                <td class="cell-end">{deed(paths::ME_REVOKE, &row.id, "Revoke")}</td>
            </tr>
        }
    };
    let rows = page.tokens.iter().map(row).collect_view();
    let matter = if page.tokens.is_empty() {
        view! { <p class="note">"You have no tokens."</p> }.into_any()
    } else {
        table("Tokens", ["Token", "Made", "Last used", "Good until", "Revoke"], rows).into_any()
    };
    let new = if page.no_tokens.is_empty() {
        new_token(page)
    } else {
        view! { <p class="note">{page.no_tokens.clone()}</p> }.into_any()
    };
    view! {
        <section class="section" aria-labelledby="tokens">
            <h2 id="tokens">"Tokens"</h2>
            {matter}
            {new}
        </section>
    }
}

/// Works without a script as it is.
fn new_token(page: &MePage) -> AnyView {
    let problems: Vec<String> = Some(page.problem.clone()).filter(|problem| !problem.is_empty()).into_iter().collect();
    let open = !problems.is_empty();
    let lives = LIVES.into_iter().map(|(days, label)| {
        let is_usual = days == 30;
        view! { <option value=days.to_string() selected=is_usual>{label}</option> }
    });
    view! {
        <details class="fold" open=open>
            <summary class="fold-head">{icon(Icon::Chevron)}"New token"</summary>
            <div class="fold-body">
                <form class="sign-in-form" method="post" action=paths::ME_TOKENS novalidate>
                    {text_field("purpose", "What it is for", "So that you know it again.", &page.purpose, &problems)}
                    <div class="field">
                        <label class="field-label" for="expires">"Good for"</label>
                        <div class="field-control"><select class="input" id="expires" name="expires">{lives.collect_view()}</select></div>
                    </div>
                    <div class="field">
                        <label class="field-label" for="namespace">"Only in the namespace"<span class="field-optional">" optional"</span></label>
                        <div class="field-control"><input class="input" type="text" id="namespace" name="namespace" autocomplete="off" autocapitalize="none" spellcheck="false"/></div>
                    </div>
                    <label class="check"><input class="choice-input" type="checkbox" name="readOnly" value="yes"/><span class="choice-body"><span class="choice-title">"Only for reading"</span></span></label>
                    <button class="button" data-weight="primary">"Make the token"</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// A button that does something to one row.
fn deed(action: &'static str, id: &str, label: &'static str) -> AnyView {
    view! {
        <form method="post" action=action class="one-button">
            <button class="button" data-weight="plain" name="id" value=id.to_owned()>{label}</button>
        </form>
    }
    .into_any()
}
