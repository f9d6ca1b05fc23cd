//! Files that only their owner may read: tokens and keys.

use std::{fs, io, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

/// Writes a file of mode 0600, in one step for those who read it; makes its directory where needed.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    // left by a process that died here, perhaps with other rights
    let _ = fs::remove_file(&new);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    fs::rename(new, path)
}
