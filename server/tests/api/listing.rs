//! Lists: selected by labels and fields, read page by page, nothing twice and nothing left out.

use crate::{
    midspan::everywhere,
    widgets::{WIDGETS, promise, widget},
};
use futures::{StreamExt as _, stream};
use serde_json::json;
use std::{collections::BTreeSet, fmt::Write as _};

#[tokio::test(flavor = "multi_thread")]
async fn widgets_are_selected_by_their_labels() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        for (name, labels) in [
            ("a1", json!({"team": "a"})),
            ("a2", json!({"team": "a", "old": ""})),
            ("b1", json!({"team": "b"})),
            ("none", json!({})),
        ] {
            let mut widget = widget(name);
            widget["metadata"]["labels"] = labels;
            dana.asks_for(widget).await;
        }
        assert_eq!(dana.lists("labelSelector=team%3Da").await, ["a1", "a2"]);
        assert_eq!(dana.lists("labelSelector=team==a,!old").await, ["a1"]);
        assert_eq!(dana.lists("labelSelector=team+in+(a,b),old").await, ["a2"]);
        assert_eq!(dana.lists("labelSelector=team+notin+(a)").await, ["b1", "none"]);
        assert_eq!(dana.lists("labelSelector=team!%3Da").await, ["b1", "none"]);
        assert_eq!(dana.lists("labelSelector=!team").await, ["none"]);
        assert_eq!(dana.lists("fieldSelector=metadata.name%3Db1").await, ["b1"]);
        assert_eq!(dana.lists("fieldSelector=metadata.name%3Db1&labelSelector=team%3Da").await, [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_widgets_are_read_in_pages_each_exactly_once() {
    everywhere(async |midspan| {
        const ALL: usize = 1000;
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        let created = stream::iter(0..ALL)
            .map(|number| dana.asks_for(widget(&format!("w{number:04}"))))
            .buffer_unordered(32)
            .count()
            .await;
        assert_eq!(created, ALL);

        let (mut seen, mut pages, mut token) = (BTreeSet::new(), 0, String::new());
        loop {
            let page = dana.get(&format!("{WIDGETS}?limit=90&continue={token}")).await;
            for name in page.names() {
                assert!(seen.insert(name.to_owned()), "{name} is told twice");
            }
            pages += 1;
            match page.body["metadata"]["continue"].as_str() {
                Some(next) if !next.is_empty() => next.clone_into(&mut token),
                _ => break,
            }
            // what comes and goes meanwhile moves nobody to another page
            dana.asks_for(widget(&format!("a-late-{pages}"))).await;
        }
        assert_eq!((seen.len(), pages), (ALL, 12));
        assert_eq!(dana.lists("").await.len(), ALL + 11, "without a limit the list is whole");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_of_a_list_is_refused_with_a_reason() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        let mut told = String::new();
        for query in [
            "limit=-1",
            "limit=many",
            "continue=zz",
            "continue=5b226e225d",
            // ["n","\u0000",0,"u",1]
            "continue=5b226e222c225c7530303030222c302c2275222c315d",
            "labelSelector=team%20within%20(a)",
            "labelSelector=a%3D%00",
            "fieldSelector=metadata.name%3D%00",
            "fieldSelector=spec.size%3Dsmall",
        ] {
            _ = writeln!(told, "{query}\n    {}", dana.get(&format!("{WIDGETS}?{query}")).await.refused());
        }
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @r#"
            limit=-1
                400 BadRequest: limit: Invalid value: must be greater than or equal to 0
            limit=many
                400 BadRequest: Failed to deserialize query string: limit: invalid digit found in string
            continue=zz
                400 BadRequest: the continue token is not one of ours; start the list anew
            continue=5b226e225d
                400 BadRequest: the continue token is not one of ours; start the list anew
            continue=5b226e222c225c7530303030222c302c2275222c315d
                400 BadRequest: the continue token is not one of ours; start the list anew
            labelSelector=team%20within%20(a)
                400 BadRequest: unable to parse requirement: "team within (a)" is not a label selector such as a=b, a!=b, a in (b,c) or !a
            labelSelector=a%3D%00
                400 BadRequest: the query has control characters in it
            fieldSelector=metadata.name%3D%00
                400 BadRequest: the query has control characters in it
            fieldSelector=spec.size%3Dsmall
                400 BadRequest: field label not supported: spec.size
            "#);
        }
        for selector in ["a,".repeat(20_000), format!("a in ({})", "b,".repeat(20_000)).replace(' ', "+"), "!a,".repeat(20_000)] {
            let refused = dana.get(&format!("{WIDGETS}?labelSelector={selector}")).await.refused();
            assert_eq!(refused, "400 BadRequest: labelSelector: at most 100 requirements with 1000 values in all");
        }
        assert!(matches!(dana.get(&format!("{WIDGETS}?labelSelector={}", "a".repeat(65_000))).await.code, 400 | 414 | 431));
    })
    .await;
}
