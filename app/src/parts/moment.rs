//! A point in time: relative words for people, the exact instant for machines and tooltips.

use domain::Timestamp;
use leptos::prelude::*;

use crate::times;

/// `3 min ago`. The `times` island keeps it true while the page stands open.
pub fn ago(at: Timestamp, now: Timestamp) -> impl IntoView {
    let exact = at.to_string();
    view! { <time datetime=exact.clone() title=exact data-ago="">{times::relative(at, now)}</time> }
}

/// How long something took, or has been taking so far.
pub fn took(start: Option<Timestamp>, end: Option<Timestamp>, now: Timestamp) -> Option<impl IntoView> {
    let start = start?;
    Some(view! { <span class="number">{times::took(start, end.unwrap_or(now))}</span> })
}
