//! Versions of a promise and who runs which: Kratix's promise-revision suite, and the one about the version that new requests get.

use super::{condition, labelled, play, stands};
use crate::people::Person;
use serde_json::{Value, json};

const BINDINGS: &str = "/apis/platform.kratix.io/v1alpha1/namespaces/default/resourcebindings";
const RETRY: &str = "kratix.io/manual-reconciliation";
const OLD: &str = "v0.1.0-BETA";
const NEW: &str = "v0.2.0-NEXTVERSION";
const FAILING: &str = "v0.3.0-FAILING";

/// The one binding of a resource.
async fn binding(dana: &Person, resource: &str) -> Value {
    let list = dana.get(&format!("{BINDINGS}?labelSelector=kratix.io/resource-name%3D{resource}")).await.good();
    let all = list["items"].as_array().unwrap();
    assert_eq!(all.len(), 1, "{list}");
    all[0].clone()
}

fn path_of(binding: &Value) -> String {
    format!("{BINDINGS}/{}", binding["metadata"]["name"].as_str().unwrap())
}

async fn hold(dana: &Person, resource: &str, version: &str) {
    let path = path_of(&binding(dana, resource).await);
    dana.merge(&path, json!({"spec": {"version": version}})).await.good();
}

async fn runs(dana: &Person, resource: &str) -> usize {
    let of = "/apis/midspan.dev/v1alpha1/namespaces/default/runs?labelSelector=midspan.dev/resource%3D";
    dana.get(&format!("{of}{resource}")).await.names().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_held_stays_who_follows_goes_on_and_a_version_that_fails_is_tried_once() {
    play("systest-promise-revision", async |midspan, scenario| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let promise = paul.applies(&scenario.one("promise.yaml")).await;
        paul.see(&promise, stands("Available")).await;
        let one = dana.applies(&scenario.one("resource-request.yaml")).await;
        let two = dana.applies(&scenario.one("resource-request-2.yaml")).await;
        let is_at = async |path: &str, version: &str| {
            let wanted = |seen: &crate::people::Answer| {
                seen.body["status"]["promiseVersion"] == version && stands("Reconciled")(seen)
            };
            dana.see(path, wanted).await;
        };
        is_at(&one, OLD).await;
        is_at(&two, OLD).await;
        assert!(midspan.file("upgrade-rr-one").contains("before-upgrade-banana"));
        assert_eq!(binding(&dana, "upgrade-rr-one").await["spec"]["version"], "latest");
        hold(&dana, "upgrade-rr-one", OLD).await;

        // the second version: who follows is upgraded, who is held is not even run again
        paul.applies(&scenario.one("promise-new-version.yaml")).await;
        is_at(&two, NEW).await;
        assert!(midspan.file("upgrade-rr-two").contains("after-upgrade-apple"));
        assert!(midspan.file("upgrade-rr-one").contains("before-upgrade-banana"));
        assert_eq!(runs(&dana, "upgrade-rr-one").await, 1);
        assert_eq!(binding(&dana, "upgrade-rr-two").await["status"]["lastAppliedVersion"], NEW);
        hold(&dana, "upgrade-rr-one", NEW).await;
        is_at(&one, NEW).await;
        assert!(midspan.file("upgrade-rr-one").contains("after-upgrade-banana"));

        // a binding that was there before its request is adopted, whatever it is called
        dana.applies(&scenario.one("resource-binding-3.yaml")).await;
        let three = dana.applies(&scenario.one("resource-request-3.yaml")).await;
        is_at(&three, OLD).await;
        assert!(midspan.file("upgrade-rr-three").contains("before-upgrade-cherry"));
        assert_eq!(binding(&dana, "upgrade-rr-three").await["metadata"]["name"], "pre-created-binding-for-rr-three");

        // the third version fails: what stands stays, and nothing goes round in a circle
        paul.applies(&scenario.one("promise-failing-version.yaml")).await;
        let failed =
            dana.see(&two, |seen| condition(&seen.body, "Reconciled") == "False ConfigureWorkflowFailed").await;
        assert_eq!(failed.body["status"]["workflowsFailed"], 1);
        let told = binding(&dana, "upgrade-rr-two").await;
        assert_eq!(
            (&told["status"]["failedVersion"], &told["status"]["lastAppliedVersion"]),
            (&json!(FAILING), &json!(NEW))
        );
        assert_eq!(condition(&told, "UpgradeSucceeded"), "False UpgradeFailed");
        assert!(midspan.file("upgrade-rr-two").contains("after-upgrade-apple"));
        let tried = runs(&dana, "upgrade-rr-two").await;
        assert_eq!(tried, 3);
        dana.merge(&path_of(&told), labelled(RETRY, &json!("true"))).await.good();
        dana.see(&path_of(&told), |seen| seen.body["metadata"]["labels"].get(RETRY).is_none()).await;
        dana.see(&two, |seen| condition(&seen.body, "Reconciled") == "False ConfigureWorkflowFailed").await;
        assert_eq!(runs(&dana, "upgrade-rr-two").await, tried + 1, "asked for once, tried once");

        // the good version again is what all get that follow; who was held is where it was
        paul.applies(&scenario.one("promise-new-version.yaml")).await;
        is_at(&two, NEW).await;
        let told = binding(&dana, "upgrade-rr-two").await;
        assert_eq!(
            (told["status"].get("failedVersion"), condition(&told, "UpgradeSucceeded")),
            (None, "True UpgradeComplete".into())
        );
        is_at(&one, NEW).await;
        is_at(&three, OLD).await;

        // a binding that is deleted comes back as it was
        dana.delete(&path_of(&binding(&dana, "upgrade-rr-one").await)).await.good();
        let of = format!("{BINDINGS}?labelSelector=kratix.io/resource-name%3Dupgrade-rr-one");
        dana.see(&of, |seen| seen.names().len() == 1).await;
        assert_eq!(binding(&dana, "upgrade-rr-one").await["spec"]["version"], NEW);

        paul.delete(&promise).await.good();
        paul.is_gone(&promise).await;
        assert!(midspan.standing().iter().all(|path| !path.contains("upgrade-rr")), "{:?}", midspan.standing());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_requests_are_held_at_the_version_of_the_day_where_the_settings_say_so() {
    play("systest-resource-binding-default-version", async |midspan, scenario| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let promise = paul.applies(&scenario.one("promise.yaml")).await;
        paul.see(&promise, stands("Available")).await;
        let mut request = scenario.one("resource-request.yaml");
        let path = dana.applies(&request).await;
        dana.see(&path, stands("Reconciled")).await;
        assert_eq!(binding(&dana, "example").await["spec"]["version"], "latest");

        paul.applies(&scenario.one("kratix-config-pinned.yaml")).await;
        request["metadata"]["name"] = json!("held");
        let path = dana.applies(&request).await;
        dana.see(&path, stands("Reconciled")).await;
        assert_eq!(binding(&dana, "held").await["spec"]["version"], "v1.0.0");
        assert_eq!(binding(&dana, "example").await["spec"]["version"], "latest", "who was there before is left alone");
    })
    .await;
}
