//! A form on several pages: where one is, what comes, and the way back. Each page has its own address.

use leptos::prelude::*;

use super::form::FormStep;
use crate::parts::button::{Weight, link_button};

fn current(steps: &[FormStep]) -> usize {
    steps.iter().position(|step| step.current).unwrap_or(0)
}

/// Whether the name and the namespace are given already.
pub(super) fn later(steps: &[FormStep]) -> bool {
    current(steps) > 0
}

/// The list of steps, and the words of this one.
pub(super) fn head(steps: &[FormStep]) -> Option<AnyView> {
    if steps.is_empty() {
        return None;
    }
    let at = current(steps);
    let items = steps
        .iter()
        .enumerate()
        .map(|(place, step)| {
            let title = step.title.clone();
            let number = format!("{}. ", place + 1);
            if step.current {
                view! { <li aria-current="step">{number}{title}</li> }.into_any()
            } else if step.href.is_empty() || place > at {
                view! { <li>{number}{title}</li> }.into_any()
            } else {
                view! { <li><a href=step.href.clone()>{number}{title}</a></li> }.into_any()
            }
        })
        .collect_view();
    let description = steps.get(at).map(|step| step.description.clone()).filter(|text| !text.is_empty());
    Some(
        view! {
            <input type="hidden" name="_step" value=at.to_string()/>
            <nav aria-label="Steps"><ol class="form-steps">{items}</ol></nav>
            {description.map(|text| view! { <p class="lead">{text}</p> })}
        }
        .into_any(),
    )
}

/// What the button says that goes on.
pub(super) fn onward(steps: &[FormStep]) -> &'static str {
    if steps.is_empty() || current(steps) + 1 == steps.len() { "See the plan" } else { "Continue" }
}

pub(super) fn backward(steps: &[FormStep]) -> Option<impl IntoView> {
    let before = current(steps).checked_sub(1).and_then(|place| steps.get(place))?;
    (!before.href.is_empty()).then(|| link_button(before.href.clone(), None, "Back", Weight::Plain))
}
