//! What the fake tells of the platform as a whole, and of what is gone.

use app::{
    pages::{
        device::DevicePage,
        gone::{GonePage, RequestRow},
        me::{MePage, SessionRow, TokenRow},
        platform::{DestinationRow, PlatformPage, Readiness, StoreRow},
        platform_fleet::{Fleet, OfVersion},
        platform_pulse::{Pulse, PulseOf},
        promise::VersionRow,
        promise_admin::{Missing, PromiseAdminPage},
        request::{RequestKind, RequestPhase},
        resource_parts::Part,
    },
    view::{Facet, Happening, Tone},
};

use super::{
    asked,
    data::{self, ago, key},
    rows,
};

pub fn gone() -> GonePage {
    let request = |name: &str, what, minutes| RequestRow {
        name: name.into(),
        what,
        phase: RequestPhase::Succeeded,
        by: "dana".into(),
        at: ago(minutes),
    };
    GonePage {
        key: key("postgresql", "old-db"),
        promise_title: "PostgreSQL database".into(),
        icon: "database".into(),
        by: "dana".into(),
        at: Some(ago(5)),
        is_offered: true,
        requests: vec![request("req-9", RequestKind::Delete, 6), request("req-8", RequestKind::Create, 900)],
        runs: rows::run_rows(),
        history: vec![Happening { at: ago(5), tone: Tone::Quiet, title: "Deleted".into(), ..Happening::default() }],
    }
}

/// One version as it stands.
fn of_version(version: &str, is_old: bool, states: &[(&str, u64)]) -> OfVersion {
    let state = |&(word, count): &(&str, u64)| Facet { value: word.into(), label: word.into(), count };
    let count = states.iter().map(|(_, count)| count).sum();
    OfVersion {
        version: Facet { value: version.into(), label: version.into(), count },
        is_old,
        states: states.iter().map(state).collect(),
    }
}

pub fn promise_admin() -> PromiseAdminPage {
    let form = data::form();
    PromiseAdminPage {
        card: form.card,
        api_version: "data.example.com/v1".into(),
        kind: "Postgresql".into(),
        waits_for: "It requires namespace (v1)".into(),
        missing: vec![Missing { tone: Tone::Quiet, at: "spec.owner".into(), says: "It has no owner.".into() }],
        versions: vec![VersionRow { version: "v1.2.0".into(), is_current: true, in_use: 3, ..VersionRow::default() }],
        usage: vec![of_version("v1.2.0", false, &[("ready", 3), ("failed", 0)])],
        owners: 2,
        namespaces: 1,
        personas: vec![("developer".into(), "As a developer".into()), ("platform".into(), "As the platform".into())],
        persona: "developer".into(),
        form: form.form,
        problems: Vec::new(),
        tried: Some(asked::draft().plan),
    }
}

pub fn platform() -> PlatformPage {
    let fleet = |name: &str, title: &str, versions: Vec<OfVersion>| Fleet {
        name: name.into(),
        title: title.into(),
        icon: "database".into(),
        owner: "group:default/data-platform".into(),
        version: "v1.2.0".into(),
        waits_for: String::new(),
        versions,
    };
    let broken = Readiness { is_ready: Some(false), message: "the remote refuses the key".into() };
    let ready = Readiness { is_ready: Some(true), message: String::new() };
    PlatformPage {
        pulse: Pulse {
            requests: 40,
            since: Some(ago(9_000)),
            succeeded: 38,
            askers: 4,
            due: 2,
            oldest_due: Some(ago(1)),
            promises: vec![PulseOf {
                promise: "postgresql".into(),
                title: "PostgreSQL".into(),
                requests: 40,
                succeeded: 38,
                half: Some(4),
                most: None,
            }],
            stuck_minutes: 15,
            stuck: rows::rows(),
            stuck_total: Some(3),
            ..Pulse::default()
        },
        fleets: vec![
            fleet(
                "postgresql",
                "PostgreSQL database",
                vec![
                    of_version("v1.2.0", false, &[("ready", 30), ("failed", 0)]),
                    of_version("v1.1.0", true, &[("ready", 10), ("failed", 6)]),
                ],
            ),
            Fleet { waits_for: "It requires namespace (v1)".into(), ..fleet("redis", "Redis", Vec::new()) },
        ],
        uncounted: "Only the first are counted.".into(),
        total: 46,
        destinations: vec![DestinationRow {
            name: "dev".into(),
            writes_to: "git · gitops.git, branch main, path dev".into(),
            labels: vec!["environment=dev".into()],
            readiness: ready.clone(),
            placed: 92,
            room: "38 of 40 resources".into(),
            is_cordoned: false,
        }],
        stores: vec![
            StoreRow {
                name: "gitops".into(),
                what: "git · gitops.git, branch main".into(),
                readiness: ready,
                commit: "4e33927aaa".into(),
                destinations: 1,
            },
            StoreRow {
                name: "offsite".into(),
                what: "bucket · offsite".into(),
                readiness: broken,
                ..StoreRow::default()
            },
        ],
        failing: rows::rows(),
        failures: rows::run_rows(),
    }
}

/// One child of each state, the first with the others below it.
pub fn parts() -> Vec<Part> {
    let part = |row| Part { row, known_as: "db".into(), parts: Vec::new() };
    let mut all = rows::rows().into_iter().map(part);
    let first = all.next();
    let inner: Vec<Part> = all.collect();
    first.into_iter().map(|first| Part { parts: inner.clone(), ..first }).collect()
}

pub fn me() -> MePage {
    let session = |id: &str, client: &str, is_this| SessionRow {
        id: id.into(),
        client: client.into(),
        provider: "Example Corp".into(),
        created: ago(7_200),
        seen: ago(60),
        is_this,
    };
    MePage {
        title: "Dana Demo".into(),
        email: "dana@example.com".into(),
        signed_in_by: "Example Corp".into(),
        roles: "developer".into(),
        groups: vec!["developers".into(), "corp:shop".into()],
        sessions: vec![
            session("session-1", "Firefox on Linux", true),
            session("session-2", "Chrome on Android", false),
            session("session-3", "Safari on iPhone", false),
        ],
        tokens: vec![TokenRow {
            id: "token_1".into(),
            purpose: "midspan auth login, laptop".into(),
            scope: "Reading, in shop".into(),
            created: ago(86_400),
            used: None,
            expires: "2026-12-24".into(),
            has_expired: false,
        }],
        ..MePage::default()
    }
}

pub fn device(code: &str) -> DevicePage {
    DevicePage {
        code: code.into(),
        program: "midspan on laptop".into(),
        address: "192.0.2.7".into(),
        since: Some(ago(20)),
        ..DevicePage::default()
    }
}
