//! Layouts in which placements stand side by side: who may have which file, and several in one.

use super::wishes::Contents;
use crate::destinations::{Refused, Shape};
use bytes::Bytes;
use domain::{Error, Result, destination::Layout, document, placement::Placement};
use std::collections::BTreeMap;

/// Who has which file of the flat folders.
pub(super) struct Claims<'p> {
    /// By folder and path. Whoever holds a file keeps it; of those who ask at the same time the oldest gets it.
    owners: BTreeMap<(&'p str, &'p str), &'p Placement>,
}

impl<'p> Claims<'p> {
    pub fn of(all: &[&'p Placement]) -> Self {
        let mut asking: Vec<&'p Placement> =
            all.iter().copied().filter(|one| flat(one) && !one.spec.withdrawn).collect();
        asking.sort_by_key(|one| (one.metadata.creation_timestamp, &one.metadata.uid));
        let mut owners = BTreeMap::new();
        for held in [true, false] {
            for one in &asking {
                let paths = one.spec.files.keys().filter(|path| one.status.holds.contains(path) == held);
                for path in paths {
                    owners.entry((one.spec.root.as_str(), path.as_str())).or_insert(*one);
                }
            }
        }
        Self { owners }
    }

    /// Why a placement may not be written: another has a file of the same path, or one where this needs a folder.
    pub fn refusal(&self, placement: &Placement) -> Option<Error> {
        if placement.spec.withdrawn {
            return None;
        }
        let other = |path: &str| {
            let owner = self.owners.get(&(placement.spec.root.as_str(), path))?;
            (owner.metadata.uid != placement.metadata.uid).then_some(*owner)
        };
        let within = |path: &str| {
            // in order of paths, what lies in a folder follows the folder's name and a slash
            let (root, inside) = (placement.spec.root.as_str(), format!("{path}/"));
            let (_, owner) = self
                .owners
                .range((root, inside.as_str())..)
                .next()
                .filter(|((at, found), _)| *at == root && found.starts_with(&inside))?;
            (owner.metadata.uid != placement.metadata.uid).then_some(*owner)
        };
        placement.spec.files.keys().find_map(|path| {
            let above = path.match_indices('/').find_map(|(at, _)| other(&path[..at]));
            let owner = other(path).or(above).or_else(|| within(path))?;
            let (promise, resource) = (&owner.spec.promise, &owner.spec.resource);
            let problem = format!(
                "the file {path:?} at destination {} is {promise} {}/{resource}'s already; name it otherwise, or remove that resource",
                placement.spec.destination, owner.metadata.namespace
            );
            Some(Error::conflict(problem))
        })
    }

    /// How a placement's files are told from the others beside them.
    pub fn listed(&self, placement: &Placement, store_path: &str) -> Shape {
        let metadata = &placement.metadata;
        let others = self
            .owners
            .iter()
            .filter(|((root, _), owner)| *root == placement.spec.root && owner.metadata.uid != metadata.uid)
            .map(|((_, path), _)| (*path).to_owned());
        Shape::Listed {
            ledger: format!(".kratix/{}-{}.yaml", metadata.namespace, metadata.name),
            store_path: store_path.to_owned(),
            kept: others.collect(),
        }
    }
}

/// The files that nobody else may take from a placement once they stand.
pub(super) fn held(placement: &Placement) -> Vec<String> {
    let stands = flat(placement) && !placement.spec.withdrawn;
    if stands { placement.spec.files.keys().cloned().collect() } else { Vec::new() }
}

pub(super) fn in_one_file(placement: &Placement, root: &str, filename: &str) -> bool {
    let spec = &placement.spec;
    spec.layout == Layout::Aggregated && spec.root == root && spec.filename == filename && !spec.withdrawn
}

/// Several placements as one file.
pub(super) struct Aggregate {
    /// Absent when nothing is left to stand.
    pub text: Option<Bytes>,
    /// New placements that are not YAML: the others stand without them.
    pub left_out: Vec<Refused>,
    /// One that stands already has become something other than YAML: writing the file without it would take its things away.
    pub broken: Option<Error>,
}

/// Joins placements in the order of their names, as Kratix does.
pub(super) fn aggregate<'p>(all: impl Iterator<Item = &'p Placement>, contents: &Contents) -> Result<Aggregate> {
    let mut all: Vec<&Placement> = all.collect();
    all.sort_by_key(|one| (&one.metadata.namespace, &one.metadata.name));
    let mut aggregate = Aggregate { text: None, left_out: Vec::new(), broken: None };
    let mut parts: Vec<Bytes> = Vec::new();
    for one in all {
        let files = contents.of(one)?;
        let odd = files.iter().find(|(path, content)| !is_yaml(content, path));
        match odd {
            None => parts.extend(files.into_values()),
            Some((path, _)) => {
                let (spec, metadata) = (&one.spec, &one.metadata);
                let problem = format!(
                    "the file {path:?} of {} {}/{} is not YAML, and the destination {} takes everything in one YAML file",
                    spec.promise, metadata.namespace, spec.resource, spec.destination
                );
                let error = Error::conflict(problem);
                if one.status.written.is_some() {
                    aggregate.broken = Some(error.clone());
                }
                aggregate.left_out.push(Refused { id: metadata.uid.clone(), error });
            }
        }
    }
    let texts: Vec<&[u8]> = parts.iter().map(|part| part.trim_ascii_end()).filter(|part| !part.is_empty()).collect();
    aggregate.text = (!texts.is_empty()).then(|| [texts.join(&b"\n---\n"[..]), b"\n".to_vec()].concat().into());
    Ok(aggregate)
}

fn is_yaml(content: &[u8], path: &str) -> bool {
    std::str::from_utf8(content).is_ok_and(|text| document::parse_all(text, path).is_ok())
}

fn flat(placement: &Placement) -> bool {
    placement.spec.layout == Layout::Flat
}
