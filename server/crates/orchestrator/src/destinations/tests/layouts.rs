//! Files that stand among those of others: what comes, what goes, what is left alone.

use super::*;
use std::collections::BTreeSet;

fn files<const N: usize>(root: &str, stand: [(&str, &str); N], gone: &[&str]) -> Wanted {
    let gone = gone.iter().map(|path| (*path).to_owned()).collect();
    Wanted { shape: Shape::Files { gone }, ..wanted(root, stand) }
}

/// A placement of a flat destination, called `name`.
fn flat<const N: usize>(root: &str, name: &str, stand: [(&str, &str); N], kept: &[&str]) -> Wanted {
    let kept: BTreeSet<String> = kept.iter().map(|path| (*path).to_owned()).collect();
    let shape = Shape::Listed { ledger: format!(".kratix/default-{name}.yaml"), store_path: String::new(), kept };
    Wanted { shape, id: name.to_owned(), ..wanted(root, stand) }
}

/// Every file below the destination, in whichever store.
async fn stands(world: &World) -> Vec<String> {
    world.reads("dev").await.into_keys().collect()
}

async fn in_each(story: impl AsyncFn(World)) {
    story(World::repository().await).await;
    story(World::directory()).await;
}

#[tokio::test]
async fn named_files_come_and_go_and_all_others_stay() {
    in_each(async |world| {
        world
            .writes(&[wanted("dev/theirs", [("x", "1")]), files("dev", [("a.yaml", "1"), ("b/c", "1")], &[])])
            .await
            .unwrap();
        let second = [files("dev", [("a.yaml", "2")], &["b/c", "never"])];
        assert!(world.writes(&second).await.unwrap().changed);
        assert_eq!(stands(&world).await, ["a.yaml", "theirs/x"]);
        assert!(!world.writes(&second).await.unwrap().changed, "the second time changes nothing");
        assert!(world.writes(&[files("dev", [], &["a.yaml"])]).await.unwrap().changed);
        assert_eq!(stands(&world).await, ["theirs/x"]);
    })
    .await;
}

#[tokio::test]
async fn what_a_flat_placement_no_longer_wants_goes_by_its_list_and_the_list_with_the_last_file() {
    in_each(async |world| {
        world
            .writes(&[flat("dev", "p1", [("a", "1"), ("d/b", "1")], &[]), flat("dev", "p2", [("c", "1")], &[])])
            .await
            .unwrap();
        assert_eq!(stands(&world).await, [".kratix/default-p1.yaml", ".kratix/default-p2.yaml", "a", "c", "d/b"]);
        world.writes(&[flat("dev", "p1", [("a", "2")], &["c"])]).await.unwrap();
        assert_eq!(stands(&world).await, [".kratix/default-p1.yaml", ".kratix/default-p2.yaml", "a", "c"]);
        world.writes(&[flat("dev", "p1", [], &["c"])]).await.unwrap();
        assert_eq!(stands(&world).await, [".kratix/default-p2.yaml", "c"]);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_has_passed_to_another_placement_stays() {
    in_each(async |world| {
        world.writes(&[flat("dev", "old", [("a", "1")], &[])]).await.unwrap();
        world.writes(&[flat("dev", "new", [("a", "2")], &[])]).await.unwrap();
        world.writes(&[flat("dev", "old", [], &["a"])]).await.unwrap();
        assert_eq!(stands(&world).await, [".kratix/default-new.yaml", "a"]);
    })
    .await;
}

#[tokio::test]
async fn at_the_top_of_a_store_files_stand_under_their_own_names() {
    let world = World::repository().await;
    world.writes(&[flat("", "p", [("a.yaml", "1")], &[])]).await.unwrap();
    assert_eq!(world.tree(), [".kratix/default-p.yaml", "README.md", "a.yaml"]);
    assert_eq!(world.content(".kratix/default-p.yaml"), "files:\n- \"a.yaml\"");
}

#[tokio::test]
async fn what_stands_in_the_way_of_one_placement_keeps_no_other_from_being_written() {
    in_each(async |world| {
        world.writes(&[files("dev", [("folder/x", "theirs"), ("file", "theirs")], &[])]).await.unwrap();
        let wishes = [
            files("dev", [("folder", "ours")], &[]),
            Wanted { id: "below a file".to_owned(), ..wanted("dev/file/ours", [("x", "1")]) },
            Wanted { id: "fine".to_owned(), ..wanted("dev/shop", [("x", "1")]) },
            Wanted { id: "evil".to_owned(), ..wanted("dev/evil", [("../x", "1")]) },
        ];
        let written = world.stores.write(&target(&world.backend), &wishes, NOW).await.unwrap();
        let mut refused: Vec<&str> = written.refused.iter().map(|one| one.id.as_str()).collect();
        refused.sort_unstable();
        assert_eq!(refused, ["below a file", "evil", "placement-dev"]);
        assert_eq!(stands(&world).await, ["file", "folder/x", "shop/x"]);
        assert!(written.refused.iter().all(|one| one.error.message.starts_with("state store gitops: ")));
    })
    .await;
}

#[tokio::test]
async fn what_is_others_to_change_stays_among_files_of_others_until_the_last_goes() {
    in_each(async |world| {
        let spared = |stand: &[(&str, &str)]| Wanted {
            spared: vec!["*.lock".to_owned()],
            files: stand.iter().map(|(path, text)| ((*path).to_owned(), Bytes::from((*text).to_owned()))).collect(),
            ..flat("dev", "p1", [], &[])
        };
        world.writes(&[spared(&[("a", "1"), ("b.lock", "1"), ("c.lock", "1")])]).await.unwrap();
        world.writes(&[spared(&[("a", "2"), ("b.lock", "2"), ("d.lock", "2")])]).await.unwrap();
        let told: Vec<_> =
            world.reads("dev").await.into_iter().filter(|(path, _)| !path.starts_with(".kratix")).collect();
        let told: Vec<_> = told.into_iter().map(|(path, text)| format!("{path}={text}")).collect();
        assert_eq!(told, ["a=2", "b.lock=1", "c.lock=1", "d.lock=2"]);
        let again = world.writes(&[spared(&[("a", "2"), ("b.lock", "2"), ("d.lock", "2")])]).await.unwrap();
        assert!(!again.changed, "the second time changes nothing");
        world.writes(&[spared(&[])]).await.unwrap();
        assert_eq!(stands(&world).await.len(), 0);
    })
    .await;
}
