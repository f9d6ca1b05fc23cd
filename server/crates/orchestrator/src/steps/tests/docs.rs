//! The examples of the page about steps, performed as they stand there.

use super::*;
use crate::steps::ground::ImageMap;
use domain::{document, workflow::Pipeline};

const PAGE: &str = include_str!("../../../../../../docs/steps.md");

/// The blocks of a language on the page.
fn blocks(language: &str) -> Vec<&'static str> {
    let after = PAGE.split("```").skip(1).step_by(2);
    after.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

#[tokio::test]
async fn every_example_reads_and_those_that_need_no_one_else_run() {
    let map = ImageMap::parse(blocks("text")[0], "steps.md").unwrap();
    let world = World::with(|config| config.ground.containers.images = map);
    let mut performed = Vec::new();
    for block in blocks("yaml") {
        if block.contains("\n  steps:") {
            let _: Vec<Pipeline> = serde_json::from_value(document::parse_one(block, "steps.md").unwrap()).unwrap();
            continue;
        }
        let steps: Vec<Step> = serde_json::from_value(document::parse_one(block, "steps.md").unwrap()).unwrap();
        for step in steps.into_iter().filter(|step| step.uses != StepKind::Http) {
            let name = step.name.clone();
            let mut input = StepInput { step, ..input("template", json!({})) };
            input.object.spec["instances"] = json!(2);
            if world.fenced() || input.step.uses.is_pure() {
                let (folders, message) = done(world.perform(input).await.0);
                let files: Vec<_> = folders.output.into_keys().collect();
                performed.push(format!("{name}: {files:?}, {message:?}"));
            }
        }
    }
    if world.fenced() {
        insta::assert_snapshot!(performed.join("\n"), @r#"
        lint: [], ""
        note: ["note.txt"], ""
        manifests: ["shop.yaml"], "1 file"
        summarise: ["summary.txt"], ""
        render: [], "rendered --name shop"
        "#);
    }
}

#[test]
fn every_condition_on_the_page_can_be_asked() {
    for line in PAGE.lines().filter_map(|line| line.trim().strip_prefix("if: ")) {
        condition::check(line, "/if").unwrap();
    }
}
