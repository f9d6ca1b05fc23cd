//! The keyboard map. An element says with `data-key` which keys press it, so that a page that gains a link gains its key. Single
//! letters never do anything while somebody types, while a dialog is open, or where they were turned off.

use std::cell::RefCell;

use wasm_bindgen::{JsCast, prelude::*};
use web_sys::{Document, Element, HtmlElement, KeyboardEvent, NodeList, window};

use super::{page, palette};

/// The second key of a pair comes within this.
const PAIR_MS: f64 = 1_500.0;
const ROWS: &str = "main .row-link, main .card-link";
const FAILED_STEPS: &str = "main .step-head:has(> .chip[data-tone=bad])";

thread_local! {
    /// The first key of a pair, and when it was pressed.
    static FIRST: RefCell<Option<(String, f64)>> = const { RefCell::new(None) };
}

pub fn on_a_mac() -> bool {
    let platform = window().and_then(|window| window.navigator().platform().ok()).unwrap_or_default();
    platform.starts_with("Mac") || platform.starts_with("iP")
}

pub fn pressed(event: &KeyboardEvent) -> Result<(), JsValue> {
    if event.default_prevented() || event.is_composing() {
        return Ok(());
    }
    let document = window().and_then(|window| window.document()).ok_or(JsValue::NULL)?;
    let key = event.key();
    let command = event.ctrl_key() || event.meta_key();
    if command {
        if event.alt_key() || event.shift_key() {
            return Ok(());
        }
        return match key.as_str() {
            "k" => {
                event.prevent_default();
                palette::open("")
            }
            "Enter" => press(event, &document, "Ctrl+Enter").map(drop),
            "s" => press(event, &document, "Ctrl+S").map(drop),
            _ => Ok(()),
        };
    }
    if event.alt_key() || palette::is_anything_open(&document)? || is_off(&document) || is_writing(event) {
        return Ok(());
    }
    let first = FIRST.take().filter(|(_, at)| event.time_stamp() - at < PAIR_MS).map(|(first, _)| first);
    if let Some(first) = first
        && press(event, &document, &format!("{first} {key}"))?
    {
        return Ok(());
    }
    let done = match key.as_str() {
        "g" => {
            FIRST.replace(Some((key.clone(), event.time_stamp())));
            return Ok(());
        }
        "/" => match document.query_selector("main [type=search]")? {
            Some(search) => focus(&search)?,
            None => return finish(event, palette::open("")),
        },
        "?" => return finish(event, palette::sheet()),
        "." => return finish(event, palette::open(">")),
        "j" => along(&document, ROWS, 1)?,
        "k" => along(&document, ROWS, -1)?,
        // arrows scroll, unless a row was chosen
        "ArrowDown" if on_a_row(&document)? => along(&document, ROWS, 1)?,
        "ArrowUp" if on_a_row(&document)? => along(&document, ROWS, -1)?,
        "n" => along(&document, FAILED_STEPS, 1)?,
        "p" => along(&document, FAILED_STEPS, -1)?,
        "f" => follow(&document)?,
        "w" => wrap(&document)?,
        _ => return press(event, &document, &key).map(drop),
    };
    if done {
        event.prevent_default();
    }
    Ok(())
}

fn finish(event: &KeyboardEvent, done: Result<(), JsValue>) -> Result<(), JsValue> {
    event.prevent_default();
    done
}

fn is_off(document: &Document) -> bool {
    document.document_element().is_some_and(|root| root.get_attribute("data-keys").as_deref() == Some("off"))
}

fn is_writing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| {
        target.matches("input, textarea, select, [contenteditable], [role=textbox]").unwrap_or(true)
    })
}

/// Presses what carries these keys: a link or button itself, or the one within; anything else gets the focus.
fn press(event: &KeyboardEvent, document: &Document, keys: &str) -> Result<bool, JsValue> {
    let marked = document.query_selector_all("[data-key]")?;
    let Some(found) = elements(&marked).find(|element| element.get_attribute("data-key").as_deref() == Some(keys))
    else {
        return Ok(false);
    };
    event.prevent_default();
    let inside =
        if found.matches("a, button")? { Some(found.clone()) } else { found.query_selector("a, button:not(.copy)")? };
    match inside {
        Some(element) => element.dyn_into::<HtmlElement>()?.click(),
        None => {
            if let Some(place) = found.query_selector("[tabindex]")? {
                focus(&place)?;
            }
        }
    }
    Ok(true)
}

/// Moves the focus to the next or the previous of these.
fn along(document: &Document, which: &str, by: i32) -> Result<bool, JsValue> {
    let all: Vec<Element> = elements(&document.query_selector_all(which)?).collect();
    let present = document.active_element();
    let at = all.iter().position(|element| present.as_ref() == Some(element));
    let next = match at {
        Some(at) => at.checked_add_signed(if by < 0 { -1 } else { 1 }),
        None => Some(0),
    };
    match next.and_then(|next| all.get(next)) {
        Some(element) => focus(element),
        None => Ok(at.is_some()),
    }
}

fn on_a_row(document: &Document) -> Result<bool, JsValue> {
    document.active_element().map_or(Ok(false), |element| element.matches(ROWS))
}

fn focus(element: &Element) -> Result<bool, JsValue> {
    element.clone().dyn_into::<HtmlElement>()?.focus()?;
    page::into_view(element);
    Ok(true)
}

/// To the end of the log that stands open; there it goes on by itself.
fn follow(document: &Document) -> Result<bool, JsValue> {
    let Some(log) = document.query_selector("main details[open] [data-log]")? else { return Ok(false) };
    focus(&log)?;
    log.set_scroll_top(log.scroll_height());
    Ok(true)
}

fn wrap(document: &Document) -> Result<bool, JsValue> {
    let (Some(root), Some(_)) = (document.document_element(), document.query_selector("main [data-log]")?) else {
        return Ok(false);
    };
    root.toggle_attribute("data-unwrapped")?;
    Ok(true)
}

fn elements(list: &NodeList) -> impl Iterator<Item = Element> + '_ {
    (0..list.length()).filter_map(|place| list.get(place)?.dyn_into().ok())
}
