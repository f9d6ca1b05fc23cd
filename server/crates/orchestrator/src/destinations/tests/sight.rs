//! Looking at what stands: one look sees the same whatever the store is, and follows no link.

use super::*;
use crate::destinations::Asked;
use domain::{Digest, drift::Seen};

pub(super) fn asked<const N: usize>(root: &str, owned: bool, files: [(&str, &str); N]) -> Asked {
    let files = files.map(|(path, content)| (path.to_owned(), Digest::of(content)));
    Asked { root: root.to_owned(), files: files.into(), owned }
}

/// `a=as placed, b=other, c=odd`
pub(super) async fn looks(stores: &Stores, target: &Target, asked: Asked) -> String {
    let sight = stores.look(target, vec![asked.clone()]).await.unwrap();
    let word = |path: &str, seen: &Seen| match seen {
        Seen::File(digest) if asked.files.get(path) == Some(digest) => "as placed".to_owned(),
        Seen::File(digest) => match sight.kept.get(digest) {
            Some(kept) => format!("now {:?}", String::from_utf8_lossy(kept)),
            None => "other".to_owned(),
        },
        Seen::Unread => "unread".to_owned(),
        Seen::Odd => "odd".to_owned(),
    };
    let told = sight.folders[0].iter().map(|(path, seen)| format!("{path}={}", word(path, seen)));
    told.collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn a_look_at_a_repository_sees_its_newest_commit() {
    let world = World::repository().await;
    let target = target(&world.backend);
    world.writes(&[wanted("dev/shop", [("a", "1"), ("d/b", "2")]), wanted("dev/shop2", [("x", "9")])]).await.unwrap();
    let shop = asked("dev/shop", true, [("a", "1"), ("d/b", "2"), ("gone", "3")]);
    assert_eq!(looks(&world.stores, &target, shop.clone()).await, "a=as placed, d/b=as placed");
    let fay = world.clone_of_another("fay");
    fay.commits("dev/shop/a", "changed");
    fay.commits("dev/shop/new", "mine");
    std::os::unix::fs::symlink("/etc/passwd", fay.0.join("dev/shop/gone")).unwrap();
    fay.commits("dev/other", "not asked about");
    fay.pushes();
    let seen = "a=now \"changed\", d/b=as placed, gone=odd, new=now \"mine\"";
    assert_eq!(looks(&world.stores, &target, shop.clone()).await, seen);
    // what was read once is not read again, and is still told
    assert_eq!(looks(&world.stores, &target, shop).await, seen);
    let among_others = asked("dev", false, [("other", "x")]);
    assert_eq!(looks(&world.stores, &target, among_others).await, "other=now \"not asked about\"");
    // a look moves no pass of ours away from what it knows to be safe to build on
    world.writes(&[wanted("dev/shop", [("a", "1")])]).await.unwrap();
    assert_eq!(world.tree(), ["README.md", "dev/other", "dev/shop/a", "dev/shop2/x"]);
}

#[tokio::test]
async fn a_repository_that_is_empty_or_away_is_told_apart() {
    let world = World::empty_repository();
    let target = target(&world.backend);
    assert_eq!(looks(&world.stores, &target, asked("dev/shop", true, [("a", "1")])).await, "");
    fs::rename(world.remote(), world.scratch.at("away")).unwrap();
    let error = world.stores.look(&target, vec![asked("dev/shop", true, [("a", "1")])]).await.unwrap_err();
    assert!(error.message.starts_with("state store gitops: "), "{error}");
}

#[tokio::test]
async fn a_look_at_a_directory_follows_no_link() {
    let world = World::directory();
    let (target, top) = (target(&world.backend), world.scratch.at("store"));
    world.writes(&[wanted("dev/shop", [("a", "1"), ("d/b", "2"), ("c", "3")])]).await.unwrap();
    let shop = asked("dev/shop", true, [("a", "1"), ("d/b", "2"), ("c", "3")]);
    assert_eq!(looks(&world.stores, &target, shop.clone()).await, "a=as placed, c=as placed, d/b=as placed");
    fs::write(top.join("dev/shop/a"), "changed").unwrap();
    fs::write(top.join("dev/shop/new"), "mine").unwrap();
    fs::remove_file(top.join("dev/shop/c")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", top.join("dev/shop/c")).unwrap();
    fs::rename(top.join("dev/shop/d"), top.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(top.join("elsewhere"), top.join("dev/shop/d")).unwrap();
    let seen = looks(&world.stores, &target, shop.clone()).await;
    assert_eq!(seen, "a=now \"changed\", c=odd, d=odd, d/b=odd, new=now \"mine\"");
    fs::rename(top.join("dev/shop"), top.join("shop")).unwrap();
    std::os::unix::fs::symlink(top.join("shop"), top.join("dev/shop")).unwrap();
    assert_eq!(looks(&world.stores, &target, shop.clone()).await, "a=odd, c=odd, d/b=odd");
    fs::remove_file(top.join("dev/shop")).unwrap();
    assert_eq!(looks(&world.stores, &target, shop).await, "");
}

#[tokio::test]
async fn many_foreign_files_are_counted_and_few_are_read() {
    let world = World::directory();
    let top = world.scratch.at("store/dev/shop");
    fs::create_dir_all(&top).unwrap();
    for number in 0..30 {
        fs::write(top.join(format!("{number:02}")), format!("{number}")).unwrap();
    }
    fs::write(top.join("large"), "x".repeat(65 << 10)).unwrap();
    let sight =
        world.stores.look(&target(&world.backend), vec![asked("dev/shop", true, [("large", "")])]).await.unwrap();
    assert_eq!((sight.folders[0].len(), sight.kept.len()), (31, 20));
}

/// A write of ours leaves what is others' to change as it stands; the end of the resource does not.
async fn spares(world: &World, meddle: impl AsyncFnOnce()) -> Vec<String> {
    let spared = |wanted: Wanted| Wanted { spared: vec!["*.lock".to_owned()], ..wanted };
    world.writes(&[spared(wanted("dev/shop", [("a", "1"), ("b.lock", "2")]))]).await.unwrap();
    meddle().await;
    world.writes(&[spared(wanted("dev/shop", [("a", "2"), ("b.lock", "3")]))]).await.unwrap();
    let told = world.reads("dev/shop").await.into_iter().map(|(path, text)| format!("{path}={text}")).collect();
    world.writes(&[spared(wanted("dev/shop", []))]).await.unwrap();
    assert_eq!(world.reads("dev/shop").await.len(), 0);
    told
}

#[tokio::test]
async fn what_is_others_to_change_stays_in_a_repository() {
    let world = World::repository().await;
    let meddle = async || {
        let fay = world.clone_of_another("fay");
        fay.commits("dev/shop/b.lock", "theirs");
        fay.commits("dev/shop/d/c.lock", "mine");
        fay.commits("dev/shop/x", "mine");
        fay.pushes();
    };
    assert_eq!(spares(&world, meddle).await, ["a=2", "b.lock=theirs", "d/c.lock=mine"]);
}

#[tokio::test]
async fn what_is_others_to_change_stays_in_a_directory() {
    let world = World::directory();
    let top = world.scratch.at("store/dev/shop");
    let meddle = async || {
        fs::create_dir(top.join("d")).unwrap();
        for (path, text) in [("b.lock", "theirs"), ("d/c.lock", "mine"), ("x", "mine")] {
            fs::write(top.join(path), text).unwrap();
        }
    };
    assert_eq!(spares(&world, meddle).await, ["a=2", "b.lock=theirs", "d/c.lock=mine"]);
}
