//! Where a play takes place: a folder, a receiver, a book, and a client of whichever server is up.

use crate::{
    chance::Chance,
    moments::within,
    promise::{GROUP, Wish, parcel},
    receiver::Receiver,
    server::{Server, Start},
};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

pub struct Site {
    pub folder: PathBuf,
    pub book: PathBuf,
    pub receiver: Receiver,
    client: Client,
}

/// Why nothing was acknowledged: the server went away. Anything else is a failure of the test.
#[derive(Debug)]
pub struct Gone;

impl Site {
    pub async fn new(moods: Option<Chance>) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // the program's `main` does this once
        let _ = rustls::crypto::ring::default_provider().install_default();
        let name = format!("midspan_crash_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let book = folder.join("book");
        std::fs::write(&book, "").unwrap();
        let client = Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        Self { book, receiver: Receiver::start(moods).await, client, folder }
    }

    /// How a server with the data directory of this name is started.
    pub fn server(&self, name: &str) -> Start {
        Start { data: self.folder.join(name), ..Start::default() }
    }

    /// How one of several servers on a database is started.
    pub fn replica(&self, name: &str, database: &str, lease: Duration) -> Start {
        Start {
            database: Some(database.to_owned()),
            environment: vec![("MIDSPAN_LEASE_MS", lease.as_millis().to_string())],
            ..self.server(name)
        }
    }

    /// A server that is up, and its address.
    pub async fn up(&self, how: &Start) -> (Server, String) {
        let mut server = Server::start(how);
        match server.ready().await {
            Some(address) => (server, address),
            None => panic!("the server did not start:\n{}", server.last_words()),
        }
    }

    pub async fn publish(&self, how: &Start, address: &str) {
        let promise = parcel(&self.receiver.url, &self.book);
        let (status, answer) = self
            .call(how, Method::POST, &format!("{address}/apis/midspan.dev/v1alpha1/promises"), Some(&promise))
            .await
            .unwrap();
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }

    /// Whether parcels can be asked for at this server.
    pub async fn serves(&self, how: &Start, address: &str) -> bool {
        let answer = self.call(how, Method::GET, &format!("{address}/apis/{GROUP}/v1/parcels"), None).await;
        matches!(answer, Ok((StatusCode::OK, _)))
    }

    /// Replicas hear of each other's promises within moments.
    pub async fn known(&self, how: &Start, address: &str) {
        let heard = within(Duration::from_secs(10), async || self.serves(how, address).await.then_some(()));
        assert!(heard.await.is_some(), "the promise is not served by every replica");
    }

    /// Asks for something. It is acknowledged when this returns `Ok`.
    pub async fn ask(&self, how: &Start, address: &str, wish: &Wish) -> Result<(), Gone> {
        let all = format!("{address}/apis/{GROUP}/v1/namespaces/default/parcels");
        let (status, answer) = if wish.change {
            let change = json!({"spec": {"size": wish.size}});
            self.call(how, Method::PATCH, &format!("{all}/{}", wish.name), Some(&change)).await?
        } else {
            self.call(how, Method::POST, &all, Some(&wish.document())).await?
        };
        // an attempt before may have been kept without a word: then it is there already
        let known = status == StatusCode::CONFLICT && !wish.change && answer["reason"] == "AlreadyExists";
        assert!(status.is_success() || known, "{wish:?}: {status} {answer}");
        Ok(())
    }

    /// Has the parcel's destinations looked at.
    pub async fn look(&self, how: &Start, address: &str, wish: &Wish) -> Result<(), Gone> {
        let drift = format!("{address}/apis/{GROUP}/v1/namespaces/default/parcels/{}/drift", wish.name);
        self.call(how, Method::POST, &drift, Some(&json!({}))).await.map(drop)
    }

    /// The parcels that are not yet as they were asked for, with the reason each gives.
    pub async fn unready(
        &self,
        how: &Start,
        address: &str,
        wanted: &BTreeMap<String, i64>,
    ) -> Result<BTreeMap<String, String>, Gone> {
        let (status, list) = self.call(how, Method::GET, &format!("{address}/apis/{GROUP}/v1/parcels"), None).await?;
        assert_eq!(status, StatusCode::OK, "{list}");
        let mut unready: BTreeMap<String, String> =
            wanted.keys().map(|name| (name.clone(), "is not there".to_owned())).collect();
        for parcel in list["items"].as_array().unwrap() {
            let (name, status) = (parcel["metadata"]["name"].as_str().unwrap(), &parcel["status"]);
            let settled =
                status["phase"] == "Ready" && status["observedGeneration"] == parcel["metadata"]["generation"];
            if settled && wanted.get(name).is_none_or(|size| parcel["spec"]["size"] == *size) {
                unready.remove(name);
            } else {
                unready.insert(name.to_owned(), format!("{}: {}", status["phase"], status["message"]));
            }
        }
        Ok(unready)
    }

    /// Waits until everything is ready.
    pub async fn ready(&self, how: &Start, address: &str, wanted: &BTreeMap<String, i64>, deadline: Duration) {
        let mut last = BTreeMap::new();
        let all = within(deadline, async || {
            last = self.unready(how, address, wanted).await.expect("the server stays up");
            last.is_empty().then_some(())
        });
        assert!(all.await.is_some(), "not ready after {deadline:?}: {last:#?}");
    }

    pub async fn call(
        &self,
        how: &Start,
        method: Method,
        url: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Value), Gone> {
        let token = std::fs::read_to_string(how.data.join("dev/tokens/platform")).unwrap();
        let mut request = self.client.request(method.clone(), url).bearer_auth(token.trim());
        if let Some(body) = body {
            let kind = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
            request = request.header("content-type", kind).body(body.to_string());
        }
        let response = request.send().await.map_err(|_| Gone)?;
        let status = response.status();
        let answer = response.json().await.map_err(|_| Gone)?;
        Ok((status, answer))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("kept for a look: {}", self.folder.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}
