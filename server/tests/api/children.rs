//! Compound promises: a resource asks for others, waits for them, reads what they give, and takes them along when it goes.

use crate::{midspan::Midspan, midspan::everywhere, widgets::PROMISES};
use serde_json::{Value, json};

const GROUP: &str = "/apis/demo.example.com/v1/namespaces/default";

fn promise(name: &str, kind: &str, outputs: Value, steps: Value) -> Value {
    json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": name}, "spec": {
        "api": {"group": "demo.example.com", "version": "v1", "kind": kind, "schema": {"type": "object", "properties": {
            "size": {"type": "integer", "default": 1}, "cache": {"type": "boolean", "default": true}}}},
        "outputs": {"type": "object", "properties": outputs},
        "workflows": {"resource": {"configure": [{"name": "main", "steps": steps}]}}}})
}

fn database(size: &str) -> Value {
    let outputs = json!({"host": {"type": "string"}, "password": {"type": "string", "writeOnly": true}});
    let with = json!({"outputs": {"host": size, "password": "canary-{{ metadata.name }}"}});
    promise("database", "Database", outputs, json!([{"name": "make", "uses": "template", "with": with}]))
}

/// An app with a database and perhaps a cache, which gives the host and the password of its database as its own.
fn stack() -> Value {
    let child = |size: &str| json!({"apiVersion": "demo.example.com/v1", "kind": "Database", "spec": {"size": size}});
    let steps = json!([
        {"name": "database", "uses": "resource", "with": {"resources": {"db": child("{{ spec.size }}")}}},
        {"name": "cache", "uses": "resource", "if": "resource.spec.cache", "with": {"resources": {"cache": child("{{ 7 }}")}}},
        {"name": "settle", "uses": "wait", "with": {"until": "children.db.status.phase == 'Ready'", "message": "the database"}},
        {"name": "tell", "uses": "template", "with": {"outputs": {"url": "app://{{ children.db.outputs.host }}"}}},
    ]);
    promise("stack", "Stack", json!({"url": {"type": "string"}}), steps)
}

async fn offer(midspan: &Midspan) {
    let paul = midspan.paul();
    paul.post(PROMISES, database("{{ metadata.name }}-{{ spec.size }}.svc")).await.good();
    paul.post(PROMISES, stack()).await.good();
}

fn shop(spec: Value) -> Value {
    json!({"apiVersion": "demo.example.com/v1", "kind": "Stack", "metadata": {"name": "shop"}, "spec": spec})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_is_made_changed_and_removed_with_its_children() {
    everywhere(async |midspan| {
        offer(midspan).await;
        let dana = midspan.dana();
        let (stacks, databases) = (format!("{GROUP}/stacks"), format!("{GROUP}/databases"));
        dana.post(&stacks, shop(json!({"size": 3}))).await.good();
        let path = format!("{stacks}/shop");
        let ready = dana.see(&path, |seen| seen.body["status"]["phase"] == "Ready").await.body;
        assert_eq!(ready["status"]["outputs"]["url"], "app://shop-db-3.svc");
        let child = dana.get(&format!("{databases}/shop-db")).await.good();
        assert_eq!(child["metadata"]["ownerReferences"][0]["uid"], ready["metadata"]["uid"]);
        assert_eq!(child["metadata"]["labels"]["midspan.dev/requested-by"], "dana");
        let tree = dana.get(&format!("{path}/tree")).await.good();
        let names: Vec<&str> =
            tree["root"]["children"].as_array().unwrap().iter().map(|child| child["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["shop-cache", "shop-db"]);

        // a child that somebody else took away comes again
        dana.delete(&format!("{databases}/shop-cache")).await.good();
        let before = &dana.get(&format!("{databases}/shop-db")).await.good()["metadata"]["uid"];
        dana.see(&path, |seen| seen.body["status"]["run"] != ready["status"]["run"]).await;
        dana.see(&path, |seen| seen.body["status"]["phase"] == "Ready").await;
        assert_eq!(dana.get(&databases).await.names(), ["shop-cache", "shop-db"]);
        assert_eq!(
            dana.get(&format!("{databases}/shop-db")).await.good()["metadata"]["uid"],
            *before,
            "the other stayed"
        );

        // a child that is asked for no longer goes; one that is asked for otherwise changes
        dana.merge(&path, json!({"spec": {"size": 4, "cache": false}})).await.good();
        dana.see(&path, |seen| seen.body["status"]["outputs"]["url"] == "app://shop-db-4.svc").await;
        dana.see(&format!("{databases}/shop-cache"), |seen| seen.code == 404).await;

        dana.delete(&path).await.good();
        dana.see(&path, |seen| seen.code == 404).await;
        assert_eq!(dana.get(&databases).await.names(), Vec::<&str>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_childs_trouble_is_told_by_its_parent() {
    everywhere(async |midspan| {
        midspan.paul().post(PROMISES, database("{{ nothing.at.all }}")).await.good();
        midspan.paul().post(PROMISES, stack()).await.good();
        let dana = midspan.dana();
        dana.post(&format!("{GROUP}/stacks"), shop(json!({}))).await.good();
        let told = |message: &str| {
            message.starts_with(
                "Step database of pipeline main waits: Database shop-db: Step make of pipeline main failed: ",
            )
        };
        dana.see(&format!("{GROUP}/stacks/shop"), |seen| seen.body["status"]["message"].as_str().is_some_and(told))
            .await;
        // mended at the child's promise, without a word to the parent
        let mended = database("{{ metadata.name }}.svc");
        midspan.paul().merge(&format!("{PROMISES}/database"), json!({"spec": mended["spec"]})).await.good();
        dana.see(&format!("{GROUP}/stacks/shop"), |seen| seen.body["status"]["phase"] == "Ready").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_that_makes_itself_is_refused() {
    everywhere(async |midspan| {
        let child = |kind: &str| json!({"apiVersion": "demo.example.com/v1", "kind": kind});
        let by = |name: &str, kind: &str, child: Value| {
            promise(
                name,
                kind,
                json!({}),
                json!([{"name": "go", "uses": "resource", "with": {"resources": {"next": child}}}]),
            )
        };
        midspan.paul().post(PROMISES, by("hen", "Hen", child("Egg"))).await.good();
        midspan.paul().post(PROMISES, by("egg", "Egg", child("Hen"))).await.good();
        let dana = midspan.dana();
        let hen = json!({"apiVersion": "demo.example.com/v1", "kind": "Hen", "metadata": {"name": "first"}});
        dana.post(&format!("{GROUP}/hens"), hen).await.good();
        let why =
            "Step go of pipeline go failed: with.resources.next: a promise cannot make itself: hen makes egg makes hen";
        let why = why.replace("pipeline go", "pipeline main");
        let egg =
            dana.see(&format!("{GROUP}/eggs/first-next"), |seen| seen.body["status"]["phase"] == "Failed").await.body;
        assert_eq!(egg["status"]["message"], why);
        dana.see(&format!("{GROUP}/hens/first"), |seen| {
            seen.body["status"]["message"].as_str().is_some_and(|told| told.ends_with(&why))
        })
        .await;
    })
    .await;
}
