//! Looking at what stands in a store, against what was placed: each placement says what is not as it was written.
//!
//! A look is part of the store's own pass. Nobody but this pass writes the store while its lease lasts, so nothing of ours can change under the
//! look; what it finds is recorded under the lease and under each placement's version, so a placement that was asked for anew meanwhile is left alone.

use super::{Site, health, spread, together, wishes::under};
use crate::{
    course::Settings,
    destinations::{Asked, Sight},
    driver::{Batch, Orchestrator},
    failpoint,
    places::state_store_object,
    resource_pass::wake,
};
use domain::{
    Digest, Error, ErrorKind, Object, Result, Timestamp,
    condition::{self, Condition, Truth},
    destination::{Layout, Look, StateStore, StateStoreRef, StateStoreStatus, StoreKind, clean, look_asked},
    drift::{Found, compare},
    event::Level,
    object::{GROUP, Kind, Typed},
    placement::{Placement, PlacementKind, PlacementState},
    selector::{Requirement, Selector},
    work::Files,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use store::{Cursor, Lease, Op, Query};

/// Placements that are looked at together; writes come in between.
const TOGETHER: i64 = 2_000;
/// How soon a store is looked at again that could not be read.
const AGAIN: Duration = Duration::from_mins(1);
/// The condition that says whether a store can be looked at.
const LOOKED: &str = "Looked";

/// Questions about folders, each with the placements it is about.
#[derive(Default)]
struct Questions {
    asked: Vec<Asked>,
    about: Vec<Vec<usize>>,
}

/// When a store that stands like this is looked at next.
pub(super) fn next(
    object: &Object,
    status: &StateStoreStatus,
    key: &str,
    settings: Settings,
    now: Timestamp,
) -> Timestamp {
    let kratix = StateStoreRef::of_key(key).kind != StoreKind::StateStore;
    let every = settings.look_every.filter(|_| kratix).unwrap_or(Look::EVERY);
    status.next_look(&object.metadata, every, now, |every, at| spread(every, key, at))
}

impl Site {
    pub(super) fn next_look(&self, settings: Settings, now: Timestamp) -> Timestamp {
        let next = self.object.as_ref().map(|object| next(object, &self.status, &self.key, settings, now));
        next.unwrap_or(Timestamp::from_micros(i64::MAX))
    }
}

impl Orchestrator {
    /// Looks at the next slice of the store, if that is due; says when the one after it is.
    pub(super) async fn look_round(&self, lease: &Lease, site: &Site, batch: &Batch) -> Result<Timestamp> {
        let now = self.inner.clock.now();
        // read anew: this pass may have written on it
        let Some(object) = state_store_object(&self.inner.store, &site.key).await? else {
            return Ok(site.next_look(batch.settings, now));
        };
        let mut status: StateStoreStatus = serde_json::from_value(object.status.clone()).unwrap_or_default();
        let due = next(&object, &status, &site.key, batch.settings, now);
        if due > now {
            return Ok(due);
        }
        let mut look = std::mem::take(&mut status.look);
        if look.next.is_empty() {
            (look.answering, look.generation) = (look_asked(&object.metadata), object.metadata.generation);
        }
        let (placements, rest) = self.written_placements(&site.key, &look.next).await?;
        let outside = self.while_leased(lease, batch.claimed, self.compared(&object, site, &placements));
        let Some(compared) = batch.tenure.while_it_counts(Box::pin(outside)).await.flatten() else {
            return Err(Error::conflict("this replica was away for longer than its lease"));
        };
        failpoint::pass("store.looked");
        let now = self.inner.clock.now();
        status.look = match compared {
            Ok((sight, found)) => {
                self.record_findings(lease, &placements, &sight, found).await?;
                match rest {
                    Some(rest) => Look { next: rest.to_string(), failure: String::new(), retry_at: None, ..look },
                    None => Look {
                        looked_at: Some(now),
                        answered: look.answering,
                        generation: look.generation,
                        ..Look::default()
                    },
                }
            }
            Err(error) => {
                tracing::warn!(store = site.key, %error, "state store cannot be looked at");
                // who asked is not left waiting: the failure is the answer
                let (answered, retry_at) = (look.answering, Some((now + AGAIN).to_second()));
                Look { failure: error.message, retry_at, answered, next: String::new(), ..look }
            }
        };
        let due = next(&object, &status, &site.key, batch.settings, now);
        self.tell_look(lease, &object, status, now).await?;
        Ok(due)
    }

    /// The next of the placements that were written and are not asked for anew, and where the others go on.
    async fn written_placements(&self, key: &str, after: &str) -> Result<(Vec<Placement>, Option<Cursor>)> {
        let of_store = Requirement::In("midspan.dev/state-store".to_owned(), vec![key.to_owned()]);
        let query = Query {
            phases: vec!["Written".to_owned()],
            labels: Selector { requirements: vec![of_store] },
            limit: TOGETHER,
            // a place that cannot be read is the beginning
            after: Cursor::parse(after).ok(),
            ..Query::of_kind(GROUP, PlacementKind::KIND)
        };
        let page = self.inner.store.list(&query).await?;
        let placements: Result<Vec<Placement>> = page.objects.into_iter().map(Typed::<PlacementKind>::parse).collect();
        let mut placements = placements?;
        placements.retain(|one| one.settled() && !one.spec.withdrawn && one.spec.state_store == key);
        Ok((placements, page.next))
    }

    /// What is not as placed, placement by placement.
    async fn compared(
        &self,
        object: &Object,
        site: &Site,
        placements: &[Placement],
    ) -> Result<(Sight, Vec<Option<Found>>)> {
        let mut found = vec![None; placements.len()];
        let state_store = StateStore::read(object)?;
        let questions = self.questions(&state_store, site, placements).await?;
        if questions.asked.is_empty() {
            return Ok((Sight::default(), found));
        }
        let target = self.target(&state_store, site).await?;
        let sight = self.inner.stores.look(&target, questions.asked.clone()).await?;
        let now = self.inner.clock.now();
        for ((asked, about), seen) in questions.asked.iter().zip(&questions.about).zip(&sight.folders) {
            for at in about {
                found[*at] = compare(&asked.files, seen, asked.owned, &placements[*at].spec.ignore, now);
            }
        }
        Ok((sight, found))
    }

    async fn questions(&self, state_store: &StateStore, site: &Site, placements: &[Placement]) -> Result<Questions> {
        let top = clean(state_store.spec.backend.path());
        let mut questions = Questions::default();
        let mut shared: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (at, placement) in placements.iter().enumerate() {
            let spec = &placement.spec;
            if spec.layout == Layout::Aggregated {
                shared.entry((&spec.root, &spec.filename)).or_default().push(at);
            } else {
                let (root, files) = (under(&top, &spec.root), spec.files.clone());
                questions.asked.push(Asked { root, files, owned: spec.layout == Layout::Nested });
                questions.about.push(vec![at]);
            }
        }
        if shared.is_empty() {
            return Ok(questions);
        }
        let those: Vec<Placement> = shared.values().flatten().map(|at| placements[*at].clone()).collect();
        let neighbours = self.neighbours(site, &those).await?;
        let contents = self.contents(&those, &neighbours).await?;
        for ((root, filename), about) in shared {
            let here = || {
                let all = those.iter().chain(&neighbours);
                all.filter(|one| together::in_one_file(one, root, filename))
            };
            // what is about to be written anew is not judged by what it was
            let moving = |one: &Placement| !one.settled() && !never_taken(one);
            let leaving =
                |one: &Placement| one.spec.withdrawn && one.spec.root == root && one.spec.filename == filename;
            if here().any(moving) || neighbours.iter().any(leaving) {
                continue;
            }
            let text = together::aggregate(here().filter(|one| one.settled()), &contents)?.text;
            let files: Files = text.map(|text| (filename.to_owned(), Digest::of(text))).into_iter().collect();
            questions.asked.push(Asked { root: under(&top, root), files, owned: false });
            questions.about.push(about);
        }
        Ok(questions)
    }

    /// Says on each placement what was found there. One that changed meanwhile is left to the next look.
    async fn record_findings(
        &self,
        lease: &Lease,
        placements: &[Placement],
        sight: &Sight,
        found: Vec<Option<Found>>,
    ) -> Result<()> {
        let now = self.inner.clock.now();
        let records = placements.iter().zip(found).filter_map(|(placement, found)| {
            let before = placement.status.drift.as_ref();
            let same = match (before, &found) {
                (Some(before), Some(found)) => before.same(found),
                (before, found) => before.is_none() && found.is_none(),
            };
            if same {
                return None;
            }
            let kept: BTreeSet<&Digest> =
                found.iter().flat_map(|found| &found.files).filter_map(|file| file.found.as_ref()).collect();
            let blob = |digest: &Digest| {
                let bytes = sight.kept.get(digest)?.to_vec();
                Some(Op::Blob { digest: digest.clone(), bytes })
            };
            let mut next = placement.clone();
            let since = before.map(|before| before.since);
            next.status.drift = found.clone().map(|found| Found { since: since.unwrap_or(found.since), ..found });
            let owner = placement.metadata.owner_references.first().map_or("", |owner| owner.uid.as_str());
            let mut ops = vec![Op::while_leased(lease)];
            ops.extend(kept.into_iter().filter_map(blob));
            ops.extend([Op::Update(next.to_object()), wake(owner, &placement.metadata.namespace, now)]);
            Some(self.inner.store.commit(ops))
        });
        for recorded in futures::future::join_all(records).await {
            match recorded {
                Err(error) if error.kind != ErrorKind::Conflict => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    async fn tell_look(
        &self,
        lease: &Lease,
        before: &Object,
        mut status: StateStoreStatus,
        now: Timestamp,
    ) -> Result<()> {
        let failure = &status.look.failure;
        let looked = Condition {
            kind: LOOKED.to_owned(),
            status: Truth::from(failure.is_empty()),
            reason: if failure.is_empty() { "Looked" } else { "LookFailed" }.to_owned(),
            message: match status.look.retry_at {
                Some(at) if !failure.is_empty() => format!("{failure}; next attempt at {at}"),
                _ => "What stands there can be looked at".to_owned(),
            },
            last_transition_time: now,
            observed_generation: before.metadata.generation,
        };
        let was = status.conditions.iter().find(|one| one.kind == LOOKED).map(|one| one.status);
        let told = match (was, looked.status) {
            (Some(Truth::False), Truth::True) => Some((Level::Normal, "Looked", looked.message.clone())),
            (was, Truth::False) if was != Some(Truth::False) => Some((Level::Warning, "LookFailed", failure.clone())),
            _ => None,
        };
        // one that could always be looked at says nothing of it
        if was.is_some() || looked.status == Truth::False {
            condition::set(&mut status.conditions, looked);
        }
        let told = told.map(|(level, code, message)| health::event(before, now, level, code, message));
        let after = Object { status: serde_json::to_value(&status).unwrap_or_default(), ..before.clone() };
        self.say(lease, before, after, told).await
    }
}

/// It was refused, and never stood there.
fn never_taken(placement: &Placement) -> bool {
    placement.status.state == PlacementState::Failing && placement.status.written.is_none()
}
