//! Tables, YAML and JSON on the terminal.

use super::{Failure, Outcome};
use domain::document;
use serde_json::Value;
use std::{fmt, io, io::Write as _};

/// A line on standard output: what `println!` is in this command line.
pub fn line(words: fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    written(out.write_fmt(words).and_then(|()| out.write_all(b"\n")));
}

/// Ends the program where nobody reads on; it has nothing more to do.
pub fn written(result: io::Result<()>) {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            std::process::exit(i32::from(Failure::PIPE_CLOSED));
        }
        Err(error) => {
            // nowhere else to say it
            let _ = writeln!(io::stderr(), "error: standard output: {error}");
            std::process::exit(i32::from(Failure::ERROR));
        }
        Ok(()) => {}
    }
}

/// `-o`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// A table for people
    #[default]
    Table,
    /// The table with all its columns
    Wide,
    Yaml,
    Json,
    /// kind/name, one a line
    Name,
}

/// A server's table.
///
/// Where several kinds are shown, `kind` stands before each name.
pub fn table(table: &Value, wide: bool, with_namespace: bool, kind: Option<&str>) {
    let empty = Vec::new();
    let columns = table["columnDefinitions"].as_array().unwrap_or(&empty);
    let shown: Vec<usize> =
        (0..columns.len()).filter(|i| wide || columns[*i]["priority"].as_i64().unwrap_or(0) == 0).collect();
    let mut rows: Vec<Vec<String>> =
        vec![shown.iter().map(|i| columns[*i]["name"].as_str().unwrap_or_default().to_uppercase()).collect()];
    if with_namespace && let Some(head) = rows.first_mut() {
        head.insert(0, "NAMESPACE".to_owned());
    }
    for row in table["rows"].as_array().unwrap_or(&empty) {
        let cell = |i: &usize| match &row["cells"][*i] {
            Value::String(text) => single_line(text),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let mut cells: Vec<String> = shown.iter().map(cell).collect();
        if let (Some(kind), Some(name)) = (kind, cells.first_mut()) {
            *name = format!("{kind}/{name}");
        }
        if with_namespace {
            cells.insert(0, row["object"]["metadata"]["namespace"].as_str().unwrap_or_default().to_owned());
        }
        rows.push(cells);
    }
    columns_of(&rows);
}

/// Rows under each other, columns as wide as their widest cell.
pub fn columns_of(rows: &[Vec<String>]) {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|i| rows.iter().filter_map(|row| row.get(i)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        println!("{}", cells.join("   ").trim_end());
    }
}

pub fn value(value: &Value, output: Output) -> Outcome {
    let text = match output {
        Output::Json => serde_json::to_string_pretty(value).map_err(|e| Failure::new(e.to_string()))?,
        _ => document::to_yaml(value),
    };
    println!("{}", text.trim_end());
    Ok(())
}

/// Text from outside must not steer the terminal.
pub fn single_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
