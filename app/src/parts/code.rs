//! Text for machines: YAML, commands, values; with a copy button.

use leptos::prelude::*;

use super::button::copy_button;

/// A block of code under a small heading.
pub fn code_block(title: &str, text: &str) -> impl IntoView + use<> {
    view! {
        <figure class="code">
            <figcaption class="code-title">{title.to_owned()}{copy_button(text, title)}</figcaption>
            <pre class="code-text" tabindex="0" role="region" aria-label=title.to_owned()><code>{text.to_owned()}</code></pre>
        </figure>
    }
}

/// A short value on the line, with its copy button.
pub fn code_value(text: &str, what: &str) -> impl IntoView + use<> {
    view! { <span class="value"><code>{text.to_owned()}</code>{copy_button(text, what)}</span> }
}
