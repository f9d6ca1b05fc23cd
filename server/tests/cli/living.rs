//! What is asked of a resource that lives: drift, places, actions, its end, its children, its version.

use crate::terminal::Terminal;
use std::fs;

const NOTICE: &str = "
apiVersion: midspan.dev/v1alpha1
kind: Promise
metadata: {name: notice, labels: {midspan.dev/version: v1}}
spec:
  api: {group: demo.example.com, version: v1, kind: Notice, schema: {type: object, properties: {text: {type: string, default: hello}}}}
  expiry: {default: 24h, extend: 12h, max: 40h}
  workflows:
    resource:
      configure: [{name: render, steps: [{name: files, uses: template, with: {files: {notice.yaml: \"text: {{ spec.text }}\\n\"}, status: {made: \"{{ promise.version }}\"}}}]}]
      actions:
        shout:
          title: Shout
          when: status.phase == 'Ready'
          whenMessage: It can shout once it is ready.
          confirm: simple
          schema: {type: object, required: [word], properties: {word: {type: string, maxLength: 10}, times: {type: integer, default: 1}}}
          pipelines: [{name: shout, steps: [{name: shout, uses: template, with: {status: {shouted: \"{{ input.word }} {{ input.times }} {{ action.by }}\"}}}]}]
        sulk:
          title: Sulk
          when: status.phase == 'Sad'
          whenMessage: It is not sad.
          pipelines: [{name: sulk, steps: [{name: sulk, uses: template, with: {status: {sulks: true}}}]}]
";

fn notice(name: &str) -> String {
    format!("apiVersion: demo.example.com/v1\nkind: Notice\nmetadata: {{name: {name}}}\nspec: {{text: closed}}\n")
}

impl Terminal {
    async fn with_notices(name: &str) -> Self {
        let here = Self::open(name).await;
        here.file("promise.yaml", NOTICE);
        here.paul("apply -f promise.yaml").await.good();
        here
    }

    async fn notice(&self, name: &str) {
        self.file("notice.yaml", &notice(name));
        assert_eq!(self.run("apply -f notice.yaml").await.good(), format!("notice/{name} created\n"));
        self.run(&format!("wait notice/{name} --for=condition=Ready --timeout=30s")).await.good();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_looked_for_told_and_fails_the_check() {
    let here = Terminal::with_notices("drift").await;
    here.notice("door").await;
    let fine = here.run("drift notice/door --check").await.good();
    assert!(fine.starts_with("Everything stands as it was placed\nState store gitops: looked at 20"), "{fine}");
    let clone = here.clones();
    let files = here.git(&["ls-files", "*/notice.yaml"]);
    fs::write(clone.join(files.trim()), "text: open\n").unwrap();
    here.git(&["commit", "-qam", "Open the door"]);
    here.git(&["push", "-q"]);
    let drifted = here.run("drift notice/door --check").await;
    assert!(
        drifted.out.starts_with("1 file at dev is not as placed: clusters/dev/resources/default/notice/door/"),
        "{drifted:?}"
    );
    assert!(drifted.out.contains("\n-text: \"closed\"\n+text: open"), "{drifted:?}");
    assert_eq!(drifted.refused(1), "error: notice/door is not as it was placed\n");
    assert!(here.run("drift notice/door").await.good().contains("notice.yaml changed at dev"), "who only asks is told");
    here.run("drift notice/window").await.refused(3);
    here.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn places_are_explained_closed_opened_and_left() {
    let here = Terminal::with_notices("places").await;
    here.notice("door").await;
    let why = here.run("why notice/door").await.good();
    assert!(why.starts_with("Ready: ") && why.contains("at dev: The only destination there is, and it fits"), "{why}");
    assert!(why.contains("pipeline render asks for any destination\n* dev  fits\n"), "{why}");
    here.run("cordon dev").await.refused(4);
    assert_eq!(here.paul("cordon dev").await.good(), "destination/dev takes nothing new; what stands there stays\n");
    here.file("window.yaml", &notice("window"));
    here.run("apply -f window.yaml").await.good();
    let nowhere = here.until("why notice/window", "Pending: No destination takes this").await.out;
    assert!(nowhere.contains("nearest: dev is cordoned") && nowhere.contains("  dev  is cordoned\n"), "{nowhere}");
    here.file(
        "spare.yaml",
        "apiVersion: midspan.dev/v1alpha1\nkind: Destination\nmetadata: {name: spare}\nspec: {path: clusters/spare, stateStoreRef: {name: gitops}}\n",
    );
    here.paul("apply -f spare.yaml").await.good();
    here.until("why notice/window", "at spare: The only one of 2 destinations that fits").await;
    assert!(here.run("why notice/door").await.good().contains("at dev: "), "what stands stays");
    let asked = here.run("reschedule notice/door").await.good();
    assert_eq!(asked, "notice/door is placed anew; `midspan why notice/door` tells where\n");
    let moved = here.until("why notice/door", "at spare: ").await.out;
    assert!(moved.contains("dev    is cordoned"), "{moved}");
    here.until("describe notice/door", "its files leave dev").await;
    assert_eq!(here.paul("uncordon destination/dev").await.good(), "destination/dev takes what is new again\n");
    here.paul("cordon moon").await.refused(3);
    here.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_are_listed_asked_for_and_answered_and_the_end_is_put_off() {
    let here = Terminal::with_notices("actions").await;
    here.notice("door").await;
    let list = here.run("actions notice/door").await.good();
    let rows: Vec<Vec<&str>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["NAME", "TITLE", "AVAILABLE"]);
    assert_eq!(rows[1], ["shout", "Shout", "yes"]);
    assert_eq!(rows[2].join(" "), "sulk Sulk no: It is not sad.");
    let asked = here.run("act notice/door shout --set word=boo").await.refused(2);
    assert_eq!(asked, "error: Shout asks whether it is meant; give --yes\n");
    let wrong = here.run("act notice/door shout --yes --set wrod=boo").await.refused(1);
    assert!(wrong.contains("unknown field \"input.wrod\""), "{wrong}");
    let long = here.run("act notice/door shout --yes --set word=boooooooooo").await.refused(1);
    assert!(long.contains("word") && long.contains("10"), "{long}");
    let could = here.run("act notice/door shout --dry-run --set word=boo").await.good();
    assert_eq!(could, "shout of notice/door could be asked for\n");
    let done = here.run("act notice/door shout --yes --set word=boo --set times=3").await.good();
    assert_eq!(done, "shout of notice/door done\n");
    assert!(here.run("get notice door -o yaml").await.good().contains("shouted: boo 3 dana"));
    let sad = here.run("act notice/door sulk").await.refused(1);
    assert!(sad.contains("It is not sad."), "{sad}");
    assert!(here.run("act notice/door sing").await.code != Some(0), "it cannot sing");

    let end = here.run("extend notice/door --by 2h").await.good();
    assert!(end.starts_with("notice/door has time until 20"), "{end}");
    let much = here.run("extend notice/door --by 13h").await.refused(1);
    assert!(much.contains("one extension adds at most 12 hours"), "{much}");
    here.run("extend notice/door").await.good();
    here.run("extend notice/door").await.good();
    let most = here.run("extend notice/door").await.refused(1);
    assert!(most.contains("it may live 40 hours at most"), "{most}");
    here.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_is_drawn_and_goes_as_a_whole() {
    let here = Terminal::with_notices("tree").await;
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
      configure:
        - name: parts
          steps:
            - name: notices
              uses: resource
              with: {resources: {door: {apiVersion: demo.example.com/v1, kind: Notice}, gate: {apiVersion: demo.example.com/v1, kind: Notice}}}
",
    );
    here.paul("apply -f house.yaml").await.good();
    here.file("home.yaml", "apiVersion: demo.example.com/v1\nkind: House\nmetadata: {name: home}\n");
    here.run("apply -f home.yaml").await.good();
    here.run("wait house/home --for=condition=Ready --timeout=30s").await.good();
    let tree = here.run("tree house/home").await.good();
    assert_eq!(tree, "House home Ready\n├─ Notice home-door Ready\n└─ Notice home-gate Ready\n");
    let gone = here.run("delete house/home").await;
    assert!(gone.err.contains("with it go its children: Notice home-door, Notice home-gate"), "{gone:?}");
    assert_eq!(here.run("get notices").await.err, "No notices found in namespace default.\n");
    here.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_holds_and_is_taken_off() {
    let here = Terminal::with_notices("pin").await;
    here.notice("held").await;
    here.notice("free").await;
    let unknown = here.run("pin notice/held v9").await.refused(1);
    assert!(unknown.contains("notice has no version \"v9\"; it has v1"), "{unknown}");
    assert_eq!(here.run("pin notice/held v1").await.good(), "notice/held is held at v1\n");
    here.file(
        "promise.yaml",
        &NOTICE.replace("version: v1}}", "version: v2}}").replace("default: hello", "default: hi"),
    );
    here.paul("apply -f promise.yaml").await.good();
    here.until("get notice free -o yaml", "made: v2").await;
    assert!(here.run("get notice held -o yaml").await.good().contains("made: v1"));
    let revisions = here.run("promise revisions notice").await.good();
    assert!(revisions.contains("v1") && revisions.contains("v2"), "{revisions}");
    here.run("pin notice/held").await.refused(2);
    assert_eq!(here.run("pin notice/held --latest").await.good(), "notice/held follows notice\n");
    here.until("get notice held -o yaml", "made: v2").await;
    here.server.stop().await.unwrap();
}
