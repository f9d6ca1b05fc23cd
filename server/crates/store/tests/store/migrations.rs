//! Schemas: opened twice, opened together, and refused when they come from the future.

use crate::{resource, stored};
use sqlx::Connection;
use store::Store;
use testkit::databases::databases;

#[tokio::test]
async fn opening_again_keeps_what_is_there() {
    for database in databases() {
        let store = Store::open(database.url()).await.unwrap();
        stored(&store, resource("default", "shop")).await;
        store.close().await;
        let store = Store::open(database.url()).await.unwrap();
        assert_eq!((store.version().await.unwrap(), *store.changes().borrow()), (1, 1));
        store.close().await;
    }
}

#[tokio::test]
async fn replicas_may_start_together() {
    let Some(database) = testkit::databases::postgres() else { return };
    let opening = (0..4).map(|_| {
        let url = database.url().to_owned();
        tokio::spawn(async move { Store::open(&url).await })
    });
    for store in opening.collect::<Vec<_>>() {
        store.await.unwrap().unwrap().close().await;
    }
}

#[tokio::test]
async fn a_database_of_a_newer_midspan_is_refused_in_words() {
    for database in databases() {
        Store::open(database.url()).await.unwrap().close().await;
        pretend_newer_schema(database.url()).await.unwrap();
        let error = Store::open(database.url()).await.err().expect("a newer schema is refused");
        assert!(error.message.contains("newer Midspan (its schema is 9999"), "{error}");
    }
}

async fn pretend_newer_schema(url: &str) -> sqlx::Result<()> {
    const NEWER: &str = "
        insert into _sqlx_migrations (version, description, success, checksum, execution_time)
        select 9999, 'later', success, checksum, 0 from _sqlx_migrations where version = 1";
    if url.starts_with("sqlite") {
        let mut connection = sqlx::SqliteConnection::connect(url).await?;
        sqlx::query(NEWER).execute(&mut connection).await?;
        connection.close().await
    } else {
        let mut connection = sqlx::PgConnection::connect(url).await?;
        sqlx::query(NEWER).execute(&mut connection).await?;
        connection.close().await
    }
}

#[tokio::test]
async fn a_wrong_address_says_what_is_right() {
    for url in ["mysql://x", "nonsense", ""] {
        let error = Store::open(url).await.err().expect("refused");
        assert!(error.message.contains("begins with sqlite: or postgres:"), "{error}");
    }
    let error = Store::open("sqlite:/nowhere/at/all.db").await.err().expect("refused");
    assert!(error.message.contains("cannot be opened"), "{error}");
}
