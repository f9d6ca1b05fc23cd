//! Lists that people come back to, each under a name of its owner's choice.

use crate::{Store, statement::Statement};
use domain::{Result, Timestamp};
use sqlx::FromRow;

/// Somebody's own view of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedView {
    pub id: String,
    pub person: String,
    /// Which list: `resources`.
    pub list: String,
    pub name: String,
    /// As they stand in an address, behind the question mark.
    pub filters: String,
    pub created: Timestamp,
}

const INSERT: &str = "
    insert into saved_view (id, person, list, name, filters, created) values ($1, $2, $3, $4, $5, $6)
    on conflict do nothing";
const OF: &str = "
    select id, person, list, name, filters, created from saved_view
    where person = $1 and list = $2 order by name limit $3";
const RENAME: &str = "
    update saved_view set name = $3
    where id = $1 and person = $2 and not exists (
        select 1 from saved_view as other
        where other.person = $2 and other.list = saved_view.list and other.name = $3 and other.id <> $1)";
const DELETE: &str = "delete from saved_view where id = $1 and person = $2";
const FORGET: &str = "delete from saved_view where person = $1";

impl Store {
    /// Whether the name was free.
    pub async fn save_view(&self, view: &SavedView) -> Result<bool> {
        let statement = Statement::new(INSERT)
            .bind(&view.id)
            .bind(&view.person)
            .bind(&view.list)
            .bind(&view.name)
            .bind(&view.filters)
            .bind(view.created);
        Ok(self.writer.statements(vec![statement]).await? > 0)
    }

    /// Somebody's views of a list, by name.
    pub async fn saved_views(&self, person: &str, list: &str, limit: i64) -> Result<Vec<SavedView>> {
        let rows: Vec<SavedViewRow> = self.db.all(Statement::new(OF).bind(person).bind(list).bind(limit)).await?;
        Ok(rows.into_iter().map(SavedView::from).collect())
    }

    /// Whether there was one of theirs, and the name was free.
    pub async fn rename_view(&self, id: &str, person: &str, name: &str) -> Result<bool> {
        Ok(self.writer.statements(vec![Statement::new(RENAME).bind(id).bind(person).bind(name)]).await? > 0)
    }

    /// Whether there was one of theirs.
    pub async fn delete_view(&self, id: &str, person: &str) -> Result<bool> {
        Ok(self.writer.statements(vec![Statement::new(DELETE).bind(id).bind(person)]).await? > 0)
    }

    /// All that somebody has saved goes with their name.
    pub async fn forget_views(&self, person: &str) -> Result<()> {
        self.writer.statements(vec![Statement::new(FORGET).bind(person)]).await.map(drop)
    }
}

#[derive(FromRow)]
struct SavedViewRow {
    id: String,
    person: String,
    list: String,
    name: String,
    filters: String,
    created: i64,
}

impl From<SavedViewRow> for SavedView {
    fn from(row: SavedViewRow) -> Self {
        let SavedViewRow { id, person, list, name, filters, created } = row;
        Self { id, person, list, name, filters, created: Timestamp::from_micros(created) }
    }
}
