//! Compares this crate with another form library, answer by answer: `cargo run -p forms --example oracle -- DIR`.
//!
//! Each file of the folder holds a schema, form data, and what the other library (`@rjsf/utils` with Ajv) made of them: the default form
//! state, the visible top-level fields, the required ones and the errors. What differs on purpose is listed in `deliberate.rs`; what
//! differs otherwise is told, and fails.

mod compare;
mod deliberate;

use compare::Tally;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: cargo run -p forms --example oracle -- DIR");
        return ExitCode::from(2);
    };
    match run(Path::new(&folder)) {
        Ok(tally) => {
            for difference in &tally.differences {
                println!("{difference}");
            }
            for kind in deliberate::DELIBERATE {
                if let Some(count) = tally.deliberate.get(kind.name) {
                    println!("{count} × {}: {}", kind.name, kind.reason);
                }
            }
            println!("{tally}");
            if tally.differences.is_empty() && tally.files > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn run(folder: &Path) -> Result<Tally, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut tally = Tally::default();
    for file in files {
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = std::fs::read_to_string(&file).map_err(|error| told(&error))?;
        let oracle = serde_json::from_str(&text).map_err(|error| told(&error))?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        compare::file(&name, &oracle, &mut tally);
    }
    Ok(tally)
}
