//! The fields of a form, asked one after the other. Each answer is posted as a browser would post it, so that conditions, types and messages are those
//! of the page.

use super::{Failure, Outcome, print::single_line, terminal::Terminal};
use domain::stand_in;
use forms::{
    Action, Entry, Field, Filled, FormModel, Schema, Widget, apply_action, decode, entries::mark, model::State,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// More questions than this nobody answers.
const MOST: usize = 1_000;

pub struct Asking<'a> {
    schema: &'a Schema,
    value: Value,
    /// Places that were answered, or given before anybody was asked.
    done: BTreeSet<String>,
    /// Groups that nobody wants to fill in.
    skipped: Vec<String>,
    terminal: Terminal,
}

/// What is asked next.
enum Question {
    Field(Box<Field>),
    /// Whether a group that need not be there is filled in.
    Group(String, String),
    Advanced,
}

impl<'a> Asking<'a> {
    pub fn new(schema: &'a Schema, value: Value, terminal: Terminal) -> Self {
        let mut done = BTreeSet::new();
        given(&value, "", &mut done);
        Self { schema, value, done, skipped: Vec::new(), terminal }
    }

    /// Asks until nothing is left to be asked, and nothing is wrong.
    pub fn all(mut self) -> Outcome<Value> {
        for _ in 0..MOST {
            let form = self.form();
            let mut question = None;
            self.next(&form.root, false, &mut question);
            match question {
                Some(Question::Field(field)) => self.ask(&form, &field)?,
                Some(Question::Group(pointer, label)) => {
                    let wanted = self.terminal.yes(&format!("Set {label}?"), false)?;
                    if wanted { _ = self.done.insert(pointer) } else { self.skipped.push(pointer) }
                }
                Some(Question::Advanced) => {
                    let wanted = self.terminal.yes("Advanced settings?", false)?;
                    let word = if wanted { "advanced" } else { "plain" };
                    self.done.insert(word.to_owned());
                }
                None => {
                    let Some(error) = form.errors.first() else { return Ok(self.value) };
                    self.terminal.say(&format!("  {}: {}", single_line(&error.label), single_line(&error.message)));
                    if !self.done.remove(&error.pointer) && !self.reopen(&error.pointer) {
                        return Err(Failure::new(format!("{}: {}", error.label, error.message)));
                    }
                }
            }
        }
        Err(Failure::new(format!("more than {MOST} questions: write the document and use `midspan apply`")))
    }

    fn form(&self) -> FormModel {
        let causes = forms::admit(self.schema, &self.value, None, "spec").verdict.causes;
        FormModel::build(self.schema, Filled { value: Some(&self.value), causes: &causes, ..Filled::default() })
    }

    /// Asks again about what stands in a group that was passed over.
    fn reopen(&mut self, pointer: &str) -> bool {
        let before = self.skipped.len();
        self.skipped.retain(|skipped| !pointer.starts_with(skipped.as_str()));
        let opened = self.skipped.len() < before;
        if opened {
            self.done.insert(pointer.to_owned());
            self.done.remove(pointer);
        }
        opened || self.done.remove("plain")
    }

    /// The first field that was not asked for yet, in the order of the form.
    fn next(&self, field: &Field, advanced: bool, found: &mut Option<Question>) {
        if found.is_some() || field.shown == Some(false) || field.state != State::Editable {
            return;
        }
        if advanced && !self.done.contains("advanced") && !self.done.contains(&field.pointer) {
            if !self.done.contains("plain") {
                *found = Some(Question::Advanced);
            }
            return;
        }
        if self.skipped.contains(&field.pointer) {
            return;
        }
        let holds = matches!(
            field.widget,
            Widget::Group | Widget::KeyValue | Widget::ScalarList | Widget::ObjectList | Widget::Variants
        );
        let begun = self.done.iter().any(|done| done.starts_with(&format!("{}/", field.pointer)));
        if field.widget == Widget::Group
            && !field.required
            && !field.pointer.is_empty()
            && !begun
            && !self.done.contains(&field.pointer)
        {
            *found = Some(Question::Group(field.pointer.clone(), field.label.clone()));
            return;
        }
        if let Some(alternatives) = &field.alternatives
            && !alternatives.list.iter().any(|one| one.selected)
            && !self.done.contains(&field.pointer)
        {
            *found = Some(Question::Field(Box::new(field.clone())));
            return;
        }
        for section in &field.sections {
            section.fields.iter().for_each(|inner| self.next(inner, advanced || section.advanced, found));
        }
        field.rows.iter().for_each(|row| self.next(&row.field, advanced, found));
        for chosen in field.alternatives.iter().flat_map(|all| &all.list).filter(|one| one.selected) {
            for section in &chosen.sections {
                section.fields.iter().for_each(|inner| self.next(inner, advanced || section.advanced, found));
            }
        }
        let asked = field.widget == Widget::Constant || self.done.contains(&field.pointer);
        let leaf = !holds || (field.can_add && field.widget != Widget::Group);
        if found.is_none() && leaf && !asked {
            *found = Some(Question::Field(Box::new(field.clone())));
        }
    }

    fn ask(&mut self, form: &FormModel, field: &Field) -> Outcome {
        if let Some(help) = field.help.as_deref().filter(|help| !help.is_empty()) {
            self.terminal.say(&format!("  {}", single_line(help)));
        }
        let label = single_line(&field.label);
        match field.widget {
            Widget::ScalarList | Widget::ObjectList | Widget::KeyValue => {
                let more = if field.rows.is_empty() { "Add to" } else { "Add more to" };
                if self.terminal.yes(&format!("{more} {label}?"), field.required && field.rows.is_empty())? {
                    let action = Action::Add(field.pointer.clone());
                    self.value =
                        apply_action(self.schema, &form.entries(), Some(&self.value), &action).map_err(wrong)?.value;
                } else {
                    self.done.insert(field.pointer.clone());
                }
                return Ok(());
            }
            _ => {}
        }
        let must = field.required && field.default.is_none();
        let answers = if let Some(alternatives) = &field.alternatives {
            let titles: Vec<String> = alternatives.list.iter().map(|one| single_line(&one.title)).collect();
            let picked = self.pick(&label, &titles, None, must, false)?;
            picked
                .iter()
                .filter_map(|at| Some((alternatives.name.clone(), alternatives.list.get(*at)?.text.clone())))
                .collect()
        } else {
            self.answers(field, &label, must)?
        };
        self.done.insert(field.pointer.clone());
        let Some(answers) = Some(answers).filter(|answers: &Vec<Entry>| !answers.is_empty()) else { return Ok(()) };
        let names: Vec<&String> = answers.iter().map(|(name, _)| name).collect();
        let mut entries: Vec<Entry> = form.entries().into_iter().filter(|(name, _)| !names.contains(&name)).collect();
        entries.extend(answers);
        // a secret is in no form: it stays as it was given
        let decoded = decode(self.schema, &entries, Some(&self.value)).map_err(wrong)?;
        let mut causes = forms::admit(self.schema, &decoded.value, None, "spec").verdict.causes;
        causes.extend(decoded.causes.clone());
        let told =
            FormModel::build(self.schema, Filled { value: Some(&decoded.value), causes: &causes, ..Filled::default() });
        self.value = decoded.value;
        if let Some(error) = told.errors.iter().find(|error| error.pointer == field.pointer) {
            self.terminal.say(&format!("  {}", single_line(&error.message)));
            self.done.remove(&field.pointer);
        }
        Ok(())
    }

    /// What a browser would post of the field; nothing where it stays as it is.
    fn answers(&mut self, field: &Field, label: &str, must: bool) -> Outcome<Vec<Entry>> {
        let one = |text: String| vec![(field.control_name(), text)];
        match field.widget {
            Widget::Checkbox | Widget::YesNo => {
                let chosen =
                    field.checked || field.options.iter().any(|option| option.selected && option.text == "true");
                let yes = self.terminal.yes(label, chosen)?;
                let without = (mark(&field.name, "present"), "1".to_owned());
                Ok(match (field.widget, yes) {
                    (Widget::YesNo, yes) => one(yes.to_string()),
                    (_, true) => one("on".to_owned()),
                    (_, false) => vec![without, (mark(&field.name, "was"), "default".to_owned())],
                })
            }
            Widget::Radios | Widget::RadioCards | Widget::Select | Widget::MultiSelect if !field.options.is_empty() => {
                let many = field.widget == Widget::MultiSelect;
                let options: Vec<_> =
                    field.options.iter().filter(|option| !option.disabled && !option.text.is_empty()).collect();
                let titles: Vec<String> = options
                    .iter()
                    .map(|option| match &option.description {
                        Some(says) => format!("{} – {}", single_line(&option.title), single_line(says)),
                        None => single_line(&option.title),
                    })
                    .collect();
                let shown = options.iter().position(|option| option.selected);
                let picked = self.pick(label, &titles, shown, must, many)?;
                Ok(picked
                    .iter()
                    .filter_map(|at| Some((field.control_name(), options.get(*at)?.text.clone())))
                    .collect())
            }
            Widget::Password => {
                let text = self.terminal.hidden(label, "empty: Midspan makes one; secret:NAME/KEY: one that exists")?;
                let way = |word: &str| (mark(&field.name, "way"), word.to_owned());
                Ok(match text.strip_prefix("secret:").and_then(|rest| rest.split_once('/')) {
                    Some((name, key)) => vec![way("use"), (mark(&field.name, "use"), stand_in::named(name, key))],
                    None if text.is_empty() => vec![way("make")],
                    None => one(text),
                })
            }
            _ => {
                let unit = field.unit.as_deref().map_or_else(String::new, |unit| format!(" ({unit})"));
                let shown = if field.text.is_empty() {
                    field.placeholder.clone().filter(|_| !must).unwrap_or_default()
                } else {
                    field.text.clone()
                };
                let is_value = !field.text.is_empty();
                let text = self.terminal.line(&format!("{label}{unit}"), &shown, must && !is_value)?;
                Ok(if text.is_empty() { Vec::new() } else { one(text) })
            }
        }
    }

    /// The places of what was chosen, by number or by name.
    fn pick(
        &mut self,
        label: &str,
        titles: &[String],
        shown: Option<usize>,
        must: bool,
        many: bool,
    ) -> Outcome<Vec<usize>> {
        self.terminal.say(&format!("{label}:"));
        for (place, title) in titles.iter().enumerate() {
            self.terminal.say(&format!("  {}) {title}", place + 1));
        }
        loop {
            let question = if many { "Which, with commas between" } else { "Which" };
            let shown = shown.map_or_else(String::new, |place| (place + 1).to_string());
            let typed = self.terminal.line(question, &shown, must)?;
            if typed.is_empty() {
                return Ok(Vec::new());
            }
            let words: Vec<&str> = if many { typed.split(',').map(str::trim).collect() } else { vec![typed.as_str()] };
            let place = |word: &&str| {
                let number =
                    word.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).filter(|at| *at < titles.len());
                number.or_else(|| {
                    titles.iter().position(|title| {
                        title.split(" – ").next().is_some_and(|title| title.eq_ignore_ascii_case(word))
                    })
                })
            };
            let picked: Vec<usize> = words.iter().filter_map(place).collect();
            if picked.len() == words.len() {
                return Ok(picked);
            }
            self.terminal.say(&format!("  Choose from 1 to {}.", titles.len()));
        }
    }
}

/// Every place that has a value already.
fn given(value: &Value, at: &str, done: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, child) in object {
                given(child, &forms::pointer::join(at, name), done);
            }
        }
        Value::Array(items) => {
            done.insert(at.to_owned());
            for (index, item) in items.iter().enumerate() {
                given(item, &format!("{at}/{index}"), done);
            }
        }
        _ => _ = done.insert(at.to_owned()),
    }
}

fn wrong(error: domain::Error) -> Failure {
    Failure::new(error.message)
}
