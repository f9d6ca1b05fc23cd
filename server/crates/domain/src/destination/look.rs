//! When a state store's files are looked at: now and then, and when somebody asks.

use super::{StateStoreStatus, rules};
use crate::{
    drift::{LOOK_ASKED, LOOK_EVERY},
    error::Result,
    object::Metadata,
    time::Timestamp,
    workflow::GoDuration,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const SHORTEST: Duration = Duration::from_secs(1);

/// How far the looking has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Look {
    /// When everything had been looked at the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<Timestamp>,
    /// The newest question that this answers.
    pub answered: i64,
    /// The newest question that the unfinished round answers.
    pub answering: i64,
    /// The generation of the store's document that the round began with: one that leads elsewhere is looked at once more.
    pub generation: i64,
    /// Where the unfinished round goes on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub next: String,
    /// Why the store could not be looked at the last time.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub failure: String,
    /// When it is tried again after that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
}

impl Look {
    /// How often a store is looked at unless somebody says otherwise.
    pub const EVERY: Duration = Duration::from_mins(10);
}

impl StateStoreStatus {
    /// When it is to be looked at next: every so often unless its document says otherwise. `jitter` spreads the pause after a whole round.
    pub fn next_look(
        &self,
        metadata: &Metadata,
        every_so_often: Duration,
        now: Timestamp,
        jitter: impl Fn(Duration, Timestamp) -> Duration,
    ) -> Timestamp {
        let look = &self.look;
        if let Some(at) = look.retry_at {
            return at;
        }
        let asked = asked(metadata) > look.answered;
        match look.looked_at {
            Some(at) if look.next.is_empty() && !asked && look.generation == metadata.generation => {
                let every = every(metadata).unwrap_or_default().map_or(every_so_often, |every| every.0);
                at + jitter(every, at)
            }
            _ => now,
        }
    }
}

/// The newest question.
pub fn asked(metadata: &Metadata) -> i64 {
    metadata.annotations.get(LOOK_ASKED).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// How often it is looked at, if its document says so.
pub(super) fn every(metadata: &Metadata) -> Result<Option<GoDuration>> {
    let Some(text) = metadata.annotations.get(LOOK_EVERY) else { return Ok(None) };
    let every = GoDuration::parse(text).filter(|every| every.0 >= SHORTEST);
    let problem = format!("{LOOK_EVERY}: {text:?} is not an interval such as 10m: a duration of at least a second");
    every.map(Some).ok_or_else(|| rules::wrong("metadata.annotations", &problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: &StateStoreStatus, annotations: &[(&str, &str)], expected: i64) {
        let annotations = annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let metadata = Metadata { annotations, ..Metadata::default() };
        let next = status.next_look(&metadata, Look::EVERY, Timestamp::from_micros(5_000_000), |every, _| every);
        assert_eq!(next.micros() / 1_000_000, expected);
    }

    #[test]
    fn it_is_looked_at_now_and_then_and_when_somebody_asks() {
        let at = |seconds: i64| Some(Timestamp::from_micros(seconds * 1_000_000));
        let of = |look: Look| StateStoreStatus { look, ..StateStoreStatus::default() };
        check(&of(Look::default()), &[], 5);
        let done = Look { looked_at: at(2), answered: 7, ..Look::default() };
        check(&of(done.clone()), &[], 602);
        check(&of(done.clone()), &[(LOOK_EVERY, "30s")], 32);
        check(&of(done.clone()), &[(LOOK_ASKED, "7")], 602);
        check(&of(done.clone()), &[(LOOK_ASKED, "8")], 5);
        check(&of(Look { next: "p".to_owned(), ..done.clone() }), &[], 5);
        check(&of(Look { generation: 1, ..done.clone() }), &[], 5);
        check(&of(Look { retry_at: at(60), ..done }), &[(LOOK_ASKED, "8")], 60);
    }

    #[test]
    fn an_interval_that_is_none_is_refused_where_it_stands() {
        let annotations = [(LOOK_EVERY.to_owned(), "soon".to_owned())].into();
        let error = every(&Metadata { annotations, ..Metadata::default() }).unwrap_err();
        assert_eq!(error.causes[0].pointer, "/metadata/annotations");
    }
}
