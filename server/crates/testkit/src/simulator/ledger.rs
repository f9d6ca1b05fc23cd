//! What really happened outside, written down beside the product: the rules are judged here and nowhere else.

use domain::{
    digest::Digest,
    run::{Run, StepAt},
    work::Files,
};
use std::collections::{BTreeMap, BTreeSet};
use store::Lease;

#[derive(Default)]
pub struct Ledger {
    /// The first rule that was broken.
    pub broken: Option<String>,
    /// The newest generation of each object whose asker was told that it is stored.
    pub acknowledged: BTreeMap<String, i64>,
    /// Requests of actions whose asker was told that they are stored.
    pub actions: BTreeSet<String>,
    /// Objects somebody asked to delete, told or not.
    pub deleted: BTreeSet<String>,
    /// What stands at the destination.
    pub files: BTreeMap<String, Files>,
    /// Folders there that somebody has changed behind everybody's back.
    pub meddled: BTreeSet<String>,
    /// The highest fence the destination has seen.
    pub fence: i64,
    /// The newest fence each key was claimed under.
    pub claimed: BTreeMap<String, i64>,
    contents: BTreeMap<String, Digest>,
    done: BTreeMap<(String, StepAt, u32), String>,
    looks: BTreeSet<(String, i64)>,
}

/// A step's effect as the outside sees it.
pub struct Effect<'a> {
    pub key: &'a str,
    pub content: &'a Digest,
    pub run: &'a str,
    pub at: StepAt,
    /// How often its pipeline has been asked to run again, and which attempt of the step it is.
    pub round: u32,
    pub attempt: u32,
}

impl Ledger {
    pub fn breaks(&mut self, rule: String) {
        self.broken.get_or_insert(rule);
    }

    pub fn count(&self) -> usize {
        self.contents.len()
    }

    /// Whether something was done under this key.
    pub fn knows(&self, key: &str) -> bool {
        self.contents.contains_key(key)
    }

    /// A transaction was taken from the holder of this lease.
    pub fn wrote(&mut self, lease: &Lease) {
        if self.claimed.get(&lease.key).is_some_and(|newest| *newest > lease.fence) {
            self.breaks(format!(
                "{}: a write under fence {} after somebody newer has claimed it",
                lease.key, lease.fence
            ));
        }
    }

    /// What a look has found was taken down.
    pub fn looked(&mut self, probe: &str, sequence: i64) {
        if !self.looks.insert((probe.to_owned(), sequence)) {
            self.breaks(format!("{probe}: look {sequence} counts twice"));
        }
    }

    /// Something is done outside. `row` is what the database knows of the run at this moment.
    pub fn effect(&mut self, effect: &Effect, row: Option<&Run>) {
        let Effect { key, content, run, at, round, attempt } = *effect;
        if row.and_then(|row| row.step(at)).is_none_or(|step| step.attempt < attempt) {
            self.breaks(format!("{run} {at:?} attempt {attempt}: an effect without its committed intent"));
        }
        let before = self.contents.insert(key.to_owned(), content.clone());
        if before.is_some_and(|before| before != *content) {
            self.breaks(format!("{run} {at:?}: the key {key} was given to two contents"));
        }
        let before = self.done.insert((run.to_owned(), at, round), key.to_owned());
        if before.is_some_and(|before| before != key) {
            self.breaks(format!("{run} {at:?}: done twice under two keys"));
        }
    }
}
