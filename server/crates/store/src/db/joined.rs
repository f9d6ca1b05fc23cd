//! Several statements as one: SQLite runs on a thread of its own, and the way there and back takes longer than a small statement.

use crate::statement::{Arg, Statement};

/// Values of all statements that go together, at most. In larger groups the way matters less, and the numbers of their rows differ, so that
/// nearly each would be a text of its own, to be prepared for this one time.
const TOGETHER: usize = 96;

/// The same statements, as few texts as are worth it.
pub fn joined(statements: Vec<Statement>) -> Vec<Statement> {
    let values: usize = statements.iter().map(|statement| statement.args.len()).sum();
    if statements.len() < 2 || values > TOGETHER {
        return statements;
    }
    let mut text = String::with_capacity(statements.iter().map(|statement| statement.text.len() + 16).sum());
    let mut args: Vec<Arg> = Vec::with_capacity(values);
    for statement in statements {
        renumbered(&statement.text, args.len(), &mut text);
        text.push_str(";\n");
        args.extend(statement.args);
    }
    vec![Statement { text: text.into(), args }]
}

/// `$1` becomes `$4` behind three others. A `$` that no digit follows is no parameter.
fn renumbered(text: &str, behind: usize, into: &mut String) {
    let mut parts = text.split('$');
    into.push_str(parts.next().unwrap_or_default());
    for part in parts {
        into.push('$');
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        match number.parse::<usize>() {
            Ok(number) => into.push_str(&(number + behind).to_string()),
            Err(_) => into.push_str(number),
        }
        into.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_statements_become_one_text_and_large_ones_stay() {
        let small = || {
            let twice = Statement::new("update t set a = $1, b = $2, c = $1").bind(1).bind(2);
            vec![twice, Statement::new("select '$' || $1").bind("x")]
        };
        let one = joined(small());
        assert_eq!(one.len(), 1);
        assert_eq!(one[0].text, "update t set a = $1, b = $2, c = $1;\nselect '$' || $3;\n");
        assert_eq!(one[0].args.len(), 3);

        let mut large = Statement::new("select");
        large.list(0..i64::try_from(TOGETHER).unwrap());
        assert_eq!(joined([small(), vec![large]].concat()).len(), 3);
    }
}
