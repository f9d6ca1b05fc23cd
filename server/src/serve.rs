//! Puts a server together, by hand and in order: store, kinds, orchestrator, doors; and takes it apart again.

use crate::{
    config::{self, ServeConfig},
    dev,
    http::{
        self, Doors,
        listener::{Entrance, Plain},
    },
    identity::RandomIds,
    keys,
    service::{Services, people::PERSONAS},
    sign_in::SignIn,
    tls,
};
use anyhow::{Context as _, Result};
use domain::{Caller, Clock, SystemClock};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use orchestrator::{
    Config, Offers, Orchestrator,
    destinations::Stores,
    steps::{Runner, RunnerConfig, reach::Reach},
};
use serde_json::json;
use std::{fs, net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long running steps may take to come to their end when the server is told to stop.
const GRACE: Duration = Duration::from_secs(20);

/// A server that is up.
pub struct Running {
    pub services: Services,
    pub orchestrator: Orchestrator,
    pub address: SocketAddr,
    stop: CancellationToken,
    driver: tokio::task::JoinHandle<domain::Result<()>>,
    doors: tokio::task::JoinHandle<std::io::Result<()>>,
    followers: Vec<tokio::task::JoinHandle<()>>,
    /// Held as long as the server is up: one process on one data directory.
    _lock: Option<fs::File>,
}

/// `midspan serve`: until a signal says stop.
pub async fn serve(config: ServeConfig) -> Result<()> {
    // what it prints is copied into other terminals, which stand elsewhere
    let config = ServeConfig { data: std::path::absolute(&config.data)?, ..config };
    let running = start(config.clone()).await?;
    announce(&config, running.address);
    wait_for_signal().await?;
    tracing::info!("stopping");
    running.stop().await
}

/// Starts everything and returns once requests are answered.
pub async fn start(config: ServeConfig) -> Result<Running> {
    fs::create_dir_all(&config.data)
        .with_context(|| format!("cannot make the data directory {}", config.data.display()))?;
    let data = fs::canonicalize(&config.data)?;
    let config = ServeConfig { data, ..config };
    let lock = lock_data(&config)?;
    tls::install_provider();
    // read and taken first, so that a bad file or a taken port is said before anything is changed
    let tls = config.tls.as_ref().map(|files| tls::server_config(&files.certificate, &files.key)).transpose()?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}; is another server running?", config.listen))?;
    let address = listener.local_addr()?;
    // a sandbox is tried out, which takes about as long as opening the store
    let steps = tokio::task::spawn_blocking(surroundings(&config, address));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = keys::open(&config.database_url(), &config.data, config.key_file.as_deref(), clock.now()).await?;
    let offers = Arc::new(Offers::default());
    let services = Services {
        store: store.clone(),
        clock: clock.clone(),
        ids: Arc::new(RandomIds),
        offers: offers.clone(),
        kinds: Arc::default(),
    };
    let replica = services.ids.uid("replica");
    if config.database.is_none() {
        // the lock says that no other process has this database: what others hold, nobody holds
        store.release_others(&replica, clock.now()).await?;
    }
    services.refresh_kinds().await?;
    services.ensure_namespace("default").await?;
    let (tls, plain) = if config.dev {
        dev::seed(&config, &services).await?;
        (Some(dev::prepare(&config, address, clock.now())?), Plain::Everyone)
    } else {
        let admin =
            Caller { name: "admin".to_owned(), groups: vec![domain::caller::PLATFORM.to_owned()], ..Caller::default() };
        services.token_in_file(&config.data.join("admin-token"), &admin, "bootstrap").await?;
        let plain = if tls.is_some() { Plain::ThisMachine } else { Plain::Everyone };
        (tls, plain)
    };
    let steps = steps.await.context("what steps run in")?.map_err(|error| anyhow::anyhow!("{error}"))?;
    if let Some(why) = steps.unfenced() {
        tracing::warn!(why, "commands run without a sandbox: they see all that this server sees");
    }
    let ground = Arc::new(told(&steps));
    let runner = Runner::new(steps);
    let stores = Stores::new(config.data.join("cache/stores"));
    let mut settings =
        Config { alone: config.database.is_none(), failpoint: config::failpoint(), ..Config::new(replica) };
    settings.retention = config.retention.clone();
    settings.lease = config::lease().unwrap_or(settings.lease);
    let orchestrator = Orchestrator::new(settings, store.clone(), clock, offers, runner, stores);
    orchestrator.open_gate(Arc::new(services.clone()));
    orchestrator.publish_through(Arc::new(services.clone()));
    let stop = CancellationToken::new();
    let sign_in = SignIn::new(&config, address, &(Arc::new(SystemClock) as Arc<dyn Clock>))?;
    let doors = Doors {
        services: services.clone(),
        dev: config.dev,
        secure: config.tls.is_some() || sign_in.url.starts_with("https:"),
        sign_in: Arc::new(sign_in),
        stop: stop.clone(),
        metrics: recorder()?,
        ground,
        followed: Arc::default(),
        typicals: Arc::default(),
    };
    let entrance = Entrance::new(listener, tls, plain);
    let router = http::router(doors);
    let doors = tokio::spawn({
        let stop = stop.clone();
        async move { axum::serve(entrance, router).with_graceful_shutdown(stop.cancelled_owned()).await }
    });
    let driver = tokio::spawn({
        let orchestrator = orchestrator.clone();
        async move { orchestrator.run().await }
    });
    let followers = vec![tokio::spawn(follow_promises(services.clone(), stop.clone()))];
    Ok(Running { services, orchestrator, address, stop, driver, doors, followers, _lock: lock })
}

/// What steps run in, to be found out beside everything else.
fn surroundings(
    config: &ServeConfig,
    address: SocketAddr,
) -> impl FnOnce() -> domain::Result<RunnerConfig> + Send + 'static {
    let mut ground = config.ground.clone();
    if config.dev {
        // what is tried out is called on this machine
        ground.reach.get_or_insert_with(Reach::any);
    }
    // a network of their own is a container's, not this machine's: then somebody must say how it gets here
    let shared = ground.containers.network == "host" || ground.containers.network == "none";
    if ground.containers.api.is_none() && shared {
        ground.containers.api = Some(format!("http://127.0.0.1:{}", address.port()));
    }
    let work = config.data.join("work");
    move || RunnerConfig::new(work, ground)
}

impl Running {
    /// No new requests, running steps to their end, then the store.
    pub async fn stop(self) -> Result<()> {
        self.stop.cancel();
        self.orchestrator.stop(GRACE).await;
        let _ = tokio::time::timeout(Duration::from_secs(5), self.doors).await;
        let _ = self.driver.await;
        for follower in self.followers {
            let _ = follower.await;
        }
        self.services.store.close().await;
        Ok(())
    }
}

/// What steps run in here, for whoever asks whether this server is well set up.
pub fn told(steps: &RunnerConfig) -> serde_json::Value {
    let told = |found: Result<String, String>| match found {
        Ok(with) => json!({"with": with}),
        Err(why) => json!({"without": why}),
    };
    let sandbox = steps.unfenced().map_or_else(|| Ok("bubblewrap".to_owned()), |why| Err(why.to_owned()));
    json!({"sandbox": told(sandbox), "containers": told(steps.containers())})
}

/// Serves the kinds of promises that other replicas have published.
async fn follow_promises(services: Services, stop: CancellationToken) {
    let mut changes = services.store.changes();
    let mut seen = services.store.version().await.unwrap_or_default();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
        // many commits at once are one look
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
        }
        changes.borrow_and_update();
        let filter = store::Filter { kind: Some("Promise".to_owned()), ..store::Filter::default() };
        match services.store.since(&filter, seen, 1).await {
            Ok(found) => {
                seen = found.version;
                if !found.changes.is_empty()
                    && let Err(error) = services.refresh_kinds().await
                {
                    tracing::warn!(%error, "promises cannot be read again");
                }
            }
            Err(_) => seen = services.store.version().await.unwrap_or(seen),
        }
    }
}

/// One process on one data directory: two would fight over caches and the embedded database.
fn lock_data(config: &ServeConfig) -> Result<Option<fs::File>> {
    let path = config.data.join("lock");
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    let taken = rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_err();
    anyhow::ensure!(
        !taken,
        "the data directory {} is used by another midspan; stop that one or give this one a --data of its own",
        config.data.display()
    );
    Ok(Some(file))
}

/// The process has one metrics recorder; tests start several servers in one process.
fn recorder() -> Result<PrometheusHandle> {
    static HANDLE: std::sync::Mutex<Option<PrometheusHandle>> = std::sync::Mutex::new(None);
    let mut handle = HANDLE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(handle) = handle.as_ref() {
        return Ok(handle.clone());
    }
    let new = PrometheusBuilder::new().install_recorder().context("metrics")?;
    *handle = Some(new.clone());
    Ok(new)
}

fn announce(config: &ServeConfig, address: SocketAddr) {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    println!("Midspan is ready at {scheme}://{address}");
    if config.dev {
        for persona in PERSONAS {
            println!(
                "  {:<5} {:<18} token: {}",
                persona.name,
                persona.role,
                config.token_file(persona.token_file).display()
            );
        }
        println!("  GitOps repository: {}", config.dev_repository().display());
        println!("  kubectl: export KUBECONFIG={}", config.kubeconfig().display());
        println!("  Development mode: every browser on this machine is signed in. Not for anything else.");
    } else {
        println!("  First administrator's token: {}", config.data.join("admin-token").display());
        println!("  Next, in another terminal:");
        println!("    export MIDSPAN_SERVER={scheme}://{address}");
        println!("    export MIDSPAN_TOKEN_FILE={}", config.data.join("admin-token").display());
        println!("    midspan token create ana --role developer --expires 90d    # a token for the next person");
        println!("    midspan apply -f examples/starter/postgresql/promise.yaml   # the first promise");
        println!("  docs/operate.md goes on from there: a state store and a destination, TLS, backups.");
    }
}

async fn wait_for_signal() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
