//! The statements that run all the time find their rows through indexes: a plan that reads a whole table is a failing test.

use crate::{
    change,
    db::Db,
    fleet,
    object::{self, Number},
    query::{Query, Sort},
    queue, rows,
    statement::{Arg, Statement, for_rows, for_values},
};
use domain::selector::{Requirement, Selector};
use testkit::databases::databases;

/// The statements and, beside each, a word for the failure.
fn hot() -> Vec<(&'static str, Statement)> {
    let text = |number: usize| vec![Arg::from("x"); number];
    let with = |text: &'static str, args: Vec<Arg>| Statement { args, ..Statement::new(text) };
    let mut newest_runs = Statement::new(object::SELECT);
    Query { sort: Sort::Created, descending: true, ..Query::of_kind("midspan.dev", "Run") }.condition(&mut newest_runs);
    newest_runs.push(" order by created desc, uid desc limit ").arg(50);
    let watch = change::Filter::of_kind("midspan.dev", "Run").after(5, 50);
    let mut labelled = Statement::new(object::SELECT);
    let acting = Selector { requirements: vec![Requirement::Exists("acting".to_owned())] };
    Query { labels: acting, resources: true, ..Query::default() }.condition(&mut labelled);
    let mut of_promise = Statement::new(object::SELECT);
    Query { promise: Some("postgresql".into()), ..Query::default() }.condition(&mut of_promise);
    let mut fleet = Statement::new(fleet::COUNT);
    Query { resources: true, name_contains: Some("x".into()), ..Query::default() }.condition(&mut fleet);
    fleet.push(fleet::GROUP);
    vec![
        ("how a fleet stands", fleet),
        ("by uid", with(object::BY_UID, text(1))),
        ("by name", with(object::BY_NAME, text(4))),
        ("owned", with(object::OWNED, text(1))),
        ("owned by several", for_values(object::OWNED_BY, ["a", "b"], "").remove(0)),
        ("newest runs", newest_runs),
        ("watch", watch),
        ("with a rare label", labelled),
        ("of a promise", of_promise),
        ("the writer, by uids", for_values(rows::BY_UIDS, ["a", "b"], "").remove(0)),
        ("the writer, by names", for_rows(rows::BY_NAMES, vec![text(4); 2], rows::BY_NAMES_TAIL).remove(0)),
        ("the writer, by keys", for_values(queue::BY_KEYS, ["a", "b"], "").remove(0)),
        ("free expired", Statement::new(queue::FREE_EXPIRED).bind(1)),
        ("next fence", Statement::new(queue::NEXT_FENCE).bind(5)),
        ("next due", Statement::new(queue::NEXT_DUE)),
    ]
}

fn claim(text: &'static str) -> Statement {
    Statement::new(text).bind("me").bind(2).bind(1).bind(64)
}

#[derive(sqlx::FromRow)]
struct SqliteStep {
    detail: String,
}

#[derive(sqlx::FromRow)]
struct PostgresStep {
    #[sqlx(rename = "QUERY PLAN")]
    line: String,
}

#[tokio::test]
async fn no_hot_statement_reads_a_whole_table() {
    for database in databases() {
        let db = Db::open(database.url()).await.unwrap();
        let on_sqlite = matches!(db, Db::Sqlite { .. });
        // the tables are empty: PostgreSQL, told to avoid it, still reads a table in sequence where there is no other way
        let (mut tx, _) = db.begin::<Number>(rows::LOCK).await.unwrap();
        let claim = ("claim", claim(tx.either(queue::CLAIM_ON_SQLITE, queue::CLAIM_ON_POSTGRES)));
        for (what, mut statement) in hot().into_iter().chain([claim]) {
            let explain = if on_sqlite { "explain query plan " } else { "explain " };
            statement.text = format!("{explain}{}", statement.text).into();
            let plan: Vec<String> = if on_sqlite {
                tx.all::<SqliteStep>(statement).await.unwrap().into_iter().map(|step| step.detail).collect()
            } else {
                tx.all::<PostgresStep>(statement).await.unwrap().into_iter().map(|step| step.line).collect()
            };
            let reads_all = |step: &&String| {
                let whole = ["SCAN object", "SCAN removed", "SCAN queue", "SCAN first", "Seq Scan on"]
                    .iter()
                    .any(|word| step.contains(word));
                whole && !step.contains("USING INDEX") && !step.contains("USING COVERING INDEX")
            };
            assert_eq!(plan.iter().find(reads_all), None, "{what}: {plan:#?}");
            if what.contains("fleet") {
                // and no document is looked at
                let covering = if on_sqlite { "COVERING INDEX object_fleet" } else { "object_fleet" };
                assert!(plan.iter().any(|step| step.contains(covering)), "{what}: {plan:#?}");
            }
            if what.contains("by name") {
                // and not by reading all of a kind, which an index in order of time offers
                assert!(plan.iter().any(|step| step.contains("object_name")), "{what}: {plan:#?}");
            }
        }
        drop(tx);
        db.close().await;
    }
}
