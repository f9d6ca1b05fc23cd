//! The palette's dialog: asks the server while one types, moves through the options, does what is chosen. It knows no rule: what stands
//! in it, and what is not possible and why, comes from the server.

use std::cell::{Cell, RefCell};

use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Document, DomParser, Element, Event, HtmlDialogElement, HtmlElement, HtmlFormElement, HtmlInputElement,
    KeyboardEvent, MouseEvent, Response, SupportedType, window,
};

use super::page;
use crate::paths;

/// A pause in typing.
const PAUSE_MS: i32 = 60;

thread_local! {
    /// Counts what was asked: an answer to something older is not shown.
    static ASKED: Cell<u32> = const { Cell::new(0) };
    /// The text that the options on the screen answer.
    static SHOWN: RefCell<Option<String>> = const { RefCell::new(None) };
    /// Somebody pressed Enter before the answer was there.
    static CHOOSES: Cell<bool> = const { Cell::new(false) };
}

/// Listens where the dialog is; a page for nobody has none.
pub fn prepare() -> Result<(), JsValue> {
    let Some(input) = page::by_id("palette-input") else { return Ok(()) };
    let on_input = Closure::<dyn FnMut(Event)>::new(|_| ask_after(PAUSE_MS));
    input.add_event_listener_with_callback("input", on_input.as_ref().unchecked_ref())?;
    on_input.forget();
    let on_key = Closure::<dyn FnMut(KeyboardEvent)>::new(|event: KeyboardEvent| {
        let _ = typed(&event);
    });
    input.add_event_listener_with_callback("keydown", on_key.as_ref().unchecked_ref())?;
    on_key.forget();
    Ok(())
}

/// Opens it with something typed already; open, it closes.
pub fn open(typed: &str) -> Result<(), JsValue> {
    let (Some(dialog), Some(input)) = (dialog("palette"), input()) else { return Ok(()) };
    if dialog.open() {
        dialog.close();
        return Ok(());
    }
    close("key-sheet");
    input.set_value(typed);
    SHOWN.replace(None);
    dialog.show_modal()?;
    ask_after(0);
    Ok(())
}

/// The keyboard map, from its page.
pub fn sheet() -> Result<(), JsValue> {
    let (Some(sheet), Some(body)) = (dialog("key-sheet"), page::by_id("key-sheet-body")) else { return Ok(()) };
    // on its own page it stands already
    if body.first_element_child().is_none() && page::by_id("key-map").is_some() || sheet.open() {
        return Ok(());
    }
    sheet.show_modal()?;
    spawn_local(async move {
        if body.first_element_child().is_none() && fill(&body).await.is_err() {
            body.set_text_content(Some("The map could not be loaded. It stands at /keys."));
        }
    });
    Ok(())
}

async fn fill(body: &Element) -> Result<(), JsValue> {
    let map = fetched(paths::KEYS).await?.get_element_by_id("key-map").ok_or(JsValue::NULL)?;
    body.append_child(&map).map(drop)
}

/// Whether a dialog lies over the page: keys are for it alone.
pub fn is_anything_open(document: &Document) -> Result<bool, JsValue> {
    Ok(document.query_selector("dialog[open]")?.is_some())
}

/// The header's button, an option, or the place beside the dialog. `true` = nobody else needs to look at it.
pub fn clicked(event: &Event, target: &Element) -> Result<bool, JsValue> {
    if target.closest("[data-palette]")?.is_some() && !is_to_another_tab(event) {
        event.prevent_default();
        open("")?;
        return Ok(true);
    }
    if let Some(dialog) =
        target.dyn_ref::<HtmlDialogElement>().filter(|dialog| dialog.matches(".palette, .sheet").unwrap_or(false))
    {
        dialog.close();
        return Ok(true);
    }
    match target.closest(".palette-option")? {
        Some(option) => choose(&option),
        None => Ok(false),
    }
}

fn is_to_another_tab(event: &Event) -> bool {
    event.dyn_ref::<MouseEvent>().is_some_and(|event| event.ctrl_key() || event.meta_key() || event.shift_key())
}

fn choose(option: &Element) -> Result<bool, JsValue> {
    if option.has_attribute("aria-disabled") {
        return Ok(true);
    }
    close("palette");
    let window = window().ok_or(JsValue::NULL)?;
    if let Some(address) = option.get_attribute("data-href") {
        window.location().assign(&address)?;
    } else if let Some(address) = option.get_attribute("data-post") {
        post(&address, option)?;
    } else if option.has_attribute("data-sheet") {
        sheet()?;
    } else {
        // a theme: the document's own listener knows
        return Ok(false);
    }
    Ok(true)
}

/// As a form of one button does it: the answer is the next page.
fn post(address: &str, option: &Element) -> Result<(), JsValue> {
    let document = window().and_then(|window| window.document()).ok_or(JsValue::NULL)?;
    let form: HtmlFormElement = document.create_element("form")?.dyn_into()?;
    form.set_attribute("method", "post")?;
    form.set_attribute("action", address)?;
    if let (Some(name), Some(value)) = (option.get_attribute("data-name"), option.get_attribute("data-value")) {
        let field = document.create_element("input")?;
        field.set_attribute("type", "hidden")?;
        field.set_attribute("name", &name)?;
        field.set_attribute("value", &value)?;
        form.append_child(&field)?;
    }
    document.body().ok_or(JsValue::NULL)?.append_child(&form)?;
    form.submit()
}

fn typed(event: &KeyboardEvent) -> Result<(), JsValue> {
    if event.is_composing() {
        return Ok(());
    }
    match event.key().as_str() {
        "ArrowDown" => step(1)?,
        "ArrowUp" => step(-1)?,
        "Enter" if is_answered() => {
            if let Some(option) = active() {
                option.dyn_into::<HtmlElement>()?.click();
            }
        }
        "Enter" => CHOOSES.set(true),
        _ => return Ok(()),
    }
    event.prevent_default();
    Ok(())
}

fn is_answered() -> bool {
    SHOWN.with_borrow(|shown| shown.is_some() && *shown == input().map(|input| input.value()))
}

fn ask_after(milliseconds: i32) {
    let mine = ASKED.get().wrapping_add(1);
    ASKED.set(mine);
    CHOOSES.set(false);
    page::after(milliseconds, move || {
        spawn_local(async move {
            let answer = ask(mine).await;
            if answer.is_err() && ASKED.get() == mine {
                failed();
            }
        });
    });
}

async fn ask(mine: u32) -> Result<(), JsValue> {
    let Some(text) = input().map(|input| input.value()).filter(|_| ASKED.get() == mine) else { return Ok(()) };
    let at = window().ok_or(JsValue::NULL)?.location().pathname()?;
    let encoded = |text: &str| String::from(js_sys::encode_uri_component(text));
    let fresh = fetched(&format!("{}?q={}&at={}", paths::PALETTE, encoded(&text), encoded(&at))).await?;
    if ASKED.get() != mine {
        return Ok(());
    }
    let (list, new) = (list()?, fresh.get_element_by_id("palette-list").ok_or(JsValue::NULL)?);
    page::become_like(&list, &new)?;
    list.set_scroll_top(0);
    say(&fresh.get_element_by_id("palette-said").and_then(|said| said.text_content()).unwrap_or_default());
    SHOWN.replace(Some(text));
    activate(options()?.iter().find(|option| !option.has_attribute("aria-disabled")))?;
    if CHOOSES.take()
        && let Some(option) = active()
    {
        option.dyn_into::<HtmlElement>()?.click();
    }
    Ok(())
}

/// Nothing can be chosen; the search page may still answer.
fn failed() {
    if let Ok(list) = list() {
        list.set_text_content(None);
    }
    SHOWN.replace(None);
    say("Nothing could be loaded. Try again in a moment.");
}

async fn fetched(address: &str) -> Result<Document, JsValue> {
    let window = window().ok_or(JsValue::NULL)?;
    let response: Response = JsFuture::from(window.fetch_with_str(address)).await?.dyn_into()?;
    if !response.ok() || response.redirected() {
        return Err(JsValue::NULL);
    }
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    DomParser::new()?.parse_from_string(&text, SupportedType::TextHtml)
}

/// To the next option or the one before; from the last to the first.
fn step(by: i32) -> Result<(), JsValue> {
    let all = options()?;
    let Some(last) = all.len().checked_sub(1) else { return Ok(()) };
    let at = all.iter().position(|option| option.get_attribute("aria-selected").as_deref() == Some("true"));
    let next = match (at, by > 0) {
        (Some(at), true) if at < last => at + 1,
        (Some(at), false) if at > 0 => at - 1,
        (Some(_), true) | (None, _) => 0,
        (Some(_), false) => last,
    };
    activate(all.get(next))
}

/// Marks the option that Enter chooses, for eyes and ears.
fn activate(option: Option<&Element>) -> Result<(), JsValue> {
    let input = input().ok_or(JsValue::NULL)?;
    for other in options()? {
        other.set_attribute("aria-selected", "false")?;
    }
    match option {
        Some(option) => {
            option.set_attribute("aria-selected", "true")?;
            input.set_attribute("aria-activedescendant", &option.id())?;
            page::into_view(option);
            Ok(())
        }
        None => input.remove_attribute("aria-activedescendant"),
    }
}

fn active() -> Option<Element> {
    page::by_id(&input()?.get_attribute("aria-activedescendant")?)
}

fn options() -> Result<Vec<Element>, JsValue> {
    let all = list()?.query_selector_all(".palette-option")?;
    Ok((0..all.length()).filter_map(|place| all.get(place)?.dyn_into().ok()).collect())
}

fn say(text: &str) {
    if let Some(place) = page::by_id("palette-said") {
        place.set_text_content(Some(text));
    }
}

fn list() -> Result<Element, JsValue> {
    page::by_id("palette-list").ok_or(JsValue::NULL)
}

fn input() -> Option<HtmlInputElement> {
    page::by_id("palette-input")?.dyn_into().ok()
}

fn dialog(id: &str) -> Option<HtmlDialogElement> {
    page::by_id(id)?.dyn_into().ok()
}

fn close(id: &str) {
    if let Some(dialog) = dialog(id) {
        dialog.close();
    }
}
