//! People, their tokens and sessions.

use crate::{at, on_each};
use domain::sign_in::Profile;
use serde_json::json;
use store::{Person, SavedView, Session, Token};

#[tokio::test]
async fn a_token_is_found_by_its_hash_until_it_is_revoked() {
    on_each(async |store| {
        let token = Token {
            id: "t1".into(),
            hash: "h1".into(),
            subject: "dana".into(),
            name: "laptop".into(),
            created: at(1),
            expires: Some(at(100)),
            used: None,
            data: json!({"role": "developer"}),
        };
        store.insert_token(&token).await.unwrap();
        assert_eq!(store.token_by_hash("h1").await.unwrap(), Some(token.clone()));
        assert_eq!(store.token_by_hash("h2").await.unwrap(), None);
        store.touch_token("t1", at(50)).await.unwrap();
        store.touch_token("t1", at(40)).await.unwrap();
        assert_eq!(store.tokens("dana").await.unwrap(), [Token { used: Some(at(50)), ..token }]);
        assert!(store.revoke_token("t1").await.unwrap());
        assert!(!store.revoke_token("t1").await.unwrap());
        assert_eq!(store.token_by_hash("h1").await.unwrap(), None);
    })
    .await;
}

fn session(hash: &str, person: &str, sid: &str, expires: i64) -> Session {
    let text = ToString::to_string;
    Session {
        hash: text(hash),
        id: format!("session-{hash}"),
        person: text(person),
        provider: "corp".into(),
        sid: text(sid),
        created: at(1),
        seen: at(1),
        expires: at(expires),
        data: vec![1, 0],
        ..Session::default()
    }
}

#[tokio::test]
async fn a_session_lives_until_it_expires_or_is_deleted() {
    on_each(async |store| {
        assert!(store.session_create(&session("a", "", "", 10)).await.unwrap());
        assert!(!store.session_create(&session("a", "eve", "", 90)).await.unwrap());
        assert!(store.session_save(&session("a", "ana", "s1", 20)).await.unwrap());
        assert!(store.session_create(&session("b", "", "", 10)).await.unwrap());
        assert_eq!(store.session_load("a", at(15)).await.unwrap(), Some(session("a", "ana", "s1", 20)));
        assert_eq!(store.session_load("b", at(10)).await.unwrap(), None);
        assert_eq!(store.sweep_sessions(at(10)).await.unwrap(), 1);
        store.session_touch("a", at(12), at(30)).await.unwrap();
        store.session_touch("a", at(11), at(25)).await.unwrap();
        let touched = store.session_load("a", at(25)).await.unwrap().unwrap();
        assert_eq!((touched.seen, touched.expires), (at(12), at(30)));
        store.session_delete("a").await.unwrap();
        assert!(!store.session_save(&session("a", "ana", "s1", 20)).await.unwrap(), "what has ended stays so");
        assert_eq!(store.session_load("a", at(15)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn sessions_are_ended_by_whose_they_are() {
    on_each(async |store| {
        for one in [session("a", "ana", "s1", 20), session("b", "ana", "s2", 20), session("c", "bo", "s3", 20)] {
            store.session_create(&one).await.unwrap();
        }
        let of = async |person| {
            let sessions = store.sessions_of(person, at(15), 10).await.unwrap();
            sessions.into_iter().map(|session| session.hash).collect::<Vec<_>>().join(" ")
        };
        assert_eq!((of("ana").await, of("bo").await), ("a b".to_owned(), "c".to_owned()));
        assert!(!store.session_end("bo", "session-a").await.unwrap(), "nobody ends another's");
        assert!(store.session_end("ana", "session-a").await.unwrap());
        assert_eq!(store.sessions_end_at_provider("other", "s2", "").await.unwrap(), 0);
        assert_eq!(store.sessions_end_at_provider("corp", "s2", "bo").await.unwrap(), 0);
        assert_eq!(store.sessions_end_at_provider("corp", "", "").await.unwrap(), 0, "never all");
        assert_eq!(store.sessions_end_at_provider("corp", "s2", "").await.unwrap(), 1);
        assert_eq!(store.sessions_end_at_provider("corp", "", "bo").await.unwrap(), 1);
        store.session_create(&session("d", "ana", "", 20)).await.unwrap();
        store.session_create(&session("e", "ana", "", 20)).await.unwrap();
        assert_eq!(store.sessions_end_others("ana", "e").await.unwrap(), 1);
        assert_eq!(of("ana").await, "e");
    })
    .await;
}

#[tokio::test]
async fn a_name_belongs_to_who_had_it_first() {
    on_each(async |store| {
        let person = |id: &str, name: &str, subject: &str| Person {
            id: id.into(),
            name: name.into(),
            issuer: "https://id.example".into(),
            subject: subject.into(),
            created: at(1),
            seen: at(1),
            ..Person::default()
        };
        assert!(store.insert_person(&person("p1", "ana", "1")).await.unwrap());
        assert!(!store.insert_person(&person("p2", "ana", "2")).await.unwrap(), "the name is taken");
        assert!(!store.insert_person(&person("p3", "other", "1")).await.unwrap(), "the identity has a name");
        let profile = Profile { groups: vec!["shop".into()], ..Profile::default() };
        assert!(store.person_came("p1", at(5), &profile).await.unwrap());
        let found = store.person_by_identity("https://id.example", "1").await.unwrap();
        assert_eq!(found, Some(Person { seen: at(5), profile: profile.clone(), ..person("p1", "ana", "1") }));
        assert!(store.disable_person("ana", true).await.unwrap() && !store.disable_person("ana", true).await.unwrap());
        assert!(!store.person_came("p1", at(6), &profile).await.unwrap());
        assert!(!store.delete_person("ana", "another").await.unwrap());
        assert!(store.delete_person("ana", "https://id.example").await.unwrap());
        assert_eq!(store.person("ana").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_view_is_its_owner_s_and_has_a_name_of_its_own() {
    on_each(async |store| {
        let view = |id: &str, person: &str, name: &str| SavedView {
            id: id.into(),
            person: person.into(),
            list: "resources".into(),
            name: name.into(),
            filters: "state=failed".into(),
            created: at(1),
        };
        assert!(store.save_view(&view("1", "ana", "Broken")).await.unwrap());
        assert!(!store.save_view(&view("2", "ana", "Broken")).await.unwrap(), "the name is taken");
        assert!(store.save_view(&view("3", "bo", "Broken")).await.unwrap(), "by somebody else");
        assert!(store.save_view(&view("4", "ana", "Mine")).await.unwrap());
        assert!(!store.rename_view("4", "ana", "Broken").await.unwrap());
        assert!(!store.rename_view("4", "bo", "Stolen").await.unwrap());
        assert!(store.rename_view("4", "ana", "All of mine").await.unwrap());
        let names = async |person| {
            let views = store.saved_views(person, "resources", 10).await.unwrap();
            views.into_iter().map(|view| view.name).collect::<Vec<_>>().join(", ")
        };
        assert_eq!((names("ana").await, names("bo").await), ("All of mine, Broken".into(), "Broken".to_owned()));
        assert!(!store.delete_view("1", "bo").await.unwrap() && store.delete_view("1", "ana").await.unwrap());
        store.forget_views("ana").await.unwrap();
        assert_eq!((names("ana").await, names("bo").await), (String::new(), "Broken".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_ticket_is_good_once_and_for_its_time() {
    on_each(async |store| {
        let (one, other) = (json!({"n": 1}), json!({"n": 2}));
        assert!(store.put_ticket("a", "sign-in", &one, at(10)).await.unwrap());
        assert!(!store.put_ticket("a", "sign-in", &other, at(10)).await.unwrap());
        assert_eq!(store.ticket("a", "device", at(5)).await.unwrap(), None, "of another kind");
        assert_eq!(store.take_ticket("a", "sign-in", at(10)).await.unwrap(), None, "too late");
        assert!(!store.change_ticket("a", "sign-in", &other, &one).await.unwrap());
        assert!(store.change_ticket("a", "sign-in", &one, &other).await.unwrap());
        let both = tokio::join!(store.take_ticket("a", "sign-in", at(5)), store.take_ticket("a", "sign-in", at(5)));
        let taken: Vec<_> = [both.0.unwrap(), both.1.unwrap()].into_iter().flatten().collect();
        assert_eq!(taken, std::slice::from_ref(&other), "one of two who ask at once");
        assert!(store.put_ticket("b", "sign-in", &one, at(10)).await.unwrap());
        assert_eq!(store.sweep_tickets(at(10)).await.unwrap(), 1);
    })
    .await;
}
