//! Lists and catalog of the fake.

use app::{
    pages::{
        catalog::{Catalog, CatalogQuery},
        home::{Home, Need},
        promise::{Example, OutputDoc, PromisePage, Required, Standing, VersionRow},
        resources::{Grouped, Resources, ResourcesQuery, SavedView},
        runs::{Runs, RunsQuery},
        search::Found,
    },
    paths::ResourceKey,
    portal::{Caller, Counts, Frame, Persona},
    view::{Facet, Paging, Phase, PromiseCard, RunRow, Sync, Tone},
};
use domain::Timestamp;

pub use super::{
    asked::{done_request, draft, edit_form, form, refused_form},
    rows::{degraded, healthy, progressing, rows, run_rows},
};

/// The page's present: a Sunday afternoon.
pub const NOW: i64 = 1_795_356_200;

pub fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_micros((NOW - seconds) * 1_000_000 + 420_000)
}

pub fn key(promise: &str, name: &str) -> ResourceKey {
    ResourceKey::new("default", promise, name)
}

pub fn frame() -> Frame {
    let persona = |name: &str, role: &str| Persona { name: name.into(), role: role.into() };
    Frame {
        caller: Caller { name: "dana".into(), role: "Developer".into() },
        personas: vec![persona("dana", "Developer"), persona("paul", "Platform engineer")],
        may_sign_out: false,
        counts: Counts { needs_you: 2, running: 1 },
        runs_platform: true,
        drawn_from: Some(41),
        now: Timestamp::from_micros(NOW * 1_000_000),
        version: "0.1.0".into(),
    }
}

pub fn cards() -> Vec<PromiseCard> {
    let card = |name: &str, title: &str, icon: &str, description: &str, tags: &[&str], typical, mine| PromiseCard {
        name: name.into(),
        title: title.into(),
        icon: icon.into(),
        description: description.into(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        owner: "group:default/data-platform".into(),
        version: "v1.0.0".into(),
        typical_seconds: typical,
        mine,
        refusal: String::new(),
    };
    vec![
        card(
            "postgresql",
            "PostgreSQL database",
            "database",
            "A managed PostgreSQL with backups, failover and connection pooling.",
            &["database", "stateful"],
            Some(200),
            2,
        ),
        card(
            "redis",
            "Redis cache",
            "layers",
            "An in-memory cache close to your service, isolated by network policy.",
            &["database", "cache"],
            Some(45),
            1,
        ),
        card(
            "web-service",
            "Web service",
            "globe",
            "Run a container behind HTTPS, scaled by load and safe to roll.",
            &["compute", "http"],
            Some(70),
            1,
        ),
        card(
            "bucket",
            "Object storage bucket",
            "bucket",
            "S3-compatible storage with versioning and life-cycle rules.",
            &["storage"],
            None,
            0,
        ),
        card(
            "scheduled-job",
            "Scheduled job",
            "clock",
            "Run a container on a schedule, with deadlines and history.",
            &["compute"],
            Some(12),
            0,
        ),
        card(
            "namespace",
            "Team namespace",
            "users",
            "A place for a team: quota, limits, default-deny network, access.",
            &["foundation"],
            Some(8),
            0,
        ),
    ]
}

pub fn found() -> Found {
    Found {
        resources: rows(),
        resources_total: 431,
        promises: cards(),
        promises_total: 6,
        runs: run_rows(),
        request: Some("req-1".into()),
    }
}

pub fn home() -> Home {
    Home {
        needs_you: vec![
            Need {
                tone: Tone::Bad,
                title: "search-cache could not be updated".into(),
                sentence: "Step register failed after 5 attempts: the service registry answered 503.".into(),
                action: "Open the failed step".into(),
                href: "/runs/run-failed#step-render/register".into(),
                discard: String::new(),
                at: ago(320),
            },
            Need {
                tone: Tone::Quiet,
                title: "A plan for invoices-db waits to be submitted".into(),
                sentence: "Creates 4 files at dev.".into(),
                action: "Continue".into(),
                href: "/requests/req-1".into(),
                discard: "/requests/req-1/discard".into(),
                at: ago(5_400),
            },
        ],
        resources: rows(),
        resources_total: 4,
        runs: run_rows(),
        start: cards().into_iter().take(3).collect(),
    }
}

pub fn first_day() -> Home {
    Home { start: cards().into_iter().take(3).collect(), ..Home::default() }
}

fn facet(value: &str, label: &str, count: u64) -> Facet {
    Facet { value: value.into(), label: label.into(), count }
}

pub fn catalog(query: &CatalogQuery, is_empty: bool) -> Catalog {
    if is_empty {
        return Catalog { may_publish: true, ..Catalog::default() };
    }
    let matches = |card: &PromiseCard| {
        let text = format!("{} {}", card.title, card.description).to_lowercase();
        (query.q.is_empty() || text.contains(&query.q)) && (query.tag.is_empty() || card.tags.contains(&query.tag))
    };
    Catalog {
        cards: cards().into_iter().filter(matches).collect(),
        tags: vec![
            facet("compute", "compute", 2),
            facet("database", "database", 2),
            facet("foundation", "foundation", 1),
            facet("storage", "storage", 1),
        ],
        total: 6,
        may_publish: false,
    }
}

pub fn promise() -> PromisePage {
    let output = |name: &str, description: &str, is_secret| OutputDoc {
        name: name.into(),
        description: description.into(),
        is_secret,
    };
    PromisePage {
        card: cards().remove(0),
        docs_html: include_str!("docs.html").into(),
        api_version: "data.example.com/v1".into(),
        kind: "Postgresql".into(),
        outputs: vec![
            output("host", "The host name inside the cluster.", false),
            output("port", "The port; always 5432.", false),
            output("database", "The name of the database.", false),
            output("secretName", "The Secret with user and password.", true),
        ],
        versions: vec![
            VersionRow {
                version: "v1.1.0".into(),
                revision: "9f31c2ab".into(),
                published: ago(180_000),
                is_current: true,
                in_use: 1,
            },
            VersionRow {
                version: "v1.0.0".into(),
                revision: "4b10e7d2".into(),
                published: ago(2_400_000),
                is_current: false,
                in_use: 1,
            },
        ],
        examples: vec![
            Example {
                name: "small".into(),
                title: "Small, for development".into(),
                description: "One instance, 10 GiB, no backups.".into(),
            },
            Example {
                name: "production".into(),
                title: "Production".into(),
                description: "Three instances, daily backups kept 30 days, pooler.".into(),
            },
        ],
        mine: rows().into_iter().filter(|row| row.key.promise == "postgresql").collect(),
        standing: Standing {
            requires: vec![Required { name: "namespace (v1)".into(), missing: String::new() }],
            places: vec![("dev".into(), Sync::Synced)],
            ..Standing::default()
        },
        yaml: YAML.into(),
    }
}

pub const YAML: &str = "apiVersion: data.example.com/v1\nkind: Postgresql\nmetadata:\n  name: invoices-db\n  namespace: default\nspec:\n  environment: development\n  size: small\n  storage: 10\n";

pub fn resources(query: &ResourcesQuery, is_empty: bool) -> Resources {
    if is_empty {
        return Resources::default();
    }
    Resources {
        versions: vec![Facet { value: "v1.2.0".into(), label: "v1.2.0".into(), count: 2 }],
        owners: vec![Facet { value: "dana".into(), label: "dana".into(), count: 2 }],
        uncounted: String::new(),
        groups: grouped(query),
        views: vec![SavedView { id: "view_1".into(), name: "Broken".into(), filters: "state=failed".into() }],
        refusal: if query.label == "(" { "not a selector".into() } else { String::new() },
        gone: Vec::new(),
        rows: rows().into_iter().filter(|row| query.q.is_empty() || row.key.name.contains(&query.q)).collect(),
        promises: vec![
            facet("postgresql", "PostgreSQL database", 2),
            facet("redis", "Redis cache", 1),
            facet("web-service", "Web service", 1),
        ],
        states: vec![
            facet("healthy", "Healthy", 2),
            facet("failed", "Failed", 1),
            facet("progressing", "Progressing", 1),
        ],
        namespaces: vec![facet("default", "default", 4)],
        paging: Paging { previous: None, next: Some("c-4".into()), total: Some(31) },
        any: true,
    }
}

fn grouped(query: &ResourcesQuery) -> Vec<Grouped> {
    let group =
        |value: &str| Grouped { facet: facet(value, value, 2), states: vec![facet("ready", "Ready", 2)], rows: rows() };
    if query.group.is_empty() { Vec::new() } else { vec![group("dev"), group("prod")] }
}

pub fn runs(query: &RunsQuery, is_empty: bool) -> Runs {
    if is_empty {
        return Runs::default();
    }
    let fits = |run: &RunRow| match query.state.as_str() {
        "failed" => run.phase == Phase::Failed,
        "active" => run.phase.is_active(),
        "succeeded" => run.phase == Phase::Succeeded,
        _ => true,
    };
    Runs {
        rows: run_rows().into_iter().filter(fits).collect(),
        promises: vec![facet("postgresql", "PostgreSQL database", 2), facet("redis", "Redis cache", 1)],
        paging: Paging { previous: Some("c-1".into()), next: None, total: None },
        any: true,
    }
}
