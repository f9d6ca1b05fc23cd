//! People and service accounts: who has which name here, and what their provider said of them last.

use crate::{Store, object_row::corrupt, statement::Statement};
use domain::{Result, Timestamp, sign_in::Profile};
use sqlx::FromRow;

/// Somebody with a name of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    pub id: String,
    pub name: String,
    /// Who vouches for them, and what they are called there.
    pub issuer: String,
    pub subject: String,
    pub created: Timestamp,
    pub seen: Timestamp,
    pub disabled: bool,
    pub profile: Profile,
}

const INSERT: &str = "
    insert into person (id, name, issuer, subject, created, seen, disabled, profile) values ($1, $2, $3, $4, $5, $6, 0, $7)
    on conflict do nothing";
const BY_IDENTITY: &str = "select * from person where issuer = $1 and subject = $2";
const BY_NAME: &str = "select * from person where name = $1";
const ALL: &str = "select * from person order by name limit $1";
const SEEN: &str = "update person set seen = $2, profile = $3 where id = $1 and disabled = 0";
const DISABLE: &str = "update person set disabled = $2 where name = $1 and disabled <> $2";
const DELETE: &str = "delete from person where name = $1 and issuer = $2";

impl Store {
    /// Whether neither the name nor the identity was taken.
    pub async fn insert_person(&self, person: &Person) -> Result<bool> {
        let statement = Statement::new(INSERT)
            .bind(&person.id)
            .bind(&person.name)
            .bind(&person.issuer)
            .bind(&person.subject)
            .bind(person.created)
            .bind(person.seen)
            .bind(told(&person.profile));
        Ok(self.writer.statements(vec![statement]).await? > 0)
    }

    pub async fn person_by_identity(&self, issuer: &str, subject: &str) -> Result<Option<Person>> {
        let row: Option<PersonRow> = self.db.optional(Statement::new(BY_IDENTITY).bind(issuer).bind(subject)).await?;
        row.map(Person::try_from).transpose()
    }

    pub async fn person(&self, name: &str) -> Result<Option<Person>> {
        let row: Option<PersonRow> = self.db.optional(Statement::new(BY_NAME).bind(name)).await?;
        row.map(Person::try_from).transpose()
    }

    pub async fn people(&self, limit: i64) -> Result<Vec<Person>> {
        let rows: Vec<PersonRow> = self.db.all(Statement::new(ALL).bind(limit)).await?;
        rows.into_iter().map(Person::try_from).collect()
    }

    /// Notes that they came, and what was said of them; false when they are not let in.
    pub async fn person_came(&self, id: &str, at: Timestamp, profile: &Profile) -> Result<bool> {
        let statement = Statement::new(SEEN).bind(id).bind(at).bind(told(profile));
        Ok(self.writer.statements(vec![statement]).await? > 0)
    }

    /// Lets somebody in no more, or again; whether that changed anything.
    pub async fn disable_person(&self, name: &str, disabled: bool) -> Result<bool> {
        let statement = Statement::new(DISABLE).bind(name).bind(i64::from(disabled));
        Ok(self.writer.statements(vec![statement]).await? > 0)
    }

    /// Whether there was one whom this issuer vouches for.
    pub async fn delete_person(&self, name: &str, issuer: &str) -> Result<bool> {
        Ok(self.writer.statements(vec![Statement::new(DELETE).bind(name).bind(issuer)]).await? > 0)
    }
}

fn told(profile: &Profile) -> String {
    serde_json::to_string(profile).unwrap_or_default()
}

#[derive(FromRow)]
struct PersonRow {
    id: String,
    name: String,
    issuer: String,
    subject: String,
    created: i64,
    seen: i64,
    disabled: i64,
    profile: String,
}

impl TryFrom<PersonRow> for Person {
    type Error = domain::Error;

    fn try_from(row: PersonRow) -> Result<Self> {
        let profile = serde_json::from_str(&row.profile).map_err(|e| corrupt("person", "profile", &row.id, &e))?;
        let (created, seen) = (Timestamp::from_micros(row.created), Timestamp::from_micros(row.seen));
        let disabled = row.disabled != 0;
        Ok(Self {
            id: row.id,
            name: row.name,
            issuer: row.issuer,
            subject: row.subject,
            created,
            seen,
            disabled,
            profile,
        })
    }
}
