//! Sealed values: nobody reads them without the key, nobody moves them, keys can be changed while everything goes on.

use crate::{at, object};
use domain::{ErrorKind, Object};
use serde_json::json;
use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};
use store::{Op, OuterKey, Place, Store};
use testkit::databases::{Database, databases};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const ANOTHER: &str = "//ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const PLAIN: &str = "canary-4711-in-the-mine";

/// Never the same twice.
#[expect(clippy::unnecessary_wraps, reason = "the shape of the real one")]
fn counted(bytes: &mut [u8]) -> domain::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    for chunk in bytes.chunks_mut(8) {
        let number = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        chunk.copy_from_slice(&number[8 - chunk.len()..]);
    }
    Ok(())
}

async fn open(database: &Database, key: &str) -> domain::Result<Store> {
    println!("on {}", database.url());
    Store::open(database.url()).await.unwrap().unlocked(OuterKey::parse(key).unwrap(), counted, at(1)).await
}

fn secret() -> Object {
    object(json!({"apiVersion": "v1", "kind": "Secret", "data": {"password": ""},
                  "metadata": {"name": "db", "namespace": "default", "uid": "secret-1", "generation": 1}}))
}

fn place(key: &str) -> Place<'_> {
    Place { uid: "secret-1", namespace: "default", name: "db", key }
}

async fn put(store: &Store, key: &str, value: &str) {
    let sealed = store.seal(&place(key), value.as_bytes()).await.unwrap();
    store.commit(vec![Op::Put(secret()), sealed]).await.unwrap();
}

#[track_caller]
fn check_is(values: &std::collections::BTreeMap<String, store::Opened>, expected: &[(&str, &str)]) {
    let told: Vec<(&str, &str)> = values.iter().map(|(key, value)| (key.as_str(), value.text().unwrap())).collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_secret_is_read_by_its_name_and_goes_with_its_object() {
    for database in databases() {
        let store = open(&database, KEY).await.unwrap();
        put(&store, "password", PLAIN).await;
        put(&store, "user", "ana").await;
        check_is(&store.secret("default", "db").await.unwrap().unwrap(), &[("password", PLAIN), ("user", "ana")]);
        let gone = Op::Unseal { uid: "secret-1".into(), key: "user".into() };
        store.commit(vec![gone]).await.unwrap();
        check_is(&store.secret("default", "db").await.unwrap().unwrap(), &[("password", PLAIN)]);
        store.commit(vec![Op::Remove { uid: "secret-1".into(), version: None }]).await.unwrap();
        assert!(store.secret("default", "db").await.unwrap().is_none());
        store.commit(vec![Op::Put(secret())]).await.unwrap();
        check_is(&store.secret("default", "db").await.unwrap().unwrap(), &[]);
        store.close().await;
    }
}

#[tokio::test]
async fn the_plain_value_is_in_no_file_of_the_database() {
    let database = testkit::databases::sqlite();
    let store = open(&database, KEY).await.unwrap();
    put(&store, "password", PLAIN).await;
    store.reseal().await.unwrap();
    let file = database.url().strip_prefix("sqlite:").unwrap();
    let mut read = 0;
    for name in [file.to_owned(), format!("{file}-wal")] {
        let bytes = fs::read(Path::new(&name)).unwrap();
        read += bytes.len();
        assert!(!bytes.windows(PLAIN.len()).any(|window| window == PLAIN.as_bytes()), "in {name}");
    }
    assert!(read > 10_000, "the files were looked at");
    store.close().await;
}

#[tokio::test]
async fn a_server_with_another_key_is_told_so_at_once() {
    for database in databases() {
        let store = open(&database, KEY).await.unwrap();
        let error = open(&database, ANOTHER).await.err().unwrap();
        assert_eq!(
            (error.kind, error.message.as_str()),
            (
                ErrorKind::Forbidden,
                "the secrets in this database are sealed under another key: give this server the key of the first one with --key-file"
            )
        );
        store.close().await;
    }
}

#[tokio::test]
async fn a_new_data_key_takes_everything_over_while_others_go_on() {
    for database in databases() {
        let (store, other) = (open(&database, KEY).await.unwrap(), open(&database, KEY).await.unwrap());
        for number in 0..150 {
            put(&store, &format!("k{number:03}"), "old").await;
        }
        assert_eq!(store.rotate_data_key(at(2)).await.unwrap(), 2);
        put(&other, "k000", "new").await;
        let mut slices = Vec::new();
        loop {
            slices.push(store.reseal().await.unwrap());
            if slices.last() == Some(&0) {
                break;
            }
        }
        assert_eq!(slices, [100, 49, 0]);
        assert_eq!(store.forget_data_keys().await.unwrap(), 1);
        let values = other.secret("default", "db").await.unwrap().unwrap();
        assert_eq!((values["k000"].text(), values["k149"].text()), (Some("new"), Some("old")));
        store.close().await;
        other.close().await;
    }
}

#[tokio::test]
async fn a_new_outer_key_opens_what_the_old_one_sealed() {
    for database in databases() {
        let store = open(&database, KEY).await.unwrap();
        put(&store, "password", PLAIN).await;
        assert_eq!(store.rewrap(&OuterKey::parse(ANOTHER).unwrap()).await.unwrap(), 1);
        put(&store, "user", "ana").await;
        store.close().await;
        assert!(open(&database, KEY).await.is_err());
        let store = open(&database, ANOTHER).await.unwrap();
        check_is(&store.secret("default", "db").await.unwrap().unwrap(), &[("password", PLAIN), ("user", "ana")]);
        store.close().await;
    }
}

#[tokio::test]
async fn a_config_map_gives_text_and_bytes() {
    for database in databases() {
        let store = Store::open(database.url()).await.unwrap();
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "default", "uid": "m1"},
                         "data": {"mode": "fast"}, "binaryData": {"raw": "AP8="}});
        store.commit(vec![Op::Create(object(map))]).await.unwrap();
        let values = store.config_map("default", "m").await.unwrap().unwrap();
        assert_eq!((values["mode"].as_slice(), values["raw"].as_slice()), (b"fast".as_slice(), [0, 255].as_slice()));
        assert!(store.config_map("default", "none").await.unwrap().is_none());
        store.close().await;
    }
}
