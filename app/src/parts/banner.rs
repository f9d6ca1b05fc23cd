//! A message that stands above the page's matter: what is in the way, and the next step.

use leptos::prelude::*;

use super::icon::icon;
use crate::view::Tone;

/// Title, sentence, and a link where there is a next step.
pub fn banner(tone: Tone, title: &str, sentence: &str, action: &str, href: &str) -> impl IntoView + use<> {
    let next =
        (!href.is_empty()).then(|| view! { <a class="banner-action" href=href.to_owned()>{action.to_owned()}</a> });
    view! {
        <section class="banner" data-tone=tone.name() aria-label=title.to_owned()>
            {icon(tone.icon())}
            <div class="banner-text">
                <strong>{title.to_owned()}</strong>
                <p>{sentence.to_owned()}</p>
            </div>
            {next}
        </section>
    }
}
