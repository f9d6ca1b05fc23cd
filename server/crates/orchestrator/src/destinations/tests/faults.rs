//! What goes wrong around a repository is survived, or told in words that help.

use super::*;
use domain::{Error, ErrorKind, destination::GitCredentials};
use std::time::Instant;

#[track_caller]
fn check(result: Result<impl std::fmt::Debug, impl Into<Error>>, kind: ErrorKind, words: &str) {
    let error: Error = result.map_err(Into::into).unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    assert!(error.message.contains(words), "{error}");
}

#[tokio::test]
async fn a_branch_that_was_rewound_is_not_wound_forward_again() {
    let world = World::repository().await;
    let begin = world.head();
    world.writes(&[wanted("dev/a", [("x", "1")])]).await.unwrap();
    world.writes(&[wanted("dev/b", [("x", "1")])]).await.unwrap();
    world.git(&["update-ref", "refs/heads/main", &begin]);
    world.writes(&[wanted("dev/c", [("x", "1")])]).await.unwrap();
    assert_eq!(world.tree(), ["README.md", "dev/c/x"]);
}

#[tokio::test]
async fn a_branch_that_was_replaced_by_force_is_built_upon() {
    let world = World::repository().await;
    world.writes(&[wanted("dev/a", [("x", "1")])]).await.unwrap();
    let fay = world.clone_of_another("fay");
    git(&fay.0, &["checkout", "-q", "--orphan", "fresh"]);
    git(&fay.0, &["rm", "-rfq", "."]);
    fay.commits("fresh", "1");
    git(&fay.0, &["push", "-q", "--force", "origin", "HEAD:main"]);
    world.writes(&[wanted("dev/a", [("x", "1")])]).await.unwrap();
    assert_eq!(world.tree(), ["dev/a/x", "fresh"]);
    assert_eq!(world.commits(), 2);
}

#[tokio::test]
async fn a_hook_that_refuses_is_quoted() {
    let world = World::repository().await;
    world.hook("pre-receive", "echo 'every commit needs a ticket' >&2; exit 1");
    let refused = world.writes(&[wanted("dev/a", [("x", "1")])]).await;
    check(
        refused,
        ErrorKind::Forbidden,
        "state store gitops: the repository refused the change to main: pre-receive hook declined: every commit needs a ticket",
    );
    assert_eq!(world.commits(), 1);
    // The rule is lifted: the same write goes through.
    world.hook("pre-receive", "exit 0");
    world.writes(&[wanted("dev/a", [("x", "1")])]).await.unwrap();
}

#[tokio::test]
async fn a_cache_that_was_corrupted_is_made_anew() {
    let world = World::repository().await;
    let damages: [fn(&Path); 5] = [
        |cache| fs::remove_dir_all(cache.join("objects")).unwrap(),
        |cache| fs::write(cache.join("HEAD"), "nonsense").unwrap(),
        |cache| fs::write(cache.join("config"), "[core").unwrap(),
        |cache| fs::write(cache.join("shallow"), "0000").unwrap(),
        |cache| {
            for name in ["HEAD.lock", "shallow.lock", "refs/midspan/head.lock", "refs/midspan/next.lock"] {
                fs::write(cache.join(name), "").unwrap();
            }
        },
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        world.writes(&[wanted("dev/a", [("x", &format!("{number}"))])]).await.unwrap();
        damage(&world.scratch.at(&format!("cache/{UID}.git")));
        let after_restart = stores(&world.scratch.at("cache"));
        let again = [wanted("dev/a", [("x", &format!("{number} again"))])];
        let stores = if number % 2 == 0 { &world.stores } else { &after_restart };
        stores.write(&target(&world.backend), &again, NOW).await.unwrap_or_else(|error| panic!("{number}: {error:?}"));
        assert_eq!(world.content("dev/a/x"), format!("{number} again"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_dropped_at_any_moment_is_done_or_not_and_can_be_repeated() {
    let world = World::repository().await;
    for step in 0..60 {
        let shop = [wanted("dev/shop", [("x", &step.to_string()), ("y", &"y".repeat(step * 1000))])];
        let write = world.writes(&shop);
        let _ = tokio::time::timeout(Duration::from_micros(700 * u64::try_from(step).unwrap()), write).await;
        if step % 3 == 0 {
            world.writes(&shop).await.unwrap();
            assert_eq!(world.content("dev/shop/x"), step.to_string());
        }
    }
    assert_eq!(world.git(&["fsck", "--strict", "--no-dangling"]), "");
    let left: Vec<_> = walk(&world.remote())
        .into_iter()
        .filter(|path| Path::new(path).extension().is_some_and(|extension| extension == "lock"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

/// Without `stale::clear_stale_lock` every push is refused and this fails after sixty attempts.
#[tokio::test]
async fn the_lock_of_a_git_that_was_killed_is_taken_away_and_one_in_use_is_not() {
    let world = World::repository().await;
    world.writes(&[wanted("dev/a", [("x", "1")])]).await.unwrap();
    let lock = world.remote().join("refs/heads/main.lock");
    fs::write(&lock, "").unwrap();
    world.writes(&[wanted("dev/b", [("x", "1")])]).await.unwrap();
    assert!(!lock.exists());
    let hasty = Stores::with_patience(world.scratch.at("hasty"), Patience { attempts: 2, ..PATIENCE });
    let write = async || hasty.write(&target(&world.backend), &[wanted("dev/c", [("x", "1")])], NOW).await;
    fs::write(&lock, "").unwrap();
    let mut somebody = Command::new("sleep").arg("1000").current_dir(world.remote()).spawn().unwrap();
    for _ in 0..2 {
        tokio::time::sleep(PATIENCE.stale).await;
        check(write().await, ErrorKind::ServiceUnavailable, "moved during each of 2 attempts");
    }
    somebody.kill().unwrap();
    somebody.wait().unwrap();
    // git's own housekeeping may still be at work in the repository for a moment: this needs patience
    world.writes(&[wanted("dev/c", [("x", "1")])]).await.unwrap();
    assert_eq!(world.tree(), ["README.md", "dev/a/x", "dev/b/x", "dev/c/x"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_that_hangs_is_given_up_and_its_processes_end() {
    let world = World::repository().await;
    world.writes(&[wanted("dev/a", [("x", "1")])]).await.unwrap();
    let pid_file = world.scratch.at("pid");
    world.hook("pre-receive", &format!("echo $$ > {}; exec sleep 1000", pid_file.display()));
    let patience =
        Patience { local: Duration::from_secs(5), network: Duration::from_millis(700), attempts: 3, ..PATIENCE };
    let impatient = Stores::with_patience(world.scratch.at("cache"), patience);
    let given_up = impatient.write(&target(&world.backend), &[wanted("dev/b", [("x", "1")])], NOW).await;
    check(given_up, ErrorKind::ServiceUnavailable, "git push took longer");
    let pid = fs::read_to_string(pid_file).unwrap();
    let proc = PathBuf::from(format!("/proc/{}/stat", pid.trim()));
    let gone = || fs::read_to_string(&proc).map_or(true, |stat| stat.contains(") Z "));
    let deadline = Instant::now() + Duration::from_secs(10);
    while !gone() {
        assert!(Instant::now() < deadline, "the hook still runs");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_check_asks_for_everything_and_changes_nothing() {
    let world = World::repository().await;
    let head = world.head();
    world.stores.check(&target(&world.backend)).await.unwrap();
    assert_eq!(world.head(), head);
    let empty = World::empty_repository();
    empty.stores.check(&target(&empty.backend)).await.unwrap();
    assert_eq!(empty.git(&["for-each-ref"]), "");
}

#[tokio::test]
async fn what_cannot_work_is_told_where_it_is_written() {
    let world = World::without_repository();
    check(
        world.stores.check(&target(&world.backend)).await,
        ErrorKind::NotFound,
        "there is no repository at spec.git.url",
    );
    let there = World::repository().await;
    let with = |change: fn(&mut GitStore)| {
        let Backend::Git(mut store) = there.backend.clone() else { unreachable!() };
        change(&mut store);
        Backend::Git(store)
    };
    let typo = with(|store| store.branch = "mian".to_owned());
    check(
        there.stores.check(&target(&typo)).await,
        ErrorKind::NotFound,
        "there is no branch \"mian\" in the repository (it has main)",
    );
    let evil = with(|store| store.url = "ext::sh -c id".to_owned());
    check(there.stores.check(&target(&evil)).await, ErrorKind::Invalid, "spec.git.url");
    let closed = with(|store| store.url = "https://127.0.0.1:1/x.git".to_owned());
    check(
        there.stores.check(&target(&closed)).await,
        ErrorKind::ServiceUnavailable,
        "the repository cannot be reached",
    );
    let author = with(|store| store.author.name = "A <b>".to_owned());
    check(
        there.stores.write(&target(&author), &[wanted("a", [("x", "1")])], NOW).await,
        ErrorKind::Invalid,
        "spec.git.author.name",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_reaches_its_host_and_nothing_else() {
    let scratch = Scratch::new();
    fs::write(scratch.at("token"), "sesame-4711\n").unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/team/fleet.git", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 8192];
        let length = stream.read(&mut request).await.unwrap();
        let body = "the token c2Vz is bad: sesame-4711";
        let head = format!(
            "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all((head + body).as_bytes()).await.unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let password_file = scratch.at("token").display().to_string();
    let credentials = Some(GitCredentials::Basic { username: "bot".to_owned(), password_file });
    let backend = Backend::Git(GitStore { url, branch: "main".to_owned(), credentials, ..GitStore::default() });
    let error = stores(&scratch.at("cache")).check(&target(&backend)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden, "{error}");
    assert!(!error.to_string().contains("4711"), "{error}");
    let request = served.await.unwrap();
    assert!(request.contains("Authorization: Basic Ym90OnNlc2FtZS00NzEx"), "{request}");
    let kept = walk(&scratch.at("cache"))
        .into_iter()
        .any(|path| fs::read_to_string(path).is_ok_and(|text| text.contains("Ym90")));
    assert!(!kept, "the token was written to the cache");
}

fn walk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut ahead = vec![folder.to_owned()];
    while let Some(folder) = ahead.pop() {
        for entry in fs::read_dir(folder).unwrap().map(std::result::Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                ahead.push(entry.path());
            } else {
                found.push(entry.path().display().to_string());
            }
        }
    }
    found
}
