//! Browser sessions: begun under a new id, known by a hash, ended everywhere at once.

use crate::{
    midspan::{Midspan, few_attempts, in_earnest, in_earnest_with, on_two_replicas},
    people::{Answer, Person},
    widgets::PROMISES,
};
use domain::sign_in::Profile;
use midspan::service::{Asker, holders::Holder, persons::Identity};
use reqwest::Method;
use serde_json::json;
use std::{fs, time::Duration};

const TOKENS: &str = "/apis/midspan.dev/v1alpha1/tokens";
const USERS: &str = "/apis/midspan.dev/v1alpha1/users";
const FORM: &str = "application/x-www-form-urlencoded";
/// All that changes something with a session, or begins one.
const DEEDS: [&str; 6] = ["/sign-in", "/sign-out", "/me/sessions/end", "/me/tokens", "/me/tokens/revoke", "/device"];

/// Signs in with a token, as the form on the page does; the cookie.
async fn signs_in(stranger: &Person, token: &str, cookie: &str) -> (Answer, String) {
    let headers = [("sec-fetch-site", "same-origin"), ("content-type", FORM), ("cookie", cookie)];
    let answer = stranger.ask(Method::POST, "/sign-in", &headers, format!("token={token}").into_bytes()).await;
    let set = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let session = set.filter_map(|line| line.split(';').next()).find(|pair| pair.starts_with("midspan="));
    let session = session.unwrap_or_default().to_owned();
    (answer, session)
}

async fn opens(stranger: &Person, cookie: &str) -> bool {
    stranger.ask(Method::GET, "/catalog", &[("cookie", cookie)], Vec::new()).await.code == 200
}

async fn token_for(admin: &Person, user: &str) -> (String, String) {
    let spec = json!({"user": user, "roles": ["developer"]});
    let made = admin.post(TOKENS, json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Token", "spec": spec})).await;
    let made = made.good();
    let text = |pointer: &str| made.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    (text("/metadata/name"), text("/status/token"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_a_new_id_after_each_sign_in_and_no_row_opens_it() {
    in_earnest(async |midspan| {
        let stranger = midspan.stranger();
        let (_, token) = token_for(&midspan.admin(), "ana").await;
        let (answer, first) = signs_in(&stranger, &token, "midspan=AAAAAAAAAAAAAAAAAAAAAA").await;
        assert_eq!(answer.code, 303, "{}", answer.text);
        assert_ne!(first, "midspan=AAAAAAAAAAAAAAAAAAAAAA", "an id chosen before is not taken");
        assert!(opens(&stranger, &first).await);
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
            "{cookie}"
        );
        let (_, second) = signs_in(&stranger, &token, &first).await;
        assert!(!opens(&stranger, &first).await && opens(&stranger, &second).await);

        let id = second.trim_start_matches("midspan=");
        for folder in midspan.folders() {
            for file in fs::read_dir(folder).unwrap().filter_map(Result::ok).filter(|file| file.path().is_file()) {
                let bytes = fs::read(file.path()).unwrap();
                let holds = |secret: &str| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!holds(id) && !holds(&token), "{} holds what opens a session", file.path().display());
            }
        }
        let (wrong, none) = signs_in(&stranger, "mspn_wrong", &second).await;
        assert_eq!((wrong.code, none.as_str()), (401, ""));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_on_every_replica_when_somebody_signs_out_or_loses_their_token() {
    on_two_replicas(async |one, other| {
        let (strangers, paul) = ([one.stranger(), other.stranger()], one.paul());
        let (name, token) = token_for(&paul, "ana").await;
        // in development whoever is not signed in is dana: ana is told by her name
        let is_ana = async |at: usize, cookie: &str| {
            let page = strangers[at].ask(Method::GET, "/", &[("cookie", cookie)], Vec::new()).await;
            page.text.contains(">ana<")
        };
        let (_, cookie) = signs_in(&strangers[0], &token, "").await;
        assert!(is_ana(0, &cookie).await && is_ana(1, &cookie).await);
        let own = [("sec-fetch-site", "same-origin"), ("content-type", FORM), ("cookie", cookie.as_str())];
        assert_eq!(strangers[1].ask(Method::POST, "/sign-out", &own, Vec::new()).await.code, 303);
        assert!(!is_ana(0, &cookie).await && !is_ana(1, &cookie).await, "the cookie is worth nothing now");

        let (_, again) = signs_in(&strangers[1], &token, "").await;
        assert!(is_ana(0, &again).await);
        paul.delete(&format!("{TOKENS}/{name}")).await.good();
        assert!(!is_ana(0, &again).await && !is_ana(1, &again).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_signed_in_browser_is_done_for_another_site() {
    in_earnest(async |midspan| {
        let stranger = midspan.stranger();
        let (_, token) = token_for(&midspan.admin(), "ana").await;
        let (_, cookie) = signs_in(&stranger, &token, "").await;
        let host = format!("http://{}", midspan.address);
        for foreign in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site"), ("origin", &host)],
            &[("origin", "http://evil.example")],
            &[("origin", "null")],
            &[],
        ] {
            for media_type in [FORM, "text/plain", "multipart/form-data; boundary=x"] {
                let headers = [("cookie", cookie.as_str()), ("content-type", media_type)];
                let headers: Vec<_> = headers.iter().chain(foreign).copied().collect();
                for path in DEEDS {
                    let answer =
                        stranger.ask(Method::POST, path, &headers, b"id=x&token=x&answer=allow".to_vec()).await;
                    let is_refused = matches!(answer.code, 403 | 415);
                    assert!(is_refused, "{path} {foreign:?} {media_type}: {} {}", answer.code, answer.text);
                }
            }
        }
        assert!(opens(&stranger, &cookie).await, "and nobody is signed out");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_nothing_from_an_address_and_ends_nothing_it_was_not_made_for() {
    in_earnest(async |midspan| {
        let (admin, stranger) = (midspan.admin(), midspan.stranger());
        let (name, token) = token_for(&admin, "ana").await;
        for place in ["/catalog", TOKENS] {
            for key in ["token", "access_token", "authorization"] {
                assert_eq!(stranger.get(&format!("{place}?{key}={token}")).await.code, 401, "{place} {key}");
            }
        }
        let spec = json!({"user": "ana", "roles": ["developer"], "readOnly": true});
        let document = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Token", "spec": spec});
        let narrow = admin.post(TOKENS, document).await.good();
        let narrow = midspan.somebody(narrow["status"]["token"].as_str());
        let id = format!("id={}", name.replace('-', "_"));
        for (path, body) in [("/me/tokens/revoke", id.as_str()), ("/me/sessions/end?others=yes", "")] {
            assert_eq!(narrow.send(Method::POST, path, FORM, body).await.code, 403, "{path}");
        }
        let whole = midspan.somebody(Some(&token));
        for path in ["/me/tokens", "/device"] {
            let answer = whole.send(Method::POST, path, FORM, "purpose=more&code=BCDF-GHJK&answer=allow").await;
            assert!(!answer.text.contains("mspn_") && answer.code >= 400, "{path}: {}", answer.code);
        }
        // whoever has a token gives it back, whatever it is worth
        assert_eq!(stranger.send(Method::POST, "/auth/revoke", FORM, format!("token={token}")).await.code, 200);
        assert_eq!(whole.get(TOKENS).await.code, 401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_come_to_the_name_of_another_has_nothing_of_theirs() {
    in_earnest(async |midspan| {
        let (services, admin) = (&midspan.running.services, midspan.admin());
        let ana = |subject| Identity {
            issuer: "https://id.example",
            subject,
            name: Ok("ana".to_owned()),
            profile: Profile { groups: vec!["developers".to_owned()], ..Profile::default() },
        };
        let first = services.let_in(ana("1")).await.unwrap();
        let holder = Holder::Person { name: first.name.clone(), id: first.id.clone() };
        let (_, token) = services.give_token(&Asker::default(), &holder, "laptop", None, None).await.unwrap();
        let laptop = midspan.somebody(Some(&token));
        assert_eq!(laptop.get(PROMISES).await.code, 200);
        let refused = services.let_in(ana("2")).await.unwrap_err();
        assert!(refused.message.contains("belongs to somebody else"), "{}", refused.message);

        admin.merge(&format!("{USERS}/ana"), json!({"spec": {"disabled": true}})).await.good();
        assert_eq!(laptop.get(PROMISES).await.code, 401);
        assert!(services.let_in(ana("1")).await.is_err());
        admin.merge(&format!("{USERS}/ana"), json!({"spec": {"disabled": false}})).await.good();
        assert_eq!(laptop.get(PROMISES).await.code, 200);
        // as if the server had died between ending what is theirs and forgetting them
        services.store.delete_person("ana", "https://id.example").await.unwrap();
        let second = services.let_in(ana("2")).await.unwrap();
        assert_eq!(second.name, "ana");
        assert_eq!(laptop.get(PROMISES).await.code, 401, "the token was another's");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_soon_after_who_listens_is_put_out() {
    in_earnest(async |midspan| {
        let admin = midspan.admin();
        for path in ["/events?topics=home", "/apis/midspan.dev/v1alpha1/promises?watch=true"] {
            let (name, token) = token_for(&admin, "ana").await;
            let listening = midspan.somebody(Some(&token)).request(Method::GET, path).send().await.unwrap();
            assert_eq!(listening.status(), 200, "{path}");
            admin.delete(&format!("{TOKENS}/{name}")).await.good();
            let ended = tokio::time::timeout(Duration::from_secs(5), listening.bytes()).await;
            assert!(ended.is_ok(), "{path} goes on");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_soon_after_who_listens_may_do_something_else() {
    in_earnest(async |midspan| {
        let services = &midspan.running.services;
        let comes = async |groups: &[&str]| {
            let groups = groups.iter().map(ToString::to_string).collect();
            let (issuer, subject, name) = ("https://id.example", "1", Ok("ana".to_owned()));
            let profile = Profile { groups, ..Profile::default() };
            services.let_in(Identity { issuer, subject, name, profile }).await.unwrap()
        };
        let ana = comes(&["developers", "shop"]).await;
        let holder = Holder::Person { name: ana.name, id: ana.id };
        let (_, token) = services.give_token(&Asker::default(), &holder, "laptop", None, None).await.unwrap();
        let laptop = midspan.somebody(Some(&token));
        let listening = laptop.request(Method::GET, &format!("{PROMISES}?watch=true")).send().await.unwrap();
        assert_eq!(listening.status(), 200);
        comes(&["developers"]).await;
        let ended = tokio::time::timeout(Duration::from_secs(5), listening.bytes()).await;
        assert!(ended.is_ok(), "it goes on with groups that are gone");
        assert_eq!(laptop.get(PROMISES).await.code, 200, "who is still somebody asks anew");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_too_often_waits_and_nobody_else_does() {
    in_earnest_with(&few_attempts(), async |midspan: &Midspan| {
        let mut codes = Vec::new();
        for _ in 0..10 {
            codes.push(signs_in(&midspan.stranger(), "mspn_wrong", "").await.0);
        }
        let (first, last) = (&codes[0], &codes[9]);
        assert_eq!((first.code, last.code), (401, 429));
        assert!(last.headers.contains_key("retry-after"));
        assert_eq!(midspan.admin().get(TOKENS).await.code, 200, "a good token from the same address is not held up");
    })
    .await;
}
