//! What a command cannot reach, use up or leave behind in its sandbox.

use super::*;
use crate::steps::ground::{Fence, Limits};
use std::{path::Path, time::Instant};

fn sh(script: &str) -> StepInput {
    input("command", json!({"command": ["bash", "-c", script]}))
}

/// A world with a sandbox; `None`, said loudly, where the machine gives none.
fn fenced(limits: Limits) -> Option<World> {
    let world = World::with(|config| config.ground.limits = limits);
    if !world.fenced() {
        eprintln!("SKIPPED: no sandbox here");
        return None;
    }
    Some(world)
}

#[tokio::test]
async fn a_command_sees_the_system_its_folders_and_nothing_of_the_server() {
    let Some(world) = fenced(Limits::default()) else { return };
    std::fs::create_dir_all(&world.folder).unwrap();
    std::fs::write(world.folder.join("key"), "x").unwrap();
    let script = format!(
        "test ! -e {0}/key && test ! -e /etc/shadow && test ! -e /root && test ! -e /home && test ! -e {0} && echo hidden; \
         ls /proc | grep -c '^[0-9]' | sed 's/^[1-6]$/few/'; (echo x > /usr/x) 2>/dev/null || echo fixed; \
         (echo x > /kratix/input/y) 2>/dev/null || echo input; grep -c : /proc/net/dev; grep CapEff /proc/self/status; echo $HOME",
        world.folder.display()
    );
    let (ended, log) = world.perform(sh(&script)).await;
    done(ended);
    insta::assert_snapshot!(log.replace('\t', " "), @"
    hidden
    few
    fixed
    input
    1
    CapEff: 0000000000000000
    /tmp
    ");
}

#[tokio::test]
async fn the_network_is_there_only_for_who_asks() {
    let Some(world) = fenced(Limits::default()) else { return };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{} && echo through", listener.local_addr().unwrap().port());
    assert!(matches!(world.perform(sh(&script)).await.0, Ended::Failed { .. }));
    let (ended, _) = world.perform(input("command", json!({"command": ["bash", "-c", script], "network": true}))).await;
    assert_eq!(done(ended).1, "through");
}

#[tokio::test]
async fn what_fills_its_scratch_space_fills_no_disk() {
    let Some(world) = fenced(Limits { scratch: 8 << 20, ..Limits::default() }) else { return };
    let (ended, log) =
        world.perform(sh("head -c 20000000 /dev/zero > /tmp/big; stat -c %s /tmp/big | head -c 1")).await;
    done(ended);
    assert!(log.contains("No space left on device"), "{log}");
}

#[tokio::test]
async fn what_opens_files_without_end_is_stopped() {
    let Some(world) = fenced(Limits { open_files: 64, ..Limits::default() }) else { return };
    let (ended, log) = world.perform(sh("for i in $(seq 10 200); do eval \"exec $i</dev/null\" || exit 9; done")).await;
    check_failed(&ended, false, "exit code 9");
    assert!(log.contains("Too many open files") || log.contains("Bad file descriptor"), "{log}");
}

#[tokio::test]
async fn what_takes_memory_without_end_is_stopped() {
    let Some(world) = fenced(Limits { memory: 128 << 20, ..Limits::default() }) else { return };
    let begun = Instant::now();
    let (ended, _) = world.perform(sh("x=$(head -c 400000000 /dev/zero | tr '\\0' x); echo ${#x}")).await;
    assert!(matches!(ended, Ended::Failed { permanent: false, .. }), "{ended:?}");
    assert!(begun.elapsed() < Duration::from_mins(1));
}

#[tokio::test]
async fn a_fork_bomb_is_held_and_cleared_away() {
    if !Path::new("/sys/fs/cgroup/pids/cgroup.procs").exists()
        && !Path::new("/sys/fs/cgroup/cgroup.controllers").exists()
    {
        eprintln!("SKIPPED: no control groups here");
        return;
    }
    let Some(world) = fenced(Limits { processes: 48, ..Limits::default() }) else { return };
    let mut bomb = sh("for i in $(seq 200); do sleep 1000 & done; wait");
    bomb.step.timeout = domain::workflow::GoDuration::parse("10s");
    let key = bomb.idempotency_key.clone();
    let (ended, log) = world.perform(bomb).await;
    assert!(matches!(ended, Ended::Failed { .. }), "{ended:?}");
    assert!(log.contains("Resource temporarily unavailable"), "{log}");
    assert_eq!(command::alive(&key), 0);
    let group = Path::new("/sys/fs/cgroup/pids/midspan").join(key);
    assert!(!group.exists());
}

#[tokio::test]
async fn without_a_sandbox_the_log_says_so_and_where_one_is_required_nothing_runs() {
    let off = World::with_ground(Ground { fence: Fence::Off, ..Ground::default() });
    let (ended, log) = off.perform(sh("echo $MIDSPAN_OUTPUT; echo x > $MIDSPAN_OUTPUT/a")).await;
    assert_eq!(done(ended).0.output.len(), 1);
    assert!(log.starts_with("NO SANDBOX: this command sees all that the server sees: the server was told"), "{log}");
}
