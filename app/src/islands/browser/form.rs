//! A form that is followed while one types: posted as its own button would, and what depends on it is brought up to date.

use std::{cell::Cell, rc::Rc};

use forms::Action;
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Document, DomParser, Element, Event, FormData, HtmlFormElement, RequestInit, Response, SupportedType,
    UrlSearchParams, window,
};

use super::page;

/// A pause in typing.
const PAUSE_MS: i32 = 250;

/// Follows the page's form, if it has one.
pub fn follow() {
    // Without a form, or in a browser that lacks something, the buttons do the same.
    let _ = listen();
}

fn listen() -> Result<(), JsValue> {
    let document = window().and_then(|window| window.document()).ok_or(JsValue::NULL)?;
    let Some(form) = document.query_selector("form[data-follow]")? else { return Ok(()) };
    let form: HtmlFormElement = form.dyn_into()?;
    // counts what was typed: an answer to something older is not shown
    let typed = Rc::new(Cell::new(0_u32));
    let own = form.clone();
    let ask_soon = move || {
        let mine = typed.get().wrapping_add(1);
        typed.set(mine);
        let (form, typed) = (own.clone(), Rc::clone(&typed));
        page::after(PAUSE_MS, move || {
            spawn_local(async move {
                if typed.get() == mine {
                    // What could not be shown now is shown after the next key.
                    let _ = ask(&form, &|| typed.get() == mine).await;
                }
            });
        });
    };
    // something may have been typed before this ran, or given back by the browser
    ask_soon();
    let on_input = Closure::<dyn FnMut(Event)>::new(move |_| ask_soon());
    for kind in ["input", "change"] {
        form.add_event_listener_with_callback(kind, on_input.as_ref().unchecked_ref())?;
    }
    on_input.forget();
    Ok(())
}

async fn ask(form: &HtmlFormElement, is_newest: &impl Fn() -> bool) -> Result<(), JsValue> {
    let window = window().ok_or(JsValue::NULL)?;
    let given: JsValue = FormData::new_with_form(form)?.into();
    let pairs = js_sys::Array::from(&given);
    let body = UrlSearchParams::new_with_str_sequence_sequence(&pairs)?;
    body.append("_do", &Action::Refresh.text());
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_body(&body);
    let address = window.location().href()?;
    let sent = window.fetch_with_str_and_init(&address, &request);
    let response: Response = JsFuture::from(sent).await?.dyn_into()?;
    if !response.ok() {
        return Ok(());
    }
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    if !is_newest() {
        return Ok(());
    }
    let fresh = DomParser::new()?.parse_from_string(&text, SupportedType::TextHtml)?;
    let present = window.document().ok_or(JsValue::NULL)?;
    show_what_belongs(&present, &fresh)?;
    page::exchange(&present, &fresh)
}

/// Fields come and go with what they depend on; they are all in the page.
fn show_what_belongs(present: &Document, fresh: &Document) -> Result<(), JsValue> {
    let fields = fresh.query_selector_all("[data-when]")?;
    for field in (0..fields.length()).filter_map(|place| fields.get(place)) {
        let field: Element = field.dyn_into()?;
        let id = field.get_attribute("data-when").unwrap_or_default();
        let own = present.query_selector_all("[data-when]")?;
        let own = (0..own.length()).filter_map(|place| own.get(place)?.dyn_into::<Element>().ok());
        for own in own.filter(|own| own.get_attribute("data-when").as_deref() == Some(&id)) {
            // what is told to be wrong stays in sight
            let hidden = field.has_attribute("hidden") && own.query_selector("[data-invalid]")?.is_none();
            own.toggle_attribute_with_force("hidden", hidden)?;
        }
    }
    Ok(())
}
