//! HTTP to a server: errors become sentences and exit codes.

use super::{Failure, Outcome, ServerArgs, credentials};
use crate::{config, network};
use reqwest::{Method, Response, StatusCode, header::HeaderValue};
use serde_json::Value;
use std::{error::Error, io};

/// Where a server listens unless it is told otherwise.
const SERVER: &str = "http://127.0.0.1:7400";

/// A server and the token to speak to it with.
pub struct Client {
    http: reqwest::Client,
    server: String,
    token: Option<String>,
    token_from: String,
}

impl Client {
    pub fn new(args: &ServerArgs) -> Outcome<Self> {
        let client = Self::stranger(args)?;
        let (token, token_from) = token(args, &client.server)?;
        Ok(Self { token, token_from, ..client })
    }

    /// Without a token, whatever there may be.
    pub fn stranger(args: &ServerArgs) -> Outcome<Self> {
        let http = network::builder().no_proxy().build().map_err(|e| Failure::new(format!("no HTTP client: {e}")))?;
        let server = args.server.clone().or_else(config::server).unwrap_or_else(|| SERVER.to_owned());
        let server = server.trim_end_matches('/').to_owned();
        if !server.starts_with("http://") && !server.starts_with("https://") {
            return Err(Failure::usage(format!("--server {server:?} is not an address such as http://127.0.0.1:7400")));
        }
        Ok(Self { http, server, token: None, token_from: String::new() })
    }

    /// Where the token comes from, in words.
    pub fn token_from(&self) -> &str {
        &self.token_from
    }

    pub fn server(&self) -> &str {
        &self.server
    }

    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    pub async fn get(&self, path: &str) -> Outcome<Value> {
        parsed(self.send(self.http.get(self.url(path))).await?).await
    }

    /// A list or an object as the server's own table.
    pub async fn table(&self, path: &str) -> Outcome<Value> {
        let response = self
            .send(self.http.get(self.url(path)).header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io"))
            .await?;
        parsed(response).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Outcome<(Value, Vec<String>)> {
        self.write(Method::POST, path, body, "application/json").await
    }

    pub async fn merge(&self, path: &str, patch: &Value) -> Outcome<(Value, Vec<String>)> {
        self.write(Method::PATCH, path, patch, "application/merge-patch+json").await
    }

    /// What the server wants known about it comes back.
    pub async fn delete(&self, path: &str) -> Outcome<Vec<String>> {
        let response = self.send(self.http.delete(self.url(path))).await?;
        Ok(response.headers().get_all("warning").iter().map(warning).collect())
    }

    /// Posts a form; the inner error is what the server said against it, as OAuth has it.
    pub async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Outcome<Result<Value, Value>> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let request =
            self.http.post(self.url(path)).header("content-type", "application/x-www-form-urlencoded").body(body);
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let good = response.status().is_success();
        let said: Value = response.json().await.unwrap_or_default();
        Ok(if good { Ok(said) } else { Err(said) })
    }

    /// A text that may go on as long as the server has something to say.
    pub async fn stream(&self, path: &str) -> Outcome<Response> {
        self.send(self.http.get(self.url(path))).await
    }

    async fn write(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        content_type: &str,
    ) -> Outcome<(Value, Vec<String>)> {
        let response = self
            .send(self.http.request(method, self.url(path)).header("content-type", content_type).body(body.to_string()))
            .await?;
        let warnings = response.headers().get_all("warning").iter().map(warning).collect();
        Ok((parsed(response).await?, warnings))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Outcome<Response> {
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        if response.status().is_success() { Ok(response) } else { Err(self.refusal(response).await) }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let why = if let Some(problem) = tls_problem(error) {
            format!(
                "no trust in this server: {problem}; if it is the right one, name its authority's certificate in SSL_CERT_FILE"
            )
        } else if error.is_connect() {
            "nothing answers there; is the server running? (`midspan serve --dev` starts one)".to_owned()
        } else {
            error.to_string()
        };
        Failure::new(format!("{}: {why}", self.server))
    }

    async fn refusal(&self, response: Response) -> Failure {
        let status = response.status();
        let said: Value = response.json().await.unwrap_or_default();
        let message =
            said["message"].as_str().map_or_else(|| format!("the server answered {status}"), ToOwned::to_owned);
        let reason = said["reason"].as_str().unwrap_or_default();
        match status {
            StatusCode::UNAUTHORIZED if self.has_token() => {
                let message =
                    format!("{} does not know this token ({}), or it has expired", self.server, self.token_from);
                Failure { message, code: Failure::FORBIDDEN }
            }
            StatusCode::UNAUTHORIZED => {
                let message = format!(
                    "{} wants a token: sign in with `midspan auth login`, or set MIDSPAN_TOKEN, or MIDSPAN_TOKEN_FILE to a file with one, such as the admin-token in the server's data directory",
                    self.server
                );
                Failure { message, code: Failure::FORBIDDEN }
            }
            StatusCode::FORBIDDEN if !self.has_token() => {
                let message = format!(
                    "{message}. You gave no token, and a --dev server takes you for dana then; to be paul, who runs the platform: \
                     export MIDSPAN_TOKEN_FILE=DATA/dev/tokens/platform, where DATA is the server's data directory ({} unless told)",
                    config::ServeConfig::DATA
                );
                Failure { message, code: Failure::FORBIDDEN }
            }
            StatusCode::FORBIDDEN => Failure { message, code: Failure::FORBIDDEN },
            StatusCode::NOT_FOUND => Failure { message, code: Failure::NOT_FOUND },
            _ if reason.is_empty() => Failure::new(message),
            _ => Failure::new(format!("{message} ({reason})")),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server)
    }
}

/// The token to send, the same rule wherever this runs: as an option, as a file, of `midspan auth login`, or none.
/// What is typed counts before what the environment says. The second is where it comes from, in words.
fn token(args: &ServerArgs, server: &str) -> Outcome<(Option<String>, String)> {
    let given = |token: &str, from: &str| Ok((Some(token.trim().to_owned()), from.to_owned()));
    let file = match (&args.token, &args.token_file, config::token()) {
        (Some(token), ..) => return given(token, "--token"),
        (None, Some(file), _) => file.clone(),
        (None, None, Some(token)) => return given(&token, "MIDSPAN_TOKEN"),
        (None, None, None) => {
            if let Some(file) = config::token_file() {
                file
            } else {
                let kept = credentials::of(server)?;
                let from = if kept.is_some() { "midspan auth login" } else { "" };
                return Ok((kept, from.to_owned()));
            }
        }
    };
    let text = std::fs::read_to_string(&file)
        .map_err(|e| Failure::usage(format!("the token file {} cannot be read: {e}", file.display())))?;
    let token = text.trim().to_owned();
    if token.is_empty() {
        return Err(Failure::usage(format!("the token file {} is empty", file.display())));
    }
    Ok((Some(token), file.display().to_string()))
}

/// The text of a `Warning` header: `299 - "unknown field \"spec.sise\""`.
fn warning(value: &HeaderValue) -> String {
    let whole = String::from_utf8_lossy(value.as_bytes());
    let quoted = whole.split_once('"').map_or(whole.as_ref(), |(_, quoted)| quoted);
    let mut text = String::new();
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.extend(letters.next()),
            '"' => break,
            letter => text.push(letter),
        }
    }
    text
}

/// What TLS had against the server, wherever in the chain of causes it stands.
fn tls_problem(error: &reqwest::Error) -> Option<&rustls::Error> {
    let first: &(dyn Error + 'static) = error;
    let mut causes =
        std::iter::successors(Some(first), |&error| match error.downcast_ref().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        });
    causes.find_map(|error| error.downcast_ref())
}

async fn parsed(response: Response) -> Outcome<Value> {
    response.json().await.map_err(|e| Failure::new(format!("the server's answer cannot be read: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_read_to_its_last_quote() {
        for (header, text) in [
            (r#"299 - "unknown field \"spec.sise\"""#, r#"unknown field "spec.sise""#),
            (r#"299 - "a \\ b, größer""#, r"a \ b, größer"),
            (r#"299 - """#, ""),
        ] {
            assert_eq!(warning(&HeaderValue::from_bytes(header.as_bytes()).unwrap()), text);
        }
    }
}
