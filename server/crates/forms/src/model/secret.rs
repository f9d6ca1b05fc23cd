//! How a secret may be given: kept as it is, typed, made by the platform, or named where it is kept already.

use super::build::{Builder, Place};
use super::{Field, Opt, Widget};
use crate::entries::{Entry, Was, mark};
use crate::pick::Choosable;
use crate::schema::{Node, Shape};
use domain::reference::{self, KEY};
use domain::stand_in::{self, StandIn};
use serde::Serialize;
use serde_json::{Value, json};

/// Before the text of an output that a secret is taken from.
const OUTPUT: &str = "${output:";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    Keep,
    #[default]
    Type,
    Make,
    Use,
}

impl Way {
    pub fn word(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Type => "type",
            Self::Make => "make",
            Self::Use => "use",
        }
    }

    pub(crate) fn named(word: &str) -> Option<Self> {
        [Self::Keep, Self::Type, Self::Make, Self::Use].into_iter().find(|way| way.word() == word)
    }
}

/// The ways a secret may be given, and the one that is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ways {
    pub taken: Way,
    pub offered: Vec<Way>,
    /// What may be named, by what is posted.
    pub usable: Vec<Opt>,
}

impl Builder<'_> {
    /// A secret is asked for, never shown.
    pub(super) fn secret(&self, mut field: Field, node: &Node, place: &Place<'_>) -> Field {
        let shape = self.schema.shape(node);
        let one_line = matches!(shape, Shape::Text | Shape::Number | Shape::Scalar);
        field.widget = if one_line { Widget::Password } else { Widget::Yaml };
        field.input = "password";
        let stands = place.value.and_then(stand_in::of);
        let wished = matches!(stands, Some(StandIn::Generate | StandIn::Renew));
        field.stored = place.value.is_some() && !wished;
        field.was = Some(if field.stored { Was::Kept } else { Was::Absent });
        if matches!(stands, Some(StandIn::Sealed(_))) {
            field.stands = place.value.and_then(Value::as_str).map(str::to_owned);
        }
        if let Some(usable) = self.filled.secrets.filter(|_| one_line) {
            field.ways = Some(ways(place.value, usable, field.stored, shape == Shape::Text));
        }
        field
    }
}

fn ways(value: Option<&Value>, usable: &[Choosable], stored: bool, makes: bool) -> Ways {
    let named = value.and_then(text_of);
    let taken = match value.and_then(stand_in::of) {
        _ if named.is_some() => Way::Use,
        Some(StandIn::Generate | StandIn::Renew) => Way::Make,
        _ if stored => Way::Keep,
        _ => Way::Type,
    };
    let option = |choice: &Choosable| Opt {
        selected: named.as_ref() == Some(&choice.text),
        text: choice.text.clone(),
        title: choice.title.clone(),
        ..Opt::default()
    };
    let mut usable: Vec<Opt> = usable.iter().map(option).collect();
    if let Some(named) = named.filter(|named| usable.iter().all(|option| option.text != *named)) {
        let title = format!("{} (not among those you may use)", named.trim_start_matches("${").trim_end_matches('}'));
        usable.push(Opt { text: named, title, selected: true, ..Opt::default() });
    }
    let mut offered = Vec::new();
    offered.extend((taken == Way::Keep).then_some(Way::Keep));
    offered.push(Way::Type);
    offered.extend(makes.then_some(Way::Make));
    offered.extend((!usable.is_empty()).then_some(Way::Use));
    Ways { taken, offered, usable }
}

impl Field {
    /// What a browser would post of the ways to give a secret.
    pub(super) fn ways_posted(&self) -> Vec<Entry> {
        let Some(ways) = &self.ways else { return Vec::new() };
        let mut posted = vec![(mark(&self.name, "way"), ways.taken.word().to_owned())];
        let used = ways.usable.iter().find(|option| option.selected);
        posted.extend(used.map(|option| (mark(&self.name, "use"), option.text.clone())));
        posted
    }
}

/// The text of the option that names an output.
pub fn output_text(promise: &str, namespace: &str, name: &str, output: &str) -> String {
    format!("{OUTPUT}{promise}/{namespace}/{name}/{output}}}")
}

/// What a named secret is posted as.
fn text_of(value: &Value) -> Option<String> {
    if let Some(StandIn::Of { .. }) = stand_in::of(value) {
        return value.as_str().map(str::to_owned);
    }
    let said = value.get(KEY).filter(|_| reference::is_reference(value))?;
    let text = |key: &str| said.get(key).and_then(Value::as_str).unwrap_or_default();
    Some(output_text(text("promise"), text("namespace"), text("name"), text("output")))
}

/// The value that a posted text names.
pub(crate) fn named(text: &str) -> Option<Value> {
    if let Some(StandIn::Of { .. }) = stand_in::read(text) {
        return Some(Value::String(text.to_owned()));
    }
    let parts: Vec<&str> = text.strip_prefix(OUTPUT)?.strip_suffix('}')?.split('/').collect();
    let [promise, namespace, name, output] = parts.as_slice() else { return None };
    let mut said = json!({"promise": promise, "name": name, "output": output});
    if !namespace.is_empty() {
        said["namespace"] = json!(namespace);
    }
    Some(json!({ KEY: said }))
}

#[cfg(test)]
mod tests {
    use crate::{Filled, FormModel, Schema, decode, pick::Choosable};
    use serde_json::{Value, json};

    fn schema() -> Schema {
        Schema::parse(&json!({"type": "object", "properties": {"password": {"type": "string", "writeOnly": true}}}))
            .unwrap()
    }

    /// What comes back of a form in which nothing was changed.
    #[track_caller]
    fn check_comes_back(value: &Value) {
        let schema = schema();
        let usable = [Choosable { text: "${secret:db/password}".into(), title: "db".into() }];
        let filled = Filled { value: Some(value), secrets: Some(&usable), ..Filled::default() };
        let entries = FormModel::build(&schema, filled).entries();
        assert_eq!(decode(&schema, &entries, None).unwrap().value, *value, "{entries:?}");
    }

    #[test]
    fn every_way_to_give_a_secret_comes_back_without_the_secret() {
        check_comes_back(&json!({}));
        check_comes_back(&json!({"password": "${secret:0123456789abcdef}"}));
        check_comes_back(&json!({"password": "${secret:generate}"}));
        check_comes_back(&json!({"password": "${secret:db/password}"}));
        check_comes_back(
            &json!({"password": {"$output": {"promise": "pg", "name": "db", "output": "password", "namespace": "default"}}}),
        );
    }

    #[test]
    fn the_way_decides_and_what_was_typed_beside_it_is_not_meant() {
        let given = |pairs: &[(&str, &str)]| {
            let entries: Vec<(String, String)> =
                pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
            decode(&schema(), &entries, None).unwrap().value["password"].clone()
        };
        let stored = ("v/password/__stored", "${secret:0123456789abcdef}");
        let kept = ("v/password/__was", "kept");
        assert_eq!(
            given(&[kept, stored, ("v/password/__way", "keep"), ("v/password", "x")]),
            json!("${secret:0123456789abcdef}")
        );
        assert_eq!(given(&[kept, stored, ("v/password/__way", "type"), ("v/password", "x")]), json!("x"));
        assert_eq!(
            given(&[kept, stored, ("v/password/__way", "type"), ("v/password", "")]),
            json!("${secret:0123456789abcdef}")
        );
        assert_eq!(given(&[kept, stored, ("v/password/__way", "make")]), json!("${secret:renew}"));
        assert_eq!(given(&[("v/password/__way", "make")]), json!("${secret:generate}"));
        assert_eq!(
            given(&[("v/password/__way", "use"), ("v/password/__use", "${secret:db/password}")]),
            json!("${secret:db/password}")
        );
        assert_eq!(given(&[("v/password/__way", "use"), ("v/password/__use", "hunter2")]), json!(null));
        assert_eq!(given(&[kept, ("v/password/__stored", "not a mark")]), json!(null));
    }
}
