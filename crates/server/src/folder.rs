//! The data folder: made once, used by one server at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::config::{Config, Store};

/// A folder that this process serves. The lock goes with it.
#[derive(Debug)]
pub struct DataFolder {
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is missing and locks it. A second server on the
    /// same folder is refused.
    pub fn lock(path: &Path) -> Result<Self> {
        make(path)?;
        let file = path.join("althing.lock");
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&file)
            .with_context(|| format!("cannot write to {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                lock.read_to_string(&mut owner).ok();
                bail!(
                    "another althing is already serving {} (process {}); stop it first, or choose another folder with --data",
                    path.display(),
                    owner.trim()
                );
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", file.display()));
            }
        }
        lock.set_len(0)?;
        lock.rewind()?;
        writeln!(lock, "{}", std::process::id())?;
        Ok(Self { _lock: lock })
    }
}

/// Only this user may look inside.
fn make(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .with_context(|| format!("cannot make the data folder {}", path.display()))
}

/// Looking into a folder that nobody has served yet must not make its database.
pub fn require_data(config: &Config) -> Result<()> {
    match &config.store {
        Store::File(file) if !file.is_file() => bail!(
            "there is no data in {}; name the folder with --data, or start it once with althing serve",
            config.data.display()
        ),
        Store::File(_) | Store::Postgres(_) => Ok(()),
    }
}
