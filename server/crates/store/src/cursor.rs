//! Where a page of a list ended, as an opaque word that fits into a URL.

use crate::query::Sort;
use domain::{Error, Object, Result, Timestamp};
use std::fmt;

/// The last object's place in the order, and the version the first page was read at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) sort: Sort,
    pub(crate) text: String,
    pub(crate) number: i64,
    pub(crate) uid: String,
    pub(crate) version: i64,
}

impl Cursor {
    /// Reads the word again. A word that is none of ours is refused.
    pub fn parse(word: &str) -> Result<Self> {
        Self::read(word).ok_or_else(|| Error::bad_request("the continue token is not one of ours; start the list anew"))
    }

    /// The place of an object in an order: a page that ends, or begins, with it.
    pub fn at(object: &Object, sort: Sort) -> Self {
        let metadata = &object.metadata;
        let (text, number) = match sort {
            Sort::Name => (metadata.name.clone(), 0),
            Sort::Created => (String::new(), metadata.creation_timestamp.map_or(0, Timestamp::micros)),
            Sort::Version => (String::new(), metadata.resource_version),
        };
        Self { sort, text, number, uid: metadata.uid.clone(), version: metadata.resource_version }
    }

    fn read(word: &str) -> Option<Self> {
        if word.len() > 2048 || !word.is_ascii() {
            return None;
        }
        let bytes: Option<Vec<u8>> =
            (0..word.len()).step_by(2).map(|at| u8::from_str_radix(word.get(at..at + 2)?, 16).ok()).collect();
        let (sort, text, number, uid, version): (char, String, i64, String, i64) =
            serde_json::from_slice(&bytes?).ok()?;
        let sort = match sort {
            'n' => Sort::Name,
            'c' => Sort::Created,
            'v' => Sort::Version,
            _ => return None,
        };
        Some(Self { sort, text, number, uid, version })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sort = match self.sort {
            Sort::Name => 'n',
            Sort::Created => 'c',
            Sort::Version => 'v',
        };
        let text =
            serde_json::to_string(&(sort, &self.text, self.number, &self.uid, self.version)).map_err(|_| fmt::Error)?;
        text.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_own_text() {
        let cursor = Cursor { sort: Sort::Created, text: "é\"".into(), number: -7, uid: "u".into(), version: 12 };
        assert_eq!(Cursor::parse(&cursor.to_string()).unwrap(), cursor);
    }

    #[test]
    fn a_made_up_word_is_refused() {
        for word in ["", "x", "zz", "5b5d", "é", &"00".repeat(5000)] {
            assert!(Cursor::parse(word).is_err(), "{word}");
        }
    }
}
