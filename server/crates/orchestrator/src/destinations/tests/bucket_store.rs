//! A bucket, on a real server of the S3 API: `moto` from PyPI, started for each test on a free port of this machine.

use super::*;
use domain::{
    ErrorKind,
    destination::{BucketCredentials, BucketStore, SecretRef},
};
use rustix::fs::{FlockOperation, flock};
use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
};

/// A server that ends with the test.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts one with the bucket `kratix`. Calls after the first `free` ones need keys that it knows, which are none.
    async fn start(free: Option<u32>) -> Option<Self> {
        let mut command = Command::new(program()?);
        command.args(["-H", "127.0.0.1", "-p", "0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        if let Some(free) = free {
            command.env("INITIAL_NO_AUTH_ACTION_COUNT", free.to_string());
        }
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        let mut lines = lines.lines().map_while(std::result::Result::ok);
        let address = lines.find_map(|line| line.split("http://").nth(1).map(|rest| rest.trim().to_owned())).unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        let server = Self { child, address };
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        let made = client.put(format!("http://{}/kratix", server.address)).send().await.unwrap();
        assert!(made.status().is_success(), "{made:?}");
        Some(server)
    }

    fn store(&self) -> BucketStore {
        let secret = SecretRef { name: "keys".to_owned(), namespace: "default".to_owned() };
        BucketStore {
            endpoint: self.address.clone(),
            name: "kratix".to_owned(),
            insecure: true,
            credentials: Some(BucketCredentials::Secret(secret)),
            ..BucketStore::default()
        }
    }

    fn target(&self) -> Target {
        Self::target_of(self.store())
    }

    fn target_of(store: BucketStore) -> Target {
        let values = [("accessKeyID", "AKIAEXAMPLE4711"), ("secretAccessKey", "sesame/4711")];
        let values = values.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec()));
        let secret = Some(SecretValues::new("default", "keys", values.into()));
        Target { secret, ..target(&Backend::Bucket(store)) }
    }

    /// Every object, asked of the server by its own protocol.
    async fn objects(&self) -> BTreeSet<String> {
        let listed = reqwest::get(format!("http://{}/kratix?list-type=2", self.address)).await.unwrap();
        let text = listed.text().await.unwrap();
        text.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()).map(str::to_owned).collect()
    }
}

/// The server's program, installed once beside the build's own files. Without Python or a registry there is none.
fn program() -> Option<PathBuf> {
    let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned();
    let folder = target.join("test-tools/moto");
    let program = folder.join("bin/moto_server");
    fs::create_dir_all(target.join("test-tools")).unwrap();
    let lock = fs::File::create(target.join("test-tools/moto.lock")).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    if !program.exists() {
        let done = |command: &mut Command| command.stdout(Stdio::null()).status().is_ok_and(|status| status.success());
        let made = done(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            && done(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "moto[server]==5.2.5"]));
        if !made {
            eprintln!("skipped: moto[server] cannot be installed from PyPI here");
            let _ = fs::remove_dir_all(&folder);
            return None;
        }
    }
    Some(program)
}

fn bucket_stores() -> (Scratch, Stores) {
    let scratch = Scratch::new();
    let stores = stores(&scratch.at("cache"));
    (scratch, stores)
}

const NOTE: &str = ".midspan/store-1.fence";

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_holds_what_is_wanted_and_nothing_stale() {
    let Some(server) = Server::start(None).await else { return };
    let (_scratch, stores) = bucket_stores();
    let first = [wanted("dev/shop", [("a.yaml", "1"), ("deep/b [1].yaml", "1")]), wanted("dev/other", [("x", "1")])];
    assert!(stores.write(&server.target(), &first, NOW).await.unwrap().changed);
    assert!(!stores.write(&server.target(), &first, NOW).await.unwrap().changed, "the second time changes nothing");
    let second = [wanted("dev/shop", [("a.yaml", "2")]), wanted("dev/other", [])];
    assert!(stores.write(&server.target(), &second, NOW).await.unwrap().changed);
    assert_eq!(server.objects().await, BTreeSet::from([NOTE.to_owned(), "dev/shop/a.yaml".to_owned()]));
    let read = stores.read(&server.target(), "dev/shop").await.unwrap();
    assert_eq!(read, BTreeMap::from([("a.yaml".to_owned(), Bytes::from_static(b"2"))]));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_among_others_come_and_go_in_a_bucket_too() {
    let Some(server) = Server::start(None).await else { return };
    let (_scratch, stores) = bucket_stores();
    let listed = |stand: &[(&str, &str)]| Wanted {
        shape: Shape::Listed {
            ledger: ".kratix/default-p.yaml".to_owned(),
            store_path: "top".to_owned(),
            kept: BTreeSet::new(),
        },
        files: stand.iter().map(|(path, text)| ((*path).to_owned(), Bytes::copy_from_slice(text.as_bytes()))).collect(),
        ..wanted("top/dev", [])
    };
    let target = Server::target_of(BucketStore { path: "top".to_owned(), ..server.store() });
    stores
        .write(&target, &[wanted("top/dev/theirs", [("x", "1")]), listed(&[("a", "1"), ("b", "1")])], NOW)
        .await
        .unwrap();
    stores.write(&target, &[listed(&[("b", "2")])], NOW).await.unwrap();
    let names = ["top/.midspan/store-1.fence", "top/dev/.kratix/default-p.yaml", "top/dev/b", "top/dev/theirs/x"];
    assert_eq!(server.objects().await, names.map(str::to_owned).into());
    stores.write(&target, &[listed(&[])], NOW).await.unwrap();
    assert_eq!(server.objects().await, [names[0], names[3]].map(str::to_owned).into());
}

/// Without the question in `bucket::write` the late write goes through and this fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_writer_finds_its_successors_fence_in_the_bucket() {
    let Some(server) = Server::start(None).await else { return };
    let (_scratch, stores) = bucket_stores();
    let write = async |fence: i64, content: &str| {
        let shop = [Wanted { fence, ..wanted("dev/shop", [("x", content)]) }];
        stores.write(&server.target(), &shop, NOW).await
    };
    write(5, "old").await.unwrap();
    write(7, "new").await.unwrap();
    assert_eq!(write(6, "late").await, Err(Unwritten::Overtaken(7)));
    assert_eq!(stores.read(&server.target(), "dev/shop").await.unwrap()["x"], "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_a_bucket_writes_for_real_and_leaves_nothing_behind() {
    let Some(server) = Server::start(None).await else { return };
    let (_scratch, stores) = bucket_stores();
    stores.check(&server.target()).await.unwrap();
    assert_eq!(server.objects().await, BTreeSet::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_bucket_from_being_written_is_told_without_its_keys() {
    let Some(server) = Server::start(Some(1)).await else { return };
    let (_scratch, stores) = bucket_stores();
    let told = async |target: Target, kind: ErrorKind, words: &str| {
        let error = stores.check(&target).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(words) && !error.to_string().contains("4711"), "{error}");
    };
    told(server.target(), ErrorKind::Forbidden, "does not let Midspan write").await;
    let closed = BucketStore { endpoint: "127.0.0.1:1".to_owned(), ..server.store() };
    told(Server::target_of(closed), ErrorKind::ServiceUnavailable, "cannot write").await;
    told(Target { secret: None, ..server.target() }, ErrorKind::NotFound, "the secret \"default/keys\"").await;
    let open = Server::start(None).await.unwrap();
    let other = BucketStore { name: "nowhere".to_owned(), ..open.store() };
    told(Server::target_of(other), ErrorKind::NotFound, "there is no bucket \"nowhere\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_a_bucket_sees_what_stands_and_a_write_spares_what_is_others() {
    use super::sight::{asked, looks};
    let Some(server) = Server::start(None).await else { return };
    let (_scratch, stores) = bucket_stores();
    let shop = |text: &str| {
        [Wanted { spared: vec!["*.lock".to_owned()], ..wanted("dev/shop", [("a", text), ("b.lock", text)]) }]
    };
    stores.write(&server.target(), &shop("1"), NOW).await.unwrap();
    let question = asked("dev/shop", true, [("a", "1"), ("b.lock", "1")]);
    assert_eq!(looks(&stores, &server.target(), question.clone()).await, "a=as placed, b.lock=as placed");
    let theirs = wanted("dev/shop", [("a", "changed"), ("b.lock", "theirs"), ("c.lock", "mine"), ("x", "mine")]);
    stores.write(&server.target(), &[theirs], NOW).await.unwrap();
    let seen = looks(&stores, &server.target(), question.clone()).await;
    assert_eq!(seen, "a=now \"changed\", b.lock=now \"theirs\", c.lock=now \"mine\", x=now \"mine\"");
    stores.write(&server.target(), &shop("1"), NOW).await.unwrap();
    let seen = looks(&stores, &server.target(), question).await;
    assert_eq!(seen, "a=as placed, b.lock=now \"theirs\", c.lock=now \"mine\"");
}
