//! Folders between memory and disk. What a command left is read without ever following a link out of it.

use crate::steps::{MAX_FILE_BYTES, MAX_FILES, MAX_FOLDER_BYTES, paths};
use bytes::Bytes;
use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags},
};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

const MAX_DEPTH: usize = 32;

/// Writes the files below a new folder.
pub fn lay_out(folder: &Path, files: &BTreeMap<String, Bytes>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (path, content) in files {
        paths::check(path).map_err(io::Error::other)?;
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
    }
    Ok(())
}

/// Reads all regular files below `folder`; anything else, or too much, is refused. `name` stands for the folder in messages.
pub fn read_back(folder: &Path, name: &str) -> io::Result<BTreeMap<String, Bytes>> {
    let mut reading = Reading { name, files: BTreeMap::new(), size: 0 };
    let root =
        rustix::fs::openat(CWD, folder, FOLDER, Mode::empty()).map_err(|error| refused(format!("{name}: {error}")))?;
    reading.folder(&root, "", 0)?;
    Ok(reading.files)
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
// a pipe put in the file's place must not hold up the open
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

struct Reading<'a> {
    name: &'a str,
    files: BTreeMap<String, Bytes>,
    size: usize,
}

impl Reading<'_> {
    fn folder(&mut self, folder: &OwnedFd, prefix: &str, depth: usize) -> io::Result<()> {
        if depth > MAX_DEPTH {
            return Err(refused(format!("{}{prefix}: folders nest deeper than {MAX_DEPTH} levels", self.at())));
        }
        for entry in Dir::read_from(folder)? {
            let entry = entry?;
            let Ok(part) = entry.file_name().to_str() else {
                return Err(refused(format!("{}{prefix}: holds a file name that is not UTF-8", self.at())));
            };
            if part == "." || part == ".." {
                continue;
            }
            let path = if prefix.is_empty() { part.to_owned() } else { format!("{prefix}/{part}") };
            self.entry(folder, part, path, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, folder: impl AsFd, part: &str, path: String, depth: usize) -> io::Result<()> {
        let at = format!("{}{path}", self.at());
        let stat = rustix::fs::statat(&folder, part, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| refused(format!("{at}: {error}")))?;
        let flags = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => FOLDER,
            FileType::RegularFile => FILE,
            FileType::Symlink => {
                return Err(refused(format!("{at}: is a symbolic link; only regular files can be passed on")));
            }
            other => return Err(refused(format!("{at}: is a {other:?}; only regular files can be passed on"))),
        };
        let opened = rustix::fs::openat(&folder, part, flags, Mode::empty())
            .map_err(|error| refused(format!("{at}: {error}")))?;
        if flags == FOLDER {
            return self.folder(&opened, &path, depth + 1);
        }
        paths::check(&path).map_err(|fault| refused(format!("{}: {fault}", self.name)))?;
        if FileType::from_raw_mode(rustix::fs::fstat(&opened)?.st_mode) != FileType::RegularFile {
            return Err(refused(format!("{at}: changed while it was read")));
        }
        let mut content = Vec::new();
        File::from(opened).take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut content)?;
        self.size += content.len();
        if content.len() > MAX_FILE_BYTES {
            return Err(refused(format!("{at}: is larger than {MAX_FILE_BYTES} bytes")));
        }
        self.files.insert(path, Bytes::from(content));
        if self.files.len() > MAX_FILES || self.size > MAX_FOLDER_BYTES {
            return Err(refused(format!(
                "{}: holds more than {MAX_FILES} files or {MAX_FOLDER_BYTES} bytes",
                self.name
            )));
        }
        Ok(())
    }

    fn at(&self) -> String {
        format!("{}/", self.name)
    }
}

fn refused(message: String) -> io::Error {
    io::Error::other(message)
}
