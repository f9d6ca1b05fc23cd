//! A crate is a wall: who may depend on whom, and who may know which world.

use crate::{
    none,
    workspace::{names, read, root},
};
use std::{collections::BTreeSet, process::Command};

/// Every crate of ours, its directory, and the crates of ours it may use. Dependencies point at the nouns.
const WALLS: [(&str, &str, &[&str]); 9] = [
    ("domain", "server/crates/domain", &[]),
    ("forms", "server/crates/forms", &["domain"]),
    ("app", "app", &["domain", "forms"]),
    ("store", "server/crates/store", &["domain"]),
    ("orchestrator", "server/crates/orchestrator", &["domain", "forms", "store"]),
    ("midspan", "server", &["app", "domain", "forms", "orchestrator", "store"]),
    ("testkit", "server/crates/testkit", &["domain", "forms", "store", "orchestrator"]),
    ("xtask", "server/crates/xtask", &[]),
    ("load", "bench/load", &[]),
];

/// Worlds that only these crates may know.
const WORLDS: [(&str, &[&str]); 8] = [
    ("sqlx", &["store"]),
    ("axum", &["midspan"]),
    ("tower-http", &["midspan"]),
    ("clap", &["midspan", "xtask"]),
    ("leptos", &["app", "midspan"]),
    ("leptos_axum", &["midspan"]),
    ("minijinja", &["orchestrator"]),
    ("tokio", &["store", "orchestrator", "midspan", "testkit"]),
];

#[derive(Default)]
struct Manifest {
    dependencies: BTreeSet<String>,
    for_tests: BTreeSet<String>,
}

#[test]
fn dependencies_point_at_the_nouns() {
    let ours: Vec<_> = WALLS.iter().map(|(name, ..)| *name).collect();
    let mut offences = Vec::new();
    for (name, directory, allowed) in WALLS {
        let manifest = manifest(directory);
        for other in ours.iter().filter(|other| manifest.dependencies.contains(**other)) {
            if !allowed.contains(other) {
                offences.push(format!("{name} depends on {other}"));
            }
        }
        for other in ours.iter().filter(|other| manifest.for_tests.contains(**other)) {
            if !allowed.contains(other) && *other != "testkit" {
                offences.push(format!("the tests of {name} depend on {other}"));
            }
        }
    }
    none("walls", &offences);
}

#[test]
fn each_outside_world_is_known_to_few() {
    let mut offences = Vec::new();
    for (name, directory, _) in WALLS {
        let manifest = manifest(directory);
        for (world, knowing) in WORLDS {
            if manifest.dependencies.contains(world) && !knowing.contains(&name) {
                offences.push(format!("{name} knows {world}; only {} may", knowing.join(" and ")));
            }
        }
    }
    none("worlds", &offences);
}

#[test]
fn every_crate_stands_in_the_table_of_walls() {
    let mut offences: Vec<_> = names("server/crates").into_iter().collect();
    offences.retain(|name| !WALLS.iter().any(|(_, directory, _)| *directory == format!("server/crates/{name}")));
    none("crates without a wall", &offences);
}

#[test]
fn every_crate_takes_the_lints_of_the_house() {
    let missing = |(_, directory, _): &&(&str, &str, &[&str])| {
        !read(&root().join(directory).join("Cargo.toml")).contains("[lints]\nworkspace = true")
    };
    none("crates without `[lints] workspace = true`", &named(WALLS.iter().filter(missing)));
}

#[test]
fn the_browser_gets_no_server() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--package", "app", "--no-default-features", "--features", "hydrate"]);
    cargo.args(["--target", "wasm32-unknown-unknown", "--edges", "normal", "--prefix", "none"]);
    let tree = cargo.current_dir(root()).output().expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
    let mut offences: Vec<_> = tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    offences.retain(|name| ["axum", "hyper", "mio", "reqwest", "rustls", "sqlx", "store", "tokio"].contains(&&**name));
    none("in the browser's half of `app`", &offences);
}

fn named<'a>(walls: impl Iterator<Item = &'a (&'a str, &'a str, &'a [&'a str])>) -> Vec<String> {
    walls.map(|(name, ..)| (*name).to_owned()).collect()
}

/// The names under `[dependencies]` and `[dev-dependencies]`, also those for one platform.
fn manifest(directory: &str) -> Manifest {
    let mut manifest = Manifest::default();
    let mut section = String::new();
    for line in read(&root().join(directory).join("Cargo.toml")).lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            header.trim_end_matches(']').clone_into(&mut section);
            continue;
        }
        let Some(name) = line.split(['.', '=', ' ']).next().filter(|name| !name.is_empty() && !name.starts_with('#'))
        else {
            continue;
        };
        if section.ends_with("dev-dependencies") {
            manifest.for_tests.insert(name.to_owned());
        } else if section.ends_with("dependencies") {
            manifest.dependencies.insert(name.to_owned());
        }
    }
    manifest
}
