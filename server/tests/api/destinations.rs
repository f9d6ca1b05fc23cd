//! Kratix's destinations and state stores as they are: Paul brings the documents of Kratix's own system tests, Dana's files go where they say.
//!
//! The stories are those of its destination suite, on a real git repository instead of its cluster's services.

use crate::{
    data,
    midspan::{Midspan, everywhere},
    people::{Answer, Person},
};
use domain::{SystemClock, document};
use serde_json::{Value, json};
use std::{
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

const KRATIX: &str = "/apis/platform.kratix.io/v1alpha1";
const THINGS: &str = "/apis/demo.example.com/v1/namespaces/default/things";
const STORE: &str = "destination-git-test-store";

/// A document of Kratix's destination suite; nothing where the data is not at hand.
fn of_kratix(file: &str) -> Option<Value> {
    data::published(&format!("kratix/systest-destination/{file}"))
}

/// The destination of a file, in the one store of these stories.
fn destination(file: &str) -> Option<Value> {
    let mut document = of_kratix(file)?;
    document["spec"]["stateStoreRef"] = json!({"kind": "GitStateStore", "name": STORE});
    Some(document)
}

/// A bare repository that is gone when this is dropped.
struct Repository(PathBuf);

impl Repository {
    async fn new() -> Self {
        use domain::Clock as _;
        let path = std::env::temp_dir().join(format!("midspan-places-{}.git", uuid()));
        orchestrator::destinations::init_bare(&path, SystemClock.now()).await.unwrap();
        Self(path)
    }

    /// Kratix's own store, at this address.
    fn store(&self) -> Option<Value> {
        let mut document = of_kratix("destination-git-test-store.yaml")?;
        document["spec"]["url"] = json!(self.0.to_str().unwrap());
        Some(document)
    }

    fn git(&self, args: &[&str]) -> String {
        let said = Command::new("git").arg("--git-dir").arg(&self.0).args(args).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).unwrap()
    }

    /// The files below a folder, without it.
    fn files(&self, folder: &str) -> Vec<String> {
        let listed = self.git(&["ls-tree", "-r", "--name-only", "main"]);
        listed.lines().filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/')).map(str::to_owned).collect()
    }

    fn file(&self, path: &str) -> String {
        self.git(&["show", &format!("main:{path}")])
    }

    /// Looks until the folder holds just these.
    #[track_caller]
    fn comes_to_hold(&self, folder: &str, wanted: &[&str]) {
        let since = Instant::now();
        loop {
            let files = self.files(folder);
            if files == wanted {
                return;
            }
            assert!(since.elapsed() < Duration::from_secs(30), "{folder} stays {files:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn uuid() -> String {
    format!("{}-{}", std::process::id(), SYSTEM.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
}
static SYSTEM: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

/// A promise whose things are one file each at the destination with this label; what it is called is the thing's to say.
fn promise(target: &str) -> Value {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ metadata.name }}}\n";
    json!({
        "apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "thing"},
        "spec": {
            "api": {"group": "demo.example.com", "version": "v1", "kind": "Thing", "plural": "things",
                "schema": {"type": "object", "properties": {"file": {"type": "string", "default": "configmap"}}}},
            "destinationSelectors": [{"matchLabels": {"target": target}}],
            "workflows": {"resource": {"configure": [{"name": "write", "steps": [
                {"name": "files", "uses": "template", "with": {"files": {"{{ spec.file }}.yaml": text}}},
            ]}]}},
        },
    })
}

impl Person {
    async fn brings(&self, document: &Value) -> Value {
        let plural = format!("{}s", document["kind"].as_str().unwrap().to_lowercase());
        self.post(&format!("{KRATIX}/{plural}"), document.clone()).await.good()
    }

    async fn asks_for_thing(&self, name: &str, file: &str) {
        let thing = json!({"apiVersion": "demo.example.com/v1", "kind": "Thing", "metadata": {"name": name}, "spec": {"file": file}});
        self.post(THINGS, thing).await.good();
    }
}

/// `True TestDocumentsWritten`
fn ready(answer: &Answer) -> String {
    let conditions = answer.body["status"]["conditions"].as_array();
    let ready = conditions.and_then(|all| all.iter().find(|one| one["type"] == "Ready"));
    ready.map_or_else(String::new, |one| {
        format!("{} {}", one["status"].as_str().unwrap(), one["reason"].as_str().unwrap())
    })
}

/// Where a document can be asked for.
fn at(document: &Value) -> String {
    let kind = document["kind"].as_str().unwrap().to_lowercase();
    format!("{KRATIX}/{kind}s/{}", document["metadata"]["name"].as_str().unwrap())
}

async fn story(destination_file: &str, play: impl AsyncFn(&Midspan, &Repository, &Value)) {
    let Some(place) = destination(destination_file) else { return };
    everywhere(async |midspan| {
        let repository = Repository::new().await;
        let paul = midspan.paul();
        paul.brings(&repository.store().unwrap()).await;
        assert_eq!(paul.brings(&place).await["spec"], place["spec"], "faithful as answered");
        paul.see(&at(&place), |seen| ready(seen) == "True TestDocumentsWritten").await;
        assert_eq!(paul.get(&at(&place)).await.good()["spec"], place["spec"], "and as stored");
        if let Some(target) = place["metadata"]["labels"]["target"].as_str() {
            paul.post("/apis/midspan.dev/v1alpha1/promises", promise(target)).await.good();
        }
        play(midspan, &repository, &place).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_and_destinations_say_whether_they_are_ready_and_why_not() {
    story("destination-worker-git.yaml", async |midspan, repository, place| {
        let paul = midspan.paul();
        let store = repository.store().unwrap();
        assert_eq!(ready(&paul.see(&at(&store), |seen| ready(seen).starts_with("True")).await), "True Written");
        paul.merge(&at(place), json!({"spec": {"stateStoreRef": {"name": "non-existing"}}})).await.good();
        paul.see(&at(place), |seen| ready(seen) == "False StateStoreNotFound").await;
        paul.merge(&at(place), json!({"spec": {"stateStoreRef": {"name": STORE}}})).await.good();
        paul.see(&at(place), |seen| ready(seen) == "True TestDocumentsWritten").await;
        paul.merge(&at(&store), json!({"spec": {"url": "/nowhere/at/all.git"}})).await.good();
        let told = paul.see(&at(&store), |seen| ready(seen) == "False WriteFailed").await.good();
        let message = told["status"]["conditions"][0]["message"].as_str().unwrap();
        assert!(message.contains("there is no repository") && message.contains("next attempt at"), "{message}");
        let told = paul.see(&at(place), |seen| ready(seen) == "False StateStoreWriteFailed").await.good();
        assert!(told.to_string().contains("Failed to write test documents"), "{told}");
        paul.merge(&at(&store), json!({"spec": {"url": repository.0.to_str().unwrap()}})).await.good();
        paul.see(&at(&store), |seen| ready(seen).starts_with("True")).await;
        paul.see(&at(place), |seen| ready(seen).starts_with("True")).await;
        repository.comes_to_hold(
            "worker-git",
            &["dependencies/kratix-canary-namespace.yaml", "resources/kratix-canary-configmap.yaml"],
        );
    })
    .await;
}

const CANARIES: [&str; 2] = ["kratix-canary-configmap.yaml", "kratix-canary-namespace.yaml"];

#[tokio::test(flavor = "multi_thread")]
async fn one_file_gathers_everything_and_goes_with_the_last_part() {
    story("destination-aggregated-yaml.yaml", async |midspan, repository, _| {
        let dana = midspan.dana();
        dana.asks_for_thing("req-1", "a").await;
        dana.asks_for_thing("req-2", "a").await;
        for name in ["req-1", "req-2"] {
            dana.see(&format!("{THINGS}/{name}"), |seen| seen.body["status"]["phase"] == "Ready").await;
        }
        assert_eq!(repository.files("aggregated-yaml"), [&["catalog.yaml"], &CANARIES[..]].concat());
        let names = |text: String| {
            let mut names: Vec<String> = document::parse_all(&text, "catalog.yaml")
                .unwrap()
                .into_iter()
                .map(|one| one["metadata"]["name"].as_str().unwrap().to_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(repository.file("aggregated-yaml/catalog.yaml")), ["req-1", "req-2"]);
        dana.delete(&format!("{THINGS}/req-1")).await.good();
        dana.see(&format!("{THINGS}/req-1"), |seen| seen.code == 404).await;
        assert_eq!(names(repository.file("aggregated-yaml/catalog.yaml")), ["req-2"]);
        dana.delete(&format!("{THINGS}/req-2")).await.good();
        repository.comes_to_hold("aggregated-yaml", &CANARIES);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flat_files_stand_under_their_own_names_and_no_name_is_taken_twice() {
    story("destination-git-filepathmode-none.yaml", async |midspan, repository, _| {
        let dana = midspan.dana();
        dana.asks_for_thing("first", "shared").await;
        dana.see(&format!("{THINGS}/first"), |seen| seen.body["status"]["phase"] == "Ready").await;
        let files = repository.files("filepathmode-none");
        let lists: Vec<&String> = files.iter().filter(|path| path.starts_with(".kratix/default-")).collect();
        assert_eq!((lists.len(), files.iter().any(|path| path == "shared.yaml")), (1, true), "{files:?}");
        assert_eq!(
            repository.file(&format!("filepathmode-none/{}", lists[0])),
            "files:\n- \"filepathmode-none/shared.yaml\"\n"
        );
        dana.asks_for_thing("second", "shared").await;
        let told =
            dana.see(&format!("{THINGS}/second"), |seen| seen.text.contains("is thing default/first's already")).await;
        assert_ne!(told.body["status"]["phase"], "Ready");
        assert!(repository.file("filepathmode-none/shared.yaml").contains("\"first\""), "nothing is written over");
        // the first has its file renamed: the old name goes, and the second can have it
        dana.merge(&format!("{THINGS}/first"), json!({"spec": {"file": "mine"}})).await.good();
        dana.see(&format!("{THINGS}/second"), |seen| seen.body["status"]["phase"] == "Ready").await;
        assert!(repository.file("filepathmode-none/shared.yaml").contains("\"second\""));
        for name in ["first", "second"] {
            dana.delete(&format!("{THINGS}/{name}")).await.good();
        }
        repository.comes_to_hold("filepathmode-none", &CANARIES);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_cleans_up_takes_everything_with_it() {
    story("destination-cleanup-all.yaml", async |midspan, repository, place| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let finalizers = paul.get(&at(place)).await.good()["metadata"]["finalizers"].clone();
        assert_eq!(finalizers, json!(["kratix.io/destination-cleanup"]));
        dana.asks_for_thing("req-1", "configmap").await;
        dana.see(&format!("{THINGS}/req-1"), |seen| seen.body["status"]["phase"] == "Ready").await;
        assert_eq!(repository.files("cleanup-all").len(), 3);
        paul.delete(&at(place)).await.good();
        paul.see(&at(place), |seen| seen.code == 404).await;
        repository.comes_to_hold("cleanup-all", &[]);
        dana.see(&format!("{THINGS}/req-1"), |seen| {
            seen.text.contains("No destination has the labels target=cleanup-all")
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_does_not_clean_up_leaves_its_files_behind() {
    story("destination-git-recovery.yaml", async |midspan, repository, place| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        dana.asks_for_thing("example", "configmap").await;
        dana.see(&format!("{THINGS}/example"), |seen| seen.body["status"]["phase"] == "Ready").await;
        let before = repository.files("git-recovery");
        assert_eq!(before.len(), 3);
        paul.delete(&at(place)).await.good();
        dana.see(&format!("{THINGS}/example"), |seen| seen.text.contains("No destination has the labels")).await;
        dana.delete(&format!("{THINGS}/example")).await.good();
        dana.see(&format!("{THINGS}/example"), |seen| seen.code == 404).await;
        assert_eq!(repository.files("git-recovery"), before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_contradicts_itself_or_others_is_refused_at_its_field() {
    story("destination-worker-git.yaml", async |midspan, _, place| {
        let paul = midspan.paul();
        let named = |name: &str, spec: Value| json!({"apiVersion": "platform.kratix.io/v1alpha1", "kind": "Destination", "metadata": {"name": name}, "spec": spec});
        let store = json!({"kind": "GitStateStore", "name": STORE});
        let told = paul.post(&format!("{KRATIX}/destinations"), named("twin", json!({"path": "/worker-git/", "stateStoreRef": store}))).await;
        assert_eq!((told.code, told.fields()), (422, vec!["spec.path"]), "{}", told.text);
        let told = paul.merge(&at(place), json!({"spec": {"filepath": {"mode": "none"}}})).await;
        assert_eq!((told.code, told.fields()), (422, vec!["spec.filepath.mode"]), "{}", told.text);
        let ours = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Destination", "metadata": {"name": "test-worker-git"}, "spec": {"path": "x", "stateStoreRef": {"name": "gitops"}}});
        assert_eq!(paul.post("/apis/midspan.dev/v1alpha1/destinations", ours).await.code, 409);
        let told = paul.post(&format!("{KRATIX}/gitstatestores"), json!({"apiVersion": "platform.kratix.io/v1alpha1", "kind": "GitStateStore", "metadata": {"name": "app"}, "spec": {"url": "https://x/y", "authMethod": "githubApp"}})).await;
        assert_eq!((told.code, told.fields()), (422, vec!["spec.authMethod"]), "{}", told.text);
        assert_eq!(paul.delete(&format!("{KRATIX}/gitstatestores/{STORE}")).await.code, 409, "a destination stands in it");
    })
    .await;
}
