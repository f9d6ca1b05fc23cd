//! A server with a certificate of its own: TLS for everybody, plain HTTP for this machine.
#![expect(clippy::unwrap_used, reason = "a test may fail anywhere")]

use midspan::{
    config::{ServeConfig, TlsFiles},
    serve,
};
use orchestrator::steps::ground::Ground;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Certificate, StatusCode, Version};
use std::{fs, net::SocketAddr, path::PathBuf};
use tokio::process::Command;

struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("midspan-tls-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A certificate for this machine and its key, as files.
    fn certificate(&self) -> TlsFiles {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let files = TlsFiles { certificate: self.0.join("tls.crt"), key: self.0.join("tls.key") };
        fs::write(&files.certificate, cert.pem()).unwrap();
        fs::write(&files.key, signing_key.serialize_pem()).unwrap();
        files
    }

    fn config(&self, tls: TlsFiles) -> ServeConfig {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        ServeConfig {
            data: self.0.join("data"),
            listen,
            database: None,
            dev: false,
            key_file: None,
            ground: Ground::default(),
            retention: orchestrator::Retention::default(),
            settings: midspan::settings::Settings::default(),
            tls: Some(tls),
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_port_speaks_tls_and_to_this_machine_plain_http() {
    let directory = Directory::new("port");
    let files = directory.certificate();
    let certificate = Certificate::from_pem(&fs::read(&files.certificate).unwrap()).unwrap();
    let server = serve::start(directory.config(files)).await.unwrap();
    let token = fs::read_to_string(directory.0.join("data/admin-token")).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([certificate]);
    let client = client.redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for (scheme, version) in [("https", Version::HTTP_2), ("http", Version::HTTP_11)] {
        let address = format!("{scheme}://{}/apis", server.address);
        let answer = client.get(&address).bearer_auth(token.trim()).send().await.unwrap();
        assert_eq!((answer.status(), answer.version()), (StatusCode::OK, version), "{scheme}");
        let nobody = client.get(&address).send().await.unwrap();
        assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED, "{scheme}");
    }
    let there = |path: &str| format!("https://{}{path}", server.address);
    for path in ["/", "/apis", "/nowhere", "/healthz", "/pkg/nothing.js"] {
        let answer = client.get(there(path)).send().await.unwrap();
        let told = answer.headers().get("strict-transport-security");
        assert_eq!(told.and_then(|value| value.to_str().ok()), Some("max-age=31536000"), "{path}");
    }
    let form = |path: &str, body: String| {
        let request = client.post(there(path)).header("sec-fetch-site", "same-origin");
        request.header("content-type", "application/x-www-form-urlencoded").body(body)
    };
    let signed_in = form("/sign-in", format!("token={}", token.trim())).send().await.unwrap();
    let lines = |answer: &reqwest::Response| {
        let lines = answer.headers().get_all("set-cookie").iter().map(|line| line.to_str().unwrap().to_owned());
        lines.collect::<Vec<_>>()
    };
    let begun = lines(&signed_in);
    assert!(begun[0].starts_with("__Host-midspan="), "{begun:?}");
    for word in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(begun[0].split("; ").any(|part| part == word), "{begun:?}");
    }
    let cookie = begun[0].split(';').next().unwrap_or_default().to_owned();
    let ended = form("/sign-out", String::new()).header("cookie", cookie).send().await.unwrap();
    let themed = form("/theme", "theme=dark".to_owned()).send().await.unwrap();
    for line in [lines(&ended), lines(&themed)].concat() {
        assert!(line.contains("Secure") && !line.contains("Domain"), "{line}");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_trusts_the_authority_it_is_told_of() {
    let directory = Directory::new("trust");
    let files = directory.certificate();
    let server = serve::start(directory.config(files.clone())).await.unwrap();
    let address = format!("https://{}", server.address);
    let midspan = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_midspan"));
        command.args(["get", "statestores", "--server", &address]).current_dir(&directory.0).kill_on_drop(true);
        command.env("MIDSPAN_TOKEN", fs::read_to_string(directory.0.join("data/admin-token")).unwrap().trim());
        command
    };
    let told = midspan().env("SSL_CERT_FILE", &files.certificate).output().await.unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let untold = midspan().output().await.unwrap();
    let said = String::from_utf8_lossy(&untold.stderr).into_owned();
    assert!(
        !untold.status.success() && said.contains("no trust in this server: ") && said.contains("SSL_CERT_FILE"),
        "{said}"
    );
    server.stop().await.unwrap();
}

/// Why a server does not start with these files.
async fn refused(directory: &Directory, files: TlsFiles) -> String {
    let Err(error) = serve::start(directory.config(files)).await else { panic!("the server starts") };
    format!("{error:#}").replace(&directory.0.display().to_string(), "…")
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_certificate_and_key_are_told_by_name() {
    let directory = Directory::new("files");
    let files = directory.certificate();
    let missing = TlsFiles { certificate: directory.0.join("missing.crt"), key: files.key.clone() };
    assert!(refused(&directory, missing).await.starts_with("no certificate can be read from …/missing.crt: "));
    let swapped = TlsFiles { certificate: files.key.clone(), key: files.certificate.clone() };
    assert_eq!(refused(&directory, swapped).await, "…/tls.key holds no certificate");
    let keyless = TlsFiles { certificate: files.certificate.clone(), key: files.certificate.clone() };
    assert!(refused(&directory, keyless).await.starts_with("no private key can be read from …/tls.crt"));
    fs::write(&files.key, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(
        refused(&directory, files).await.starts_with("the certificate in …/tls.crt and its key do not go together")
    );
}
