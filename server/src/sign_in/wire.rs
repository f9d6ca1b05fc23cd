//! Speaking to a provider: bounded in size and time, following no redirect, and only to addresses that nobody can listen in on.

use crate::settings::Provider;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, http};
use reqwest::Url;
use std::{fmt, pin::Pin, time::Duration};

/// No answer of a provider is larger.
const LARGEST: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct Wire {
    client: reqwest::Client,
    /// Whether the provider is on this machine: then, and only then, plain HTTP will do.
    local: bool,
}

/// Why there is no answer, in words.
#[derive(Debug)]
pub struct Silent(pub String);

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Silent {}

impl Wire {
    pub fn new(client: reqwest::Client, settings: &Provider) -> Self {
        let local = Url::parse(&settings.issuer).is_ok_and(|issuer| crate::settings::is_on_this_machine(&issuer));
        Self { client, local }
    }

    /// To a provider on this machine.
    #[cfg(test)]
    pub fn local(client: reqwest::Client) -> Self {
        Self { client, local: true }
    }

    /// Whether an address that a provider names may be called, or a browser be sent there.
    pub fn check(&self, url: &Url) -> Result<(), Silent> {
        let secure = url.scheme() == "https" || (self.local && crate::settings::is_on_this_machine(url));
        if secure && url.has_host() && url.username().is_empty() && url.password().is_none() {
            return Ok(());
        }
        Err(Silent(format!("{url} is not an https:// address")))
    }

    /// A JSON document.
    pub async fn document(&self, url: &Url) -> Result<Vec<u8>, Silent> {
        let request = http::Request::builder().uri(url.as_str()).header("accept", "application/json").body(Vec::new());
        let answer = self.send(request.map_err(|e| Silent(format!("{url}: {e}")))?).await?;
        if answer.status() != http::StatusCode::OK {
            return Err(Silent(format!("{url} answered {}", answer.status())));
        }
        Ok(answer.into_body())
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Silent> {
        let shown = request.uri().to_string();
        self.check(&Url::parse(&shown).map_err(|e| Silent(format!("{shown}: {e}")))?)?;
        let told = |error: reqwest::Error| {
            let why =
                if error.is_timeout() { "did not answer in time".to_owned() } else { error.without_url().to_string() };
            Silent(format!("{shown}: {why}"))
        };
        let request = reqwest::Request::try_from(request).map_err(told)?;
        let asked = async {
            let mut answer = self.client.execute(request).await.map_err(told)?;
            let mut body = Vec::new();
            while let Some(chunk) = answer.chunk().await.map_err(told)? {
                if body.len() + chunk.len() > LARGEST {
                    return Err(Silent(format!("{shown}: the answer is larger than {LARGEST} bytes")));
                }
                body.extend_from_slice(&chunk);
            }
            let mut response = http::Response::new(body);
            *response.status_mut() = answer.status();
            *response.headers_mut() = answer.headers().clone();
            Ok(response)
        };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(answer) => answer,
            Err(_) => Err(Silent(format!("{shown} did not answer in time"))),
        }
    }
}

impl<'c> AsyncHttpClient<'c> for Wire {
    type Error = Silent;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Silent>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_nobody_can_listen_in_on_are_called() {
        crate::tls::install_provider();
        let client = crate::network::to_providers().unwrap();
        let (far, local) = (Wire { client: client.clone(), local: false }, Wire::local(client));
        let check = |wire: &Wire, url: &str| wire.check(&Url::parse(url).unwrap()).is_ok();
        for url in ["https://id.example.com/token", "https://10.0.0.7/token"] {
            assert!(check(&far, url) && check(&local, url), "{url}");
        }
        for url in ["http://127.0.0.1:8080/token", "http://localhost/token"] {
            assert!(!check(&far, url) && check(&local, url), "{url}");
        }
        for url in [
            "http://id.example.com/token",
            "http://169.254.169.254/latest/meta-data",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.2/",
            "https://user:secret@id.example.com/",
            "file:///etc/passwd",
            "ftp://id.example.com/",
        ] {
            assert!(!check(&far, url) && !check(&local, url), "{url}");
        }
    }
}
