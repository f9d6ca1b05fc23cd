//! What `serve --dev` finds on its first day: a repository with a destination on it, tokens for the personas, the starter catalog.

use crate::{
    config::ServeConfig,
    service::{Services, objects::system, people::PERSONAS, promises::publish},
    starter,
};
use anyhow::Result;
use domain::{Object, document};
use orchestrator::destinations::init_bare;
use serde_json::json;
use std::fs;

/// Makes what is not there yet.
pub async fn seed(config: &ServeConfig, services: &Services) -> Result<()> {
    let repository = config.dev_repository();
    if !repository.exists() {
        if let Some(parent) = repository.parent() {
            fs::create_dir_all(parent)?;
        }
        init_bare(&repository, services.now())
            .await
            .map_err(|e| anyhow::anyhow!("cannot make {}: {e}", repository.display()))?;
    }
    for persona in PERSONAS {
        services.token_in_file(&config.token_file(persona.token_file), &persona.caller(), "dev persona").await?;
    }
    let asker = system();
    let documents = [
        json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "StateStore", "metadata": {"name": "gitops"},
               "spec": {"git": {"url": repository.to_string_lossy(), "branch": "main"}}}),
        json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Destination", "metadata": {"name": "dev", "labels": {"environment": "dev"}},
               "spec": {"path": "clusters/dev", "stateStoreRef": {"name": "gitops"}}}),
    ];
    for document in documents {
        if !exists(services, &document).await? {
            publish(services, &asker, document).await?;
        }
    }
    // the catalog is seeded once: what somebody changes or removes after that is theirs
    let seeded = config.data.join("dev/seeded");
    if !seeded.exists() {
        for (folder, text) in starter::promises() {
            let document = document::parse_one(&text, &format!("examples/starter/{folder}/promise.yaml"))?;
            if !exists(services, &document).await? {
                publish(services, &asker, document).await?;
            }
        }
        fs::write(seeded, "The starter catalog has been published here. Remove this file to publish it again.\n")?;
    }
    Ok(())
}

async fn exists(services: &Services, document: &serde_json::Value) -> Result<bool> {
    let object = Object::from_value(document.clone())?;
    let (group, name) = (object.group(), object.metadata.name.as_str());
    Ok(services.store.by_name(group, &object.kind, "", name).await?.is_some())
}
