//! Tokens and sessions.

use crate::{at, on_each};
use serde_json::json;
use store::Token;

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

#[tokio::test]
async fn a_session_lives_until_it_expires_or_is_deleted() {
    on_each(async |store| {
        store.session_save("a", vec![1], at(10)).await.unwrap();
        store.session_save("a", vec![2, 0], at(20)).await.unwrap();
        store.session_save("b", vec![3], at(10)).await.unwrap();
        assert_eq!(store.session_load("a", at(15)).await.unwrap(), Some(vec![2, 0]));
        assert_eq!(store.session_load("b", at(10)).await.unwrap(), None);
        assert_eq!(store.sweep_sessions(at(10)).await.unwrap(), 1);
        store.session_delete("a").await.unwrap();
        assert_eq!(store.session_load("a", at(15)).await.unwrap(), None);
    })
    .await;
}
