//! The plan of a request before it is made: what its template steps would render, against what is placed now. Nothing is written.

use super::{Services, kinds::Promised};
use domain::{
    Object, Result,
    digest::Digest,
    plan::{self, Choice, FINALIZER},
    work::Work,
};
use orchestrator::steps::{Ended, Folders, StepInput, condition, given::Given, template};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What a request would do.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    pub files: Vec<FileChange>,
    /// Steps whose effect cannot be shown beforehand, as `pipeline / step (kind)`.
    pub unseen: Vec<String>,
    /// What of others it uses and that is not there yet: it begins once that comes.
    pub waits: Option<String>,
    /// What the promise's templates refuse.
    pub refusal: Option<String>,
    /// The destinations the files would go to.
    pub destinations: BTreeSet<String>,
    /// How every destination stands to what would be placed.
    pub choices: Vec<Choice>,
    /// Why nothing would be placed, if so.
    pub nowhere: Option<String>,
}

/// One file at a destination, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    pub path: String,
    pub destination: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Services {
    /// Plans the creation or change of `object` in memory.
    pub async fn preview(&self, promised: &Arc<Promised>, object: Object) -> Result<Preview> {
        let mut preview = Preview::default();
        let before = self.placed(&object.metadata.uid).await?;
        let mut contents: BTreeMap<Digest, bytes::Bytes> = BTreeMap::new();
        let inputs = orchestrator::inputs::read(&self.store, &self.offers, &object).await?;
        let mut given = object.clone();
        inputs.fill(&mut given.spec);
        preview.waits = inputs.missing;
        let works = Self::rendered(promised, &given, &mut contents, &mut preview);
        let mut after = BTreeMap::new();
        if preview.refusal.is_none() {
            for placement in self.would_place(promised, object, works, &mut preview).await? {
                for (path, digest) in &placement.spec.files {
                    let bytes = contents.get(digest).cloned().unwrap_or_default();
                    let destination = placement.spec.destination.clone();
                    after
                        .insert((destination, placement.spec.full(path)), String::from_utf8_lossy(&bytes).into_owned());
                }
            }
        }
        preview.destinations = after.keys().map(|(destination, _)| destination.clone()).collect();
        preview.files = changes(before, after);
        Ok(preview)
    }

    /// What stands now for the resource, by destination and path.
    pub async fn placed(&self, uid: &str) -> Result<BTreeMap<(String, String), String>> {
        let mut all = BTreeMap::new();
        if uid.is_empty() {
            return Ok(all);
        }
        for object in self.store.owned(uid).await?.into_iter().filter(|object| object.kind == "Placement") {
            let placement = domain::Typed::<domain::placement::PlacementKind>::parse(object)?;
            let digests: Vec<Digest> = placement.spec.files.values().cloned().collect();
            let blobs = self.store.blobs(&digests).await?;
            for (path, digest) in &placement.spec.files {
                let text =
                    blobs.get(digest).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
                all.insert((placement.spec.destination.clone(), placement.spec.full(path)), text);
            }
        }
        Ok(all)
    }

    /// Runs the template steps of the configure workflow in memory.
    fn rendered(
        promised: &Arc<Promised>,
        object: &Object,
        contents: &mut BTreeMap<Digest, bytes::Bytes>,
        preview: &mut Preview,
    ) -> Vec<(String, Folders)> {
        let promise = &promised.offer.promise;
        let mut all = Vec::new();
        for pipeline in &promise.spec.workflows.resource.configure {
            let mut folders = Folders::default();
            for step in &pipeline.steps {
                // one that asks about what is not known before its run is shown as if it held
                let asked = step.condition.as_deref();
                let held = asked.map(|asked| condition::over(asked, object, &promised.offer, serde_json::Map::new()));
                if held.is_some_and(|held| matches!(held, Ok(false))) {
                    continue;
                }
                if !step.uses.is_pure() {
                    preview.unseen.push(format!("{} / {} ({})", pipeline.name, step.name, step.uses));
                    continue;
                }
                let input = StepInput {
                    object: object.clone(),
                    promise: promise.name.clone(),
                    promise_version: promise.version.clone(),
                    workflow: domain::run::Workflow::Configure,
                    act: None,
                    run: "preview".to_owned(),
                    pipeline: pipeline.name.clone(),
                    step: step.clone(),
                    volumes: Vec::new(),
                    given: Given::default(),
                    last: false,
                    plural: promise.spec.api.as_ref().map_or_else(String::new, |api| api.plural.clone()),
                    idempotency_key: "preview".to_owned(),
                    fence: 0,
                    before: folders.clone(),
                    children: serde_json::Map::new(),
                    secrets_to_mask: Vec::new(),
                };
                match template::render(&input) {
                    Ended::Done { folders: after, .. } => folders = after,
                    Ended::Failed { message, .. } => {
                        preview.refusal = Some(format!("{} / {}: {message}", pipeline.name, step.name));
                        return Vec::new();
                    }
                }
            }
            contents.extend(folders.output.values().map(|bytes| (Digest::of(bytes), bytes.clone())));
            all.push((pipeline.name.clone(), folders));
        }
        all
    }

    /// Lets the real plan schedule the rendered works, so that the preview cannot differ from what will happen.
    async fn would_place(
        &self,
        promised: &Arc<Promised>,
        mut object: Object,
        rendered: Vec<(String, Folders)>,
        preview: &mut Preview,
    ) -> Result<Vec<domain::placement::Placement>> {
        let standing = match object.metadata.uid.as_str() {
            "" => Vec::new(),
            uid => self.store.owned(uid).await?,
        };
        let placements = standing
            .into_iter()
            .filter(|o| o.kind == "Placement")
            .map(domain::Typed::parse)
            .collect::<Result<Vec<_>>>()?;
        if object.metadata.uid.is_empty() {
            "preview".clone_into(&mut object.metadata.uid);
        }
        object.metadata.finalizers = vec![FINALIZER.to_owned()];
        let outputs = rendered.into_iter().map(|(name, folders)| {
            let metadata = folders.metadata.iter().map(|(path, bytes)| (path.clone(), bytes.to_vec())).collect();
            let selectors =
                domain::run::PipelineMetadata::of(&metadata).map(|read| read.result.selectors).unwrap_or_default();
            (name, folders.output.iter().map(|(path, bytes)| (path.clone(), Digest::of(bytes))).collect(), selectors)
        });
        let works: Vec<Work> = plan::works_of(&object, &promised.offer.promise.name, outputs, self.now());
        let observed = self.sight(object, works, placements, promised.offer.clone()).await?;
        preview.choices = plan::explain(&observed);
        let (placements, nowhere) = plan::place_only(observed, self.now());
        preview.nowhere = nowhere.map(|reason| reason.to_string());
        Ok(placements.into_iter().filter(|placement| !placement.spec.withdrawn).collect())
    }
}

fn changes(before: BTreeMap<(String, String), String>, after: BTreeMap<(String, String), String>) -> Vec<FileChange> {
    let keys: BTreeSet<(String, String)> = before.keys().chain(after.keys()).cloned().collect();
    keys.into_iter()
        .map(|key| FileChange {
            path: key.1.clone(),
            destination: key.0.clone(),
            before: before.get(&key).cloned(),
            after: after.get(&key).cloned(),
        })
        .collect()
}
