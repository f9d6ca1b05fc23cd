//! How long a creation usually takes, from the newest ones that succeeded.

use super::{ServerPortal, label};
use domain::{
    Result, Typed,
    object::GROUP,
    run::{Run, RunKind, RunPhase, Workflow},
};
use std::collections::BTreeMap;
use store::{Query, Sort};

/// Runs looked at; one query, however many promises there are.
const SAMPLE: i64 = 100;

/// The middle of some durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typical {
    pub seconds: i64,
    /// How many creations that rests on.
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
            ..Query::of_kind(GROUP, "Run")
        };
        let runs = self.doors.services.store.list(&query).await?.objects;
        Ok(medians(runs.into_iter().filter_map(|object| Typed::<RunKind>::parse(object).ok())))
    }
}

fn medians(runs: impl Iterator<Item = Run>) -> BTreeMap<String, Typical> {
    let mut durations: BTreeMap<String, Vec<u128>> = BTreeMap::new();
    for run in runs {
        let status = &run.status;
        let created = run.spec.workflow == Workflow::Configure && run.spec.sequence == 1;
        if let (true, RunPhase::Succeeded, Some(start), Some(end)) =
            (created, status.phase, status.started_at, status.finished_at)
        {
            durations.entry(run.spec.promise).or_default().push(end.since(start).as_millis());
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
    use domain::{Timestamp, run::RunSpec};

    fn run(promise: &str, sequence: i64, phase: RunPhase, seconds: i64) -> Run {
        let spec = RunSpec { promise: promise.into(), sequence, ..RunSpec::default() };
        let mut run = Run::new(spec, &[], Timestamp::from_micros(0));
        run.status.phase = phase;
        run.status.finished_at = Some(Timestamp::from_micros(seconds * 1_000_000));
        run
    }

    #[test]
    fn only_creations_that_succeeded_count() {
        let runs = [
            run("db", 1, RunPhase::Succeeded, 10),
            run("db", 1, RunPhase::Succeeded, 30),
            run("db", 1, RunPhase::Succeeded, 20),
            run("db", 1, RunPhase::Failed, 900),
            run("db", 2, RunPhase::Succeeded, 900),
            run("quick", 1, RunPhase::Succeeded, 0),
        ];
        let typical = medians(runs.into_iter());
        assert_eq!(typical["db"], Typical { seconds: 20, from: 3 });
        assert_eq!(typical["quick"], Typical { seconds: 1, from: 1 });
    }
}
