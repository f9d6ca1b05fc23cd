//! Forms drawn, posted and read back.

use forms::model::State;
use forms::{Action, Filled, FormModel, Schema, Widget, apply_action, decode, entries::Entry};
use serde_json::{Value, json};

fn database() -> Schema {
    Schema::parse(&json!({
        "type": "object",
        "required": ["name", "tls"],
        "properties": {
            "name": {"type": "string", "title": "Name", "pattern": "^[a-z-]+$"},
            "replicas": {"type": "integer", "minimum": 1, "default": 1},
            "tls": {"type": "boolean"},
            "backups": {"type": "boolean", "default": true},
            "size": {"oneOf": [{"const": "s", "title": "Small", "description": "one"}, {"const": "l", "title": "Large"}], "default": "s"},
            "password": {"type": "string", "writeOnly": true},
            "tags": {"type": "array", "items": {"type": "string"}},
            "zones": {"type": "array", "uniqueItems": true, "items": {"enum": ["a", "b", "c"]}},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "port": {"x-kubernetes-int-or-string": true},
            "extra": {"x-kubernetes-preserve-unknown-fields": true},
            "region": {"type": "string", "x-ui": {"immutable": true, "advanced": true}},
            "rules": {"type": "array", "items": {"type": "object", "required": ["port"], "properties": {
                "port": {"type": "integer"}, "host": {"type": "string"}}}},
            "store": {"type": "object", "oneOf": [
                {"title": "Disk", "properties": {"kind": {"const": "disk"}, "size": {"type": "integer"}}, "required": ["kind"]},
                {"title": "Bucket", "properties": {"kind": {"const": "bucket"}, "url": {"type": "string"}}, "required": ["kind"]}
            ]}
        }
    }))
    .unwrap()
}

fn posted(pairs: &[(&str, &str)]) -> Vec<Entry> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[track_caller]
fn check(pairs: &[(&str, &str)], expected: Value) {
    assert_eq!(decode(&database(), &posted(pairs), None).unwrap().value, expected);
}

#[track_caller]
fn check_same(value: Value) {
    let schema = database();
    let model = FormModel::build(&schema, Filled { value: Some(&value), ..Filled::default() });
    let decoded = decode(&schema, &model.entries(), Some(&value)).unwrap();
    assert_eq!(decoded.value, value, "{:#?}", model.entries());
    assert_eq!(decoded.causes, []);
}

#[test]
fn texts_become_what_the_schema_says() {
    check(
        &[
            ("v/name", "shop"),
            ("v/replicas", " 3 "),
            ("v/tls", "true"),
            ("v/size", "l"),
            ("v/port", "80"),
            ("v/region", ""),
        ],
        json!({"name": "shop", "replicas": 3, "tls": true, "size": "l", "port": 80}),
    );
    check(&[("v/port", "http"), ("v/extra/__yaml", "a: [1, x]")], json!({"port": "http", "extra": {"a": [1, "x"]}}));
}

#[test]
fn an_unticked_box_says_no_where_it_was_shown() {
    check(&[("v/backups/__present", "1")], json!({"backups": false}));
    check(&[("v/backups/__present", "1"), ("v/backups", "on")], json!({"backups": true}));
    check(&[("v/backups/__present", "1"), ("v/backups/__was", "default"), ("v/backups", "on")], json!({}));
    check(&[], json!({}));
}

#[test]
fn rows_count_in_the_order_they_are_posted() {
    check(
        &[
            ("v/rules/7/__row", "x"),
            ("v/rules/7/port", "1"),
            ("v/rules/new/__row", "y"),
            ("v/rules/new/port", "2"),
            ("v/rules/2/port", "3"),
            ("v/tags/0/__row", "0"),
            ("v/tags/0", "a"),
            ("v/tags/1/__row", "1"),
            ("v/tags/1", ""),
        ],
        json!({"rules": [{"port": 1}, {"port": 2}], "tags": ["a"]}),
    );
}

#[test]
fn an_alternative_that_is_not_chosen_is_dropped() {
    let both = [
        ("v/store/__of/0/kind", "disk"),
        ("v/store/__of/0/size", "5"),
        ("v/store/__of/1/kind", "bucket"),
        ("v/store/__of/1/url", "s3://x"),
    ];
    let with = |branch| both.iter().copied().chain([("v/store/__branch", branch)]).collect::<Vec<_>>();
    check(&with("1"), json!({"store": {"kind": "bucket", "url": "s3://x"}}));
    check(&with("0"), json!({"store": {"kind": "disk", "size": 5}}));
    check(&with("9"), json!({}));
    check(&both, json!({}));
}

#[test]
fn what_cannot_be_typed_is_kept_and_told() {
    let schema = database();
    let entries = posted(&[
        ("v/replicas", "many"),
        ("v/extra/__yaml", "a: [1"),
        ("v/labels/__rows/0/__key", "a"),
        ("v/labels/__rows/0/__value", "1"),
        ("v/labels/__rows/1/__key", "a"),
        ("v/labels/__rows/1/__value", "2"),
    ]);
    let decoded = decode(&schema, &entries, None).unwrap();
    assert_eq!(decoded.value, json!({"replicas": "many", "extra": "a: [1", "labels": {"a": "1", "a (2)": "2"}}));
    let places: Vec<&str> = decoded.causes.iter().map(|cause| cause.pointer.as_str()).collect();
    assert_eq!(places, ["/replicas", "/labels/a", "/extra"]);
    let filled = Filled {
        value: Some(&decoded.value),
        causes: &decoded.causes,
        texts: Some(&decoded.texts),
        ..Filled::default()
    };
    let model = FormModel::build(&schema, filled);
    let field = |pointer: &str| model.fields().into_iter().find(|field| field.pointer == pointer).unwrap().clone();
    assert_eq!(
        (field("/replicas").text.as_str(), field("/replicas").errors),
        ("many", vec!["Enter a whole number.".to_owned()])
    );
    assert_eq!(field("/extra").text, "a: [1");
}

#[test]
fn values_come_back_as_they_were() {
    check_same(json!({}));
    check_same(json!({"name": "", "tags": [], "labels": {}, "store": {}, "rules": [{}], "backups": false}));
    check_same(
        json!({"tags": ["a", "", "b\nc"], "zones": ["c", "a"], "labels": {"x": "", "__row": "1", "a/b~": "2"}, "port": "80"}),
    );
    check_same(json!({"store": {"kind": "disk", "size": 3}, "size": "gone", "extra": [1, {"a": null}], "replicas": 1}));
    check_same(
        json!({"store": {"size": 3, "url": "both"}, "name": 5, "rules": "odd", "tls": "maybe", "tags": [1, null]}),
    );
    check_same(json!({"password": "hunter2", "name": "a\r\nb\u{0}"}));
}

#[test]
fn a_secret_is_never_echoed() {
    let schema = database();
    let value = json!({"password": "hunter2"});
    let model = FormModel::build(&schema, Filled { value: Some(&value), ..Filled::default() });
    assert!(!serde_json::to_string(&model).unwrap().contains("hunter2"));
    let field = model.fields().into_iter().find(|field| field.pointer == "/password").unwrap();
    assert_eq!((field.widget, field.stored), (Widget::Password, true));
    let entries = posted(&[("v/password/__was", "kept"), ("v/password", "new")]);
    assert_eq!(decode(&schema, &entries, Some(&value)).unwrap().value, json!({"password": "new"}));
}

#[test]
fn an_immutable_field_is_asked_once() {
    let schema = database();
    let stored = json!({"region": "eu"});
    let field = |stored: Option<&Value>| {
        let model = FormModel::build(&schema, Filled { value: stored, stored, ..Filled::default() });
        model.fields().into_iter().find(|field| field.pointer == "/region").unwrap().state
    };
    assert_eq!(field(None), State::Editable);
    assert_eq!(field(Some(&stored)), State::Immutable);
    let entries = posted(&[("v/region/__was", "kept"), ("v/region", "us")]);
    assert_eq!(decode(&schema, &entries, Some(&stored)).unwrap().value, json!({"region": "eu"}));
}

#[test]
fn a_form_shows_what_suits_each_field() {
    let model = FormModel::empty(&database());
    let drawn: Vec<String> = model
        .fields()
        .into_iter()
        .map(|field| format!("{} {:?} {}", field.name, field.widget, field.label).trim_end().to_owned())
        .collect();
    insta::assert_snapshot!(drawn.join("\n"), @r"
    v Group
    v/name Text Name
    v/replicas Number Replicas
    v/tls YesNo Tls
    v/backups Checkbox Backups
    v/size RadioCards Size
    v/password Password Password
    v/tags ScalarList Tags
    v/zones MultiSelect Zones
    v/labels KeyValue Labels
    v/port Text Port
    v/extra Yaml Extra
    v/rules ObjectList Rules
    v/store Group Store
    v/region Text Region
    ");
    let last = model.root.sections.last().unwrap();
    assert_eq!((last.title.as_deref(), last.advanced), (Some("Advanced"), true));
}

#[track_caller]
fn check_action(before: Value, action: &str, after: Value) {
    let schema = database();
    let model = FormModel::build(&schema, Filled { value: Some(&before), ..Filled::default() });
    let action = Action::read(action).unwrap();
    let decoded = apply_action(&schema, &model.entries(), Some(&before), &action).unwrap();
    assert_eq!(decoded.value, after);
}

#[test]
fn rows_are_added_removed_and_moved_without_javascript() {
    check_action(json!({}), "add:/rules", json!({"rules": [{}]}));
    check_action(json!({"tags": ["a"]}), "add:/tags", json!({"tags": ["a", null]}));
    check_action(json!({"tags": ["a", null]}), "add:/tags", json!({"tags": ["a", null, null]}));
    check_action(json!({"labels": {"a": "1"}}), "add:/labels", json!({"labels": {"a": "1", "": null}}));
    check_action(json!({"labels": {"a": "1", "b": "2"}}), "remove:/labels/a", json!({"labels": {"b": "2"}}));
    check_action(json!({"rules": [{"port": 1}, {"port": 2}]}), "remove:/rules/0", json!({"rules": [{"port": 2}]}));
    check_action(
        json!({"rules": [{"port": 1}, {"port": 2}]}),
        "duplicate:/rules/0",
        json!({"rules": [{"port": 1}, {"port": 1}, {"port": 2}]}),
    );
    check_action(json!({"tags": ["a", "b"]}), "down:/tags/0", json!({"tags": ["b", "a"]}));
    check_action(json!({"tags": ["a", "b"]}), "up:/tags/1", json!({"tags": ["b", "a"]}));
    check_action(json!({"tags": ["a"]}), "remove:/tags/9", json!({"tags": ["a"]}));
    check_action(json!({"tags": ["a"]}), "refresh", json!({"tags": ["a"]}));
}

#[test]
fn a_form_larger_than_any_of_ours_is_refused() {
    let many: Vec<Entry> = (0..30_000).map(|n| (format!("v/{n}"), String::new())).collect();
    assert!(decode(&database(), &many, None).is_err());
    let deep = posted(&[(&format!("v{}", "/a".repeat(100_000)), "x")]);
    assert_eq!(decode(&database(), &deep, None).unwrap().value, json!({}));
}

#[test]
fn errors_stand_at_the_nearest_field_and_in_the_summary() {
    let schema = database();
    let value = json!({"rules": [{"port": "x"}], "store": {"kind": "disk", "size": "big"}});
    let verdict = forms::admit(&schema, &value, None, "spec").verdict;
    let model = FormModel::build(&schema, Filled { value: Some(&value), causes: &verdict.causes, ..Filled::default() });
    let told: Vec<(&str, &str)> =
        model.errors.iter().map(|error| (error.id.as_str(), error.message.as_str())).collect();
    let expected = [
        ("v/name", "Enter name."),
        ("v/tls", "Choose tls."),
        ("v/rules/0/port", "Enter a whole number."),
        ("v/store/__of/0/size", "Enter a whole number."),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_promises_alternatives_are_cards_and_those_of_a_structural_schema_only_validate() {
    let store = json!({"oneOf": [
        {"type": "object", "title": "Bucket", "required": ["kind", "bucket"], "properties": {"kind": {"const": "s3"}, "bucket": {"type": "string"}}},
        {"type": "object", "title": "Share", "required": ["kind", "server"], "properties": {"kind": {"const": "nfs"}, "server": {"type": "string"}}}]});
    let schema = Schema::parse_structural(&json!({"type": "object", "properties": {"store": store}})).unwrap();
    let form = FormModel::empty(&schema);
    let cards = form.root.sections[0].fields[0].alternatives.as_ref().unwrap();
    let titles: Vec<&str> = cards.list.iter().map(|card| card.title.as_str()).collect();
    assert_eq!(titles, ["Bucket", "Share"]);
    let posted: Vec<Entry> =
        [("v/store/__branch", "1"), ("v/store/__of/1/kind", "nfs"), ("v/store/__of/1/server", "files")]
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into();
    assert_eq!(decode(&schema, &posted, None).unwrap().value, json!({"store": {"kind": "nfs", "server": "files"}}));
    let declared = json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "oneOf": [{"required": ["a"], "properties": {"a": {"minLength": 1}}}, {"required": ["b"], "properties": {"b": {"minLength": 1}}}]});
    assert!(FormModel::empty(&Schema::parse_structural(&declared).unwrap()).root.alternatives.is_none());
}
