//! A long select in which one types to find: an input before it and the matching options below. The select stays and holds what is posted.

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::{JsCast, prelude::*};
use web_sys::{Document, Element, Event, HtmlInputElement, HtmlOptionElement, HtmlSelectElement, KeyboardEvent};

/// Dresses every select that asks for it.
pub fn dress(document: &Document) -> Result<(), JsValue> {
    let selects = document.query_selector_all("select[data-combobox]")?;
    for select in (0..selects.length()).filter_map(|place| selects.get(place)?.dyn_into::<HtmlSelectElement>().ok()) {
        let combobox = Rc::new(Combobox::around(document, select)?);
        combobox.restore();
        combobox.listen()?;
    }
    Ok(())
}

struct Combobox {
    select: HtmlSelectElement,
    input: HtmlInputElement,
    list: Element,
    /// Which of the options shown is pointed at.
    active: Cell<Option<u32>>,
}

impl Combobox {
    fn around(document: &Document, select: HtmlSelectElement) -> Result<Self, JsValue> {
        let id = select.id();
        let input: HtmlInputElement = document.create_element("input")?.dyn_into()?;
        let list = document.create_element("ul")?;
        let own = [
            ("class", "input"),
            ("type", "text"),
            ("role", "combobox"),
            ("autocomplete", "off"),
            ("spellcheck", "false"),
        ];
        for (name, value) in own.into_iter().chain([("aria-autocomplete", "list"), ("aria-expanded", "false")]) {
            input.set_attribute(name, value)?;
        }
        for name in ["aria-required", "aria-invalid", "aria-describedby", "aria-label"] {
            if let Some(value) = select.get_attribute(name) {
                input.set_attribute(name, &value)?;
            }
        }
        let (list_id, label) =
            (format!("{id}-options"), document.query_selector(&format!("label[for=\"{}\"]", id.replace('"', "\\\"")))?);
        input.set_attribute("aria-controls", &list_id)?;
        list.set_id(&list_id);
        list.set_attribute("role", "listbox")?;
        list.set_attribute("class", "combobox-list")?;
        list.set_attribute("aria-label", label.and_then(|label| label.text_content()).unwrap_or_default().trim())?;
        list.set_attribute("hidden", "")?;
        let around = document.create_element("div")?;
        around.set_attribute("class", "combobox")?;
        let parent = select.parent_element().ok_or(JsValue::NULL)?;
        parent.insert_before(&around, Some(&select))?;
        around.append_child(&input)?;
        around.append_child(&list)?;
        around.append_child(&select)?;
        // whoever comes for the field comes to the input
        select.set_id(&format!("{id}-select"));
        select.set_attribute("hidden", "")?;
        select.remove_attribute("data-combobox")?;
        input.set_id(&id);
        Ok(Self { select, input, list, active: Cell::new(None) })
    }

    fn listen(self: &Rc<Self>) -> Result<(), JsValue> {
        let own = Rc::clone(self);
        let on_input = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            // what is typed here is not said yet: the form hears of what is chosen
            event.stop_propagation();
            let _ = own.open(&own.input.value());
        });
        self.input.add_event_listener_with_callback("input", on_input.as_ref().unchecked_ref())?;
        on_input.forget();
        let own = Rc::clone(self);
        let on_key = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
            let _ = own.key(&event);
        });
        self.input.add_event_listener_with_callback("keydown", on_key.as_ref().unchecked_ref())?;
        on_key.forget();
        let own = Rc::clone(self);
        let on_click = Closure::<dyn FnMut(Event)>::new(move |_| {
            own.input.select();
            let _ = own.open("");
        });
        self.input.add_event_listener_with_callback("click", on_click.as_ref().unchecked_ref())?;
        on_click.forget();
        let own = Rc::clone(self);
        let on_leave = Closure::<dyn FnMut(Event)>::new(move |_| {
            let _ = own.leave();
        });
        self.input.add_event_listener_with_callback("blur", on_leave.as_ref().unchecked_ref())?;
        on_leave.forget();
        let own = Rc::clone(self);
        // before the input loses the focus
        let on_press = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            event.prevent_default();
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if let Some(place) = target.and_then(|target| target.get_attribute("data-place")) {
                let _ = own.choose(place.parse().unwrap_or_default());
            }
        });
        self.list.add_event_listener_with_callback("mousedown", on_press.as_ref().unchecked_ref())?;
        on_press.forget();
        Ok(())
    }

    fn key(&self, event: &KeyboardEvent) -> Result<(), JsValue> {
        let is_open = !self.list.has_attribute("hidden");
        match event.key().as_str() {
            "ArrowDown" | "ArrowUp" if !is_open => {
                event.prevent_default();
                self.open("")
            }
            "ArrowDown" => {
                event.prevent_default();
                self.point(self.active.get().map_or(0, |place| place + 1))
            }
            "ArrowUp" => {
                event.prevent_default();
                self.point(self.active.get().unwrap_or_default().saturating_sub(1))
            }
            "Enter" if is_open => {
                event.prevent_default();
                let shown = self.active.get().and_then(|place| self.list.children().item(place));
                match shown.and_then(|option| option.get_attribute("data-place")) {
                    Some(place) => self.choose(place.parse().unwrap_or_default()),
                    None => Ok(()),
                }
            }
            "Escape" if is_open => {
                event.prevent_default();
                event.stop_propagation();
                self.restore();
                self.close()
            }
            _ => Ok(()),
        }
    }

    fn options(&self) -> impl Iterator<Item = (u32, HtmlOptionElement)> {
        let options = self.select.options();
        (0..options.length()).filter_map(move |place| Some((place, options.item(place)?.dyn_into().ok()?)))
    }

    /// Shows the options that contain the text.
    fn open(&self, text: &str) -> Result<(), JsValue> {
        let document = self.list.owner_document().ok_or(JsValue::NULL)?;
        let wanted = text.trim().to_lowercase();
        self.list.set_inner_html("");
        let chosen = self.select.selected_index();
        let mut first = None;
        for (place, option) in
            self.options().filter(|(_, option)| !option.disabled() && option.text().to_lowercase().contains(&wanted))
        {
            let row = document.create_element("li")?;
            row.set_attribute("role", "option")?;
            row.set_id(&format!("{}-{place}", self.list.id()));
            row.set_attribute("data-place", &place.to_string())?;
            let is_chosen = i32::try_from(place) == Ok(chosen);
            row.set_attribute("aria-selected", if is_chosen { "true" } else { "false" })?;
            row.set_text_content(Some(&option.text()));
            self.list.append_child(&row)?;
            if is_chosen {
                first = Some(self.list.child_element_count() - 1);
            }
        }
        if self.list.child_element_count() == 0 {
            let row = document.create_element("li")?;
            row.set_attribute("role", "option")?;
            row.set_attribute("aria-disabled", "true")?;
            row.set_text_content(Some("Nothing matches"));
            self.list.append_child(&row)?;
        }
        self.list.remove_attribute("hidden")?;
        self.input.set_attribute("aria-expanded", "true")?;
        self.point(first.unwrap_or_default())
    }

    fn point(&self, place: u32) -> Result<(), JsValue> {
        let place = place.min(self.list.child_element_count().saturating_sub(1));
        if let Some(before) = self.active.get().and_then(|before| self.list.children().item(before)) {
            before.remove_attribute("data-active")?;
        }
        self.active.set(Some(place));
        if let Some(option) = self.list.children().item(place) {
            option.set_attribute("data-active", "")?;
            self.input.set_attribute("aria-activedescendant", &option.id())?;
            option.scroll_into_view_with_bool(false);
        }
        Ok(())
    }

    fn choose(&self, place: u32) -> Result<(), JsValue> {
        self.select.set_selected_index(i32::try_from(place).unwrap_or_default());
        let init = web_sys::EventInit::new();
        init.set_bubbles(true);
        self.select.dispatch_event(&Event::new_with_event_init_dict("change", &init)?)?;
        self.restore();
        self.close()
    }

    /// A text that is one of the options, whole, is chosen; any other is given up.
    fn leave(&self) -> Result<(), JsValue> {
        let typed = self.input.value().trim().to_lowercase();
        let meant =
            self.options().find(|(_, option)| !option.disabled() && option.text().trim().to_lowercase() == typed);
        match meant {
            Some((place, _)) if i32::try_from(place) != Ok(self.select.selected_index()) => self.choose(place),
            _ => {
                self.restore();
                self.close()
            }
        }
    }

    fn close(&self) -> Result<(), JsValue> {
        self.active.set(None);
        self.list.set_attribute("hidden", "")?;
        self.input.remove_attribute("aria-activedescendant")?;
        self.input.set_attribute("aria-expanded", "false")
    }

    /// The input says what is chosen.
    fn restore(&self) {
        let chosen = u32::try_from(self.select.selected_index()).ok();
        let text = self.options().find(|(place, _)| Some(*place) == chosen).map(|(_, option)| option.text());
        self.input.set_value(text.unwrap_or_default().trim());
    }
}
