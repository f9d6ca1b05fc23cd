//! Forms and plans of the fake: what is asked for, and what it would do.

use app::{
    pages::{
        form::{AsCode, Editing, FormPage, Problem},
        request::{Plan, PlannedDestination, PlannedEffect, RequestKind, RequestPage, RequestPhase},
    },
    view::{Beside, Change, ChangedLine, DiffPart, FieldChange, FileDiff, SameLine, Word},
};
use forms::{Filled, FormModel, Schema};
use serde_json::{Value, json};

use super::data::{YAML, ago, cards, key, run_rows};

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
        code: AsCode { yaml: YAML.into(), command: YAML.into(), curl: YAML.into(), commit: YAML.into() },
        text: None,
        draft: String::new(),
        kept_until: None,
        steps: Vec::new(),
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

/// Lines with `+`, `-`, or a space before them; `@3` folds three lines.
pub fn diff(path: &str, change: Change, text: &str) -> FileDiff {
    let (mut parts, mut added, mut removed, mut same) = (Vec::new(), 0, 0, 0);
    for line in text.lines() {
        let (sign, rest) = line.split_at(1);
        parts.push(match sign {
            "+" => {
                added += 1;
                let words = vec![
                    Word { text: rest.to_owned(), differs: false },
                    Word { text: " new".to_owned(), differs: true },
                ];
                let new = ChangedLine { number: same + added, words };
                DiffPart::Changed(vec![Beside { old: None, new: Some(new) }])
            }
            "-" => {
                removed += 1;
                let old = Some(ChangedLine::whole(same + removed, rest));
                DiffPart::Changed(vec![Beside { old, new: None }])
            }
            "@" => {
                let count = rest.parse().unwrap_or(0);
                let folded = |at: u32| SameLine { old: same + at, new: same + at, text: "folded".to_owned() };
                DiffPart::Folded { count, lines: (1..=count).map(folded).collect() }
            }
            _ => {
                same += 1;
                let text = rest.to_owned();
                DiffPart::Same(vec![SameLine { old: same + removed, new: same + added, text }])
            }
        });
    }
    FileDiff { path: path.into(), destination: "dev".into(), change, added, removed, parts, hidden: 0 }
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
            waits: String::new(),
            files: vec![
                diff(
                    "default/orders-db/cluster.yaml",
                    Change::Change,
                    " apiVersion: postgresql.cnpg.io/v1\n kind: Cluster\n metadata:\n   name: orders-db\n spec:\n-  instances: 1\n+  instances: 3\n   storage:\n-    size: 10Gi\n+    size: 50Gi\n@12\n   monitoring:\n     enablePodMonitor: true\n",
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
                because: "The only one of 2 destinations that fits environment=dev".into(),
                writes_to: "git · gitops.git, branch main, path dev/".into(),
            }],
            weighed: Vec::new(),
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
