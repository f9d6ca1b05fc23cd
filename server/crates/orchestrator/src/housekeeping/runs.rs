//! Finished runs that are old and not among the newest of their resource: they go with their logs. Their bytes go with the next sweep.

use super::before;
use crate::config::Retention;
use domain::{Result, Timestamp};
use store::{Op, Store};

/// Runs removed in one transaction: others' commits come in between.
const AT_ONCE: usize = 100;

pub async fn sweep(store: &Store, now: Timestamp, keep: &Retention) -> Result<usize> {
    // what a resource is decided by is never taken from under it
    let kept = keep.newest_runs.max(1);
    let outlived = store.outlived_runs(before(now, keep.runs), kept).await?;
    for slice in outlived.chunks(AT_ONCE) {
        for run in slice {
            // first: a run without its log is found again, a log without its run never
            store.forget_log(run).await?;
        }
        store.commit(slice.iter().map(|uid| Op::Remove { uid: uid.clone(), version: None }).collect()).await?;
    }
    Ok(outlived.len())
}
