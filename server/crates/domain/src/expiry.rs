//! The end of a resource's time: when it is, who is warned when, how far it may be put off.

use crate::{object::Object, time::Timestamp, workflow::GoDuration};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The annotation that says when a resource's time is over. It counts where the promise has an expiry.
pub const EXPIRES_AT: &str = "midspan.dev/expires-at";

/// What a promise says about the time its resources have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Expiry {
    /// The time a resource has unless it asks for another; without one it has no end until somebody gives it one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<GoDuration>,
    /// The longest a resource lives, however often its time is extended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<GoDuration>,
    /// How long before the end people are told.
    pub warn: Vec<GoDuration>,
    /// How much one extension adds at most; without one the end cannot be put off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extend: Option<GoDuration>,
}

/// How a resource stands towards the end of its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody needs to know yet.
    Far,
    /// So long before the end people are told, and that moment is past.
    Soon(Duration),
    Over,
}

/// When this resource's time is over, if it says so.
pub fn end_of(object: &Object) -> Option<Timestamp> {
    object.metadata.annotations.get(EXPIRES_AT).and_then(|text| Timestamp::parse(text))
}

impl Expiry {
    /// What is told beforehand where the promise names nothing.
    const WARN: [Duration; 2] = [Duration::from_hours(72), Duration::from_hours(24)];

    /// The end of a resource that names none, from the moment it is first seen.
    pub fn first(&self, now: Timestamp) -> Option<Timestamp> {
        self.default.map(|time| (now + time.0).to_second())
    }

    pub fn standing(&self, end: Timestamp, now: Timestamp) -> Standing {
        if end <= now {
            return Standing::Over;
        }
        let left = end.since(now);
        let passed = self.warnings().into_iter().filter(|before| *before >= left).min();
        passed.map_or(Standing::Far, Standing::Soon)
    }

    /// The next moment at which something is to be told or done.
    pub fn next(&self, end: Timestamp, now: Timestamp) -> Timestamp {
        let left = end.since(now);
        let ahead = self.warnings().into_iter().filter(|before| *before < left).max();
        ahead.map_or(end, |before| now + (left.checked_sub(before).unwrap_or_default()))
    }

    /// The end after one extension; the error says why there is none.
    pub fn extended(
        &self,
        created: Timestamp,
        end: Timestamp,
        by: Option<Duration>,
        now: Timestamp,
    ) -> Result<Timestamp, String> {
        let Some(GoDuration(most)) = self.extend else {
            return Err("the promise does not let its resources be extended".to_owned());
        };
        let by = by.unwrap_or(most);
        if by.is_zero() || by > most {
            return Err(format!("one extension adds at most {}", words(most)));
        }
        let wanted = (end.max(now) + by).to_second();
        let latest = self.max.map(|max| (created + max.0).to_second());
        match latest {
            Some(latest) if latest <= end => {
                Err(format!("it may live {} at most, which is until {latest}", words(self.max.unwrap_or_default().0)))
            }
            Some(latest) => Ok(wanted.min(latest)),
            None => Ok(wanted),
        }
    }

    /// The end somebody writes on a resource: any on a new one within the longest there is; later only as far as one extension goes.
    pub fn written(
        &self,
        created: Timestamp,
        before: Option<Timestamp>,
        asked: Timestamp,
        now: Timestamp,
    ) -> Result<Timestamp, String> {
        let latest = self.max.map(|max| created + max.0);
        if latest.is_some_and(|latest| asked > latest) {
            let (most, latest) =
                (words(self.max.unwrap_or_default().0), (created + self.max.unwrap_or_default().0).to_second());
            return Err(format!("it may live {most} at most, which is until {latest}"));
        }
        match before {
            Some(before) if asked > before => {
                let furthest = self.extended(created, before, None, now)?;
                if asked > furthest { Err(format!("it can be extended to {furthest} at most now")) } else { Ok(asked) }
            }
            _ => Ok(asked),
        }
    }

    fn warnings(&self) -> Vec<Duration> {
        if self.warn.is_empty() { Self::WARN.into() } else { self.warn.iter().map(|warn| warn.0).collect() }
    }
}

/// A span as people say it: `3 days`, `36 hours`, `5 minutes`.
pub fn words(span: Duration) -> String {
    let seconds = span.as_secs();
    let (count, unit) = match seconds {
        s if s > 86_400 && s % 86_400 == 0 => (s / 86_400, "day"),
        s if s >= 3_600 && s % 3_600 == 0 => (s / 3_600, "hour"),
        s if s >= 60 && s % 60 == 0 => (s / 60, "minute"),
        s => (s, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADE: Timestamp = Timestamp::from_micros(1_795_370_400_000_000);

    fn hours(count: u64) -> Duration {
        Duration::from_hours(count)
    }

    fn policy() -> Expiry {
        let time = |count| Some(GoDuration(hours(count)));
        Expiry {
            default: time(720),
            max: time(1000),
            warn: vec![GoDuration(hours(72)), GoDuration(hours(24))],
            extend: time(200),
        }
    }

    #[test]
    fn warnings_come_one_after_the_other_and_then_the_end() {
        let (policy, end) = (policy(), MADE + hours(720));
        let at = |after: u64| (policy.standing(end, MADE + hours(after)), policy.next(end, MADE + hours(after)));
        assert_eq!(at(0), (Standing::Far, MADE + hours(648)));
        assert_eq!(at(648), (Standing::Soon(hours(72)), MADE + hours(696)));
        assert_eq!(at(700), (Standing::Soon(hours(24)), end));
        assert_eq!(at(720).0, Standing::Over);
    }

    #[track_caller]
    fn check_extended(end: u64, by: Option<u64>, now: u64, expected: Result<u64, &str>) {
        let extended = policy().extended(MADE, MADE + hours(end), by.map(hours), MADE + hours(now));
        assert_eq!(extended, expected.map(|after| MADE + hours(after)).map_err(str::to_owned));
    }

    #[test]
    fn an_extension_adds_to_the_end_and_never_goes_beyond_the_longest_life() {
        check_extended(720, None, 10, Ok(920));
        check_extended(720, Some(24), 10, Ok(744));
        check_extended(720, None, 730, Ok(930));
        check_extended(920, None, 10, Ok(1000));
        check_extended(1000, None, 10, Err("it may live 1000 hours at most, which is until 2027-01-03T10:00:00Z"));
        check_extended(720, Some(201), 10, Err("one extension adds at most 200 hours"));
        let never = Expiry { extend: None, ..policy() };
        assert!(never.extended(MADE, MADE + hours(1), None, MADE).unwrap_err().contains("does not let"));
    }

    #[test]
    fn what_is_written_on_a_resource_obeys_the_same_rules() {
        let written = |before: Option<u64>, asked: u64| {
            policy().written(MADE, before.map(|before| MADE + hours(before)), MADE + hours(asked), MADE).is_ok()
        };
        assert!(written(None, 1000) && !written(None, 1001));
        assert!(written(Some(720), 1) && written(Some(720), 920) && !written(Some(720), 921));
    }

    #[test]
    fn spans_are_told_as_people_say_them() {
        for (hours, told) in [(24, "24 hours"), (72, "3 days"), (1, "1 hour"), (36, "36 hours")] {
            assert_eq!(words(Duration::from_hours(hours)), told);
        }
    }
}
