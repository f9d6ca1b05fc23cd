//! What the store promises, told once and proven on both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod changes;
mod crash;
mod every_statement;
mod guards;
mod housekeeping;
mod leases;
mod lists;
mod logs;
mod migrations;
mod people;
mod queue;
mod records;
mod sealing;
mod transactions;

use domain::{Object, Timestamp};
use serde_json::{Value, json};
use store::{Op, Store};
use testkit::databases::databases;

/// Runs a test on a fresh store of each kind.
async fn on_each(test: impl AsyncFn(Store)) {
    for database in databases() {
        // shown when the test fails
        println!("on {}", database.url());
        let store = Store::open(database.url()).await.expect("a fresh database opens");
        test(store.clone()).await;
        store.close().await;
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(second * 1_000_000)
}

/// A small resource; its uid follows from its name.
fn resource(namespace: &str, name: &str) -> Object {
    object(json!({
        "apiVersion": "data.example.com/v1", "kind": "Postgresql",
        "metadata": {"name": name, "namespace": namespace, "uid": format!("uid-{namespace}-{name}"), "creationTimestamp": "2026-11-22T10:00:00Z",
                     "labels": {"kratix.io/promise-name": "postgresql"}},
        "spec": {"size": "small"}
    }))
}

fn object(value: Value) -> Object {
    Object::from_value(value).expect("the test's object is one")
}

fn with_phase(mut object: Object, phase: &str) -> Object {
    object.status = json!({"phase": phase});
    object
}

fn wake(key: &str, second: i64) -> Op {
    Op::Wake { key: key.to_owned(), lane: "default".to_owned(), due: at(second) }
}

/// Stores one object and gives it back as it is stored.
async fn stored(store: &Store, object: Object) -> Object {
    let uid = object.metadata.uid.clone();
    store.commit(vec![Op::Put(object)]).await.unwrap();
    store.by_uid(&uid).await.unwrap().unwrap()
}

fn names(objects: &[Object]) -> Vec<&str> {
    objects.iter().map(|object| object.metadata.name.as_str()).collect()
}
