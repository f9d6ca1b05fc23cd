//! The portal over a real server: what pages show of what happened, and what they never show.

mod woven;

use super::ServerPortal;
use crate::{
    config::ServeConfig,
    http::Doors,
    serve::{Running, start},
    service::{Asker, form_drafts::Given, objects::WriteOptions, people::Persona, promises::publish},
    sign_in::SignIn,
};
use app::{
    pages::{
        catalog::CatalogQuery, form::Prefill, graph::GraphQuery, history::HistoryQuery, request::RequestPhase,
        resources::ResourcesQuery, runs::RunsQuery,
    },
    paths::ResourceKey,
    portal::Portal as _,
    view::{Change, Operation, Sync},
};
use domain::{Caller, ErrorKind};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use testkit::databases::databases;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(20);

/// A server with a destination `dev` and the promise `vault`, which writes a secret it is given into a file.
struct House {
    running: Running,
    doors: Doors,
}

impl House {
    fn portal_of(&self, caller: Caller) -> ServerPortal {
        let asker = Asker { caller, source: "page".to_owned(), ..Asker::default() };
        ServerPortal::new(self.doors.clone(), asker)
    }

    fn persona(&self, name: &str) -> ServerPortal {
        self.portal_of(Persona::by_name(name).unwrap().caller())
    }

    /// Keeps a draft as the form does, and returns its name.
    async fn draft(&self, name: &str, spec: Value, editing: Option<&str>) -> String {
        let dana = self.persona("dana");
        let (served, _) = dana.offer("vault").unwrap();
        let draft = self
            .running
            .services
            .draft_from(&dana.asker, &served, Given { namespace: "default", name, spec, editing, from: None })
            .await;
        draft.unwrap().metadata.name
    }

    async fn submit(&self, draft: &str) {
        self.running.services.submit(&self.persona("dana").asker, draft).await.unwrap();
    }

    /// Until the page says that all that was asked is in place.
    async fn settled(&self, key: &ResourceKey) {
        let mut changes = self.running.services.store.changes();
        let dana = self.persona("dana");
        let settled = async {
            loop {
                changes.borrow_and_update();
                let facts = dana.resource(key).await.unwrap().head.facts;
                if facts.sync == Sync::Synced && facts.operation == Operation::Succeeded {
                    return;
                }
                changes.changed().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, settled).await.expect("it becomes ready");
    }
}

async fn everywhere(play: impl AsyncFn(&House)) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    for database in databases() {
        let data = directory();
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = ServeConfig {
            data: data.clone(),
            listen,
            database: Some(database.url().to_owned()),
            dev: true,
            key_file: None,
            ground: orchestrator::steps::ground::Ground::default(),
            retention: orchestrator::Retention::default(),
            settings: crate::settings::Settings::default(),
            tls: None,
        };
        let running = start(config.clone()).await.unwrap();
        publish(&running.services, &crate::service::objects::system(), vault()).await.unwrap();
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let services = running.services.clone();
        let doors = Doors {
            services,
            dev: true,
            secure: false,
            sign_in: Arc::new(SignIn::new(&config, running.address, &running.services.clock).unwrap()),
            stop: CancellationToken::new(),
            metrics,
            ground: Arc::default(),
            followed: Arc::default(),
            typicals: Arc::default(),
        };
        let house = House { running, doors };
        Box::pin(play(&house)).await;
        house.running.stop().await.unwrap();
        fs::remove_dir_all(&data).unwrap();
    }
}

fn directory() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("midspan_portal_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    std::env::temp_dir().join(name)
}

fn vault() -> Value {
    let file = "password: {{ spec.password }}\nencoded: {{ spec.password | b64encode }}\nsize: {{ spec.size }}\n";
    let with = json!({
        "files": {"secret.yaml": file},
        "outputs": {"password": "{{ spec.password }}", "greeting": "the password is {{ spec.password }}"},
    });
    json!({
        "apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "vault"},
        "spec": {
            "api": {"group": "demo.example.com", "version": "v1", "kind": "Vault", "schema": {
                "type": "object", "required": ["password"], "properties": {
                    "password": {"type": "string", "title": "Password", "writeOnly": true},
                    "size": {"type": "string", "title": "Size", "default": "small"},
                }}},
            "outputs": {"type": "object", "properties": {"password": {"type": "string", "writeOnly": true}, "greeting": {"type": "string"}}},
            "destinationSelectors": [{"matchLabels": {"environment": "dev"}}],
            "workflows": {"resource": {"configure": [{"name": "main", "steps": [{"name": "files", "uses": "template", "with": with}]}]}},
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_tells_a_secret() {
    everywhere(async |house| {
        let dana = house.persona("dana");
        let key = ResourceKey::new("default", "vault", "safe");
        let first = house.draft("safe", json!({"password": "correct-horse"}), None).await;
        let mut seen = vec![format!("{:?}", dana.request(&first).await.unwrap())];
        house.submit(&first).await;
        house.settled(&key).await;
        let second = house.draft("safe", json!({"password": "battery-staple", "size": "large"}), Some("1")).await;
        seen.push(format!("{:?}", dana.request(&second).await.unwrap()));
        seen.push(format!("{:?}", dana.edit(&key, &second).await.unwrap()));
        house.submit(&second).await;
        house.settled(&key).await;
        let runs = dana.runs(&RunsQuery::default()).await.unwrap();
        for run in &runs.rows {
            seen.push(format!("{:?}", dana.run(&run.name).await.unwrap()));
        }
        let like = Prefill { like: "default/vault/safe".into(), ..Prefill::default() };
        seen.extend([
            format!("{:?}", dana.frame().await.unwrap()),
            format!("{:?}", dana.home().await.unwrap()),
            format!("{:?}", dana.promise("vault").await.unwrap()),
            format!("{:?}", dana.new_request("vault", &like).await.unwrap()),
            format!("{:?}", dana.request(&first).await.unwrap()),
            format!("{:?}", dana.request(&second).await.unwrap()),
            format!("{:?}", dana.resources(&ResourcesQuery::default()).await.unwrap()),
            format!("{:?}", dana.resource(&key).await.unwrap()),
            format!("{:?}", dana.files(&key).await.unwrap()),
            format!("{:?}", dana.history(&key, &HistoryQuery::default()).await.unwrap()),
            format!("{:?}", dana.graph(&key, &GraphQuery::default()).await.unwrap()),
            format!("{:?}", dana.edit(&key, "").await.unwrap()),
            format!("{:?}", dana.delete(&key).await.unwrap()),
            format!("{runs:?}"),
        ]);
        // plain, and in base64
        for secret in ["correct-horse", "battery-staple", "Y29ycmVjdC1ob3JzZQ", "YmF0dGVyeS1zdGFwbGU"] {
            for page in &seen {
                assert!(!page.contains(secret), "{secret} stands in {page}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_resource_one_draft_is_kept_and_home_offers_it() {
    everywhere(async |house| {
        let dana = house.persona("dana");
        let mut drafts = Vec::new();
        for (name, size) in [("safe", "small"), ("other", "small"), ("safe", "large")] {
            let draft = house.draft(name, json!({"password": "correct-horse", "size": size}), None).await;
            let (request, ..) = dana.asked(&draft).await.unwrap();
            dana.replace_drafts(&request, "").await.unwrap();
            drafts.push(draft);
        }
        let mut phases = Vec::new();
        for draft in &drafts {
            phases.push(dana.request(draft).await.unwrap().phase);
        }
        assert_eq!(phases, [RequestPhase::Withdrawn, RequestPhase::Draft, RequestPhase::Draft]);
        let needs = dana.home().await.unwrap().needs_you;
        let offered: Vec<&str> = needs.iter().map(|need| need.discard.as_str()).collect();
        assert_eq!(offered, [app::paths::discard(&drafts[2]), app::paths::discard(&drafts[1])]);
        // the form that went on from a draft under another name leaves none behind
        let (request, ..) = dana.asked(&drafts[1]).await.unwrap();
        dana.replace_drafts(&request, &drafts[2]).await.unwrap();
        assert_eq!(dana.request(&drafts[2]).await.unwrap().phase, RequestPhase::Withdrawn);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_shows_what_it_would_do_and_afterwards_the_same_as_what_it_did() {
    everywhere(async |house| {
        let dana = house.persona("dana");
        let key = ResourceKey::new("default", "vault", "safe");
        let first = house.draft("safe", json!({"password": "correct-horse"}), None).await;
        let plan = dana.request(&first).await.unwrap();
        assert_eq!(
            (plan.phase, plan.plan.files.len(), plan.plan.files[0].change),
            (RequestPhase::Draft, 1, Change::Create)
        );
        assert_eq!(plan.plan.destinations[0].writes_to, "git · gitops.git, branch main, path clusters/dev");
        assert_eq!(dana.home().await.unwrap().needs_you[0].action, "Continue");
        house.submit(&first).await;
        house.settled(&key).await;
        let done = dana.request(&first).await.unwrap();
        assert_eq!((done.phase, done.runs.len(), done.runs[0].by.as_str()), (RequestPhase::Succeeded, 1, "dana"));
        let files = |page: &app::pages::request::RequestPage| format!("{:?}", page.plan.files);
        assert_eq!(files(&done), files(&plan));
        assert_eq!(dana.files(&key).await.unwrap().destinations[0].files[0].path, plan.plan.files[0].path);
        assert!(dana.home().await.unwrap().needs_you.is_empty());

        let second = house.draft("safe", json!({"password": "correct-horse", "size": "large"}), Some("1")).await;
        let plan = dana.request(&second).await.unwrap();
        assert_eq!(plan.plan.fields.iter().map(|change| change.label.as_str()).collect::<Vec<_>>(), ["Size"]);
        house.submit(&second).await;
        house.settled(&key).await;
        let done = dana.request(&second).await.unwrap();
        assert_eq!((files(&done), done.plan.fields.len()), (files(&plan), 1));
        let history = dana.history(&key, &HistoryQuery::default()).await.unwrap().happenings;
        assert!(history.iter().any(|one| one.title == "Size changed from small to large"), "{history:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_walked_forth_and_back_without_a_gap() {
    everywhere(async |house| {
        let dana = house.persona("dana");
        let (served, _) = dana.offer("vault").unwrap();
        for number in 0..65 {
            let body = json!({"apiVersion": "demo.example.com/v1", "kind": "Vault", "metadata": {"name": format!("v{number:02}")}, "spec": {"password": "correct-horse"}});
            let services = &house.running.services;
            services.create(&dana.asker, &served, "default", body, WriteOptions::default()).await.unwrap();
        }
        let by_name = ResourcesQuery { sort: "name".into(), ..ResourcesQuery::default() };
        let names = |page: &app::pages::resources::Resources| {
            page.rows.iter().map(|row| row.key.name.clone()).collect::<Vec<_>>()
        };
        let (mut query, mut forth) = (by_name.clone(), Vec::new());
        let last = loop {
            let page = dana.resources(&query).await.unwrap();
            forth.push(names(&page));
            match page.paging.next.clone() {
                Some(next) => query = ResourcesQuery { after: next, ..by_name.clone() },
                None => break page,
            }
        };
        assert_eq!(forth.concat(), (0..65).map(|number| format!("v{number:02}")).collect::<Vec<_>>());
        assert_eq!((last.paging.total, forth.len()), (Some(65), 3));
        let (mut back, mut previous) = (vec![names(&last)], last.paging.previous);
        while let Some(before) = previous {
            let page = dana.resources(&ResourcesQuery { before, ..by_name.clone() }).await.unwrap();
            back.insert(0, names(&page));
            previous = page.paging.previous;
        }
        assert_eq!(back, forth);
        let paul = house.persona("paul").resources(&by_name).await.unwrap();
        assert!(paul.rows.is_empty() && paul.any, "others have some, paul has none");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_in_no_group_sees_nothing_of_anybody() {
    everywhere(async |house| {
        let key = ResourceKey::new("default", "vault", "safe");
        let draft = house.draft("safe", json!({"password": "correct-horse"}), None).await;
        house.submit(&draft).await;
        house.settled(&key).await;
        let run = house.persona("dana").runs(&RunsQuery::default()).await.unwrap().rows[0].name.clone();
        let nobody = house.portal_of(Caller { name: "eve".into(), groups: Vec::new(), ..Caller::default() });
        let refused = [
            nobody.home().await.err(),
            nobody.catalog(&CatalogQuery::default()).await.err(),
            nobody.promise("vault").await.err(),
            nobody.new_request("vault", &Prefill::default()).await.err(),
            nobody.request(&draft).await.err(),
            nobody.resources(&ResourcesQuery::default()).await.err(),
            nobody.resource(&key).await.err(),
            nobody.files(&key).await.err(),
            nobody.history(&key, &HistoryQuery::default()).await.err(),
            nobody.graph(&key, &GraphQuery::default()).await.err(),
            nobody.promise_admin("vault", "").await.err(),
            nobody.edit(&key, &draft).await.err(),
            nobody.delete(&key).await.err(),
            nobody.runs(&RunsQuery::default()).await.err(),
            nobody.run(&run).await.err(),
        ];
        for error in refused {
            let kind = error.expect("a refusal").kind;
            assert!(matches!(kind, ErrorKind::Forbidden | ErrorKind::NotFound), "{kind:?}");
        }
        assert_eq!(nobody.frame().await.unwrap().counts.running, 0);
    })
    .await;
}
