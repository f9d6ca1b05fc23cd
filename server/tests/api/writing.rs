//! Many write at once and nothing is lost; who only asks what would be changes nothing.

use crate::{
    midspan::{Midspan, everywhere},
    widgets::{WIDGETS, at, promise, widget},
};
use futures::future::join_all;
use serde_json::json;
use store::Query;

#[tokio::test(flavor = "multi_thread")]
async fn who_changes_what_has_changed_since_is_told_to_look_again() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        paul.publishes(promise()).await;
        let seen = dana.asks_for(widget("shop")).await;
        paul.merge(&at("shop"), json!({"spec": {"replicas": 2}})).await.good();

        let late = dana.put(&at("shop"), seen).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(late.refused(), @r#"409 Conflict: Operation cannot be fulfilled on widgets.demo.example.com "shop": the object has been modified; please apply your changes to the latest version and try again"#);
        }
        let blind = dana.put(&at("shop"), widget("shop")).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(blind.refused(), @r#"422 Invalid: widgets.demo.example.com "shop" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update"#);
        }
        assert_eq!(dana.get(&at("shop")).await.good()["spec"]["replicas"], 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_who_label_one_widget_at_once_are_all_heard() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        dana.asks_for(widget("shop")).await;

        let path = at("shop");
        let label =
            |number: u32| dana.merge(&path, json!({"metadata": {"labels": {format!("writer-{number}"): "was-here"}}}));
        let answers = join_all((0..20).map(label)).await;

        let codes: Vec<u16> = answers.iter().map(|answer| answer.code).collect();
        assert_eq!(codes, [200; 20]);
        let labels = dana.get(&at("shop")).await.good()["metadata"]["labels"].clone();
        let heard = labels.as_object().unwrap().keys().filter(|key| key.starts_with("writer-")).count();
        assert_eq!(heard, 20, "{labels}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_who_create_one_name_make_one_widget() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        let mut codes: Vec<u16> = join_all((0..20).map(|_| dana.post(WIDGETS, widget("shop"))))
            .await
            .iter()
            .map(|answer| answer.code)
            .collect();
        codes.sort_unstable();
        assert_eq!((codes[0], &codes[1..]), (201, &[409; 19][..]));
    })
    .await;
}

async fn everything(midspan: &Midspan) -> (i64, usize) {
    let store = &midspan.running.services.store;
    (store.count(&Query::default()).await.unwrap(), store.events_after(0, 10_000).await.unwrap().len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_what_would_be_and_changes_nothing() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        paul.publishes(promise()).await;
        dana.asks_for(widget("shop")).await;
        let settled = dana.see(&at("shop"), |seen| seen.body["status"]["observedGeneration"] == 1).await.good();
        let before = everything(midspan).await;

        let would_be = dana.post(&format!("{WIDGETS}?dryRun=All"), widget("new")).await;
        assert_eq!((would_be.code, &would_be.body["spec"]["replicas"]), (201, &json!(1)));
        assert_eq!(dana.merge(&format!("{}?dryRun=All", at("shop")), json!({"spec": {"replicas": 3}})).await.good()["spec"]["replicas"], 3);
        dana.delete(&format!("{}?dryRun=All", at("shop"))).await.good();
        let mut other = promise();
        other["metadata"]["name"] = json!("gadget");
        other["spec"]["api"] = json!({"group": "demo.example.com", "version": "v1", "kind": "Gadget"});
        paul.post("/apis/midspan.dev/v1alpha1/promises?dryRun=All", other).await.good();
        paul.post("/api/v1/namespaces?dryRun=All", json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})).await.good();

        assert_eq!(everything(midspan).await, before);
        assert_eq!(dana.get(&at("shop")).await.good(), settled);
        assert_eq!(dana.get("/apis/demo.example.com/v1/namespaces/default/gadgets").await.code, 404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_refuses_what_would_be_refused() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        dana.asks_for(widget("shop")).await;
        let dry = format!("{WIDGETS}?dryRun=All");
        assert_eq!(dana.post(&dry, widget("shop")).await.code, 409);
        assert_eq!(dana.post(&dry, json!({"apiVersion": "demo.example.com/v1", "kind": "Widget", "metadata": {"name": "x"}})).await.fields(), ["spec.size", "<nil>"]);
        let heard = dana.post(&format!("{WIDGETS}?dryRun=Some"), widget("x")).await.refused();
        insta::allow_duplicates! {
            insta::assert_snapshot!(heard, @r#"422 Invalid: dryRun: Unsupported value: "Some": supported values: "All""#);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_can_be_left_to_the_server() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        let mut unnamed = widget("");
        unnamed["metadata"] = json!({"generateName": "shop-"});
        let (one, two) = (dana.asks_for(unnamed.clone()).await, dana.asks_for(unnamed).await);
        let names = [&one, &two].map(|made| made["metadata"]["name"].as_str().unwrap());
        assert!(
            names.iter().all(|name| name.len() == 10 && name.starts_with("shop-")) && names[0] != names[1],
            "{names:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_can_insist_on_what_it_saw() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        let shop = dana.asks_for(widget("shop")).await;
        let delete = async |preconditions: serde_json::Value| {
            let options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": preconditions});
            dana.send(reqwest::Method::DELETE, &at("shop"), "application/json", options.to_string()).await
        };
        assert_eq!(delete(json!({"uid": "res_of_another"})).await.code, 409);
        assert_eq!(delete(json!({"resourceVersion": "1"})).await.code, 409);
        assert_eq!(delete(json!({"uid": shop["metadata"]["uid"]})).await.code, 200);
        dana.see(&at("shop"), |seen| seen.code == 404).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_widget_is_still_swept_up_when_it_goes() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        dana.asks_for(widget("shop")).await;
        let mut wanted = dana.get(&at("shop")).await.good();
        wanted["metadata"]["finalizers"] = json!([]);
        wanted["metadata"]["resourceVersion"] =
            dana.get(&at("shop")).await.good()["metadata"]["resourceVersion"].clone();
        let replaced = dana.merge(&at("shop"), json!({"metadata": {"finalizers": null}})).await.good();
        assert_eq!(replaced["metadata"]["finalizers"], json!(["midspan.dev/placements"]));
    })
    .await;
}
