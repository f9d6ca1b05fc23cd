//! `/device`: somebody who is signed in lets a device in that shows a code.

use domain::Timestamp;
use leptos::prelude::*;

use super::{portal, query, show};
use crate::{
    parts::{
        field::text_field,
        frame::{Drawn, Section},
        moment::ago,
    },
    paths,
    portal::{Frame, Refused},
};

/// What the page shows: a form for a code, what waits under one, or what became of it.
#[derive(Clone, Debug, Default)]
pub struct DevicePage {
    /// Of a device that waits; empty while there is none.
    pub code: String,
    /// What it calls itself, where it asks from, and since when.
    pub program: String,
    pub address: String,
    pub since: Option<Timestamp>,
    /// What was typed, and why nothing waits under it.
    pub typed: String,
    pub problem: String,
    /// Allowed or denied, just now.
    pub answered: Option<bool>,
}

#[component]
pub fn DevicePageView() -> impl IntoView {
    let portal = portal();
    let refused = match use_context::<Refused>() {
        Some(Refused::Device(page)) => Some((*page).clone()),
        _ => None,
    };
    let code = query("code");
    show(
        async move {
            match refused {
                Some(page) => Ok(page),
                None => portal.device(&code).await,
            }
        },
        |page, frame| draw(&page, frame),
    )
}

fn draw(page: &DevicePage, frame: &Frame) -> Drawn {
    let (title, body) = match page.answered {
        Some(true) => (
            "Device signed in",
            said(
                "It is signed in as you now. You can close this page; under your name you find its token, and end it.",
            ),
        ),
        Some(false) => (
            "Device turned away",
            said("It was not let in. If you did not start this yourself, somebody else wanted to be you."),
        ),
        None if page.code.is_empty() => ("Sign in a device", ask(page)),
        None => ("Sign in a device", confirm(page, frame)),
    };
    let heading = if page.problem.is_empty() { title.to_owned() } else { format!("Error: {title}") };
    Drawn {
        title: heading,
        section: Section::None,
        topics: Vec::new(),
        moving: false,
        body: view! { <div class="sign-in"><h1>{title}</h1>{body}</div> }.into_any(),
    }
}

fn said(words: &'static str) -> AnyView {
    view! { <p class="lead">{words}</p> }.into_any()
}

fn ask(page: &DevicePage) -> AnyView {
    let problems: Vec<String> = Some(page.problem.clone()).filter(|problem| !problem.is_empty()).into_iter().collect();
    let help = "Eight letters, as midspan auth login shows them.";
    view! {
        <form class="panel sign-in-form" method="post" action=paths::DEVICE novalidate>
            {text_field("code", "Code", help, &page.typed, &problems)}
            <button class="button" data-weight="primary">"Go on"</button>
        </form>
    }
    .into_any()
}

fn confirm(page: &DevicePage, frame: &Frame) -> AnyView {
    let since = page.since.map(|since| ago(since, frame.now));
    view! {
        <p class="lead">"Allow it only if you started this yourself and the device shows this code."</p>
        <div class="panel">
            <p class="device-code">{page.code.clone()}</p>
            <dl class="pairs">
                <div class="pair"><dt>"Program"</dt><dd>{page.program.clone()}</dd></div>
                <div class="pair"><dt>"Asks from"</dt><dd>{page.address.clone()}</dd></div>
                <div class="pair"><dt>"Since"</dt><dd>{since}</dd></div>
                <div class="pair"><dt>"Signs in as"</dt><dd>{frame.caller.name.clone()}</dd></div>
            </dl>
            <form class="device-answers" method="post" action=paths::DEVICE>
                <input type="hidden" name="code" value=page.code.clone()/>
                <button class="button" data-weight="primary" name="answer" value="allow">"Allow"</button>
                <button class="button" data-weight="plain" name="answer" value="deny">"Deny"</button>
            </form>
        </div>
    }
    .into_any()
}
