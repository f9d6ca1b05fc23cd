//! Buttons: links that look like buttons, and forms that do something.

use leptos::prelude::*;

use super::icon::{Icon, icon};

/// How much a button asks to be pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weight {
    Primary,
    #[default]
    Plain,
    Danger,
}

impl Weight {
    pub fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Plain => "plain",
            Self::Danger => "danger",
        }
    }
}

/// A link with the weight of a button.
pub fn link_button(href: String, which: Option<Icon>, label: &str, weight: Weight) -> AnyView {
    view! { <a class="button" data-weight=weight.name() href=href>{which.map(icon)}{label.to_owned()}</a> }.into_any()
}

/// A form of one button: POSTs to `action` and follows the answer.
pub fn post_button(action: String, which: Option<Icon>, label: &str, weight: Weight) -> AnyView {
    view! {
        <form method="post" action=action class="one-button">
            <button class="button" data-weight=weight.name()>{which.map(icon)}{label.to_owned()}</button>
        </form>
    }
    .into_any()
}

/// A deed that is not possible: shown, not hidden, with the reason.
pub fn refused_button(which: Option<Icon>, label: &str, reason: &str) -> AnyView {
    view! {
        <button class="button" data-weight="plain" type="button" aria-disabled="true" title=reason.to_owned()>
            {which.map(icon)}{label.to_owned()}<span class="visually-hidden">" (not possible: "{reason.to_owned()}")"</span>
        </button>
    }
    .into_any()
}

/// Copies `text`; styles hide it until a script runs.
pub fn copy_button(text: &str, what: &str) -> impl IntoView + use<> {
    view! {
        <button class="copy" type="button" data-copy=text.to_owned() aria-label=format!("Copy {what}")>
            {icon(Icon::Copy)}
        </button>
    }
}
