//! A directory holds just what was placed, and no link leads a write out of it.

use super::*;
use domain::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, symlink};

impl World {
    fn path(&self, path: &str) -> PathBuf {
        self.scratch.at("store").join(path)
    }

    fn standing(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut ahead = vec![String::new()];
        while let Some(prefix) = ahead.pop() {
            for entry in fs::read_dir(self.path(&prefix)).unwrap().map(std::result::Result::unwrap) {
                let path = format!("{prefix}{}", entry.file_name().into_string().unwrap());
                if entry.file_type().unwrap().is_dir() { ahead.push(format!("{path}/")) } else { found.push(path) }
            }
        }
        found.retain(|path| !path.starts_with(".midspan/"));
        found.sort();
        found
    }
}

#[tokio::test]
async fn files_stand_as_wanted_and_old_ones_go() {
    let world = World::directory();
    let first = world.writes(&[wanted("dev/shop", [("a", "1"), ("deep/b", "1"), ("gone/c", "1")])]).await.unwrap();
    assert_eq!(first, Written { version: String::new(), changed: true, ..Written::default() });
    world.writes(&[wanted("dev/shop", [("a", "2"), ("deep/b", "1")])]).await.unwrap();
    assert_eq!(world.standing(), ["dev/shop/a", "dev/shop/deep/b"]);
    assert!(!world.path("dev/shop/gone").exists());
    assert_eq!(
        world.reads("dev/shop").await,
        BTreeMap::from([("a".into(), "2".into()), ("deep/b".into(), "1".into())])
    );
}

#[tokio::test]
async fn what_is_the_same_is_not_touched() {
    let world = World::directory();
    let shop = [wanted("dev/shop", [("a", "1")])];
    world.writes(&shop).await.unwrap();
    let inode = || fs::metadata(world.path("dev/shop/a")).unwrap().ino();
    let before = inode();
    assert!(!world.writes(&shop).await.unwrap().changed);
    assert_eq!(inode(), before);
}

#[tokio::test]
async fn what_is_withdrawn_goes_with_its_empty_parents_and_nothing_else() {
    let world = World::directory();
    world.writes(&[wanted("dev/x/shop", [("a/b", "1")]), wanted("dev/y/shop", [("a", "1")])]).await.unwrap();
    assert!(world.writes(&[wanted("dev/x/shop", [])]).await.unwrap().changed);
    assert_eq!(world.standing(), ["dev/y/shop/a"]);
    assert!(!world.path("dev/x").exists());
    assert!(!world.writes(&[wanted("dev/x/shop", [])]).await.unwrap().changed);
    world.writes(&[wanted("dev/y/shop", [])]).await.unwrap();
    assert!(!world.path("dev").exists() && world.path("").exists());
}

#[tokio::test]
async fn a_file_and_a_folder_may_change_places() {
    let world = World::directory();
    world.writes(&[wanted("dev/shop", [("a", "1"), ("b/c", "1")])]).await.unwrap();
    world.writes(&[wanted("dev/shop", [("a/x", "1"), ("b", "1")])]).await.unwrap();
    assert_eq!(world.standing(), ["dev/shop/a/x", "dev/shop/b"]);
}

#[tokio::test]
async fn a_link_on_the_way_is_refused_and_nothing_is_written_behind_it() {
    let world = World::directory();
    let outside = world.scratch.at("outside");
    fs::create_dir_all(outside.join("shop")).unwrap();
    fs::write(outside.join("shop/secret"), "keep").unwrap();
    symlink(&outside, world.path("dev")).unwrap();
    for wish in [wanted("dev/shop", [("a", "1")]), wanted("dev/shop", [])] {
        let error = world.writes(&[wish]).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
        assert!(error.message.contains("store/dev is not a folder (a link is not followed)"), "{error}");
    }
    assert!(world.stores.read(&target(&world.backend), "dev/shop").await.is_err());
    assert_eq!(fs::read_dir(outside.join("shop")).unwrap().count(), 1);
}

#[tokio::test]
async fn links_inside_a_folder_of_ours_are_drift_and_go_without_being_followed() {
    let world = World::directory();
    let outside = world.scratch.at("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "keep").unwrap();
    let shop = [wanted("dev/shop", [("sub/a", "1"), ("file", "keep")])];
    world.writes(&shop).await.unwrap();
    fs::remove_dir_all(world.path("dev/shop/sub")).unwrap();
    symlink(&outside, world.path("dev/shop/sub")).unwrap();
    fs::remove_file(world.path("dev/shop/file")).unwrap();
    symlink(outside.join("secret"), world.path("dev/shop/file")).unwrap();
    symlink("/etc", world.path("dev/shop/etc")).unwrap();
    fs::write(world.path("dev/shop/.midspan-unfinished"), "half").unwrap();
    assert!(world.writes(&shop).await.unwrap().changed);
    assert_eq!(world.standing(), ["dev/shop/file", "dev/shop/sub/a"]);
    assert!(fs::symlink_metadata(world.path("dev/shop/file")).unwrap().is_file());

    // The whole folder swapped for a link, then withdrawn: the link goes, what it points to stays.
    fs::remove_dir_all(world.path("dev/shop")).unwrap();
    symlink(&outside, world.path("dev/shop")).unwrap();
    world.writes(&[wanted("dev/shop", [])]).await.unwrap();
    assert!(fs::symlink_metadata(world.path("dev/shop")).is_err());
    assert_eq!(fs::read_to_string(outside.join("secret")).unwrap(), "keep");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_swapped_for_a_link_again_and_again_never_leads_outside() {
    let world = World::directory();
    let outside = world.scratch.at("outside");
    fs::create_dir(&outside).unwrap();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let attacker = std::thread::spawn({
        let (stop, folder, outside) = (stop.clone(), world.path("dev/shop/sub"), outside.clone());
        move || {
            while !stop.load(Ordering::Relaxed) {
                let _ = fs::remove_dir_all(&folder);
                let _ = symlink(&outside, &folder);
                let _ = fs::remove_file(&folder);
            }
        }
    });
    for number in 0..200 {
        // It may fail while someone tears at it; it may not go astray.
        let _ = world.writes(&[wanted("dev/shop", [("sub/a", &number.to_string())])]).await;
    }
    stop.store(true, Ordering::Relaxed);
    attacker.join().unwrap();
    assert_eq!(fs::read_dir(outside).unwrap().count(), 0);
    world.writes(&[wanted("dev/shop", [("sub/a", "1")])]).await.unwrap();
    assert_eq!(world.standing(), ["dev/shop/sub/a"]);
}

#[tokio::test]
async fn a_store_that_is_not_there_is_not_made_up() {
    let world = World::directory();
    fs::remove_dir(world.path("")).unwrap();
    let error = world.writes(&[wanted("dev/shop", [("a", "1")])]).await.unwrap_err();
    assert_eq!(error.causes[0].pointer, "/spec/directory/path");
    let relative = Backend::Directory(DirectoryStore { path: "somewhere".to_owned() });
    assert_eq!(world.stores.check(&target(&relative)).await.unwrap_err().kind, ErrorKind::Invalid);
}

#[tokio::test]
async fn whoever_slept_through_the_loss_of_its_lease_changes_nothing_more() {
    let world = World::directory();
    let shop = |fence: i64, text: &str| [Wanted { fence, ..wanted("dev/shop", [("a", text)]) }];
    let write = async |stores: &Stores, wanted: &[Wanted]| stores.write(&target(&world.backend), wanted, NOW).await;
    write(&world.stores, &shop(5, "old")).await.unwrap();
    // the successor has a cache of its own, as on another machine
    write(&world.replica(), &shop(6, "new")).await.unwrap();
    assert_eq!(write(&world.stores, &shop(5, "older")).await, Err(Unwritten::Overtaken(6)));
    assert_eq!(
        write(&world.stores, &[Wanted { fence: 5, ..wanted("dev/shop", []) }]).await,
        Err(Unwritten::Overtaken(6))
    );
    assert_eq!(fs::read_to_string(world.path("dev/shop/a")).unwrap(), "new");
    // another store in the same directory has a fence of its own
    let other = Target { uid: "store-2".to_owned(), ..target(&world.backend) };
    world.stores.write(&other, &shop(1, "theirs"), NOW).await.unwrap();
    write(&world.stores, &shop(7, "newest")).await.unwrap();
    assert_eq!(fs::read_to_string(world.path("dev/shop/a")).unwrap(), "newest");
}

#[tokio::test]
async fn a_fence_that_was_damaged_is_no_fence() {
    let world = World::directory();
    world.writes(&[wanted("dev/shop", [("a", "1")])]).await.unwrap();
    let note = world.path(".midspan/store-1.fence");
    assert_eq!(fs::read_to_string(&note).unwrap(), "1\n");
    fs::write(&note, "what is this? It is far too long for a number").unwrap();
    world.writes(&[wanted("dev/shop", [("a", "2")])]).await.unwrap();
    assert_eq!(fs::read_to_string(&note).unwrap(), "1\n");
}

#[tokio::test]
async fn a_check_leaves_nothing_behind() {
    let world = World::directory();
    world.stores.check(&target(&world.backend)).await.unwrap();
    assert_eq!(world.standing(), Vec::<String>::new());
}
