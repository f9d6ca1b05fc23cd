//! Both databases go the same way: every migration has a twin of the same number and name.

use crate::{none, workspace::names};
use std::path::Path;

#[test]
fn every_migration_is_written_for_both_databases() {
    let (sqlite, postgres) = (scripts("sqlite"), scripts("postgres"));
    let alone = |ours: &[String], others: &[String], database: &str| -> Vec<String> {
        ours.iter().filter(|name| !others.contains(name)).map(|name| format!("{database}/{name}")).collect()
    };
    none(
        "migrations without a twin",
        &[alone(&sqlite, &postgres, "sqlite"), alone(&postgres, &sqlite, "postgres")].concat(),
    );
}

#[test]
fn migrations_are_numbered_without_gaps() {
    let misnumbered = |(at, name): &(usize, String)| !name.starts_with(&format!("{:04}_", at + 1));
    let offences: Vec<_> =
        scripts("sqlite").into_iter().enumerate().filter(misnumbered).map(|(_, name)| name).collect();
    none("not the next number", &offences);
}

fn scripts(database: &str) -> Vec<String> {
    let mut names = names(&format!("migrations/{database}"));
    names.retain(|name| Path::new(name).extension().is_some_and(|extension| extension == "sql"));
    names
}
