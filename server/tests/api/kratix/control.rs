//! Suspending and trying again, for promises and resources, on the way in and on the way out: Kratix's workflow-control suite.

use super::{PROMISES, SUSPENDED, condition, labelled, pipelines, play, stands};
use crate::people::{Answer, Person};
use serde_json::{Value, json};

const CONFIG_MAPS: &str = "/api/v1/namespaces";

fn at(wanted: &[&str]) -> impl Fn(&Answer) -> bool {
    move |seen| pipelines(&seen.body) == wanted
}

fn suspended(object: &Value) -> bool {
    object["metadata"]["labels"][SUSPENDED] == "true"
}

/// Opens or shuts one of the gates that the pipelines look for.
async fn gate(paul: &Person, namespace: &str, name: &str) {
    let document = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": {"value": "ready"}});
    paul.applies(&document).await;
}

async fn resume(who: &Person, path: &str) {
    who.merge(path, labelled(SUSPENDED, &Value::Null)).await.good();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_suspends_waits_for_somebody_and_goes_on_where_it_stopped() {
    play("systest-workflow-control", async |midspan, scenario| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let promise = paul.applies(&scenario.one("promise.yaml")).await;
        let stopped = ["pipe-0 Succeeded", "pipe-1 Suspended: waiting for approval", "pipe-2 Pending"];
        let seen = paul.see(&promise, at(&stopped)).await.good();
        assert!(suspended(&seen), "label and status are one write");
        assert_eq!(seen["status"]["kratix"]["workflows"]["suspendedGeneration"], seen["metadata"]["generation"]);

        // taken off, the same pipeline runs, and suspends once more
        resume(&paul, &promise).await;
        let runs = "/apis/midspan.dev/v1alpha1/namespaces/midspan-system/runs";
        paul.see(runs, |seen| {
            let run = &seen.body["items"][0]["status"];
            (&run["phase"], &run["pipelines"][1]["attempts"]) == (&json!("Suspended"), &json!(1))
        })
        .await;
        paul.see(&promise, |seen| suspended(&seen.body)).await;

        // another content begins from the first pipeline
        paul.applies(&scenario.one("promise-updated.yaml")).await;
        let seen = paul.see(&promise, stands("Reconciled")).await.good();
        assert_eq!(pipelines(&seen), ["pipe-0 Succeeded", "pipe-1 Succeeded", "pipe-2 Succeeded"]);
        assert!(!suspended(&seen));

        let resource = dana.applies(&scenario.one("resource-request.yaml")).await;
        let seen = dana.see(&resource, at(&["resource-pipe-0 Suspended: waiting for configmap"])).await.good();
        assert_eq!(condition(&seen, "ConfigureWorkflowCompleted"), "False WorkflowSuspended");
        assert!(suspended(&seen));
        assert!(midspan.standing().iter().all(|path| !path.contains("suspend-test")), "nothing is placed meanwhile");
        let gate_open = paul.applies(&scenario.one("configmap.yaml")).await;
        resume(&dana, &resource).await;
        dana.see(&resource, stands("Reconciled")).await;
        assert!(midspan.file("suspend-test").contains("workflow-suspend-generated"));

        // on the way out: what stands, stands until it is approved
        dana.delete(&resource).await.good();
        let seen = dana.see(&resource, |seen| suspended(&seen.body)).await.good();
        assert_eq!(pipelines(&seen), ["resource-delete-pipe Suspended: waiting for delete approval"]);
        assert_eq!(condition(&seen, "DeleteWorkflowCompleted"), "False DeleteWorkflowSuspended");
        assert!(midspan.file("suspend-test").contains("workflow-suspend-generated"));
        paul.delete(&gate_open).await.good();
        resume(&dana, &resource).await;
        dana.is_gone(&resource).await;
        assert!(midspan.standing().iter().all(|path| !path.contains("suspend-test")));

        gate(&paul, "kratix-platform-system", "workflow-suspend-promise-delete-gate").await;
        paul.delete(&promise).await.good();
        let seen = paul.see(&promise, |seen| suspended(&seen.body)).await.good();
        assert_eq!(pipelines(&seen), ["promise-delete-pipe Suspended: waiting for promise delete approval"]);
        paul.delete(&format!("{CONFIG_MAPS}/kratix-platform-system/configmaps/workflow-suspend-promise-delete-gate"))
            .await
            .good();
        resume(&paul, &promise).await;
        paul.is_gone(&promise).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_asks_to_be_run_again_is_run_again_in_its_time_or_when_somebody_says_so() {
    play("systest-workflow-control", async |midspan, scenario| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let promise = paul.applies(&scenario.one("promise-retry.yaml")).await;
        let waits =
            ["pipe-0 Succeeded", "pipe-retry Suspended: configmap workflow-retry-test not found", "pipe-2 Pending"];
        let seen = paul.see(&promise, at(&waits)).await.good();
        let pipeline = &seen["status"]["kratix"]["workflows"]["pipelines"][1];
        assert_eq!((&pipeline["attempts"], pipeline["nextRetryAt"].is_string()), (&json!(1), true), "{pipeline}");
        gate(&paul, "kratix-platform-system", "workflow-retry-test").await;
        // the ten seconds it asked for
        let seen = paul.see(&promise, stands("Reconciled")).await.good();
        assert_eq!(pipelines(&seen), ["pipe-0 Succeeded", "pipe-retry Succeeded", "pipe-2 Succeeded"]);
        assert_eq!(seen["status"]["kratix"]["workflows"]["pipelines"][1].get("nextRetryAt"), None);

        let resource = dana.applies(&scenario.one("resource-request-retry.yaml")).await;
        dana.see(&resource, at(&["resource-pipe-retry Suspended: retrying resource pipeline"])).await;
        gate(&paul, "default", "workflow-retry-resource-gate").await;
        resume(&dana, &resource).await;
        dana.see(&resource, stands("Reconciled")).await;

        dana.delete(&resource).await.good();
        dana.see(&resource, at(&["resource-delete-retry-pipe Suspended: waiting for delete gate configmap"])).await;
        gate(&paul, "default", "workflow-retry-delete-gate").await;
        resume(&dana, &resource).await;
        dana.is_gone(&resource).await;

        paul.delete(&promise).await.good();
        let waits = ["promise-delete-retry-pipe Suspended: waiting for promise delete gate configmap"];
        paul.see(&promise, at(&waits)).await;
        gate(&paul, "kratix-platform-system", "workflow-retry-promise-delete-gate").await;
        resume(&paul, &promise).await;
        paul.is_gone(&promise).await;
        assert!(paul.get(PROMISES).await.names().is_empty());
    })
    .await;
}
