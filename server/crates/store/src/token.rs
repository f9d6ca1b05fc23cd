//! Tokens of people and machines, kept as hashes only.

use crate::{Store, object_row::corrupt, statement::Statement};
use domain::{Result, Timestamp};
use serde_json::Value;
use sqlx::FromRow;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Token {
    pub id: String,
    /// Of the secret, which is shown once and kept nowhere.
    pub hash: String,
    /// Who it speaks for.
    pub subject: String,
    pub name: String,
    pub created: Timestamp,
    pub expires: Option<Timestamp>,
    pub used: Option<Timestamp>,
    /// What it may do; the store does not look inside.
    pub data: Value,
}

const INSERT: &str = "
    insert into token (id, hash, subject, name, created, expires, used, data) values ($1, $2, $3, $4, $5, $6, 0, $7)
    on conflict (id) do update
    set hash = excluded.hash, subject = excluded.subject, name = excluded.name, expires = excluded.expires, data = excluded.data";
const BY_HASH: &str = "select id, hash, subject, name, created, expires, used, data from token where hash = $1";
const OF_SUBJECT: &str =
    "select id, hash, subject, name, created, expires, used, data from token where subject = $1 order by created, id";
const BY_ID: &str = "select id, hash, subject, name, created, expires, used, data from token where id = $1";
const ALL: &str =
    "select id, hash, subject, name, created, expires, used, data from token order by created desc, id desc limit $1";
const USED: &str = "update token set used = $2 where id = $1 and used < $2";
const SWEEP: &str = "delete from token where expires > 0 and expires < $1";
const REVOKE: &str = "delete from token where id = $1";

impl Store {
    /// A new token, or a new secret for one of the same id.
    pub async fn insert_token(&self, token: &Token) -> Result<()> {
        let statement = Statement::new(INSERT)
            .bind(&token.id)
            .bind(&token.hash)
            .bind(&token.subject)
            .bind(&token.name)
            .bind(token.created)
            .bind(token.expires.map_or(0, Timestamp::micros))
            .bind(token.data.to_string());
        self.writer.statements(vec![statement]).await?;
        Ok(())
    }

    /// Expired ones too: whoever asks has the clock.
    pub async fn token_by_hash(&self, hash: &str) -> Result<Option<Token>> {
        let row: Option<TokenRow> = self.db.optional(Statement::new(BY_HASH).bind(hash)).await?;
        row.map(Token::try_from).transpose()
    }

    pub async fn tokens(&self, subject: &str) -> Result<Vec<Token>> {
        let rows: Vec<TokenRow> = self.db.all(Statement::new(OF_SUBJECT).bind(subject)).await?;
        rows.into_iter().map(Token::try_from).collect()
    }

    pub async fn token(&self, id: &str) -> Result<Option<Token>> {
        let row: Option<TokenRow> = self.db.optional(Statement::new(BY_ID).bind(id)).await?;
        row.map(Token::try_from).transpose()
    }

    /// Everybody's, the newest first.
    pub async fn all_tokens(&self, limit: i64) -> Result<Vec<Token>> {
        let rows: Vec<TokenRow> = self.db.all(Statement::new(ALL).bind(limit)).await?;
        rows.into_iter().map(Token::try_from).collect()
    }

    pub async fn touch_token(&self, id: &str, at: Timestamp) -> Result<()> {
        self.writer.statements(vec![Statement::new(USED).bind(id).bind(at)]).await?;
        Ok(())
    }

    /// Deletes those whose time is over.
    pub async fn sweep_tokens(&self, now: Timestamp) -> Result<u64> {
        self.writer.statements(vec![Statement::new(SWEEP).bind(now)]).await
    }

    /// Whether there was one.
    pub async fn revoke_token(&self, id: &str) -> Result<bool> {
        Ok(self.writer.statements(vec![Statement::new(REVOKE).bind(id)]).await? > 0)
    }
}

#[derive(FromRow)]
struct TokenRow {
    id: String,
    hash: String,
    subject: String,
    name: String,
    created: i64,
    expires: i64,
    used: i64,
    data: String,
}

impl TryFrom<TokenRow> for Token {
    type Error = domain::Error;

    fn try_from(row: TokenRow) -> Result<Self> {
        let data = serde_json::from_str(&row.data).map_err(|e| corrupt("token", "data", &row.id, &e))?;
        let at = |micros: i64| (micros != 0).then(|| Timestamp::from_micros(micros));
        let (created, expires, used) = (Timestamp::from_micros(row.created), at(row.expires), at(row.used));
        Ok(Self { id: row.id, hash: row.hash, subject: row.subject, name: row.name, created, expires, used, data })
    }
}
