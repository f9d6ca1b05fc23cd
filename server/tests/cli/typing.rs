//! Who one is, what is applied, listed and logged.

use crate::terminal::{Said, Terminal};
use std::{fs, path::Path, process::Stdio};

fn starter(file: &str) -> String {
    fs::read_to_string(Path::new("../examples/starter").join(file)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_one_is_follows_from_what_was_given_and_is_told() {
    let here = Terminal::open("whoami").await;
    let nobody = here.run("whoami").await;
    assert!(nobody.out.contains("dana") && nobody.out.contains("none; a --dev server"), "{nobody:?}");
    let paul = here.paul("whoami").await;
    assert!(paul.out.contains("paul") && paul.out.contains("dev/tokens/platform"), "{paul:?}");
    here.file("promise.yaml", &starter("redis/promise.yaml"));
    let refused = here.run("token list").await;
    assert_eq!(refused.code, Some(4));
    assert!(refused.err.contains("export MIDSPAN_TOKEN_FILE=DATA/dev/tokens/platform"), "{refused:?}");
    // what the environment says is nobody's slip
    let slip = here.paul("drift").await.refused(2);
    assert!(
        slip.contains("Usage: midspan drift") && !slip.contains("--token-file <") && !slip.contains("--server <"),
        "{slip}"
    );

    let made = here.paul("token create ana --role developer --expires 90d").await;
    assert!(made.err.contains("for ana (developer), good until "), "{made:?}");
    let ana = here.command("whoami").env("MIDSPAN_TOKEN", made.out.trim()).output().await.unwrap();
    let ana = Said::from(ana);
    assert!(ana.out.contains("ana") && ana.out.contains("MIDSPAN_TOKEN"), "{ana:?}");
    let list = here.paul("token list").await.out;
    let name = list.lines().find(|line| line.contains(" ana ")).unwrap().split_whitespace().next().unwrap();
    assert_eq!(here.paul(&format!("token revoke {name}")).await.out, format!("token/{name} revoked\n"));
    here.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_a_real_one_would_and_a_slip_is_no_unchanged() {
    let here = Terminal::open("apply").await;
    let request = starter("redis/request.yaml");
    here.file("deep/er/request.yaml", &request);
    here.file("deep/README.md", "");
    let nothing = here.run("apply -f deep").await;
    assert_eq!(nothing.code, Some(2));
    assert!(
        nothing.err.contains("passed over: 1 file not ending in .yaml, .yml or .json, 1 folder (-R reads them too)")
    );
    assert_eq!(here.run("apply -R -f deep").await.out, "redis/sessions created\n");
    assert_eq!(here.run("apply -R -f deep --dry-run").await.out, "redis/sessions unchanged (server dry run)\n");
    assert_eq!(here.run("apply -f deep/er/request.yaml").await.out, "redis/sessions unchanged\n");
    here.file("slip.yaml", &request.replace("spec:", "specs:"));
    let slip = here.run("apply -f slip.yaml").await;
    assert_eq!((slip.code, slip.out.as_str()), (Some(1), ""));
    assert!(slip.err.contains("slip.yaml: Redis in version \"v1\"") && slip.err.contains("unknown field \"specs\""));
    here.file("twice.yaml", "kind: Redis\nmetadata:\n  name: a\n  name: b\n");
    let twice = here.run("apply -f twice.yaml").await;
    assert_eq!(twice.err, "error: twice.yaml:4:3: the key \"name\" is given twice in one mapping; keep one of them\n");
    here.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn several_kinds_are_listed_at_once_and_a_reader_may_leave_early() {
    let here = Terminal::open("get").await;
    let both = here.run("get promises,destinations").await;
    assert!(
        both.out.contains("promise/redis ") && both.out.contains("\n\nNAME") && both.out.contains("destination/dev ")
    );
    assert_eq!(here.run("get all").await.err, "No resources found in namespace default.\n");
    assert!(here.run("get promises,destinations -o yaml").await.out.starts_with("apiVersion: v1\n"));
    let mut left = here.command("get promises -o yaml").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(left.stdout.take());
    let left = left.wait_with_output().await.unwrap();
    assert_eq!((left.status.code(), String::from_utf8(left.stderr).unwrap().as_str()), (Some(141), ""));
    here.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_cannot_start_says_so_where_its_log_would_be() {
    let here = Terminal::open("logs").await;
    let steps = "{name: run, uses: command, retry: {attempts: 1}, with: {command: [no-such-program]}}";
    here.file(
        "promise.yaml",
        &format!(
            "apiVersion: midspan.dev/v1alpha1\nkind: Promise\nmetadata: {{name: thing}}\nspec:\n  api: {{group: demo.example.com, version: v1, kind: Thing}}\n  workflows: {{resource: {{configure: [{{name: make, steps: [{steps}]}}]}}}}\n"
        ),
    );
    here.file("thing.yaml", "apiVersion: demo.example.com/v1\nkind: Thing\nmetadata: {name: a}\n");
    assert_eq!(here.paul("apply -f promise.yaml").await.code, Some(0));
    assert_eq!(here.run("apply -f thing.yaml").await.code, Some(0));
    here.run("wait thing/a --for=condition=ConfigureWorkflowCompleted=False --timeout=30s").await;
    here.run("wait thing/a --for=condition=Ready=False --timeout=30s").await;
    let logs = here.run("logs -f thing/a").await;
    assert!(
        logs.err.contains(
            "has written no log.\nstep make/run failed: cannot start \"no-such-program\": there is no such program"
        ),
        "{logs:?}"
    );
    here.server.stop().await.unwrap();
}
