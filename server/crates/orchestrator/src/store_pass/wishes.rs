//! What placements want of their store, each in the layout of its destination.

use super::{Site, together};
use crate::{
    destinations::{Refused, Shape, Wanted},
    driver::Orchestrator,
};
use bytes::Bytes;
use domain::{
    Digest, Error, Result,
    destination::{Backend, Layout, StateStore, clean},
    placement::Placement,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a pass asks of a store.
#[derive(Default)]
pub(super) struct Wishes {
    pub wanted: Vec<Wanted>,
    /// What is refused before anybody is asked.
    pub refused: Vec<Refused>,
    /// The placements behind a wish that is not one placement's own, by the wish's id.
    pub shared: BTreeMap<String, Vec<String>>,
}

/// The bytes of files, by their names.
pub(super) struct Contents(BTreeMap<Digest, Bytes>);

impl Contents {
    pub fn of(&self, placement: &Placement) -> Result<BTreeMap<String, Bytes>> {
        if placement.spec.withdrawn {
            return Ok(BTreeMap::new());
        }
        let file = |(path, digest): (&String, &Digest)| {
            let bytes = self.0.get(digest).cloned();
            let bytes = bytes.ok_or_else(|| Error::internal(format!("blob {digest} of {path} is missing")))?;
            Ok((path.clone(), bytes))
        };
        placement.spec.files.iter().map(file).collect()
    }
}

impl Orchestrator {
    pub(super) async fn wishes(
        &self,
        state_store: &StateStore,
        site: &Site,
        open: &[Placement],
        fence: i64,
    ) -> Result<Wishes> {
        let neighbours = self.neighbours(site, open).await?;
        let all: Vec<&Placement> = open.iter().chain(&neighbours).collect();
        let contents = self.contents(open, &neighbours).await?;
        let store_path = clean(state_store.spec.backend.path());
        let mut wishes = Wishes::default();
        let mut folders: BTreeMap<(&str, &str), Vec<&Placement>> = BTreeMap::new();
        let claims = together::Claims::of(&all);
        for placement in open {
            let spec = &placement.spec;
            let wanted = Wanted {
                root: under(&store_path, &spec.root),
                shape: Shape::Folder,
                files: contents.of(placement)?,
                subject: format!("{} {}/{}", spec.promise, placement.metadata.namespace, spec.resource),
                spared: spec.ignore.clone(),
                asked_by: placement.asked_by().map(ToOwned::to_owned).into_iter().collect(),
                id: placement.metadata.uid.clone(),
                fence,
            };
            match spec.layout {
                Layout::Nested => wishes.wanted.push(wanted),
                Layout::Flat => {
                    if let Some(error) = claims.refusal(placement) {
                        wishes.refused.push(Refused { id: wanted.id, error });
                    } else {
                        let shape = claims.listed(placement, &store_path);
                        wishes.wanted.push(Wanted { shape, ..wanted });
                    }
                }
                Layout::Aggregated => {
                    folders.entry((&spec.root, &spec.filename)).or_default().push(placement);
                }
            }
        }
        for ((root, filename), waiting) in folders {
            let here = all.iter().copied().filter(|one| together::in_one_file(one, root, filename));
            let id = format!("file {root}/{filename}");
            let together::Aggregate { text, left_out, broken } = together::aggregate(here, &contents)?;
            let left: BTreeSet<&str> = left_out.iter().map(|one| one.id.as_str()).collect();
            if let Some(error) = broken {
                let all = waiting.iter().filter(|one| !left.contains(one.metadata.uid.as_str()));
                wishes.refused.extend(all.map(|one| Refused { id: one.metadata.uid.clone(), error: error.clone() }));
                wishes.refused.extend(left_out);
                continue;
            }
            let of_wish = waiting.iter().map(|one| one.metadata.uid.clone());
            wishes.shared.insert(id.clone(), of_wish.filter(|uid| !left.contains(uid.as_str())).collect());
            wishes.refused.extend(left_out);
            let files: BTreeMap<String, Bytes> = text.map(|text| (filename.to_owned(), text)).into_iter().collect();
            let gone = if files.is_empty() { BTreeSet::from([filename.to_owned()]) } else { BTreeSet::new() };
            wishes.wanted.push(Wanted {
                root: under(&store_path, root),
                shape: Shape::Files { gone },
                files,
                subject: format!("what stands in {filename} of {}", waiting[0].spec.destination),
                spared: Vec::new(),
                asked_by: waiting.iter().filter_map(|one| one.asked_by()).map(ToOwned::to_owned).collect(),
                id,
                fence,
            });
        }
        Ok(wishes)
    }

    /// The placements that share a folder with open ones: they have a say in what may stand there.
    pub(super) async fn neighbours(&self, site: &Site, open: &[Placement]) -> Result<Vec<Placement>> {
        let shared: BTreeSet<&str> = open
            .iter()
            .filter(|placement| placement.spec.layout != Layout::Nested)
            .map(|placement| placement.spec.root.as_str())
            .collect();
        if shared.is_empty() {
            return Ok(Vec::new());
        }
        let there = site.destinations.iter().filter(|(_, one)| shared.contains(one.spec.folder().as_str()));
        let mut names: BTreeSet<String> = there.map(|(object, _)| object.metadata.name.clone()).collect();
        names.extend(open.iter().map(|placement| placement.spec.destination.clone()));
        let known: BTreeSet<&str> = open.iter().map(|placement| placement.metadata.uid.as_str()).collect();
        let mut all = self.placements_on(names.into_iter().collect()).await?;
        all.retain(|placement| {
            placement.spec.state_store == site.key
                && shared.contains(placement.spec.root.as_str())
                && !known.contains(placement.metadata.uid.as_str())
        });
        Ok(all)
    }

    pub(super) async fn contents(&self, open: &[Placement], neighbours: &[Placement]) -> Result<Contents> {
        let aggregated = neighbours.iter().filter(|placement| placement.spec.layout == Layout::Aggregated);
        let needed = open.iter().chain(aggregated).filter(|placement| !placement.spec.withdrawn);
        let digests: BTreeSet<Digest> = needed.flat_map(|placement| placement.spec.files.values().cloned()).collect();
        let blobs = self.inner.store.blobs(&digests.into_iter().collect::<Vec<_>>()).await?;
        Ok(Contents(blobs.into_iter().map(|(digest, bytes)| (digest, bytes.into())).collect()))
    }
}

/// A store may keep all of its destinations below one folder.
pub(super) fn under(store_path: &str, root: &str) -> String {
    [store_path, root].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// The path from the store's top, below the folder that the store keeps for its destinations.
pub(super) fn from_the_top(backend: &Backend, path: &str) -> String {
    under(&clean(backend.path()), path)
}
