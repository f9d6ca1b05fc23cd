//! What every source file keeps to: a first sentence, a bearable length, and no call that hides a parameter.

use crate::{
    none, rust,
    workspace::{File, files},
};
use std::collections::{BTreeMap, BTreeSet};

/// A file that needs more is two ideas.
const LONGEST: usize = 400;

/// Calls that belong into one file of a crate at most: time, chance and the world are parameters.
const ONE_PLACE: [(&str, &[&str]); 4] = [
    ("the clock", &["SystemTime::now(", "OffsetDateTime::now_utc(", "Utc::now("]),
    ("chance", &["Uuid::now_v7(", "Uuid::new_v4(", "rand::", "getrandom::", "SystemRandom::new("]),
    ("the environment", &["env::var(", "env::var_os(", "env::vars("]),
    ("the network client", &["reqwest::Client::new(", "Client::builder(", "ClientBuilder::new("]),
];

/// Calls that belong nowhere in what we ship.
const NOWHERE: [&str; 5] = [".unwrap()", "todo!(", "unimplemented!(", "dbg!(", "#[allow("];

/// Tools around the product: they meet the world by trade.
const TOOLS: [&str; 3] = ["server/crates/xtask/", "server/crates/testkit/", "bench/"];

fn sources() -> Vec<File> {
    ["app", "server", "bench"].into_iter().flat_map(|directory| files(directory, "rs")).collect()
}

/// The files that are compiled for tests only: by their place, or because whoever declares them says so.
fn for_tests_only(sources: &[File]) -> BTreeSet<String> {
    let by_place = |path: &str| path.contains("/tests/") || path.ends_with("/tests.rs") || path.contains("/testkit/");
    let mut found: BTreeSet<_> = sources.iter().map(|file| file.path.clone()).filter(|path| by_place(path)).collect();
    for file in sources {
        let tests = rust::tests(&rust::code(&file.text));
        let modules = tests.split("mod ").skip(1).filter_map(|rest| rest.split_once(';')).map(|(name, _)| name.trim());
        found.extend(modules.map(|module| format!("{}/{module}.rs", directory_of_modules(&file.path))));
    }
    found
}

/// Where a file's modules stand: beside `lib.rs`, in `name/` for `name.rs`.
fn directory_of_modules(path: &str) -> &str {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    if matches!(name, "lib.rs" | "main.rs" | "mod.rs") { directory } else { path.trim_end_matches(".rs") }
}

fn is_tool(path: &str) -> bool {
    TOOLS.iter().any(|tool| path.starts_with(tool))
}

/// `app`, `server`, `server/crates/store` …
fn crate_of(path: &str) -> String {
    path.split_once("/src/").map_or(path, |(directory, _)| directory).to_owned()
}

#[test]
fn every_file_opens_with_a_sentence() {
    let mut silent = sources();
    silent.retain(|file| !file.text.starts_with("//! "));
    none("no `//!` on the first line", &silent.into_iter().map(|file| file.path).collect::<Vec<_>>());
}

#[test]
fn no_file_is_longer_than_one_idea() {
    let mut all = sources();
    all.extend(files("style", "css"));
    all.extend(files("end2end", "ts"));
    let long = all.iter().map(|file| (file, file.text.lines().count())).filter(|(_, lines)| *lines > LONGEST);
    none("too long", &long.map(|(file, lines)| format!("{}: {lines} lines", file.path)).collect::<Vec<_>>());
}

#[test]
fn time_chance_and_the_world_are_parameters() {
    let sources = sources();
    let for_tests = for_tests_only(&sources);
    let mut offences = Vec::new();
    for (what, calls) in ONE_PLACE {
        let mut callers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in sources.iter().filter(|file| !for_tests.contains(&file.path) && !is_tool(&file.path)) {
            let code = rust::production(&rust::code(&file.text));
            if calls.iter().any(|call| mentions(&code, call)) {
                callers.entry(crate_of(&file.path)).or_default().push(file.path.clone());
            }
        }
        let shared = callers.into_values().filter(|files| files.len() > 1);
        offences.extend(shared.map(|files| format!("{what}: {}", files.join(", "))));
    }
    none("more than one file of a crate reaches for", &offences);
}

#[test]
fn nothing_unfinished_or_unchecked_is_shipped() {
    let sources = sources();
    let for_tests = for_tests_only(&sources);
    let mut offences = Vec::new();
    for file in sources.iter().filter(|file| !for_tests.contains(&file.path)) {
        offences.extend(calls(&file.path, &rust::production(&rust::code(&file.text)), &NOWHERE));
    }
    none("in shipped code", &offences);
}

#[test]
fn tests_wait_for_facts_and_never_for_time() {
    let sources = sources();
    let for_tests = for_tests_only(&sources);
    let mut offences = Vec::new();
    for file in sources.iter().filter(|file| !is_tool(&file.path)) {
        let code = rust::code(&file.text);
        let tests = if for_tests.contains(&file.path) { code } else { rust::tests(&code) };
        for (at, _) in tests.match_indices("sleep(").filter(|(at, _)| !polls(&tests[..*at])) {
            offences.push(format!("{}:{}", file.path, tests[..at].lines().count()));
        }
    }
    none("tests that sleep instead of polling in a loop", &offences);
}

/// Whether the innermost block that is open at the end of this code is a loop's.
fn polls(before: &str) -> bool {
    let mut depth = 0;
    let open = before.char_indices().rev().find(|(_, next)| match next {
        '}' => {
            depth += 1;
            false
        }
        '{' if depth == 0 => true,
        '{' => {
            depth -= 1;
            false
        }
        _ => false,
    });
    let header = open.map_or("", |(at, _)| before[..at].rsplit([';', '{', '}']).next().unwrap_or_default());
    header.split_whitespace().any(|word| matches!(word, "while" | "for" | "loop"))
}

fn calls(path: &str, code: &str, forbidden: &[&str]) -> Vec<String> {
    let lines = code.lines().enumerate();
    let found = lines.flat_map(|(at, line)| {
        forbidden.iter().filter(move |call| mentions(line, call)).map(move |call| format!("{path}:{}: {call}", at + 1))
    });
    found.collect()
}

/// Whether a call stands in the code as a word of its own: `grand::` is not `rand::`.
fn mentions(code: &str, call: &str) -> bool {
    let own_word = call.starts_with(|first: char| first.is_alphanumeric());
    code.match_indices(call).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !own_word || !before.is_some_and(|last| last.is_alphanumeric() || last == '_')
    })
}
