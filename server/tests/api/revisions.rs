//! Versions that hold: what is published under one, who runs which, and what a new one would mean.

use crate::{
    midspan::everywhere,
    people::{Answer, Person},
    widgets::{PROMISES, WIDGETS, at, widget},
};
use serde_json::{Value, json};

const WIDGET: &str = "/apis/midspan.dev/v1alpha1/promises/widget";
const BINDINGS: &str = "/apis/platform.kratix.io/v1alpha1/namespaces/default/resourcebindings";

/// A promise that writes into each widget's status which version made it, of what size and in which region.
fn versioned(version: &str, properties: Value) -> Value {
    let made =
        json!({"status": {"made": "{{ promise.version }} {{ spec.size }} {{ spec.region | default('nowhere') }}"}});
    let step = json!({"name": "render", "uses": "template", "with": made});
    let mut properties = properties;
    properties["size"] = json!({"type": "string", "enum": ["small", "medium", "large"]});
    json!({
        "apiVersion": "midspan.dev/v1alpha1", "kind": "Promise",
        "metadata": {"name": "widget", "labels": {"midspan.dev/version": version}},
        "spec": {
            "api": {"group": "demo.example.com", "version": "v1", "kind": "Widget", "schema": {"type": "object", "properties": properties}},
            "workflows": {"resource": {"configure": [{"name": "instance", "steps": [step]}]}},
        },
    })
}

async fn publish(paul: &Person, promise: Value) -> Answer {
    let mut whole = promise;
    let stored = paul.get(WIDGET).await;
    if stored.code == 404 {
        return paul.post(PROMISES, whole).await;
    }
    whole["metadata"]["resourceVersion"] = stored.body["metadata"]["resourceVersion"].clone();
    paul.put(WIDGET, whole).await
}

async fn made(dana: &Person, name: &str, wanted: &str) {
    dana.see(&at(name), |seen| seen.body["status"]["made"] == wanted && seen.body["status"]["phase"] == "Ready").await;
}

fn pinned_to(name: &str, version: &str) -> Value {
    let mut widget = widget(name);
    widget["metadata"]["annotations"] = json!({"midspan.dev/version": version});
    widget
}

async fn runs(person: &Person, name: &str) -> usize {
    let of = format!("/apis/midspan.dev/v1alpha1/namespaces/default/runs?labelSelector=midspan.dev/resource%3D{name}");
    person.get(&of).await.names().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_says_one_thing_unless_it_is_told_to_be_a_new_revision() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        publish(&paul, versioned("v1", json!({}))).await.good();
        let other = versioned("v1", json!({"region": {"type": "string"}}));
        let refused = publish(&paul, other.clone()).await;
        assert_eq!((refused.code, refused.fields()), (422, vec!["metadata.labels[midspan.dev/version]"]));
        let told = refused.refused();
        assert!(told.contains("version v1 is published already with other content, as revision widget-"), "{told}");
        assert!(
            told.contains("--new-revision, ?newRevision=true or the annotation midspan.dev/new-revision"),
            "{told}"
        );

        let first = paul.get(WIDGET).await.good()["status"]["revision"].clone();
        let mut meant = other.clone();
        meant["metadata"]["annotations"] = json!({"midspan.dev/new-revision": "true"});
        let second = publish(&paul, meant).await.good();
        assert_ne!(second["status"]["revision"], first);
        assert_eq!(second["metadata"].get("annotations"), None, "it spoke of that one write");
        assert_eq!(
            publish(&paul, versioned("v1", json!({}))).await.good()["status"]["revision"],
            first,
            "what was there before may come back"
        );
        assert_eq!(publish(&paul, versioned("v1", json!({"zone": {"type": "string"}}))).await.code, 422);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_resource_keeps_its_version_and_one_that_follows_goes_on() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        publish(&paul, versioned("v1", json!({}))).await.good();
        dana.asks_for(pinned_to("held", "v1")).await;
        dana.asks_for(widget("follows")).await;
        made(&dana, "held", "v1 small nowhere").await;
        made(&dana, "follows", "v1 small nowhere").await;

        publish(&paul, versioned("v2", json!({"region": {"type": "string", "default": "eu-west-1"}}))).await.good();
        made(&dana, "follows", "v2 small eu-west-1").await;
        dana.merge(&at("held"), json!({"spec": {"size": "large"}})).await.good();
        made(&dana, "held", "v1 large nowhere").await;
        assert_eq!(runs(&dana, "held").await, 2, "created and changed, but for no new version");
        let region = dana
            .merge(&format!("{}?fieldValidation=Strict", at("held")), json!({"spec": {"region": "eu-west-1"}}))
            .await;
        assert!(region.refused().contains("unknown field \"spec.region\""), "v1 has none: {}", region.text);

        dana.merge(&at("held"), json!({"metadata": {"annotations": {"midspan.dev/version": "v2"}}})).await.good();
        made(&dana, "held", "v2 large eu-west-1").await;
        dana.merge(&at("held"), json!({"metadata": {"annotations": {"midspan.dev/version": "v1"}}})).await.good();
        made(&dana, "held", "v1 large nowhere").await;
        dana.merge(&at("held"), json!({"metadata": {"annotations": {"midspan.dev/version": null}}})).await.good();
        made(&dana, "held", "v2 large eu-west-1").await;

        let told = dana.get("/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dheld").await;
        let told: Vec<String> = told.body["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|event| event["reason"].as_str().is_some_and(|reason| reason.ends_with("inned")))
            .map(|event| event["message"].as_str().unwrap().to_owned())
            .collect();
        for line in ["dana holds it at version v2 of its promise", "dana lets it follow its promise again"] {
            assert!(told.iter().any(|message| message == line), "{told:?}");
        }

        let unknown = dana.post(WIDGETS, pinned_to("lost", "v9")).await.refused();
        assert!(unknown.contains("widget has no version \"v9\"; it has v2, v1"), "{unknown}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_needs_what_its_own_version_requires() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        publish(&paul, versioned("v1", json!({}))).await.good();
        dana.asks_for(pinned_to("held", "v1")).await;
        dana.asks_for(widget("follows")).await;
        made(&dana, "held", "v1 small nowhere").await;
        made(&dana, "follows", "v1 small nowhere").await;
        let mut next = versioned("v2", json!({}));
        next["spec"]["requires"] = json!([{"name": "certificates"}]);
        publish(&paul, next).await.good();
        paul.see(WIDGET, |seen| seen.body["status"]["status"] == "Unavailable").await;
        for name in ["held", "follows"] {
            dana.merge(&at(name), json!({"spec": {"size": "large"}})).await.good();
        }
        made(&dana, "held", "v1 large nowhere").await;
        dana.see(&at("follows"), |seen| seen.text.contains("requires the promise certificates")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_goes_on_when_what_its_own_version_requires_comes() {
    const CERTIFICATES: &str = "/apis/midspan.dev/v1alpha1/promises/certificates";
    let certificates = |version: &str| {
        json!({
            "apiVersion": "midspan.dev/v1alpha1", "kind": "Promise",
            "metadata": {"name": "certificates", "labels": {"midspan.dev/version": version}},
            "spec": {"api": {"group": "demo.example.com", "version": "v1", "kind": "Certificate"}, "description": version},
        })
    };
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let mut first = versioned("v1", json!({}));
        first["spec"]["requires"] = json!([{"name": "certificates", "version": "v2"}]);
        publish(&paul, first).await.good();
        publish(&paul, versioned("v2", json!({}))).await.good();
        dana.asks_for(pinned_to("held", "v1")).await;
        dana.see(&at("held"), |seen| seen.text.contains("requires the promise certificates")).await;
        paul.post(PROMISES, certificates("v1")).await.good();
        dana.see(&at("held"), |seen| seen.text.contains("not installed at the specified version")).await;
        let mut second = certificates("v2");
        second["metadata"]["resourceVersion"] =
            paul.get(CERTIFICATES).await.good()["metadata"]["resourceVersion"].clone();
        paul.put(CERTIFICATES, second).await.good();
        made(&dana, "held", "v1 small nowhere").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_revision_is_held_against_all_that_lives_before_it_is_published() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let region = json!({"region": {"type": "string"}});
        publish(&paul, versioned("v1", region)).await.good();
        for name in ["plain", "placed"] {
            dana.asks_for(widget(name)).await;
        }
        dana.merge(&at("placed"), json!({"spec": {"region": "moon"}})).await.good();
        dana.asks_for(pinned_to("held", "v1")).await;

        let next = versioned("v2", json!({"region": {"type": "string", "enum": ["eu", "us"], "default": "eu"}}));
        let check = paul.post(&format!("{WIDGET}/check"), next.clone()).await.good();
        assert_eq!(check["summary"], json!({"valid": 0, "defaulted": 1, "breaking": 1, "pinned": 1}));
        let told: Vec<String> = check["resources"].as_array().unwrap().iter().map(|resource| {
            format!("{} {} {}{}", resource["name"], resource["fit"], resource["fields"], resource["causes"][0]["pointer"])
        }).collect();
        insta::allow_duplicates! {
            insta::assert_snapshot!(told.join("\n"), @r#"
            "held" "pinned" nullnull
            "placed" "breaking" null"/spec/region"
            "plain" "defaulted" ["spec.region"]null
            "#);
        }
        let first = paul.post(&format!("{WIDGET}/check?limit=2"), next.clone()).await.good();
        let rest = format!("{WIDGET}/check?limit=2&continue={}", first["metadata"]["continue"].as_str().unwrap());
        assert_eq!(paul.post(&rest, next.clone()).await.good()["resources"].as_array().unwrap().len(), 1);
        assert_eq!(dana.post(&format!("{WIDGET}/check"), next.clone()).await.code, 403);

        let refused = publish(&paul, next.clone()).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused.refused(), @r#"422 Invalid: Promise.midspan.dev "widget" is invalid: 1 resource of 3 would not be valid in it: default/placed: spec.region: Unsupported value: "moon": supported values: "eu", "us". Change or pin them first, or apply it with --accept-breaking (?acceptBreaking=true)"#);
        }
        assert_eq!(paul.get(WIDGET).await.good()["status"]["version"], "v1");
        let mut whole = next;
        whole["metadata"]["resourceVersion"] = paul.get(WIDGET).await.body["metadata"]["resourceVersion"].clone();
        let accepted = paul.put(&format!("{WIDGET}?acceptBreaking=true"), whole).await;
        let warnings = accepted.warnings().join("\n");
        assert!(warnings.contains("of 3 resources 1 are pinned and not affected"), "{warnings}");
        assert_eq!(accepted.good()["status"]["version"], "v2");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_promise_pauses_all_and_asks_all_again_when_told() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        publish(&paul, versioned("v1", json!({}))).await.good();
        dana.asks_for(widget("one")).await;
        dana.asks_for(pinned_to("two", "v1")).await;
        made(&dana, "one", "v1 small nowhere").await;
        made(&dana, "two", "v1 small nowhere").await;

        let label = |key: &str, value: Value| json!({"metadata": {"labels": {key: value}}});
        let asked = paul.merge(WIDGET, label("kratix.io/reconcile-resources", json!("true"))).await.good();
        assert_eq!(asked["metadata"]["labels"].get("kratix.io/reconcile-resources"), None);
        for name in ["one", "two"] {
            let of = format!(
                "/apis/midspan.dev/v1alpha1/namespaces/default/runs?labelSelector=midspan.dev/resource%3D{name}"
            );
            dana.see(&of, |seen| seen.names().len() == 2).await;
        }

        paul.merge(WIDGET, label("kratix.io/paused", json!("true"))).await.good();
        let paused = dana.see(&at("one"), |seen| seen.body["status"]["phase"] == "Suspended").await.good();
        assert_eq!(
            paused["status"]["message"],
            "Paused with its promise widget; take the label kratix.io/paused off that to go on"
        );
        dana.merge(&at("one"), json!({"spec": {"size": "large"}})).await.good();
        dana.see(&at("one"), |seen| seen.body["status"]["observedGeneration"] == 2).await;
        assert_eq!(runs(&dana, "one").await, 2);
        paul.merge(WIDGET, label("kratix.io/paused", Value::Null)).await.good();
        made(&dana, "one", "v1 large nowhere").await;
    })
    .await;
}

/// Kratix's own promise and its bindings; nothing runs, so that only the versions are in play.
fn kratixs(version: &str, extra: &str) -> Value {
    let properties =
        json!({"spec": {"type": "object", "properties": {"name": {"type": "string"}, extra: {"type": "string"}}}});
    json!({
        "apiVersion": "platform.kratix.io/v1alpha1", "kind": "Promise",
        "metadata": {"name": "upgrade", "labels": {"kratix.io/promise-version": version}},
        "spec": {"api": {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "upgrades.test.kratix.io"}, "spec": {
            "group": "test.kratix.io", "scope": "Namespaced", "names": {"kind": "Upgrade", "plural": "upgrades", "singular": "upgrade"},
            "versions": [{"name": "v1alpha1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": properties}}}],
        }}},
    })
}

fn binding(name: &str, resource: &str, version: &str) -> Value {
    json!({
        "apiVersion": "platform.kratix.io/v1alpha1", "kind": "ResourceBinding", "metadata": {"name": name},
        "spec": {"promiseRef": {"name": "upgrade"}, "resourceRef": {"name": resource, "namespace": "default"}, "version": version},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn kratixs_bindings_hold_what_they_say_are_adopted_and_come_back() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let promises = "/apis/platform.kratix.io/v1alpha1/promises";
        let upgrades = "/apis/test.kratix.io/v1alpha1/namespaces/default/upgrades";
        let request = |name: &str| json!({"apiVersion": "test.kratix.io/v1alpha1", "kind": "Upgrade", "metadata": {"name": name}, "spec": {"name": "x"}});
        let at_version = async |name: &str, version: &str| {
            dana.see(&format!("{upgrades}/{name}"), |seen| seen.body["status"]["promiseVersion"] == version && seen.body["status"]["phase"] == "Ready").await.good()
        };
        let bound = async |name: &str| {
            let list = dana.get(&format!("{BINDINGS}?labelSelector=kratix.io/resource-name%3D{name}")).await.good();
            assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
            list["items"][0].clone()
        };
        paul.post(promises, kratixs("v0.1.0", "one")).await.good();
        dana.post(BINDINGS, binding("made-before", "held", "v0.1.0")).await.good();
        dana.post(upgrades, request("held")).await.good();
        dana.post(upgrades, request("follows")).await.good();
        at_version("held", "v0.1.0").await;
        assert_eq!(at_version("follows", "v0.1.0").await["status"]["resourceBindingVersion"], "latest");
        assert_eq!(bound("held").await["metadata"]["name"], "made-before");

        paul.merge(&format!("{promises}/upgrade"), kratixs("v0.2.0", "two")).await.good();
        at_version("follows", "v0.2.0").await;
        assert_eq!(at_version("held", "v0.1.0").await["status"]["resourceBindingVersion"], "v0.1.0");
        assert_eq!(bound("follows").await["status"]["lastAppliedVersion"], "v0.2.0");

        dana.merge(&format!("{BINDINGS}/made-before"), json!({"spec": {"version": "latest"}})).await.good();
        at_version("held", "v0.2.0").await;
        let upgraded = dana.see(&format!("{BINDINGS}/made-before"), |seen| seen.body["status"]["lastAppliedVersion"] == "v0.2.0").await.good();
        assert_eq!(upgraded["status"]["conditions"][0]["reason"], "UpgradeComplete");
        dana.merge(&format!("{BINDINGS}/made-before"), json!({"spec": {"version": "v0.1.0"}})).await.good();
        at_version("held", "v0.1.0").await;

        dana.delete(&format!("{BINDINGS}/made-before")).await.good();
        let again = dana.see(&format!("{BINDINGS}?labelSelector=kratix.io/resource-name%3Dheld"), |seen| seen.names().len() == 1).await.good();
        assert_eq!(again["items"][0]["spec"]["version"], "v0.1.0", "it comes back as it was");
        let second = dana.post(BINDINGS, binding("another", "held", "latest")).await.refused();
        assert!(second.contains("held is bound by held-"), "{second}");
        let annotated = dana.merge(&format!("{upgrades}/held"), json!({"metadata": {"annotations": {"midspan.dev/version": "v0.2.0"}}})).await;
        assert!(annotated.refused().contains("held at a version by its ResourceBinding"), "{}", annotated.text);

        let seen = paul.get("/apis/platform.kratix.io/v1alpha1/promiserevisions?labelSelector=kratix.io/promise-name%3Dupgrade").await.good();
        let mut versions: Vec<String> = seen["items"].as_array().unwrap().iter()
            .map(|revision| format!("{} {}", revision["spec"]["version"], revision["status"]["latest"])).collect();
        versions.sort();
        assert_eq!(versions, ["\"v0.1.0\" false", "\"v0.2.0\" true"]);
        let latest = paul.get("/apis/platform.kratix.io/v1alpha1/promiserevisions?labelSelector=kratix.io/latest-revision%3Dtrue").await.good();
        assert_eq!(latest["items"][0]["spec"]["promiseSpec"], kratixs("v0.2.0", "two")["spec"]);

        dana.delete(&format!("{upgrades}/held")).await.good();
        dana.see(&format!("{BINDINGS}?labelSelector=kratix.io/resource-name%3Dheld"), |seen| seen.names().is_empty()).await;
    })
    .await;
}
