//! How long it usually takes from asking for something new until it is ready, from the newest requests that succeeded.

use super::{ServerPortal, label};
use domain::{
    Result, Typed,
    object::GROUP,
    request::{Operation, Request, RequestKind, RequestPhase},
};
use std::collections::BTreeMap;
use store::{Query, Sort};

/// Requests looked at; one query, however many promises there are.
const SAMPLE: i64 = 200;

/// The middle of some durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typical {
    pub seconds: i64,
    /// How many requests that rests on.
    pub from: u64,
}

impl ServerPortal {
    /// By promise; of one promise only, or of all.
    pub(super) async fn typical(&self, promise: Option<&str>) -> Result<BTreeMap<String, Typical>> {
        let query = Query {
            phases: vec!["Succeeded".to_owned()],
            labels: promise.map(|promise| label("midspan.dev/promise", promise)).unwrap_or_default(),
            sort: Sort::Created,
            descending: true,
            limit: SAMPLE,
            ..Query::of_kind(GROUP, "Request")
        };
        let requests = self.doors.services.store.list(&query).await?.objects;
        Ok(medians(requests.into_iter().filter_map(|object| Typed::<RequestKind>::parse(object).ok())))
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
    use domain::{Timestamp, request::RequestSpec};

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
}
