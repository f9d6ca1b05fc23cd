//! Every page as the server answers it: whole, accessible, working without a script.
#![cfg(feature = "ssr")]

mod fake;
#[path = "pages/finding.rs"]
mod finding;

use std::{collections::BTreeSet, sync::Arc};

use app::{pages::sign_in::SignIn, portal::Refused};
use fake::{Answer, Scene, data, refused, story, visit};

const ADDRESSES: [&str; 36] = [
    "/",
    "/catalog",
    "/catalog?q=kafka",
    "/catalog/postgresql",
    "/catalog/postgresql/new",
    "/requests/req-1",
    "/requests/req-2",
    "/requests/req-1?view=split",
    "/resources",
    "/resources?q=zzz",
    "/resources?state=failed&version=v1&label=team%3Dshop&whose=all",
    "/resources?group=namespace&whose=all",
    "/resources?label=%28",
    "/r/default/postgresql/orders-db",
    "/r/default/postgresql/billing-db",
    "/r/default/redis/search-cache",
    "/r/default/postgresql/orders-db/drift",
    "/r/default/postgresql/orders-db/files",
    "/r/default/postgresql/orders-db/graph",
    "/r/default/postgresql/orders-db/graph?focus=run/1&only=work",
    "/r/default/postgresql/orders-db/history",
    "/r/default/postgresql/orders-db/history?view=split",
    "/r/default/postgresql/orders-db/edit",
    "/r/default/postgresql/orders-db/delete",
    "/r/default/postgresql/orders-db/actions/restart",
    "/runs",
    "/runs/run-failed",
    "/platform",
    "/platform/promises/postgresql",
    "/me",
    "/device",
    "/device?code=WDJB-MJHT",
    "/search",
    "/search?q=db",
    "/search?q=zzz",
    "/keys",
];

#[tokio::test]
async fn every_page_is_whole_and_accessible() {
    for scene in [Scene::Busy, Scene::Fresh] {
        for address in ADDRESSES {
            check_whole(address, &visit(scene, address).await, 200);
        }
    }
    check_whole("/sign-in", &visit(Scene::Busy, "/sign-in").await, 200);
}

#[tokio::test]
async fn an_error_says_what_to_do_and_shows_no_secrets() {
    check_whole("nowhere", &visit(Scene::Busy, "/nowhere").await, 404);
    check_whole("unknown", &visit(Scene::Busy, "/catalog/mysql").await, 404);
    let forbidden = visit(Scene::Busy, "/r/default/postgresql/secret-db").await;
    check_whole("forbidden", &forbidden, 403);
    assert!(forbidden.html.contains("Ask the platform team for access."));
    let broken = visit(Scene::Busy, "/r/default/postgresql/broken").await;
    check_whole("broken", &broken, 500);
    assert!(broken.html.contains("01932f6e"), "the request's id is shown");
    assert!(!broken.html.contains("disk I/O"), "the operator's detail is not");
}

#[tokio::test]
async fn what_is_gone_leaves_who_had_it_deleted_and_its_history() {
    let page = visit(Scene::Busy, "/r/default/postgresql/old-db").await;
    check_whole("gone", &page, 410);
    assert!(page.html.contains(" by dana") && page.html.contains("/requests/req-9"));
}

#[tokio::test]
async fn a_refused_token_is_told_and_not_given_back() {
    let (next, refusal) = ("/runs?state=failed".into(), "This token is not known here.".into());
    let shown = SignIn { next, refusal, ..SignIn::default() };
    let page = refused("/sign-in", Refused::SignIn(Arc::new(shown))).await;
    assert!(page.html.contains("<title>Error: Sign in") && page.html.contains("This token is not known here."));
    assert!(page.html.contains(r#"name="next" value="/runs?state=failed""#));
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_and_leads_to_each_problem() {
    let page = refused("/catalog/postgresql/new", Refused::Form(Arc::new(data::refused_form()))).await;
    check_whole("refused", &page, 200);
    assert!(page.html.contains("<title>Error: New PostgreSQL database"));
    assert!(page.html.contains(r#"value="Invoices DB""#) && page.html.contains(r#"value="lots""#));
    let ids = all(&page.html, "id");
    let summary = between(&page.html, r#"id="error-summary""#, "</section>");
    let targets = all(summary, "href");
    assert_eq!(targets.len(), 2);
    for target in targets {
        assert!(ids.contains(&target.trim_start_matches('#').to_owned()), "{target} leads nowhere");
    }
}

#[tokio::test]
async fn a_refused_delete_keeps_what_was_typed() {
    let mut delete = story::delete();
    delete.typed = "orders".into();
    delete.refusal = "Type orders-db, exactly.".into();
    let page = refused("/r/default/postgresql/orders-db/delete", Refused::Delete(Arc::new(delete))).await;
    assert!(page.html.contains(r#"value="orders""#) && page.html.contains("Type orders-db, exactly."));
}

#[tokio::test]
async fn the_form_posts_every_entry_its_model_knows() {
    let page = visit(Scene::Busy, "/catalog/postgresql/new").await;
    let names: BTreeSet<String> = all(&page.html, "name").into_iter().collect();
    for (name, _) in data::form().form.entries() {
        assert!(names.contains(&name), "{name} is missing");
    }
}

#[tokio::test]
async fn only_moving_pages_reload_themselves() {
    let reloads = async |address| visit(Scene::Busy, address).await.html.contains(r#"http-equiv="refresh""#);
    assert!(reloads("/r/default/postgresql/billing-db").await);
    assert!(reloads("/runs/run-running").await);
    assert!(!reloads("/r/default/postgresql/orders-db").await);
    assert!(!reloads("/catalog/postgresql/new").await, "what is being typed must not be lost");
}

#[tokio::test]
async fn the_failed_step_stands_open_and_the_others_are_folded() {
    let page = visit(Scene::Busy, "/runs/run-failed").await.html;
    assert!(tag(&page, "details-render/register").contains(" open"));
    assert!(!tag(&page, "details-render/manifests").contains(" open"));
}

#[tokio::test]
async fn two_steps_of_the_same_name_have_their_own_places() {
    let mut page = story::failed_run();
    page.steps[0].name = "register".into();
    page.steps[0].pipeline = "announce".into();
    let ids: BTreeSet<String> = page.steps.iter().map(app::view::StepView::id).collect();
    assert_eq!(ids.len(), page.steps.len());
    let drawn = visit(Scene::Busy, "/runs/run-failed").await.html;
    assert!(drawn.contains("/runs/run-failed/log?step=render/register"));
}

#[tokio::test]
async fn a_page_listens_from_what_it_was_drawn_from() {
    let page = visit(Scene::Busy, "/runs").await.html;
    assert!(page.contains("&quot;since&quot;:41"), "the stream goes on where the page ends");
}

#[tokio::test]
async fn a_plan_can_be_submitted_changed_or_dropped() {
    let page = visit(Scene::Busy, "/requests/req-1").await.html;
    assert!(page.contains("This will create 1 file and change 1 file."));
    for action in ["/requests/req-1/submit", "/requests/req-1/discard"] {
        assert!(all(&page, "action").contains(&action.to_owned()), "{action}");
    }
    assert!(page.contains("/r/default/postgresql/orders-db/edit?draft=req-1"));
}

#[tokio::test]
async fn filters_stand_in_every_address_of_a_list() {
    let page = visit(Scene::Busy, "/resources?q=db&state=healthy&whose=all").await.html;
    let next = all(&page, "href").into_iter().find(|address| address.contains("after=")).expect("a next page");
    assert_eq!(next, "/resources?q=db&amp;state=healthy&amp;whose=all&amp;after=c-4");
}

#[tokio::test]
async fn hostile_text_stays_text() {
    let page = visit(Scene::Busy, "/catalog/%3Cscript%3Ealert(1)%3C%2Fscript%3E").await.html;
    assert!(!page.contains("<script>alert"));
    let page = visit(Scene::Busy, "/catalog?q=%22%3E%3Cimg%20src%3Dx%3E").await.html;
    assert!(!page.contains("<img"));
}

/// One heading, one main, a title, labels that lead somewhere, ids used once.
#[track_caller]
fn check_whole(what: &str, page: &Answer, status: u16) {
    let html = &page.html;
    assert_eq!(page.status, status, "{what}");
    assert_eq!(html.matches("<h1").count(), 1, "{what}: one h1");
    assert_eq!(html.matches("<main").count(), 1, "{what}: one main");
    assert!(html.contains("· Midspan</title>"), "{what}: a title");
    assert!(html.contains(r##"href="#main""##), "{what}: a skip link");
    assert!(!html.contains("Loading"), "{what}: complete");
    let ids = all(html, "id");
    let unique: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{what}: ids twice: {ids:?}");
    for attribute in ["for", "aria-labelledby", "aria-describedby"] {
        for id in all(html, attribute).iter().flat_map(|value| value.split(' ')) {
            assert!(unique.contains(&id.to_owned()), "{what}: {attribute}={id} leads nowhere");
        }
    }
}

/// The values of an attribute, wherever it stands.
fn all(html: &str, attribute: &str) -> Vec<String> {
    let opening = format!(" {attribute}=\"");
    html.split(&opening).skip(1).filter_map(|rest| rest.split('"').next()).map(ToOwned::to_owned).collect()
}

/// The opening tag of the element with this id.
#[track_caller]
fn tag<'a>(html: &'a str, id: &str) -> &'a str {
    let at = html.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("{id} is not there"));
    let start = html[..at].rfind('<').unwrap_or(0);
    between(&html[start..], "<", ">")
}

#[track_caller]
fn between<'a>(html: &'a str, from: &str, to: &str) -> &'a str {
    let start = html.find(from).unwrap_or_else(|| panic!("{from} is not there"));
    let rest = &html[start..];
    &rest[..rest.find(to).unwrap_or(rest.len())]
}
