//! What an archive folder holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ArchiveError;

/// Its name in the folder.
pub(super) const MANIFEST: &str = "manifest.json";
const FORMAT: u32 = 1;

/// The table of contents of an archive folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// 1.
    pub format: u32,
    /// The installation that wrote it.
    pub instance: Uuid,
    /// The log's epoch when it was last written.
    pub epoch: i64,
    /// The first position; 0 if the folder holds nothing.
    pub first: i64,
    /// The last position.
    pub last: i64,
    /// How many events.
    pub count: i64,
    /// Every type of event with its versions.
    pub types: BTreeMap<String, BTreeSet<u32>>,
    /// In the order of their positions, without a gap.
    pub files: Vec<ManifestFile>,
}

/// One file of an archive folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Its name in the folder, made of its positions.
    pub name: String,
    /// Its first position.
    pub first: i64,
    /// Its last position.
    pub last: i64,
    /// How many events.
    pub count: i64,
    /// Its size as it lies there, compressed.
    pub bytes: u64,
    /// Its checksum as it lies there, in hexadecimal digits.
    pub sha256: String,
    /// The log's epoch when it was written.
    pub epoch: i64,
    /// The types of its events with their versions.
    pub types: BTreeMap<String, BTreeSet<u32>>,
}

impl Manifest {
    pub(super) fn empty(instance: Uuid) -> Self {
        Self {
            format: FORMAT,
            instance,
            epoch: 0,
            first: 0,
            last: 0,
            count: 0,
            types: BTreeMap::new(),
            files: Vec::new(),
        }
    }

    /// Reads the manifest of a folder; `None` if there is none.
    pub fn read(folder: &Path) -> Result<Option<Self>, ArchiveError> {
        let path = folder.join(MANIFEST);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ArchiveError::file(&path)(error)),
        };
        let manifest: Self =
            serde_json::from_slice(&text).map_err(|_| ArchiveError::damaged(&path, "it cannot be read"))?;
        if manifest.format != FORMAT {
            return Err(ArchiveError::damaged(
                &path,
                "a newer version of the program wrote it",
            ));
        }
        let joined = manifest
            .files
            .windows(2)
            .all(|two| two[0].last + 1 == two[1].first);
        let counted = manifest
            .files
            .iter()
            .all(|file| file.count == file.last - file.first + 1 && file.count > 0);
        if joined && counted {
            Ok(Some(manifest))
        } else {
            Err(ArchiveError::damaged(&path, "its files have gaps"))
        }
    }

    /// Replaces the folder's manifest, durably and at once.
    pub(super) fn write(&mut self, folder: &Path, epoch: i64) -> Result<(), ArchiveError> {
        self.epoch = epoch;
        self.first = self.files.first().map_or(0, |file| file.first);
        self.last = self.last();
        self.count = self.files.iter().map(|file| file.count).sum();
        self.types.clear();
        for (event_type, versions) in self.files.iter().flat_map(|file| &file.types) {
            self.types.entry(event_type.clone()).or_default().extend(versions);
        }
        let path = folder.join(MANIFEST);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|_| ArchiveError::damaged(&path, "it cannot be written"))?;
        put(folder, MANIFEST, &text)
    }

    /// The last position of the files.
    pub(super) fn last(&self) -> i64 {
        self.files.last().map_or(0, |file| file.last)
    }

    /// The file that holds a position.
    pub(super) fn holding(&self, position: i64) -> Option<&ManifestFile> {
        let index = self.files.partition_point(|file| file.last < position);
        self.files.get(index).filter(|file| file.first <= position)
    }
}

/// Writes a file under a temporary name, waits for the disk, and gives it its name.
pub(super) fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
    let temporary = write_aside(folder, name, bytes)?;
    set_in_place(folder, &temporary, name)
}

/// The first half: answers the temporary name.
pub(super) fn write_aside(folder: &Path, name: &str, bytes: &[u8]) -> Result<String, ArchiveError> {
    let temporary = format!("{name}.new");
    let path = folder.join(&temporary);
    let written = fs::File::create(&path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(ArchiveError::file(&path))?;
    Ok(temporary)
}

/// The second half.
pub(super) fn set_in_place(folder: &Path, temporary: &str, name: &str) -> Result<(), ArchiveError> {
    let path = folder.join(name);
    fs::rename(folder.join(temporary), &path).map_err(ArchiveError::file(&path))?;
    sync_folder(folder)
}

/// A new name is durable once its folder is.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> Result<(), ArchiveError> {
    let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(ArchiveError::file(folder))
}

/// Folders cannot be opened as files here; the system writes names down by itself.
#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> Result<(), ArchiveError> {
    Ok(())
}
