//! A small map of rows under change: what a refused transaction did to it is taken back.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
};

pub struct Staged<K, V> {
    stored: HashMap<K, V>,
    now: HashMap<K, V>,
    undo: Vec<(K, Option<V>)>,
    touched: BTreeSet<K>,
}

impl<K: Clone + Ord + Hash, V: Clone> Staged<K, V> {
    pub fn new(stored: impl IntoIterator<Item = (K, V)>) -> Self {
        let stored: HashMap<K, V> = stored.into_iter().collect();
        Self { now: stored.clone(), stored, undo: Vec::new(), touched: BTreeSet::new() }
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.now.get(key)
    }

    #[cfg(feature = "simulation")]
    pub fn all(&self) -> impl Iterator<Item = (&K, &V)> {
        self.now.iter()
    }

    /// As it was before the group.
    pub fn stored(&self, key: &K) -> Option<&V> {
        self.stored.get(key)
    }

    pub fn set(&mut self, key: K, value: V) {
        let before = self.now.insert(key.clone(), value);
        self.undo.push((key, before));
    }

    pub fn remove(&mut self, key: &K) {
        let before = self.now.remove(key);
        self.undo.push((key.clone(), before));
    }

    pub fn accept(&mut self) {
        self.touched.extend(self.undo.drain(..).map(|(key, _)| key));
    }

    pub fn refuse(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(value) => self.now.insert(key, value),
                None => self.now.remove(&key),
            };
        }
    }

    /// What accepted transactions changed: the new value, or `None` for what is gone.
    pub fn changes(&self) -> impl Iterator<Item = (&K, Option<&V>)> {
        self.touched.iter().map(|key| (key, self.now.get(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_change_leaves_no_trace() {
        let mut staged = Staged::new([("a", 1)]);
        staged.set("a", 2);
        staged.set("b", 3);
        staged.remove(&"a");
        staged.refuse();
        assert_eq!((staged.get(&"a"), staged.get(&"b"), staged.changes().count()), (Some(&1), None, 0));
    }
}
