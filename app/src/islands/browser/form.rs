//! A form that is followed while one types: what is wrong with what was touched, what has changed, and the form as code.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};

use js_sys::Reflect;
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Document, DomParser, Element, Event, FormData, HtmlFormElement, RequestInit, Response, SupportedType,
    UrlSearchParams, window,
};

use super::page;

/// A pause in typing.
const PAUSE_MS: i32 = 150;

/// Follows the page's form, if it has one.
pub fn follow() {
    // Without a form, or in a browser that lacks something, the buttons do the same.
    let _ = listen();
}

struct Followed {
    form: HtmlFormElement,
    /// Counts what was typed: an answer to something older is not shown.
    typed: Cell<u32>,
    /// The fields somebody has left, or that were told to be wrong: nobody is interrupted while first typing.
    touched: RefCell<BTreeSet<String>>,
    /// On its way to the plan: what is kept meanwhile would only stand in the way.
    leaving: Cell<bool>,
    /// Counts what is to be kept.
    to_keep: Cell<u32>,
}

fn listen() -> Result<(), JsValue> {
    let document = window().and_then(|window| window.document()).ok_or(JsValue::NULL)?;
    let Some(form) = document.query_selector("form[data-follow]")? else { return Ok(()) };
    let form: HtmlFormElement = form.dyn_into()?;
    let places = form.query_selector_all("[data-error]")?;
    let wrong = elements(&places)
        .filter(|place| place.first_element_child().is_some())
        .filter_map(|place| place.get_attribute("data-error"));
    let touched = RefCell::new(wrong.collect());
    let followed = Rc::new(Followed {
        form: form.clone(),
        typed: Cell::new(0),
        touched,
        leaving: Cell::new(false),
        to_keep: Cell::new(0),
    });
    // something may have been typed before this ran, or given back by the browser
    ask_soon(&followed);
    let own = Rc::clone(&followed);
    let on_leave = Closure::<dyn FnMut(Event)>::new(move |_| own.leaving.set(true));
    form.add_event_listener_with_callback("submit", on_leave.as_ref().unchecked_ref())?;
    on_leave.forget();
    let own = Rc::clone(&followed);
    let on_input = Closure::<dyn FnMut(Event)>::new(move |_| {
        ask_soon(&own);
        keep_soon(&own);
    });
    for kind in ["input", "change"] {
        form.add_event_listener_with_callback(kind, on_input.as_ref().unchecked_ref())?;
    }
    on_input.forget();
    let on_leave = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        if let Some(field) = field_of(&event) {
            followed.touched.borrow_mut().insert(field);
            ask_soon(&followed);
        }
    });
    form.add_event_listener_with_callback("focusout", on_leave.as_ref().unchecked_ref())?;
    on_leave.forget();
    Ok(())
}

/// The field that an event happened in.
fn field_of(event: &Event) -> Option<String> {
    let control: Element = event.target()?.dyn_into().ok()?;
    if !matches!(control.tag_name().as_str(), "INPUT" | "SELECT" | "TEXTAREA") {
        return None;
    }
    control.closest(".field").ok()??.query_selector("[data-error]").ok()??.get_attribute("data-error")
}

fn ask_soon(followed: &Rc<Followed>) {
    let mine = followed.typed.get().wrapping_add(1);
    followed.typed.set(mine);
    let followed = Rc::clone(followed);
    page::after(PAUSE_MS, move || {
        spawn_local(async move {
            if followed.typed.get() == mine {
                // What could not be shown now is shown after the next key.
                let _ = ask(&followed, mine).await;
            }
        });
    });
}

/// A pause after which the form is kept.
const KEEP_AFTER_MS: i32 = 1_000;

fn keep_soon(followed: &Rc<Followed>) {
    let mine = followed.to_keep.get().wrapping_add(1);
    followed.to_keep.set(mine);
    let followed = Rc::clone(followed);
    page::after(KEEP_AFTER_MS, move || {
        spawn_local(async move {
            if followed.to_keep.get() == mine && !followed.leaving.get() {
                // What could not be kept now is kept after the next key.
                let _ = keep(&followed).await;
            }
        });
    });
}

/// Has the form kept as a draft, and says so.
async fn keep(followed: &Followed) -> Result<(), JsValue> {
    let Some(answer) = post(followed, "save").await? else { return Ok(()) };
    let text = |key: &str| Reflect::get(&answer, &key.into()).ok().and_then(|value| value.as_string());
    let (Some(draft), Some(href)) = (text("draft"), text("href")) else { return Ok(()) };
    if let Some(field) = followed.form.query_selector("[name=_draft]")? {
        field.set_attribute("value", &draft)?;
        // a form given back by the browser holds its own
        Reflect::set(&field, &"value".into(), &draft.as_str().into())?;
    }
    let Some(place) = followed.form.query_selector("[data-saved]")? else { return Ok(()) };
    let document = place.owner_document().ok_or(JsValue::NULL)?;
    let now = js_sys::Date::new_0();
    let until: String = text("until").unwrap_or_default().chars().take(10).collect();
    let link = document.create_element("a")?;
    link.set_attribute("href", &href)?;
    link.set_text_content(Some("Its link"));
    place.set_text_content(Some(&format!("Saved {:02}:{:02}. ", now.get_hours(), now.get_minutes())));
    place.append_child(&link)?;
    let rest = document.create_text_node(&format!(" leads whoever may ask for it here back to it until {until}."));
    place.append_child(&rest)?;
    Ok(())
}

/// The form posted as it stands with a question; what the server answers.
async fn post(followed: &Followed, question: &str) -> Result<Option<JsValue>, JsValue> {
    let window = window().ok_or(JsValue::NULL)?;
    let given: JsValue = FormData::new_with_form(&followed.form)?.into();
    let pairs = js_sys::Array::from(&given);
    let body = UrlSearchParams::new_with_str_sequence_sequence(&pairs)?;
    body.append("_do", question);
    for field in followed.touched.borrow().iter() {
        body.append("_touched", field);
    }
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_body(&body);
    let address = window.location().href()?;
    let sent = window.fetch_with_str_and_init(&address, &request);
    let response: Response = JsFuture::from(sent).await?.dyn_into()?;
    if !response.ok() {
        return Ok(None);
    }
    JsFuture::from(response.json()?).await.map(Some)
}

async fn ask(followed: &Followed, mine: u32) -> Result<(), JsValue> {
    let Some(answer) = post(followed, "check").await? else { return Ok(()) };
    if followed.typed.get() != mine {
        return Ok(());
    }
    let pieces = Reflect::get(&answer, &"patch".into())?.as_string().unwrap_or_default();
    let fresh = DomParser::new()?.parse_from_string(&pieces, SupportedType::TextHtml)?;
    let present = followed.form.owner_document().ok_or(JsValue::NULL)?;
    show_what_belongs(&present, &fresh)?;
    tell(&present, &fresh)?;
    page::exchange(&present, &fresh)
}

fn elements(list: &web_sys::NodeList) -> impl Iterator<Item = Element> + '_ {
    (0..list.length()).filter_map(|place| list.get(place)?.dyn_into().ok())
}

/// The element of the page that carries the same mark as one of the answer.
fn same(present: &Document, mark: &str, fresh: &Element) -> Result<Option<Element>, JsValue> {
    let id = fresh.get_attribute(mark).unwrap_or_default();
    let marked = present.query_selector_all(&format!("[{mark}]"))?;
    Ok(elements(&marked).find(|own| own.get_attribute(mark).as_deref() == Some(&id)))
}

/// Fields come and go with what they depend on; they are all in the page. One that is something else now is exchanged, unless somebody is in it.
fn show_what_belongs(present: &Document, fresh: &Document) -> Result<(), JsValue> {
    for field in elements(&fresh.query_selector_all("[data-when]")?) {
        let Some(own) = same(present, "data-when", &field)? else { continue };
        // what is told to be wrong stays in sight
        let hidden = field.has_attribute("hidden") && own.query_selector("[data-invalid]")?.is_none();
        own.toggle_attribute_with_force("hidden", hidden)?;
        let busy = present.active_element().is_some_and(|active| own.contains(Some(&active)));
        if let (Some(new), Some(old), false) = (field.first_element_child(), own.first_element_child(), busy)
            && !new.is_equal_node(Some(&old))
        {
            own.replace_child(&new, &old)?;
        }
    }
    Ok(())
}

/// Errors and notes at their fields.
fn tell(present: &Document, fresh: &Document) -> Result<(), JsValue> {
    for note in elements(&fresh.query_selector_all("[data-note]")?) {
        if let Some(own) = same(present, "data-note", &note)? {
            page::become_like(&own, &note)?;
        }
    }
    for place in elements(&fresh.query_selector_all("[data-error]")?) {
        let Some(own) = same(present, "data-error", &place)? else { continue };
        // asked before what it holds moves into the page
        let wrong = place.first_element_child().is_some();
        page::become_like(&own, &place)?;
        let id = place.get_attribute("data-error").unwrap_or_default();
        if let Some(field) = own.closest(".field")? {
            mark(&field, "data-invalid", wrong)?;
        }
        let Some(control) = page::by_id(&id) else { continue };
        mark(&control, "aria-invalid", wrong)?;
        let described = [format!("{id}-error"), format!("{id}-help")];
        let described: Vec<String> = described.into_iter().filter(|part| page::by_id(part).is_some()).collect();
        if described.is_empty() {
            control.remove_attribute("aria-describedby")?;
        } else {
            control.set_attribute("aria-describedby", &described.join(" "))?;
        }
    }
    Ok(())
}

fn mark(element: &Element, attribute: &str, set: bool) -> Result<(), JsValue> {
    if set { element.set_attribute(attribute, "true") } else { element.remove_attribute(attribute) }
}
