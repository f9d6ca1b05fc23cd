//! A picture larger than its frame: its size by buttons, keys and wheel, its place by dragging.

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::{JsCast, prelude::*};
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, MouseEvent, WheelEvent, window};

const STEP: f64 = 1.25;
const SMALLEST: f64 = 0.2;
const LARGEST: f64 = 3.0;

/// What is dragged, and from where.
#[derive(Clone, Copy)]
struct Held {
    x: i32,
    y: i32,
    left: i32,
    top: i32,
    moved: bool,
}

/// Serves the graph of this page. Without any of it the picture scrolls; nothing is worth an error.
pub fn start() {
    let _ = serve();
}

fn serve() -> Result<(), JsValue> {
    let document = window().and_then(|window| window.document()).ok_or(JsValue::NULL)?;
    let Some(frame) = document.query_selector("[data-graph]")? else { return Ok(()) };
    let frame: HtmlElement = frame.dyn_into()?;
    if frame.has_attribute("data-pans") {
        return Ok(());
    }
    frame.set_attribute("data-pans", "")?;
    let scale = Rc::new(Cell::new(1.0));
    // what is too large opens as a whole, unless that would make it unreadable
    let fitting = fit(&frame);
    if fitting < 1.0 {
        resize(&frame, &scale, fitting.max(0.6), None)?;
    }
    to_focus(&frame)?;

    let (own, size) = (frame.clone(), Rc::clone(&scale));
    on(&document, "click", move |event: Event| {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
        if let Ok(Some(button)) = target.closest("[data-zoom]") {
            let _ = zoom(&own, &size, &button.get_attribute("data-zoom").unwrap_or_default());
        }
    })?;
    let (own, size) = (frame.clone(), Rc::clone(&scale));
    on(&frame, "keydown", move |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let what = match event.key().as_str() {
            "+" | "=" => "in",
            "-" => "out",
            "0" => "whole",
            "f" => "fit",
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        let _ = zoom(&own, &size, what);
    })?;
    let (own, size) = (frame.clone(), Rc::clone(&scale));
    on(&frame, "wheel", move |event: WheelEvent| {
        if event.ctrl_key() || event.meta_key() {
            event.prevent_default();
            let wanted = if event.delta_y() < 0.0 { size.get() * 1.1 } else { size.get() / 1.1 };
            let _ = resize(&own, &size, wanted, Some((event.client_x(), event.client_y())));
        }
    })?;
    drags(&frame)
}

fn drags(frame: &HtmlElement) -> Result<(), JsValue> {
    let held: Rc<Cell<Option<Held>>> = Rc::default();
    let (own, hold) = (frame.clone(), Rc::clone(&held));
    on(frame, "mousedown", move |event: MouseEvent| {
        if event.button() == 0 {
            let (x, y) = (event.client_x(), event.client_y());
            hold.set(Some(Held { x, y, left: own.scroll_left(), top: own.scroll_top(), moved: false }));
        }
    })?;
    let (own, hold) = (frame.clone(), Rc::clone(&held));
    let document = window().and_then(|window| window.document()).ok_or(JsValue::NULL)?;
    on(&document, "mousemove", move |event: MouseEvent| {
        let Some(from) = hold.get().filter(|_| event.buttons() & 1 == 1) else { return };
        let (x, y) = (event.client_x() - from.x, event.client_y() - from.y);
        if from.moved || x.abs() + y.abs() > 4 {
            hold.set(Some(Held { moved: true, ..from }));
            own.set_scroll_left(from.left - x);
            own.set_scroll_top(from.top - y);
        }
    })?;
    // a link that was dragged is not followed
    let hold = Rc::clone(&held);
    on(frame, "click", move |event: MouseEvent| {
        if hold.take().is_some_and(|held| held.moved) {
            event.prevent_default();
        }
    })?;
    on(frame, "dragstart", |event: Event| event.prevent_default())
}

fn zoom(frame: &HtmlElement, scale: &Cell<f64>, what: &str) -> Result<(), JsValue> {
    let wanted = match what {
        "in" => scale.get() * STEP,
        "out" => scale.get() / STEP,
        "fit" => fit(frame),
        _ => 1.0,
    };
    resize(frame, scale, wanted, None)
}

/// Makes the picture so large; what is at this point of the window, or in the middle of the frame, stays there.
fn resize(frame: &HtmlElement, scale: &Cell<f64>, wanted: f64, around: Option<(i32, i32)>) -> Result<(), JsValue> {
    let (before, now) = (scale.get(), wanted.clamp(SMALLEST, LARGEST));
    let bounds = frame.get_bounding_client_rect();
    let (x, y) = match around {
        Some((x, y)) => (f64::from(x) - bounds.left(), f64::from(y) - bounds.top()),
        None => (bounds.width() / 2.0, bounds.height() / 2.0),
    };
    let (left, top) = (f64::from(frame.scroll_left()), f64::from(frame.scroll_top()));
    scale.set(now);
    frame.style().set_property("--graph-scale", &now.to_string())?;
    frame.set_scroll_left(whole((left + x) / before * now - x));
    frame.set_scroll_top(whole((top + y) / before * now - y));
    Ok(())
}

/// The size at which all of it is seen.
fn fit(frame: &HtmlElement) -> f64 {
    let Ok(Some(picture)) = frame.query_selector("svg") else { return 1.0 };
    let length = |name: &str| picture.get_attribute(name).and_then(|value| value.parse().ok()).unwrap_or(1.0_f64);
    let (wide, high) = (f64::from(frame.client_width()), f64::from(frame.client_height()));
    (wide / length("width")).min(high.max(240.0) / length("height")).min(1.0)
}

/// Brings the thing that the address names into the middle.
fn to_focus(frame: &HtmlElement) -> Result<(), JsValue> {
    let Some(node) = frame.query_selector("[data-focus-node]")? else { return Ok(()) };
    let (node, bounds) = (node.get_bounding_client_rect(), frame.get_bounding_client_rect());
    frame.set_scroll_left(whole(node.left() - bounds.left() - bounds.width() / 2.0 + node.width() / 2.0));
    frame.set_scroll_top(whole(node.top() - bounds.top() - bounds.height() / 2.0 + node.height() / 2.0));
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a picture fit, and a part of one is not seen")]
fn whole(pixels: f64) -> i32 {
    pixels as i32
}

fn on<E: wasm_bindgen::convert::FromWasmAbi + 'static>(
    target: &web_sys::EventTarget,
    name: &str,
    deed: impl FnMut(E) + 'static,
) -> Result<(), JsValue> {
    let listener = Closure::<dyn FnMut(E)>::new(deed);
    target.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref())?;
    listener.forget();
    Ok(())
}
