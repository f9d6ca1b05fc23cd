//! What `midspan serve` is told about how long things are kept.

use super::wait::days;
use clap::Args;
use orchestrator::Retention;
use std::time::Duration;

#[derive(Args)]
pub struct KeepArgs {
    /// How long events are kept
    #[arg(long, value_name = "DURATION", env = "MIDSPAN_KEEP_EVENTS", default_value = "30d", value_parser = days)]
    keep_events: Duration,
    /// How long finished runs and their logs are kept, beyond the newest of each resource
    #[arg(long, value_name = "DURATION", env = "MIDSPAN_KEEP_RUNS", default_value = "30d", value_parser = days)]
    keep_runs: Duration,
    /// So many finished runs of each resource are kept however old they are
    #[arg(long, value_name = "NUMBER", env = "MIDSPAN_KEEP_NEWEST_RUNS", default_value = "20", value_parser = clap::value_parser!(u16).range(1..))]
    keep_newest_runs: u16,
    /// How long the audit log is kept; for ever unless told
    #[arg(long, value_name = "DURATION", env = "MIDSPAN_KEEP_AUDIT", value_parser = days)]
    keep_audit: Option<Duration>,
}

impl KeepArgs {
    pub fn retention(self) -> Retention {
        Retention {
            events: self.keep_events,
            runs: self.keep_runs,
            newest_runs: usize::from(self.keep_newest_runs),
            audit: self.keep_audit,
        }
    }
}
