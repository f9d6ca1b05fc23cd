//! A conversation with a real API server, held again with this one: the same requests in the same order.
//!
//! What is compared: the status code; of a refusal its reason, message, details and causes; of an object all but what differs from run to run; of a list
//! its kind and its items; of a discovery document each resource. Where the two differ, `differences.rs` says why, and a difference that is listed and no
//! longer there fails as well.

use crate::{
    data,
    differences::DIFFERENCES,
    midspan::in_earnest,
    people::{Answer, Person},
    widgets::{PROMISES, promise_of},
};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// One request and what the API server answered.
struct Exchange(Value);

/// What may differ between two answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    Code,
    Reason,
    Message,
    Details,
    Body,
    Warnings,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recorded_conversation_goes_the_same_way_here() {
    let Some(exchanges) = recording() else { return };
    in_earnest(async |midspan| {
        let (admin, stranger) = (midspan.admin(), midspan.stranger());
        let mut names = Names::default();
        let mut differing = BTreeMap::new();
        for exchange in &exchanges {
            if !exchange.is_about_us() {
                continue;
            }
            prepare(&admin, exchange, &mut names).await;
            let who = if exchange.at("/request/authenticated") == true { &admin } else { &stranger };
            let who = if exchange.step() == "bad-token" { &midspan.somebody(Some("wrong")) } else { who };
            let answer = exchange.repeat(who, &names).await;
            names.learn(exchange.at("/response/body"), &answer.body);
            let aspects = exchange.differences(&answer, &names);
            if !aspects.is_empty() {
                println!(
                    "{}\n  recorded {} {}\n  here     {} {}",
                    exchange.step(),
                    exchange.at("/response/status"),
                    exchange.at("/response/body"),
                    answer.code,
                    answer.text
                );
                differing.insert(exchange.step().to_owned(), aspects);
            }
            settle(&admin, exchange).await;
        }
        for (step, aspects, reason) in DIFFERENCES {
            println!("{step} differs in {aspects:?}: {reason}");
        }
        let listed: BTreeMap<String, BTreeSet<Aspect>> = DIFFERENCES
            .iter()
            .map(|(step, aspects, _)| ((*step).to_owned(), aspects.iter().copied().collect()))
            .collect();
        let told = |all: &BTreeMap<String, BTreeSet<Aspect>>| {
            all.iter().map(|(step, aspects)| format!("{step}: {aspects:?}")).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(told(&differing), told(&listed), "left: how it differs, right: how it is listed to");
    })
    .await;
}

fn recording() -> Option<Vec<Exchange>> {
    let text = fs::read_to_string(data::at_hand("apiserver/k8s1.36.2-etcd3.6.13.jsonl")?).unwrap();
    Some(text.lines().map(|line| Exchange(serde_json::from_str(line).unwrap())).collect())
}

/// What the recording did between two of its requests without telling.
async fn prepare(admin: &Person, next: &Exchange, names: &mut Names) {
    match next.step() {
        "cr-before-established" => {
            let schema = json!({
                "type": "object", "required": ["size"],
                "x-kubernetes-validations": [
                    {"rule": "!has(oldSelf.region) || self.region == oldSelf.region", "message": "region is immutable"},
                    {"rule": "self.size != 'large' || self.replicas <= 5", "message": "large widgets: at most 5 replicas"}],
                "properties": {
                    "size": {"type": "string", "enum": ["small", "medium", "large"], "description": "T-shirt size"},
                    "replicas": {"type": "integer", "minimum": 0, "maximum": 10, "default": 1},
                    "region": {"type": "string", "pattern": "^[a-z]{2}-[a-z]+-[0-9]$"},
                    "tags": {"type": "object", "additionalProperties": {"type": "string"}},
                    "ports": {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "port": {"type": "integer"}}}},
                },
            });
            let mut promise = promise_of(&schema);
            promise["spec"]["api"]["columns"] = json!([{"name": "Size", "pointer": "/spec/size"}]);
            admin.post(PROMISES, promise).await.good();
        }
        "list-label" => {
            for number in 2..8 {
                let team = if number % 2 == 0 { "a" } else { "b" };
                let widget = json!({"apiVersion": "demo.example.com/v1", "kind": "Widget", "metadata": {"name": format!("w{number}"), "labels": {"team": team}}, "spec": {"size": "medium"}});
                admin.post("/apis/demo.example.com/v1/namespaces/rec/widgets", widget).await.good();
            }
        }
        // the orchestrator has written its status since: what counts is the version of now
        "put" => {
            let now = admin.get("/apis/demo.example.com/v1/namespaces/rec/widgets/w1").await.good();
            names.know(next.at("/request/body/metadata/resourceVersion"), &now["metadata"]["resourceVersion"]);
        }
        "get-after-scale" => {
            admin
                .merge("/apis/demo.example.com/v1/namespaces/rec/widgets/w1", json!({"spec": {"replicas": 5}}))
                .await
                .good();
        }
        _ => {}
    }
}

/// What goes on in the background must have come to its end before the next request asks for it.
async fn settle(admin: &Person, last: &Exchange) {
    let gone = match last.step() {
        "delete" => "w2",
        "fin-remove" => "f1",
        "gc-delete-Background" => "own-background",
        "gc-delete-Foreground" => "own-foreground",
        "gc-delete-Orphan" => "own-orphan",
        _ => return,
    };
    admin.see(&format!("/apis/demo.example.com/v1/namespaces/rec/widgets/{gone}"), |seen| seen.code == 404).await;
}

/// Versions, uids and generated names: what the recording calls them and what they are here.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn know(&mut self, recorded: &Value, here: &Value) {
        if let (Some(recorded), Some(here)) = (recorded.as_str(), here.as_str()) {
            self.0.insert(recorded.to_owned(), here.to_owned());
        }
    }

    fn learn(&mut self, recorded: &Value, here: &Value) {
        for (recorded, here) in
            recorded["items"].as_array().into_iter().flatten().zip(here["items"].as_array().into_iter().flatten())
        {
            self.know(&recorded["metadata"]["uid"], &here["metadata"]["uid"]);
        }
        for key in ["uid", "resourceVersion", "continue"] {
            self.know(&recorded["metadata"][key], &here["metadata"][key]);
        }
        if recorded["metadata"]["generateName"].is_string() {
            self.know(&recorded["metadata"]["name"], &here["metadata"]["name"]);
        }
    }

    fn here(&self, text: &str) -> String {
        if let Some(here) = self.0.get(text) {
            return here.clone();
        }
        // a message may have a uid in its midst
        let uids = self.0.iter().filter(|(recorded, _)| recorded.len() == 36);
        uids.fold(text.to_owned(), |text, (recorded, here)| text.replace(recorded, here))
    }

    /// A body with our names for what the recording means.
    fn translated(&self, body: &Value) -> Value {
        match body {
            Value::String(text) => json!(self.here(text)),
            Value::Array(items) => items.iter().map(|item| self.translated(item)).collect(),
            Value::Object(map) => {
                map.iter().map(|(key, value)| (key.clone(), self.translated(value))).collect::<Map<_, _>>().into()
            }
            other => other.clone(),
        }
    }
}

impl Exchange {
    fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    fn step(&self) -> &str {
        self.at("/step").as_str().unwrap()
    }

    /// Widgets, namespaces and discovery; not the kinds of a cluster, nor what only its administration has. Watches have plays of their own.
    fn is_about_us(&self) -> bool {
        let (step, path) = (self.step(), self.at("/request/path").as_str().unwrap());
        let known = path.starts_with("/apis/demo.example.com/")
            || path.starts_with("/api/v1/namespaces")
            || path.starts_with("/apis/nope.")
            || path == "/api"
            || path == "/readyz";
        let of_a_cluster =
            ["configmaps", "pods", "secrets", "serviceaccounts", "/events"].iter().any(|kind| path.contains(kind));
        let watch = step.starts_with("watch") && step != "watch-bad-rv" && step != "watch-future-rv";
        known && !of_a_cluster && !watch && !step.starts_with("vap") && step != "create-in-terminating-ns"
    }

    async fn repeat(&self, who: &Person, names: &Names) -> Answer {
        let request = self.at("/request");
        let method: Method = request["method"].as_str().unwrap().parse().unwrap();
        let mut path = request["path"].as_str().unwrap().to_owned();
        if let Some((before, token)) = path.split_once("continue=") {
            path = format!("{before}continue={}", names.here(token));
        }
        // the promise is what names a version an update must have seen; a stale one stays stale
        let body = match &request["body"] {
            Value::Null => Vec::new(),
            Value::String(text) => text.clone().into_bytes(),
            body if self.step() == "put-stale" => {
                let mut body = names.translated(body);
                body["metadata"]["resourceVersion"] = json!("1");
                body.to_string().into_bytes()
            }
            body => names.translated(body).to_string().into_bytes(),
        };
        let headers: Vec<(&str, &str)> = [("content-type", &request["contentType"]), ("accept", &request["accept"])]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_str()?)))
            .collect();
        who.ask(method, &path, &headers, body).await
    }

    fn differences(&self, answer: &Answer, names: &Names) -> BTreeSet<Aspect> {
        let recorded = self.at("/response/body");
        let here = &answer.body;
        let recorded_warnings: Vec<&str> = self.at("/response/headers/warning").as_str().into_iter().collect();
        let mut same = vec![
            (Aspect::Code, self.at("/response/status") == answer.code),
            (Aspect::Warnings, recorded_warnings == answer.warnings()),
        ];
        if recorded["kind"] == "Status" && recorded["status"] == "Failure" {
            same.push((Aspect::Reason, recorded["reason"] == here["reason"]));
            same.push((
                Aspect::Message,
                sorted_message(&names.translated(&recorded["message"])) == sorted_message(&here["message"]),
            ));
            same.push((Aspect::Details, details(&recorded["details"]) == details(&here["details"])));
        } else if recorded.is_string() {
            same.push((Aspect::Body, *recorded == answer.text));
        } else {
            same.push((Aspect::Body, essence(&names.translated(recorded)) == essence(here)));
        }
        same.into_iter().filter(|(_, same)| !same).map(|(aspect, _)| aspect).collect()
    }
}

/// An API server tells several faults in random order.
fn sorted_message(message: &Value) -> Vec<String> {
    let text = message.as_str().unwrap_or_default();
    let mut parts: Vec<String> =
        text.trim_end_matches(']').replace(": [", ": , ").split(", ").map(ToOwned::to_owned).collect();
    parts.sort();
    parts
}

fn details(details: &Value) -> (Vec<Value>, Vec<String>) {
    let names = ["name", "group", "kind"].map(|key| details[key].clone()).to_vec();
    let mut causes: Vec<String> = details["causes"].as_array().into_iter().flatten().map(ToString::to_string).collect();
    causes.sort();
    (names, causes)
}

/// An answer without what no two servers have in common: times, ids, who manages what, and what the orchestrator adds to every object.
fn essence(body: &Value) -> Value {
    let mut body = body.clone();
    for field in ["columnDefinitions", "rows", "serverAddressByClientCIDRs"] {
        if let Some(value) = body.get_mut(field) {
            *value = json!(value.as_array().map_or(0, Vec::len));
        }
    }
    if let Some(items) = body.get_mut("items").and_then(Value::as_array_mut) {
        let told: Vec<Value> = items.iter().map(essence).collect();
        *items = told;
        body["metadata"] =
            json!({"continue": body["metadata"]["continue"].as_str().is_some_and(|token| !token.is_empty())});
        return body;
    }
    if let Some(map) = body.as_object_mut() {
        map.remove("status");
    }
    if let Some(uid) = body.get_mut("details").and_then(Value::as_object_mut) {
        uid.remove("uid");
    }
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in [
            "uid",
            "resourceVersion",
            "creationTimestamp",
            "deletionTimestamp",
            "managedFields",
            "selfLink",
            "remainingItemCount",
        ] {
            metadata.remove(field);
        }
        if let Some(token) = metadata.get_mut("continue") {
            *token = json!(true);
        }
        if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
            labels.retain(|key, _| {
                !["kratix.io/", "midspan.dev/", "kubernetes.io/"].iter().any(|ours| key.starts_with(ours))
            });
        }
        if let Some(finalizers) = metadata.get_mut("finalizers").and_then(Value::as_array_mut) {
            finalizers.retain(|finalizer| finalizer != "midspan.dev/placements");
        }
        metadata.retain(|_, value| *value != json!({}) && *value != json!([]));
    }
    body
}
