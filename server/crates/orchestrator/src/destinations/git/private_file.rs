//! A file that exists in memory only: what a program reads from a path, without a secret ever reaching a disk.

use domain::{Error, Result};
use rustix::fs::{MemfdFlags, Mode, fchmod, memfd_create};
use std::{fs::File, io::Write as _, os::fd::AsRawFd as _, sync::Arc};

/// Readable by this user's processes at [`Self::path`] for as long as a clone is kept.
#[derive(Clone, Debug)]
pub(super) struct PrivateFile(Arc<File>);

impl PrivateFile {
    pub fn of(name: &str, content: &str) -> Result<Self> {
        let cannot = |error: std::io::Error| Error::unavailable(format!("cannot hold a credential in memory: {error}"));
        let fd = memfd_create(name, MemfdFlags::CLOEXEC).map_err(|errno| cannot(errno.into()))?;
        // ssh refuses a key that others might read
        fchmod(&fd, Mode::RUSR | Mode::WUSR).map_err(|errno| cannot(errno.into()))?;
        let mut file = File::from(fd);
        file.write_all(content.as_bytes()).map_err(cannot)?;
        Ok(Self(Arc::new(file)))
    }

    pub fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd())
    }
}
