//! The example on the page about Kratix promises, as a reader would try it.

use super::{images, stands};
use crate::midspan::everywhere_on;
use domain::document;
use serde_json::Value;

const PAGE: &str = include_str!("../../../../docs/kratix.md");

/// The YAML documents on the page, in their order.
fn examples() -> Vec<Value> {
    let blocks = PAGE.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.flat_map(|block| document::parse_all(block, "docs/kratix.md").unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_on_the_page_works_as_it_says() {
    let Some(ground) = images::ground() else { return };
    everywhere_on(&ground, async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let [promise, request] = &examples()[..] else { panic!("a promise and a request for it") };
        let path = paul.applies(promise).await;
        paul.see(&path, stands("Available")).await;
        let path = dana.applies(request).await;
        let seen = dana.see(&path, stands("Reconciled")).await.good();
        assert_eq!(seen["status"]["message"], "holds poems");
        assert!(midspan.file("bookshelf/poems/shelve").contains("title: \"poems\""));
        assert!(midspan.file("dependencies/bookshelf").contains("books"));
    })
    .await;
}
