//! How many transactions a second are safe on disk: one caller after another, and 64 at once.
//!
//! `cargo run --release -p store --example commit_rate [URL] [SECONDS]`; without a URL a SQLite file beside the build's output.
//! The transaction is what a request makes: a resource of 1 KB, the request, an audit entry, an event and a wake-up.

use domain::{Clock, Object, SystemClock, Timestamp};
use serde_json::json;
use std::time::{Duration, Instant};
use store::{AuditEntry, Event, Op, Query, Store};

#[tokio::main]
async fn main() -> domain::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let file = std::env::temp_dir().join(format!("midspan-commit-rate-{}.db", std::process::id()));
    let given = arguments.next();
    let url = given.clone().unwrap_or_else(|| format!("sqlite:{}", file.display()));
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(5);
    let store = Store::open(&url).await?;
    println!("{url}, {seconds} s each");
    println!("{:>8} {:>12} {:>10} {:>10} {:>10}", "callers", "commits/s", "p50", "p99", "max");
    for callers in [1, 8, 64, 256] {
        measure(&store, callers, Duration::from_secs(seconds)).await?;
    }
    reads(&store).await?;
    store.close().await;
    if given.is_none() {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", file.display()));
        }
    }
    Ok(())
}

async fn measure(store: &Store, callers: u32, length: Duration) -> domain::Result<()> {
    let started = Instant::now();
    let run = SystemClock.now().micros();
    let callers_tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let store = store.clone();
            tokio::spawn(async move {
                let (mut took, mut n) = (Vec::new(), 0);
                while started.elapsed() < length {
                    let ops = transaction(&format!("{run}-{caller}-{n}"), SystemClock.now());
                    let asked = Instant::now();
                    store.commit(ops).await?;
                    took.push(asked.elapsed());
                    n += 1;
                }
                Ok::<_, domain::Error>(took)
            })
        })
        .collect();
    let mut took = Vec::new();
    for task in callers_tasks {
        took.extend(task.await.map_err(domain::Error::internal)??);
    }
    let elapsed = started.elapsed();
    took.sort();
    let at = |part: usize| {
        format!("{:.2?}", took.get((took.len() * part / 1000).min(took.len() - 1)).copied().unwrap_or_default())
    };
    let rate = u128::try_from(took.len()).unwrap_or(0) * 1000 / elapsed.as_millis();
    println!("{callers:>8} {rate:>12} {:>10} {:>10} {:>10}", at(500), at(990), at(1000));
    Ok(())
}

/// What readers and claimers meet in the filled database.
async fn reads(store: &Store) -> domain::Result<()> {
    let now = SystemClock.now();
    let timed = |what: &str, started: Instant| println!("{what:<44} {:>10.2?}", started.elapsed());
    let resources = Query { resources: true, limit: 50, ..Query::of_kind("data.example.com", "Postgresql") };
    let started = Instant::now();
    println!("{} resources", store.count(&resources).await?);
    timed("count of a kind", started);
    let started = Instant::now();
    store.list(&Query { sort: store::Sort::Created, descending: true, ..resources.clone() }).await?;
    timed("newest 50 of a kind", started);
    let started = Instant::now();
    store.list(&resources).await?;
    timed("first 50 of a kind by name", started);
    let started = Instant::now();
    let leases = store.claim("bench", now, now + Duration::from_mins(1), 64).await?;
    timed(&format!("claim of {} keys", leases.len()), started);
    let started = Instant::now();
    store.commit(leases.into_iter().map(|lease| Op::Settle { lease, next: None }).collect()).await?;
    timed("their settling", started);
    Ok(())
}

fn transaction(id: &str, now: Timestamp) -> Vec<Op> {
    let labels = json!({"kratix.io/promise-name": "postgresql"});
    let resource = json!({
        "apiVersion": "data.example.com/v1", "kind": "Postgresql",
        "metadata": {"name": format!("shop-{id}"), "namespace": "default", "uid": format!("res_{id}"), "labels": labels, "creationTimestamp": now},
        "spec": {"size": "small", "notes": "x".repeat(750)}
    });
    let request = json!({
        "apiVersion": "midspan.dev/v1alpha1", "kind": "Request",
        "metadata": {"name": format!("req-{id}"), "namespace": "default", "uid": format!("req_{id}"), "creationTimestamp": now},
        "spec": {"operation": "Create", "promise": "postgresql", "input": {"size": "small"}}, "status": {"phase": "Submitted"}
    });
    let object = |value| Object::from_value(value).unwrap_or_default();
    vec![
        Op::Create(object(resource)),
        Op::Create(object(request)),
        Op::Audit(AuditEntry {
            at: now,
            actor: "dana".into(),
            verb: "create".into(),
            name: format!("shop-{id}"),
            ..AuditEntry::default()
        }),
        Op::Event(Event { at: now, subject: format!("res_{id}"), reason: "Submitted".into(), ..Event::default() }),
        Op::Wake { key: format!("res_{id}"), lane: "default".into(), due: now },
    ]
}
