//! HTTP to a server: errors become sentences and exit codes.

use super::{Failure, Outcome, ServerArgs};
use crate::config;
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use std::{error::Error, io, path::Path};

/// A server and the token to speak to it with.
pub struct Client {
    http: reqwest::Client,
    server: String,
    token: Option<String>,
}

impl Client {
    pub fn new(args: &ServerArgs) -> Outcome<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("midspan/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(std::time::Duration::from_secs(5))
            .no_proxy()
            .build()
            .map_err(|e| Failure::new(format!("no HTTP client: {e}")))?;
        let server = args.server.trim_end_matches('/').to_owned();
        if !server.starts_with("http://") && !server.starts_with("https://") {
            return Err(Failure::usage(format!("--server {server:?} is not an address such as http://127.0.0.1:7400")));
        }
        let token = args.token.clone().or_else(|| config::dev_token(Path::new(config::ServeConfig::DATA)));
        Ok(Self { http, server, token })
    }

    pub fn server(&self) -> &str {
        &self.server
    }

    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    pub async fn get(&self, path: &str) -> Outcome<Value> {
        self.json(Method::GET, path, None, "application/json").await
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

    pub async fn delete(&self, path: &str) -> Outcome<Value> {
        self.json(Method::DELETE, path, None, "application/json").await
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
        let warnings = response.headers().get_all("warning").iter().filter_map(|value| value.to_str().ok());
        let warnings =
            warnings.map(|text| text.trim_start_matches("299 - ").trim_matches('"').replace("\\\"", "\"")).collect();
        Ok((parsed(response).await?, warnings))
    }

    async fn json(&self, method: Method, path: &str, body: Option<&Value>, content_type: &str) -> Outcome<Value> {
        let mut request = self.http.request(method, self.url(path));
        if let Some(body) = body {
            request = request.header("content-type", content_type).body(body.to_string());
        }
        parsed(self.send(request).await?).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Outcome<Response> {
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let response = request.send().await.map_err(|error| {
            let why = if let Some(problem) = tls_problem(&error) {
                format!("no trust in this server: {problem}; if it is the right one, name its authority's certificate in SSL_CERT_FILE")
            } else if error.is_connect() {
                "nothing answers there; is the server running? (`midspan serve --dev` starts one)".to_owned()
            } else {
                error.to_string()
            };
            Failure::new(format!("{}: {why}", self.server))
        })?;
        if response.status().is_success() { Ok(response) } else { Err(self.refusal(response).await) }
    }

    async fn refusal(&self, response: Response) -> Failure {
        let status = response.status();
        let said: Value = response.json().await.unwrap_or_default();
        let message =
            said["message"].as_str().map_or_else(|| format!("the server answered {status}"), ToOwned::to_owned);
        let reason = said["reason"].as_str().unwrap_or_default();
        match status {
            StatusCode::UNAUTHORIZED if self.has_token() => {
                Failure { message: format!("{} does not know this token", self.server), code: Failure::FORBIDDEN }
            }
            StatusCode::UNAUTHORIZED => {
                let message = format!(
                    "{} wants a token: set MIDSPAN_TOKEN, or run this beside the data directory of `midspan serve --dev`",
                    self.server
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
