//! What a resource is called and where it lives.

use leptos::prelude::*;

use super::form::FormPage;
use crate::{
    parts::{banner::banner, field::text_field},
    view::Tone,
};

/// Name and namespace: asked for once, and fixed afterwards. `known` = an earlier step has given them.
pub(super) fn identity(page: &FormPage, known: bool) -> AnyView {
    if known {
        return view! {
            <input type="hidden" name="name" value=page.name.clone()/>
            <input type="hidden" name="namespace" value=page.namespace.clone()/>
        }
        .into_any();
    }
    if let Some(editing) = &page.editing {
        return view! {
            <input type="hidden" name="resourceVersion" value=editing.resource_version.clone()/>
            <input type="hidden" name="name" value=editing.key.name.clone()/>
            <input type="hidden" name="namespace" value=editing.key.namespace.clone()/>
        }
        .into_any();
    }
    let errors: Vec<String> =
        page.problems.iter().filter(|problem| problem.field == "name").map(|problem| problem.message.clone()).collect();
    let name = text_field(
        "name",
        "Name",
        "Lower-case letters, digits and dashes. It cannot be changed later.",
        &page.name,
        &errors,
    );
    let place = match page.namespaces.as_slice() {
        [] => banner(
            Tone::Warn,
            "No namespace",
            "You may not create anything in any namespace. Ask the platform team.",
            "",
            "",
        )
        .into_any(),
        [only] => view! {
            <div class="field">
                <span class="field-label">"Namespace"</span>
                <p class="field-fixed"><code>{only.clone()}</code></p>
                <input type="hidden" name="namespace" value=only.clone()/>
            </div>
        }
        .into_any(),
        several => {
            let options = several
                .iter()
                .map(|each| view! { <option value=each.clone() selected=*each == page.namespace>{each.clone()}</option> })
                .collect_view();
            view! {
                <div class="field">
                    <label class="field-label" for="namespace">"Namespace"</label>
                    <div class="field-control"><select class="input" id="namespace" name="namespace">{options}</select></div>
                </div>
            }
            .into_any()
        }
    };
    view! { <div class="identity">{name}{place}</div> }.into_any()
}
