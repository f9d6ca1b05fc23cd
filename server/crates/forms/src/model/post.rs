//! What a browser would post if nothing were changed: the form's successful controls, marks included.

use super::{Field, FormModel, Section, State, Widget};
use crate::entries::{Entry, mark};

impl FormModel {
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        post(&self.root, &mut entries);
        entries
    }
}

impl Field {
    /// The hidden inputs that go with this field's control.
    pub fn marks(&self) -> Vec<Entry> {
        let mut marks = Vec::new();
        if let Some(was) = self.was {
            marks.push((mark(&self.name, "was"), was.word().to_owned()));
        }
        if let Some(stands) = &self.stands {
            marks.push((mark(&self.name, "stored"), stands.clone()));
        }
        if matches!(self.widget, Widget::Checkbox | Widget::MultiSelect | Widget::ScalarList | Widget::ObjectList) {
            marks.push((mark(&self.name, "present"), "1".to_owned()));
        }
        if self.widget == Widget::Constant && self.checked {
            marks.push((self.name.clone(), self.text.clone()));
        }
        marks
    }

    /// The name under which the control itself posts.
    pub fn control_name(&self) -> String {
        if self.widget == Widget::Yaml { mark(&self.name, "yaml") } else { self.name.clone() }
    }
}

fn post(field: &Field, entries: &mut Vec<Entry>) {
    entries.extend(field.marks());
    if field.state != State::Editable {
        return;
    }
    match field.widget {
        Widget::Text | Widget::Textarea | Widget::Number | Widget::Password | Widget::Yaml => {
            entries.extend(field.ways_posted());
            let zone = field.zones.iter().find(|zone| zone.selected);
            entries.extend(zone.map(|zone| (mark(&field.name, "zone"), zone.text.clone())));
            entries.push((field.control_name(), field.text.clone()));
        }
        Widget::Checkbox => {
            if field.checked {
                entries.push((field.name.clone(), "on".to_owned()));
            }
        }
        Widget::YesNo | Widget::Radios | Widget::RadioCards | Widget::Select | Widget::MultiSelect => {
            let selected = field.options.iter().filter(|option| option.selected);
            entries.extend(selected.map(|option| (field.name.clone(), option.text.clone())));
        }
        Widget::Constant
        | Widget::KeyValue
        | Widget::ScalarList
        | Widget::ObjectList
        | Widget::Group
        | Widget::Variants => {}
    }
    sections(&field.sections, entries);
    for row in &field.rows {
        match &row.key {
            Some((name, key)) => entries.push((name.clone(), key.clone())),
            None => entries.push((mark(&row.field.name, "row"), row.id.clone())),
        }
        post(&row.field, entries);
    }
    if let Some(alternatives) = &field.alternatives {
        for one in &alternatives.list {
            if one.selected {
                entries.push((alternatives.name.clone(), one.text.clone()));
            }
            // without JavaScript the fields of the others are in the page as well
            sections(&one.sections, entries);
        }
    }
}

fn sections(sections: &[Section], entries: &mut Vec<Entry>) {
    for field in sections.iter().flat_map(|section| &section.fields) {
        post(field, entries);
    }
}
