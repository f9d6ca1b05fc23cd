//! Small comforts: copying, ages that stay true, the theme without a reload, menus that close.

use domain::Timestamp;
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Document, Element, Event, HtmlElement, KeyboardEvent, RequestInit, UrlSearchParams, window};

use super::{keys, palette};
use crate::{paths, times};

const AGES_EVERY_MS: i32 = 5_000;
const COPIED_MS: i32 = 1_500;

/// Listens on the document, so that what arrives later is served as well.
pub fn start() {
    let Some(document) = window().and_then(|window| window.document()) else { return };
    // Without any of these the page works as it was drawn; none is worth an error.
    let _ = prepare(&document);
    let _ = super::combobox::dress(&document);
    let _ = listen(&document);
}

/// Shows what needs a script, opens logs at their ends, and takes a refused form's reader to the summary.
fn prepare(document: &Document) -> Result<(), JsValue> {
    if let Some(root) = document.document_element() {
        root.set_attribute("data-scripted", "")?;
        if keys::on_a_mac() {
            root.set_attribute("data-mac", "")?;
        }
    }
    palette::prepare()?;
    // whoever came for a certain line stands there already
    let came_for = document.location().and_then(|location| location.hash().ok()).unwrap_or_default();
    let logs = document.query_selector_all("[data-log]")?;
    for log in (0..logs.length()).filter_map(|place| logs.get(place)).filter(|_| !came_for.contains("-L")) {
        let log: Element = log.dyn_into()?;
        log.set_scroll_top(log.scroll_height());
    }
    // whoever is somewhere already must not be taken away from there
    let nowhere = document.active_element().is_none_or(|element| element.tag_name().eq_ignore_ascii_case("body"));
    if nowhere && let Some(summary) = document.query_selector("[data-focus]")? {
        summary.dyn_into::<HtmlElement>()?.focus()?;
    }
    Ok(())
}

fn listen(document: &Document) -> Result<(), JsValue> {
    let on_click = Closure::<dyn FnMut(Event)>::new(|event: Event| {
        let _ = clicked(&event);
    });
    document.add_event_listener_with_callback("click", on_click.as_ref().unchecked_ref())?;
    on_click.forget();

    let on_key = Closure::<dyn FnMut(KeyboardEvent)>::new(|event: KeyboardEvent| {
        let _ = typed(&event);
    });
    document.add_event_listener_with_callback("keydown", on_key.as_ref().unchecked_ref())?;
    on_key.forget();

    let on_tick = Closure::<dyn FnMut()>::new(|| {
        let _ = ages();
    });
    if let Some(window) = window() {
        window
            .set_interval_with_callback_and_timeout_and_arguments_0(on_tick.as_ref().unchecked_ref(), AGES_EVERY_MS)?;
    }
    on_tick.forget();
    Ok(())
}

fn clicked(event: &Event) -> Result<(), JsValue> {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return Ok(()) };
    if let Some(button) = target.closest("[data-copy]")? {
        copy(button);
    }
    if palette::clicked(event, &target)? {
        return Ok(());
    }
    if let Some(choice) = target.closest("[data-theme-choice]")? {
        event.prevent_default();
        theme(&choice.get_attribute("data-theme-choice").unwrap_or_default())?;
        close_menus(None)?;
    }
    close_menus(Some(&target))
}

fn typed(event: &KeyboardEvent) -> Result<(), JsValue> {
    if event.key() == "Escape" {
        return close_menus(None);
    }
    keys::pressed(event)
}

fn copy(button: Element) {
    let text = button.get_attribute("data-copy").unwrap_or_default();
    spawn_local(async move {
        let Some(window) = window() else { return };
        if JsFuture::from(window.navigator().clipboard().write_text(&text)).await.is_err() {
            return;
        }
        // Only the look depends on it.
        let _ = button.set_attribute("data-copied", "");
        let done = Closure::once_into_js(move || {
            let _ = button.remove_attribute("data-copied");
        });
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(done.unchecked_ref(), COPIED_MS);
    });
}

/// Changes the look at once, and has the server remember it.
fn theme(choice: &str) -> Result<(), JsValue> {
    let window = window().ok_or(JsValue::NULL)?;
    let root = window.document().and_then(|document| document.document_element()).ok_or(JsValue::NULL)?;
    if choice == "system" {
        root.remove_attribute("data-theme")?;
    } else {
        root.set_attribute("data-theme", choice)?;
    }
    let form = UrlSearchParams::new()?;
    form.append("theme", choice);
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_body(&form);
    let sent = window.fetch_with_str_and_init(paths::THEME, &request);
    spawn_local(async move {
        let _ = JsFuture::from(sent).await;
    });
    Ok(())
}

/// Closes every open menu but the one around `inside`.
fn close_menus(inside: Option<&Element>) -> Result<(), JsValue> {
    let document = window().and_then(|window| window.document()).ok_or(JsValue::NULL)?;
    let menus = document.query_selector_all("details[data-menu][open]")?;
    for menu in (0..menus.length()).filter_map(|place| menus.get(place)) {
        if inside.is_none_or(|inside| !menu.contains(Some(inside))) {
            menu.dyn_into::<Element>()?.remove_attribute("open")?;
        }
    }
    Ok(())
}

fn ages() -> Result<(), JsValue> {
    let document = window().and_then(|window| window.document()).ok_or(JsValue::NULL)?;
    let now = stamp(js_sys::Date::now());
    let all = document.query_selector_all("time[data-ago]")?;
    for time in (0..all.length()).filter_map(|place| all.get(place)) {
        let time: Element = time.dyn_into()?;
        let at = js_sys::Date::parse(&time.get_attribute("datetime").unwrap_or_default());
        if at.is_finite() {
            let words = times::relative(stamp(at), now);
            if time.text_content().as_deref() != Some(&words) {
                time.set_text_content(Some(&words));
            }
        }
    }
    Ok(())
}

/// Milliseconds, as browsers count, to a point in time.
#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds of this age fit")]
fn stamp(milliseconds: f64) -> Timestamp {
    Timestamp::from_micros(milliseconds as i64 * 1_000)
}
