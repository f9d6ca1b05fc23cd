//! The style sheets as one file: in the order of their names, without comments and indentation.

use crate::fingerprint::files;
use anyhow::{Context, Result};
use std::{fs, path::Path};

/// All of a directory's style sheets as one.
pub fn bundle(directory: &Path) -> Result<String> {
    let mut sheet = String::new();
    for file in files(directory)? {
        if file.extension().is_some_and(|extension| extension == "css") {
            let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            sheet.push_str(&tighten(&text));
        }
    }
    Ok(sheet)
}

/// Without comments, indentation and empty lines; text between quotes stays as it is.
fn tighten(text: &str) -> String {
    let bare = without_comments(text);
    let lines = bare.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn without_comments(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut quote = None;
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if quote.is_none() && rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
            continue;
        }
        if matches!(next, '"' | '\'') {
            quote = match quote {
                None => Some(next),
                Some(open) if open == next => None,
                open => open,
            };
        }
        bare.push(next);
        rest = &rest[next.len_utf8()..];
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::tighten;

    #[track_caller]
    fn check(text: &str, tight: &str) {
        assert_eq!(tighten(text), tight);
    }

    #[test]
    fn comments_and_indentation_go() {
        check("/* a\n b */\n.x {\n  color: red; /* why */\n}\n", ".x {\ncolor: red;\n}\n");
    }

    #[test]
    fn a_comment_sign_inside_quotes_is_text() {
        check(".x::before { content: \"/* \"; }", ".x::before { content: \"/* \"; }\n");
    }

    #[test]
    fn an_open_comment_ends_with_the_file() {
        check(".x {}\n/* never closed", ".x {}\n");
    }
}
