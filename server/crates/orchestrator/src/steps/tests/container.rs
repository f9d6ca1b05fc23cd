//! Real containers where the machine has podman, and what takes an image's place where it has not.

use super::*;
use crate::steps::ground::{Containers, ImageMap};
use std::process::Command;

const IMAGE: &str = "localhost/midspan-steps-test:1";
const PODMAN: [&str; 6] = ["--runtime", "runc", "--cgroup-manager", "cgroupfs", "--storage-driver", "vfs"];

fn podman(arguments: &[&str]) -> std::io::Result<std::process::Output> {
    Command::new("podman").args(PODMAN).args(arguments).output()
}

/// A world with podman and an image that is nothing but busybox; `None`, said loudly, where there is neither.
fn boxed() -> Option<World> {
    static MADE: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    let made = *MADE.get_or_init(|| {
        let here = ["/bin/busybox", "/usr/bin/podman"].iter().all(|file| std::path::Path::new(file).exists());
        let folder = std::env::temp_dir().join(format!("midspan-image-{}", std::process::id()));
        let recipe = "FROM scratch\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\nENV PATH=/bin\nENTRYPOINT [\"/bin/busybox\", \"echo\"]\n";
        here && std::fs::create_dir_all(&folder).is_ok()
            && std::fs::copy("/bin/busybox", folder.join("busybox")).is_ok()
            && std::fs::write(folder.join("Containerfile"), recipe).is_ok()
            && podman(&["build", "--isolation=chroot", "-q", "-t", IMAGE, folder.to_str().unwrap()]).is_ok_and(|built| built.status.success())
    });
    if !made {
        eprintln!("SKIPPED: podman or busybox-static is not installed");
        return None;
    }
    Some(World::with(|config| {
        config.ground.containers = Containers {
            runtime: Some("podman".into()),
            arguments: PODMAN.map(str::to_owned).to_vec(),
            environment: vec![("HOME".into(), "/root".into())],
            ..Containers::default()
        };
    }))
}

fn sh(script: &str) -> StepInput {
    input("container", json!({"image": IMAGE, "command": ["/bin/sh", "-c"], "args": [script]}))
}

#[tokio::test]
async fn a_container_finds_the_contracts_folders_and_variables() {
    let Some(world) = boxed() else { return };
    let mut input = sh("set -e; alias id='busybox id'; busybox grep -q 'name: shop' /kratix/input/object.yaml; \
         busybox test -f /kratix/output/before.txt; ! echo x 2>/dev/null > /kratix/input/y; \
         busybox mkdir /kratix/output/deep; echo made > /kratix/output/deep/a.txt; echo 'phase: ok' > /kratix/metadata/status.yaml; \
         busybox env | busybox grep ^KRATIX_ | busybox sort | busybox head -3; echo $GREETING");
    input.step.with["env"] = json!([{"name": "GREETING", "value": "hello $(KRATIX_OBJECT_NAME)"}]);
    input.before.output.insert("before.txt".into(), "x".into());
    let (ended, log) = world.perform(input).await;
    let (folders, message) = done(ended);
    assert_eq!(folders.output.keys().collect::<Vec<_>>(), ["before.txt", "deep/a.txt"]);
    assert_eq!(folders.metadata.keys().collect::<Vec<_>>(), ["status.yaml"]);
    assert_eq!(message, "hello shop");
    insta::assert_snapshot!(log, @"
    KRATIX_CLUSTER_SCOPED=false
    KRATIX_CRD_PLURAL=postgresqls
    KRATIX_OBJECT_GROUP=data.example.com
    hello shop
    ");
    assert!(world.is_clean());
}

#[tokio::test]
async fn arguments_alone_go_to_the_images_entry_point_and_a_failure_tells_its_code() {
    let Some(world) = boxed() else { return };
    let (ended, _) = world.perform(input("container", json!({"image": IMAGE, "args": ["said"]}))).await;
    assert_eq!(done(ended).1, "said");
    let (ended, _) = world.perform(sh("echo no disk >&2; exit 3")).await;
    assert_eq!(
        ended,
        Ended::Failed { message: "exit code 3: no disk".into(), exit_code: Some(3), permanent: false, unclear: false }
    );
}

#[tokio::test]
async fn a_container_that_hangs_is_ended_and_gone() {
    let Some(world) = boxed() else { return };
    let mut input = sh("trap '' TERM; while :; do busybox sleep 1; done");
    input.step.timeout = domain::workflow::GoDuration::parse("2s");
    let label = format!("label=midspan.step={}", input.idempotency_key);
    check_failed(&world.perform(input).await.0, false, "timed out");
    let left = podman(&["ps", "--all", "--quiet", "--filter", &label]).unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
}

#[tokio::test]
async fn a_container_an_earlier_server_left_is_found_by_its_name_and_reaped() {
    let Some(world) = boxed() else { return };
    let input = sh("busybox sleep 1000");
    let label = format!("label=midspan.step={}", input.idempotency_key);
    let count = || {
        String::from_utf8_lossy(&podman(&["ps", "--all", "--quiet", "--filter", &label]).unwrap().stdout)
            .lines()
            .count()
    };
    let (runner, again) = (world.runner.clone(), input.clone());
    let performing =
        tokio::spawn(async move { runner.perform(input, LogSink::discard(), CancellationToken::new()).await });
    eventually("it runs", || count() == 1).await;
    world.runner.reap(&again).await;
    assert_eq!(count(), 0);
    // its client is told by the container's end, or killed as a process of the attempt before it hears of it
    let ended = performing.await.unwrap();
    assert!(matches!(ended, Ended::Failed { permanent: false, .. }), "{ended:?}");
}

#[tokio::test]
async fn secrets_config_maps_and_shared_folders_reach_containers_and_no_log() {
    let Some(world) = boxed() else { return };
    let volumes = json!([
        {"name": "shared", "emptyDir": {}}, {"name": "conf", "configMap": {"name": "settings"}}, {"name": "keys", "secret": {"secretName": "aws"}}
    ]);
    let mounts = json!([
        {"name": "shared", "mountPath": "/shared"}, {"name": "conf", "mountPath": "/etc/app"}, {"name": "keys", "mountPath": "/keys"}
    ]);
    let prepared = |script: &str| {
        let mut input = sh(script);
        input.volumes = serde_json::from_value(volumes.clone()).unwrap();
        input.step.with["volumeMounts"] = mounts.clone();
        input.step.with["env"] = json!([{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "aws", "key": "id"}}}]);
        input.step.with["envFrom"] = json!([{"prefix": "APP_", "configMapRef": {"name": "settings"}}]);
        input.given.secrets.insert("aws".into(), [("id".to_owned(), b"AKIA-topsecret\nline2".to_vec())].into());
        input.given.config_maps.insert("settings".into(), [("mode".to_owned(), b"fast".to_vec())].into());
        input.secrets_to_mask.extend(input.given.to_mask());
        input.run = format!("run_shared{}", std::process::id());
        input.last = false;
        input
    };
    let script = "set -e; echo \"$KEY\" > /shared/key; echo \"$KEY\"; busybox cat /keys/id; echo; busybox cat /etc/app/mode; echo; echo $APP_mode";
    let (ended, log) = world.perform(prepared(script)).await;
    done(ended);
    assert_eq!(log, "***\n***\nfast\nfast\n");
    let mut second = prepared("busybox wc -l < /shared/key");
    second.last = true;
    assert_eq!(done(world.perform(second).await.0).1, "2");
    assert!(!world.folder.join("volumes").read_dir().is_ok_and(|mut left| left.next().is_some()));
}

#[tokio::test]
async fn a_missing_secret_is_waited_for_by_name() {
    let step =
        json!({"image": IMAGE, "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "aws", "key": "id"}}}]});
    check_failed(
        &World::new().perform(input("container", step)).await.0,
        false,
        "there is no Secret \"aws\" with a key \"id\" in namespace \"default\"",
    );
}

#[tokio::test]
async fn a_server_without_a_runtime_says_what_to_do() {
    let world = World::with(|config| config.ground.containers.runtime = Some("no-such-runtime".into()));
    let (ended, _) = world.perform(input("container", json!({"image": "x"}))).await;
    check_failed(&ended, true, "no container runtime: no-such-runtime not found");
    check_failed(&ended, true, "--image-map");
}

#[tokio::test]
async fn a_local_program_takes_the_place_of_an_image_under_the_same_contract() {
    let map = "ghcr.io/acme/tool: {command: [/bin/sh, -c]}\nghcr.io/acme/any: {command: []}";
    let world = World::with(|config| config.ground.containers.images = ImageMap::parse(map, "map").unwrap());
    let script = "cat /kratix/input/object.yaml > $MIDSPAN_OUTPUT/copy.yaml; echo $KRATIX_OBJECT_NAME $SIZE $(SIZE)";
    let with = json!({"image": "ghcr.io/acme/tool:v1", "args": [script], "env": [{"name": "SIZE", "value": "3"}]});
    if !world.fenced() {
        eprintln!("SKIPPED: no sandbox here");
        return;
    }
    let (folders, message) = done(world.perform(input("container", with)).await.0);
    assert_eq!((folders.output.keys().next().unwrap().as_str(), message.as_str()), ("copy.yaml", "shop 3 3"));
    let with = json!({"image": "ghcr.io/acme/any", "command": ["echo"], "args": ["own"]});
    assert_eq!(done(world.perform(input("container", with)).await.0).1, "own");
}
