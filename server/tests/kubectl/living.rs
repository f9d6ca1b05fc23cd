//! What is asked of a resource that lives: its version, its places, its actions, its end, its parts.

use crate::terminal::{Terminal, holds};

const NOTICE: &str = "
apiVersion: midspan.dev/v1alpha1
kind: Promise
metadata: {name: notice, labels: {midspan.dev/version: v1}}
spec:
  api: {group: demo.example.com, version: v1, kind: Notice, schema: {type: object, properties: {text: {type: string, title: Text, default: hello}}}}
  expiry: {default: 24h, extend: 12h, warn: [48h]}
  workflows:
    resource:
      configure: [{name: render, steps: [{name: files, uses: template, with: {files: {notice.yaml: \"text: {{ spec.text }}\\n\"}, status: {made: \"{{ promise.version }}\"}}}]}]
      actions:
        shout:
          title: Shout
          schema: {type: object, required: [word], properties: {word: {type: string, title: Word}}}
          pipelines: [{name: shout, steps: [{name: shout, uses: template, with: {status: {shouted: \"{{ input.word }}\"}}}]}]
";
const NOTICES: &str = "/apis/demo.example.com/v1/namespaces/default/notices";

impl Terminal {
    async fn with_a_notice(name: &str) -> Option<Self> {
        let here = Self::open(name).await?;
        here.file("promise.yaml", NOTICE);
        here.done("--context platform apply -f promise.yaml").await;
        here.file("door.yaml", "apiVersion: demo.example.com/v1\nkind: Notice\nmetadata: {name: door}\n");
        here.done("apply -f door.yaml").await;
        here.done("wait --for=condition=Ready notice/door --timeout=30s").await;
        Some(here)
    }

    async fn becomes(&self, path: &str, value: &str) {
        self.done(&format!("wait --for=jsonpath={{{path}}}={value} notice/door --timeout=30s")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_annotation_pins_and_lets_go() {
    let Some(dana) = Terminal::with_a_notice("pins").await else { return };
    holds(
        &dana.refused("annotate notice door midspan.dev/version=v9").await,
        &["notice has no version \"v9\"; it has v1"],
    );
    dana.done("annotate notice door midspan.dev/version=v1").await;
    dana.file(
        "promise.yaml",
        &NOTICE.replace("version: v1}}", "version: v2}}").replace("default: hello", "default: hi"),
    );
    let warned = dana.kubectl("--context platform apply -f promise.yaml").await;
    assert_eq!(warned.err, "Warning: of 1 resources 1 are pinned and not affected\n");
    dana.file("window.yaml", "apiVersion: demo.example.com/v1\nkind: Notice\nmetadata: {name: window}\n");
    dana.done("apply -f window.yaml").await;
    dana.done("wait --for=jsonpath={.status.made}=v2 notice/window --timeout=30s").await;
    assert_eq!(dana.done("get notice door -o jsonpath={.status.made}").await, "v1");
    holds(&dana.done("describe notice door").await, &["midspan.dev/version: v1", "Pinned"]);
    dana.done("annotate notice door midspan.dev/version-").await;
    dana.becomes(".status.made", "v2").await;
    dana.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cordon_is_a_patch_and_an_annotation_moves_what_stands() {
    let Some(here) = Terminal::with_a_notice("places").await else { return };
    let cordon = r#"patch destination dev --type=merge -p {"spec":{"cordoned":true}}"#;
    holds(&here.refused(cordon).await, &["Forbidden"]);
    here.done(&format!("--context platform {cordon}")).await;
    here.file("window.yaml", "apiVersion: demo.example.com/v1\nkind: Notice\nmetadata: {name: window}\n");
    here.done("apply -f window.yaml").await;
    here.done("wait --for=jsonpath={.status.phase}=Pending notice/window --timeout=30s").await;
    holds(&here.done("describe notice window").await, &["NoDestination", "nearest: dev is cordoned"]);
    here.file(
        "spare.yaml",
        "apiVersion: midspan.dev/v1alpha1\nkind: Destination\nmetadata: {name: spare}\nspec: {path: clusters/spare, stateStoreRef: {name: gitops}}\n",
    );
    here.done("--context platform apply -f spare.yaml").await;
    here.done("wait --for=condition=Ready notice/window --timeout=30s").await;
    holds(&here.done(&format!("get --raw {NOTICES}/window/placement")).await, &["\"says\":\"is cordoned\""]);
    assert_eq!(here.done("get notice door -o jsonpath={.status.placements[0].destination}").await, "dev");
    here.done("annotate notice door midspan.dev/reschedule=dana").await;
    here.becomes(".status.placements[0].destination", "spare").await;
    holds(&here.done("describe notice door").await, &["Moves from dev to spare, as dana asked"]);
    here.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_is_created_and_an_end_is_annotated_and_described() {
    let Some(dana) = Terminal::with_a_notice("acts").await else { return };
    holds(
        &dana.done(&format!("get --raw {NOTICES}/door/actions")).await,
        &["\"name\":\"shout\"", "\"available\":true"],
    );
    dana.file("input.json", r#"{"word": "boo"}"#);
    holds(
        &dana.done(&format!("create --raw {NOTICES}/door/actions/shout -f input.json")).await,
        &["\"kind\":\"Request\""],
    );
    dana.becomes(".status.shouted", "boo").await;
    dana.done("wait --for=condition=LastActionSucceeded notice/door --timeout=30s").await;
    holds(&dana.done("get requests").await, &["Action"]);
    dana.file("wrong.json", r#"{"wrod": "boo"}"#);
    holds(&dana.refused(&format!("create --raw {NOTICES}/door/actions/shout -f wrong.json")).await, &["wrod"]);

    let described = dana.done("describe notice door").await;
    holds(
        &described,
        &["midspan.dev/expires-at:", "Expires At:", "Expiring", "Less than 2 days left", "LastActionSucceeded"],
    );
    let end = dana.done("get notice door -o jsonpath={.status.expiresAt}").await;
    holds(
        &dana.refused("annotate --overwrite notice door midspan.dev/expires-at=2199-01-01T00:00:00Z").await,
        &["it can be extended to"],
    );
    holds(
        &dana.refused("annotate --overwrite notice door midspan.dev/expires-at=soon").await,
        &["must be a time such as"],
    );
    dana.file("by.json", r#"{"by": "1h"}"#);
    dana.done(&format!("create --raw {NOTICES}/door/extend -f by.json")).await;
    assert!(dana.done("get notice door -o jsonpath={.metadata.annotations.midspan\\.dev/expires-at}").await > end);
    dana.done("annotate --overwrite notice door midspan.dev/expires-at=2020-01-01T00:00:00Z").await;
    dana.done("wait --for=delete notice/door --timeout=30s").await;
    dana.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_a_condition_and_is_put_back_on_request() {
    let Some(dana) = Terminal::with_a_notice("drifts").await else { return };
    let (home, repository) = (&dana.home.0, dana.home.0.join("data/dev/gitops.git"));
    let git = |words: &[&str]| {
        let who = ["-c", "user.name=Fay", "-c", "user.email=fay@example.com"];
        let output = std::process::Command::new("git").current_dir(home).args(who).args(words).output().unwrap();
        assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["clone", "-q", &repository.display().to_string(), "clone"]);
    let file = git(&["-C", "clone", "ls-files", "*/notice.yaml"]);
    std::fs::write(home.join("clone").join(file.trim()), "text: open\n").unwrap();
    git(&["-C", "clone", "commit", "-qam", "Open the door"]);
    git(&["-C", "clone", "push", "-q"]);
    dana.file("look.json", "{}");
    dana.done(&format!("create --raw {NOTICES}/door/drift -f look.json")).await;
    dana.done("wait --for=condition=Drifted notice/door --timeout=30s").await;
    holds(
        &dana.done("describe notice door").await,
        &["1 file at dev is not as placed: ", "notice.yaml changed", "DriftFound"],
    );
    dana.done("label notice door kratix.io/manual-reconciliation=true").await;
    dana.done("wait --for=condition=Drifted=False notice/door --timeout=30s").await;
    dana.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_takes_its_parts_along_and_says_so() {
    let Some(here) = Terminal::with_a_notice("parts").await else { return };
    here.file(
        "house.yaml",
        "
apiVersion: midspan.dev/v1alpha1
kind: Promise
metadata: {name: house}
spec:
  api: {group: demo.example.com, version: v1, kind: House, schema: {type: object}}
  workflows:
    resource:
      configure: [{name: parts, steps: [{name: notices, uses: resource, with: {resources: {gate: {apiVersion: demo.example.com/v1, kind: Notice}}}}]}]
",
    );
    here.done("--context platform apply -f house.yaml").await;
    here.file("home.yaml", "apiVersion: demo.example.com/v1\nkind: House\nmetadata: {name: home}\n");
    here.done("apply -f home.yaml").await;
    here.done("wait --for=condition=Ready house/home --timeout=30s").await;
    let tree = here.done("get --raw /apis/demo.example.com/v1/namespaces/default/houses/home/tree").await;
    holds(&tree, &["\"name\":\"home-gate\"", "\"phase\":\"Ready\""]);
    assert_eq!(here.done("get notice home-gate -o jsonpath={.metadata.ownerReferences[0].name}").await, "home");
    let tried = here.kubectl("delete house home --dry-run=server").await;
    holds(&tried.err, &["Warning: with it go its children: Notice home-gate"]);
    here.kubectl("delete house home --timeout=30s").await;
    holds(&here.refused("get notice home-gate").await, &["NotFound"]);
    here.done("get notice door").await;
    here.close().await;
}
