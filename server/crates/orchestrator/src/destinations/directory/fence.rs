//! Who may still write a directory: the newest fence that has written stands in a file of the store itself, and is asked under a lock before every
//! change. So a pass that was paused for long, on this machine or another, finds out before it puts an old file over a new one.

use super::{Folder, Unwritten};
use domain::{Error, Result};
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};
use std::{fs::File, io, os::unix::fs::FileExt as _, time::Duration};

/// The folder at the store's top that belongs to Midspan itself.
pub(in crate::destinations) const OWN_FOLDER: &str = ".midspan";
/// Bytes of a fence's file that are read.
const LONGEST: usize = 32;
/// Looks at a lock that is held for one change of one file, each after a pause.
const LOOKS: u32 = 2_000;
const PAUSE: Duration = Duration::from_millis(5);

/// The right to write a directory, as long as nobody newer comes.
pub(super) struct Fence {
    /// `None` where nobody is fenced.
    held: Option<(File, i64)>,
}

impl Fence {
    /// Puts our fence into the store, unless a newer one stands there.
    pub fn raise(top: &Folder, store_uid: &str, ours: i64) -> Result<Self, Unwritten> {
        if ours <= 0 {
            return Ok(Self { held: None });
        }
        let folder = top.make_all(OWN_FOLDER)?;
        let file = folder.shared(&format!("{store_uid}.fence"))?;
        let fence = Self { held: Some((file, ours)) };
        fence.guarded(|| fence.write().map_err(unreadable))?;
        folder.settle()?;
        Ok(fence)
    }

    /// Makes one change; nobody newer can come between the question and the change.
    pub fn guarded<T>(&self, change: impl FnOnce() -> Result<T>) -> Result<T, Unwritten> {
        let Some((file, ours)) = &self.held else { return Ok(change()?) };
        let _lock = Lock::of(file)?;
        let newest = read(file).map_err(unreadable)?;
        if newest > *ours { Err(Unwritten::Overtaken(newest)) } else { Ok(change()?) }
    }

    /// In place, because the lock belongs to the file.
    fn write(&self) -> io::Result<()> {
        let Some((file, ours)) = &self.held else { return Ok(()) };
        if read(file)? == *ours {
            return Ok(());
        }
        let text = format!("{ours}\n");
        file.write_all_at(text.as_bytes(), 0)?;
        file.set_len(text.len() as u64)?;
        file.sync_all()
    }
}

/// What stands there; nothing that can be read is no fence.
fn read(file: &File) -> io::Result<i64> {
    let mut bytes = [0; LONGEST];
    let length = file.read_at(&mut bytes, 0)?;
    Ok(std::str::from_utf8(&bytes[..length]).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0))
}

fn unreadable(error: io::Error) -> Error {
    Error::unavailable(format!("the fence of the directory store cannot be read or written: {error}"))
}

/// Freed when dropped, or by the system when the process dies.
struct Lock<'f>(&'f File);

impl<'f> Lock<'f> {
    fn of(file: &'f File) -> Result<Self> {
        for _ in 0..LOOKS {
            match flock(file, FlockOperation::NonBlockingLockExclusive) {
                Err(Errno::WOULDBLOCK | Errno::INTR) => std::thread::sleep(PAUSE),
                // a file system without locks: the fence alone has to do
                Ok(()) | Err(_) => return Ok(Self(file)),
            }
        }
        Err(Error::unavailable("another process has been in the middle of writing the directory store for too long"))
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        let _ = flock(self.0, FlockOperation::Unlock);
    }
}
