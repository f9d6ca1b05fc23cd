//! `new-migration`: the next number, one empty file for each database.

use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

const DATABASES: [&str; 2] = ["sqlite", "postgres"];

pub fn start(name: &str) -> Result<()> {
    ensure!(
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
        "a migration's name is snake_case: `{name}` is not"
    );
    let number = 1 + last(Path::new("migrations/sqlite"))?.max(last(Path::new("migrations/postgres"))?);
    for database in DATABASES {
        let path = PathBuf::from(format!("migrations/{database}/{number:04}_{name}.sql"));
        fs::write(&path, format!("-- {}\n", name.replace('_', " ")))?;
        println!("{}", path.display());
    }
    Ok(())
}

fn last(directory: &Path) -> Result<u32> {
    let entries = fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    Ok(names.filter_map(|name| name.split('_').next()?.parse().ok()).max().unwrap_or(0))
}
