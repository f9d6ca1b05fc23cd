//! The live stream: one `EventSource`, debounced refreshes, a notice when the connection stays away.

use std::{cell::RefCell, rc::Rc};

use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, EventSource, window};

use super::page::{self, after};

/// Many messages at once are one refresh.
const SETTLE_MS: i32 = 120;
/// A short break in the connection is nobody's business.
const PATIENCE_MS: i32 = 5_000;
/// How long to wait before a stream the server has refused is asked for again.
const AGAIN_MS: i32 = 10_000;

/// Follows the topics until the page is left.
pub fn follow(topics: &str, since: Option<i64>) {
    let since = since.map(|version| format!("&since={version}")).unwrap_or_default();
    let address = format!("/events?topics={}{since}", js_sys::encode_uri_component(topics));
    let state = Rc::new(RefCell::new(State::default()));
    open(address, &state);
}

#[derive(Default)]
struct State {
    /// A refresh is due or under way.
    refreshing: bool,
    /// Something happened meanwhile: once more.
    again: bool,
    lost: bool,
    patience: Option<i32>,
}

fn open(address: String, state: &Rc<RefCell<State>>) {
    let Ok(source) = EventSource::new(&address) else { return };

    let heard = Rc::clone(state);
    let on_news = Closure::<dyn FnMut(Event)>::new(move |_| refresh_soon(&heard));
    for kind in ["message", "change", "resync"] {
        // Listening on a fresh object cannot fail.
        let _ = source.add_event_listener_with_callback(kind, on_news.as_ref().unchecked_ref());
    }
    on_news.forget();

    let opened = Rc::clone(state);
    let on_open = Closure::<dyn FnMut()>::new(move || {
        let was_lost = {
            let mut state = opened.borrow_mut();
            if let (Some(timer), Some(window)) = (state.patience.take(), window()) {
                window.clear_timeout_with_handle(timer);
            }
            std::mem::take(&mut state.lost)
        };
        if was_lost {
            page::notice("");
            refresh_soon(&opened);
        }
    });
    source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    on_open.forget();

    let broken = Rc::clone(state);
    let own = source.clone();
    let on_error = Closure::<dyn FnMut()>::new(move || {
        if broken.borrow().patience.is_none() {
            let late = Rc::clone(&broken);
            let timer = after(PATIENCE_MS, move || {
                late.borrow_mut().lost = true;
                page::notice("Connection lost. Reconnecting …");
            });
            broken.borrow_mut().patience = timer;
        }
        if own.ready_state() == EventSource::CLOSED {
            let (address, state) = (address.clone(), Rc::clone(&broken));
            after(AGAIN_MS, move || open(address, &state));
        }
    });
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    on_error.forget();
}

fn refresh_soon(state: &Rc<RefCell<State>>) {
    let mut now = state.borrow_mut();
    if now.refreshing {
        now.again = true;
        return;
    }
    now.refreshing = true;
    drop(now);
    let state = Rc::clone(state);
    after(SETTLE_MS, move || {
        spawn_local(async move {
            // A refresh that failed is made up by the next one; the stream tells when the server is back.
            let _ = page::refresh().await;
            let again = {
                let mut state = state.borrow_mut();
                state.refreshing = false;
                std::mem::take(&mut state.again)
            };
            if again {
                refresh_soon(&state);
            }
        });
    });
}
