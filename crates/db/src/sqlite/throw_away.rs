//! A folder of its own under the system's temporary one.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) struct ThrowAway(pub PathBuf);

impl ThrowAway {
    pub fn new() -> std::io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let base = std::env::temp_dir();
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let folder = base.join(format!("althing-{}-{number}", std::process::id()));
            match std::fs::create_dir(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for ThrowAway {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::debug!(%error, "could not remove a throw-away database");
        }
    }
}
