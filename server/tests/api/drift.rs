//! Files at a destination, changed behind Midspan's back in a real repository: found, told, put back where the promise says so, and never by mistake.
//!
//! RELIABILITY: drift by hand is found within a look's interval. What protects, and the play that is about it: the comparison in `domain::drift`
//! (the first play), `drift::repair` (the second), the version check of `record_findings` (the race), the policy's default for Kratix documents
//! (their play), the failed look that leaves findings alone (the unreadable store), the veil (the secret).

use crate::{
    midspan::{Midspan, everywhere},
    people::Person,
    widgets::PROMISES,
};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, process::Command};

const TILES: &str = "/apis/demo.example.com/v1/namespaces/default/tiles";
const TILE: &str = "/apis/demo.example.com/v1/namespaces/default/tiles/floor";
const STORE: &str = "/apis/midspan.dev/v1alpha1/statestores/gitops";

/// A promise whose tiles are two files.
fn promise(drift: Value) -> Value {
    json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "tile"}, "spec": {
    "api": {"group": "demo.example.com", "version": "v1", "kind": "Tile", "schema": {"type": "object", "properties": {"size": {"type": "integer"}}}},
    "drift": drift,
    "workflows": {"resource": {"configure": [{"name": "main", "steps": [{"name": "render", "uses": "template", "with": {"files": {
        "a.yaml": "size: {{ spec.size }}\n",
        "b.yaml": "kind: Secret\nstringData:\n  key: {{ \"hunter-two-\" ~ spec.size }}\n",
    }}}]}]}}}})
}

/// Somebody with a clone of the repository that the destinations are in.
struct Stranger {
    repository: PathBuf,
    clone: PathBuf,
}

impl Stranger {
    fn of(midspan: &Midspan) -> Self {
        let clone = midspan.repository().with_file_name("stranger");
        let stranger = Self { repository: midspan.repository(), clone };
        let _ = fs::remove_dir_all(&stranger.clone);
        let said =
            Command::new("git").arg("clone").arg("--quiet").arg(&stranger.repository).arg(&stranger.clone).output();
        assert!(said.unwrap().status.success());
        stranger
    }

    fn git(&self, args: &[&str]) -> String {
        let said = Command::new("git")
            .arg("-C")
            .arg(&self.clone)
            .args(["-c", "user.name=Stranger", "-c", "user.email=s@example.com"])
            .args(args)
            .output()
            .unwrap();
        assert!(said.status.success(), "{args:?}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).unwrap()
    }

    /// The folder of the one tile.
    fn folder(&self) -> PathBuf {
        let listed = self.git(&["ls-files", "*a.yaml"]);
        let path = listed.lines().next().unwrap_or_else(|| panic!("no a.yaml"));
        self.clone.join(path).parent().unwrap().to_owned()
    }

    fn push(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", "by hand"]);
        self.git(&["push", "--quiet"]);
    }

    /// Changes one file, removes another, adds a third.
    fn meddles(&self) {
        let folder = self.folder();
        fs::write(folder.join("a.yaml"), "size: 7\n").unwrap();
        fs::remove_file(folder.join("b.yaml")).unwrap();
        fs::write(folder.join("notes.md"), "mine\n").unwrap();
        self.push();
    }

    fn head(&self) -> String {
        self.git(&["ls-remote", "origin", "refs/heads/main"])
    }

    /// The files of the tile as they stand now.
    fn standing(&self) -> String {
        self.git(&["pull", "--quiet"]);
        let listed = self.git(&["ls-files"]);
        let ours = listed.lines().filter(|path| path.contains("/tile/"));
        let file = |path: &str| {
            let text = fs::read_to_string(self.clone.join(path)).unwrap();
            format!("{} {}", path.rsplit('/').next().unwrap(), text.lines().next().unwrap_or_default())
        };
        ours.map(file).collect::<Vec<_>>().join(", ")
    }
}

const AS_PLACED: &str = "a.yaml size: 1, b.yaml kind: Secret";

async fn laid(midspan: &Midspan, drift: Value) -> (Person, Stranger) {
    midspan.paul().post(PROMISES, promise(drift)).await.good();
    let dana = midspan.dana();
    let tile = json!({"apiVersion": "demo.example.com/v1", "kind": "Tile", "metadata": {"name": "floor"}, "spec": {"size": 1}});
    dana.post(TILES, tile).await.good();
    dana.see(TILE, |seen| seen.body["status"]["phase"] == "Ready").await;
    (dana, Stranger::of(midspan))
}

impl Person {
    /// Asks for a look, waits for it, and hears what it found.
    async fn looks(&self, resource: &str) -> Value {
        let path = format!("{resource}/drift");
        let asked = self.post(&path, json!({})).await.good()["asked"].as_i64().unwrap();
        let answered = move |seen: &crate::people::Answer| {
            seen.body["stateStores"]["gitops"]["answered"].as_i64().is_some_and(|answered| answered >= asked)
        };
        self.see(&path, answered).await.body
    }
}

/// `a.yaml changed, b.yaml missing`
fn differing(told: &Value) -> String {
    let file = |file: &Value| {
        let path = file["path"].as_str().unwrap();
        format!("{} {}", path.rsplit('/').next().unwrap(), file["change"].as_str().unwrap())
    };
    told["files"].as_array().unwrap().iter().map(file).collect::<Vec<_>>().join(", ")
}

async fn happened(midspan: &Midspan, resource: &Value) -> Vec<String> {
    let uid = resource["metadata"]["uid"].as_str().unwrap();
    let events = midspan.running.services.store.events(uid, None, 100).await.unwrap();
    events.into_iter().map(|stored| stored.event.reason).collect()
}

/// Without the generation in `StateStoreStatus::next_look` the new repository stays empty until the next look is due.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_leads_elsewhere_gets_there_what_was_placed() {
    everywhere(async |midspan| {
        let (dana, stranger) = laid(midspan, json!({"policy": "repair"})).await;
        assert_eq!(dana.looks(TILE).await["drifted"], false);
        let elsewhere = midspan.repository().with_file_name("elsewhere.git");
        let _ = fs::remove_dir_all(&elsewhere);
        stranger.git(&["init", "--quiet", "--bare", "--initial-branch", "main", elsewhere.to_str().unwrap()]);
        midspan.paul().merge(STORE, json!({"spec": {"git": {"url": elsewhere}}})).await.good();
        // The condition said "AsPlaced" of the old repository already: the new one's first commit is what tells.
        dana.see(TILE, |_| elsewhere.join("refs/heads/main").exists()).await;
        let there = Stranger { repository: elsewhere, clone: stranger.clone.with_file_name("there") };
        let _ = fs::remove_dir_all(&there.clone);
        stranger.git(&["clone", "--quiet", there.repository.to_str().unwrap(), there.clone.to_str().unwrap()]);
        assert_eq!(there.standing(), AS_PLACED);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_meddled_with_is_told_file_by_file_and_left_alone() {
    everywhere(async |midspan| {
        let (dana, stranger) = laid(midspan, json!({"policy": "report"})).await;
        assert_eq!(dana.looks(TILE).await["drifted"], false);
        stranger.meddles();
        let head = stranger.head();
        let told = dana.looks(TILE).await;
        assert_eq!(differing(&told), "a.yaml changed, b.yaml missing, notes.md foreign");
        assert_eq!(told["policy"], "report");
        let diff = told["files"][0]["diff"].as_str().unwrap();
        assert!(diff.contains("-size: 1\n+size: 7\n"), "{diff}");
        let seen = dana.see(TILE, |seen| seen.body["status"]["sync"]["state"] == "Drifted").await.body;
        assert_eq!((&seen["status"]["phase"], &seen["status"]["drift"]["count"]), (&json!("Ready"), &json!(3)));
        assert!(seen["status"]["conditions"].to_string().contains("NotAsPlaced"), "{seen}");
        let events = happened(midspan, &seen).await;
        assert_eq!(events.iter().filter(|event| *event == "DriftFound").count(), 1, "{events:?}");
        let page = dana.get("/r/default/tile/floor/drift").await.text;
        assert!(page.contains("notes.md") && page.contains(">7</ins>") && page.contains("Foreign"), "{page}");
        assert!(dana.get("/r/default/tile/floor").await.text.contains("It is not as it was placed"));
        // the same once more is no news, and nothing was written
        dana.looks(TILE).await;
        assert_eq!(happened(midspan, &seen).await, events);
        assert_eq!(stranger.head(), head);
        stranger.git(&["revert", "--no-edit", "HEAD"]);
        stranger.git(&["push", "--quiet"]);
        assert_eq!(dana.looks(TILE).await["drifted"], false);
        dana.see(TILE, |seen| seen.body["status"]["sync"]["state"] == "Synced").await;
        assert!(happened(midspan, &seen).await.contains(&"DriftGone".to_owned()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_repair_everything_stands_as_placed_again() {
    everywhere(async |midspan| {
        let (dana, stranger) = laid(midspan, json!({"policy": "repair"})).await;
        stranger.meddles();
        dana.looks(TILE).await;
        let seen = dana
            .see(TILE, |seen| seen.body["status"]["sync"]["state"] == "Synced" && seen.text.contains("\"AsPlaced\""))
            .await
            .body;
        assert_eq!(stranger.standing(), AS_PLACED);
        let events = happened(midspan, &seen).await;
        for event in ["DriftFound", "Repairing", "DriftGone"] {
            assert!(events.iter().any(|one| one == event), "{event}: {events:?}");
        }
        assert_eq!(dana.looks(TILE).await["drifted"], false);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_looked_at_now_and_then_without_being_asked() {
    everywhere(async |midspan| {
        let (dana, stranger) = laid(midspan, json!({})).await;
        let paul = midspan.paul();
        let every = |text: &str| json!({"metadata": {"annotations": {"midspan.dev/look-every": text}}});
        let refused = paul.merge(STORE, every("soon")).await;
        assert_eq!(refused.fields(), ["metadata.annotations"], "{}", refused.text);
        paul.merge(STORE, every("1s")).await.good();
        stranger.meddles();
        dana.see(TILE, |seen| seen.body["status"]["drift"]["count"] == 3).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_others_to_change_is_neither_told_nor_touched() {
    everywhere(async |midspan| {
        let (dana, stranger) = laid(midspan, json!({"policy": "repair", "ignore": ["*.md", "b.yaml"]})).await;
        let folder = stranger.folder();
        fs::write(folder.join("notes.md"), "mine\n").unwrap();
        fs::write(folder.join("b.yaml"), "theirs\n").unwrap();
        stranger.push();
        assert_eq!(dana.looks(TILE).await["drifted"], false);
        fs::write(folder.join("a.yaml"), "size: 7\n").unwrap();
        stranger.push();
        dana.looks(TILE).await;
        dana.see(TILE, |seen| seen.text.contains("\"AsPlaced\"")).await;
        assert_eq!(stranger.standing(), "a.yaml size: 1, b.yaml theirs, notes.md mine");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_forgets_nothing_that_was_meddled_with() {
    everywhere(async |midspan| {
        let (dana, stranger) = laid(midspan, json!({"policy": "report"})).await;
        stranger.meddles();
        dana.looks(TILE).await;
        dana.delete(TILE).await.good();
        dana.see(TILE, |seen| seen.code == 404).await;
        assert_eq!(stranger.standing(), "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_beside_our_own_writes_raises_no_alarm() {
    everywhere(async |midspan| {
        let (dana, _) = laid(midspan, json!({"policy": "report"})).await;
        let paul = midspan.paul();
        paul.merge(STORE, json!({"metadata": {"annotations": {"midspan.dev/look-every": "1s"}}})).await.good();
        for size in 2..40 {
            dana.merge(TILE, json!({"spec": {"size": size}})).await.good();
            dana.post(&format!("{TILE}/drift"), json!({})).await.good();
        }
        let settled = |seen: &crate::people::Answer| {
            seen.body["status"]["phase"] == "Ready"
                && seen.body["status"]["observedGeneration"] == seen.body["metadata"]["generation"]
        };
        let seen = dana.see(TILE, settled).await.body;
        assert_eq!(dana.looks(TILE).await["drifted"], false);
        let events = happened(midspan, &seen).await;
        assert!(!events.iter().any(|event| event.starts_with("Drift")), "{events:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_read_says_so_and_nothing_is_called_drifted() {
    everywhere(async |midspan| {
        let (dana, stranger) = laid(midspan, json!({"policy": "repair"})).await;
        let away = stranger.repository.with_extension("away");
        fs::rename(&stranger.repository, &away).unwrap();
        dana.post(&format!("{TILE}/drift"), json!({})).await.good();
        let told = dana
            .see(&format!("{TILE}/drift"), |seen| {
                seen.body["stateStores"]["gitops"]["failure"].as_str().is_some_and(|why| !why.is_empty())
            })
            .await
            .body;
        assert_eq!((&told["drifted"], &told["files"]), (&json!(false), &json!([])));
        let store = midspan.paul().get(STORE).await.good();
        assert!(store["status"]["conditions"].to_string().contains("LookFailed"), "{store}");
        assert_eq!(dana.get(TILE).await.body["status"]["sync"]["state"], "Synced");
        fs::rename(&away, &stranger.repository).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_stay_out_of_what_is_told() {
    everywhere(async |midspan| {
        let (dana, stranger) = laid(midspan, json!({})).await;
        let file = stranger.folder().join("b.yaml");
        fs::write(&file, "kind: Secret\ntype: Opaque\nstringData:\n  key: somebody-elses\n").unwrap();
        stranger.push();
        let told = dana.looks(TILE).await;
        let diff = told["files"][0]["diff"].as_str().unwrap();
        assert!(diff.contains("+type: Opaque") && diff.contains("key: ***"), "{diff}");
        fs::write(&file, "kind: Secret\nstringData:\n  key: {somebody-elses\n").unwrap();
        stranger.push();
        let broken = dana.looks(TILE).await;
        assert!(broken["files"][0]["hidden"].as_str().is_some_and(|why| why.contains("Secret")), "{broken}");
        for told in [told, broken] {
            assert!(!told.to_string().contains("hunter-two") && !told.to_string().contains("somebody-elses"), "{told}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kratix_brings_is_put_back_as_kratix_does() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let dependency = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "brought"}});
        let document = json!({"apiVersion": "platform.kratix.io/v1alpha1", "kind": "Promise", "metadata": {"name": "brings"}, "spec": {"dependencies": [dependency]}});
        paul.post("/apis/platform.kratix.io/v1alpha1/promises", document).await.good();
        let promise = "/apis/platform.kratix.io/v1alpha1/promises/brings";
        let placed = |seen: &crate::people::Answer| {
            let conditions = seen.body["status"]["conditions"].as_array();
            conditions.is_some_and(|all| all.iter().any(|one| one["type"] == "WorksSucceeded" && one["status"] == "True"))
        };
        paul.see(promise, placed).await;
        paul.merge(STORE, json!({"metadata": {"annotations": {"midspan.dev/look-every": "1s"}}})).await.good();
        let stranger = Stranger::of(midspan);
        let listed = stranger.git(&["ls-files", "*dependencies/brings*"]);
        fs::remove_file(stranger.clone.join(listed.trim())).unwrap();
        stranger.push();
        paul.see(promise, |seen| seen.text.contains("\"AsPlaced\"")).await;
        stranger.git(&["pull", "--quiet"]);
        assert_eq!(stranger.git(&["ls-files", "*dependencies/brings*"]), listed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_is_none_is_refused_where_it_stands_and_strangers_ask_for_nothing() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        for (drift, field, says) in [
            (json!({"policy": "mend"}), "spec.drift.policy", "unknown variant `mend`"),
            (json!({"polcy": "report"}), "spec.drift.polcy", "did you mean `policy`?"),
            (json!({"ignore": ["a", "../b"]}), "spec.drift.ignore[1]", "not a relative path"),
            (json!({"ignore": vec!["*"; 51]}), "spec.drift.ignore[50]", "more than 50"),
        ] {
            let refused = paul.post(PROMISES, promise(drift)).await;
            assert_eq!(refused.fields(), [field], "{}", refused.text);
            assert!(refused.refused().contains(says), "{}", refused.text);
        }
        laid(midspan, json!({})).await;
        let path = format!("{TILE}/drift");
        assert_eq!(midspan.somebody(Some("nobody")).get(&path).await.code, 401);
        assert_eq!(midspan.dana().put(&path, json!({})).await.code, 405);
        assert_eq!(midspan.dana().post(&format!("{TILES}/none/drift"), json!({})).await.code, 404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_on_the_page_do_as_the_page_says() {
    everywhere(async |midspan| {
        let page = include_str!("../../../docs/drift.md");
        let blocks: Vec<Value> = page
            .split("```yaml\n")
            .skip(1)
            .filter_map(|rest| domain::document::parse_one(rest.split("```").next()?, "docs/drift.md").ok())
            .collect();
        let [promise, notice] = blocks.as_slice() else { panic!("{blocks:?}") };
        midspan.paul().post(PROMISES, promise.clone()).await.good();
        let (dana, all) = (midspan.dana(), "/apis/docs.example.com/v1/namespaces/default/notices");
        dana.post(all, notice.clone()).await.good();
        let door = format!("{all}/door");
        dana.see(&door, |seen| seen.body["status"]["phase"] == "Ready").await;
        let stranger = Stranger::of(midspan);
        let listed = stranger.git(&["ls-files", "*notice.yaml"]);
        fs::remove_file(stranger.clone.join(listed.trim())).unwrap();
        stranger.push();
        // the button of the page asks for a look, and what is found is put back
        let form = "application/x-www-form-urlencoded";
        let button = dana.send(reqwest::Method::POST, "/r/default/notice/door/look", form, "").await;
        assert_eq!(button.code, 303);
        dana.see(&door, |seen| seen.text.contains("\"AsPlaced\"")).await;
        assert!(dana.get("/r/default/notice/door/drift").await.text.contains("As placed"));
    })
    .await;
}
