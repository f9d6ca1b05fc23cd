//! The command line as people type it, against a real server: what it prints, where it complains, and how it exits.
#![expect(clippy::unwrap_used, reason = "a test may fail anywhere")]

use midspan::{
    config::ServeConfig,
    serve::{self, Running},
};
use orchestrator::{Retention, steps::ground::Ground};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};
use tokio::process::Command;

/// A server in a folder of its own, and a terminal in it.
struct Terminal {
    server: Running,
    home: Home,
}

/// A directory that is gone when this is dropped.
struct Home(PathBuf);

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Terminal {
    async fn open(name: &str) -> Self {
        let home = Home(std::env::temp_dir().join(format!("midspan-cli-{name}-{}", std::process::id())));
        fs::create_dir_all(&home.0).unwrap();
        let config = ServeConfig {
            // where a client once looked for a token by itself
            data: home.0.join(ServeConfig::DATA),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database: None,
            dev: true,
            key_file: None,
            ground: Ground::default(),
            retention: Retention::default(),
            tls: None,
        };
        Self { server: serve::start(config).await.unwrap(), home }
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_midspan"));
        command.args(words.split_whitespace()).current_dir(&self.home.0).stdin(Stdio::null()).kill_on_drop(true);
        command.env_clear().env("PATH", "/usr/bin:/bin");
        command.env("MIDSPAN_SERVER", format!("http://{}", self.server.address));
        command
    }

    async fn run(&self, words: &str) -> Said {
        Said::from(self.command(words).output().await.unwrap())
    }

    /// As paul, who runs the platform.
    async fn paul(&self, words: &str) -> Said {
        let token = Path::new(ServeConfig::DATA).join("dev/tokens/platform");
        Said::from(self.command(words).env("MIDSPAN_TOKEN_FILE", token).output().await.unwrap())
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.home.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// What a command said, and its exit code.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        Self { code: output.status.code(), out, err }
    }
}

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
