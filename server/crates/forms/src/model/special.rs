//! Fields that are not drawn by their shape alone: YAML texts, and what only the world knows.

use super::build::Builder;
use super::controls;
use super::words::holds_secret;
use super::{Field, Widget};
use crate::entries::Was;
use crate::formats::cron::{Schedule, told};
use crate::schema::Node;
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
        if let Some(format) = field.format.as_deref().filter(|_| !field.text.is_empty()) {
            field.means = field.means.take().or_else(|| crate::formats::duration::told(format, &field.text));
        }
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
