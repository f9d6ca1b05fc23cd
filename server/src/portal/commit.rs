//! The commit a request would make, as the form's code pane tells it: the plan's own files, or why they are not known yet.

use super::{ServerPortal, diff, secrets::Cover};
use crate::service::kinds::{Promised, Served};
use app::{paths::ResourceKey, view::Change};
use domain::{Result, request::Request};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

/// Files told by name.
const MOST: usize = 50;

impl ServerPortal {
    /// One commit for each place that is written to. An error of the plan is why it is not known.
    pub async fn commit_text(
        &self,
        served: &Arc<Served>,
        promised: &Promised,
        key: &ResourceKey,
        spec: &Value,
        draft: Option<&Request>,
    ) -> Result<String> {
        let name = if key.name.is_empty() { "my-name" } else { &key.name };
        let planned = self.doors.services.plan(&self.asker, served, &key.namespace, name, spec.clone(), draft).await;
        let Ok(preview) = planned else {
            return Ok("Not known yet: the form is not filled in to its end.\n".to_owned());
        };
        let cover = Cover::of(&promised.schema, [spec]);
        if let Some(why) = preview.refusal.or(preview.nowhere).or(preview.waits) {
            return Ok(format!("Not known yet: {}\n", cover.text(&why)));
        }
        let places = self.places().await?;
        let mut by_place: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in &preview.files {
            let change = diff::file(file);
            let letter = match change.change {
                Change::Create => 'A',
                Change::Change => 'M',
                Change::Remove => 'D',
                Change::Same => continue,
            };
            let line = format!("{letter}  {}  +{} -{}", file.path, change.added, change.removed);
            by_place.entry(places.store(&file.destination)).or_default().push(line);
        }
        let mut text = String::new();
        for (place, lines) in &by_place {
            // writing into a text cannot fail
            let _ = write!(text, "# {place}\nPlace {} {}/{name}\n\n", key.promise, key.namespace);
            for line in lines.iter().take(MOST) {
                let _ = writeln!(text, "{line}");
            }
            if let more @ 1.. = lines.len().saturating_sub(MOST) {
                let _ = writeln!(text, "and {more} more");
            }
            let _ = write!(text, "\nAuthor: {}\n", self.asker.caller.name);
        }
        for step in &preview.unseen {
            let _ = writeln!(text, "# what {step} adds is known when it has run");
        }
        if text.is_empty() {
            text.push_str("Nothing is written: it places no files, or none that change.\n");
        }
        Ok(text)
    }
}
