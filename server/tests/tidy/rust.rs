//! Just enough reading of Rust to tell code from comments, text and tests.

/// The code with comments and the contents of literals blanked out; every line stays on its line.
pub fn code(text: &str) -> String {
    read(text).code
}

/// Only what stands in text literals, with their quotes.
pub fn literals(text: &str) -> String {
    read(text).literals
}

fn read(text: &str) -> Reader<'_> {
    let mut reader = Reader { rest: text, code: String::with_capacity(text.len()), literals: String::new() };
    while let Some(next) = reader.rest.chars().next() {
        match next {
            '/' if reader.rest.starts_with("//") => reader.blank(line_length(reader.rest)),
            '/' if reader.rest.starts_with("/*") => reader.blank(block_comment_length(reader.rest)),
            '"' => reader.literal(string_length(reader.rest)),
            'r' if !reader.after_word() && raw_string_length(reader.rest).is_some() => {
                reader.literal(raw_string_length(reader.rest).unwrap_or(1));
            }
            '\'' => reader.blank(character_length(reader.rest)),
            _ => reader.keep(next.len_utf8()),
        }
    }
    reader
}

/// Code without the modules that are compiled for tests only.
pub fn production(code: &str) -> String {
    cut_tests(code).0
}

/// Only the modules that are compiled for tests.
pub fn tests(code: &str) -> String {
    cut_tests(code).1
}

fn cut_tests(code: &str) -> (String, String) {
    let (mut production, mut tests) = (String::new(), String::new());
    let mut rest = code;
    while let Some(start) = rest.find("#[cfg(test)]") {
        let (before, item) = rest.split_at(start);
        let (item, after) = item.split_at(item_length(item));
        production.push_str(before);
        production.extend(line_ends(item));
        tests.extend(line_ends(before));
        tests.push_str(item);
        rest = after;
    }
    production.push_str(rest);
    (production, tests)
}

/// So that what follows stays on its line.
fn line_ends(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|next| *next == '\n')
}

/// Up to the closing brace of the item's block, or to its semicolon.
fn item_length(item: &str) -> usize {
    let mut depth = 0;
    for (at, next) in item.char_indices() {
        match next {
            ';' if depth == 0 => return at + 1,
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    item.len()
}

struct Reader<'a> {
    rest: &'a str,
    code: String,
    literals: String,
}

impl Reader<'_> {
    fn keep(&mut self, length: usize) {
        self.code.push_str(&self.rest[..length]);
        self.rest = &self.rest[length..];
    }

    fn literal(&mut self, length: usize) {
        self.literals.push_str(&self.rest[..length]);
        self.blank(length);
    }

    fn blank(&mut self, length: usize) {
        self.code.extend(self.rest[..length].chars().map(|next| if next == '\n' { '\n' } else { ' ' }));
        self.rest = &self.rest[length..];
    }

    fn after_word(&self) -> bool {
        self.code.chars().next_back().is_some_and(|last| last.is_alphanumeric() || last == '_')
    }
}

fn line_length(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

fn block_comment_length(text: &str) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (at, depth) = (at + 2, depth + 1);
        } else if text[at..].starts_with("*/") {
            (at, depth) = (at + 2, depth - 1);
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, next) in text.char_indices().skip(1) {
        match next {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn raw_string_length(text: &str) -> Option<usize> {
    let hashes = text[1..].bytes().take_while(|byte| *byte == b'#').count();
    let open = 1 + hashes;
    text[open..].starts_with('"').then(|| {
        let close = format!("\"{}", "#".repeat(hashes));
        text[open + 1..].find(&close).map_or(text.len(), |end| open + 1 + end + close.len())
    })
}

/// A character literal; a lifetime is one character long and stays harmless.
fn character_length(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    match (characters.next(), characters.next()) {
        (Some((_, '\\')), Some(_)) => text[3..].find('\'').map_or(1, |end| 3 + end + 1),
        (Some(_), Some((end, '\''))) => end + 1,
        _ => 1,
    }
}

#[cfg(test)]
mod reading {
    use super::{code, production};

    #[track_caller]
    fn check(text: &str, read: &str) {
        assert_eq!(code(text).split_whitespace().collect::<Vec<_>>().join(" "), read);
    }

    #[test]
    fn comments_and_literals_are_not_code() {
        check("let a = 1; // unwrap()", "let a = 1;");
        check("/* a /* b */ c */ f()", "f()");
        check(r#"say("a \" unwrap()"); f()"#, "say( ); f()");
        check("r#\"a \" unwrap()\"# + 1", "+ 1");
        check("match c { '\"' => 1, '\\'' => 2, '\\u{7f}' => 3 }", "match c { => 1, => 2, => 3 }");
        check("fn f<'a>(x: &'a str) {}", "fn f< a>(x: & a str) {}");
    }

    #[test]
    fn test_modules_are_not_production() {
        assert_eq!(production("a();\n#[cfg(test)]\nmod tests {\n  { b(); }\n}\nc();"), "a();\n\n\n\n\nc();");
        assert_eq!(production("a();\n#[cfg(test)]\nmod tests;\nc();"), "a();\n\n\nc();");
    }
}
