//! `midspan new`: the form of a promise at a terminal, and without one.

use crate::terminal::{Said, Terminal};
use std::process::Stdio;
use tokio::io::AsyncWriteExt as _;

const SHOP: &str = "
apiVersion: midspan.dev/v1alpha1
kind: Promise
metadata: {name: shop, labels: {midspan.dev/version: v1}}
spec:
  title: Web shop
  api:
    group: demo.example.com
    version: v1
    kind: Shop
    schema:
      type: object
      required: [team, size, password]
      properties:
        team: {type: string, title: Team, minLength: 3}
        size: {type: string, title: Size, oneOf: [{const: small, title: Small}, {const: large, title: Large}]}
        reason: {type: string, title: Reason, x-ui: {when: \"self.size == 'large'\"}}
        replicas: {type: integer, title: Replicas, default: 2, maximum: 5}
        password: {type: string, title: Password, writeOnly: true, minLength: 8}
        domains: {type: array, title: Domains, items: {type: string, title: Domain}}
";

impl Terminal {
    async fn with_shop(name: &str) -> Self {
        let here = Self::open(name).await;
        here.file("promise.yaml", SHOP);
        here.paul("apply -f promise.yaml").await.good();
        here
    }

    /// Somebody at a terminal who types these lines.
    async fn typing(&self, words: &str, lines: &[&str]) -> Said {
        let mut command = tokio::process::Command::new("script");
        let program = env!("CARGO_BIN_EXE_midspan");
        command.args(["-qec", &format!("{program} {words}"), "/dev/null"]).current_dir(&self.home.0).kill_on_drop(true);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("MIDSPAN_SERVER", format!("http://{}", self.server.address));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        for line in lines {
            stdin.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        }
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        Said::from(output)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_asked_question_by_question_and_applied() {
    let here = Terminal::with_shop("new").await;
    let lines =
        ["web", "ab", "checkout", "2", "spring sale", "9", "3", "correct-horse", "y", "shop.example.com", "n", "y"];
    let said = here.typing("new shop", &lines).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    for part in [
        "New Web shop",
        "1) Small",
        "2) Large",
        "Replicas [2]",
        "Use at least 3 characters",
        "Apply it?",
        "shop/web created",
        "size: large",
        "reason: spring sale",
        "- shop.example.com",
    ] {
        assert!(said.out.contains(part), "{part} is not in {}", said.out);
    }
    let printed = said.out.split_once("apiVersion:").unwrap().1;
    assert!(!printed.contains("correct-horse") && printed.contains("${secret:…}"), "{printed}");
    let made = here.run("get shop web -o yaml").await.good();
    assert!(
        made.contains("replicas: 3") && made.contains("team: checkout") && made.contains("password: ${secret:"),
        "{made}"
    );
    assert!(!made.contains("correct-horse"), "{made}");
    here.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_everything_is_given_and_nothing_is_asked() {
    let here = Terminal::with_shop("new-set").await;
    assert!(here.run("new shop web").await.refused(2).contains("--set and --yes"));
    let missing = here.run("new shop web --output yaml --set size=small").await.refused(1);
    assert!(missing.contains("Team: ") && missing.contains("Password: "), "{missing}");
    let all = "--set team=checkout --set size=small --set password=${secret:generate} --set domains=[a.example.com]";
    let document = here.run(&format!("new shop web --output yaml {all}")).await.good();
    assert!(document.contains("kind: Shop") && document.contains("- a.example.com"), "{document}");
    assert_eq!(here.run(&format!("new shop web --yes {all}")).await.good().lines().last(), Some("shop/web created"));
    here.file("again.yaml", &document);
    assert_eq!(here.run("apply -f again.yaml").await.good(), "shop/web unchanged\n");
    here.run("new shp web --yes").await.refused(3);
    here.server.stop().await.unwrap();
}
