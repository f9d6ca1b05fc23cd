//! How an orchestrator is set up.

use std::time::Duration;

/// How long what nobody needs for the work itself is kept for people.
#[derive(Clone, Debug)]
pub struct Retention {
    pub events: Duration,
    /// Finished runs and their logs, beyond the newest of each resource.
    pub runs: Duration,
    /// So many of a resource's finished runs stay however old they are.
    pub newest_runs: usize,
    /// The record of who did what: for ever unless told.
    pub audit: Option<Duration>,
}

impl Default for Retention {
    fn default() -> Self {
        const MONTH: Duration = Duration::from_hours(30 * 24);
        Self { events: MONTH, runs: MONTH, newest_runs: 20, audit: None }
    }
}

/// How much at once, and for how long.
#[derive(Clone, Debug)]
pub struct Config {
    /// This process's name among the replicas: new at each start, so that nothing of an earlier process counts as ours.
    pub replica: String,
    /// A claimed key belongs to its replica for this long, and so does a running step after the replica's last beat.
    pub lease: Duration,
    /// No other replica can be on this database: whatever another name holds, nobody holds.
    pub alone: bool,
    /// How often what nobody needs any more is tidied away, over all replicas.
    pub housekeeping: Duration,
    pub retention: Retention,
    /// Where a debug build is to die; for tests.
    pub failpoint: Option<String>,
    /// Passes at once.
    pub passes: usize,
    /// State stores written at once, beside the other passes.
    pub stores: usize,
    /// Steps with an effect performed at once, in all and for one promise.
    pub steps: usize,
    pub steps_per_promise: usize,
    /// Looks of probes made at once, beside the steps.
    pub probes: usize,
}

impl Config {
    pub fn new(replica: impl Into<String>) -> Self {
        let lease = Duration::from_secs(10);
        Self {
            replica: replica.into(),
            lease,
            alone: false,
            housekeeping: Duration::from_hours(1),
            retention: Retention::default(),
            failpoint: None,
            passes: 64,
            stores: 64,
            steps: 64,
            steps_per_promise: 16,
            probes: 32,
        }
    }
}
