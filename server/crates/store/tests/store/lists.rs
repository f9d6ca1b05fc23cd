//! Lists: filters, orders, and pages that neither skip nor repeat.

use crate::{names, object, on_each, resource, stored, with_phase};
use domain::{Object, selector::Selector};
use serde_json::json;
use store::{Cursor, Facet, Op, Query, Sort, Store};

async fn fleet(store: &Store) {
    let labelled = |mut object: Object, key: &str, value: &str| {
        object.metadata.labels.insert(key.into(), value.into());
        object
    };
    let run = |name: &str, phase: &str| {
        object(json!({
            "apiVersion": "midspan.dev/v1alpha1", "kind": "Run",
            "metadata": {"name": name, "namespace": "default", "uid": name, "labels": {"kratix.io/promise-name": "postgresql"},
                         "ownerReferences": [{"uid": "uid-default-orders", "controller": true}]},
            "status": {"phase": phase}
        }))
    };
    let mut leaving = resource("team", "shop_1");
    leaving.metadata.deletion_timestamp = Some(crate::at(9));
    let ops = [
        labelled(with_phase(resource("default", "orders"), "Ready"), "tier", "gold"),
        labelled(with_phase(resource("default", "billing"), "Failed"), "tier", "iron"),
        leaving,
        run("run-1", "Succeeded"),
        run("run-2", "Running"),
    ];
    store.commit(ops.map(Op::Create).to_vec()).await.unwrap();
}

#[track_caller]
fn same(found: &[Object], expected: &str) {
    assert_eq!(names(found).join(" "), expected);
}

async fn check(store: &Store, query: Query, expected: &str) {
    let page = store.list(&query).await.unwrap();
    same(&page.objects, expected);
    assert_eq!(store.count(&query).await.unwrap(), i64::try_from(page.objects.len()).unwrap(), "{query:?}");
}

fn labels(text: &str) -> Query {
    Query { labels: Selector::parse(text).unwrap(), ..Query::default() }
}

#[tokio::test]
async fn every_filter_narrows_the_list() {
    on_each(async |store| {
        fleet(&store).await;
        let all = Query::default;
        check(&store, all(), "billing orders run-1 run-2 shop_1").await;
        check(&store, Query::of_kind("midspan.dev", "Run"), "run-1 run-2").await;
        check(&store, Query { namespaces: vec!["team".into(), "nobody".into()], ..all() }, "shop_1").await;
        check(&store, Query { resources: true, ..all() }, "billing orders shop_1").await;
        check(&store, Query { promise: Some("postgresql".into()), ..all() }, "billing orders run-1 run-2 shop_1").await;
        check(&store, Query { phases: vec!["Ready".into(), "Failed".into()], ..all() }, "billing orders").await;
        check(&store, Query { phases: vec![String::new()], ..all() }, "shop_1").await;
        check(&store, Query { owner: Some("uid-default-orders".into()), ..all() }, "run-1 run-2").await;
        check(&store, Query { active: Some(false), ..all() }, "run-1").await;
        check(&store, Query { deleting: Some(true), ..all() }, "shop_1").await;
        check(&store, Query { deleting: Some(false), resources: true, ..all() }, "billing orders").await;
        check(&store, Query { name: Some("orders".into()), ..all() }, "orders").await;
        check(&store, Query { name_contains: Some("RD".into()), ..all() }, "orders").await;
        check(&store, Query { name_contains: Some("p_1".into()), ..all() }, "shop_1").await;
        check(&store, Query { name_contains: Some("%".into()), ..all() }, "").await;
        check(&store, Query { name_contains: Some("' or 1=1 --".into()), ..all() }, "").await;
        check(&store, labels("tier"), "billing orders").await;
        check(&store, labels("!tier"), "run-1 run-2 shop_1").await;
        check(&store, labels("tier in (gold,silver)"), "orders").await;
        check(&store, labels("tier notin (gold)"), "billing run-1 run-2 shop_1").await;
        check(&store, labels("tier=gold,!kratix.io/promise-name"), "").await;
        same(&store.owned("uid-default-orders").await.unwrap(), "run-2");
        same(&store.owned("").await.unwrap(), "");
    })
    .await;
}

#[tokio::test]
async fn a_changed_label_is_found_under_its_new_value_only() {
    on_each(async |store| {
        fleet(&store).await;
        let mut orders = store.by_uid("uid-default-orders").await.unwrap().unwrap();
        orders.metadata.labels.insert("tier".into(), "iron".into());
        store.commit(vec![Op::Update(orders)]).await.unwrap();
        check(&store, labels("tier=gold"), "").await;
        check(&store, labels("tier=iron"), "billing orders").await;
        store.commit(vec![Op::Remove { uid: "uid-default-orders".into(), version: None }]).await.unwrap();
        check(&store, labels("tier=iron"), "billing").await;
    })
    .await;
}

#[tokio::test]
async fn facets_count_what_the_query_finds() {
    on_each(async |store| {
        fleet(&store).await;
        let resources = Query { resources: true, ..Query::default() };
        let of = |pairs: &[(&str, i64)]| {
            pairs.iter().map(|(text, number)| ((*text).to_owned(), *number)).collect::<Vec<_>>()
        };
        assert_eq!(store.facets(&resources, Facet::Phase).await.unwrap(), of(&[("", 1), ("Failed", 1), ("Ready", 1)]));
        assert_eq!(store.facets(&resources, Facet::Namespace).await.unwrap(), of(&[("default", 2), ("team", 1)]));
        assert_eq!(store.facets(&Query::default(), Facet::Promise).await.unwrap(), of(&[("postgresql", 5)]));
    })
    .await;
}

#[tokio::test]
async fn a_fleet_is_counted_by_all_that_lists_are_narrowed_by() {
    on_each(async |store| {
        fleet(&store).await;
        let mut made = resource("team", "made");
        made.metadata.labels.insert("midspan.dev/requested-by".into(), "dana".into());
        made.status = json!({"phase": "Ready", "promiseVersion": "v2"});
        stored(&store, made).await;
        let told = async |query: Query, most| {
            let counts = store.fleet(&query, most).await.unwrap().into_iter().map(|count| {
                let words = [count.promise, count.namespace, count.phase, count.made];
                format!("{} {}", words.join("/"), count.number)
            });
            counts.collect::<Vec<_>>().join(", ")
        };
        let all = "postgresql/default/Failed/ 1, postgresql/default/Ready/ 1, postgresql/team// 1, postgresql/team/Ready/v2 1";
        assert_eq!(told(Query::default(), 100).await, all);
        assert_eq!(told(Query::default(), 1).await, "postgresql/default/Failed/ 1");
        assert_eq!(told(labels("tier"), 100).await, "postgresql/default/Failed/ 1, postgresql/default/Ready/ 1");
        check(&store, Query { made: vec!["v2".into()], ..Query::default() }, "made").await;
        check(&store, Query { asked_by: Some("dana".into()), ..Query::default() }, "made").await;
        check(&store, Query { asked_by: Some("' or 1=1 --".into()), ..Query::default() }, "").await;
    })
    .await;
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_in_any_order() {
    on_each(async |store| {
        for n in 0..25 {
            let mut object = resource(if n % 2 == 0 { "even" } else { "odd" }, &format!("r{:02}", n / 2));
            object.metadata.creation_timestamp = Some(crate::at(1000 - n / 5));
            stored(&store, object).await;
        }
        for sort in [Sort::Name, Sort::Created, Sort::Version] {
            for descending in [false, true] {
                let query = Query { sort, descending, ..Query::default() };
                let whole = store.list(&query).await.unwrap();
                assert_eq!((whole.objects.len(), whole.next.is_none()), (25, true));

                let (mut paged, mut after, mut remaining) = (Vec::new(), None, Vec::new());
                loop {
                    let page =
                        store.list(&Query { after, limit: 10, count_remaining: true, ..query.clone() }).await.unwrap();
                    paged.extend(page.objects);
                    remaining.push(page.remaining);
                    let Some(next) = page.next else { break };
                    // as it travels through a URL
                    after = Some(Cursor::parse(&next.to_string()).unwrap());
                }
                assert_eq!(paged, whole.objects, "{sort:?} {descending}");
                assert_eq!(remaining, [Some(15), Some(5), None]);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_list_keeps_the_version_of_its_first_page() {
    on_each(async |store| {
        fleet(&store).await;
        let first = store.list(&Query { limit: 2, ..Query::default() }).await.unwrap();
        stored(&store, resource("default", "zebra")).await;
        let second = store.list(&Query { limit: 2, after: first.next.clone(), ..Query::default() }).await.unwrap();
        assert_eq!((first.version, second.version, store.version().await.unwrap()), (5, 5, 6));
        let wrong_order = Query { sort: Sort::Created, after: first.next, ..Query::default() };
        assert_eq!(store.list(&wrong_order).await.unwrap_err().kind, domain::ErrorKind::BadRequest);
    })
    .await;
}

#[tokio::test]
async fn objects_are_found_by_many_uids() {
    on_each(async |store| {
        fleet(&store).await;
        let found = store.by_uids(["run-1", "nobody", "uid-team-shop_1"]).await.unwrap();
        assert_eq!(found.len(), 2);
        let many: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
        assert!(store.by_uids(many).await.unwrap().is_empty());
    })
    .await;
}
