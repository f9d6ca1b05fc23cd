//! A day-2 action whose server is killed at each named place on its way: it is answered, and what it does outside is done once.

use crate::{
    moments::within,
    receiver::Became,
    server::{Server, Start},
    site::{Gone, Site},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

const PATIENCE: Duration = Duration::from_secs(30);
/// Where an action passes on its way; each is passed by the configure workflow first, or by the request itself.
const PLACES: [&str; 6] = [
    "resource.commit:1",
    "resource.committed:1",
    "step.perform:1",
    "step.performed:1",
    "step.record:1",
    "step.recorded:1",
];
const BELLS: &str = "/apis/bell.example.com/v1/namespaces/default/bells";

fn bell(receiver: &str) -> Value {
    let retry = json!({"attempts": 40, "backoff": "40ms", "maxBackoff": "300ms"});
    let call = json!({"url": receiver, "body": {"name": "{{ input.tune }}", "generation": 1, "size": 1}});
    json!({
        "apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "bell"},
        "spec": {
            "api": {"group": "bell.example.com", "version": "v1", "kind": "Bell", "schema": {"type": "object"}},
            "workflows": {"resource": {
                "configure": [{"name": "hang", "steps": [{"name": "up", "uses": "template", "with": {"status": {"up": true}}}]}],
                "actions": {"ring": {
                    "concurrency": "queue",
                    "schema": {"type": "object", "properties": {"tune": {"type": "string"}}},
                    "pipelines": [{"name": "ring", "steps": [{"name": "call", "uses": "http", "retry": retry, "with": call}]}],
                }},
            }},
        },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_is_answered_and_done_once_wherever_its_server_is_killed() {
    let site = Site::new(None).await;
    let how = site.server("data");
    let (mut server, address) = site.up(&how).await;
    let promises = format!("{address}/apis/midspan.dev/v1alpha1/promises");
    made(&site, &how, &promises, &bell(&site.receiver.url)).await;
    let one = json!({"apiVersion": "bell.example.com/v1", "kind": "Bell", "metadata": {"name": "one"}});
    made(&site, &how, &format!("{address}{BELLS}"), &one).await;
    seen(&site, &how, &format!("{address}{BELLS}/one"), |bell| bell["status"]["phase"] == "Ready").await;
    server.kill().await;
    for (number, place) in PLACES.iter().enumerate() {
        let armed = Start { environment: vec![("MIDSPAN_FAILPOINT", (*place).to_owned())], ..how.clone() };
        let tune = json!({"tune": format!("tune-{number}")});
        let mut server = Server::start(&armed);
        if let Some(address) = server.ready().await {
            // the answer may not come; whether it was kept is seen below
            let _ = site.call(&how, Method::POST, &format!("{address}{BELLS}/one/actions/ring"), Some(&tune)).await;
        }
        assert!(server.ended_within(Duration::from_secs(10)).await, "never died at {place}");
        server.kill().await;
        let (mut server, address) = site.up(&how).await;
        let requests = format!("{address}/apis/midspan.dev/v1alpha1/namespaces/default/requests");
        let of_it = |request: &&Value| request["spec"]["input"] == tune;
        // it may have died before anybody could ask
        let kept = seen(&site, &how, &requests, |_| true).await;
        if !kept["items"].as_array().unwrap().iter().any(|request| of_it(&request)) {
            made(&site, &how, &format!("{address}{BELLS}/one/actions/ring"), &tune).await;
        }
        let all = seen(&site, &how, &requests, |list| {
            let mut of_it = list["items"].as_array().unwrap().iter().filter(of_it);
            of_it.all(|request| request["status"]["phase"] == "Succeeded")
        })
        .await;
        assert_eq!(all["items"].as_array().unwrap().iter().filter(of_it).count(), 1, "{place}");
        let bell = seen(&site, &how, &format!("{address}{BELLS}/one"), |_| true).await;
        assert_eq!(bell["status"]["phase"], "Ready", "{place}");
        server.kill().await;
    }
    let mut rung: BTreeMap<String, usize> = BTreeMap::new();
    for call in site.receiver.calls().into_iter().filter(|call| call.became == Became::Applied) {
        *rung.entry(call.body["name"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let once: BTreeMap<String, usize> = (0..PLACES.len()).map(|number| (format!("tune-{number}"), 1)).collect();
    assert_eq!(rung, once);
}

async fn made(site: &Site, how: &Start, url: &str, document: &Value) {
    let (status, answer) = site.call(how, Method::POST, url, Some(document)).await.unwrap();
    assert_eq!(status, StatusCode::CREATED, "{answer}");
}

/// Looks until what is there is as wanted.
async fn seen(site: &Site, how: &Start, url: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let looked = within(PATIENCE, async || match site.call(how, Method::GET, url, None).await {
        Ok((StatusCode::OK, body)) => wanted(&body).then_some(body),
        Ok((_, _)) | Err(Gone) => None,
    });
    match looked.await {
        Some(seen) => seen,
        None => panic!("{url} is not as wanted: {:?}", site.call(how, Method::GET, url, None).await),
    }
}
