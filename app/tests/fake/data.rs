//! Lists, catalog, forms and plans of the fake.

use app::{
    pages::{
        catalog::{Catalog, CatalogQuery},
        form::{Editing, FormPage, Problem},
        home::{Home, Need},
        promise::{Example, OutputDoc, PromisePage, VersionRow},
        request::{Plan, PlannedDestination, PlannedEffect, RequestKind, RequestPage, RequestPhase},
        resources::{Resources, ResourcesQuery},
        runs::{Runs, RunsQuery},
    },
    paths::ResourceKey,
    portal::{Caller, Counts, Frame, Persona},
    view::{
        Change, DiffKind, DiffLine, Facet, Facts, FieldChange, FileDiff, Health, Operation, Paging, Phase, PromiseCard,
        ResourceRow, RunRow, Sync, Tone,
    },
};
use domain::Timestamp;
use forms::{Filled, FormModel, Schema};
use serde_json::{Value, json};

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
        counts: Counts { needs_you: 2, running: 1 },
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

pub fn home() -> Home {
    Home {
        needs_you: vec![
            Need {
                tone: Tone::Bad,
                title: "search-cache could not be updated".into(),
                sentence: "Step register failed after 5 attempts: the service registry answered 503.".into(),
                action: "Open the failed step".into(),
                href: "/runs/run-failed#step-register".into(),
                at: ago(320),
            },
            Need {
                tone: Tone::Warn,
                title: "A plan for invoices-db waits to be submitted".into(),
                sentence: "Creates 4 files at dev.".into(),
                action: "Continue".into(),
                href: "/requests/req-1".into(),
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
        requires: vec!["namespace v1".into()],
        yaml: YAML.into(),
    }
}

pub const YAML: &str = "apiVersion: data.example.com/v1\nkind: Postgresql\nmetadata:\n  name: invoices-db\n  namespace: default\nspec:\n  environment: development\n  size: small\n  storage: 10\n";

/// What the made-up PostgreSQL promise asks for.
fn schema() -> Schema {
    Schema::parse(&json!({
        "type": "object",
        "required": ["environment", "size", "storage"],
        "properties": {
            "environment": {"title": "Environment", "x-ui": {"immutable": true}, "default": "development", "oneOf": [
                {"const": "development", "title": "Development", "description": "May be restarted at any time."},
                {"const": "production", "title": "Production", "description": "At least two instances; deletion is guarded."}
            ]},
            "size": {"title": "Size", "description": "CPU and memory of each instance.", "default": "small", "oneOf": [
                {"const": "small", "title": "Small", "description": "1 CPU, 2 GiB: trying things out."},
                {"const": "medium", "title": "Medium", "description": "2 CPU, 8 GiB: most services."},
                {"const": "large", "title": "Large", "description": "8 CPU, 32 GiB: heavy analytics."}
            ]},
            "storage": {"title": "Storage", "description": "It can grow later, never shrink.", "type": "integer", "minimum": 1, "maximum": 1024, "x-ui": {"unit": "GiB"}},
            "version": {"title": "PostgreSQL version", "enum": ["17", "16", "15", "14", "13", "12"], "default": "17", "x-ui": {"widget": "select"}},
            "pooler": {"title": "Put a connection pooler in front", "description": "Useful with many short connections.", "type": "boolean"},
            "extensions": {"title": "Extensions", "description": "Created in the database at the first start.", "type": "array", "items": {"type": "string", "title": "Extension"}},
            "labels": {"title": "Labels", "type": "object", "additionalProperties": {"type": "string"}},
            "restore": {"title": "Start from", "oneOf": [
                {"title": "A backup", "type": "object", "required": ["backup"], "properties": {"backup": {"title": "Backup", "type": "string"}}},
                {"title": "Another database", "type": "object", "required": ["source"], "properties": {"source": {"title": "Database", "type": "string"}}}
            ]},
            "password": {"title": "Superuser password", "description": "Left empty, one is generated.", "type": "string", "writeOnly": true, "x-ui": {"advanced": true}},
            "parameters": {"title": "Parameters", "description": "Settings of postgresql.conf.", "type": "object", "x-kubernetes-preserve-unknown-fields": true, "x-ui": {"advanced": true, "widget": "yaml"}}
        }
    }))
    .expect("a good schema")
}

fn value() -> Value {
    json!({"environment": "development", "size": "small", "storage": 10, "pooler": true, "extensions": ["pgvector", "pg_trgm"],
        "labels": {"cost-centre": "4711"}, "restore": {"backup": "nightly"}})
}

pub fn form() -> FormPage {
    let value = value();
    FormPage {
        card: cards().remove(0),
        editing: None,
        namespace: "default".into(),
        namespaces: vec!["default".into(), "payments".into()],
        name: "invoices-db".into(),
        form: FormModel::build(&schema(), Filled { value: Some(&value), ..Filled::default() }),
        problems: Vec::new(),
        yaml: YAML.into(),
    }
}

pub fn edit_form() -> FormPage {
    let value = value();
    FormPage {
        editing: Some(Editing { key: key("postgresql", "orders-db"), resource_version: "4711".into() }),
        form: FormModel::build(&schema(), Filled { value: Some(&value), stored: Some(&value), ..Filled::default() }),
        ..form()
    }
}

pub fn refused_form() -> FormPage {
    let schema = schema();
    let posted = [("v/environment", "production"), ("v/size", "small"), ("v/storage", "lots")]
        .map(|(name, text)| (name.to_owned(), text.to_owned()));
    let decoded = forms::decode(&schema, &posted, None).expect("within bounds");
    let admission = forms::admit(&schema, &decoded.value, None, "spec");
    let filled = Filled { value: Some(&decoded.value), causes: &admission.verdict.causes, ..Filled::default() };
    FormPage {
        name: "Invoices DB".into(),
        form: FormModel::build(&schema, filled),
        problems: vec![Problem {
            field: "name".into(),
            message: "Use 1 to 63 lower-case letters, digits or dashes.".into(),
        }],
        ..form()
    }
}

fn diff(path: &str, change: Change, text: &str) -> FileDiff {
    let (mut old, mut new) = (0, 0);
    let lines: Vec<DiffLine> = text
        .lines()
        .map(|line| {
            let (kind, rest) = match line.as_bytes().first() {
                Some(b'+') => (DiffKind::Added, &line[1..]),
                Some(b'-') => (DiffKind::Removed, &line[1..]),
                Some(b'@') => (DiffKind::Gap, &line[1..]),
                _ => (DiffKind::Context, &line[1..]),
            };
            if matches!(kind, DiffKind::Removed | DiffKind::Context) {
                old += 1;
            }
            if matches!(kind, DiffKind::Added | DiffKind::Context) {
                new += 1;
            }
            DiffLine {
                kind,
                old: matches!(kind, DiffKind::Removed | DiffKind::Context).then_some(old),
                new: matches!(kind, DiffKind::Added | DiffKind::Context).then_some(new),
                text: rest.to_owned(),
            }
        })
        .collect();
    let count = |kind| u32::try_from(lines.iter().filter(|line| line.kind == kind).count()).unwrap_or(u32::MAX);
    FileDiff {
        path: path.into(),
        destination: "dev".into(),
        change,
        added: count(DiffKind::Added),
        removed: count(DiffKind::Removed),
        lines,
        hidden: 0,
    }
}

pub fn draft() -> RequestPage {
    RequestPage {
        name: "req-1".into(),
        resource: key("postgresql", "orders-db"),
        promise_title: "PostgreSQL database".into(),
        icon: "database".into(),
        version: "v1.1.0".into(),
        what: RequestKind::Update,
        phase: RequestPhase::Draft,
        by: "dana".into(),
        created: ago(40),
        edit_href: "/r/default/postgresql/orders-db/edit?draft=req-1".into(),
        plan: Plan {
            files: vec![
                diff(
                    "default/orders-db/cluster.yaml",
                    Change::Change,
                    " apiVersion: postgresql.cnpg.io/v1\n kind: Cluster\n metadata:\n   name: orders-db\n spec:\n-  instances: 1\n+  instances: 3\n   storage:\n-    size: 10Gi\n+    size: 50Gi\n@12 unchanged lines\n   monitoring:\n     enablePodMonitor: true\n",
                ),
                diff(
                    "default/orders-db/backup.yaml",
                    Change::Create,
                    "+apiVersion: postgresql.cnpg.io/v1\n+kind: ScheduledBackup\n+metadata:\n+  name: orders-db\n+spec:\n+  schedule: \"0 0 3 * * *\"\n+  backupOwnerReference: self\n",
                ),
                diff(
                    "default/orders-db/network.yaml",
                    Change::Same,
                    " apiVersion: networking.k8s.io/v1\n kind: NetworkPolicy\n",
                ),
            ],
            fields: vec![
                FieldChange {
                    label: "Instances".into(),
                    path: "spec.instances".into(),
                    before: "1".into(),
                    after: "3".into(),
                },
                FieldChange {
                    label: "Storage".into(),
                    path: "spec.storage".into(),
                    before: "10".into(),
                    after: "50".into(),
                },
                FieldChange {
                    label: "Backups".into(),
                    path: "spec.backups".into(),
                    before: String::new(),
                    after: "daily".into(),
                },
            ],
            destinations: vec![PlannedDestination {
                name: "dev".into(),
                because: "environment=dev".into(),
                writes_to: "git · gitops.git, branch main, path dev/".into(),
            }],
            effects: vec![PlannedEffect {
                step: "register".into(),
                uses: "http".into(),
                sentence: "Sends POST https://registry.example.com/databases once, with an idempotency key.".into(),
            }],
            expected_seconds: Some(200),
            expected_from: 14,
            incomplete: String::new(),
            yaml: YAML.into(),
        },
        ..RequestPage::default()
    }
}

pub fn done_request() -> RequestPage {
    RequestPage {
        name: "req-2".into(),
        phase: RequestPhase::Running,
        message: "Step check-capacity is running.".into(),
        runs: run_rows().into_iter().take(1).collect(),
        edit_href: String::new(),
        ..draft()
    }
}

pub fn resources(query: &ResourcesQuery, is_empty: bool) -> Resources {
    if is_empty {
        return Resources::default();
    }
    Resources {
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
