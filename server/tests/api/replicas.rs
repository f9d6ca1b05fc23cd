//! Two servers on one database: what one promises, the other cannot break, however close together they are asked.

use crate::{
    midspan::{Midspan, on_two_replicas},
    widgets::{PROMISES, at, promise, widget},
};
use futures::future::{join, join_all};
use serde_json::{Value, json};
use store::Query;

/// The widgets' promise under another name, with an API of its own.
fn promise_of_number(number: usize) -> Value {
    let mut promise = promise();
    promise["metadata"]["name"] = json!(format!("gadget-{number}"));
    promise["spec"]["api"]["group"] = json!(format!("n{number}.example.com"));
    promise
}

/// Both serve it: the second hears of it soon.
async fn published(one: &Midspan, two: &Midspan, promise: Value) {
    let group = promise["spec"]["api"]["group"].as_str().unwrap().to_owned();
    one.paul().publishes(promise).await;
    two.paul().see(&format!("/apis/{group}"), |seen| seen.code == 200).await;
}

async fn count(midspan: &Midspan, query: Query) -> i64 {
    midspan.running.services.store.count(&query).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_claim_one_api_on_two_replicas_one_gets_it() {
    on_two_replicas(async |one, two| {
        let (here, there) = (one.paul(), two.paul());
        let claim = |number: usize| {
            let mut promise = promise();
            promise["metadata"]["name"] = json!(format!("widget-{number}"));
            let paul = if number.is_multiple_of(2) { &here } else { &there };
            paul.post(PROMISES, promise)
        };
        let answers = join_all((0..8).map(claim)).await;
        let mut codes: Vec<u16> = answers.iter().map(|answer| answer.code).collect();
        codes.sort_unstable();
        assert_eq!(codes, [201, 422, 422, 422, 422, 422, 422, 422], "{answers:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn promises_that_do_not_clash_are_published_on_two_replicas_at_once() {
    on_two_replicas(async |one, two| {
        let (here, there) = (one.paul(), two.paul());
        let publish = |number: usize| {
            let paul = if number.is_multiple_of(2) { &here } else { &there };
            paul.post(PROMISES, promise_of_number(number))
        };
        for answer in join_all((0..8).map(publish)).await {
            assert_eq!(answer.code, 201, "{}", answer.text);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_goes_or_something_is_made_from_it_and_never_both() {
    on_two_replicas(async |one, two| {
        for number in 0..6 {
            let promise = promise_of_number(number);
            let (group, name) = (&promise["spec"]["api"]["group"], &promise["metadata"]["name"]);
            let things = format!("/apis/{}/v1/namespaces/default/widgets", group.as_str().unwrap());
            let address = format!("{PROMISES}/{}", name.as_str().unwrap());
            published(one, two, promise.clone()).await;
            let thing = |name: usize| {
                let mut thing = widget(&format!("w{name}"));
                thing["apiVersion"] = json!(format!("{}/v1", group.as_str().unwrap()));
                thing
            };
            let (dana, paul) = (one.dana(), two.paul());
            let (made, gone) =
                join(join_all((0..3).map(|name| dana.post(&things, thing(name)))), paul.delete(&address)).await;

            let left = count(
                one,
                Query { promise: name.as_str().map(ToOwned::to_owned), resources: true, ..Query::default() },
            )
            .await;
            let made = made.iter().filter(|answer| answer.code == 201).count();
            assert!(matches!(gone.code, 200 | 409), "{}", gone.text);
            assert_eq!(
                (gone.code == 200, left),
                (made == 0, i64::try_from(made).unwrap()),
                "round {number}: {}",
                gone.text
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_goes_or_something_is_made_in_it_and_never_both() {
    on_two_replicas(async |one, two| {
        published(one, two, promise()).await;
        for number in 0..6 {
            let name = format!("team-{number}");
            let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            one.paul().post("/api/v1/namespaces", namespace).await.good();
            let things = at("").replace("/default/", &format!("/{name}/"));
            let things = things.trim_end_matches('/');
            let (dana, paul) = (one.dana(), two.paul());
            let address = format!("/api/v1/namespaces/{name}");
            let (made, gone) =
                join(join_all(["a", "b", "c"].map(|name| dana.post(things, widget(name)))), paul.delete(&address))
                    .await;
            let made = made.iter().filter(|answer| answer.code == 201).count();
            let left = count(one, Query { namespaces: vec![name], resources: true, ..Query::default() }).await;
            assert!(matches!(gone.code, 200 | 409), "{}", gone.text);
            assert_eq!(
                (gone.code == 200, left),
                (made == 0, i64::try_from(made).unwrap()),
                "round {number}: {}",
                gone.text
            );
        }
    })
    .await;
}
