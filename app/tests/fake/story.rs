//! Three resources of the fake in three states, with their files, history and runs.

use app::{
    graph::{Graph, Link, Node, capped},
    pages::{
        action::ActionPage,
        delete::DeletePage,
        drift::{DifferingFile, Differs, DriftPage, LookedStore},
        files::{DestinationFiles, FilesPage, PlacedFile},
        graph::GraphPage,
        history::HistoryPage,
        history_comparison::{Comparison, Revised},
        resource::{
            ActionButton, Condition, Day2, Deed, Notice, Output, Placed, ResourceHead, ResourcePage, RunStrip,
            SpecEntry, TimeLeft, Truth,
        },
        resource_health::HealthCheck,
        run::RunPage,
    },
    parts::weighed::{Weighed, Weighing},
    view::{Change, Facts, FieldChange, Happening, Health, Operation, Tone},
};

use super::{
    asked::diff,
    data::{self, YAML, ago, key},
    steps::{failed_steps, running_steps},
};

fn head(promise: &str, title: &str, icon: &str, name: &str, facts: Facts) -> ResourceHead {
    ResourceHead {
        key: key(promise, name),
        promise_title: title.into(),
        icon: icon.into(),
        api_version: "data.example.com/v1".into(),
        kind: "Postgresql".into(),
        version: "v1.0.0".into(),
        held: String::new(),
        owner: "group:default/shop".into(),
        part_of: Some(key("shop", "web-shop")),
        created: ago(93_000),
        facts,
        notice: None,
        is_deleting: false,
        day2: vec![
            Day2 { deed: Deed::Edit, refusal: String::new() },
            Day2 { deed: Deed::RunAgain, refusal: String::new() },
            Day2 { deed: Deed::Delete, refusal: String::new() },
        ],
        actions: vec![
            ActionButton { name: "restart".into(), title: "Restart".into(), ..ActionButton::default() },
            ActionButton {
                name: "back-up".into(),
                title: "Back up now".into(),
                at_once: true,
                ..ActionButton::default()
            },
            ActionButton {
                name: "rotate".into(),
                title: "Rotate the password".into(),
                refusal: "It is being upgraded".into(),
                ..ActionButton::default()
            },
        ],
        time_left: Some(TimeLeft {
            at: ago(-86_400),
            warning: "Less than 3 days left".into(),
            extension: "30 days".into(),
        }),
    }
}

fn condition(kind: &str, status: Truth, message: &str, seconds: i64) -> Condition {
    Condition {
        kind: kind.into(),
        status,
        reason: String::new(),
        message: message.into(),
        since: ago(seconds),
        is_stale: false,
    }
}

fn spec() -> Vec<SpecEntry> {
    let entry = |label: &str, path: &str, value: &str, is_default| SpecEntry {
        label: label.into(),
        path: path.into(),
        value: value.into(),
        is_default,
    };
    vec![
        entry("Environment", "spec.environment", "development", false),
        entry("Size", "spec.size", "medium", false),
        entry("Instances", "spec.instances", "3", false),
        entry("Storage", "spec.storage", "50 GiB", false),
        entry("PostgreSQL version", "spec.version", "17", true),
        entry("Pooler", "spec.pooler", "no", true),
    ]
}

pub fn ready() -> ResourcePage {
    let output = |name: &str, description: &str, value: Option<&str>, note: &str| Output {
        name: name.into(),
        description: description.into(),
        value: value.map(Into::into),
        note: note.into(),
    };
    ResourcePage {
        head: head("postgresql", "PostgreSQL database", "database", "orders-db", data::healthy()),
        health: vec![HealthCheck {
            name: "Probe".into(),
            health: Health::Healthy,
            says: "answered 200 OK".into(),
            since: Some(ago(7_100)),
            looked: Some(ago(12)),
        }],
        conditions: vec![
            condition("Ready", Truth::True, "Everything asked for stands and works.", 7_100),
            condition("Placed", Truth::True, "4 files written to dev.", 7_120),
            condition("Healthy", Truth::True, "3 of 3 instances accept connections.", 7_100),
        ],
        run: None,
        parts: super::whole::parts(),
        outputs: vec![
            output("host", "Host name inside the cluster", Some("orders-db-rw.default.svc.cluster.local"), ""),
            output("port", "", Some("5432"), ""),
            output("database", "", Some("orders"), ""),
            output("secretName", "User and password", None, "In the Secret orders-db-app, namespace default."),
        ],
        spec: spec(),
        placed: vec![Placed {
            destination: "dev".into(),
            writes_to: "git · gitops.git, branch main".into(),
            commit: "8c1f0a2".into(),
            at: Some(ago(7_120)),
            files: 4,
            tone: Tone::Good,
            says: "Written".into(),
        }],
        weighed: vec![Weighing {
            of: "instance".into(),
            asks: "environment=dev".into(),
            rows: vec![
                Weighed { destination: "dev".into(), says: "fits".into(), is_chosen: true },
                Weighed { destination: "prod".into(), says: "lacks environment=dev".into(), is_chosen: false },
            ],
        }],
        history: happenings(),
        yaml: YAML.into(),
    }
}

fn happenings() -> Vec<Happening> {
    let happening = |tone, title: &str, detail: &str, who: &str, source: &str, seconds| Happening {
        at: ago(seconds),
        tone,
        title: title.into(),
        detail: detail.into(),
        who: who.into(),
        source: source.into(),
        href: "/runs/run-3".into(),
        changes: Vec::new(),
    };
    vec![
        happening(Tone::Good, "Ready", "All 3 steps succeeded in 3 min 20 s.", "", "", 7_100),
        Happening {
            changes: vec![
                FieldChange {
                    label: "Instances".into(),
                    path: "spec.instances".into(),
                    before: "1".into(),
                    after: "3".into(),
                },
                FieldChange {
                    label: "Storage".into(),
                    path: "spec.storage".into(),
                    before: "10 GiB".into(),
                    after: "50 GiB".into(),
                },
            ],
            ..happening(Tone::Quiet, "Changed 2 settings", "", "dana", "portal", 7_300)
        },
        happening(Tone::Bad, "Run failed", "check-capacity: no capacity in zone b.", "", "", 80_000),
        happening(Tone::Quiet, "Created", "", "dana", "cli", 93_000),
    ]
}

pub fn running() -> ResourcePage {
    ResourcePage {
        head: head("postgresql", "PostgreSQL database", "database", "billing-db", data::progressing()),
        conditions: vec![
            condition("Ready", Truth::False, "The first run is going on.", 14),
            condition("Placed", Truth::Unknown, "Nothing is placed yet.", 14),
        ],
        run: Some(RunStrip { run: data::run_rows().remove(0), steps: running_steps() }),
        spec: spec(),
        history: vec![happenings().remove(3)],
        yaml: YAML.into(),
        ..ResourcePage::default()
    }
}

pub fn failed() -> ResourcePage {
    let mut page = running();
    page.head = head("redis", "Redis cache", "layers", "search-cache", data::degraded());
    page.head.notice = Some(Notice {
        tone: Tone::Bad,
        title: "The last update failed".into(),
        sentence:
            "Step register gave up after 5 attempts: the service registry answered 503. What ran before still runs."
                .into(),
        action: "See the failed step".into(),
        href: "/runs/run-failed#step-render/register".into(),
    });
    page.head.day2[0].refusal = "A delete is going on".into();
    page.run = Some(RunStrip { run: data::run_rows().remove(1), steps: failed_steps() });
    page
}

pub fn files() -> FilesPage {
    let file = |path: &str, text: &str| PlacedFile {
        path: path.into(),
        bytes: u64::try_from(text.len()).unwrap_or(0),
        text: Some(text.into()),
        is_cut: false,
    };
    FilesPage {
        head: ready().head,
        destinations: vec![DestinationFiles {
            name: "dev".into(),
            writes_to: "git · gitops.git, branch main, path dev/".into(),
            commit: "8c1f0a2".into(),
            at: Some(ago(7_120)),
            tone: Tone::Good,
            says: "Written".into(),
            files: vec![
                file(
                    "default/orders-db/cluster.yaml",
                    "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: orders-db\nspec:\n  instances: 3\n",
                ),
                file(
                    "default/orders-db/network.yaml",
                    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: orders-db\n",
                ),
            ],
        }],
    }
}

pub fn drift() -> DriftPage {
    DriftPage {
        head: ready().head,
        repairs: false,
        since: Some(ago(600)),
        files: vec![
            DifferingFile {
                how: Differs::Changed,
                diff: diff(
                    "default/orders-db/cluster.yaml",
                    Change::Change,
                    " spec:\n-  instances: 3\n+  instances: 1\n@4",
                ),
                hidden: String::new(),
            },
            DifferingFile {
                how: Differs::Foreign,
                diff: diff("default/orders-db/notes.bin", Change::Change, ""),
                hidden: "It is not text.".into(),
            },
        ],
        more: 1,
        stores: vec![LookedStore { name: "gitops".into(), at: Some(ago(60)), ..LookedStore::default() }],
        refusal: String::new(),
    }
}

pub fn graph() -> GraphPage {
    let node = |id: &str, kind: &str, tone, state: &str, href: &str| Node {
        id: id.into(),
        kind: kind.into(),
        icon: "box".into(),
        name: id.rsplit('/').next().unwrap_or_default().into(),
        tone,
        state: state.into(),
        href: href.into(),
    };
    let mut graph = Graph::default();
    let root = graph.add(None, node("resource/default/postgresql/orders-db", "PostgreSQL", Tone::Good, "Ready", "/"));
    let run = graph.add(Some((root, Link::Ran)), node("run/1", "Run", Tone::Busy, "Running", "/runs/run-running"));
    graph.add(Some((run, Link::Ran)), node("step/main/apply", "Step http", Tone::Bad, "Failed", "/runs/run-running#s"));
    let place =
        graph.add(Some((root, Link::PlacedOn)), node("placement/dev", "Destination", Tone::Warn, "Drifted", "/f"));
    graph.add(Some((place, Link::Holds)), node("object/a", "ConfigMap", Tone::Quiet, "", "/f"));
    graph.add(
        Some((root, Link::Uses)),
        node("resource/default/redis/missing", "redis", Tone::Warn, "Not there yet", ""),
    );
    GraphPage {
        head: ready().head,
        shown: capped(graph, 200, ""),
        filtered: 2,
        beyond: "Of those who use it, 100 were looked at.".into(),
    }
}

pub fn history() -> HistoryPage {
    let revised = |number, by: &str| Revised { number, by: by.into(), at: Some(ago(90)) };
    let comparison = Comparison {
        revisions: vec![revised(3, "dana"), revised(2, ""), revised(1, "dana")],
        from: 2,
        to: 3,
        spec: diff("Settings", Change::Change, " spec:\n-  instances: 3\n+  instances: 1\n@4"),
        secrets: vec!["Password".into()],
        files: vec![diff("default/orders-db/cluster.yaml", Change::Remove, "-spec: {}")],
        no_files: String::new(),
    };
    let happenings = happenings();
    HistoryPage { head: ready().head, happenings, older: Some("c-9".into()), comparison: Some(comparison) }
}

pub fn delete() -> DeletePage {
    DeletePage {
        children: vec!["Redis orders-cache".into()],
        users: Vec::new(),
        head: ready().head,
        files: files().destinations[0].files.iter().map(|file| ("dev".to_owned(), file.path.clone())).collect(),
        steps: vec!["deregister: DELETE https://registry.example.com/databases/orders-db".into()],
        refusal: String::new(),
        typed: String::new(),
    }
}

pub fn running_run() -> RunPage {
    RunPage {
        run: data::run_rows().remove(0),
        version: "v1.1.0".into(),
        request: "req-2".into(),
        steps: running_steps(),
        inputs: YAML.into(),
    }
}

pub fn failed_run() -> RunPage {
    RunPage { run: data::run_rows().remove(1), steps: failed_steps(), ..running_run() }
}

/// Something is being taken away.
pub fn deleting() -> ResourcePage {
    let mut page = ready();
    page.head.is_deleting = true;
    page.head.facts.operation = Operation::Deleting;
    page
}

/// A day-2 action of a resource.
pub fn action(head: ResourceHead, name: &str) -> ActionPage {
    ActionPage {
        head,
        name: name.into(),
        title: "Restart".into(),
        description: "Takes a few seconds.".into(),
        type_name: true,
        ..ActionPage::default()
    }
}
