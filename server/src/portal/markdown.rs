//! A promise's docs: markdown from outside, made into harmless HTML.

use comrak::{Options, markdown_to_html};
use std::collections::HashSet;

/// GitHub-flavoured markdown to HTML that can stand in a page: headings begin at `h2`, scripts, styles and raw HTML are gone.
pub fn html(markdown: &str) -> String {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    let html = lowered(&markdown_to_html(markdown, &options));
    ammonia::Builder::default()
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("noopener noreferrer"))
        .rm_tags(["img"])
        .clean(&html)
        .to_string()
}

/// The page has its own `h1`.
fn lowered(html: &str) -> String {
    let mut html = html.to_owned();
    for level in (1..=5).rev() {
        html = html
            .replace(&format!("<h{level}>"), &format!("<h{}>", level + 1))
            .replace(&format!("</h{level}>"), &format!("</h{}>", level + 1));
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_harmless_html() {
        insta::assert_snapshot!(html("# Title\n\nSee [docs](https://example.com) and [bad](javascript:alert(1)).\n\n<script>alert(1)</script><b onclick=x>raw</b>"), @r#"
        <h2>Title</h2>
        <p>See <a href="https://example.com" rel="noopener noreferrer">docs</a> and <a href="" rel="noopener noreferrer">bad</a>.</p>
        "#);
    }
}
