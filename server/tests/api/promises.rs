//! Publishing: served at once, one owner for each API, revisions for what changed, and a real Kratix promise as it is.

use crate::{
    data,
    midspan::everywhere,
    people::Person,
    widgets::{PROMISES, WIDGETS, at, promise, widget},
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::fmt::Write as _;

const WIDGET: &str = "/apis/midspan.dev/v1alpha1/promises/widget";
/// The same, told that the version is published again.
const ANEW: &str = "/apis/midspan.dev/v1alpha1/promises/widget?newRevision=true";

async fn revisions(person: &Person, current: bool) -> usize {
    let list =
        person.get("/apis/midspan.dev/v1alpha1/revisions?labelSelector=midspan.dev/promise%3Dwidget").await.good();
    list["items"].as_array().unwrap().iter().filter(|revision| revision["status"]["current"] == current).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_is_served_the_moment_it_is_published_and_not_a_moment_longer_than_it_is_there() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        assert_eq!(dana.get(WIDGETS).await.refused(), "404 NotFound: the server could not find the requested resource");
        paul.publishes(promise()).await;
        assert_eq!(dana.get(WIDGETS).await.names(), [""; 0]);
        paul.delete(WIDGET).await.good();
        assert_eq!(dana.get(WIDGETS).await.code, 404);
        assert_eq!(dana.get("/apis/demo.example.com").await.code, 404);
        assert_eq!(revisions(&paul, true).await, 0, "what is gone has no current revision");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_has_one_owner() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        paul.publishes(promise()).await;
        let mut told = String::new();
        for (name, api) in [
            ("copycat", json!({"group": "demo.example.com", "version": "v1", "kind": "Widget"})),
            ("same-kind", json!({"group": "demo.example.com", "version": "v2", "kind": "Widget", "plural": "widgetz"})),
            ("same-plural", json!({"group": "demo.example.com", "version": "v1", "kind": "Gadget", "plural": "widgets"})),
            ("ours", json!({"group": "midspan.dev", "version": "v1", "kind": "Widget"})),
            ("kratix", json!({"group": "platform.kratix.io", "version": "v1alpha1", "kind": "Promise"})),
        ] {
            let other = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": name}, "spec": {"api": api}});
            _ = writeln!(told, "{}", paul.post(PROMISES, other).await.refused());
        }
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @r#"
            422 Invalid: Promise.midspan.dev "copycat" is invalid: spec.api: widgets.demo.example.com is already offered by widget
            422 Invalid: Promise.midspan.dev "same-kind" is invalid: spec.api: widgetz.demo.example.com is already offered by widget
            422 Invalid: Promise.midspan.dev "same-plural" is invalid: spec.api: widgets.demo.example.com is already offered by widget
            422 Invalid: Promise "ours" is invalid: spec.api.group: "midspan.dev" belongs to Midspan itself
            422 Invalid: Promise "kratix" is invalid: spec.api.group: "platform.kratix.io" belongs to Kratix's own documents
            "#);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_claim_one_api_at_once_one_gets_it() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let claim = |number: u32| {
            let mut promise = promise();
            promise["metadata"]["name"] = json!(format!("widget-{number}"));
            paul.post(PROMISES, promise)
        };
        let mut codes: Vec<u16> = join_all((0..8).map(claim)).await.iter().map(|answer| answer.code).collect();
        codes.sort_unstable();
        assert_eq!(codes, [201, 422, 422, 422, 422, 422, 422, 422]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_keeps_the_api_it_began_with() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        paul.publishes(promise()).await;
        let refusal = "422 Invalid: Promise.midspan.dev \"widget\" is invalid: spec.api: group, kind and plural cannot change; they are demo.example.com, Widget and widgets";
        for api in [json!({"group": "other.example.com"}), json!({"kind": "Gadget"}), json!({"plural": "gadgets"})] {
            assert_eq!(paul.merge(WIDGET, json!({"spec": {"api": api}})).await.refused(), refusal);
        }
        assert_eq!(paul.merge(ANEW, json!({"spec": {"api": {"version": "v2"}}})).await.code, 200, "its version may");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_content_is_a_new_revision_and_the_same_content_is_none() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let published = paul.publishes(promise()).await;
        assert_eq!((revisions(&paul, true).await, revisions(&paul, false).await), (1, 0));

        let again = paul.merge(WIDGET, promise()).await.good();
        assert_eq!(again["metadata"]["resourceVersion"], published["metadata"]["resourceVersion"]);
        let labelled = paul.merge(WIDGET, json!({"metadata": {"labels": {"team": "a"}}})).await.good();
        assert_eq!(
            (&labelled["metadata"]["generation"], &labelled["status"]["revision"]),
            (&json!(1), &published["status"]["revision"])
        );
        let mut reordered = labelled.clone();
        let api = promise()["spec"]["api"].clone();
        reordered["spec"] = json!({"api": api, "title": "Widget"});
        reordered["metadata"]["annotations"] = json!({"note": "in another order"});
        assert_eq!(paul.put(WIDGET, reordered).await.good()["status"]["revision"], published["status"]["revision"]);
        assert_eq!((revisions(&paul, true).await, revisions(&paul, false).await), (1, 0));

        let changed = paul.merge(ANEW, json!({"spec": {"description": "Better."}})).await.good();
        assert_eq!(changed["metadata"]["generation"], 2);
        assert_ne!(changed["status"]["revision"], published["status"]["revision"]);
        assert_eq!((revisions(&paul, true).await, revisions(&paul, false).await), (1, 1));
        paul.merge(WIDGET, json!({"spec": {"description": null}})).await.good();
        assert_eq!(
            (revisions(&paul, true).await, revisions(&paul, false).await),
            (1, 1),
            "the old content is current again"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_stays_as_long_as_something_is_made_from_it() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        paul.publishes(promise()).await;
        dana.asks_for(widget("shop")).await;
        let heard = paul.delete(WIDGET).await.refused();
        insta::allow_duplicates! {
            insta::assert_snapshot!(heard, @r#"409 Conflict: promises.midspan.dev "widget" cannot be deleted: there is 1 resource made from it: delete it first, or have it deleted with it (midspan delete --cascade, kubectl delete --cascade=foreground)"#);
        }
        dana.delete(&at("shop")).await.good();
        dana.see(&at("shop"), |seen| seen.code == 404).await;
        assert_eq!(paul.delete(WIDGET).await.code, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_namespace_is_called_is_a_label() {
    everywhere(async |midspan| {
        let namespace = |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let paul = midspan.paul();
        assert_eq!(paul.post("/api/v1/namespaces", namespace("team-a")).await.code, 201);
        for name in ["team.a", "Team", "a b", "", "-a", "a\u{0}", "a\u{202e}b", &"a".repeat(64)] {
            let refused = paul.post("/api/v1/namespaces", namespace(name)).await;
            assert_eq!((refused.code, refused.fields()), (422, vec!["metadata.name"]), "{name:?}");
        }
    })
    .await;
}

/// The sample as its authors published it; nothing where the data is not at hand.
fn kratix_sample(file: &str) -> Option<Value> {
    data::published(&format!("kratix/sample-easy-app/{file}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kratix_promise_and_its_request_are_taken_as_they_are() {
    let (Some(promise), Some(request)) = (kratix_sample("promise.yaml"), kratix_sample("resource-request.yaml")) else {
        return;
    };
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let published = paul.post("/apis/platform.kratix.io/v1alpha1/promises", promise.clone()).await.good();
        assert_eq!(published["spec"], promise["spec"], "faithful as answered");
        assert_eq!(
            paul.get("/apis/platform.kratix.io/v1alpha1/promises/easyapp").await.good()["spec"],
            promise["spec"],
            "and as stored"
        );

        let apps = "/apis/example.promise.syntasso.io/v1/namespaces/default/easyapps";
        let strictly = format!("{apps}?fieldValidation=Strict");
        assert_eq!(dana.post(&strictly, request.clone()).await.good()["spec"]["containsCreditCardData"], false);
        // its image is on no machine of ours: how containers run has tests of its own
        let tried =
            dana.see(&format!("{apps}/example"), |seen| seen.body["status"]["phase"] == "Progressing").await.good();
        assert_eq!(tried["metadata"]["labels"]["kratix.io/promise-name"], "easyapp");
    })
    .await;
}
