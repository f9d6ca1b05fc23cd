//! One pass over a promise release: the promise is fetched and published where it is not there at its version, and goes when its release goes.

use crate::{
    driver::{Batch, Orchestrator},
    failpoint,
};
use domain::{
    Error, Object, Result, Timestamp,
    condition::{self, Condition, Truth},
    document,
    object::Typed,
    plan::FINALIZER,
    promise::{Promise, PromiseStatus, RELEASE_LABEL, Release, ReleaseKind, VERSION_LABELS},
    selector::{Requirement, Selector},
};
use futures::future::BoxFuture;
use serde_json::Value;
use std::time::Duration;
use store::{Lease, Op, Query};

/// How long after a failure the address is asked again.
const AGAIN: Duration = Duration::from_secs(30);

/// Puts promises in their place and takes them away: the verbs that people have, for the orchestrator.
pub trait Publisher: Send + Sync + 'static {
    /// Creates or replaces the promise.
    fn publish(&self, document: Value) -> BoxFuture<'_, Result<()>>;
    /// Asks the promise to go, and all made from it with it.
    fn withdraw(&self, promise: Object) -> BoxFuture<'_, Result<()>>;
}

impl Orchestrator {
    pub(crate) async fn release_pass(&self, lease: &Lease, object: Object, batch: &Batch) -> Result<()> {
        let mut release = Typed::<ReleaseKind>::parse(object)?;
        let before = release.clone();
        let work = self.settle_release(&mut release);
        let Some(next) = self.while_leased(lease, batch.claimed, work).await else {
            return Err(Error::conflict("the lease was lost while the release was looked at"));
        };
        let next = next?;
        let mut ops = vec![Op::Settle { lease: lease.clone(), next }];
        if release.metadata.deletion_timestamp.is_some() && release.metadata.finalizers.is_empty() {
            let (uid, version) = (release.metadata.uid.clone(), Some(before.metadata.resource_version));
            ops.push(Op::Remove { uid, version });
        } else if release != before {
            ops.push(Op::Update(release.to_object()));
        }
        failpoint::pass("release.commit");
        self.inner.store.commit(ops).await.map(drop)
    }

    /// Brings the promise to where the release wants it. When to look again, if nothing else happens.
    async fn settle_release(&self, release: &mut Release) -> Result<Option<Timestamp>> {
        let now = self.inner.clock.now();
        let installed = self.installed_by(&release.metadata.name).await?;
        if release.metadata.deletion_timestamp.is_some() {
            let Some(promise) = installed else {
                release.metadata.finalizers.retain(|finalizer| finalizer != FINALIZER);
                return Ok(None);
            };
            release.status.message = format!("Waiting until the promise {} is gone", promise.metadata.name);
            "Deleting".clone_into(&mut release.status.phase);
            if !promise.deleting() {
                self.publisher()?.withdraw(promise).await?;
            }
            return Ok(Some(now + AGAIN));
        }
        if let Some(promise) = &installed {
            let version = PromiseStatus::read(&promise.status).version;
            let seen = release.status.observed_generation == release.metadata.generation;
            if promise.deleting() || seen && version == release.spec.version && release.status.status == INSTALLED {
                return Ok(promise.deleting().then(|| now + AGAIN));
            }
        }
        let done = self.install(release).await;
        tell(release, done.as_ref().err(), now);
        Ok(done.is_err().then(|| now + AGAIN))
    }

    async fn install(&self, release: &mut Release) -> Result<()> {
        let source = &release.spec.source_ref;
        let authorization = match &source.secret_ref {
            None => None,
            Some(named) => Some(self.authorization(&named.namespace, &named.name).await?),
        };
        let text = self.inner.runner.fetch(&source.url, authorization.as_deref()).await?;
        let mut value = document::parse_one(&text, &source.url)?;
        let mut object = Object::from_value(value.clone())?;
        if !Promise::is_promise(object.group(), &object.kind) {
            return Err(Error::bad_request(format!("{}: this is a {}, not a Promise", source.url, object.kind)));
        }
        let labelled = VERSION_LABELS.iter().find_map(|label| object.metadata.labels.get(*label)).cloned();
        let found = labelled.unwrap_or_default();
        if release.spec.version.is_empty() {
            release.spec.version.clone_from(&found);
        } else if found != release.spec.version {
            let found = if found.is_empty() { "none".to_owned() } else { format!("{found:?}") };
            let message = format!("the promise's version label says {found}, not {:?}", release.spec.version);
            return Err(Error::bad_request(format!("{}: {message}", source.url)));
        }
        object.metadata.labels.insert(RELEASE_LABEL.to_owned(), release.metadata.name.clone());
        value["metadata"]["labels"] = serde_json::to_value(&object.metadata.labels).map_err(Error::internal)?;
        failpoint::pass("release.publish");
        self.publisher()?.publish(value).await?;
        release.status.promise = object.metadata.name;
        Ok(())
    }

    async fn authorization(&self, namespace: &str, name: &str) -> Result<String> {
        const KEY: &str = "authorizationHeader";
        let secret = self.inner.store.secret(namespace, name).await?;
        let secret = secret.ok_or_else(|| Error::bad_request(format!("there is no Secret {namespace}/{name}")))?;
        let value = secret.get(KEY).and_then(|value| value.text());
        let missing = || Error::bad_request(format!("the Secret {namespace}/{name} has no text under the key {KEY}"));
        value.map(ToOwned::to_owned).ok_or_else(missing)
    }

    async fn installed_by(&self, release: &str) -> Result<Option<Object>> {
        let label = Requirement::In(RELEASE_LABEL.to_owned(), vec![release.to_owned()]);
        for query in crate::sweep::promises() {
            let labels = Selector { requirements: vec![label.clone()] };
            if let Some(promise) = self.inner.store.find(&Query { labels, ..query }).await?.pop() {
                return Ok(Some(promise));
            }
        }
        Ok(None)
    }

    fn publisher(&self) -> Result<&dyn Publisher> {
        let publisher = self.inner.publisher.get().map(AsRef::as_ref);
        publisher.ok_or_else(|| Error::internal("nobody here publishes promises"))
    }
}

const INSTALLED: &str = "Installed";

fn tell(release: &mut Release, error: Option<&Error>, now: Timestamp) {
    let (generation, status) = (release.metadata.generation, &mut release.status);
    status.observed_generation = generation;
    let (word, reason) =
        if error.is_none() { (INSTALLED, "InstalledSuccessfully") } else { ("Error installing", "FailedToInstall") };
    word.clone_into(&mut status.status);
    if error.is_none() { INSTALLED } else { "Failed" }.clone_into(&mut status.phase);
    status.message =
        error.map_or_else(|| format!("The promise {} is installed", status.promise), |error| error.message.clone());
    for kind in ["Installed", "Ready"] {
        let new = Condition {
            kind: kind.to_owned(),
            status: Truth::from(error.is_none()),
            reason: reason.to_owned(),
            message: status.message.clone(),
            last_transition_time: now,
            observed_generation: generation,
        };
        condition::set(&mut status.conditions, new);
    }
}
