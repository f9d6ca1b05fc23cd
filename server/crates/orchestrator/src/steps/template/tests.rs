//! What template steps promise: exact values, located refusals, bounded work.

use super::render;
use crate::steps::{Ended, Folders, StepInput, tests::input};
use domain::document;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn rendered(spec: Value, with: Value) -> Ended {
    render(&StepInput { object: crate::steps::tests::object(spec), ..input("template", with) })
}

#[track_caller]
fn done(ended: Ended) -> Folders {
    match ended {
        Ended::Done { folders, .. } => folders,
        Ended::Failed { message, .. } => panic!("{message}"),
    }
}

fn text(folders: &Folders, path: &str) -> String {
    let bytes = folders.output.get(path).or_else(|| folders.metadata.get(path));
    String::from_utf8(bytes.unwrap_or_else(|| panic!("no {path} in {folders:?}")).to_vec()).unwrap()
}

fn file(spec: Value, path: &str, template: &str) -> String {
    text(&done(rendered(spec, json!({"files": {path: template}}))), path)
}

#[track_caller]
fn check_refused(template: &str, expected: &str) {
    check_with_refused(json!({"files": {"a.yaml": template}}), expected);
}

#[track_caller]
fn check_with_refused(with: Value, expected: &str) {
    let begun = Instant::now();
    match rendered(json!({"x": "v", "big": {"a": [1, 2, 3]}}), with) {
        Ended::Failed { message, permanent: true, .. } => assert!(message.contains(expected), "{message}"),
        other => panic!("{other:?}"),
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn values_in_yaml_are_json_and_keys_keep_their_order() {
    let spec = json!({"n": 5, "on": true, "none": null, "f": 1.5, "map": {"z": 1, "a": ["x", {"k": "v"}]}, "odd": "no: <b> 'it' \"q\"\n# \u{85}é"});
    let template = "name: {{ metadata.name }}\njoined: {{ metadata.name ~ \"-rw\" }}\nn: {{ spec.n }}\non: {{ spec.on }}\nnone: {{ spec.none }}\nf: {{ spec.f }}\n\
                    map: {{ spec.map }}\nodd: {{ spec.odd }}\n{{ spec.odd }}: key\nflow: [{{ spec.n }}, {{ spec.odd }}]\nmade: {{ {\"b\": 1, \"a\": 2} }}\n";
    insta::assert_snapshot!(file(spec, "a.yaml", template), @r#"
    name: "shop"
    joined: "shop-rw"
    n: 5
    on: true
    none: null
    f: 1.5
    map: {"z": 1, "a": ["x", {"k": "v"}]}
    odd: "no: <b> 'it' \"q\"\n# \u0085é"
    "no: <b> 'it' \"q\"\n# \u0085é": key
    flow: [5, "no: <b> 'it' \"q\"\n# \u0085é"]
    made: {"b": 1, "a": 2}
    "#);
}

#[test]
fn text_files_hold_texts_as_they_are() {
    assert_eq!(
        file(json!({"t": "a: <b>", "n": 1, "l": [1, "x"]}), "a.txt", "{{ spec.t }} {{ spec.n }} {{ spec.l }}\n"),
        "a: <b> 1 [1, \"x\"]\n"
    );
}

#[test]
fn a_line_with_only_a_tag_leaves_no_line_behind() {
    let template = "a: 1\n  {% if spec.on %}\nb: 2\n  {% endif %}\nc: {% if spec.on %}3{% endif %}\nd: 4 {# why #}\n{# alone #}\ne: 5\n";
    assert_eq!(file(json!({"on": true}), "a.yaml", template), "a: 1\nb: 2\nc: 3\nd: 4 \ne: 5\n");
}

#[test]
fn macros_and_blocks_write_structure_while_their_values_stay_values() {
    let template = "{% macro labels(name) %}\n  app: {{ name }}\n  {{ name }}: true\n{% endmacro %}\nlabels:\n{{ labels(spec.x) }}{% set more %}\n  b: {{ spec.x }}\n{% endset %}\nmore:\n{{ more }}";
    let value = document::parse_one(&file(json!({"x": "a\nb: 'c'"}), "a.yaml", template), "a").unwrap();
    assert_eq!(value, json!({"labels": {"app": "a\nb: 'c'", "a\nb: 'c'": true}, "more": {"b": "a\nb: 'c'"}}));
}

#[test]
fn filters_encode_name_and_nest_documents_as_text() {
    let spec = json!({"s": "Hällo  World!", "m": {"b": 1, "a": "x"}});
    let template = "b: {{ spec.s | b64encode }}\nh: {{ 'a' | sha256 }}\ns: {{ spec.s | slug }}\ny: {{ spec.m | toyaml }}\nj: {{ spec.m | tojson }}\n";
    insta::assert_snapshot!(file(spec, "a.yaml", template), @r#"
    b: "SMOkbGxvICBXb3JsZCE="
    h: "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    s: "h-llo-world"
    y: "b: 1\na: x\n"
    j: "{\"b\": 1, \"a\": \"x\"}"
    "#);
}

#[test]
fn outputs_keep_types_join_texts_and_leave_out_what_is_empty() {
    let with = json!({"outputs": {"port": "{{ spec.port }}", "host": "{{ metadata.name }}.{{ metadata.namespace }}.svc", "none": "{% if false %}x{% endif %}",
                                  "kept": "", "list": ["{{ spec.port }}", 7], "fixed": true},
                      "status": {"phase": "ok"}});
    let folders = done(rendered(json!({"port": 5432}), with));
    assert_eq!(
        document::parse_one(&text(&folders, "outputs.yaml"), "o").unwrap(),
        json!({"port": 5432, "host": "shop.default.svc", "kept": "", "list": [5432, 7], "fixed": true})
    );
    assert_eq!(text(&folders, "status.yaml"), "phase: ok\n");
}

#[test]
fn what_earlier_steps_left_stays_unless_it_is_named_again() {
    let mut input = input("template", json!({"files": {"b.txt": "new"}, "outputs": {"b": 2, "c": 3}}));
    input.before.output.insert("a.txt".into(), "kept".into());
    input.before.output.insert("b.txt".into(), "old".into());
    input.before.metadata.insert("outputs.yaml".into(), "a: 1\nb: 1\n".into());
    let folders = done(render(&input));
    assert_eq!((text(&folders, "a.txt"), text(&folders, "b.txt")), ("kept".into(), "new".into()));
    assert_eq!(text(&folders, "outputs.yaml"), "a: 1\nb: 2\nc: 3\n");
}

#[test]
fn paths_are_templates_and_empty_files_are_left_out() {
    let folders = done(rendered(
        json!({}),
        json!({"files": {"{{ metadata.name }}/a.yaml": "a: 1", "none.yaml": "{% if false %}\na: 1\n{% endif %}\n"}}),
    ));
    assert_eq!(folders.output.keys().collect::<Vec<_>>(), ["shop/a.yaml"]);
}

#[test]
fn a_mistake_is_told_with_its_place() {
    check_refused("a: 1\nb: {{ spec.missing }}\n", "with.files[\"a.yaml\"] line 2: `spec.missing` is undefined");
    check_refused("a: {{ spec.missing.deeper }}\n", "with.files[\"a.yaml\"] line 1: ");
    check_refused("a: {{ [spec.missing] }}\n", "line 1: ");
    check_refused("a: 1\n\n{% if %}\n", "with.files[\"a.yaml\"] line 3: ");
    check_refused("a: {{ spec.x | nonsense }}\n", "nonsense");
    check_refused("a: {{ 1.0 / 0 }}\n", "line 1: ");
    check_refused("a: 1\nb: [1, 2\n", "a.yaml:");
    check_refused("a: 1\na: 2\n", "a.yaml:2:1");
    check_refused("x: 1\n{{ spec.x }}: 1\n{{ spec.x }}: 2\n", "a.yaml:3:1");
    check_with_refused(json!({"fils": {}}), "with.fils");
    check_with_refused(json!({"files": {"a": 1}}), "with.files[\"a\"]: must be the text of a template, not integer");
    check_with_refused(json!({"outputs": {"deep": {"er": "{{ spec.nope }}"}}}), "with.outputs.deep.er line 1: ");
    check_with_refused(json!({"files": {"../{{ spec.x }}": "a"}}), "the path \"../v\"");
    check_with_refused(json!({"files": {"{{ '/etc/' ~ spec.x }}": "a"}}), "is absolute");
    check_with_refused(json!({"files": {"{{ spec.x ~ '.yaml' }}": "a: {{ spec.x }}"}}), "write the ending");
    check_with_refused(json!({"files": {"a.txt": "1", "{{ 'a' }}.txt": "2"}}), "another file of this step");
    check_with_refused(json!({"files": {"a.json": "{\"a\": {{ spec.x }},}"}}), "a.json");
}

#[test]
fn a_value_must_be_a_whole_node() {
    for template in [
        "a: \"{{ spec.x }}\"\n",
        "a: '{{ spec.x }}'\n",
        "a: pre-{{ spec.x }}\n",
        "a: {{ spec.x }}-post\n",
        "a: the {{ spec.x }} of it\n",
        "a: {b: 'x, {{ spec.x }}, z'}\n",
        "a: [\"x, {{ spec.x }}, z\"]\n",
        "a: |\n  echo {{ spec.x }}\n",
        "a: {{ spec.x }}{{ spec.x }}\n",
    ] {
        check_refused(template, "a.yaml:");
    }
    check_with_refused(json!({"files": {"a.json": "[\"x, {{ spec.x }} z\"]"}}), "a.json");
    assert_eq!(file(json!({"x": "a\nb"}), "a.yaml", "# by {{ spec.x }}\na: 1\n"), "# by \"a\\nb\"\na: 1\n");
}

#[test]
fn nothing_in_a_template_turns_the_escaping_off() {
    check_refused("a: {{ spec.x | safe }}\n", "safe");
    let template = "{% autoescape false %}a: {{ spec.x }}{% endautoescape %}\n";
    assert_eq!(file(json!({"x": "1\nb: 2"}), "a.yaml", template), "a: \"1\\nb: 2\"\n");
    let template = "{% filter upper %}x: {{ spec.x }}{% endfilter %}";
    assert!(matches!(rendered(json!({"x": "1\nb: 2"}), json!({"files": {"a.yaml": template}})), Ended::Failed { .. }));
    let template = "{% macro m() %}x: {{ spec.x }}{% endmacro %}{{ m() | replace('1', spec.x) }}";
    assert!(matches!(rendered(json!({"x": "1\nb: 2"}), json!({"files": {"a.yaml": template}})), Ended::Failed { .. }));
}

#[test]
fn poison_is_refused_in_bounded_time() {
    let loops = |times: usize| "{% for i in range(100000) %}".repeat(times) + "x" + &"{% endfor %}".repeat(times);
    for template in [
        loops(2),
        loops(6),
        "{% for i in range(1000000000) %}x{% endfor %}".into(),
        "a: {{ \"x\" * 1000000000 }}".into(),
        "a: {{ [1] * 1000000000 }}".into(),
        "{% macro m() %}{{ m() }}{% endmacro %}a: {{ m() }}".into(),
        "{% macro m(n) %}{{ m([[[[[[[[n]]]]]]]]) }}{% endmacro %}a: {{ m(1) }}".into(),
        "{% set ns = namespace(x=1) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}".into(),
        "{% set a = 'xxxxxxxxxxxxxxxx' %}".to_owned() + &"{% set a = a ~ a ~ a ~ a %}".repeat(40) + "a: {{ a }}",
        "a: {{ ".to_owned() + &"(".repeat(10_000) + "1" + &")".repeat(10_000) + " }}",
        "a: {{ ".to_owned() + &"[".repeat(10_000) + "1" + &"]".repeat(10_000) + " }}",
        "{% if true %}".repeat(10_000) + &"{% endif %}".repeat(10_000),
        "x".repeat(2 * 1024 * 1024),
        "a: {{ range(100000) | map('string') | join | b64encode }}\n".repeat(50),
        "{% for i in range(5000) %}{{ spec.x * 900 }}: {% endfor %}".into(),
    ] {
        check_refused(&template, "");
    }
}

#[test]
fn nothing_outside_can_be_reached() {
    for template in
        ["{% include '/etc/passwd' %}", "{% import 'x' as y %}", "a: {{ debug() }}", "a: {{ ''.__class__ }}"]
    {
        check_refused(template, "");
    }
}

#[test]
fn text_that_looks_like_a_template_is_text() {
    for text in [
        "{{7*7}}",
        "${jndi:ldap://x}",
        "$(id)",
        "\"; rm -rf /",
        "\n- evil: true",
        "%0a",
        "${file(\"/etc/passwd\")}",
        "{% raw %}",
        "\u{fdd0}\u{fdd1}",
        "*a",
        "&a",
        "!!x",
        "---",
        "...",
    ] {
        let file = file(json!({"x": text}), "a.yaml", "x: {{ spec.x }}\ny: [{{ spec.x }}]\n");
        assert_eq!(document::parse_one(&file, "a").unwrap(), json!({"x": text, "y": [text]}), "{file}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        "[\\PC\n\r\t'\"#:,{}\\[\\]&*!|>%@`\u{85}\u{2028}\u{feff}\u{fffe}\u{fdd0}\u{fdd1}~<-]{0,12}"
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((text.clone(), inner), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_put_into_a_document_comes_back_equal(value in any_json(), key in "\\PC{0,60}") {
        let template = "a: {{ spec.x }}\nb:\n  - {{ spec.x }}\nc: {d: {{ spec.x }}, {{ spec.k }}: 1}\n{% for v in [spec.x] %}\ne:\n  {{ spec.k }}: {{ v }}\n{% endfor %}\n";
        prop_assume!(key != "d");
        let made = file(json!({"x": value, "k": key}), "a.yaml", template);
        let read = document::parse_one(&made, "a.yaml").map_err(|e| TestCaseError::fail(format!("{e}\n{made}")))?;
        prop_assert_eq!(&read["a"], &value, "{}", made);
        prop_assert_eq!(&read["b"][0], &value);
        prop_assert_eq!(&read["c"]["d"], &value);
        prop_assert_eq!(&read["e"][&key], &value);
        let made = file(json!({"x": value}), "a.json", "{\"a\": {{ spec.x }}}");
        prop_assert_eq!(&serde_json::from_str::<Value>(&made).unwrap()["a"], &value);
    }
}
