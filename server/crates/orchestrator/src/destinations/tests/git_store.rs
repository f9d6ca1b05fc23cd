//! A repository gets one commit for what changed, and keeps everything else.

use super::*;

#[tokio::test]
async fn the_first_write_makes_the_branch_of_an_empty_repository() {
    let world = World::empty_repository();
    let written = world.writes(&[wanted("dev/shop", [("a.yaml", "a: 1\n"), ("deep/b.yaml", "b: 2\n")])]).await.unwrap();
    assert_eq!(written, Written { version: world.head(), changed: true, ..Written::default() });
    assert_eq!(world.tree(), ["dev/shop/a.yaml", "dev/shop/deep/b.yaml"]);
    insta::assert_snapshot!(world.git(&["log", "--format=%an <%ae> %aI%n%B", "main"]), @r"
    Midspan <midspan@localhost> 2026-11-22T18:00:00Z
    Place postgresql default/shop

    Midspan-Store: store-1
    Midspan-Fence: 1
    ");
}

#[tokio::test]
async fn an_update_is_a_second_commit_and_leaves_no_old_file() {
    let world = World::repository().await;
    world.writes(&[wanted("dev/shop", [("a.yaml", "1"), ("b.yaml", "1")])]).await.unwrap();
    let second = world.writes(&[wanted("dev/shop", [("a.yaml", "2"), ("c.yaml", "1")])]).await.unwrap();
    assert_eq!((second.version, second.changed, world.commits()), (world.head(), true, 3));
    assert_eq!(world.tree(), ["README.md", "dev/shop/a.yaml", "dev/shop/c.yaml"]);
    assert_eq!(world.content("dev/shop/a.yaml"), "2");
}

#[tokio::test]
async fn nothing_to_change_makes_no_commit_and_names_the_one_that_holds_it() {
    let world = World::repository().await;
    let shop = [wanted("dev/shop", [("a.yaml", "1")])];
    let first = world.writes(&shop).await.unwrap();
    assert_eq!(
        world.writes(&shop).await.unwrap(),
        Written { version: first.version.clone(), changed: false, ..Written::default() }
    );
    let cold = world.replica().write(&target(&world.backend), &shop, NOW).await.unwrap();
    assert_eq!(cold, Written { version: first.version, changed: false, ..Written::default() });
    assert_eq!(world.commits(), 2);
}

#[tokio::test]
async fn nothing_wanted_of_an_empty_repository_leaves_it_empty() {
    let world = World::empty_repository();
    let gone = world.writes(&[wanted("dev/shop", [])]).await.unwrap();
    assert_eq!(gone, Written { version: String::new(), changed: false, ..Written::default() });
    assert_eq!(world.git(&["for-each-ref"]), "");
}

#[tokio::test]
async fn many_placements_share_one_commit_that_names_only_what_changed() {
    let world = World::repository().await;
    world.writes(&[wanted("dev/a", [("x", "1")]), wanted("dev/b", [("x", "1")])]).await.unwrap();
    world.writes(&[wanted("dev/a", []), wanted("dev/b", [("x", "1")]), wanted("dev/c", [("x", "1")])]).await.unwrap();
    assert_eq!(world.tree(), ["README.md", "dev/b/x", "dev/c/x"]);
    insta::assert_snapshot!(world.git(&["log", "-1", "--format=%B", "main"]), @r"
    Place postgresql default/c, remove postgresql default/a

    + postgresql default/c
    - postgresql default/a

    Midspan-Store: store-1
    Midspan-Fence: 1
    ");
}

#[tokio::test]
async fn what_is_withdrawn_takes_only_its_own_folder() {
    let world = World::repository().await;
    world.writes(&[wanted("dev/shop", [("x", "1")]), wanted("dev/shop2", [("x", "1")])]).await.unwrap();
    world.writes(&[wanted("dev/shop", [])]).await.unwrap();
    assert_eq!(world.tree(), ["README.md", "dev/shop2/x"]);
    assert_eq!(world.reads("dev/shop").await, BTreeMap::new());
}

#[tokio::test]
async fn a_foreign_commit_is_kept() {
    let world = World::repository().await;
    world.writes(&[wanted("dev/shop", [("x", "1")])]).await.unwrap();
    let fay = world.clone_of_another("fay");
    fay.commits("theirs/notes.md", "mine");
    fay.pushes();
    world.writes(&[wanted("dev/shop", [("x", "2")])]).await.unwrap();
    assert_eq!(world.tree(), ["README.md", "dev/shop/x", "theirs/notes.md"]);
    assert_eq!(
        world.git(&["log", "--format=%s", "main"]),
        "Place postgresql default/shop\nAdd theirs/notes.md\nPlace postgresql default/shop\nBegin"
    );
}

#[tokio::test]
async fn drift_in_a_folder_is_put_right_though_we_remember_it_whole() {
    let world = World::repository().await;
    let shop = [wanted("dev/shop", [("x", "1")])];
    world.writes(&shop).await.unwrap();
    let fay = world.clone_of_another("fay");
    fay.commits("dev/shop/x", "drifted");
    fay.commits("dev/shop/extra", "left here");
    fay.pushes();
    assert_eq!(
        world.reads("dev/shop").await,
        BTreeMap::from([("extra".into(), "left here".into()), ("x".into(), "drifted".into())])
    );
    assert!(world.writes(&shop).await.unwrap().changed);
    assert_eq!(world.reads("dev/shop").await, BTreeMap::from([("x".into(), "1".into())]));
}

#[tokio::test]
async fn names_may_be_of_any_script_and_hold_spaces_and_quotes() {
    let world = World::repository().await;
    let shop = wanted(
        "größe/日本 1",
        [("a \"b\".yaml", "1"), ("-rf/ü's {x}.yaml", "2\n"), ("*?[a]", ""), ("\u{1f600}", "\0\u{1}binary\n\n")],
    );
    world.writes(std::slice::from_ref(&shop)).await.unwrap();
    assert!(!world.writes(std::slice::from_ref(&shop)).await.unwrap().changed);
    let expected: BTreeMap<_, _> =
        shop.files.iter().map(|(path, content)| (path.clone(), String::from_utf8(content.to_vec()).unwrap())).collect();
    assert_eq!(world.reads("größe/日本 1").await, expected);
}

#[tokio::test]
async fn a_link_in_the_tree_leads_nowhere() {
    let world = World::repository().await;
    let fay = world.clone_of_another("fay");
    std::os::unix::fs::symlink("/etc", fay.0.join("dev")).unwrap();
    fay.commits("own/keep", "1");
    fay.pushes();
    let error = world.writes(&[wanted("dev/shop", [("x", "1")])]).await.unwrap_err();
    assert_eq!(
        error.message,
        "state store gitops: \"dev\" is not a folder in the repository; remove it there, or choose another path for the destination"
    );
    // Inside a folder of ours a link is drift, and goes.
    world.writes(&[wanted("mine/shop", [("sub/x", "1")])]).await.unwrap();
    git(&fay.0, &["pull", "-q", "origin", "main"]);
    fs::remove_dir_all(fay.0.join("mine/shop/sub")).unwrap();
    std::os::unix::fs::symlink("/etc", fay.0.join("mine/shop/sub")).unwrap();
    fay.commits("own/more", "1");
    fay.pushes();
    assert_eq!(world.reads("mine/shop").await, BTreeMap::new());
    world.writes(&[wanted("mine/shop", [("sub/x", "1")])]).await.unwrap();
    assert_eq!(world.reads("mine/shop").await, BTreeMap::from([("sub/x".into(), "1".into())]));
}

#[tokio::test]
async fn a_path_that_leaves_its_folder_is_refused_before_anything_is_touched() {
    let world = World::repository().await;
    for (root, file) in
        [("../up", "x"), ("/abs", "x"), ("dev/shop", "../x"), ("dev/.GIT", "x"), ("dev/shop", "a//b"), ("", "x")]
    {
        let error = world.writes(&[wanted(root, [(file, "1")])]).await.unwrap_err();
        assert_eq!(error.kind, domain::ErrorKind::BadRequest, "{root} {file}");
    }
    assert_eq!(world.commits(), 1);
    assert!(!world.scratch.at("cache").exists());
}

#[tokio::test]
async fn history_tells_who_touched_a_folder_even_before_we_came() {
    let world = World::repository().await;
    let fay = world.clone_of_another("fay");
    for number in 0..3 {
        fay.commits("dev/shop/x", &number.to_string());
        fay.commits("other/x", &number.to_string());
    }
    fay.pushes();
    world.writes(&[wanted("dev/shop", [("x", "ours")])]).await.unwrap();
    let subjects = async |limit| {
        let commits = world.stores.history(&target(&world.backend), "dev/shop", limit).await.unwrap();
        commits.into_iter().map(|commit| commit.subject).collect::<Vec<_>>()
    };
    assert_eq!(subjects(2).await, ["Place postgresql default/shop", "Add dev/shop/x"]);
    assert_eq!(
        subjects(10).await,
        ["Place postgresql default/shop", "Add dev/shop/x", "Add dev/shop/x", "Add dev/shop/x"]
    );
    let newest = world.stores.history(&target(&world.backend), "dev/shop", 1).await.unwrap().remove(0);
    assert_eq!((newest.sha, newest.at), (world.head(), NOW));
}

#[tokio::test]
async fn the_dev_repository_says_whose_it_is_and_is_made_once() {
    let world = World::repository().await;
    let head = world.head();
    init_bare(&world.remote(), NOW).await.unwrap();
    assert_eq!(world.head(), head);
    assert!(world.content("README.md").starts_with("# What Midspan placed"));
}
