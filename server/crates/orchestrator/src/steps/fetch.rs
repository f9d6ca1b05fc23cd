//! A document from an address: bounded in time and size, under the same rules as the calls of `http` steps.

use super::Runner;
use domain::{Error, ErrorKind, Result, document::MAX_BYTES};
use futures::StreamExt as _;
use reqwest::{Url, header::AUTHORIZATION};
use std::time::Duration;

/// Kratix's.
const LIMIT: Duration = Duration::from_secs(10);

impl Runner {
    /// The text at the address. `authorization` is the header's whole value.
    pub async fn fetch(&self, address: &str, authorization: Option<&str>) -> Result<String> {
        let url =
            Url::parse(address).map_err(|error| Error::bad_request(format!("{address:?} is no address: {error}")))?;
        self.config.reach.check(&url)?;
        tokio::time::timeout(LIMIT, self.text_at(url, authorization))
            .await
            .unwrap_or_else(|_| Err(unavailable(format!("{address}: no whole answer within {} s", LIMIT.as_secs()))))
    }

    async fn text_at(&self, url: Url, authorization: Option<&str>) -> Result<String> {
        let shown = super::http::shown(&url);
        let mut request = self.config.http.get(url);
        if let Some(value) = authorization {
            request = request.header(AUTHORIZATION, value);
        }
        let response = request.send().await.map_err(|error| {
            super::reach::refused(&error).unwrap_or_else(|| unavailable(format!("{shown}: {}", error.without_url())))
        })?;
        if !response.status().is_success() {
            return Err(unavailable(format!("{shown}: answered {}", response.status())));
        }
        let (mut bytes, mut body) = (Vec::new(), response.bytes_stream());
        while let Some(piece) = body.next().await {
            bytes.extend(piece.map_err(|error| unavailable(format!("{shown}: {}", error.without_url())))?);
            if bytes.len() > MAX_BYTES {
                return Err(Error::bad_request(format!("{shown}: more than {MAX_BYTES} bytes")));
            }
        }
        String::from_utf8(bytes).map_err(|_| Error::bad_request(format!("{shown}: is not UTF-8 text")))
    }
}

fn unavailable(message: String) -> Error {
    Error::new(ErrorKind::ServiceUnavailable, message)
}
