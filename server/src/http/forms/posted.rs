//! A posted resource form, read.

use super::form_pairs;
use app::pages::form_code::{TO_FIELDS, TO_TEXT};
use forms::{Action, Entry};
use std::collections::BTreeSet;

/// The value by which a script asks what is wrong and what has changed.
const CHECK: &str = "check";
/// The value by which a script has a form kept.
const SAVE: &str = "save";

/// Which of the form's buttons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Press {
    #[default]
    Plan,
    /// One of a list's own, or to show the form again.
    List(Action),
    /// A script asks.
    Check,
    /// A script has it kept.
    Save,
    ToText,
    ToFields,
}

#[derive(Clone, Debug, Default)]
pub struct Posted {
    pub press: Press,
    pub namespace: String,
    pub name: String,
    /// The version of the resource the form was made from.
    pub version: String,
    /// The document, where it was edited as text.
    pub text: Option<String>,
    /// The page of a form that has several, counted from 0.
    pub step: Option<usize>,
    /// The ids of the fields somebody has been in.
    pub touched: BTreeSet<String>,
    /// The draft the form goes on from.
    pub draft: String,
    pub entries: Vec<Entry>,
}

impl Posted {
    pub fn read(body: &[u8]) -> Self {
        let mut posted = Self::default();
        let mut pressed = None;
        for (key, value) in form_pairs(body) {
            match key.as_str() {
                // the first button pressed counts
                "_do" => pressed = pressed.or_else(|| Some(press(&value))),
                "_text" => posted.text = Some(value.replace("\r\n", "\n")),
                "_step" => posted.step = value.parse().ok(),
                "_touched" => {
                    posted.touched.insert(value);
                }
                "_draft" => posted.draft = value,
                "namespace" => posted.namespace = value,
                "name" => value.trim().clone_into(&mut posted.name),
                "resourceVersion" => posted.version = value,
                _ => posted.entries.push((key, value)),
            }
        }
        posted.press = pressed.unwrap_or_default();
        posted
    }
}

fn press(value: &str) -> Press {
    match value {
        CHECK => Press::Check,
        SAVE => Press::Save,
        TO_TEXT => Press::ToText,
        TO_FIELDS => Press::ToFields,
        other => Action::read(other).map_or(Press::Plan, Press::List),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_button_counts_and_what_is_no_button_asks_for_the_plan() {
        let posted = Posted::read(b"v%2Fsize=small&_do=add%3A%2Frules&_do=plan&name=+shop+&_touched=v%2Fsize");
        assert_eq!(posted.press, Press::List(Action::Add("/rules".to_owned())));
        assert_eq!((posted.name.as_str(), posted.entries.len(), posted.touched.len()), ("shop", 1, 1));
        assert_eq!(Posted::read(b"_do=nonsense").press, Press::Plan);
        assert_eq!(Posted::read(b"").press, Press::Plan);
    }
}
