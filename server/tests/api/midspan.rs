//! A real server for one play: started on a free port, stopped and swept away at the end.

use crate::people::Person;
use midspan::{
    config::ServeConfig,
    serve::{Running, start},
    settings::{Settings, SignIn},
};
use orchestrator::steps::ground::Ground;
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};
use testkit::databases::databases;

/// A server that is up.
pub struct Midspan {
    pub running: Running,
    pub address: SocketAddr,
    data: Folder,
    database: String,
}

/// A directory that is gone when this is dropped, however the play ended.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// Plays on every database there is.
pub async fn everywhere(play: impl AsyncFn(&Midspan)) {
    on_each(true, play).await;
}

/// The same on a server whose steps run on this ground.
pub async fn everywhere_on(ground: &Ground, play: impl AsyncFn(&Midspan)) {
    for database in databases() {
        let midspan = begin(database.url(), true, None, ground.clone()).await;
        play(&midspan).await;
        midspan.running.stop().await.unwrap();
    }
}

/// The same on a server that is not in development: nobody is signed in by sitting at the machine.
pub async fn in_earnest(play: impl AsyncFn(&Midspan)) {
    on_each(false, play).await;
}

/// The same with what a configuration file says.
pub async fn in_earnest_with(settings: &Settings, play: impl AsyncFn(&Midspan)) {
    for database in databases() {
        let midspan = begin_with(database.url(), false, None, Ground::default(), settings.clone()).await;
        play(&midspan).await;
        midspan.running.stop().await.unwrap();
    }
}

/// So few tries that a slow machine makes them in less time than it takes to be given another.
pub fn few_attempts() -> Settings {
    let sign_in = SignIn { attempts_per_minute: 5, ..SignIn::default() };
    Settings { sign_in, ..Settings::default() }
}

/// Plays on two servers that share a database.
pub async fn on_two_replicas(play: impl AsyncFn(&Midspan, &Midspan)) {
    for database in databases() {
        let folder = Folder(std::env::temp_dir().join(unique_name()));
        fs::create_dir_all(&folder.0).unwrap();
        let key = folder.0.join("key");
        fs::write(&key, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n").unwrap();
        let (one, two) = (
            begin(database.url(), true, Some(&key), Ground::default()).await,
            begin(database.url(), true, Some(&key), Ground::default()).await,
        );
        play(&one, &two).await;
        one.running.stop().await.unwrap();
        two.running.stop().await.unwrap();
    }
}

async fn on_each(dev: bool, play: impl AsyncFn(&Midspan)) {
    for database in databases() {
        let midspan = begin(database.url(), dev, None, Ground::default()).await;
        play(&midspan).await;
        midspan.running.stop().await.unwrap();
    }
}

async fn begin(database: &str, dev: bool, key: Option<&Path>, ground: Ground) -> Midspan {
    begin_with(database, dev, key, ground, Settings::default()).await
}

async fn begin_with(database: &str, dev: bool, key: Option<&Path>, ground: Ground, settings: Settings) -> Midspan {
    // the program's `main` does this once
    let _ = rustls::crypto::ring::default_provider().install_default();
    let data = Folder(std::env::temp_dir().join(unique_name()));
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let key_file = key.map(Path::to_owned);
    let config = ServeConfig {
        data: data.0.clone(),
        listen,
        database: Some(database.to_owned()),
        dev,
        key_file,
        ground,
        retention: orchestrator::Retention::default(),
        settings,
        tls: None,
    };
    let running = start(config).await.unwrap();
    Midspan { address: running.address, running, data, database: database.to_owned() }
}

impl Midspan {
    /// Dana asks for services.
    pub fn dana(&self) -> Person {
        self.somebody(Some(&self.token("dev/tokens/developer")))
    }

    /// Paul offers them.
    pub fn paul(&self) -> Person {
        self.somebody(Some(&self.token("dev/tokens/platform")))
    }

    /// Whoever started the server in earnest.
    pub fn admin(&self) -> Person {
        self.somebody(Some(&self.token("admin-token")))
    }

    /// Where everything lies that the server keeps on disk; a PostgreSQL's own files aside.
    pub fn folders(&self) -> Vec<PathBuf> {
        let database = self.database.strip_prefix("sqlite:").and_then(|file| Path::new(file).parent());
        database.map(Path::to_owned).into_iter().chain([self.data.0.clone()]).collect()
    }

    pub fn stranger(&self) -> Person {
        self.somebody(None)
    }

    pub fn somebody(&self, token: Option<&str>) -> Person {
        Person::new(format!("http://{}", self.address), token)
    }

    /// The repository that the dev destination is in.
    pub fn repository(&self) -> PathBuf {
        self.data.0.join("dev/gitops.git")
    }

    fn token(&self, file: &str) -> String {
        fs::read_to_string(self.data.0.join(file)).unwrap().trim().to_owned()
    }
}

fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("midspan_api_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
