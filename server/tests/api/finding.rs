//! The palette and the search page: what somebody finds, what they can do with it, and what they are not told of.

use crate::{
    midspan::{everywhere, in_earnest},
    people::Person,
    widgets::PROMISES,
};
use reqwest::Method;
use serde_json::{Value, json};

const TENTS: &str = "/apis/demo.example.com/v1/namespaces/default/tents";
const TOKENS: &str = "/apis/midspan.dev/v1alpha1/tokens";

fn promise() -> Value {
    json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "tent"}, "spec": {
    "title": "Canvas tent",
    "api": {"group": "demo.example.com", "version": "v1", "kind": "Tent", "schema": {"type": "object", "properties": {"size": {"type": "integer"}}}},
    "workflows": {"resource": {
        "configure": [{"name": "main", "steps": [{"name": "render", "uses": "template", "with": {"status": {"up": true}}}]}],
        "actions": {"tighten": {"title": "Tighten the ropes", "when": "resource.spec.size > 5", "pipelines": [{"name": "main", "steps": [{"name": "pull", "uses": "template", "with": {}}]}]}}
    }}}})
}

async fn camp(somebody: &Person, asker: &Person) {
    somebody.post(PROMISES, promise()).await.good();
    let tent = json!({"apiVersion": "demo.example.com/v1", "kind": "Tent", "metadata": {"name": "tall-tent"}, "spec": {"size": 1}});
    asker.post(TENTS, tent).await.good();
    asker.see(&format!("{TENTS}/tall-tent"), |seen| seen.body["status"]["phase"] == "Ready").await;
}

/// What the palette shows; `at` is the page it lies over.
async fn palette(person: &Person, asked: &str, at: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", asked).append_pair("at", at).finish();
    let answer = person.get(&format!("/ui/palette?{query}")).await;
    assert_eq!(answer.code, 200, "{}", answer.text);
    answer.text
}

#[track_caller]
fn check(text: &str, expected: &[&str], absent: &[&str]) {
    for part in expected {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    for part in absent {
        assert!(!text.contains(part), "{part} is in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_letters_find_a_resource_a_service_a_run_and_a_page() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        camp(&paul, &dana).await;
        let tall = "data-href=\"/r/default/tent/tall-tent\"";
        check(&palette(&dana, "", "/").await, &[">Recent<", tall, "Request Canvas tent", ">Pages<"], &["This page"]);
        check(&palette(&dana, "TALL ten", "/").await, &[tall, ">Runs<", "data-href=\"/runs/run-"], &["Request"]);
        check(
            &palette(&dana, "canvas", "/").await,
            &[tall, "data-href=\"/catalog/tent/new\"", "data-href=\"/catalog/tent\""],
            &[],
        );
        check(&palette(&dana, "platform", "/").await, &[], &["data-href=\"/platform\""]);
        check(&palette(&paul, "platform", "/").await, &["data-href=\"/platform\""], &[]);
        let everything = palette(&dana, "zzz", "/").await;
        check(&everything, &["data-href=\"/search?q=zzz\""], &[tall]);
        for wild in ["%", "_", "*", "t%t"] {
            check(&palette(&dana, wild, "/").await, &[], &[tall]);
        }

        let runs = dana.get("/apis/midspan.dev/v1alpha1/namespaces/default/runs").await.good();
        let run = runs["items"][0]["metadata"]["name"].as_str().unwrap().to_owned();
        check(&palette(&dana, &format!("#{run}"), "/").await, &[&format!("data-href=\"/runs/{run}\"")], &["Pages"]);
        check(&palette(&dana, "#run-no-such", "/").await, &["Nothing fits"], &[]);

        let page = dana.get("/search?q=tall").await;
        check(&page.text, &["/r/default/tent/tall-tent", "/resources?q=tall&amp;whose=all", "/runs/run-"], &[]);
        check(&dana.get("/search?q=canvas").await.text, &["href=\"/catalog/tent\""], &[]);
        check(&dana.get("/search?q=no-such-thing").await.text, &["Nothing fits"], &[]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_done_here_stands_first_and_what_cannot_says_why() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        camp(&paul, &dana).await;
        let at = "/r/default/tent/tall-tent/history";
        let here = palette(&dana, "", at).await;
        check(
            &here,
            &[
                "This page",
                "data-post=\"/r/default/tent/tall-tent/run\"",
                "data-href=\"/r/default/tent/tall-tent/edit\"",
                "Tighten the ropes",
            ],
            &["data-post=\"/r/default/tent/tall-tent/actions/tighten\""],
        );
        assert!(here.find("This page") < here.find(">Recent<"), "{here}");
        check(&palette(&dana, ">", at).await, &["This page", "Dark theme"], &[">Recent<", ">Pages<"]);
        check(&palette(&dana, ">delete", at).await, &["data-href=\"/r/default/tent/tall-tent/delete\""], &["Edit"]);
        check(&palette(&dana, "", "/catalog/tent").await, &["This page", "Request Canvas tent"], &[]);
        for nowhere in
            ["/r/default/tent/no-such", "/r/default/nothing/x", "/r/../../etc", "//evil.example/r/a/b/c", "x", ""]
        {
            check(&palette(&dana, "", nowhere).await, &[">Pages<"], &["This page"]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_finds_what_they_may_not_see_nor_does_what_they_may_not_do() {
    in_earnest(async |midspan| {
        let admin = midspan.admin();
        camp(&admin, &admin).await;
        let somebody = async |name: &str, narrow: Value| {
            let mut spec = json!({"user": name, "roles": ["developer"]});
            spec.as_object_mut().unwrap().extend(narrow.as_object().unwrap().clone());
            let made = admin
                .post(TOKENS, json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Token", "spec": spec}))
                .await
                .good();
            midspan.somebody(made["status"]["token"].as_str())
        };
        let reader = somebody("rita", json!({"readOnly": true})).await;
        let here = palette(&reader, "", "/r/default/tent/tall-tent").await;
        check(&here, &["This page", "aria-disabled=\"true\""], &["data-post=\"/r/", "/edit\"", "/catalog/tent/new"]);
        let elsewhere = somebody("otto", json!({"namespaces": ["other"]})).await;
        for (asked, at) in [("", "/"), ("tall", "/"), ("", "/r/default/tent/tall-tent"), ("#run-x", "/")] {
            check(&palette(&elsewhere, asked, at).await, &[], &["tall-tent", "Canvas"]);
        }
        assert_eq!(elsewhere.get("/search?q=tall").await.code, 403);
        assert_eq!(midspan.stranger().get("/ui/palette?q=tall").await.code, 401);

        let (long, most) = ("x".repeat(201), "x".repeat(200));
        for door in ["/ui/palette", "/search"] {
            let refused = admin.get(&format!("{door}?q={long}")).await;
            assert_eq!(refused.code, 400, "{door}");
            check(&refused.text, &["at most 200 characters"], &[]);
            assert_eq!(admin.get(&format!("{door}?q={most}")).await.code, 200, "{door}");
        }
        let hostile = palette(&admin, "<script>alert(1)</script>\"'", "<script>").await;
        check(&hostile, &["&lt;script&gt;"], &["<script"]);
        let hostile = admin.get("/search?q=%3C%2Ftitle%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E").await.text;
        check(&hostile, &["&lt;/title&gt;&lt;script&gt;alert(1)"], &["<script>alert(1)"]);

        assert_eq!(admin.get("/_ui").await.code, 200, "who runs the platform sees the parts");
        let developer = somebody("dora", json!({})).await;
        assert_eq!(developer.get("/_ui").await.code, 404);
        check(&palette(&admin, "gallery", "/").await, &[], &["/_ui"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn single_letters_are_turned_off_by_a_form_and_stay_off() {
    everywhere(async |midspan| {
        let browser = midspan.stranger();
        let own = [("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")];
        let answer = browser.ask(Method::POST, "/me/keys", &own, b"keys=off".to_vec()).await;
        assert_eq!(answer.code, 303);
        let lines = answer.headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
        let cookie = lines.filter_map(|line| line.split(';').next()).find(|pair| pair.starts_with("keys=")).unwrap();
        let visit = async |path: &str, cookie: &str| {
            browser.ask(Method::GET, path, &[("cookie", cookie), ("accept", "text/html")], Vec::new()).await.text
        };
        check(&visit("/me", cookie).await, &["data-keys=\"off\"", "Turn single-letter keys on"], &[]);
        check(&visit("/me", "").await, &["Turn single-letter keys off"], &["data-keys"]);
        check(&visit("/no/such/page", cookie).await, &["data-keys=\"off\""], &[]);
        // a page drawn again after a post keeps the browser's taste
        let looks = [own[0], own[1], ("cookie", "keys=off; theme=dark")];
        let refused = browser.ask(Method::POST, "/me/tokens", &looks, b"purpose=".to_vec()).await;
        check(&refused.text, &["data-keys=\"off\"", "data-theme=\"dark\""], &[]);
        let foreign = [("sec-fetch-site", "cross-site"), own[1]];
        let answer = browser.ask(Method::POST, "/me/keys", &foreign, b"keys=off".to_vec()).await;
        assert!(answer.code == 403 && !answer.headers.contains_key("set-cookie"), "{}", answer.code);
    })
    .await;
}
