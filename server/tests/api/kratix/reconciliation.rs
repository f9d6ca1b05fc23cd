//! Pausing a promise, and one of its requests: Kratix's reconciliation suite.

use super::{condition, labelled, play, stands};
use serde_json::{Value, json};

const PAUSED: &str = "kratix.io/paused";

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_promise_holds_everything_until_it_is_let_go() {
    play("systest-reconciliation", async |midspan, scenario| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let promise = paul.applies(&scenario.one("pause-promise.yaml")).await;
        paul.see(&promise, stands("Reconciled")).await;
        assert!(midspan.file("dependencies/pausedtest").contains("reconciliation-test"));
        let one = dana.applies(&scenario.one("pause-promise-rr-one.yaml")).await;
        dana.see(&one, stands("Reconciled")).await;
        assert!(midspan.file("pausedtest/one").contains("one-before"));

        paul.merge(&promise, labelled(PAUSED, &json!("true"))).await.good();
        let is_paused = |seen: &crate::people::Answer| condition(&seen.body, "Reconciled") == "Unknown Paused";
        paul.see(&promise, is_paused).await;
        dana.applies(&scenario.one("pause-promise-rr-one-updated.yaml")).await;
        let two = dana.applies(&scenario.one("pause-promise-rr-two.yaml")).await;
        dana.see(&one, is_paused).await;
        dana.see(&two, is_paused).await;
        assert!(midspan.file("pausedtest/one").contains("one-before"));

        paul.merge(&promise, labelled(PAUSED, &Value::Null)).await.good();
        paul.see(&promise, stands("Reconciled")).await;
        dana.see(&one, stands("Reconciled")).await;
        dana.see(&two, stands("Reconciled")).await;
        assert!(midspan.file("pausedtest/one").contains("one-after"));
        assert!(midspan.file("pausedtest/two").contains("two"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_request_sleeps_through_all_changes_and_wakes_to_the_newest() {
    play("systest-reconciliation", async |midspan, scenario| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let promise = paul.applies(&scenario.one("pause-request-promise.yaml")).await;
        paul.see(&promise, stands("Reconciled")).await;
        let one = dana.applies(&scenario.one("pause-request-promise-rr.yaml")).await;
        dana.see(&one, stands("Reconciled")).await;

        dana.merge(&one, labelled(PAUSED, &json!("true"))).await.good();
        dana.see(&one, |seen| condition(&seen.body, "Reconciled") == "Unknown Paused").await;
        dana.applies(&scenario.one("pause-request-promise-rr-update.yaml")).await;
        paul.applies(&scenario.one("pause-request-promise-update.yaml")).await;
        paul.see(&promise, stands("Reconciled")).await;
        dana.see(&one, |seen| condition(&seen.body, "Reconciled") == "Unknown Paused").await;
        let file = midspan.file("pausedtest-rr/one");
        assert!(file.contains("one-before") && !file.contains("key1"), "{file}");

        dana.merge(&one, labelled(PAUSED, &Value::Null)).await.good();
        dana.see(&one, stands("Reconciled")).await;
        let file = midspan.file("pausedtest-rr/one");
        assert!(file.contains("one-after") && file.contains("key1: \"config1\""), "{file}");
    })
    .await;
}
