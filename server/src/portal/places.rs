//! Where files go and stand: destinations in words, placements as rows, their files.

use super::ServerPortal;
use app::{
    pages::{
        files::{DestinationFiles, PlacedFile},
        resource::Placed,
    },
    view::Tone,
};
use domain::{
    Digest, Object, Result, Typed,
    destination::{Backend, Destination},
    object::GROUP,
    placement::{Placement, PlacementKind, PlacementState},
};
use std::collections::BTreeMap;

/// What is shown of one file.
const LONGEST: usize = 64 * 1024;
/// What is shown of all files of one page together.
const MOST: usize = 1024 * 1024;

/// Destinations by name, with how to say where they write.
#[derive(Default)]
pub struct Places(BTreeMap<String, Place>);

struct Place {
    /// `git · gitops.git, branch main`
    store: String,
    /// Below the store's root.
    path: String,
    has_commits: bool,
}

impl Places {
    pub fn store(&self, destination: &str) -> String {
        self.0.get(destination).map(|place| place.store.clone()).unwrap_or_default()
    }

    /// `git · gitops.git, branch main, path clusters/dev`
    pub fn in_full(&self, destination: &str) -> String {
        match self.0.get(destination) {
            Some(place) if !place.path.is_empty() => format!("{}, path {}", place.store, place.path),
            _ => self.store(destination),
        }
    }

    /// A commit as short as people write it; other stores have none.
    fn commit(&self, destination: &str, version: &str) -> String {
        let has_commits = self.0.get(destination).is_none_or(|place| place.has_commits);
        if has_commits { version.chars().take(10).collect() } else { String::new() }
    }
}

impl ServerPortal {
    pub(super) async fn destinations(&self) -> Result<Vec<Destination>> {
        orchestrator::destinations(&self.doors.services.store).await
    }

    pub(super) async fn places(&self) -> Result<Places> {
        let stores = orchestrator::state_stores(&self.doors.services.store).await?;
        let stores: BTreeMap<String, Backend> =
            stores.into_iter().map(|(key, store)| (key, store.spec.backend)).collect();
        let place = |destination: Destination| {
            let backend = stores.get(&destination.spec.state_store_ref.key());
            let place = Place {
                store: backend.map_or_else(|| "a state store that is not there".to_owned(), words),
                path: destination.spec.folder(),
                has_commits: matches!(backend, Some(Backend::Git(_))),
            };
            (destination.metadata.name, place)
        };
        Ok(Places(self.destinations().await?.into_iter().map(place).collect()))
    }

    /// The placements of a resource, those that are going last.
    pub(super) async fn placements(&self, object: &Object) -> Result<Vec<Placement>> {
        let owned = self.doors.services.store.owned(&object.metadata.uid).await?;
        let placements = owned.into_iter().filter(|object| object.group() == GROUP && object.kind == "Placement");
        let mut placements = placements.map(Typed::<PlacementKind>::parse).collect::<Result<Vec<_>>>()?;
        placements.sort_by(|a, b| {
            (a.spec.withdrawn, &a.spec.destination, &a.spec.root).cmp(&(
                b.spec.withdrawn,
                &b.spec.destination,
                &b.spec.root,
            ))
        });
        Ok(placements)
    }

    /// The placed files with their contents, by destination. One query for all of them.
    pub(super) async fn placed_files(
        &self,
        placements: &[Placement],
        cover: impl Fn(&str) -> String,
    ) -> Result<Vec<DestinationFiles>> {
        let places = self.places().await?;
        let digests: Vec<Digest> =
            placements.iter().flat_map(|placement| placement.spec.files.values().cloned()).collect();
        let blobs = self.doors.services.store.blobs(&digests).await?;
        let (mut all, mut room) = (Vec::<DestinationFiles>::new(), MOST);
        for placement in placements {
            let shown = placed(placement, &places);
            let files = placement.spec.files.iter().map(|(path, digest)| {
                let bytes = blobs.get(digest).map(Vec::as_slice).unwrap_or_default();
                let file = file(placement.spec.full(path), bytes, room.min(LONGEST), &cover);
                room -= file.text.as_ref().map_or(0, String::len).min(room);
                file
            });
            let files: Vec<PlacedFile> = files.collect();
            match all.iter_mut().find(|one| one.name == shown.destination && one.says == shown.says) {
                Some(one) => one.files.extend(files),
                None => all.push(DestinationFiles {
                    name: shown.destination,
                    writes_to: shown.writes_to,
                    commit: shown.commit,
                    at: shown.at,
                    tone: shown.tone,
                    says: shown.says,
                    files,
                }),
            }
        }
        Ok(all)
    }
}

/// One placement as a row.
pub fn placed(placement: &Placement, places: &Places) -> Placed {
    let (spec, status) = (&placement.spec, &placement.status);
    let (tone, says) = match (status.state, spec.withdrawn) {
        (PlacementState::Failing, _) => (Tone::Bad, format!("Not written: {}", status.message)),
        (PlacementState::Written, false) if placement.drifted() => (Tone::Warn, "Drifted".to_owned()),
        (PlacementState::Written, false) if placement.settled() => (Tone::Good, "Written".to_owned()),
        (PlacementState::Written, true) => (Tone::Quiet, "Removed".to_owned()),
        (_, true) => (Tone::Busy, "Being removed".to_owned()),
        (_, false) => (Tone::Busy, "Waiting to be written".to_owned()),
    };
    Placed {
        destination: spec.destination.clone(),
        writes_to: places.store(&spec.destination),
        commit: places.commit(&spec.destination, &status.version),
        at: status.written_at,
        files: spec.files.len() as u64,
        tone,
        says,
    }
}

/// Groups of files that stand alike at one destination are one row.
pub fn together(rows: impl Iterator<Item = Placed>) -> Vec<Placed> {
    let mut together: Vec<Placed> = Vec::new();
    for row in rows {
        let alike = |known: &&mut Placed| {
            (&known.destination, &known.commit, &known.says) == (&row.destination, &row.commit, &row.says)
        };
        match together.iter_mut().find(alike) {
            Some(known) => (known.files, known.at) = (known.files + row.files, known.at.max(row.at)),
            None => together.push(row),
        }
    }
    together
}

/// `git · gitops.git, branch main`. Only the address's end: what stands before it may hold a secret.
pub fn words(backend: &Backend) -> String {
    match backend {
        Backend::Git(git) => {
            let end = git.url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
            let end = end.rsplit(['/', ':', '@']).next().unwrap_or_default();
            format!("git · {end}, branch {}", git.branch)
        }
        Backend::Directory(directory) => format!("directory · {}", directory.path),
        Backend::Bucket(bucket) => format!("bucket · {}", bucket.name),
    }
}

fn file(path: String, bytes: &[u8], room: usize, cover: impl Fn(&str) -> String) -> PlacedFile {
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    // covered before it is cut: a cut secret would not be known
    let text = text.map(cover);
    let is_cut = text.as_ref().is_some_and(|text| text.len() > room);
    let text = text.map(|mut text| {
        text.truncate(text.floor_char_boundary(room));
        text
    });
    PlacedFile { path, bytes: bytes.len() as u64, text, is_cut }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::destination::{DirectoryStore, GitStore};

    #[track_caller]
    fn check(url: &str, expected: &str) {
        let git = GitStore { url: url.into(), branch: "main".into(), ..GitStore::default() };
        assert_eq!(words(&Backend::Git(git)), expected);
    }

    #[test]
    fn a_store_is_told_without_what_might_be_secret_in_its_address() {
        check("https://git.example.com/platform/gitops.git", "git · gitops.git, branch main");
        check("https://bot:t0ken@git.example.com/gitops.git?key=t0ken", "git · gitops.git, branch main");
        check("git@example.com:gitops.git/", "git · gitops.git, branch main");
        let directory = DirectoryStore { path: "/srv/state".into() };
        assert_eq!(words(&Backend::Directory(directory)), "directory · /srv/state");
    }

    #[test]
    fn groups_of_files_that_stand_alike_are_one_row() {
        let row = |destination: &str, says: &str, files| Placed {
            destination: destination.into(),
            says: says.into(),
            files,
            ..Placed::default()
        };
        let rows =
            [row("dev", "Written", 2), row("dev", "Written", 3), row("dev", "Drifted", 1), row("prod", "Written", 1)];
        let told: Vec<_> = together(rows.into_iter())
            .iter()
            .map(|row| format!("{} {} {}", row.destination, row.says, row.files))
            .collect();
        assert_eq!(told.join(", "), "dev Written 5, dev Drifted 1, prod Written 1");
    }

    #[test]
    fn a_large_file_is_cut_between_characters_and_says_so() {
        let cut = file("a".into(), "äöü".as_bytes(), 3, str::to_owned);
        assert_eq!((cut.text.as_deref(), cut.is_cut, cut.bytes), (Some("ä"), true, 6));
        assert_eq!(file("b".into(), b"\x00\xff", 10, str::to_owned).text, None);
    }
}
