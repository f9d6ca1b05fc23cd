//! How much work an expression can cause, read from its syntax tree before it runs.

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr};
use serde_json::Value;

/// Comprehensions that multiply with each other: `self.a.all(x, self.b.exists(y, …))` is 2.
const MAX_DEGREE: u32 = 3;
/// The deepest syntax tree: evaluation recurses along it.
const MAX_TREE: usize = 64;
/// Operators in a row build a tree as deep …
const MAX_OPERATORS: usize = 500;
/// … and so do brackets.
const MAX_OPEN: usize = 40;

/// The functions of the standard library and of the string and list extensions.
const FUNCTIONS: [&str; 60] = [
    "abs",
    "all",
    "bool",
    "bytes",
    "ceil",
    "charAt",
    "contains",
    "distinct",
    "double",
    "duration",
    "dyn",
    "endsWith",
    "exists",
    "first",
    "flatten",
    "floor",
    "format",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "hasValue",
    "indexOf",
    "int",
    "join",
    "last",
    "lastIndexOf",
    "lowerAscii",
    "map",
    "matches",
    "max",
    "min",
    "none",
    "of",
    "ofNonZeroValue",
    "optional.none",
    "optional.of",
    "optional.ofNonZeroValue",
    "or",
    "orValue",
    "range",
    "replace",
    "reverse",
    "size",
    "slice",
    "sort",
    "split",
    "startsWith",
    "string",
    "strings.quote",
    "substring",
    "timestamp",
    "trim",
    "type",
];
const MORE_FUNCTIONS: [&str; 4] = ["uint", "upperAscii", "value", "lists.range"];

pub(super) fn known_function(name: &str) -> bool {
    // operators are functions with names no word has
    !name.starts_with(|c: char| c.is_ascii_alphabetic())
        || name == "in"
        || FUNCTIONS.contains(&name)
        || MORE_FUNCTIONS.contains(&name)
}

/// Nodes of the tree, and the power with which collections multiply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Steps {
    nodes: u64,
    degree: u32,
}

impl Steps {
    pub(super) fn and(self, other: Self) -> Self {
        Self { nodes: self.nodes + other.nodes, degree: self.degree.max(other.degree) }
    }

    /// The steps over a value: every collection may be as large as the largest, and reading the value costs its size once.
    pub(super) fn over(self, value: &Value) -> u64 {
        let (values, longest) = crate::admission::largest(value);
        let longest = u64::try_from(longest.max(1)).unwrap_or(u64::MAX);
        longest
            .saturating_pow(self.degree)
            .saturating_mul(self.nodes)
            .saturating_add(u64::try_from(values).unwrap_or(u64::MAX))
    }
}

/// Whether a text can be given to the parser, whose stack grows with brackets and operators. Texts in quotes count as well: where they
/// end is for the parser to say.
pub(super) fn shallow(source: &str) -> bool {
    let (mut open, mut operators) = (0_usize, 0_usize);
    for c in source.chars() {
        match c {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            '+' | '-' | '*' | '/' | '%' | '?' | '!' | '.' | '<' | '>' | '=' | '&' | '|' => operators += 1,
            _ => {}
        }
        if open > MAX_OPEN || operators > MAX_OPERATORS {
            return false;
        }
    }
    true
}

pub(super) fn bounded(expression: &IdedExpr) -> Result<(), String> {
    let depth = depth(expression);
    if depth > MAX_TREE {
        return Err(format!("the expression is {depth} operations deep; the limit is {MAX_TREE}"));
    }
    let degree = steps(expression).degree;
    if degree > MAX_DEGREE {
        return Err(format!("{degree} comprehensions multiply with each other; the limit is {MAX_DEGREE}"));
    }
    Ok(())
}

/// Depth of the tree, without recursion.
fn depth(expression: &IdedExpr) -> usize {
    let mut deepest = 0;
    let mut todo = vec![(expression, 1)];
    while let Some((expression, depth)) = todo.pop() {
        deepest = deepest.max(depth);
        for child in children(&expression.expr) {
            todo.push((child, depth + 1));
        }
    }
    deepest
}

fn children(expression: &Expr) -> Vec<&IdedExpr> {
    match expression {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Comprehension(c) => vec![&c.iter_range, &c.accu_init, &c.loop_cond, &c.loop_step, &c.result],
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Map(map) => map.entries.iter().flat_map(|entry| entry_children(&entry.expr)).collect(),
        Expr::Struct(fields) => fields.entries.iter().flat_map(|entry| entry_children(&entry.expr)).collect(),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Vec::new(),
    }
}

/// The fields that an expression selects of one variable.
pub(super) fn fields_of(expression: &IdedExpr, variable: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut todo = vec![expression];
    while let Some(expression) = todo.pop() {
        if let Expr::Select(select) = &expression.expr
            && matches!(&select.operand.expr, Expr::Ident(name) if name == variable)
        {
            fields.push(select.field.clone());
        }
        todo.extend(children(&expression.expr));
    }
    fields
}

fn entry_children(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}

/// Called only on trees that [`bounded`] found shallow, or to find their degree: the degree is counted on a stack of its own.
pub(super) fn steps(expression: &IdedExpr) -> Steps {
    let mut nodes = 0;
    let mut degree = 0;
    let mut todo = vec![(expression, 0_u32)];
    while let Some((expression, inside)) = todo.pop() {
        nodes += 1;
        degree = degree.max(inside);
        if let Expr::Comprehension(c) = &expression.expr {
            // a range made by other comprehensions may be as large as they make it
            let range = 1 + comprehensions(&c.iter_range);
            todo.push((&c.iter_range, inside));
            for inner in [&c.accu_init, &c.loop_cond, &c.loop_step, &c.result] {
                todo.push((inner, inside.saturating_add(range)));
            }
        } else {
            for child in children(&expression.expr) {
                todo.push((child, inside));
            }
        }
    }
    Steps { nodes, degree }
}

fn comprehensions(expression: &IdedExpr) -> u32 {
    let mut count = 0;
    let mut todo = vec![expression];
    while let Some(expression) = todo.pop() {
        count += u32::from(matches!(expression.expr, Expr::Comprehension(_)));
        todo.extend(children(&expression.expr));
    }
    count
}
