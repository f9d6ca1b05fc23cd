//! Previous and next, as links; the cursor stands in the address.

use leptos::prelude::*;

use crate::view::Paging;

/// `address` makes the address of a page from `("after" | "before", cursor)`.
pub fn pager(paging: &Paging, shown: usize, noun: &str, address: impl Fn(&str, &str) -> String) -> impl IntoView {
    let count = match paging.total {
        Some(total) if u64::try_from(shown).is_ok_and(|shown| shown < total) => format!("{shown} of {total} {noun}"),
        _ => format!("{shown} {noun}"),
    };
    let previous = paging
        .previous
        .as_ref()
        .map(|cursor| view! { <a class="button" data-weight="plain" rel="prev" href=address("before", cursor)>"Previous"</a> });
    let next = paging.next.as_ref().map(
        |cursor| view! { <a class="button" data-weight="plain" rel="next" href=address("after", cursor)>"Next"</a> },
    );
    view! { <nav class="pager" aria-label="Pages"><span class="pager-count">{count}</span>{previous}{next}</nav> }
}
