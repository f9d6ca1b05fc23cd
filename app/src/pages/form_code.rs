//! The form as code: beside its fields, and instead of them.

use forms::Action;
use leptos::prelude::*;

use super::form::{AsCode, EditedText};
use crate::parts::{
    button::{Weight, link_button},
    code::code_block,
    icon::{Icon, icon},
};

/// What the *As code* pane shows; it follows what is typed.
pub fn code(code: &AsCode) -> AnyView {
    view! {
        <div data-live="code">
            {code_block("As code", &code.yaml)}
            <details class="fold">
                <summary class="fold-head">{icon(Icon::Chevron)}"On the command line"</summary>
                <div class="fold-body">{code_block("Command", &code.command)}</div>
            </details>
            <details class="fold">
                <summary class="fold-head">{icon(Icon::Chevron)}"Over HTTP"</summary>
                <div class="fold-body">{code_block("curl", &code.curl)}</div>
            </details>
            <details class="fold">
                <summary class="fold-head">{icon(Icon::Chevron)}"In git"</summary>
                <div class="fold-body">{code_block("Commit", &code.commit)}</div>
            </details>
        </div>
    }
    .into_any()
}

pub(super) fn beside(shown: &AsCode) -> AnyView {
    view! {
        <aside class="column-side" aria-label="As code">
            <div class="sticky">
                {code(shown)}
                <div class="form-code">
                    <button class="button" data-weight="plain" form="request-form" name="_do" value=TO_TEXT>{icon(Icon::Edit)}"Edit as YAML"</button>
                    <noscript>
                        <button class="button" data-weight="plain" form="request-form" name="_do" value=Action::Refresh.text()>"Show as code"</button>
                    </noscript>
                </div>
                <p class="note">
                    "The same document works with "<code>"midspan apply"</code>" and "<code>"kubectl apply"</code>"."
                </p>
            </div>
        </aside>
    }
    .into_any()
}

/// The values of the buttons that lead to the text and back.
pub const TO_TEXT: &str = "text";
pub const TO_FIELDS: &str = "fields";

/// The document as a text to edit.
pub(super) fn as_text(text: &EditedText, draft: &str, back: String) -> AnyView {
    let wrong = !text.problem.is_empty();
    let problem = wrong.then(|| {
        view! {
            <p class="field-error" id="text-error">
                {icon(Icon::Alert)}<span class="visually-hidden">"Error: "</span>{text.problem.clone()}
            </p>
        }
    });
    view! {
        <form class="form" method="post" novalidate>
            <input type="hidden" name="_draft" value=draft.to_owned()/>
            <div class="field" data-invalid=wrong.then_some("true")>
                <label class="field-label" for="text">"Document"</label>
                <p class="field-help" id="text-help">
                    "The whole request as YAML. What stands in it is what the form will hold; what stands for a secret stays as it is, and one left out is not asked for. Comments help while you write; the form does not keep them."
                </p>
                {problem}
                <div class="field-control">
                    <textarea
                        class="input" data-code="" spellcheck="false" rows="24" id="text" name="_text"
                        aria-invalid=wrong.then_some("true")
                        aria-describedby=if wrong { "text-error text-help" } else { "text-help" }
                    >
                        {text.text.clone()}
                    </textarea>
                </div>
            </div>
            <div class="form-end">
                <button class="button" data-weight="primary" name="_do" value=TO_FIELDS>"Apply to form"</button>
                <button class="button" name="_do" value="plan" data-key="Ctrl+Enter">"See the plan"</button>
                {link_button(back, None, "Cancel", Weight::Plain)}
            </div>
        </form>
    }
    .into_any()
}
