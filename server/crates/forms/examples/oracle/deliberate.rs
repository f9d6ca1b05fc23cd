//! Where this crate differs from the other library on purpose, each with the reason. Nothing else may differ.

use super::compare::{Answer, Case, Difference, keyword, place_of};
use forms::Schema;
use forms::schema::Types;
use serde_json::Value;

/// One kind of difference.
pub struct Deliberate {
    pub name: &'static str,
    pub reason: &'static str,
    pub covers: fn(&Case<'_>, &Difference) -> bool,
}

pub const DELIBERATE: &[Deliberate] = &[
    Deliberate {
        name: "F9 hidden values",
        reason: "a value in a branch that is hidden now is not submitted; the other library keeps it in the data",
        covers: hidden_value,
    },
    Deliberate {
        name: "F10 undecided condition",
        reason: "an `if` about a field nobody has answered decides nothing: neither branch is shown, required or judged; \
                 the missing answer itself is told",
        covers: undecided,
    },
    Deliberate {
        name: "applicators are no errors",
        reason: "`oneOf`, `anyOf` and `if` report themselves beside what is wrong inside; people are told what to correct, once",
        covers: applicator,
    },
    Deliberate {
        name: "the nearest alternative is told",
        reason: "where no alternative holds, the errors of the one that comes closest are told, not those of all of them; nor what \
                 `contains` missed in each item",
        covers: other_alternative,
    },
    Deliberate {
        name: "what still holds of an allOf",
        reason: "the other library gives up a whole `allOf` when two of its parts cannot be merged; we keep what they all say",
        covers: kept_all_of,
    },
    Deliberate {
        name: "no choice made for anyone",
        reason: "the other library takes the first constant or alternative of a choice for its default, and `false` for a yes or no; \
                 a choice nobody made is open here",
        covers: chosen_for_them,
    },
    Deliberate {
        name: "a switch nobody touched is off",
        reason: "a condition about a yes or no that has no default is decided: the box is in the form, and not ticked",
        covers: untouched_switch,
    },
    Deliberate {
        name: "defaults as an API server fills them in",
        reason: "the default of an object or list wins over those of its fields and is filled in itself, and `null` where none is allowed \
                 counts as absent: what the form shows is what will be stored",
        covers: structural_default,
    },
    Deliberate {
        name: "unknown fields are dropped",
        reason: "a field that the schema does not know has no place in a form; it is pruned, and a warning says so",
        covers: unknown_field,
    },
    Deliberate {
        name: "2020-12 is judged as such",
        reason: "the other library's validator reads draft-07: it does not know the newer keywords, and refuses a schema that names its draft",
        covers: newer_draft,
    },
    Deliberate {
        name: "no invented rows",
        reason: "rows that `minItems` asks for are added by whoever has something to say in them; an empty row is no answer",
        covers: invented_row,
    },
];

fn hidden_value(case: &Case<'_>, difference: &Difference) -> bool {
    if !matches!(difference.answer, Answer::State | Answer::StateFromEmpty) || difference.ours.is_some() {
        return false;
    }
    // it is hidden if it goes when what is hidden goes
    let pointer = format!("/{}", difference.place.replace('.', "/"));
    let theirs = match difference.answer {
        Answer::State => case.state,
        _ => &case.oracle["defaultFormStateFromEmpty"],
    };
    theirs.pointer(&pointer).is_some()
        && forms::entries::without_hidden(case.schema, theirs, None).pointer(&pointer).is_none()
}

fn undecided(case: &Case<'_>, difference: &Difference) -> bool {
    if difference.ours.is_some() || !has_condition(&case.oracle["schema"]) {
        return false;
    }
    match difference.answer {
        Answer::Errors => {
            // by the letter it is wrong, and only by conditions
            let place = difference.place.split_once(" at ").map_or("", |(_, place)| place);
            let by_letter = by_the_letter(case.schema, case.state);
            let at_place: Vec<&(String, String)> = by_letter.iter().filter(|(at, _)| at == place).collect();
            keyword_at(case, place).iter().any(|keyword| keyword == "if")
                || (!at_place.is_empty()
                    && at_place.iter().all(|(_, path)| path.contains("/then/") || path.contains("/else/")))
        }
        Answer::Visible | Answer::Required => by_condition_only(&case.oracle["schema"], &difference.place),
        Answer::State | Answer::StateFromEmpty => brought(&case.oracle["schema"], &difference.place),
        Answer::Schema => false,
    }
}

fn applicator(case: &Case<'_>, difference: &Difference) -> bool {
    let Some((reason, place)) = difference.place.split_once(" at ") else { return false };
    difference.answer == Answer::Errors
        && difference.ours.is_none()
        && reason == "FieldValueInvalid"
        && keyword_at(case, place).iter().any(|keyword| matches!(keyword.as_str(), "oneOf" | "anyOf" | "if"))
        && !keyword_at(case, place).iter().any(|keyword| matches!(keyword.as_str(), "pattern" | "format" | "not"))
}

fn other_alternative(case: &Case<'_>, difference: &Difference) -> bool {
    let Some((_, place)) = difference.place.split_once(" at ") else { return false };
    let around = |outer: &str| {
        outer.is_empty() || place == outer || place.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
    };
    difference.answer == Answer::Errors
        && difference.ours.is_none()
        && theirs(case)
            .any(|error| matches!(keyword(error), "oneOf" | "anyOf" | "contains") && around(&place_of(error)))
}

fn kept_all_of(case: &Case<'_>, difference: &Difference) -> bool {
    let parts = case.oracle["schema"]["allOf"].as_array();
    let says = |key: &str, part: &Value| match key {
        "required" => {
            part["required"].as_array().is_some_and(|names| names.contains(&Value::from(difference.place.as_str())))
        }
        _ => part["properties"].get(&difference.place).is_some(),
    };
    let key = match difference.answer {
        Answer::Required => "required",
        Answer::Visible => "properties",
        _ => return false,
    };
    difference.theirs.is_none() && parts.is_some_and(|parts| parts.iter().any(|part| says(key, part)))
}

fn chosen_for_them(case: &Case<'_>, difference: &Difference) -> bool {
    let (Some(theirs), None) = (&difference.theirs, &difference.ours) else { return false };
    let node = case.schema.at(case.state, &format!("/{}", difference.place.replace('.', "/")));
    matches!(difference.answer, Answer::State | Answer::StateFromEmpty)
        && node.is_some_and(|node| {
            let choice = node.choices.iter().flatten().any(|choice| choice.value == *theirs);
            node.default.is_none() && (choice || !node.branches.is_empty() || *theirs == Value::Bool(false))
        })
}

fn untouched_switch(case: &Case<'_>, difference: &Difference) -> bool {
    let root = case.schema.root();
    let untouched = root.properties.iter().any(|property| {
        let node = case.schema.node(property.node);
        node.types == Types::BOOLEAN && node.default.is_none() && case.state.get(&property.name).is_none()
    });
    matches!(difference.answer, Answer::Visible | Answer::Required)
        && untouched
        && by_condition_only(&case.oracle["schema"], &difference.place)
}

fn structural_default(case: &Case<'_>, difference: &Difference) -> bool {
    if !matches!(difference.answer, Answer::State | Answer::StateFromEmpty) || difference.ours.is_none() {
        return false;
    }
    if difference.theirs == Some(Value::Null) {
        return true;
    }
    // some place around has a default of its own
    let mut around = difference.place.as_str();
    loop {
        around = around.rsplit_once('.').map_or("", |(outer, _)| outer);
        let pointer = if around.is_empty() { String::new() } else { format!("/{}", around.replace('.', "/")) };
        if case.schema.at(case.state, &pointer).is_some_and(|node| node.default.is_some()) {
            return true;
        }
        if around.is_empty() {
            return false;
        }
    }
}

fn unknown_field(case: &Case<'_>, difference: &Difference) -> bool {
    difference.answer == Answer::Visible
        && difference.ours.is_none()
        && case.schema.property(case.schema.root(), Some(case.state), &difference.place).is_none()
}

fn newer_draft(case: &Case<'_>, difference: &Difference) -> bool {
    let schema = case.oracle["schema"].to_string();
    let newer = [
        "dependentRequired",
        "dependentSchemas",
        "prefixItems",
        "unevaluatedProperties",
        "unevaluatedItems",
        "minContains",
    ];
    let unjudged = difference.answer == Answer::Errors && theirs(case).any(|error| keyword(error).is_empty());
    unjudged || difference.theirs.is_none() && newer.iter().any(|keyword| schema.contains(keyword))
}

fn invented_row(case: &Case<'_>, difference: &Difference) -> bool {
    if !matches!(difference.answer, Answer::State | Answer::StateFromEmpty) || difference.ours.is_some() {
        return false;
    }
    let list = match &difference.theirs {
        Some(Value::Array(_)) => difference.place.as_str(),
        _ => difference.place.rsplit_once('.').map_or("", |(list, _)| list),
    };
    let pointer = if list.is_empty() { String::new() } else { format!("/{}", list.replace('.', "/")) };
    let theirs = match difference.answer {
        Answer::State => case.state,
        _ => &case.oracle["defaultFormStateFromEmpty"],
    };
    case.schema.at(theirs, &pointer).is_some_and(|node| node.min_items.is_some_and(|least| least > 0))
}

fn theirs<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Value> {
    case.oracle["errors"].as_array().into_iter().flatten()
}

fn keyword_at(case: &Case<'_>, place: &str) -> Vec<String> {
    theirs(case).filter(|error| place_of(error) == place).map(|error| keyword(error).to_owned()).collect()
}

/// Every error by the letter: its dotted place and the path through the schema.
fn by_the_letter(schema: &Schema, state: &Value) -> Vec<(String, String)> {
    let Ok(validator) = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(schema.document())
    else {
        return Vec::new();
    };
    let errors = validator.iter_errors(state).map(|error| {
        let mut place: Vec<String> = forms::pointer::segments(error.instance_path().as_str()).collect();
        if let jsonschema::error::ValidationErrorKind::Required { property } = error.kind() {
            place.push(property.as_str().unwrap_or_default().to_owned());
        }
        (place.join("."), error.evaluation_path().as_str().to_owned())
    });
    errors.collect()
}

fn has_condition(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => map.contains_key("if") || map.values().any(has_condition),
        Value::Array(items) => items.iter().any(has_condition),
        _ => false,
    }
}

/// Whether a `then` or an `else` speaks of a property at the top.
fn brought(schema: &Value, place: &str) -> bool {
    let name = place.split('.').next().unwrap_or_default();
    let parts = schema["allOf"].as_array().into_iter().flatten().chain([schema]);
    parts.flat_map(|part| [&part["then"], &part["else"]]).any(|branch| branch["properties"].get(name).is_some())
}

/// Whether a property is spoken of below `then` or `else` and nowhere else at the top.
fn by_condition_only(schema: &Value, name: &str) -> bool {
    let mut parts = vec![schema];
    parts.extend(schema["allOf"].as_array().into_iter().flatten());
    let plain = parts.iter().any(|part| {
        part["required"].as_array().is_some_and(|names| names.contains(&Value::from(name))) && part.get("if").is_none()
    });
    !plain && parts.iter().any(|part| part.get("if").is_some())
}
