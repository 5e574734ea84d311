//! Places to write to: a real disk and memory.

use std::path::{Path, PathBuf};

/// A folder that is removed at the end.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Beside the build output, which is on a real disk.
    pub fn on_disk(name: &str) -> anyhow::Result<Self> {
        Self::below(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench-scratch"),
            name,
        )
    }

    /// In memory; `None` where the system has no tmpfs.
    pub fn in_memory(name: &str) -> anyhow::Result<Option<Self>> {
        let shared = Path::new("/dev/shm");
        if shared.is_dir() {
            Self::below(shared.join("althing-bench"), name).map(Some)
        } else {
            Ok(None)
        }
    }

    fn below(folder: PathBuf, name: &str) -> anyhow::Result<Self> {
        let folder = folder.join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("could not remove {}: {error}", self.0.display());
        }
    }
}
