//! How resources stand, counted by all that lists are narrowed by: read from one index, without one document.

use crate::{Store, query::Query, statement::Statement};
use domain::Result;
use sqlx::FromRow;

/// So many resources are alike in all of this.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct FleetCount {
    pub promise: String,
    pub namespace: String,
    pub phase: String,
    /// The promise's version that made what is placed; empty before that.
    pub made: String,
    pub number: i64,
}

pub(crate) const COUNT: &str = "select promise, namespace, phase, made, count(*) as number from object";
pub(crate) const GROUP: &str = " group by promise, namespace, phase, made";

impl Store {
    /// The resources of a query, counted. Of no more than `most` combinations, in the order of their promises.
    pub async fn fleet(&self, query: &Query, most: i64) -> Result<Vec<FleetCount>> {
        let mut statement = Statement::new(COUNT);
        Query { resources: true, ..query.clone() }.condition(&mut statement);
        statement.push(GROUP).push(" order by promise, namespace, phase, made").limit(most);
        self.db.all(statement).await
    }
}
