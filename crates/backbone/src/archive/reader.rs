//! Reading what was archived, for everybody who reads the log.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use super::ArchiveError;
use super::manifest::{Manifest, ManifestFile};
use super::segment::Lines;
use crate::envelope::Envelope;
use crate::log::Selection;
use crate::{Error, Result};

/// How many half-read files are kept: one for each reader that pages through.
const OPEN: usize = 4;

/// The archive of a log; cloning it is cheap.
#[derive(Clone)]
pub(crate) struct Archives {
    inner: Arc<Inner>,
}

struct Inner {
    folder: Option<PathBuf>,
    instance: Uuid,
    /// Only what the database relies on; the rest of a manifest may be replaced.
    manifest: Mutex<Option<Arc<Manifest>>>,
    /// So that a reader that goes on need not unpack a file from its beginning.
    open: Mutex<Vec<Lines>>,
}

impl Archives {
    pub fn new(folder: Option<PathBuf>, instance: Uuid) -> Self {
        Self {
            inner: Arc::new(Inner {
                folder,
                instance,
                manifest: Mutex::default(),
                open: Mutex::default(),
            }),
        }
    }

    pub fn folder(&self) -> Option<&Path> {
        self.inner.folder.as_deref()
    }

    /// Up to `limit` events after `after` and up to `until`, at least one.
    pub async fn page(&self, after: i64, limit: usize, until: i64) -> Result<Vec<Envelope>> {
        self.blocking(move |inner| {
            let mut page = Vec::new();
            inner.read(
                after,
                until,
                |_| true,
                |event| {
                    page.push(event);
                    page.len() < limit
                },
            )?;
            Ok(page)
        })
        .await
    }

    /// Up to `limit` events that match, up to `until`.
    pub async fn select(&self, selection: &Selection, limit: usize, until: i64) -> Result<Vec<Envelope>> {
        let selection = selection.clone();
        self.blocking(move |inner| {
            let mut found = Vec::new();
            let may_hold = |file: &ManifestFile| {
                selection.types.is_empty()
                    || selection
                        .types
                        .iter()
                        .any(|wanted| file.types.contains_key(wanted))
            };
            inner.read(selection.after.max(0), until, may_hold, |event| {
                if selection.wants(&event) {
                    found.push(event);
                }
                found.len() < limit
            })?;
            Ok(found)
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, ArchiveError> + Send + 'static,
    ) -> Result<T> {
        let inner = self.inner.clone();
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        // Only a shutdown or a panic of the reader ends it early.
        let done = done.map_err(|_| Error::Database(althing_db::Error::Closed))?;
        Ok(done?)
    }
}

impl Inner {
    /// Gives each event in (`after`, `until`] to `take`, until it says that it has
    /// enough. Files that `may_hold` refuses are passed over.
    fn read(
        &self,
        after: i64,
        until: i64,
        may_hold: impl Fn(&ManifestFile) -> bool,
        mut take: impl FnMut(Envelope) -> bool,
    ) -> Result<(), ArchiveError> {
        let mut next = after + 1;
        while next <= until {
            let manifest = self.manifest(next, until)?;
            let Some(file) = manifest.holding(next) else {
                return Err(self.not_there(next));
            };
            if !may_hold(file) {
                next = file.last + 1;
                continue;
            }
            let mut lines = match self.half_read(next) {
                Some(lines) => lines,
                None => Lines::open(self.folder(next)?.join(&file.name), file)?,
            };
            lines.skip_to(next)?;
            while next <= until {
                let Some(event) = lines.next_event()? else { break };
                next = lines.next;
                if !take(event.envelope) {
                    self.keep(lines);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn folder(&self, position: i64) -> Result<&Path, ArchiveError> {
        self.folder
            .as_deref()
            .ok_or(ArchiveError::NotConfigured { position })
    }

    fn not_there(&self, position: i64) -> ArchiveError {
        match &self.folder {
            None => ArchiveError::NotConfigured { position },
            Some(folder) => ArchiveError::NotThere {
                position,
                folder: folder.clone(),
            },
        }
    }

    /// The manifest as far as `until`, read again if the known one does not reach.
    fn manifest(&self, position: i64, until: i64) -> Result<Arc<Manifest>, ArchiveError> {
        let folder = self.folder(position)?;
        let mut known = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(manifest) = known.as_ref().filter(|manifest| manifest.last() >= position) {
            return Ok(manifest.clone());
        }
        let mut manifest = Manifest::read(folder)?.ok_or_else(|| self.not_there(position))?;
        if manifest.instance != self.instance {
            return Err(ArchiveError::Foreign(folder.to_owned()));
        }
        manifest.files.retain(|file| file.last <= until);
        let manifest = Arc::new(manifest);
        *known = Some(manifest.clone());
        Ok(manifest)
    }

    fn half_read(&self, next: i64) -> Option<Lines> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let index = open.iter().position(|lines| lines.next == next)?;
        Some(open.remove(index))
    }

    fn keep(&self, lines: Lines) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() == OPEN {
            open.remove(0);
        }
        open.push(lines);
    }
}
