//! How long it usually takes from asking for something new until it is ready, from the newest requests that succeeded.

use super::{ServerPortal, label};
use domain::{
    Result, Timestamp, Typed,
    object::GROUP,
    request::{Operation, Request, RequestKind, RequestPhase},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use store::{Query, Sort};

/// Requests looked at; one query, however many promises there are.
const SAMPLE: i64 = 200;

/// How long a full sample is good for: one request more hardly moves its middle. A smaller one is cheap to look at again.
const KEPT: Duration = Duration::from_secs(30);

/// The middle of some durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typical {
    pub seconds: i64,
    /// How many requests that rests on.
    pub from: u64,
}

/// The answers from full samples, by promise; all of them together under no name.
#[derive(Default)]
pub struct Typicals(Mutex<BTreeMap<String, (Timestamp, Arc<ByPromise>)>>);

type ByPromise = BTreeMap<String, Typical>;

impl Typicals {
    fn kept(&self, promise: &str, now: Timestamp) -> Option<Arc<ByPromise>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, answer) = kept.get(promise)?;
        (now.since(*at) < KEPT).then(|| answer.clone())
    }

    fn keep(&self, promise: &str, now: Timestamp, answer: &Arc<ByPromise>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (at, _)| now.since(*at) < KEPT);
        kept.insert(promise.to_owned(), (now, answer.clone()));
    }
}

impl ServerPortal {
    /// By promise; of one promise only, or of all.
    pub(super) async fn typical(&self, promise: Option<&str>) -> Result<Arc<ByPromise>> {
        let (now, typicals) = (self.doors.services.now(), &self.doors.typicals);
        if let Some(kept) = typicals.kept(promise.unwrap_or_default(), now) {
            return Ok(kept);
        }
        let query = Query {
            phases: vec!["Succeeded".to_owned()],
            labels: promise.map(|promise| label("midspan.dev/promise", promise)).unwrap_or_default(),
            sort: Sort::Created,
            descending: true,
            limit: SAMPLE,
            ..Query::of_kind(GROUP, "Request")
        };
        let requests = self.doors.services.store.list(&query).await?.objects;
        let is_full = i64::try_from(requests.len()).is_ok_and(|count| count == SAMPLE);
        let answer = medians(requests.into_iter().filter_map(|object| Typed::<RequestKind>::parse(object).ok()));
        let answer = Arc::new(answer);
        if is_full {
            typicals.keep(promise.unwrap_or_default(), now, &answer);
        }
        Ok(answer)
    }
}

fn medians(requests: impl Iterator<Item = Request>) -> BTreeMap<String, Typical> {
    let mut durations: BTreeMap<String, Vec<u128>> = BTreeMap::new();
    for Request { spec, status, .. } in requests {
        if let (Operation::Create, RequestPhase::Succeeded, Some(asked), Some(ready)) =
            (spec.operation, status.phase, status.submitted_at, status.finished_at)
        {
            durations.entry(spec.promise).or_default().push(ready.since(asked).as_millis());
        }
    }
    durations.into_iter().map(|(promise, all)| (promise, median(all))).collect()
}

fn median(mut millis: Vec<u128>) -> Typical {
    millis.sort_unstable();
    let middle = millis.get(millis.len() / 2).copied().unwrap_or_default();
    // what takes no time that a person notices still takes a second to see
    let seconds = i64::try_from(middle.div_ceil(1_000)).unwrap_or(i64::MAX).max(1);
    Typical { seconds, from: millis.len() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::request::RequestSpec;

    fn request(promise: &str, operation: Operation, phase: RequestPhase, seconds: i64) -> Request {
        let spec = RequestSpec { promise: promise.into(), operation, ..RequestSpec::default() };
        let mut request = Request::submitted("req_1", spec, Timestamp::from_micros(0));
        request.status.phase = phase;
        request.status.finished_at = Some(Timestamp::from_micros(seconds * 1_000_000));
        request
    }

    #[test]
    fn only_creations_that_succeeded_count() {
        let requests = [
            request("db", Operation::Create, RequestPhase::Succeeded, 10),
            request("db", Operation::Create, RequestPhase::Succeeded, 30),
            request("db", Operation::Create, RequestPhase::Succeeded, 20),
            request("db", Operation::Create, RequestPhase::Failed, 900),
            request("db", Operation::Update, RequestPhase::Succeeded, 900),
            request("quick", Operation::Create, RequestPhase::Succeeded, 0),
        ];
        let typical = medians(requests.into_iter());
        assert_eq!(typical["db"], Typical { seconds: 20, from: 3 });
        assert_eq!(typical["quick"], Typical { seconds: 1, from: 1 });
    }

    #[test]
    fn a_kept_answer_runs_out() {
        let (typicals, at) = (Typicals::default(), |seconds: i64| Timestamp::from_micros(seconds * 1_000_000));
        let answer = Arc::new(BTreeMap::from([("db".to_owned(), Typical { seconds: 20, from: 200 })]));
        typicals.keep("db", at(100), &answer);
        assert_eq!(typicals.kept("db", at(129)), Some(answer));
        assert_eq!((typicals.kept("db", at(130)), typicals.kept("", at(100))), (None, None));
    }
}
