//! How many of each there are, counted once for a state of the database: in a large catalog the counts cost more than the page they stand on.

use crate::{Store, object, statement::Statement};
use domain::Result;
use sqlx::FromRow;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::OnceCell;

/// Different questions remembered at once; each has a few short rows for an answer.
const MOST: usize = 512;

/// The rows of `value` and `number`.
pub(crate) type Tally = Vec<(String, i64)>;

type Answer = Arc<OnceCell<Tally>>;

#[derive(FromRow)]
struct TallyRow {
    value: String,
    number: i64,
}

/// Answers that hold at one version of the objects.
#[derive(Default)]
pub(crate) struct Tallies(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    version: i64,
    answers: HashMap<String, Answer>,
}

impl Tallies {
    /// The place of an answer that holds at this version. Whoever comes first fills it; the others wait for that.
    fn at(&self, version: i64, question: String) -> Answer {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if version < remembered.version {
            // somebody slow: the others are further, and keep theirs
            return Answer::default();
        }
        if version > remembered.version || remembered.answers.len() >= MOST {
            *remembered = Remembered { version, answers: HashMap::new() };
        }
        remembered.answers.entry(question).or_default().clone()
    }
}

impl Store {
    /// The rows of a statement about objects. The version is read first, from the database, whoever wrote there: what is committed in between is
    /// in the answer too early, never too late.
    pub(crate) async fn tally(&self, statement: Statement) -> Result<Tally> {
        let version = object::version(&self.db).await?;
        let answer = self.tallies.at(version, format!("{statement:?}"));
        let counted = answer.get_or_try_init(|| async {
            let rows: Vec<TallyRow> = self.db.all(statement).await?;
            Ok(rows.into_iter().map(|row| (row.value, row.number)).collect())
        });
        counted.await.cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Facet, Op, Query};
    use domain::Object;
    use serde_json::json;
    use testkit::databases::databases;

    fn asked_for(name: &str) -> Op {
        let object: Object = serde_json::from_value(json!({
            "apiVersion": "data.example.com/v1", "kind": "Postgresql",
            "metadata": {"name": name, "namespace": "default", "uid": format!("res_{name}"), "labels": {crate::PROMISE_LABEL: "postgresql"}},
        }))
        .unwrap();
        Op::Create(object)
    }

    #[tokio::test]
    async fn a_count_that_is_remembered_is_as_new_as_one_that_is_not() {
        for database in databases() {
            let store = Store::open(database.url()).await.unwrap();
            let other = Store::open(database.url()).await.unwrap();
            let all = Query { resources: true, ..Query::default() };
            for (number, name) in [(0, "a"), (1, "b"), (2, "c")] {
                for replica in [&store, &other, &store] {
                    assert_eq!(replica.count(&all).await.unwrap(), number);
                    let expected = if number == 0 { vec![] } else { vec![("postgresql".to_owned(), number)] };
                    assert_eq!(replica.facets(&all, Facet::Promise).await.unwrap(), expected);
                }
                other.commit(vec![asked_for(name)]).await.unwrap();
            }
        }
    }

    #[test]
    fn an_older_state_is_not_told_to_those_who_know_a_newer_one() {
        let tallies = Tallies::default();
        let newer = tallies.at(2, "how many".into());
        newer.set(vec![("all".into(), 7)]).unwrap();
        assert_eq!(tallies.at(1, "how many".into()).get(), None);
        assert_eq!(tallies.at(2, "how many".into()).get(), Some(&vec![("all".into(), 7)]));
        assert_eq!(tallies.at(3, "how many".into()).get(), None);
    }
}
