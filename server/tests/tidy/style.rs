//! Style sheets and pages agree: no class without a rule, no rule without a class, colours named in one place.

use crate::{
    none, rust,
    workspace::{File, files},
};
use std::collections::{BTreeMap, BTreeSet};

/// The one sheet that may say what a colour is.
const TOKENS: &str = "style/10-tokens.css";

const COLOUR_FUNCTIONS: [&str; 9] = ["rgb(", "rgba(", "hsl(", "hsla(", "hwb(", "lab(", "lch(", "oklab(", "oklch("];
const COLOUR_NAMES: [&str; 14] = [
    "white", "black", "red", "green", "blue", "gray", "grey", "yellow", "orange", "purple", "pink", "brown", "navy",
    "teal",
];

#[test]
fn colours_are_named_in_the_tokens_only() {
    let mut offences = Vec::new();
    for sheet in files("style", "css").iter().filter(|sheet| sheet.path != TOKENS) {
        for (at, line) in without_comments(&sheet.text).lines().enumerate() {
            if let Some(colour) = values(line).find_map(colour) {
                offences.push(format!("{}:{}: {colour}", sheet.path, at + 1));
            }
        }
    }
    none("colours outside the tokens", &offences);
}

#[test]
fn every_class_on_a_page_has_a_rule() {
    let styled = styled();
    let used = files("app/src", "rs").into_iter().flat_map(|file| {
        let path = file.path.clone();
        literal_classes(&file).into_iter().map(move |class| (class, path.clone()))
    });
    let mut offences: Vec<_> = used.filter(|(class, _)| !styled.contains_key(class)).collect();
    offences.sort();
    offences.dedup();
    none(
        "classes without a rule",
        &offences.iter().map(|(class, path)| format!(".{class} in {path}")).collect::<Vec<_>>(),
    );
}

#[test]
fn every_rule_has_a_class_on_a_page() {
    // Pages build some names at run time, so any word in a text literal counts as used.
    let sources =
        ["app/src", "server/src", "server/crates/forms/src"].into_iter().flat_map(|directory| files(directory, "rs"));
    let words: BTreeSet<String> = sources.flat_map(|file| words(&file.text)).collect();
    let unused = styled().into_iter().filter(|(class, _)| !is_used(class, &words));
    none("rules without a class", &unused.map(|(class, path)| format!(".{class} in {path}")).collect::<Vec<_>>());
}

/// A name that a page puts together from two parts counts when its beginning stands in the code: `chip-` + state.
fn is_used(class: &str, words: &BTreeSet<String>) -> bool {
    words.contains(class)
        || class
            .char_indices()
            .filter(|(_, next)| *next == '-')
            .any(|(dash, _)| words.contains(&class[..=dash]) || words.contains(&format!("{}{{}}", &class[..=dash])))
}

/// Every class that a style sheet knows, with the sheet.
fn styled() -> BTreeMap<String, String> {
    let mut classes = BTreeMap::new();
    for sheet in files("style", "css") {
        for selector in selectors(&without_comments(&sheet.text)) {
            for part in selector.split('.').skip(1) {
                let class: String = part.chars().take_while(|next| is_name(*next)).collect();
                if class.starts_with(|first: char| first.is_ascii_alphabetic()) {
                    classes.entry(class).or_insert_with(|| sheet.path.clone());
                }
            }
        }
    }
    classes
}

/// The text before each opening brace, but no at-rules.
fn selectors(sheet: &str) -> Vec<String> {
    let blocks = sheet.split('{').map(|block| block.rsplit(['}', ';']).next().unwrap_or_default().trim());
    blocks.filter(|selector| !selector.starts_with('@') || selector.starts_with("@scope")).map(str::to_owned).collect()
}

/// Classes written out in `class="…"`, `class:name` and `class=("name", …)`.
fn literal_classes(file: &File) -> Vec<String> {
    let mut classes = Vec::new();
    for rest in file.text.split("class=\"").skip(1) {
        let names = rest.split('"').next().unwrap_or_default().split_whitespace();
        classes.extend(names.filter(|name| !name.contains(['{', '}'])).map(str::to_owned));
    }
    for rest in file.text.split("class=(\"").skip(1) {
        classes.push(rest.split('"').next().unwrap_or_default().to_owned());
    }
    for rest in file.text.split(" class:").skip(1) {
        classes.push(rest.chars().take_while(|next| is_name(*next)).collect());
    }
    classes.retain(|class| !class.is_empty() && class.chars().all(is_name));
    classes
}

/// Words in text literals, and names after `class:`, which stand outside of them.
fn words(text: &str) -> Vec<String> {
    let switched = text.split(" class:").skip(1).map(|rest| rest.chars().take_while(|next| is_name(*next)).collect());
    let literals = rust::literals(text);
    let written = literals.split(|next: char| !(is_name(next) || matches!(next, '{' | '}'))).map(str::to_owned);
    written.chain(switched).collect()
}

/// What stands after the colon of each declaration on a line.
fn values(line: &str) -> impl Iterator<Item = &str> {
    line.split([';', '{', '}']).filter_map(|declaration| {
        let (property, value) = declaration.split_once(':')?;
        let property = property.trim();
        (!property.is_empty() && property.chars().all(is_name)).then_some(value)
    })
}

fn colour(value: &str) -> Option<String> {
    if let Some(function) = COLOUR_FUNCTIONS.iter().find(|function| stands_alone(value, function)) {
        return Some(format!("{function}…)"));
    }
    value.split([' ', ',', '(', ')', '/']).map(str::trim).find(|word| is_colour(word)).map(str::to_owned)
}

fn is_colour(word: &str) -> bool {
    let digits = word.strip_prefix('#').filter(|digits| digits.chars().all(|next| next.is_ascii_hexdigit()));
    digits.is_some_and(|digits| matches!(digits.len(), 3 | 4 | 6 | 8)) || COLOUR_NAMES.contains(&word)
}

fn stands_alone(value: &str, function: &str) -> bool {
    value.match_indices(function).any(|(at, _)| !value[..at].chars().next_back().is_some_and(is_name))
}

fn is_name(next: char) -> bool {
    next.is_ascii_alphanumeric() || next == '-' || next == '_'
}

/// Blanks comments; every line stays on its line.
fn without_comments(sheet: &str) -> String {
    let mut bare = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some(start) = rest.find("/*") {
        let (before, comment) = rest.split_at(start);
        let (comment, after) = comment.split_at(comment.find("*/").map_or(comment.len(), |end| end + 2));
        bare.push_str(before);
        bare.extend(comment.chars().filter(|next| *next == '\n'));
        rest = after;
    }
    bare + rest
}
