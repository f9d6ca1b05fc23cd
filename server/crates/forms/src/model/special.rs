//! Fields that are not drawn by their shape alone: secrets, YAML texts, and what only the world knows.

use super::build::{Builder, Place};
use super::controls;
use super::words::holds_secret;
use super::{Field, Widget};
use crate::entries::Was;
use crate::formats::cron::{Schedule, told};
use crate::schema::{Node, Shape};
use serde_json::Value;

impl Builder<'_> {
    /// What the schema alone cannot know.
    pub(super) fn in_the_world(&self, field: &mut Field, node: &Node) {
        if let (Some(offered), Some(picker)) = (self.filled.offered, node.picker()) {
            controls::pick(field, &picker, offered.get(&picker).map_or(&[], Vec::as_slice));
        }
        if let (Some("x-cron"), Some(now)) = (field.format.as_deref(), self.filled.now) {
            let schedule = Schedule::parse(&field.text);
            let next: Vec<String> =
                schedule.map(|schedule| schedule.next(now, 3)).unwrap_or_default().into_iter().map(told).collect();
            field.means = (!next.is_empty()).then(|| format!("Next: {} (UTC)", next.join(", ")));
        }
    }

    /// A secret is asked for, never shown.
    pub(super) fn secret(&self, mut field: Field, node: &Node, place: &Place<'_>) -> Field {
        let one_line = matches!(self.schema.shape(node), Shape::Text | Shape::Number | Shape::Scalar);
        field.widget = if one_line { Widget::Password } else { Widget::Yaml };
        field.input = "password";
        field.stored = place.value.is_some();
        field.was = Some(if field.stored { Was::Kept } else { Was::Absent });
        field
    }

    pub(super) fn yaml(&self, field: &mut Field, node: &Node, value: Option<&Value>) {
        field.widget = Widget::Yaml;
        field.text = match self.filled.texts.and_then(|texts| texts.get(&field.pointer)) {
            Some(typed) => typed.clone(),
            None => value
                .filter(|value| !value.is_null() && !holds_secret(self.schema, node, value))
                .map(controls::yaml_text)
                .unwrap_or_default(),
        };
        // what holds secrets cannot be shown as text: it stays unless it is given anew
        if field.text.is_empty() && value.is_some_and(|value| !value.is_null()) {
            field.stored = true;
            field.was = Some(Was::Kept);
        }
        if field.was == Some(Was::Empty) && !field.text.is_empty() {
            field.was = None;
        }
    }
}
