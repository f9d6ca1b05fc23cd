//! Where things go and why: Paul keeps the fleet, Dana's things find their places on it.

use crate::{
    midspan::{Midspan, everywhere, on_two_replicas},
    people::{Answer, Person},
    widgets::PROMISES,
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const GROUP: &str = "/apis/midspan.dev/v1alpha1";
const THINGS: &str = "/apis/demo.example.com/v1/namespaces/default/things";

fn thing_at(name: &str) -> String {
    format!("{THINGS}/{name}")
}

fn destination_at(name: &str) -> String {
    format!("{GROUP}/destinations/{name}")
}

/// A promise whose things are one file each, with these fields beside its workflow.
fn promise(scheduling: Value) -> Value {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ metadata.name }}}\n";
    let mut promise = json!({
        "apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "thing"},
        "spec": {
            "api": {"group": "demo.example.com", "version": "v1", "kind": "Thing", "plural": "things", "schema": {"type": "object"}},
            "workflows": {"resource": {"configure": [{"name": "write", "steps": [
                {"name": "files", "uses": "template", "with": {"files": {"thing.yaml": text}}},
            ]}]}},
        },
    });
    for (key, value) in scheduling.as_object().unwrap() {
        promise["spec"][key] = value.clone();
    }
    promise
}

impl Person {
    /// A destination in the dev store.
    async fn opens(&self, name: &str, labels: Value, more: Value) {
        let mut spec = json!({"path": format!("fleet/{name}"), "stateStoreRef": {"name": "gitops"}});
        for (key, value) in more.as_object().unwrap() {
            spec[key] = value.clone();
        }
        let metadata = json!({"name": name, "labels": labels});
        let document =
            json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Destination", "metadata": metadata, "spec": spec});
        self.post(&format!("{GROUP}/destinations"), document).await.good();
    }

    async fn wants(&self, name: &str) {
        let thing =
            json!({"apiVersion": "demo.example.com/v1", "kind": "Thing", "metadata": {"name": name}, "spec": {}});
        self.post(THINGS, thing).await.good();
    }

    async fn ready(&self, name: &str) -> Value {
        self.see(&thing_at(name), |seen| ready(seen) == "Ready").await.good()
    }

    /// Why it is not ready, once it says so.
    async fn waits(&self, name: &str) -> String {
        let seen = self.see(&thing_at(name), |seen| ready(seen) == "NoDestination").await.good();
        seen["status"]["message"].as_str().unwrap().to_owned()
    }
}

fn ready(answer: &Answer) -> String {
    let value = serde_json::from_str::<Value>(&answer.text).unwrap_or_default();
    let conditions = value["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let current = value["status"]["observedGeneration"] == value["metadata"]["generation"];
    let ready = conditions.iter().find(|condition| condition["type"] == "Ready" && current);
    ready.map(|ready| ready["reason"].as_str().unwrap().to_owned()).unwrap_or_default()
}

fn places(thing: &Value) -> Vec<&str> {
    let placed = thing["status"]["placements"].as_array().map(Vec::as_slice).unwrap_or_default();
    placed.iter().map(|one| one["destination"].as_str().unwrap()).collect()
}

/// A fleet of two in Europe and one elsewhere, and a promise that asks for Europe.
async fn fleet(midspan: &Midspan, scheduling: Value) -> (Person, Person) {
    let (paul, dana) = (midspan.paul(), midspan.dana());
    for (name, labels) in [
        ("eu-1", json!({"region": "eu", "zone": "a"})),
        ("eu-2", json!({"region": "eu", "zone": "b"})),
        ("us-1", json!({"region": "us"})),
    ] {
        paul.opens(name, labels, json!({})).await;
    }
    paul.post(PROMISES, promise(scheduling)).await.good();
    (paul, dana)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_tells_why_it_is_where_it_is_and_why_nowhere_else() {
    everywhere(async |midspan| {
        let asks = json!([{"matchLabels": {"region": "eu"}, "matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["b"]}]}]);
        let (_, dana) = fleet(midspan, json!({"destinationSelectors": asks})).await;
        dana.wants("shop").await;
        let thing = dana.ready("shop").await;
        assert_eq!(places(&thing), ["eu-1"]);
        let why = &thing["status"]["placements"][0]["why"];
        assert_eq!(*why, "The only one of 4 destinations that fits region=eu,zone!=b");
        let table = dana.get(&format!("{}/placement", thing_at("shop"))).await.good();
        let choice = &table["choices"][0];
        assert_eq!((&choice["pipeline"], &choice["asks"]), (&json!("write"), &json!("region=eu,zone!=b")));
        let told: BTreeMap<&str, &str> = choice["destinations"].as_array().unwrap().iter()
            .map(|look| (look["destination"].as_str().unwrap(), look["says"].as_str().unwrap())).collect();
        assert_eq!(told["eu-1"], "fits");
        assert_eq!(told["eu-2"], "lacks zone!=b");
        assert_eq!(told["us-1"], "lacks region=eu");
        assert_eq!(choice["destinations"][0]["chosen"], true);
        let planned = dana.post(&format!("{}/plan", thing_at("other")), json!({"spec": {}})).await.good();
        assert_eq!(planned["choices"][0]["destinations"][0]["destination"], "eu-1", "{planned:#}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_no_place_says_who_comes_nearest_and_goes_on_when_one_opens() {
    everywhere(async |midspan| {
        let asks = json!([{"matchLabels": {"region": "eu", "zone": "c"}}]);
        let (paul, dana) = fleet(midspan, json!({"destinationSelectors": asks})).await;
        dana.wants("shop").await;
        let message = dana.waits("shop").await;
        assert!(
            message.starts_with("No destination has the labels region=eu,zone=c (4 destinations; nearest: eu-"),
            "{message}"
        );
        assert!(message.contains("lacks zone=c)"), "{message}");
        paul.opens("eu-3", json!({"region": "eu", "zone": "c"}), json!({"cordoned": true})).await;
        dana.see(&thing_at("shop"), |seen| seen.text.contains("nearest: eu-3 is cordoned")).await.good();
        paul.merge(&destination_at("eu-3"), json!({"spec": {"cordoned": null}})).await.good();
        assert_eq!(places(&dana.ready("shop").await), ["eu-3"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_placed_anew_stands_at_the_new_place_before_it_leaves_the_old() {
    everywhere(async |midspan| {
        let (paul, dana) = fleet(midspan, json!({"destinationSelectors": [{"matchLabels": {"region": "eu"}}]})).await;
        dana.wants("shop").await;
        let before = dana.ready("shop").await;
        let old = places(&before)[0].to_owned();
        let new = if old == "eu-1" { "eu-2" } else { "eu-1" };
        paul.merge(&destination_at(&old), json!({"spec": {"cordoned": true}})).await.good();
        dana.post(&format!("{}/reschedule", thing_at("shop")), json!({})).await.good();
        let moved = |seen: &Answer| {
            ready(seen) == "Ready"
                && seen.text.contains(&format!("\"destination\":\"{new}\""))
                && !seen.text.contains("leaving")
        };
        let after = dana.see(&thing_at("shop"), moved).await.good();
        assert_eq!(places(&after), [new]);
        assert_eq!(after["metadata"]["annotations"].get("midspan.dev/reschedule"), None);
        let events = paul.get("/api/v1/namespaces/default/events").await.good();
        let told: Vec<&str> =
            events["items"].as_array().unwrap().iter().filter_map(|event| event["message"].as_str()).collect();
        let begins = format!("Moves from {old} to {new}, as dana asked");
        assert!(told.contains(&begins.as_str()), "{told:#?}");
        assert!(told.contains(&format!("Stands at {new}; its files leave {old}").as_str()), "{told:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_and_moving_with_the_labels_follow_the_fleet() {
    everywhere(async |midspan| {
        let scheduling = json!({
            "destinationSelectors": [{"matchLabels": {"region": "eu"}}],
            "placement": {"strategy": "all", "reschedule": "onLabelChange"},
        });
        let (paul, dana) = fleet(midspan, scheduling).await;
        dana.wants("shop").await;
        assert_eq!(places(&dana.ready("shop").await), ["eu-1", "eu-2"]);
        paul.merge(&destination_at("us-1"), json!({"metadata": {"labels": {"region": "eu"}}})).await.good();
        let at = |count: usize| {
            move |seen: &Answer| {
                let thing = serde_json::from_str::<Value>(&seen.text).unwrap_or_default();
                ready(seen) == "Ready" && places(&thing).len() == count
            }
        };
        dana.see(&thing_at("shop"), at(3)).await.good();
        paul.merge(&destination_at("eu-1"), json!({"metadata": {"labels": {"region": "asia"}}})).await.good();
        let after = dana.see(&thing_at("shop"), at(2)).await.good();
        assert_eq!(places(&after), ["eu-2", "us-1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_come_at_once_to_two_replicas_no_more_are_placed_than_there_is_room() {
    on_two_replicas(async |one, two| {
        let (paul, dana) = (one.paul(), two.dana());
        paul.opens("small", json!({"size": "small"}), json!({"capacity": {"resources": 5}})).await;
        paul.post(PROMISES, promise(json!({"destinationSelectors": [{"matchLabels": {"size": "small"}}]})))
            .await
            .good();
        dana.see("/apis/demo.example.com", |seen| seen.code == 200).await;
        let (here, there) = (one.dana(), two.dana());
        let names: Vec<String> = (0..16).map(|number| format!("t{number}")).collect();
        join_all(
            names.iter().enumerate().map(|(at, name)| if at % 2 == 0 { here.wants(name) } else { there.wants(name) }),
        )
        .await;
        let mut placed = Vec::new();
        for name in &names {
            let seen =
                dana.see(&thing_at(name), |seen| ["Ready", "NoDestination"].contains(&ready(seen).as_str())).await;
            if ready(&seen) == "Ready" {
                placed.push(name.clone());
            } else {
                let message = dana.waits(name).await;
                assert!(message.contains("nearest: small is full (5 of 5 resources)"), "{message}");
            }
        }
        assert_eq!(placed.len(), 5, "{placed:?}");
        dana.delete(&thing_at(&placed[0])).await.good();
        let now_ready = |seen: &Answer| {
            let list = serde_json::from_str::<Value>(&seen.text).unwrap_or_default();
            let ready = |thing: &&Value| thing["status"]["phase"] == "Ready";
            let items = list["items"].as_array().cloned().unwrap_or_default();
            items.len() == 15 && items.iter().filter(ready).count() == 5
        };
        dana.see(THINGS, now_ready).await.good();
        paul.merge(&destination_at("small"), json!({"spec": {"capacity": {"resources": 100}}})).await.good();
        for name in names.iter().filter(|name| **name != placed[0]) {
            dana.ready(name).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduling_without_sense_is_refused_at_its_field() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        for (scheduling, told) in [
            (json!({"placement": {"strategy": "most"}}), "unknown variant `most`"),
            (json!({"placement": {"strategie": "all"}}), "strategie"),
            (json!({"placement": {"strategy": "spread"}}), "spec.placement.count"),
            (json!({"placement": {"strategy": "spread", "count": 100_000_000_u64}}), "spec.placement.count"),
            (json!({"placement": {"strategy": "all", "by": "zone"}}), "spec.placement.by"),
            (json!({"destinationSelectors": [{"matchExpressions": [{"key": "zone", "operator": "Like"}]}]}), "unknown variant `Like`"),
            (json!({"destinationSelectors": [{"matchExpressions": [{"key": "zone", "operator": "In"}]}]}), "spec.destinationSelectors[0].matchExpressions[0].values"),
        ] {
            let refused = paul.post(PROMISES, promise(scheduling)).await;
            assert!(refused.code == 422 || refused.code == 400, "{}", refused.text);
            assert!(refused.text.contains(told), "{told}: {}", refused.text);
        }
        let spec = json!({"path": "p", "stateStoreRef": {"name": "gitops"}, "capacity": {"resources": -1}});
        let document = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Destination", "metadata": {"name": "d"}, "spec": spec});
        let refused = paul.post(&format!("{GROUP}/destinations"), document).await;
        assert!(refused.code >= 400 && refused.text.contains("capacity"), "{}", refused.text);
    })
    .await;
}

/// The examples of the page about placement, applied as they stand there.
#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_page_about_placement_do_what_it_says() {
    everywhere(async |midspan| {
        let (paul, dana) = (midspan.paul(), midspan.dana());
        let page = include_str!("../../../docs/placement.md");
        for block in page.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("yaml\n")) {
            for document in domain::document::parse_all(block, "placement.md").unwrap() {
                let plural = if document["kind"] == "Promise" { "promises" } else { "destinations" };
                paul.post(&format!("{GROUP}/{plural}"), document).await.good();
            }
        }
        let caches = "/apis/docs.example.com/v1/namespaces/default/caches";
        let cache = json!({"apiVersion": "docs.example.com/v1", "kind": "Cache", "metadata": {"name": "mine"}});
        dana.post(caches, cache).await.good();
        let mine = dana.see(&format!("{caches}/mine"), |seen| ready(seen) == "Ready").await.good();
        assert_eq!(places(&mine), ["eu-1", "eu-2"]);
    })
    .await;
}
