//! Folders that are opened name by name from one that is trusted, without ever following a link.

use crate::destinations::directory::UNFINISHED;
use bytes::Bytes;
use domain::{Error, Result};
use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, fsync, mkdirat, openat, renameat, statat, unlinkat},
    io::Errno,
};
use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::fd::OwnedFd,
    path::Path,
    sync::Arc,
};

/// Entries below one root, and levels: more is not ours, or an attack.
const MOST_ENTRIES: usize = 100_000;
const MOST_LEVELS: usize = 512;
/// Bytes of a file that is read back.
const LONGEST_FILE: u64 = 256 << 20;

const OPEN_FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// An open folder, with the path it is known by in messages.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    fd: Arc<OwnedFd>,
    shown: String,
}

/// What stands under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    File,
    Folder,
    /// A link, a socket, a device: never opened.
    Other,
}

impl Folder {
    /// The trusted one: links on the way to it are its owner's business.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let fd = rustix::fs::open(path, OPEN_FOLDER, Mode::empty())?;
        Ok(Self { fd: Arc::new(fd), shown: path.display().to_string() })
    }

    /// The folder of that path below this one; `None` if it is not there. A link on the way is an error.
    pub fn descend(&self, path: &str) -> Result<Option<Self>> {
        let mut folder = self.clone();
        for name in path.split('/') {
            match folder.enter(name) {
                Ok(next) => folder = next,
                Err(Errno::NOENT) => return Ok(None),
                Err(errno) => return Err(folder.no_way(name, errno)),
            }
        }
        Ok(Some(folder))
    }

    /// The folder that holds the last name of `path`, and that name; `None` if the folder is not there.
    pub fn at(&self, path: &str) -> Result<Option<(Self, String)>> {
        Ok(match path.rsplit_once('/') {
            Some((parent, name)) => self.descend(parent)?.map(|folder| (folder, name.to_owned())),
            None => Some((self.clone(), path.to_owned())),
        })
    }

    /// The folder of that path, made where it is missing. A link or a file on the way is an error: it is someone else's.
    pub fn make_all(&self, path: &str) -> Result<Self> {
        path.split('/').try_fold(self.clone(), |folder, name| {
            folder.make(name)?;
            folder.enter(name).map_err(|errno| folder.no_way(name, errno))
        })
    }

    /// How messages call it, and what tells one from another.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The folder of that name, made where it is missing; whatever else stands there goes.
    pub fn make_own(&self, name: &str) -> Result<Self> {
        match self.find(name)? {
            Some(Found::Folder) | None => {}
            Some(other) => self.remove(name, other)?,
        }
        self.make_all(name)
    }

    /// Makes the folders for a file of ours, and gives back the last one with the file's name.
    pub fn make_way<'p>(&self, path: &'p str) -> Result<(Self, &'p str)> {
        let (parents, name) = path.rsplit_once('/').map_or((None, path), |(parents, name)| (Some(parents), name));
        let mut folder = self.clone();
        for name in parents.into_iter().flat_map(|parents| parents.split('/')) {
            folder = folder.make_own(name)?;
        }
        Ok((folder, name))
    }

    /// Removes what stands in the way of a file: a folder with all it holds. Anything else is replaced by the rename.
    pub fn make_room(&self, name: &str) -> Result<()> {
        match self.find(name)? {
            Some(Found::Folder) => self.make_gone(name, Found::Folder),
            _ => Ok(()),
        }
    }

    /// Removes an entry; a folder with all it holds.
    pub fn make_gone(&self, name: &str, found: Found) -> Result<()> {
        if found == Found::Folder
            && let Some(folder) = self.descend(name)?
        {
            for (path, found) in folder.everything()?.into_iter().rev() {
                if let Some((parent, name)) = folder.at(&path)? {
                    parent.remove(&name, found)?;
                }
            }
        }
        self.remove(name, found)?;
        self.settle()
    }

    /// Removes a name; a folder only if it is empty. On disk once this folder is settled.
    pub fn remove(&self, name: &str, found: Found) -> Result<()> {
        let flags = if found == Found::Folder { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        match unlinkat(&*self.fd, name, flags) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(self.cannot("remove", name, errno)),
        }
    }

    /// Removes a folder that holds nothing; says whether it is gone.
    pub fn remove_if_empty(&self, name: &str) -> Result<bool> {
        match unlinkat(&*self.fd, name, AtFlags::REMOVEDIR) {
            Ok(()) => self.settle().map(|()| true),
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOENT | Errno::NOTDIR) => Ok(false),
            Err(errno) => Err(self.cannot("remove", name, errno)),
        }
    }

    /// What stands under that name, not following it.
    pub fn find(&self, name: &str) -> Result<Option<Found>> {
        match statat(&*self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Found::from(FileType::from_raw_mode(stat.st_mode)))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.cannot("look at", name, errno)),
        }
    }

    /// The bytes of what stands under that name; none if nothing does.
    pub fn size(&self, name: &str) -> Result<u64> {
        match statat(&*self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(u64::try_from(stat.st_size).unwrap_or(0)),
            Err(Errno::NOENT) => Ok(0),
            Err(errno) => Err(self.cannot("look at", name, errno)),
        }
    }

    /// The content of a regular file; `None` if there is no such thing.
    pub fn read(&self, name: &str) -> Result<Option<Bytes>> {
        // A pipe would block on opening; it is only opened for a file.
        if self.find(name)? != Some(Found::File) {
            return Ok(None);
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = openat(&*self.fd, name, flags, Mode::empty()).map_err(|errno| self.cannot("open", name, errno))?;
        let mut content = Vec::new();
        let read = File::from(fd).take(LONGEST_FILE).read_to_end(&mut content);
        read.map_err(|error| self.cannot("read", name, error))?;
        Ok(Some(content.into()))
    }

    /// Puts a whole file in place: written aside, forced to disk, renamed. The name is on disk once the folder is settled.
    pub fn replace(&self, name: &str, content: &[u8]) -> Result<()> {
        let _ = unlinkat(&*self.fd, UNFINISHED, AtFlags::empty());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = openat(&*self.fd, UNFINISHED, flags, Mode::from_raw_mode(0o644))
            .map_err(|errno| self.cannot("write", name, errno))?;
        let mut file = File::from(fd);
        let written = file.write_all(content).and_then(|()| file.sync_all());
        written.map_err(|error| self.cannot("write", name, error))?;
        renameat(&*self.fd, UNFINISHED, &*self.fd, name).map_err(|errno| self.cannot("write", name, errno))
    }

    /// A small file that several processes read, lock and write over in place; made where it is missing.
    pub fn shared(&self, name: &str) -> Result<File> {
        if !matches!(self.find(name)?, None | Some(Found::File)) {
            return Err(self.no_way(name, Errno::NOTDIR));
        }
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = openat(&*self.fd, name, flags, Mode::from_raw_mode(0o644));
        fd.map(File::from).map_err(|errno| self.cannot("open", name, errno))
    }

    /// Everything below, each folder before what it holds.
    pub fn everything(&self) -> Result<Vec<(String, Found)>> {
        let mut found = Vec::new();
        let mut ahead = vec![(String::new(), 0)];
        while let Some((path, level)) = ahead.pop() {
            // Opened anew from here, so that a wide tree does not keep a thousand folders open.
            let (folder, prefix) =
                if path.is_empty() { (Some(self.clone()), path) } else { (self.descend(&path)?, path + "/") };
            let Some(folder) = folder else { continue };
            let entries = Dir::read_from(&*folder.fd).map_err(|errno| folder.cannot("list", ".", errno))?;
            for entry in entries {
                let entry = entry.map_err(|errno| folder.cannot("list", ".", errno))?;
                let Ok(name) = entry.file_name().to_str() else {
                    return Err(Error::conflict(format!(
                        "{} holds a name that is not UTF-8; remove it there",
                        folder.shown
                    )));
                };
                if name == "." || name == ".." {
                    continue;
                }
                let (path, Some(kind)) = (format!("{prefix}{name}"), folder.find(name)?) else { continue };
                if found.len() >= MOST_ENTRIES || level >= MOST_LEVELS {
                    return Err(Error::conflict(format!(
                        "{} holds more than Midspan placed there; remove it there",
                        self.shown
                    )));
                }
                if kind == Found::Folder {
                    ahead.push((path.clone(), level + 1));
                }
                found.push((path, kind));
            }
        }
        Ok(found)
    }

    fn make(&self, name: &str) -> Result<()> {
        match mkdirat(&*self.fd, name, Mode::from_raw_mode(0o755)) {
            Ok(()) => self.settle(),
            Err(Errno::EXIST) => Ok(()),
            Err(errno) => Err(self.cannot("make", name, errno)),
        }
    }

    fn enter(&self, name: &str) -> Result<Self, Errno> {
        let fd = openat(&*self.fd, name, OPEN_FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        Ok(Self { fd: Arc::new(fd), shown: format!("{}/{name}", self.shown) })
    }

    /// The names in a folder are on disk only after this.
    pub fn settle(&self) -> Result<()> {
        fsync(&*self.fd).map_err(|errno| self.cannot("sync", ".", errno))
    }

    fn no_way(&self, name: &str, errno: Errno) -> Error {
        match errno {
            Errno::LOOP | Errno::NOTDIR | Errno::MLINK => {
                let problem = format!(
                    "{}/{name} is not a folder (a link is not followed); remove it, or choose another path for the destination",
                    self.shown
                );
                Error::conflict(problem)
            }
            _ => self.cannot("enter", name, errno),
        }
    }

    fn cannot(&self, doing: &str, name: &str, error: impl std::fmt::Display) -> Error {
        Error::unavailable(format!("cannot {doing} {}/{name}: {error}", self.shown))
    }
}

impl From<FileType> for Found {
    fn from(kind: FileType) -> Self {
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Folder,
            _ => Self::Other,
        }
    }
}
