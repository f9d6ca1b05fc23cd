//! What a transaction stands on: judged when it is stored, also against those of another replica.

use crate::{resource, stored};
use domain::{Error, ErrorKind, Object, Timestamp};
use store::{Guard, Op, Query, Store};
use testkit::databases::databases;

/// Two replicas on one database.
async fn on_two(test: impl AsyncFn(Store, Store)) {
    for database in databases() {
        println!("on {}", database.url());
        let (one, two) = (Store::open(database.url()).await.unwrap(), Store::open(database.url()).await.unwrap());
        test(one.clone(), two.clone()).await;
        one.close().await;
        two.close().await;
    }
}

fn require(guard: Guard) -> Op {
    Op::Require { guard, otherwise: Error::conflict("it does not hold") }
}

fn standing(object: &Object) -> Op {
    require(Guard::Standing { uid: object.metadata.uid.clone() })
}

fn nothing_in(namespace: &str, since: i64) -> Op {
    let query = Query { namespaces: vec![namespace.to_owned()], ..Query::default() };
    require(Guard::Nothing { query: Box::new(query), since })
}

fn gone(object: &Object) -> Op {
    Op::Remove { uid: object.metadata.uid.clone(), version: None }
}

#[track_caller]
fn check(outcome: domain::Result<store::Committed>, holds: bool) {
    let refused = outcome.err().map(|error| (error.kind, error.message));
    assert_eq!(refused, (!holds).then(|| (ErrorKind::Conflict, "it does not hold".to_owned())));
}

#[tokio::test]
async fn what_stands_on_an_object_is_refused_once_that_is_gone_or_going() {
    on_two(async |one, two| {
        let ground = stored(&one, resource("default", "ground")).await;
        check(two.commit(vec![standing(&ground), Op::Create(resource("default", "first"))]).await, true);

        let mut going = ground.clone();
        going.metadata.deletion_timestamp = Some(Timestamp::from_micros(1_000_000));
        let going = stored(&one, going).await;
        check(two.commit(vec![standing(&going), Op::Create(resource("default", "second"))]).await, false);

        one.commit(vec![gone(&going)]).await.unwrap();
        check(two.commit(vec![standing(&going), Op::Create(resource("default", "second"))]).await, false);
        assert_eq!(one.count(&Query::default()).await.unwrap(), 1, "a refused transaction stores nothing");
    })
    .await;
}

#[tokio::test]
async fn nothing_newer_may_have_come_whoever_stored_it() {
    on_two(async |one, two| {
        stored(&one, resource("a", "old")).await;
        let seen = two.version().await.unwrap();
        check(two.commit(vec![nothing_in("a", 0), Op::Create(resource("b", "x"))]).await, false);
        check(two.commit(vec![nothing_in("a", seen), Op::Create(resource("a", "new"))]).await, true);
        check(one.commit(vec![nothing_in("a", seen), Op::Create(resource("b", "y"))]).await, false);
        assert_eq!(one.count(&Query::default()).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn either_the_ground_goes_or_somebody_builds_on_it_and_never_both() {
    on_two(async |one, two| {
        for round in 0..20 {
            let (folder, place) = (resource("folders", &format!("f{round}")), format!("n{round}"));
            let folder = stored(&one, folder).await;
            let build = |store: &Store, name: &str| {
                let (store, ops) = (store.clone(), vec![standing(&folder), Op::Create(resource(&place, name))]);
                async move { store.commit(ops).await }
            };
            let (left, removed, right) = tokio::join!(
                build(&one, "left"),
                two.commit(vec![nothing_in(&place, 0), gone(&folder)]),
                build(&two, "right")
            );
            let query = Query { namespaces: vec![place.clone()], ..Query::default() };
            let built = one.count(&query).await.unwrap();
            let stands = one.by_uid(&folder.metadata.uid).await.unwrap().is_some();
            assert_eq!((removed.is_ok(), built > 0), (!stands, stands), "round {round}");
            assert_eq!(built, i64::from(left.is_ok()) + i64::from(right.is_ok()));
        }
    })
    .await;
}

#[tokio::test]
async fn of_many_who_claim_what_nobody_has_one_gets_it_however_they_are_grouped() {
    on_two(async |one, two| {
        let claims = (0..40).map(|number| {
            let store = if number % 2 == 0 { one.clone() } else { two.clone() };
            let ops = vec![nothing_in("claims", 0), Op::Create(resource("claims", &format!("c{number}")))];
            tokio::spawn(async move { store.commit(ops).await })
        });
        let mut won = 0;
        for claim in claims.collect::<Vec<_>>() {
            won += usize::from(claim.await.unwrap().is_ok());
        }
        assert_eq!(won, 1);
    })
    .await;
}

/// A thing of this owner.
fn owned(owner: &str, name: &str) -> Object {
    let mut object = resource("seats", name);
    let owner = Object::from_value(serde_json::json!({
        "apiVersion": "example.com/v1", "kind": "Owner", "metadata": {"name": owner, "uid": owner},
    }));
    object.metadata.owner_references = vec![owner.unwrap().as_owner()];
    object
}

fn room_for(owner: &str, fewer_than: usize) -> Op {
    let query = Box::new(Query { namespaces: vec!["seats".to_owned()], ..Query::default() });
    require(Guard::Room { query, besides: owner.to_owned(), fewer_than })
}

#[tokio::test]
async fn room_is_counted_by_owners_and_whoever_has_a_seat_keeps_it() {
    on_two(async |one, two| {
        let query = Query { namespaces: vec!["seats".to_owned()], ..Query::default() };
        check(one.commit(vec![room_for("a", 1), Op::Create(owned("a", "a1"))]).await, true);
        check(two.commit(vec![room_for("a", 1), Op::Create(owned("a", "a2"))]).await, true);
        check(two.commit(vec![room_for("b", 1), Op::Create(owned("b", "b1"))]).await, false);
        check(two.commit(vec![room_for("b", 2), Op::Create(owned("b", "b1"))]).await, true);
        assert_eq!(one.count_owners(&query).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn many_that_come_at_once_find_no_more_room_than_there_is() {
    on_two(async |one, two| {
        let mut coming = tokio::task::JoinSet::new();
        for number in 0..40 {
            let (store, owner) = (if number % 2 == 0 { one.clone() } else { two.clone() }, format!("o{number}"));
            let ops = vec![room_for(&owner, 7), Op::Create(owned(&owner, &format!("thing-{number}")))];
            coming.spawn(async move { store.commit(ops).await.is_ok() });
        }
        let came = coming.join_all().await;
        assert_eq!(came.into_iter().filter(|came| *came).count(), 7);
    })
    .await;
}
