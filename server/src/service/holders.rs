//! Tokens that people give themselves, or a device of theirs: on their own rights, as these are when the token is used, and never more.

use super::{Asker, Services, tokens::told};
use domain::{Caller, Error, Result, Timestamp, caller::Scope, sign_in::codes};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Token;

/// On whose rights a token is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Holder {
    /// Somebody who signs in through a provider: the token follows what it says of them.
    Person { name: String, id: String },
    /// A persona of `--dev`.
    Caller(Caller),
}

impl Holder {
    pub fn caller(&self) -> Caller {
        match self {
            Self::Person { name, .. } => Caller { name: name.clone(), ..Caller::default() },
            Self::Caller(caller) => caller.clone(),
        }
    }
}

impl Services {
    /// A token and its text, which nobody keeps.
    pub async fn give_token(
        &self,
        asker: &Asker,
        holder: &Holder,
        purpose: &str,
        scope: Option<Scope>,
        expires: Option<Timestamp>,
    ) -> Result<(Token, String)> {
        let text = codes::token(&self.ids.secret());
        let rights = match holder {
            Holder::Person { name, id } => json!({"person": name, "id": id, "scope": scope}),
            Holder::Caller(caller) => json!({"groups": caller.groups, "scope": scope}),
        };
        let token = Token {
            id: self.ids.uid("token"),
            hash: domain::Digest::of(&text).to_string(),
            subject: holder.caller().name,
            name: purpose.chars().filter(|c| !c.is_control()).take(200).collect(),
            created: self.now(),
            expires,
            used: None,
            data: rights,
        };
        // first: what is not written down must not be possible
        self.store.commit(vec![self.audit(asker, "create", None, Some(&told(&token)))]).await?;
        self.store.insert_token(&token).await?;
        Ok((token, text))
    }

    /// Ends the token of this hash.
    pub async fn end_token(&self, asker: &Asker, hash: &str) -> Result<()> {
        let Some(token) = self.store.token_by_hash(hash).await? else { return Ok(()) };
        self.store.commit(vec![self.audit(asker, "delete", Some(&told(&token)), None)]).await?;
        self.store.revoke_token(&token.id).await?;
        Ok(())
    }

    /// Ends one of the asker's own tokens, by its id.
    pub async fn end_own_token(&self, asker: &Asker, id: &str) -> Result<()> {
        let token = self.store.token(id).await?.filter(|token| token.subject == asker.caller.name);
        let token = token.ok_or_else(|| Error::not_found("tokens.midspan.dev", id))?;
        self.end_token(asker, &token.hash).await
    }
}
