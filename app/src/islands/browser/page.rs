//! The page fetched again from its own address, and its live regions brought up to date in place: what the reader
//! opened stays open, what they scrolled stays scrolled, what has focus keeps it.

use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, DomParser, Element, Node, Response, ScrollIntoViewOptions, ScrollLogicalPosition, SupportedType, window,
};

/// Fetches the page and changes what differs.
pub async fn refresh() -> Result<(), JsValue> {
    let window = window().ok_or(JsValue::NULL)?;
    let response: Response = JsFuture::from(window.fetch_with_str(&window.location().href()?)).await?.dyn_into()?;
    if response.redirected() {
        return window.location().set_href(&response.url());
    }
    if matches!(response.status(), 401 | 403 | 404 | 410) {
        return window.location().reload();
    }
    if !response.ok() {
        return Ok(());
    }
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    let fresh = DomParser::new()?.parse_from_string(&text, SupportedType::TextHtml)?;
    let present = window.document().ok_or(JsValue::NULL)?;
    exchange(&present, &fresh)?;
    retitle(&present, &fresh.title());
    Ok(())
}

/// Does something later.
pub fn after(milliseconds: i32, deed: impl FnOnce() + 'static) -> Option<i32> {
    let once = Closure::once_into_js(deed);
    window()?.set_timeout_with_callback_and_timeout_and_arguments_0(once.unchecked_ref(), milliseconds).ok()
}

/// Shows a notice at the foot of the page; an empty one takes it away.
pub fn notice(text: &str) {
    let Some(place) = by_id("live-notice") else { return };
    place.set_text_content(Some(text));
    // An attribute of a live element can always be set.
    let _ = place.toggle_attribute_with_force("hidden", text.is_empty());
}

pub fn by_id(id: &str) -> Option<Element> {
    window()?.document()?.get_element_by_id(id)
}

/// Scrolls as little as needed to have it in sight.
pub fn into_view(element: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// A new title is what changed in a word: said aloud once, politely.
fn retitle(present: &Document, title: &str) {
    if present.title() != title {
        present.set_title(title);
        if let Some(place) = by_id("live-said") {
            place.set_text_content(Some(title));
        }
    }
}

/// Brings the live regions of the page up to date.
pub fn exchange(present: &Document, fresh: &Document) -> Result<(), JsValue> {
    let regions = fresh.query_selector_all("[data-live]")?;
    for region in (0..regions.length()).filter_map(|place| regions.get(place)) {
        let region: Element = region.dyn_into()?;
        let name = region.get_attribute("data-live").unwrap_or_default();
        if let Some(own) = present.query_selector(&format!("[data-live=\"{name}\"]"))? {
            let following = logs_at_their_end(&own)?;
            become_like(&own, &region)?;
            for log in following {
                log.set_scroll_top(log.scroll_height());
            }
        }
    }
    Ok(())
}

fn logs_at_their_end(region: &Element) -> Result<Vec<Element>, JsValue> {
    let logs = region.query_selector_all("[data-log]")?;
    let all = (0..logs.length()).filter_map(|place| logs.get(place)?.dyn_into::<Element>().ok());
    Ok(all.filter(|log| log.scroll_top() + log.client_height() >= log.scroll_height() - 24).collect())
}

/// Makes `own` what `fresh` is, changing only what differs.
pub fn become_like(own: &Element, fresh: &Element) -> Result<(), JsValue> {
    if own.is_equal_node(Some(fresh)) {
        return Ok(());
    }
    attributes(own, fresh)?;
    let (mut mine, mut theirs) = (own.first_child(), fresh.first_child());
    while let Some(new) = theirs {
        theirs = new.next_sibling();
        match mine {
            Some(old) => {
                mine = old.next_sibling();
                if !adapt(&old, &new)? {
                    own.replace_child(&new, &old)?;
                }
            }
            None => {
                own.append_child(&new)?;
            }
        }
    }
    while let Some(old) = mine {
        mine = old.next_sibling();
        own.remove_child(&old)?;
    }
    Ok(())
}

/// Whether `old` could be made like `new` in place.
fn adapt(old: &Node, new: &Node) -> Result<bool, JsValue> {
    if let (Some(old), Some(new)) = (old.dyn_ref::<Element>(), new.dyn_ref::<Element>()) {
        let same = old.tag_name() == new.tag_name() && old.id() == new.id();
        if same {
            become_like(old, new)?;
        }
        return Ok(same);
    }
    let same = old.node_type() == new.node_type();
    if same && old.node_value() != new.node_value() {
        old.set_node_value(new.node_value().as_deref());
    }
    Ok(same)
}

/// `open` belongs to the reader, unless the server changes its mind about what should stand open (`data-opened`).
fn attributes(own: &Element, fresh: &Element) -> Result<(), JsValue> {
    let keep_open = own.get_attribute("data-opened") == fresh.get_attribute("data-opened");
    let is_kept = |name: &str| name == "data-copied" || name == "open" && keep_open;
    for name in fresh.get_attribute_names().iter().filter_map(|name| name.as_string()) {
        let value = fresh.get_attribute(&name).unwrap_or_default();
        if !is_kept(&name) && own.get_attribute(&name).as_deref() != Some(&value) {
            own.set_attribute(&name, &value)?;
        }
    }
    for name in own.get_attribute_names().iter().filter_map(|name| name.as_string()) {
        if !is_kept(&name) && !fresh.has_attribute(&name) {
            own.remove_attribute(&name)?;
        }
    }
    Ok(())
}
