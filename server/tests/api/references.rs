//! An output of one resource as the input of another: waited for, followed when it changes, and not taken away from under its users.

use crate::{midspan::Midspan, midspan::everywhere, widgets::PROMISES};
use serde_json::{Value, json};

const GROUP: &str = "/apis/demo.example.com/v1/namespaces/default";

fn promise(name: &str, kind: &str, properties: Value, outputs: Value, given: Value) -> Value {
    json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": name}, "spec": {
        "api": {"group": "demo.example.com", "version": "v1", "kind": kind, "schema": {"type": "object", "properties": properties}},
        "outputs": {"type": "object", "properties": outputs},
        "workflows": {"resource": {"configure": [{"name": "main", "steps": [{"name": "make", "uses": "template", "with": {"outputs": given}}]}]}}}})
}

/// Databases give a host and a password; apps take them, and give what they were given.
async fn offer(midspan: &Midspan) {
    let paul = midspan.paul();
    let database = promise(
        "database",
        "Database",
        json!({"size": {"type": "integer"}}),
        json!({"host": {"type": "string"}, "password": {"type": "string", "writeOnly": true}}),
        json!({"host": "{{ metadata.name }}-{{ spec.size }}.svc", "password": "hunter-{{ spec.size }}"}),
    );
    paul.post(PROMISES, database).await.good();
    let taken = |output: &str| json!({"type": "string", "title": "From", "x-output-of": {"promise": "database", "output": output}});
    let app = promise(
        "app",
        "App",
        json!({"host": taken("host"), "password": taken("password")}),
        json!({"seen": {"type": "string"}}),
        json!({"seen": "{{ spec.host }}"}),
    );
    paul.post(PROMISES, app).await.good();
}

fn object(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": "demo.example.com/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

fn app(database: &str) -> Value {
    object("App", "shop", json!({"host": {"$output": {"name": database}}}))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_is_waited_for_taken_and_followed() {
    everywhere(async |midspan| {
        offer(midspan).await;
        let dana = midspan.dana();
        let made = dana.post(&format!("{GROUP}/apps"), app("db")).await;
        assert_eq!(made.warnings(), ["299 - \"it waits until this is there: database db in default is not there\""]);
        let made = made.good();
        assert_eq!(made["spec"]["host"], json!({"$output": {"name": "db", "promise": "database", "output": "host"}}));
        let shop = format!("{GROUP}/apps/shop");
        let waits = "Waits for an output it uses: database db in default is not there";
        dana.see(&shop, |seen| seen.body["status"]["message"] == waits).await;
        dana.post(&format!("{GROUP}/databases"), object("Database", "db", json!({"size": 1}))).await.good();
        dana.see(&shop, |seen| seen.body["status"]["outputs"]["seen"] == "db-1.svc").await;
        dana.merge(&format!("{GROUP}/databases/db"), json!({"spec": {"size": 2}})).await.good();
        dana.see(&shop, |seen| seen.body["status"]["outputs"]["seen"] == "db-2.svc").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_use_is_not_deleted_unless_forced() {
    everywhere(async |midspan| {
        offer(midspan).await;
        let dana = midspan.dana();
        dana.post(&format!("{GROUP}/databases"), object("Database", "db", json!({"size": 1}))).await.good();
        dana.post(&format!("{GROUP}/apps"), app("db")).await.good();
        let database = format!("{GROUP}/databases/db");
        let refused = dana.delete(&database).await.refused();
        let page = dana.get("/r/default/database/db/delete").await.text;
        assert!(page.contains("What it gives back is used by App shop."), "{page}");
        assert_eq!(refused, "409 Conflict: databases.demo.example.com \"db\" cannot be deleted: its outputs are used by App shop; delete them first, or force it");
        dana.delete(&format!("{database}?gracePeriodSeconds=0")).await.good();
        dana.see(&database, |seen| seen.code == 404).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_that_can_never_be_is_refused() {
    everywhere(async |midspan| {
        offer(midspan).await;
        let dana = midspan.dana();
        let chained = promise(
            "chain",
            "Chain",
            json!({"of": {"type": "string", "x-output-of": {"promise": "chain", "output": "value"}}}),
            json!({"value": {"type": "string"}}),
            json!({"value": "x"}),
        );
        midspan.paul().post(PROMISES, chained).await.good();
        let link = |name: &str, of: &str| object("Chain", name, json!({"of": {"$output": {"name": of}}}));
        let chains = format!("{GROUP}/chains");
        dana.post(&chains, link("a", "b")).await.good();
        let refused = dana.post(&chains, link("b", "a")).await.refused();
        assert_eq!(refused, "422 Invalid: b would wait for itself: chain b uses chain a uses chain b");
        let wrong = json!({"host": {"$output": {"name": "db", "output": "hots"}}});
        let refused = dana.post(&format!("{GROUP}/apps"), object("App", "shop", wrong)).await.refused();
        assert!(refused.contains("spec.host.$output.output"), "{refused}");
        let plain =
            dana.post(&format!("{GROUP}/apps"), object("App", "shop", json!({"host": "db.svc"}))).await.refused();
        assert!(plain.contains("spec.host"), "{plain}");
    })
    .await;
}
