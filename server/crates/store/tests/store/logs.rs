//! Logs: read on from where one stopped, or from their end, and told of at once.

use crate::{at, on_each};
use store::{Event, LogChunk, Op, Store, StoredChunk, Tail};
use testkit::databases;

fn chunk(run: &str, text: &str) -> LogChunk {
    LogChunk {
        run: run.into(),
        pipeline: "p".into(),
        step: "render".into(),
        attempt: 2,
        at: at(1),
        stream: "out".into(),
        text: text.into(),
    }
}

fn texts(chunks: &[StoredChunk]) -> Vec<&str> {
    chunks.iter().map(|stored| stored.chunk.text.as_str()).collect()
}

#[tokio::test]
async fn a_log_is_read_on_from_where_one_stopped() {
    on_each(async |store| {
        let error = LogChunk { stream: "err".into(), ..chunk("run-1", "two\n") };
        store.append_log([chunk("run-1", "one\n"), error.clone(), chunk("run-1", "nul \0 three\n")]).await.unwrap();
        store.append_log([chunk("run-2", "other")]).await.unwrap();
        let first = store.log("run-1", 0, 2).await.unwrap();
        assert_eq!(first[1].chunk, error);
        let rest = store.log("run-1", first[1].seq, 10).await.unwrap();
        assert_eq!(texts(&rest), ["nul \u{fffd} three\n"]);
        assert_eq!(store.log_position("run-1").await.unwrap(), rest[0].seq);
        assert_eq!(store.forget_log("run-1").await.unwrap(), 3);
        assert!(store.log("run-1", 0, 10).await.unwrap().is_empty());
        assert_eq!(store.log_position("run-1").await.unwrap(), 0);
    })
    .await;
}

#[track_caller]
fn check(found: &[StoredChunk], expected: &[&str]) {
    assert_eq!(texts(found), expected);
}

#[tokio::test]
async fn the_end_of_a_log_is_had_in_whole_lines_without_reading_the_rest() {
    on_each(async |store| {
        let tail = async |bytes, lines| store.log_tail("run-1", None, Tail { bytes, lines }).await.unwrap();
        check(&tail(100, 10).await, &[]);
        let many = (0..40).map(|n| chunk("run-1", &format!("line {n}\nand {n}\n")));
        store.append_log(many).await.unwrap();
        let other = LogChunk { step: "apply".into(), ..chunk("run-1", "größer\n") };
        store.append_log([other, chunk("run-2", "elsewhere\n")]).await.unwrap();

        check(&tail(1_000, 3).await, &["line 39\nand 39\n", "größer\n"]);
        check(&tail(1_000, 2).await, &["and 39\n", "größer\n"]);
        check(&tail(20, 100).await, &["and 39\n", "größer\n"]);
        // a line that alone is too long is cut, at a character
        check(&tail(6, 100).await, &["ßer\n"]);
        check(&tail(0, 100).await, &[]);
        assert_eq!(tail(10_000, 1_000).await.len(), 41);

        let most = Tail { bytes: 1_000, lines: 1 };
        check(&store.log_tail("run-1", Some(("p", "render")), most).await.unwrap(), &["and 39\n"]);
        check(&store.log_tail("run-1", Some(("p", "none")), most).await.unwrap(), &[]);
    })
    .await;
}

#[tokio::test]
async fn whoever_follows_is_told_of_what_is_only_added() {
    on_each(async |store| {
        let (mut changes, mut versions) = (store.changes(), store.versions());
        let mut told = async |what: &str| {
            tokio::time::timeout(std::time::Duration::from_secs(20), changes.changed()).await.expect(what).unwrap();
            *changes.borrow_and_update()
        };
        store.append_log([chunk("run-1", "one\n")]).await.unwrap();
        assert_eq!(told("a log is told").await, 0);
        store.commit(vec![Op::Event(Event::default())]).await.unwrap();
        assert_eq!(told("an event is told").await, 0);
        assert!(!versions.has_changed().unwrap(), "no object has changed");
        store.commit(vec![Op::Create(crate::resource("default", "a"))]).await.unwrap();
        assert_eq!((told("an object is told").await, *versions.borrow_and_update()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn what_another_replica_adds_is_heard() {
    let Some(database) = databases::postgres() else { return };
    let (here, there) = (Store::open(database.url()).await.unwrap(), Store::open(database.url()).await.unwrap());
    let mut changes = here.changes();
    let heard = async {
        loop {
            there.append_log([chunk("run-1", "more\n")]).await.unwrap();
            let soon = tokio::time::timeout(std::time::Duration::from_millis(200), changes.changed());
            if soon.await.is_ok() && here.log_position("run-1").await.unwrap() > 0 {
                return;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), heard).await.expect("the chunk is heard of");
    here.close().await;
    there.close().await;
}
