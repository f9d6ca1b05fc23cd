//! Where a request comes from: the connection says so, and a proxy only if it is named.

use crate::{
    midspan::{Midspan, few_attempts, in_earnest, in_earnest_with},
    people::{Answer, Person},
};
use midspan::settings::{Network, Settings};
use reqwest::Method;
use store::AuditQuery;

const FORM: &str = "application/x-www-form-urlencoded";

async fn guesses(stranger: &Person, forwarded: &str) -> Answer {
    let headers = [("sec-fetch-site", "same-origin"), ("content-type", FORM), ("x-forwarded-for", forwarded)];
    stranger.ask(Method::POST, "/sign-in", &headers, b"token=mspn_wrong".to_vec()).await
}

/// The addresses in the audit log, without those of the server itself.
async fn addresses(midspan: &Midspan) -> Vec<String> {
    let audit = midspan.running.services.store.audit(&AuditQuery::default()).await.unwrap();
    let told = audit.iter().filter_map(|line| line.entry.data["address"].as_str());
    let mut told: Vec<_> = told.filter(|address| !address.is_empty()).map(ToOwned::to_owned).collect();
    told.dedup();
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stranger_says_of_their_address_counts_for_nothing() {
    in_earnest_with(&few_attempts(), async |midspan| {
        let (stranger, admin) = (midspan.stranger(), midspan.admin());
        let mut last = 0;
        for n in 0..10 {
            last = guesses(&stranger, &format!("198.51.100.{n}")).await.code;
        }
        assert_eq!(last, 429, "another address each time is still one");

        let headers = [
            ("content-type", "application/json"),
            ("x-forwarded-for", "198.51.100.1"),
            ("forwarded", "for=198.51.100.1;proto=https;host=evil.example"),
            ("x-real-ip", "198.51.100.1"),
        ];
        let namespace = br#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}}"#;
        assert_eq!(admin.ask(Method::POST, "/api/v1/namespaces", &headers, namespace.to_vec()).await.code, 201);
        assert_eq!(addresses(midspan).await, ["127.0.0.1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_says_by_which_name_or_scheme_browsers_come() {
    in_earnest(async |midspan| {
        let headers = [
            ("content-type", FORM),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=198.51.100.1;proto=https;host=evil.example"),
        ];
        let device = midspan.stranger().ask(Method::POST, "/auth/device", &headers, Vec::new()).await;
        assert_eq!((device.code, device.text.contains("evil.example")), (200, false), "{}", device.text);
        let own = format!("http://{}/device", midspan.address);
        assert_eq!(device.body["verification_uri"], own);
        let page = midspan.stranger().ask(Method::GET, "/catalog", &headers, Vec::new()).await;
        assert_eq!((page.code, page.text.contains("evil.example")), (401, false));
        assert!(!page.headers.contains_key("strict-transport-security"), "it came in the clear");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_proxy_says_who_comes_and_nobody_locks_others_out() {
    let trusted_proxies = vec![Network::parse("127.0.0.1").unwrap()];
    let settings = Settings { trusted_proxies, ..few_attempts() };
    in_earnest_with(&settings, async |midspan| {
        let stranger = midspan.stranger();
        let mut last = 0;
        for n in 0..10 {
            // what the client itself has sent stands before what the proxy writes
            last = guesses(&stranger, &format!("203.0.113.{n}, 198.51.100.1")).await.code;
        }
        assert_eq!(last, 429);
        assert_eq!(guesses(&stranger, "198.51.100.2").await.code, 401, "somebody else is not held up");
        let headers = [("content-type", "application/json"), ("x-forwarded-for", "203.0.113.7, 198.51.100.3")];
        let namespace = br#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}}"#;
        assert_eq!(
            midspan.admin().ask(Method::POST, "/api/v1/namespaces", &headers, namespace.to_vec()).await.code,
            201
        );
        assert_eq!(addresses(midspan).await, ["198.51.100.3"]);
    })
    .await;
}
