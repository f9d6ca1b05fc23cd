//! Posted pairs as a tree along their names.

use super::{Entry, MAX_BYTES, MAX_ENTRIES, ROOT, Was};
use domain::{Error, ErrorKind, Result};
use std::collections::HashMap;

/// Marks make a name up to three times as deep as the value.
const MAX_SEGMENTS: usize = 3 * crate::schema::MAX_DEPTH;
/// Nodes of the tree: a hostile form has long names without a common start.
const MAX_PLACES: usize = 10 * MAX_ENTRIES;

#[derive(Debug, Default)]
pub(super) struct Posted {
    pub texts: Vec<String>,
    /// In the order they came first; the segments still encoded.
    pub children: Vec<(String, Posted)>,
    index: HashMap<String, usize>,
}

impl Posted {
    pub(super) fn read(entries: &[Entry]) -> Result<Self> {
        let bytes: usize = entries.iter().map(|(name, text)| name.len() + text.len()).sum();
        if entries.len() > MAX_ENTRIES || bytes > MAX_BYTES {
            let message = format!(
                "the form has {} entries and {bytes} bytes; the limits are {MAX_ENTRIES} and {MAX_BYTES}",
                entries.len()
            );
            return Err(Error::new(ErrorKind::RequestEntityTooLarge, message));
        }
        let mut root = Self::default();
        let mut places = 0;
        for (name, text) in entries {
            let mut segments = name.split('/');
            if segments.next() != Some(ROOT) || name.matches('/').count() > MAX_SEGMENTS {
                continue;
            }
            let mut here = &mut root;
            for segment in segments {
                places += 1;
                here = here.enter(segment);
            }
            if places > MAX_PLACES {
                return Err(Error::new(
                    ErrorKind::RequestEntityTooLarge,
                    "the names of the form are nested too deeply",
                ));
            }
            here.texts.push(text.clone());
        }
        Ok(root)
    }

    fn enter(&mut self, segment: &str) -> &mut Self {
        let next = self.children.len();
        let at = *self.index.entry(segment.to_owned()).or_insert(next);
        if at == next {
            self.children.push((segment.to_owned(), Self::default()));
        }
        &mut self.children[at].1
    }

    /// The child of an encoded segment.
    pub(super) fn get(&self, segment: &str) -> Option<&Self> {
        self.index.get(segment).and_then(|at| self.children.get(*at)).map(|(_, child)| child)
    }

    pub(super) fn text(&self) -> Option<&str> {
        self.texts.last().map(String::as_str)
    }

    pub(super) fn mark(&self, word: &str) -> Option<&str> {
        self.get(word).and_then(Self::text)
    }

    pub(super) fn was(&self) -> Option<Was> {
        self.mark("__was").and_then(Was::named)
    }
}
