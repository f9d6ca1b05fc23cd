//! Which words of a schema reach which place: the official annotation cases, and posted forms of another library.

use crate::data;
use forms::schema::Node;
use forms::{Schema, decode, entries};
use serde_json::{Map, Value, json};

/// The keywords whose words a form shows or follows, as a node holds them; `null` is nothing.
fn word(node: &Node, keyword: &str) -> Option<Value> {
    let flag = |flag: bool| if flag { Value::Bool(true) } else { Value::Null };
    Some(match keyword {
        "title" => json!(node.title),
        "description" => json!(node.description),
        "default" => json!(node.default),
        "format" => json!(node.format),
        "readOnly" => flag(node.read_only),
        "writeOnly" => flag(node.write_only),
        "deprecated" => flag(node.deprecated),
        "examples" if node.examples.is_empty() => Value::Null,
        "examples" => json!(node.examples),
        _ => return None,
    })
}

/// What reaches a place by another way than its own properties, items, references and `allOf`: a form asks one thing at one place,
/// and an alternative's words are those of its card.
fn by_alternatives(schema: &Value) -> bool {
    let text = schema.to_string();
    [
        "\"anyOf\"",
        "\"oneOf\"",
        "\"not\"",
        "\"contains\"",
        "\"if\"",
        "\"dependentSchemas\"",
        "\"$dynamicRef\"",
        "\"$id\"",
        "\"unevaluatedItems\"",
    ]
    .iter()
    .any(|keyword| text.contains(keyword))
}

#[test]
fn the_official_annotations_reach_their_places() {
    let Some(folder) = data::folder("forms/json-schema-test-suite/annotations/tests") else { return };
    let (mut agreed, mut passed_over) = (0, 0);
    for file in data::files(&folder, ".json") {
        for group in data::json(&file)["suite"].as_array().unwrap() {
            let Ok(schema) = Schema::parse(&group["schema"]) else {
                passed_over += 1;
                continue;
            };
            for test in group["tests"].as_array().unwrap() {
                for assertion in test["assertions"].as_array().unwrap() {
                    let location = assertion["location"].as_str().unwrap();
                    let node = schema.at(&test["instance"], location);
                    // a place that is not there has no words, though a field for it would
                    let there = test["instance"].pointer(location).is_some();
                    let Some(said) = word(node.unwrap_or(&Node::default()), assertion["keyword"].as_str().unwrap())
                    else {
                        passed_over += 1;
                        continue;
                    };
                    let expected: Vec<&Value> = assertion["expected"].as_object().unwrap().values().collect();
                    if !there || by_alternatives(&group["schema"]) {
                        passed_over += 1;
                        continue;
                    }
                    let what = format!("{} {} at {location:?}", data::name(&file), group["description"]);
                    // several schemas may speak of one place: the nearest is shown
                    if said.is_null() {
                        assert!(expected.is_empty(), "{what}: nothing, {expected:?}");
                    } else {
                        assert!(expected.contains(&&said) || said == joined(&expected), "{what}: {said}");
                    }
                    agreed += 1;
                }
            }
        }
    }
    println!("{agreed} annotations agree, {passed_over} are of no form");
    assert!(agreed > 20, "{agreed}");
}

fn joined(lists: &[&Value]) -> Value {
    lists.iter().filter_map(|list| list.as_array()).flatten().cloned().collect()
}

#[test]
fn a_place_takes_the_words_of_all_schemas_that_speak_of_it_the_nearest_first() {
    let schema = Schema::parse(&json!({
        "$defs": {"port": {"title": "Port", "description": "Where it listens", "default": 80}},
        "properties": {"http": {"$ref": "#/$defs/port", "title": "HTTP port"}, "tags": {"prefixItems": [{"title": "First"}], "items": {"title": "More"}}},
        "patternProperties": {"^x-": {"title": "Extension"}},
        "additionalProperties": {"title": "Other", "allOf": [{"description": "Anything"}]},
    }))
    .unwrap();
    let value = json!({"http": 1, "tags": [1, 2], "x-a": 1, "other": 1});
    let words = |pointer: &str| {
        let node = schema.at(&value, pointer).unwrap();
        [node.title.clone(), node.description.clone()].map(Option::unwrap_or_default).join("|")
    };
    assert_eq!(words("/http"), "HTTP port|Where it listens");
    assert_eq!((words("/tags/0"), words("/tags/1")), ("First|".to_owned(), "More|".to_owned()));
    assert_eq!((words("/x-a"), words("/other")), ("Extension|".to_owned(), "Other|Anything".to_owned()));
}

/// Names of the other library (`root.a@0.b`, pseudo fields after `::`) in ours. Its choices are posted by their place, ours by their text.
fn mapped(schema: &Schema, posted: &[Value]) -> Vec<(String, String)> {
    let mut tree = Map::new();
    for pair in posted {
        let (name, text) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        let Some(rest) = name.strip_prefix("root") else { continue };
        let (path, pseudo) = rest.split_once("::").unwrap_or((rest, ""));
        let mut here = &mut tree;
        for segment in segments(path) {
            here = here.entry(segment).or_insert_with(|| json!({})).as_object_mut().unwrap();
        }
        let key = match pseudo {
            "oneof" | "anyof" => "\u{0}branch",
            "key-input" => "\u{0}key",
            _ => "\u{0}text",
        };
        let texts = here.entry(key).or_insert_with(|| json!([])).as_array_mut().unwrap();
        texts.push(Value::from(text));
    }
    let mut out = Vec::new();
    write(schema, Some(schema.root()), &tree, entries::ROOT, &mut out);
    out
}

fn segments(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in path.split('.').skip(1) {
        let mut pieces = part.split('@');
        found.extend(pieces.next().map(|name| name.replace("~1", ".").replace("~2", "/").replace("~0", "~")));
        found.extend(pieces.map(str::to_owned));
    }
    if let Some(indexes) = path.strip_prefix('@') {
        found.splice(0..0, indexes.split(['@', '.']).take(1).map(str::to_owned));
    }
    found
}

fn write(schema: &Schema, node: Option<&Node>, tree: &Map<String, Value>, name: &str, out: &mut Vec<(String, String)>) {
    let texts = |key: &str| tree.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut below = name.to_owned();
    let mut taken = None;
    if let Some(branch) = texts("\u{0}branch").next() {
        out.push((entries::mark(name, "branch"), branch.to_owned()));
        below = format!("{}/{branch}", entries::mark(name, "of"));
        taken = node.and_then(|node| node.branches.get(branch.parse::<usize>().ok()?));
    }
    let choices = |node: &Node| {
        let items = node.items.map(|id| schema.node(id));
        node.choices.clone().or_else(|| items?.choices.clone()).unwrap_or_default()
    };
    for text in texts("\u{0}text") {
        let chosen = text.rsplit_once("::").and_then(|(_, index)| index.parse::<usize>().ok());
        let choices = node.map(choices).unwrap_or_default();
        // yes and no are posted by their place as well
        let flag = chosen.filter(|_| choices.is_empty()).map(|index| Value::Bool(index == 0));
        let value = chosen.and_then(|index| choices.get(index)).map(|choice| choice.value.clone()).or(flag);
        let text = value
            .map_or_else(|| text.to_owned(), |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        out.push((below.clone(), text));
    }
    // which choices a field has may hang on what its siblings say
    let mut siblings = Map::new();
    for (index, (key, child)) in tree.iter().filter(|(key, _)| !key.starts_with('\u{0}')).enumerate() {
        let child = child.as_object().unwrap();
        let (node, name) = match taken.filter(|branch| branch.own.contains(key)) {
            Some(branch) => (Some(schema.node(branch.node)), below.as_str()),
            None => (node, name),
        };
        let list = node.is_some_and(|node| node.items.is_some() || !node.prefix_items.is_empty());
        let (described, inner) = if list {
            let place = key.parse().unwrap_or(index);
            let inner = entries::child(name, key);
            out.push((entries::mark(&inner, "row"), key.clone()));
            (node.and_then(|node| node.item(place)), inner)
        } else if let Some(own) = child.get("\u{0}key").and_then(|texts| texts[0].as_str()) {
            let row = entries::child(&entries::mark(name, "rows"), &index.to_string());
            out.push((entries::mark(&row, "key"), own.to_owned()));
            (node.and_then(|node| schema.property(node, None, own).flatten()), entries::mark(&row, "value"))
        } else {
            let object = Value::Object(siblings.clone());
            (node.and_then(|node| schema.property(node, Some(&object), key).flatten()), entries::child(name, key))
        };
        write(schema, described.map(|id| schema.node(id)), child, &inner, out);
        if let Some((_, text)) = out.last().filter(|(name, _)| *name == inner) {
            siblings.insert(key.clone(), Value::from(text.as_str()));
        }
    }
}

/// What the other library adds for boxes and lists that posted nothing; our forms carry marks for those, these cases have none.
fn without_empties(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let kept = object.iter().map(|(name, child)| (name.clone(), without_empties(child)));
            Value::Object(kept.filter(|(_, child)| !empty(child)).collect())
        }
        Value::Array(items) => items.iter().map(without_empties).collect(),
        other => other.clone(),
    }
}

fn empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// Read otherwise on purpose.
const DELIBERATE: [&str; 1] = [
    // text or yes/no, and also yes/no, is yes/no: the other library keeps what the browser posts for a ticked box
    "Should parse schema with allOf",
];

#[test]
fn forms_posted_without_a_script_are_read_as_the_other_library_reads_them() {
    let Some(folder) = data::folder("forms/formdata-to-json") else { return };
    let mut read = 0;
    for case in data::json(&folder.join("cases.json")).as_array().unwrap() {
        if DELIBERATE.iter().any(|known| case["name"] == *known) {
            continue;
        }
        let schema = Schema::parse(&case["schema"]).unwrap();
        let entries = mapped(&schema, case["entries"].as_array().unwrap());
        let decoded = decode(&schema, &entries, None).unwrap().value;
        let (ours, theirs) = (without_empties(&decoded), without_empties(&case["expected"]));
        assert!(ours == theirs || empty(&ours) && empty(&theirs), "{}: {ours} is not {theirs}", case["name"]);
        read += 1;
    }
    println!("{read} forms read");
}
