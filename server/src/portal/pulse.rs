//! How the platform does: from the newest answered requests, the queue, and what has not moved for long.

use super::{
    ServerPortal,
    facts::{self, Offers, titles},
    home::rows,
    standing,
};
use app::pages::platform_pulse::{Pulse, PulseOf};
use domain::{
    Result, Timestamp, Typed,
    object::GROUP,
    request::{Operation, Request, RequestKind, RequestPhase},
    status::ResourceStatus,
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use store::{Query, Sort};

/// Requests looked at.
const SAMPLE: i64 = 500;
const WEEK: Duration = Duration::from_hours(7 * 24);
/// What stands still for longer than this, and not where it should, is stuck.
const STUCK: Duration = Duration::from_mins(15);
/// Resources that are looked at for that, and shown.
const LOOKED_AT: i64 = 200;
const SHOWN: usize = 8;

impl ServerPortal {
    pub(super) async fn pulse(&self, offers: &Offers) -> Result<Pulse> {
        let store = &self.doors.services.store;
        let now = self.doors.services.now();
        let answered = Query {
            phases: vec!["Succeeded".to_owned(), "Failed".to_owned()],
            sort: Sort::Created,
            descending: true,
            limit: SAMPLE,
            ..Query::of_kind(GROUP, "Request")
        };
        // those that changed longest ago come first
        let unsettled = Query {
            resources: true,
            phases: ["progressing", "waiting", "failed", "deleting"].into_iter().flat_map(standing::stored).collect(),
            sort: Sort::Version,
            limit: LOOKED_AT,
            ..Query::default()
        };
        let (answered, unsettled, queue) =
            futures::try_join!(store.find(&answered), store.list(&unsettled), store.queue_depth(now))?;
        let requests = answered.into_iter().filter_map(|object| Typed::<RequestKind>::parse(object).ok());
        let told = told(requests.collect(), offers, now);
        let still =
            |object: &domain::Object| now.since(facts::changed(object, &ResourceStatus::read(&object.status))) > STUCK;
        let stuck: Vec<domain::Object> = unsettled.objects.into_iter().filter(still).collect();
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        Ok(Pulse {
            due: count(queue.due),
            leased: count(queue.leased),
            scheduled: count(queue.scheduled),
            oldest_due: queue.oldest_due.filter(|_| queue.due > 0),
            stuck_minutes: i64::try_from(STUCK.as_secs() / 60).unwrap_or(0),
            stuck_total: unsettled.next.is_none().then_some(stuck.len() as u64),
            stuck: rows(&stuck[..stuck.len().min(SHOWN)], offers),
            ..told
        })
    }
}

/// What the requests tell. Actions and deletions are another matter.
fn told(mut requests: Vec<Request>, offers: &Offers, now: Timestamp) -> Pulse {
    requests.retain(|request| matches!(request.spec.operation, Operation::Create | Operation::Update));
    let succeeded = |request: &&Request| request.status.phase == RequestPhase::Succeeded;
    let asked = |request: &Request| request.status.submitted_at;
    let this_week = requests.iter().filter(|request| asked(request).is_some_and(|at| now.since(at) < WEEK));
    let askers: BTreeSet<&str> = this_week.map(|request| request.spec.asked_by.as_str()).collect();
    let mut by_promise: BTreeMap<&str, Vec<&Request>> = BTreeMap::new();
    for request in &requests {
        by_promise.entry(&request.spec.promise).or_default().push(request);
    }
    let titles = titles(offers);
    let of = |(promise, requests): (&str, Vec<&Request>)| {
        let mut waits: Vec<u128> = requests.iter().filter_map(|request| ready_after(request)).collect();
        waits.sort_unstable();
        PulseOf {
            title: titles.get(promise).cloned().unwrap_or_else(|| promise.to_owned()),
            promise: promise.to_owned(),
            requests: requests.len() as u64,
            succeeded: requests.iter().copied().filter(succeeded).count() as u64,
            half: among(&waits, 50),
            most: among(&waits, 90),
        }
    };
    let mut promises: Vec<PulseOf> = by_promise.into_iter().map(of).collect();
    promises.sort_by_key(|of| Reverse(of.requests));
    Pulse {
        requests: requests.len() as u64,
        since: requests.iter().filter_map(asked).min(),
        succeeded: requests.iter().filter(succeeded).count() as u64,
        askers: askers.len() as u64,
        promises,
        ..Pulse::default()
    }
}

/// Milliseconds from asked for to ready, of something new.
fn ready_after(request: &Request) -> Option<u128> {
    let is_new = request.spec.operation == Operation::Create && request.status.phase == RequestPhase::Succeeded;
    let (asked, ready) = request.status.submitted_at.zip(request.status.finished_at).filter(|_| is_new)?;
    Some(ready.since(asked).as_millis())
}

/// Seconds, rounded up, within which so many of a hundred lie. Sorted before.
fn among(millis: &[u128], percent: usize) -> Option<i64> {
    let at = (millis.len() * percent).div_ceil(100).saturating_sub(1);
    let found = millis.get(at)?.div_ceil(1_000);
    Some(i64::try_from(found).unwrap_or(i64::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::request::RequestSpec;

    #[test]
    fn half_and_nine_in_ten_are_values_that_were_seen() {
        let millis: Vec<u128> = (1..=10).map(|second| second * 1_000).collect();
        assert_eq!((among(&millis, 50), among(&millis, 90)), (Some(5), Some(9)));
        assert_eq!((among(&[], 50), among(&[1], 90)), (None, Some(1)));
    }

    #[test]
    fn a_promise_is_told_by_what_was_asked_of_it() {
        let day = 86_400 * 1_000_000;
        let request = |promise: &str, operation, phase, by: &str, days: i64, seconds: i64| {
            let spec =
                RequestSpec { promise: promise.into(), operation, asked_by: by.into(), ..RequestSpec::default() };
            let asked = Timestamp::from_micros((100 - days) * day);
            let mut request = Request::submitted("req_1", spec, asked);
            request.status.phase = phase;
            request.status.finished_at = Some(Timestamp::from_micros(asked.micros() + seconds * 1_000_000));
            request
        };
        let requests = vec![
            request("db", Operation::Create, RequestPhase::Succeeded, "dana", 1, 10),
            request("db", Operation::Create, RequestPhase::Succeeded, "ana", 2, 30),
            request("db", Operation::Update, RequestPhase::Failed, "dana", 3, 900),
            request("cache", Operation::Create, RequestPhase::Succeeded, "old", 30, 5),
            request("cache", Operation::Delete, RequestPhase::Failed, "paul", 1, 5),
        ];
        let pulse = told(requests, &Offers::new(), Timestamp::from_micros(100 * day));
        assert_eq!((pulse.requests, pulse.succeeded, pulse.askers), (4, 3, 2));
        let told: Vec<_> = pulse
            .promises
            .iter()
            .map(|of| format!("{} {}/{} {:?} {:?}", of.promise, of.succeeded, of.requests, of.half, of.most))
            .collect();
        assert_eq!(told, ["db 2/3 Some(10) Some(30)", "cache 1/1 Some(5) Some(5)"]);
    }
}
