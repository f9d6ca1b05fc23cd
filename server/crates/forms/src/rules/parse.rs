//! A rule's text read within bounds: its expressions, and the path of the field it blames.

use super::{cost, short};
use crate::schema::refused;
use cel::{Env, IdedExpr};
use domain::Result;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

/// The longest expression.
pub const MAX_EXPRESSION: usize = 4096;
/// Nesting of the parser's grammar.
const MAX_NESTING: u16 = 48;

pub(super) fn environment() -> &'static Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Env::stdlib();
        // each extension is added once to a fresh environment: it cannot clash
        let _ = environment.add_extension(cel::extensions::strings);
        let _ = environment.add_extension(cel::extensions::lists);
        Arc::new(environment)
    })
}

pub(super) fn parsed(source: &str, at: &str) -> Result<IdedExpr> {
    if source.len() > MAX_EXPRESSION {
        return Err(refused(
            at,
            format!("the expression has {} characters; the limit is {MAX_EXPRESSION}", source.len()),
        ));
    }
    if !cost::shallow(source) {
        return Err(refused(at, "the expression is nested too deeply or has too many operators"));
    }
    let parser = environment().parser().max_recursion_depth(MAX_NESTING);
    let expression = catch_unwind(AssertUnwindSafe(|| parser.parse(source)))
        .map_err(|_| refused(at, "the expression cannot be parsed"))?
        .map_err(|errors| {
            let first = errors.errors.first();
            let (line, column) = first.map_or((1, 1), |error| error.pos);
            let text = first.map_or("syntax error", |error| error.msg.as_str());
            refused(at, format!("CEL {line}:{column}: {}", short(text)))
        })?;
    cost::bounded(&expression).map_err(|text| refused(at, text))?;
    Ok(expression)
}

/// `.spec.ports` or `['a.b'].c` as segments.
pub(super) fn field_segments(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    let mut rest = path.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("['").or_else(|| rest.strip_prefix("[\"")) {
            let Some(end) = after.find(']') else { break };
            segments.push(after[..end].trim_end_matches(['\'', '"']).to_owned());
            rest = &after[end + 1..];
        } else {
            let after = rest.strip_prefix('.').unwrap_or(rest);
            let end = after.find(['.', '[']).unwrap_or(after.len());
            if end > 0 {
                segments.push(after[..end].to_owned());
            } else if !after.starts_with('[') {
                break;
            }
            rest = &after[end..];
        }
    }
    segments
}
