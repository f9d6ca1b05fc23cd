//! Template sources as authors lay them out: a line that holds only a tag leaves no line behind.

/// Lets the engine remove the line end after a tag that has the line to itself, and only there: `{% endif %}` at the end of a line of text keeps it.
/// Line numbers stay.
pub fn prepared(source: &str) -> String {
    let mut prepared = String::with_capacity(source.len() + 16);
    for line in source.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        match closing(body) {
            Some(close) if !alone(body, close) => {
                prepared.push_str(&body[..body.len() - 2]);
                prepared.push('+');
                prepared.push_str(close);
                prepared.push_str(&line[body.len()..]);
            }
            _ => prepared.push_str(line),
        }
    }
    prepared
}

/// The tag end a line closes with, unless its white space is told by hand already.
fn closing(body: &str) -> Option<&'static str> {
    let close = ["%}", "#}"].into_iter().find(|close| body.ends_with(close))?;
    let before = body[..body.len() - 2].chars().next_back();
    (!matches!(before, Some('-' | '+'))).then_some(close)
}

fn alone(body: &str, close: &str) -> bool {
    let open = if close == "%}" { "{%" } else { "{#" };
    body.trim_start().starts_with(open) && body.find(close) == Some(body.len() - 2)
}
