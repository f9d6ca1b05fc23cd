//! Reading objects: one by its uid or name, many by a query.

use crate::{
    Store,
    cursor::Cursor,
    db::Db,
    guard::OWNERS,
    object_row::object,
    query::{Facet, Query},
    statement::{Statement, for_values},
};
use domain::{Object, Result};
use sqlx::FromRow;
use std::collections::HashMap;

/// One page of a list.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub objects: Vec<Object>,
    /// Give it to the next query; `None` ends the list.
    pub next: Option<Cursor>,
    /// The version the list's first page was read at: a watch from here misses nothing.
    pub version: i64,
    /// How many follow this page, if the query asks for it.
    pub remaining: Option<i64>,
}

pub(crate) const BY_UID: &str = "select uid, version, document from object where uid = $1";
const BY_UIDS: &str = "select uid, version, document from object where uid in";
pub(crate) const BY_NAME: &str = "
    select uid, version, document from object
    where api_group = $1 and kind = $2 and namespace = $3 and name = $4";
pub(crate) const OWNED: &str = "
    select uid, version, document from object
    where owner = $1 and owner <> '' and active = 1
    order by kind, name, uid";
pub(crate) const OWNED_BY: &str = "
    select owner, uid, version, document from object
    where owner <> '' and active = 1 and owner in";
const IN_ORDER: &str = " order by kind, name, uid";
pub(crate) const SELECT: &str = "select uid, version, document from object";
const COUNT: &str = "select '' as value, count(*) as number from object";
const VERSION: &str = "select value as number from counter where name = 'version'";

impl Store {
    pub async fn by_uid(&self, uid: &str) -> Result<Option<Object>> {
        let row: Option<Found> = self.db.optional(Statement::new(BY_UID).bind(uid)).await?;
        row.map(Found::object).transpose()
    }

    /// Those of the uids that exist, in no order.
    pub async fn by_uids<U: AsRef<str>>(&self, uids: impl IntoIterator<Item = U>) -> Result<Vec<Object>> {
        let mut objects = Vec::new();
        for statement in for_values(BY_UIDS, uids.into_iter().map(|uid| uid.as_ref().to_owned()), "") {
            for row in self.db.all::<Found>(statement).await? {
                objects.push(row.object()?);
            }
        }
        Ok(objects)
    }

    pub async fn by_name(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Result<Option<Object>> {
        let statement = Statement::new(BY_NAME).bind(group).bind(kind).bind(namespace).bind(name);
        let row: Option<Found> = self.db.optional(statement).await?;
        row.map(Found::object).transpose()
    }

    pub async fn list(&self, query: &Query) -> Result<Page> {
        // The version is read first: what is committed in between is told again by a watch from it, never missed.
        let version = match &query.after {
            Some(cursor) => cursor.version,
            None => self.version().await?,
        };
        let mut objects =
            self.find(&Query { limit: query.limit.saturating_add(query.limit.signum()), ..query.clone() }).await?;
        let limit = usize::try_from(query.limit).unwrap_or(0);
        let more = limit > 0 && objects.len() > limit;
        objects.truncate(if more { limit } else { objects.len() });

        let next = objects.last().filter(|_| more).map(|last| Cursor { version, ..Cursor::at(last, query.sort) });
        let remaining = match &next {
            Some(next) if query.count_remaining => Some(self.number_after(query, next).await?),
            _ => None,
        };
        Ok(Page { objects, next, version, remaining })
    }

    /// The objects of a list, for those who neither turn the page nor watch from there.
    pub async fn find(&self, query: &Query) -> Result<Vec<Object>> {
        let mut statement = Statement::new(SELECT);
        query.condition(&mut statement);
        query.go_on(&mut statement)?;
        statement.push(query.order());
        if query.limit > 0 {
            statement.limit(query.limit);
        }
        self.db.all::<Found>(statement).await?.into_iter().map(Found::object).collect()
    }

    pub async fn count(&self, query: &Query) -> Result<i64> {
        let mut statement = Statement::new(COUNT);
        query.condition(&mut statement);
        Ok(self.tally(statement).await?.first().map_or(0, |(_, number)| *number))
    }

    /// How many owners the objects of the query have.
    pub async fn count_owners(&self, query: &Query) -> Result<i64> {
        let mut statement = Statement::new(OWNERS);
        query.condition(&mut statement);
        Ok(self.db.one::<Number>(statement).await?.number)
    }

    /// How many objects of the query there are of each phase, promise or namespace, in the order of their text.
    pub async fn facets(&self, query: &Query, by: Facet) -> Result<Vec<(String, i64)>> {
        let (select, group) = by.select();
        let mut statement = Statement::new(select);
        query.condition(&mut statement);
        statement.push(group);
        self.tally(statement).await
    }

    /// What an object is made of now: finished runs and answered requests are left out.
    pub async fn owned(&self, owner_uid: &str) -> Result<Vec<Object>> {
        let rows: Vec<Found> = self.db.all(Statement::new(OWNED).bind(owner_uid)).await?;
        rows.into_iter().map(Found::object).collect()
    }

    /// The objects of these uids, each with what it is made of now: two looks, however many they are.
    pub async fn with_owned(&self, uids: &[&str]) -> Result<HashMap<String, (Object, Vec<Object>)>> {
        let objects = self.by_uids(uids).await?;
        let mut found: HashMap<_, _> =
            objects.into_iter().map(|object| (object.metadata.uid.clone(), (object, Vec::new()))).collect();
        for statement in for_values(OWNED_BY, uids.iter().copied(), IN_ORDER) {
            for row in self.db.all::<Part>(statement).await? {
                if let Some((_, owned)) = found.get_mut(&row.owner) {
                    owned.push(object("object", &row.uid, row.version, &row.document)?);
                }
            }
        }
        Ok(found)
    }

    /// The newest committed version.
    pub async fn version(&self) -> Result<i64> {
        version(&self.db).await
    }

    async fn number_after(&self, query: &Query, next: &Cursor) -> Result<i64> {
        let mut statement = Statement::new(COUNT);
        query.condition(&mut statement);
        Query { after: Some(next.clone()), ..query.clone() }.go_on(&mut statement)?;
        Ok(self.db.one::<Number>(statement).await?.number)
    }
}

pub(crate) async fn version(db: &Db) -> Result<i64> {
    Ok(db.one::<Number>(Statement::new(VERSION)).await?.number)
}

#[derive(FromRow)]
struct Found {
    uid: String,
    version: i64,
    document: String,
}

#[derive(FromRow)]
struct Part {
    owner: String,
    uid: String,
    version: i64,
    document: String,
}

#[derive(FromRow)]
pub(crate) struct Number {
    pub number: i64,
}

impl Found {
    fn object(self) -> Result<Object> {
        object("object", &self.uid, self.version, &self.document)
    }
}
