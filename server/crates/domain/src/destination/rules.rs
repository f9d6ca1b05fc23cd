//! What holds for places of either format: paths that stay where they belong, references that name something.

use super::{Backend, DestinationSpec};
use crate::{
    error::{Cause, Error, Result},
    object::pointer_of,
};

/// A path without `.`, doubled and outer slashes; empty for the top.
pub fn clean(path: &str) -> String {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/")
}

pub(super) fn check(spec: &DestinationSpec) -> Result<()> {
    if spec.state_store_ref.name.is_empty() {
        return Err(required("spec.stateStoreRef.name"));
    }
    check_path("spec.path", &spec.path)?;
    if spec.path.is_empty() {
        return Err(wrong("spec.path", "must name a folder; `.` is the top of the store"));
    }
    if spec.folder().split('/').next().is_some_and(|top| top.eq_ignore_ascii_case(".midspan")) {
        return Err(wrong("spec.path", "lies in the folder where Midspan keeps its own notes"));
    }
    check_path("spec.filepath.filename", &spec.filepath.filename)?;
    if !spec.filepath.filename.is_empty() && clean(&spec.filepath.filename) != spec.filepath.filename {
        return Err(wrong("spec.filepath.filename", "must be a plain relative path of a file"));
    }
    Ok(())
}

pub(super) fn check_store(backend: &Backend) -> Result<()> {
    match backend {
        Backend::Git(git) => check_path("spec.git.path", &git.path),
        Backend::Directory(_) => Ok(()),
        Backend::Bucket(bucket) => {
            let name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            if bucket.name.is_empty() || bucket.name.len() > 255 || !bucket.name.chars().all(name) {
                return Err(wrong("spec.bucketName", "must be a bucket's name: letters, digits and any of . _ -"));
            }
            check_path("spec.path", &bucket.path)
        }
    }
}

fn check_path(field: &str, path: &str) -> Result<()> {
    let odd = |c: char| c.is_control() || c == '\\';
    if path.len() > 512 || path.contains(odd) || path.split('/').any(|part| part == "..") {
        return Err(wrong(field, "must be a path of at most 512 bytes without .., backslashes and control characters"));
    }
    Ok(())
}

pub(super) fn required(field: &str) -> Error {
    refused(field, "FieldValueRequired", "Required value")
}

pub(super) fn wrong(field: &str, problem: &str) -> Error {
    refused(field, "FieldValueInvalid", problem)
}

fn refused(field: &str, reason: &str, problem: &str) -> Error {
    let cause = Cause {
        reason: reason.to_owned(),
        message: problem.to_owned(),
        field: field.to_owned(),
        pointer: pointer_of(field),
        human: String::new(),
    };
    Error::invalid(format!("{field}: {problem}"), vec![cause])
}
