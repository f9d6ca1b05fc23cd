//! Real processes: what they are given, what is taken from them, and that none survives.

use super::*;
use std::fs;

fn sh(script: &str) -> StepInput {
    input("command", json!({"command": ["sh", "-c", script]}))
}

/// The processes that carry this text in their environment or their command line.
pub fn alive(marker: &str) -> usize {
    let carries = |file: PathBuf| fs::read(file).is_ok_and(|text| String::from_utf8_lossy(&text).contains(marker));
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|entry| {
            entry
                .file_name()
                .to_str()
                .is_some_and(|name| name.parse::<u32>().is_ok_and(|pid| pid != std::process::id()))
        })
        .filter(|entry| carries(entry.path().join("environ")) || carries(entry.path().join("cmdline")))
        .count()
}

#[tokio::test]
async fn a_command_reads_the_object_and_leaves_files() {
    let world = World::new();
    let mut input = sh(
        "set -e; test -f \"$MIDSPAN_OUTPUT/before.txt\"; grep -q 'name: shop' \"$MIDSPAN_INPUT/object.yaml\"; mkdir \"$MIDSPAN_OUTPUT/deep\"; \
                        printf made > kratix/output/deep/a.txt; printf 'phase: ok' > \"$MIDSPAN_METADATA/status.yaml\"; rm kratix/output/before.txt; echo done",
    );
    input.before.output.insert("before.txt".into(), "x".into());
    input.before.metadata.insert("notes".into(), "y".into());
    let (ended, log) = world.perform(input).await;
    let (folders, message) = done(ended);
    assert_eq!(folders.output.into_iter().collect::<Vec<_>>(), [("deep/a.txt".to_owned(), Bytes::from("made"))]);
    assert_eq!(folders.metadata.keys().collect::<Vec<_>>(), ["notes", "status.yaml"]);
    assert_eq!((message.as_str(), log.as_str()), ("done", "done\n"));
    assert!(world.is_clean());
}

#[tokio::test]
async fn the_environment_is_the_contract_and_nothing_else() {
    let mut input = input(
        "command",
        json!({"command": ["env"], "env": {"SIZE": "{{ spec.size }}", "EVIL": "$(id)`id`", "PORT": 5}}),
    );
    input.step.env.insert("PLAIN".into(), "yes".into());
    let (run, key) = (input.run.clone(), input.idempotency_key.clone());
    let (ended, log) = World::new().perform(input).await;
    done(ended);
    let mut lines: Vec<_> = log
        .lines()
        .filter(|line| !["PWD=", "SHLVL=", "_=", "OLDPWD="].iter().any(|shell| line.starts_with(shell)))
        .map(|line| line.replace(&run, "RUN").replace(&key, "KEY"))
        .collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"), @"
    EVIL=$(id)`id`
    HOME=/tmp
    KRATIX_CLUSTER_SCOPED=false
    KRATIX_CRD_PLURAL=postgresqls
    KRATIX_OBJECT_GROUP=data.example.com
    KRATIX_OBJECT_KIND=Postgresql
    KRATIX_OBJECT_NAME=shop
    KRATIX_OBJECT_NAMESPACE=default
    KRATIX_OBJECT_VERSION=v1
    KRATIX_PIPELINE_NAME=render
    KRATIX_PROMISE_NAME=postgresql
    KRATIX_WORKFLOW_ACTION=configure
    KRATIX_WORKFLOW_TYPE=resource
    LANG=C.UTF-8
    MIDSPAN_FENCE=7
    MIDSPAN_IDEMPOTENCY_KEY=KEY
    MIDSPAN_INPUT=/kratix/input
    MIDSPAN_METADATA=/kratix/metadata
    MIDSPAN_OUTPUT=/kratix/output
    MIDSPAN_RUN=RUN
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    PLAIN=yes
    PORT=5
    SIZE=small
    ");
}

#[tokio::test]
async fn standard_input_is_a_template_and_arguments_are_not() {
    let (ended, log) = World::new()
        .perform(input(
            "command",
            json!({"command": ["sh", "-c", "cat; echo \"$0\"", "{{ spec.x }}"], "stdin": "{{ spec.x }}!\n"}),
        ))
        .await;
    done(ended);
    assert_eq!(log, "value!\n{{ spec.x }}\n");
}

#[tokio::test]
async fn a_failure_tells_its_code_and_last_words_and_may_be_tried_again() {
    let (ended, log) = World::new().perform(sh("echo one; echo no disk hunter-two >&2; exit 3")).await;
    assert_eq!(
        ended,
        Ended::Failed {
            message: "exit code 3: no disk ***".into(),
            exit_code: Some(3),
            permanent: false,
            unclear: false
        }
    );
    assert!(log.contains("one\n") && !log.contains("hunter"), "{log}");
}

#[tokio::test]
async fn a_definition_that_cannot_work_is_refused() {
    let world = World::new();
    for (with, expected) in [
        (json!({"command": ["no-such-program-anywhere"]}), "cannot start \"no-such-program-anywhere\""),
        (json!({"command": []}), "with.command"),
        (json!({"command": ["true"], "shell": true}), "with.shell"),
        (json!({"command": ["true"], "env": {"MIDSPAN_RUN": "x"}}), "set by the orchestrator"),
        (json!({"command": ["true"], "env": {"A": "{{ spec.nope }}"}}), "with.env.A line 1"),
        (json!({"command": ["true"], "env": {"A=B": "x"}}), "not the name of a variable"),
    ] {
        check_failed(&world.perform(input("command", with)).await.0, true, expected);
    }
}

#[tokio::test]
async fn only_regular_files_of_reasonable_size_are_taken() {
    let world = World::new();
    for (script, expected) in [
        ("ln -s /etc/passwd kratix/output/a", "/kratix/output/a: is a symbolic link"),
        ("ln -s /etc kratix/output/a", "/kratix/output/a: is a symbolic link"),
        ("mkfifo kratix/metadata/p", "/kratix/metadata/p: is a Fifo"),
        ("rm -r kratix/output; ln -s /etc kratix/output", "/kratix/output: "),
        ("rm -r kratix/metadata", "/kratix/metadata: "),
        ("head -c 5000000 /dev/zero > kratix/output/big", "is larger than"),
        ("for i in 1 2 3 4 5; do head -c 4000000 /dev/zero > kratix/output/$i; done", "holds more than"),
        ("i=0; while [ $i -lt 1001 ]; do : > kratix/output/$i; i=$((i+1)); done", "holds more than"),
        ("mkdir -p kratix/output/.git; : > kratix/output/.git/config", ".git"),
        ("d=kratix/output; i=0; while [ $i -lt 40 ]; do d=$d/d; i=$((i+1)); done; mkdir -p $d", "nest deeper"),
    ] {
        check_failed(&world.perform(sh(script)).await.0, true, expected);
    }
    assert!(world.is_clean());
}

#[tokio::test]
async fn a_step_that_hangs_is_ended_with_all_it_started() {
    for script in [
        "sleep 1000",
        "trap '' TERM INT HUP; while :; do sleep 1; done",
        "setsid sh -c 'sleep 1000 & sleep 1000' & sleep 1000",
        "(setsid sh -c 'trap \"\" TERM; sleep 1000' >/dev/null 2>&1 </dev/null &); sleep 1000",
        "(env -i setsid sleep 1000.$MIDSPAN_FENCE &) ; sleep 1000",
    ] {
        let mut input = sh(script);
        input.step.timeout = domain::workflow::GoDuration::parse("300ms");
        let key = input.idempotency_key.clone();
        let (ended, _) = World::new().perform(input).await;
        check_failed(&ended, false, "timed out");
        assert_eq!(alive(&key), 0, "{script}");
    }
}

#[tokio::test]
async fn what_a_finished_step_left_running_is_ended_too() {
    let input = sh("setsid sleep 1000 & sleep 1000 & echo ok");
    let key = input.idempotency_key.clone();
    let (ended, _) = World::new().perform(input).await;
    assert_eq!(done(ended).1, "ok");
    assert_eq!(alive(&key), 0);
}

#[tokio::test]
async fn an_orphan_that_cleared_its_environment_is_known_by_where_it_stands() {
    // an init that buries orphans is needed for them to have parent 1
    let nap = format!("1000.{}", std::process::id());
    let (ended, _) =
        World::new().perform(sh(&format!("(env -i setsid sleep {nap} >/dev/null 2>&1 </dev/null &); echo ok"))).await;
    done(ended);
    eventually("it is gone", || alive(&nap) == 0).await;
}

#[tokio::test]
async fn a_cancelled_step_ends_soon() {
    let (input, cancel) = (sh("echo started; sleep 1000"), CancellationToken::new());
    let key = input.idempotency_key.clone();
    let (world, stop) = (World::new(), cancel.clone());
    let (outcome, ()) = tokio::join!(world.perform_until(input, cancel), async {
        eventually("it runs", || alive(&key) > 0).await;
        stop.cancel();
    });
    check_failed(&outcome.0, false, "cancelled");
    assert_eq!(alive(&key), 0);
}

#[tokio::test]
async fn a_dropped_step_leaves_nothing_behind() {
    let input = sh("setsid sleep 1000 & sleep 1000");
    let key = input.idempotency_key.clone();
    let world = World::new();
    let runner = world.runner.clone();
    let performing =
        tokio::spawn(async move { runner.perform(input, LogSink::discard(), CancellationToken::new()).await });
    eventually("it runs", || alive(&key) >= 3).await;
    performing.abort();
    eventually("it is gone", || alive(&key) == 0).await;
}

#[tokio::test]
async fn reaping_a_step_ends_what_an_earlier_server_left_of_it_and_nothing_else() {
    let world = World::new();
    let orphan = |input: &StepInput| {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "setsid sleep 1000 & wait"]).env("MIDSPAN_IDEMPOTENCY_KEY", &input.idempotency_key);
        command.spawn().unwrap()
    };
    let (mine, beside) = (sh("true"), sh("true"));
    let beside = StepInput { run: mine.run.clone(), ..beside };
    let key = |input: &StepInput| input.idempotency_key.clone();
    let (mut mine_child, mut beside_child) = (orphan(&mine), orphan(&beside));
    eventually("both run", || alive(&key(&mine)) >= 2 && alive(&key(&beside)) >= 2).await;
    let room = world.folder.join(&mine.run).join(key(&mine));
    fs::create_dir_all(room.join("kratix")).unwrap();
    world.runner.reap(&mine).await;
    mine_child.wait().unwrap();
    assert_eq!(alive(&key(&mine)), 0);
    assert!(alive(&key(&beside)) >= 2 && !room.exists());
    world.runner.reap(&beside).await;
    beside_child.wait().unwrap();
    assert_eq!(alive(&key(&beside)), 0);
}

#[tokio::test]
async fn a_flood_is_cut_and_memory_stays_small() {
    for script in ["yes | head -c 1000000000", "head -c 1000000000 /dev/zero", "head -c 300000000 /dev/urandom"] {
        let before = resident();
        let (ended, log) = World::new().perform(sh(script)).await;
        done(ended);
        assert!(log.len() <= log::MAX_LOG_BYTES + 100, "{}", log.len());
        assert!(log.contains("truncated "), "{script}");
        drop(log);
        // the test itself holds the log it was given
        assert!(resident() < before + 64 * 1024 * 1024, "{before} -> {}", resident());
    }
}

fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test]
async fn a_reader_that_stopped_reading_does_not_hold_up_the_step() {
    let (sender, pieces) = mpsc::channel(1);
    let ended = World::new()
        .runner
        .perform(sh("yes | head -c 5000000; echo end >&2"), LogSink::new(sender), CancellationToken::new())
        .await;
    assert_eq!(done(ended).1, "end");
    drop(pieces);
}

#[tokio::test]
async fn a_program_that_does_not_read_its_input_is_not_held_up_by_it() {
    let (ended, _) =
        World::new().perform(input("command", json!({"command": ["true"], "stdin": "x".repeat(900_000)}))).await;
    done(ended);
}
