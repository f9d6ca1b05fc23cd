//! What hangs together, what differs, what is counted and saved: over a real server, for whom it is meant and for nobody else.

use super::*;
use crate::portal::diff;

const APP: &str = "demo.example.com/v1";

/// An app made of a vault and of a note that uses the vault's greeting.
fn promises() -> [Value; 2] {
    let promise = |name: &str, kind: &str, schema: Value, steps: Value| {
        json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": name}, "spec": {
            "title": "Shop", "api": {"group": "demo.example.com", "version": "v1", "kind": kind, "schema": schema},
            "workflows": {"resource": {"configure": [{"name": "main", "steps": steps}]}}}})
    };
    let note =
        json!({"type": "object", "properties": {"says": {"x-output-of": {"promise": "vault", "output": "greeting"}}}});
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\n";
    let safe = json!({"apiVersion": APP, "kind": "Vault", "spec": {"password": "correct-horse"}});
    [
        promise(
            "note",
            "Note",
            note,
            json!([{"name": "write", "uses": "template", "with": {"files": {"note.txt": "x"}}}]),
        ),
        promise(
            "app",
            "App",
            json!({"type": "object", "properties": {"size": {"type": "integer", "default": 1}}}),
            json!([
                {"name": "parts", "uses": "resource", "with": {"resources": {"safe": safe}}},
                {"name": "write", "uses": "template", "with": {"files": {"shop.yaml": manifest}}},
            ]),
        ),
    ]
}

impl House {
    async fn made(&self, promise: &str, kind: &str, name: &str, spec: Value) -> ResourceKey {
        let dana = self.persona("dana");
        let (served, _) = dana.offer(promise).unwrap();
        let body = json!({"apiVersion": APP, "kind": kind, "metadata": {"name": name}, "spec": spec});
        let services = &self.running.services;
        services.create(&dana.asker, &served, "default", body, WriteOptions::default()).await.unwrap();
        ResourceKey::new("default", promise, name)
    }

    /// The graph of a resource, as lines.
    async fn graph(&self, key: &ResourceKey, only: &str) -> Vec<String> {
        let query = GraphQuery { only: only.to_owned(), ..GraphQuery::default() };
        let graph = self.persona("dana").graph(key, &query).await.unwrap().shown.graph;
        let name = |at: usize| format!("{} {}", graph.nodes[at].kind, graph.nodes[at].name);
        let mut lines: Vec<_> = graph
            .edges
            .iter()
            .map(|edge| format!("{} {} {}", name(edge.to), edge.link.seen_from_below(), name(edge.from)))
            .collect();
        lines.sort();
        lines
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compound_resource_is_drawn_with_all_that_hangs_on_it() {
    everywhere(async |house| {
        for promise in promises() {
            publish(&house.running.services, &crate::service::objects::system(), promise).await.unwrap();
        }
        let shop = house.made("app", "App", "shop", json!({})).await;
        house.settled(&shop).await;
        let reference = json!({"$output": {"promise": "vault", "name": "shop-safe", "output": "greeting"}});
        let note = house.made("note", "Note", "memo", json!({"says": reference})).await;
        house.settled(&note).await;

        let lines = house.graph(&shop, "").await;
        for expected in [
            "vault shop-safe part of Shop shop",
            "Run configure of Shop shop",
            "Step resource parts of Run configure",
            "Destination dev takes files of Shop shop",
            "ConfigMap shop stands on Destination dev",
            "Destination dev takes files of vault shop-safe",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected} is not in {lines:#?}");
        }
        let safe = house.graph(&ResourceKey::new("default", "vault", "shop-safe"), "resources").await;
        assert_eq!(safe, ["vault shop-safe part of Shop shop", "vault shop-safe used by Shop memo"]);
        assert!(house.graph(&note, "resources").await.contains(&"vault shop-safe used by Shop memo".to_owned()));
        assert!(house.graph(&shop, "work").await.iter().all(|line| line.contains("Run")));

        // two promises of one title are told apart wherever they are listed
        let dana = house.persona("dana");
        let titles: Vec<String> =
            dana.catalog(&CatalogQuery::default()).await.unwrap().cards.into_iter().map(|card| card.title).collect();
        assert!(titles.contains(&"Shop (app)".to_owned()) && titles.contains(&"Shop (note)".to_owned()), "{titles:?}");

        // who may see only another namespace sees nothing of it
        let scope = domain::caller::Scope { namespaces: vec!["other".into()], ..domain::caller::Scope::default() };
        let elsewhere = house.portal_of(Caller { scope: Some(scope), ..dana.asker.caller.clone() });
        let refused = elsewhere.graph(&shop, &GraphQuery::default()).await.unwrap_err().kind;
        assert!(matches!(refused, ErrorKind::Forbidden | ErrorKind::NotFound), "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_two_revisions_are_compared_and_secrets_only_said_to_differ() {
    everywhere(async |house| {
        let dana = house.persona("dana");
        let key = ResourceKey::new("default", "vault", "safe");
        let first = house.draft("safe", json!({"password": "correct-horse"}), None).await;
        house.submit(&first).await;
        house.settled(&key).await;
        assert!(dana.history(&key, &HistoryQuery::default()).await.unwrap().comparison.is_none(), "there is but one");
        for (size, password, generation) in [("large", "correct-horse", "1"), ("huge", "battery-staple", "2")] {
            let draft = house.draft("safe", json!({"password": password, "size": size}), Some(generation)).await;
            house.submit(&draft).await;
            house.settled(&key).await;
        }
        let compared = async |from: &str, to: &str| {
            let query = HistoryQuery { from: from.into(), to: to.into(), ..HistoryQuery::default() };
            dana.history(&key, &query).await.map(|page| page.comparison.unwrap())
        };
        let last = compared("", "").await.unwrap();
        assert_eq!((last.from, last.to, last.revisions.len()), (2, 3, 3));
        assert!(diff::told(&last.spec).contains("-size: large|+size: huge"), "{:?}", last.spec);
        assert_eq!((last.secrets.as_slice(), last.files.len()), (["Password".to_owned()].as_slice(), 1));
        let all = compared("1", "3").await.unwrap();
        assert!(diff::told(&all.spec).ends_with("+size: huge"), "{:?}", all.spec);
        let back = compared("2", "1").await.unwrap();
        assert!(back.secrets.is_empty() && back.spec.removed == 1, "{back:?}");
        let told = format!("{last:?}{all:?}{back:?}");
        assert!(!told.contains("correct-horse") && !told.contains("battery-staple") && !told.contains("Y29ycmVjd"));
        assert_eq!(compared("1", "99").await.unwrap_err().kind, ErrorKind::BadRequest);
        assert_eq!(compared("one", "2").await.unwrap_err().kind, ErrorKind::BadRequest);
        assert_eq!(compared("1", "99999999999999999999").await.unwrap_err().kind, ErrorKind::BadRequest);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_narrowed_counted_grouped_and_saved() {
    everywhere(async |house| {
        let (dana, paul) = (house.persona("dana"), house.persona("paul"));
        for name in ["one", "two"] {
            let key = house.made("vault", "Vault", name, json!({"password": "correct-horse"})).await;
            house.settled(&key).await;
        }
        let list = async |portal: &ServerPortal, filters: &[(&str, &str)]| {
            let pairs = filters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            portal.resources(&ResourcesQuery::from_pairs(pairs)).await
        };
        let all = list(&dana, &[]).await.unwrap();
        assert_eq!((all.rows.len(), all.paging.total), (2, Some(2)));
        let told = |facets: &[app::view::Facet]| {
            facets.iter().map(|facet| format!("{} {}", facet.label, facet.count)).collect::<Vec<_>>().join(", ")
        };
        assert_eq!((told(&all.promises), told(&all.states)), ("vault 2".into(), "Ready 2".into()));
        let everyones = list(&paul, &[("whose", "all"), ("owner", "paul")]).await.unwrap();
        assert_eq!((told(&everyones.owners), everyones.rows.len()), ("paul 0, dana 2".into(), 0));
        assert_eq!(list(&dana, &[("owner", "dana"), ("state", "ready")]).await.unwrap().rows.len(), 2);
        assert_eq!(list(&dana, &[("owner", "paul")]).await.unwrap().rows.len(), 0);
        assert_eq!(list(&dana, &[("version", "-")]).await.unwrap().rows.len(), 2);
        assert_eq!(list(&dana, &[("label", "kratix.io/promise-name=vault")]).await.unwrap().rows.len(), 2);
        assert_eq!(list(&dana, &[("label", "no/such!!label")]).await.unwrap().rows.len(), 0);
        assert!(!list(&dana, &[("label", "a in (")]).await.unwrap().refusal.is_empty());
        let grouped = list(&dana, &[("group", "state")]).await.unwrap().groups;
        assert_eq!((grouped.len(), grouped[0].rows.len(), grouped[0].facet.count), (1, 2, 2));
        assert_eq!(list(&dana, &[("group", "moon")]).await.unwrap_err().kind, ErrorKind::BadRequest);

        let services = &house.running.services;
        let save = async |name: &str, filters: &str| services.save_view(&dana.asker, "resources", name, filters).await;
        let view = save("Broken", "state=failed").await.unwrap();
        assert_eq!(save("Broken", "state=ready").await.unwrap_err().kind, ErrorKind::Conflict);
        for (name, filters) in
            [("", "state=failed"), ("Nothing", ""), ("\u{1b}[2J", "q=a"), ("Long", &"q".repeat(3_000))]
        {
            assert_eq!(save(name, filters).await.unwrap_err().kind, ErrorKind::BadRequest, "{name:?}");
        }
        assert_eq!(list(&dana, &[]).await.unwrap().views[0].filters, "state=failed");
        assert!(list(&paul, &[]).await.unwrap().views.is_empty(), "nobody sees another's");
        assert_eq!(
            services.rename_view(&paul.asker, "resources", &view.id, "Mine").await.unwrap_err().kind,
            ErrorKind::NotFound
        );
        assert_eq!(services.delete_view(&paul.asker, &view.id).await.unwrap_err().kind, ErrorKind::NotFound);
        services.rename_view(&dana.asker, "resources", &view.id, "What is broken").await.unwrap();
        services.delete_view(&dana.asker, &view.id).await.unwrap();
        let token = Asker {
            caller: Caller { scope: Some(domain::caller::Scope::default()), ..dana.asker.caller.clone() },
            ..Asker::default()
        };
        assert_eq!(services.save_view(&token, "resources", "A", "q=a").await.unwrap_err().kind, ErrorKind::Forbidden);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_is_told_to_those_who_run_it_alone() {
    everywhere(async |house| {
        let key = house.made("vault", "Vault", "one", json!({"password": "correct-horse"})).await;
        house.settled(&key).await;
        let (dana, paul) = (house.persona("dana"), house.persona("paul"));
        let page = paul.platform().await.unwrap();
        let vault = page.fleets.iter().find(|fleet| fleet.name == "vault").unwrap();
        assert_eq!((vault.versions.len(), vault.versions[0].version.count, page.total), (1, 1, 1));
        assert_eq!((page.pulse.requests, page.pulse.succeeded, page.pulse.askers), (1, 1, 1));
        let admin = paul.promise_admin("vault", "").await.unwrap();
        assert!(admin.missing.iter().any(|missing| missing.at == "spec.owner"), "{:?}", admin.missing);
        assert_eq!((admin.owners, admin.namespaces, admin.persona.as_str()), (1, 1, "developer"));
        assert_eq!(paul.promise_admin("vault", "root").await.unwrap_err().kind, ErrorKind::BadRequest);
        for error in [dana.platform().await.err(), dana.promise_admin("vault", "").await.err()] {
            assert_eq!(error.unwrap().kind, ErrorKind::Forbidden);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inputs_are_tried_and_nothing_is_made() {
    everywhere(async |house| {
        let (dana, paul) = (house.persona("dana"), house.persona("paul"));
        let promised = paul.promised("vault").unwrap();
        let typed = |entries: &[(&str, &str)]| {
            let entries: Vec<_> =
                entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            forms::decode(&promised.schema, &entries, None).unwrap()
        };
        let tried =
            paul.tried("vault", "", &typed(&[("v/password", "battery-staple"), ("v/size", "large")])).await.unwrap();
        let plan = tried.tried.as_ref().unwrap();
        assert_eq!((plan.files.len(), plan.destinations.len(), plan.incomplete.as_str()), (1, 1, ""));
        assert!(!format!("{tried:?}").contains("battery-staple"));
        let wrong = paul.tried("vault", "", &typed(&[("v/size", "large")])).await.unwrap();
        assert!(wrong.tried.is_none() && wrong.form.errors.len() == 1, "{:?}", wrong.form.errors);
        assert_eq!(dana.tried("vault", "", &typed(&[])).await.unwrap_err().kind, ErrorKind::Forbidden);
        assert_eq!(paul.platform().await.unwrap().total, 0, "nothing was made");
    })
    .await;
}
