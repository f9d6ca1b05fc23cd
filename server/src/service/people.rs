//! Who is who: tokens, and in `--dev` the two personas.

use super::Services;
use domain::{
    Caller, Digest, Error, ErrorKind, Result,
    caller::{DEVELOPERS, PLATFORM},
    sign_in::codes,
};
use orchestrator::steps::access::Rights;
use store::Token;

/// Someone a browser can be in `--dev`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Persona {
    pub name: &'static str,
    pub role: &'static str,
    /// The file below `dev/tokens` with this persona's token.
    pub token_file: &'static str,
    pub group: &'static str,
}

pub const PERSONAS: [Persona; 2] = [
    Persona { name: "dana", role: "Developer", token_file: "developer", group: DEVELOPERS },
    Persona { name: "paul", role: "Platform engineer", token_file: "platform", group: PLATFORM },
];

impl Persona {
    pub fn by_name(name: &str) -> Option<Self> {
        PERSONAS.into_iter().find(|persona| persona.name == name)
    }

    pub fn caller(self) -> Caller {
        Caller { name: self.name.to_owned(), groups: vec![self.group.to_owned()], ..Caller::default() }
    }
}

impl Services {
    /// Makes a token for a caller. Only its hash is stored; the text is returned once.
    pub async fn issue_token(&self, caller: &Caller, purpose: &str) -> Result<String> {
        let (token, text) = self.new_token(caller, purpose, None);
        self.store.insert_token(&token).await?;
        Ok(text)
    }

    /// A token for a step's own programs, until it is taken away or its time is over.
    pub async fn issue_rights(&self, rights: Rights) -> Result<String> {
        let text = codes::token(&self.ids.secret());
        let token = Token {
            id: rights.id,
            hash: Digest::of(&text).to_string(),
            subject: rights.subject,
            name: "a pipeline's permissions".to_owned(),
            created: self.now(),
            expires: Some(rights.until),
            used: None,
            data: serde_json::json!({"grants": rights.grants}),
        };
        self.store.insert_token(&token).await?;
        Ok(text)
    }

    /// Whose token this is.
    pub async fn caller_of_token(&self, text: &str) -> Result<Caller> {
        let refused = || Error::new(ErrorKind::Unauthorized, "Unauthorized");
        if !codes::is_token(text) {
            return Err(refused());
        }
        self.caller_of_hash(Digest::of(text).as_str()).await
    }

    /// Whose token has this hash: all that a session keeps of a token. One that has run out or is gone is nobody's.
    pub async fn caller_of_hash(&self, hash: &str) -> Result<Caller> {
        let refused = || Error::new(ErrorKind::Unauthorized, "Unauthorized");
        let token = self.store.token_by_hash(hash).await?.ok_or_else(refused)?;
        if token.expires.is_some_and(|at| at <= self.now()) {
            return Err(refused());
        }
        self.note_use(&token).await;
        let told = |key: &str| token.data.get(key).cloned().unwrap_or_default();
        let scope = match told("scope") {
            serde_json::Value::Null => None,
            // a narrowing that cannot be read must not be lost
            scope => Some(serde_json::from_value(scope).map_err(Error::internal)?),
        };
        if let Some(person) = token.data.get("person").and_then(serde_json::Value::as_str) {
            let id = token.data.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
            return Ok(Caller { scope, ..self.caller_of_person(person, id).await? });
        }
        let groups = serde_json::from_value(told("groups")).unwrap_or_default();
        let grants = serde_json::from_value(told("grants")).unwrap_or_default();
        Ok(Caller { name: token.subject, groups, grants, scope })
    }

    /// A token kept in a file that only its owner can read; made anew when the file is missing or the database does not know it.
    pub async fn token_in_file(&self, path: &std::path::Path, caller: &Caller, purpose: &str) -> Result<()> {
        if let Ok(text) = std::fs::read_to_string(path)
            && self.caller_of_token(text.trim()).await.is_ok_and(|known| known == *caller)
        {
            return Ok(());
        }
        let text = self.issue_token(caller, purpose).await?;
        crate::private_file::write(path, &format!("{text}\n"))
            .map_err(|e| Error::internal(format!("cannot write {}: {e}", path.display())))
    }
}
