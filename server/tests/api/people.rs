//! Who speaks to the server, and what they hear.

use reqwest::{
    Method,
    header::{CONTENT_TYPE, HeaderMap},
};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Somebody with a token, or without one.
#[derive(Clone)]
pub struct Person {
    http: reqwest::Client,
    server: String,
    token: Option<String>,
}

/// What the server said.
#[derive(Debug)]
pub struct Answer {
    pub code: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// Null where the answer is no JSON.
    pub body: Value,
}

/// Longer than any wait that is not a bug.
const PATIENCE: Duration = Duration::from_secs(30);

impl Person {
    pub fn new(server: String, token: Option<&str>) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { http, server, token: token.map(ToOwned::to_owned) }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], Vec::new()).await
    }

    pub async fn get_as(&self, path: &str, accept: &str) -> Answer {
        self.ask(Method::GET, path, &[("accept", accept)], Vec::new()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, "application/json", body.to_string()).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, "application/json", body.to_string()).await
    }

    pub async fn merge(&self, path: &str, change: Value) -> Answer {
        self.send(Method::PATCH, path, "application/merge-patch+json", change.to_string()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, &[], Vec::new()).await
    }

    pub async fn send(&self, method: Method, path: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.ask(method, path, &[(CONTENT_TYPE.as_str(), media_type)], body.into()).await
    }

    pub async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = self.request(method, path).body(body).timeout(PATIENCE);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.send().await.unwrap()).await
    }

    /// The request as far as everybody says the same.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.server));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Looks until what is there is as wanted.
    #[track_caller]
    pub fn see<'a>(
        &'a self,
        path: &'a str,
        wanted: impl Fn(&Answer) -> bool + 'a,
    ) -> impl Future<Output = Answer> + 'a {
        let asked_at = std::panic::Location::caller();
        async move {
            let since = Instant::now();
            loop {
                let seen = self.get(path).await;
                if wanted(&seen) {
                    return seen;
                }
                assert!(since.elapsed() < PATIENCE, "{asked_at}: {path} stays {}", seen.text);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

impl Answer {
    pub async fn read(response: reqwest::Response) -> Self {
        let (code, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_default();
        Self { code, headers, text, body }
    }

    /// The body of an answer that went well.
    #[track_caller]
    pub fn good(self) -> Value {
        assert!((200..300).contains(&self.code), "{} {}", self.code, self.text);
        self.body
    }

    /// `422 Invalid: …`, and where.
    #[track_caller]
    pub fn refused(&self) -> String {
        assert!(self.code >= 400, "{} {}", self.code, self.text);
        let body = &self.body;
        assert_eq!(
            (body["kind"].as_str(), body["code"].as_u64()),
            (Some("Status"), Some(self.code.into())),
            "{}",
            self.text
        );
        format!("{} {}: {}", self.code, body["reason"].as_str().unwrap(), body["message"].as_str().unwrap())
    }

    /// The fields that the refusal points at.
    pub fn fields(&self) -> Vec<&str> {
        self.body["details"]["causes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|cause| cause["field"].as_str())
            .collect()
    }

    pub fn warnings(&self) -> Vec<&str> {
        self.headers.get_all("warning").iter().filter_map(|value| value.to_str().ok()).collect()
    }

    /// The names in a list.
    #[track_caller]
    pub fn names(&self) -> Vec<&str> {
        assert_eq!(self.code, 200, "{}", self.text);
        self.body["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
    }
}
