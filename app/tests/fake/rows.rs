//! Rows of the fake's lists: resources in three states, and their runs.

use app::view::{Facts, Health, Operation, Phase, ResourceRow, RunRow, Sync};

use super::data::{ago, key};

pub fn healthy() -> Facts {
    Facts {
        health: Health::Healthy,
        health_says: "3 of 3 instances accept connections.".into(),
        sync: Sync::Synced,
        sync_says: "4 files stand at dev as asked (generation 2).".into(),
        operation: Operation::Succeeded,
        operation_says: "Update by dana, 2 h ago, took 3 min 20 s.".into(),
    }
}

pub fn progressing() -> Facts {
    Facts {
        health: Health::Progressing,
        health_says: "Not ready yet: the first run is going on.".into(),
        sync: Sync::Pending,
        sync_says: "Nothing is placed yet.".into(),
        operation: Operation::Running,
        operation_says: "Step 2 of 3, check-capacity, for 12 s.".into(),
    }
}

pub fn degraded() -> Facts {
    Facts {
        health: Health::Degraded,
        health_says: "Still runs as before the last change.".into(),
        sync: Sync::Drifted,
        sync_says: "service.yaml at dev was changed by someone else.".into(),
        operation: Operation::Failed,
        operation_says: "Update by dana failed in step register after 5 attempts.".into(),
    }
}

pub fn rows() -> Vec<ResourceRow> {
    let row = |promise: &str, title: &str, icon: &str, name: &str, facts, message: &str, age| ResourceRow {
        key: key(promise, name),
        promise_title: title.into(),
        icon: icon.into(),
        version: "v1.0.0".into(),
        facts,
        message: message.into(),
        created: ago(age * 9),
        changed: ago(age),
    };
    vec![
        row("postgresql", "PostgreSQL database", "database", "billing-db", progressing(), "", 14),
        row(
            "redis",
            "Redis cache",
            "layers",
            "search-cache",
            degraded(),
            "register: the service registry answered 503",
            320,
        ),
        row("postgresql", "PostgreSQL database", "database", "orders-db", healthy(), "", 7_300),
        row("web-service", "Web service", "globe", "checkout", healthy(), "", 93_000),
    ]
}

pub fn run_rows() -> Vec<RunRow> {
    let run = |name: &str,
               promise: &str,
               icon: &str,
               resource: &str,
               because: &str,
               phase,
               message: &str,
               age: i64,
               spent: Option<i64>| RunRow {
        name: name.into(),
        resource: key(promise, resource),
        promise_title: "PostgreSQL database".into(),
        icon: icon.into(),
        workflow: "configure".into(),
        because: because.into(),
        by: "dana".into(),
        phase,
        message: message.into(),
        steps_done: if phase == Phase::Succeeded { 3 } else { 1 },
        steps_total: 3,
        queued: ago(age),
        started: Some(ago(age - 1)),
        finished: spent.map(|spent| ago(age - 1 - spent)),
    };
    vec![
        run("run-running", "postgresql", "database", "billing-db", "created", Phase::Running, "", 14, None),
        run(
            "run-failed",
            "redis",
            "layers",
            "search-cache",
            "spec changed",
            Phase::Failed,
            "register: the service registry answered 503",
            320,
            Some(62),
        ),
        run("run-3", "postgresql", "database", "orders-db", "spec changed", Phase::Succeeded, "", 7_300, Some(200)),
        run("run-4", "web-service", "globe", "checkout", "created", Phase::Succeeded, "", 93_000, Some(71)),
    ]
}
