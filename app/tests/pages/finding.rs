//! The palette's pieces, the keyboard map and the gallery, as the server draws them.

use std::{collections::BTreeSet, path::Path};

use crate::fake::{Scene, visit};
use app::{
    commands::{Deed, Entry, Group},
    pages::keys::MAP,
    parts::{icon::Icon, palette::options},
};
use leptos::prelude::*;

#[tokio::test]
async fn every_key_that_a_page_carries_stands_in_the_map() {
    let told: BTreeSet<&str> = MAP.iter().flat_map(|(_, keys)| keys.iter().map(|(key, _)| *key)).collect();
    for address in [
        "/",
        "/r/default/postgresql/orders-db",
        "/r/default/postgresql/billing-db",
        "/catalog/postgresql/new",
        "/requests/req-1",
    ] {
        let page = visit(Scene::Busy, address).await.html;
        let carried: Vec<&str> = page.split("data-key=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(!carried.is_empty(), "{address}");
        for key in carried {
            assert!(told.contains(key), "{address}: {key} is not in the map");
        }
    }
}

#[tokio::test]
async fn the_gallery_shows_every_part_to_those_who_may_see_it() {
    let gallery = visit(Scene::Busy, "/_ui").await;
    assert_eq!(gallery.status, 200);
    let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/parts")).expect("the parts");
    let parts = files.filter_map(|file| {
        let path = file.expect("a file").path();
        let is_file = path.extension().is_some_and(|extension| extension == "rs");
        is_file.then(|| path.file_stem().unwrap_or_default().to_string_lossy().into_owned())
    });
    // the frame is around every page
    for part in parts.filter(|part| part != "frame") {
        assert!(gallery.html.contains(&format!("id=\"part-{part}\"")), "{part} is not in the gallery");
    }
    assert!(gallery.html.contains("Every widget"), "the schema of the sample form can be read");
    assert_eq!(visit(Scene::Fresh, "/_ui").await.status, 404);
}

#[tokio::test]
async fn a_search_says_that_it_shows_not_all() {
    let page = visit(Scene::Busy, "/search?q=db").await.html;
    assert!(page.contains("of 431 resources"), "the list is cut");
    assert!(page.contains("/resources?q=db&amp;whose=all"), "and leads to the whole");
    let hostile = visit(Scene::Busy, "/search?q=%22%3E%3Cimg%20src%3Dx%3E").await.html;
    assert!(!hostile.contains("<img"));
    let hostile = visit(Scene::Busy, "/search?q=%3C%2Ftitle%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E").await.html;
    assert!(!hostile.contains("<script>alert"), "neither in the page nor in its title");
}

#[test]
fn what_is_refused_cannot_be_chosen_and_says_why() {
    let entry = Entry::new(Icon::Trash, "Delete <it>", Deed::Post("/r/x".into(), None)).refused("Ask the owner");
    let group = Group { title: "This page", entries: vec![entry] };
    let html = Owner::new().with(|| options(&[group], "", "p").to_html());
    assert!(html.contains("aria-disabled=\"true\"") && html.contains("Ask the owner"), "{html}");
    assert!(!html.contains("data-post") && !html.contains("<it>"), "{html}");
    let nothing = Owner::new().with(|| options(&[], "<b>", "p").to_html());
    assert!(nothing.contains("Nothing fits “&lt;b&gt;”."), "{nothing}");
}
