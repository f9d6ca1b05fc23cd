//! What is good once and for a short time, under the hash of what opens it: sign-ins under way, devices that wait to be let in.

use crate::{Store, object_row::corrupt, statement::Statement};
use domain::{Result, Timestamp};
use serde_json::Value;
use sqlx::FromRow;

const PUT: &str = "insert into ticket (hash, kind, data, expires) values ($1, $2, $3, $4) on conflict do nothing";
const READ: &str = "select data from ticket where hash = $1 and kind = $2 and expires > $3";
const TAKE: &str = "delete from ticket where hash = $1 and kind = $2 and data = $3";
const CHANGE: &str = "update ticket set data = $4 where hash = $1 and kind = $2 and data = $3";
const SWEEP: &str = "delete from ticket where expires <= $1";

impl Store {
    /// Whether there was none of this hash.
    pub async fn put_ticket(&self, hash: &str, kind: &str, data: &Value, expires: Timestamp) -> Result<bool> {
        let statement = Statement::new(PUT).bind(hash).bind(kind).bind(data.to_string()).bind(expires);
        Ok(self.writer.statements(vec![statement]).await? > 0)
    }

    pub async fn ticket(&self, hash: &str, kind: &str, now: Timestamp) -> Result<Option<Value>> {
        let Some(text) = self.ticket_text(hash, kind, now).await? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|e| corrupt("ticket", "data", hash, &e))
    }

    /// Takes it away and says what it was. Of several who ask at once, on any replica, one gets it.
    pub async fn take_ticket(&self, hash: &str, kind: &str, now: Timestamp) -> Result<Option<Value>> {
        let Some(text) = self.ticket_text(hash, kind, now).await? else { return Ok(None) };
        let taken = Statement::new(TAKE).bind(hash).bind(kind).bind(&text);
        if self.writer.statements(vec![taken]).await? == 0 {
            return Ok(None);
        }
        serde_json::from_str(&text).map(Some).map_err(|e| corrupt("ticket", "data", hash, &e))
    }

    /// Whether it still was what is said of it, and is the new now.
    pub async fn change_ticket(&self, hash: &str, kind: &str, from: &Value, to: &Value) -> Result<bool> {
        let statement = Statement::new(CHANGE).bind(hash).bind(kind).bind(from.to_string()).bind(to.to_string());
        Ok(self.writer.statements(vec![statement]).await? > 0)
    }

    pub async fn sweep_tickets(&self, now: Timestamp) -> Result<u64> {
        self.writer.statements(vec![Statement::new(SWEEP).bind(now)]).await
    }

    async fn ticket_text(&self, hash: &str, kind: &str, now: Timestamp) -> Result<Option<String>> {
        let row: Option<TicketRow> = self.db.optional(Statement::new(READ).bind(hash).bind(kind).bind(now)).await?;
        Ok(row.map(|row| row.data))
    }
}

#[derive(FromRow)]
struct TicketRow {
    data: String,
}
