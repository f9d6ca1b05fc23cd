//! One file's answers beside ours.

use super::deliberate;
use forms::{Dialect, Filled, FormModel, Schema, admission, entries, pointer};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What was counted over all files.
#[derive(Default)]
pub struct Tally {
    pub files: usize,
    pub answers: usize,
    pub agreed: usize,
    pub deliberate: BTreeMap<&'static str, usize>,
    pub differences: Vec<Difference>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deliberate: usize = self.deliberate.values().sum();
        write!(
            f,
            "{} files, {} answers: {} agree, {deliberate} differences are deliberate, {} are not",
            self.files,
            self.answers,
            self.agreed,
            self.differences.len()
        )
    }
}

/// Which of the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Schema,
    State,
    StateFromEmpty,
    Visible,
    Required,
    Errors,
}

/// Something only one of both says, or says otherwise. `None` is "nothing there".
#[derive(Clone, Debug)]
pub struct Difference {
    pub file: String,
    pub answer: Answer,
    /// Dotted place in the value, or a field's name.
    pub place: String,
    pub ours: Option<Value>,
    pub theirs: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |side: &Option<Value>| side.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let (ours, theirs) = (told(&self.ours), told(&self.theirs));
        write!(f, "{}: {:?} at {:?}: ours {ours}, theirs {theirs}", self.file, self.answer, self.place)
    }
}

/// A file and what we read of it.
pub struct Case<'a> {
    pub oracle: &'a Value,
    pub schema: &'a Schema,
    /// The state the other library ended with: what it judged.
    pub state: &'a Value,
}

/// Compares one file.
pub fn file(name: &str, oracle: &Value, tally: &mut Tally) {
    tally.files += 1;
    let structural = oracle["set"] == "kratix";
    let dialect = if structural { Dialect::Structural } else { Dialect::JsonSchema };
    let schema = match Schema::parse_as(dialect, &oracle["schema"]) {
        Ok(schema) => schema,
        Err(error) => {
            tally.answers += 1;
            let refused = Some(Value::from(error.message));
            let difference = Difference {
                file: name.to_owned(),
                answer: Answer::Schema,
                place: String::new(),
                ours: refused,
                theirs: None,
            };
            tally.differences.push(difference);
            return;
        }
    };
    let state = &oracle["defaultFormState"];
    let case = Case { oracle, schema: &schema, state };
    let given = Some(&oracle["formData"]).filter(|data| !data.is_null());
    let found = [
        (Answer::State, values(Some(&ours_of(&schema, given)), Some(state))),
        (Answer::StateFromEmpty, values(Some(&ours_of(&schema, None)), Some(&oracle["defaultFormStateFromEmpty"]))),
        (Answer::Visible, names(&visible(&schema, state), &listed(&oracle["visibleTopLevelFields"]))),
        (Answer::Required, names(&required(&schema, state), &listed(&oracle["required"]))),
        (Answer::Errors, names(&ours_wrong(&schema, state), &theirs_wrong(&oracle["errors"]))),
    ];
    for (answer, differences) in found {
        tally.answers += 1;
        tally.agreed += usize::from(differences.is_empty());
        for (place, ours, theirs) in differences {
            let difference = Difference { file: name.to_owned(), answer, place, ours, theirs };
            match deliberate::DELIBERATE.iter().find(|kind| (kind.covers)(&case, &difference)) {
                Some(kind) => *tally.deliberate.entry(kind.name).or_default() += 1,
                None => tally.differences.push(difference),
            }
        }
    }
}

type Found = Vec<(String, Option<Value>, Option<Value>)>;

/// What a form of ours holds and would submit.
fn ours_of(schema: &Schema, given: Option<&Value>) -> Value {
    entries::without_hidden(schema, &admission::complete(schema, given), None)
}

fn values(ours: Option<&Value>, theirs: Option<&Value>) -> Found {
    let mut found = Vec::new();
    let mut todo = vec![(String::new(), ours, theirs)];
    while let Some((place, ours, theirs)) = todo.pop() {
        let below = |segment: &str| if place.is_empty() { segment.to_owned() } else { format!("{place}.{segment}") };
        match (ours, theirs) {
            (Some(Value::Object(a)), Some(Value::Object(b))) => {
                let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
                todo.extend(keys.into_iter().map(|key| (below(key), a.get(key), b.get(key))));
            }
            (Some(Value::Array(a)), Some(Value::Array(b))) => {
                todo.extend(
                    (0..a.len().max(b.len())).map(|index| (below(&index.to_string()), a.get(index), b.get(index))),
                );
            }
            (Some(a), Some(b)) if same(a, b) => {}
            (None, None) => {}
            (a, b) => found.push((place, a.cloned(), b.cloned())),
        }
    }
    found
}

/// `5` and `5.0` are the same number.
fn same(a: &Value, b: &Value) -> bool {
    a == b || matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if (a - b).abs() < f64::EPSILON)
}

fn names(ours: &BTreeSet<String>, theirs: &BTreeSet<String>) -> Found {
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>();
    let mine = only(ours, theirs).into_iter().map(|name| (name.clone(), Some(Value::from(name)), None));
    let other = only(theirs, ours).into_iter().map(|name| (name.clone(), None, Some(Value::from(name))));
    mine.chain(other).collect()
}

fn listed(names: &Value) -> BTreeSet<String> {
    names.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The top of a form: without the fields of alternatives, which the other library counts apart as well.
fn top(schema: &Schema, state: &Value) -> Vec<forms::Field> {
    let mut known = state.clone();
    admission::prune(schema, &mut known, "");
    let model = FormModel::build(schema, Filled { value: Some(&known), ..Filled::default() });
    let fields = model.root.sections.into_iter().flat_map(|section| section.fields);
    let rows = model.root.rows.into_iter().filter(|row| row.key.is_some()).map(|row| row.field);
    fields.chain(rows).filter(|field| field.shown != Some(false)).collect()
}

fn name_of(field: &forms::Field) -> String {
    pointer::segments(&field.pointer).last().unwrap_or_default()
}

fn visible(schema: &Schema, state: &Value) -> BTreeSet<String> {
    if schema.root().items.is_some() || !schema.root().prefix_items.is_empty() {
        return BTreeSet::new();
    }
    top(schema, state).iter().map(name_of).collect()
}

fn required(schema: &Schema, state: &Value) -> BTreeSet<String> {
    let declared = |field: &forms::Field| {
        let name = name_of(field);
        schema.root().by_name(&name).then_some(name)
    };
    top(schema, state).iter().filter(|field| field.required).filter_map(declared).collect()
}

/// Errors as `reason at place`.
fn ours_wrong(schema: &Schema, state: &Value) -> BTreeSet<String> {
    let causes = admission::validate(schema, state, None, "").causes;
    causes
        .iter()
        .map(|cause| told(&cause.reason, &pointer::segments(&cause.pointer).collect::<Vec<_>>().join(".")))
        .collect()
}

fn theirs_wrong(errors: &Value) -> BTreeSet<String> {
    errors.as_array().into_iter().flatten().map(|error| told(reason(keyword(error)), &place_of(error))).collect()
}

pub fn keyword(error: &Value) -> &str {
    error["keyword"].as_str().unwrap_or_default()
}

pub fn place_of(error: &Value) -> String {
    let property = error["property"].as_str().unwrap_or_default().trim_start_matches('.');
    let empty = Map::new();
    let params = error["params"].as_object().unwrap_or(&empty);
    let unknown = ["additionalProperty", "unevaluatedProperty"].iter().find_map(|key| params.get(*key)?.as_str());
    let place = match unknown {
        Some(name) if property.is_empty() => name.to_owned(),
        Some(name) => format!("{property}.{name}"),
        None => property.to_owned(),
    };
    pointer::unescape(&place)
}

fn told(reason: &str, place: &str) -> String {
    format!("{reason} at {place}")
}

/// Ajv's keyword as the reason an API server gives.
fn reason(keyword: &str) -> &'static str {
    match keyword {
        "required" | "dependencies" | "dependentRequired" => "FieldValueRequired",
        "type" => "FieldValueTypeInvalid",
        "enum" | "const" => "FieldValueNotSupported",
        "maxLength" => "FieldValueTooLong",
        "maxItems" | "maxProperties" => "FieldValueTooMany",
        _ => "FieldValueInvalid",
    }
}
