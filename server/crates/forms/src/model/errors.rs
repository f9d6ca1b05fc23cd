//! Errors put to the fields they belong to.

use super::{Field, FieldError};
use domain::Cause;
use std::collections::{BTreeMap, BTreeSet};

/// Puts every cause to the field it points at, or to the nearest one around it, and returns the summary.
pub(super) fn place(root: &mut Field, causes: &[Cause]) -> Vec<FieldError> {
    if causes.is_empty() {
        return Vec::new();
    }
    let mut known = BTreeSet::new();
    gather(root, &mut known);
    let mut by_pointer: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for cause in causes {
        let explained =
            |other: &Cause| other.human != crate::admission::NO_ALTERNATIVE && within(&other.pointer, &cause.pointer);
        if cause.human == crate::admission::NO_ALTERNATIVE && causes.iter().any(explained) {
            continue;
        }
        let mut at = cause.pointer.as_str();
        while !known.contains(at) {
            at = at.rsplit_once('/').map_or("", |(around, _)| around);
            if at.is_empty() {
                break;
            }
        }
        let text = if cause.human.is_empty() { &cause.message } else { &cause.human };
        let texts = by_pointer.entry(at.to_owned()).or_default();
        if !texts.contains(text) {
            texts.push(text.clone());
        }
    }
    let mut summary = Vec::new();
    tell(root, &mut by_pointer, &mut summary);
    summary
}

/// Whether a place is at or below another.
fn within(pointer: &str, around: &str) -> bool {
    pointer.strip_prefix(around).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn gather(field: &Field, known: &mut BTreeSet<String>) {
    known.insert(field.pointer.clone());
    for inner in field.inner() {
        gather(inner, known);
    }
}

fn tell(field: &mut Field, by_pointer: &mut BTreeMap<String, Vec<String>>, summary: &mut Vec<FieldError>) {
    // a choice between kinds draws the same place twice: the errors belong to the control inside
    let inside = field.widget == super::Widget::Variants && field.inner().next().is_some();
    if !inside && let Some(errors) = by_pointer.remove(&field.pointer) {
        for message in &errors {
            summary.push(FieldError {
                pointer: field.pointer.clone(),
                id: field.id.clone(),
                label: field.label.clone(),
                message: message.clone(),
            });
        }
        field.errors = errors;
    }
    for section in &mut field.sections {
        section.fields.iter_mut().for_each(|inner| tell(inner, by_pointer, summary));
    }
    for row in &mut field.rows {
        tell(&mut row.field, by_pointer, summary);
    }
    for chosen in field.alternatives.iter_mut().flat_map(|all| &mut all.list).filter(|one| one.selected) {
        for section in &mut chosen.sections {
            section.fields.iter_mut().for_each(|inner| tell(inner, by_pointer, summary));
        }
    }
}
