//! Error pages: what happened, what to do next, and the request's id for whoever looks it up.

use domain::{Error, ErrorKind};
use leptos::prelude::*;

use super::show;
use crate::{
    parts::{
        button::{Weight, link_button},
        empty::empty,
        frame::{Drawn, Section},
        icon::Icon,
    },
    paths,
    portal::{AnswerStatus, Refused, RequestId},
};

/// For addresses that lead nowhere.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    let error = match use_context::<Refused>() {
        Some(Refused::Problem(error)) => (*error).clone(),
        _ => Error::new(ErrorKind::NotFound, "There is nothing at this address."),
    };
    show(async move { Err::<(), _>(error) }, |(), _| unreachable_page())
}

/// Draws an error, and has the server answer with its status. Whoever is nobody yet is led nowhere but in.
pub fn draw(error: &Error, to_nobody: bool) -> Drawn {
    let (status, title, advice, icon) = words(error.kind);
    if let Some(answer) = use_context::<AnswerStatus>() {
        (answer.0)(status);
    }
    let id = use_context::<RequestId>().map(|RequestId(id)| {
        view! { <p class="problem-id">"Request "<code>{id}</code></p> }
    });
    let sentence = format!("{} {advice}", sentence(&error.message));
    let way_on = if to_nobody {
        link_button(paths::SIGN_IN.to_owned(), Some(Icon::Key), "Sign in", Weight::Primary)
    } else {
        view! {
            {link_button(paths::HOME.to_owned(), Some(Icon::Home), "Go home", Weight::Plain)}
            {link_button(paths::CATALOG.to_owned(), Some(Icon::Layers), "Browse the catalog", Weight::Plain)}
        }
        .into_any()
    };
    Drawn {
        title: title.to_owned(),
        section: Section::None,
        topics: Vec::new(),
        moving: false,
        body: view! {
            <div class="problem">
                <h1 class="visually-hidden">{title}</h1>
                {empty(icon, title, &sentence, way_on)}
                {id}
            </div>
        }
        .into_any(),
    }
}

fn unreachable_page() -> Drawn {
    draw(&Error::new(ErrorKind::NotFound, "There is nothing at this address."), false)
}

fn words(kind: ErrorKind) -> (u16, &'static str, &'static str, Icon) {
    match kind {
        ErrorKind::NotFound => (404, "Not found", "It may have been deleted, or the address has a slip.", Icon::Search),
        ErrorKind::Forbidden => (403, "Not allowed", "Ask the platform team for access.", Icon::Key),
        ErrorKind::Unauthorized => (401, "Sign in first", "This page needs to know who you are.", Icon::Key),
        ErrorKind::Conflict => (409, "Not possible right now", "Nothing was changed.", Icon::Branch),
        ErrorKind::ServiceUnavailable => (503, "Not available right now", "Try again in a moment.", Icon::Clock),
        ErrorKind::TooManyRequests => (429, "Too many requests", "Wait a moment, then try again.", Icon::Clock),
        ErrorKind::BadRequest | ErrorKind::Invalid => {
            (400, "That did not work", "Go back and check the address.", Icon::Alert)
        }
        _ => (
            500,
            "Something of ours broke",
            "Nothing you typed caused this. Try again; if it stays, show the platform team the request below.",
            Icon::Alert,
        ),
    }
}

fn sentence(message: &str) -> String {
    if message.ends_with(['.', '!', '?']) { message.to_owned() } else { format!("{message}.") }
}
