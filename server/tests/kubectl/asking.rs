//! What is served is found, asked for, changed, watched and given back.

use crate::terminal::{DEADLINE, Said, Terminal, holds, row, starter};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_served_is_found_and_explained() {
    let Some(dana) = Terminal::open("found").await else { return };
    let kinds = dana.done("api-resources").await;
    holds(&kinds, &["Postgresql", "data.example.com/v1", "Promise", "midspan.dev/v1alpha1", "namespaces"]);
    holds(&dana.done("api-resources --categories=promised -o name").await, &["postgresqls.data.example.com"]);
    holds(&dana.done("api-versions").await, &["data.example.com/v1", "midspan.dev/v1alpha1", "v1"]);
    holds(&dana.done("version").await, &["Server Version: v1."]);
    holds(&dana.done("auth whoami").await, &["Username", "dana", "developers"]);
    holds(&dana.done("explain postgresql").await, &["KIND:       Postgresql", "FIELDS:", "spec"]);
    holds(&dana.done("explain postgresql.spec.storageGiB").await, &["FIELD: storageGiB <integer>", "DESCRIPTION:"]);
    holds(&dana.done("explain postgresql.spec --recursive").await, &["backups", "enabled"]);
    holds(&dana.done("get promises").await, &["NAME", "postgresql", "AGE"]);
    dana.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_developer_asks_for_a_database_changes_it_and_gives_it_back() {
    let Some(dana) = Terminal::open("asks").await else { return };
    let request = starter("postgresql/request.yaml");
    dana.file("request.yaml", &request);

    assert_eq!(
        dana.done("apply -f request.yaml --dry-run=server").await,
        "postgresql.data.example.com/orders-db created (server dry run)\n"
    );
    assert_eq!(dana.done("get postgresqls -o name").await, "");
    assert_eq!(dana.done("apply -f request.yaml").await, "postgresql.data.example.com/orders-db created\n");
    dana.done("wait --for=condition=Ready postgresql/orders-db --timeout=30s").await;
    assert_eq!(dana.done("apply -f request.yaml").await, "postgresql.data.example.com/orders-db unchanged\n");

    let table = dana.done("get postgresqls").await;
    holds(table.lines().next().unwrap(), &["NAME", "READY", "PHASE", "AGE"]);
    assert_eq!(row(&table, "orders-db")[1..3], ["True", "Ready"]);
    holds(&dana.done("get pg orders-db -o wide").await, &["MESSAGE"]);
    holds(&dana.done("get pg -A").await, &["NAMESPACE", "default"]);
    let yaml = dana.done("get postgresql orders-db -o yaml").await;
    holds(
        &yaml,
        &["apiVersion: data.example.com/v1", "kind: Postgresql", "storageGiB: 50", "conditions:", "type: Ready"],
    );
    let described = dana.done("describe postgresql orders-db").await;
    holds(
        &described,
        &["Name:         orders-db", "Namespace:    default", "API Version:  data.example.com/v1", "Events:"],
    );
    holds(&dana.done("get events").await, &["orders-db"]);

    dana.file("request.yaml", &request.replace("storageGiB: 50", "storageGiB: 80"));
    holds(&dana.kubectl("diff -f request.yaml").await.out, &["-  storageGiB: 50", "+  storageGiB: 80"]);
    assert_eq!(dana.done("apply -f request.yaml").await, "postgresql.data.example.com/orders-db configured\n");
    assert_eq!(dana.done("get postgresql orders-db -o jsonpath={.spec.storageGiB}").await, "80");
    dana.done("wait --for=jsonpath={.status.observedGeneration}=2 postgresql/orders-db --timeout=30s").await;

    dana.done("label postgresql orders-db tier=gold").await;
    dana.done("annotate postgresql orders-db example.com/ticket=42").await;
    holds(&dana.done("get postgresqls -l tier=gold -L tier").await, &["orders-db", "gold"]);
    assert_eq!(dana.kubectl("get postgresqls -l tier=silver").await.err, "No resources found in default namespace.\n");
    dana.done("label postgresql orders-db tier-").await;
    dana.done(r#"patch postgresql orders-db --type=merge -p {"spec":{"size":"small"}}"#).await;
    dana.done(r#"patch postgresql orders-db --type=json -p [{"op":"replace","path":"/spec/instances","value":2}]"#)
        .await;
    assert_eq!(dana.done("get postgresql orders-db -o jsonpath={.spec.size}/{.spec.instances}").await, "small/2");
    holds(
        &dana.refused(r#"patch postgresql orders-db --type=merge -p {"spec":{"size":"enormous"}}"#).await,
        &["spec.size"],
    );
    dana.file("request.yaml", &request.replace("size: medium", "sise: medium"));
    holds(&dana.refused("apply -f request.yaml").await, &["sise"]);

    holds(&dana.done("delete postgresql orders-db --timeout=30s").await, &["orders-db\" deleted"]);
    holds(
        &dana.refused("get postgresql orders-db").await,
        &["Error from server (NotFound): postgresqls.data.example.com \"orders-db\" not found"],
    );
    dana.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_changes_what_is_there() {
    let Some(dana) = Terminal::open("edits").await else { return };
    dana.file("request.yaml", &starter("postgresql/request.yaml"));
    assert_eq!(dana.done("create -f request.yaml").await, "postgresql.data.example.com/orders-db created\n");
    holds(&dana.refused("create -f request.yaml").await, &["AlreadyExists"]);
    let edit = dana
        .command("edit postgresql orders-db")
        .env("KUBE_EDITOR", "sed -i s/storageGiB:.50/storageGiB:\\ 60/")
        .output()
        .await
        .unwrap();
    let said = Said::from(edit);
    assert!(said.success, "{}{}", said.out, said.err);
    assert_eq!(dana.done("get postgresql orders-db -o jsonpath={.spec.storageGiB}").await, "60");

    dana.done("wait --for=jsonpath={.status.observedGeneration}=2 postgresql/orders-db --timeout=30s").await;
    dana.done("wait --for=condition=Ready postgresql/orders-db --timeout=30s").await;
    let yaml = dana.done("get postgresql orders-db -o yaml").await;
    dana.file("whole.yaml", &yaml.replace("storageGiB: 60", "storageGiB: 70"));
    dana.done("replace -f whole.yaml").await;
    holds(&dana.refused("replace -f whole.yaml").await, &["Conflict", "the object has been modified"]);
    dana.done("delete -f request.yaml --timeout=30s").await;
    dana.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_engineer_publishes_and_the_developer_may_not() {
    let Some(terminal) = Terminal::open("publishes").await else { return };
    let promise = starter("redis/promise.yaml");
    terminal.file("promise.yaml", &promise);
    holds(&terminal.refused("delete promise redis").await, &["Error from server (Forbidden)"]);
    terminal.file("renamed.yaml", &promise.replace("title: ", "title: Fast ").replace("v1.0.0", "v1.0.1"));
    holds(&terminal.refused("apply -f renamed.yaml").await, &["Forbidden"]);

    terminal.done("--context platform delete promise redis --timeout=30s").await;
    holds(&terminal.refused("get redis").await, &["redis"]);
    holds(&terminal.done("--context platform apply -f promise.yaml").await, &["redis created"]);
    holds(&terminal.done("--context platform get promise redis").await, &["redis"]);
    holds(&terminal.done("--context platform describe promise redis").await, &["Kind:         Promise"]);
    holds(&terminal.done("--context platform apply -f renamed.yaml").await, &["redis configured"]);
    terminal.done("config use-context platform").await;
    holds(&terminal.done("get revisions").await, &["redis"]);
    holds(&terminal.done("get runs,requests,placements,works,destinations,statestores -A").await, &["dev"]);
    terminal.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_tells_what_happens() {
    let Some(dana) = Terminal::open("watches").await else { return };
    dana.file("request.yaml", &starter("postgresql/request.yaml"));
    let mut watch =
        dana.command("get postgresqls --watch").stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    dana.done("apply -f request.yaml").await;
    let told = tokio::time::timeout(DEADLINE, async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if row(&format!("{line}\n"), line.split_whitespace().next().unwrap_or_default())
                .get(2)
                .is_some_and(|phase| phase == "Ready")
            {
                return line;
            }
        }
        panic!("the watch ended");
    });
    holds(&told.await.expect("the watch tells that the database is ready"), &["orders-db", "True"]);
    watch.kill().await.unwrap();
    dana.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_applied_changed_and_described_and_never_shown() {
    let Some(terminal) = Terminal::open("secret").await else { return };
    let paul = "--context=platform";
    terminal.file(
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: git}\nstringData: {password: canary-1, user: ana}\n",
    );
    holds(&terminal.done(&format!("{paul} apply -f secret.yaml")).await, &["secret/git created"]);
    terminal.file(
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: git}\nstringData: {password: canary-2, user: ana}\n",
    );
    holds(&terminal.done(&format!("{paul} apply -f secret.yaml")).await, &["secret/git configured"]);
    let values = terminal.server.services.store.secret("default", "git").await.unwrap().unwrap();
    assert_eq!(values["password"].text(), Some("canary-2"));
    let shown = terminal.done(&format!("{paul} get secret git -o yaml")).await;
    assert!(!shown.contains("canary"), "{shown}");
    holds(&terminal.done(&format!("{paul} describe secret git")).await, &["password:  0 bytes", "Opaque"]);
    terminal.file("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {mode: fast}\n");
    holds(&terminal.done(&format!("{paul} apply -f map.yaml")).await, &["configmap/m created"]);
    holds(&terminal.done(&format!("{paul} get cm m -o jsonpath={{.data.mode}}")).await, &["fast"]);
    terminal.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_is_created_applied_and_deleted() {
    let Some(terminal) = Terminal::open("namespace").await else { return };
    let paul = |words: &str| format!("--context platform {words}");
    assert_eq!(terminal.done(&paul("create namespace team-a")).await, "namespace/team-a created\n");
    terminal.file("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: team-b, labels: {a: b}}\n");
    assert_eq!(terminal.done(&paul("apply -f ns.yaml")).await, "namespace/team-b created\n");
    assert_eq!(terminal.done(&paul("apply -f ns.yaml")).await, "namespace/team-b unchanged\n");
    terminal.done(&paul("create secret generic key -n team-a --from-literal=password=s3cret")).await;
    terminal.done(&paul("create configmap settings -n team-a --from-literal=mode=fast")).await;
    assert_eq!(terminal.done("get configmap settings -n team-a -o jsonpath={.data.mode}").await, "fast");
    holds(&terminal.refused("create namespace team-c").await, &["forbidden"]);
    terminal.done(&paul("delete secret/key configmap/settings -n team-a")).await;
    holds(&terminal.done(&paul("delete ns team-a team-b")).await, &["team-a", "team-b"]);
    terminal.close().await;
}
