//! Previous and next, as links; the cursor stands in the address.

use leptos::prelude::*;

use crate::{counts::count, view::Paging};

/// `noun` is one of them; `address` makes the address of a page from `("after" | "before", cursor)`.
pub fn pager(paging: &Paging, shown: usize, noun: &str, address: impl Fn(&str, &str) -> String) -> impl IntoView {
    let shown = u64::try_from(shown).unwrap_or(u64::MAX);
    let count = match paging.total {
        Some(total) if shown < total => format!("{shown} of {}", count(total, noun)),
        _ => count(shown, noun),
    };
    let previous = paging
        .previous
        .as_ref()
        .map(|cursor| view! { <a class="button" data-weight="plain" rel="prev" href=address("before", cursor)>"Previous"</a> });
    let next = paging.next.as_ref().map(
        |cursor| view! { <a class="button" data-weight="plain" rel="next" href=address("after", cursor)>"Next"</a> },
    );
    view! { <nav class="pager" aria-label=format!("Pages of {noun}s")><span class="pager-count">{count}</span>{previous}{next}</nav> }
}
