//! The operator's act: files, then the manifest, then the database.

use std::fs::{self, TryLockError};
use std::path::{Path, PathBuf};

use althing_db::{Statement, sql};
use serde::Serialize;

use super::ArchiveError;
use super::limit::{self, Before, Limit};
use super::manifest::{self, Manifest, ManifestFile};
use super::removal::{self, Step};
use super::segment::{self, Stored};
use crate::core::Core;
use crate::faults::{CrashHere, Faults};
use crate::operate::Operator;
use crate::{Error, Result};

/// At most this many events share a file.
const EVENTS: usize = 10_000;
/// And about this many bytes before they are compressed.
const BYTES: usize = 32 * 1024 * 1024;
/// How many events are read at once.
const PAGE: i64 = 1_000;
/// How often a step is taken again after something came in between.
const TRIES: usize = 5;

/// What an act of archiving did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Archived {
    /// The first event that was moved; 0 if there was none.
    pub first: i64,
    /// The last one.
    pub last: i64,
    /// How many.
    pub events: i64,
    /// The files that were written.
    pub files: Vec<String>,
    /// Up to where the log is in the archive now.
    pub archived_until: i64,
    /// Up to where it was allowed. Only whole segments are moved, so it may be more.
    pub allowed_until: i64,
    /// What holds back the rest of what was asked for.
    pub held_by: Option<String>,
}

impl Operator {
    /// Moves old events into the archive: those that are asked for and that no
    /// subscription needs any more. `into` is the folder; `None` for the one that
    /// [`crate::Builder::archive`] named, from which they are read.
    pub async fn archive(&self, before: Before, into: Option<&Path>) -> Result<Archived> {
        match run(self, before, into, &Faults::default()).await {
            Ok(archived) => Ok(archived),
            Err(Halt::Failed(error)) => Err(error),
            // Nobody asked for one.
            Err(Halt::Crash) => Err(Error::Conflict),
        }
    }

    fn archived(&self, until: i64) -> Statement {
        sql(
            "INSERT INTO operator_act (id, subscription, act, position, event_id, actor, reason, done_at) \
             VALUES ($1, '', 'archive', $2, NULL, $3, NULL, $4)",
        )
        .bind(self.core().ids.next())
        .bind(until)
        .bind(self.actor())
        .bind(self.core().clock.now())
    }
}

/// For tests: stops, as a power cut would, at the point with this number. `None` if
/// it did.
pub async fn archive_and_crash_at(
    operator: &Operator,
    before: Before,
    into: &Path,
    point: usize,
) -> Option<Result<Archived>> {
    match run(operator, before, Some(into), &Faults::crash_at(point)).await {
        Ok(archived) => Some(Ok(archived)),
        Err(Halt::Failed(error)) => Some(Err(error)),
        Err(Halt::Crash) => None,
    }
}

enum Halt {
    Crash,
    Failed(Error),
}

impl From<CrashHere> for Halt {
    fn from(_: CrashHere) -> Self {
        Halt::Crash
    }
}

impl<E: Into<Error>> From<E> for Halt {
    fn from(error: E) -> Self {
        Halt::Failed(error.into())
    }
}

async fn run(
    operator: &Operator,
    before: Before,
    into: Option<&Path>,
    faults: &Faults,
) -> Result<Archived, Halt> {
    let log = &operator.core().log;
    let folder = match into.or(log.archives().folder()) {
        Some(folder) => folder.to_owned(),
        None => return Err(ArchiveError::NotConfigured { position: 1 }.into()),
    };
    // Held until the end.
    let _lock = lock(&folder)?;
    let act = Act {
        operator,
        folder,
        faults,
    };
    log.poll().await?;
    act.prune().await?;
    let mut done: Vec<ManifestFile> = Vec::new();
    let mut tries = 0;
    let limit = loop {
        let archived = log.learn_archived().await?;
        let limit = limit::find(&act.core().db, before, archived, act.core().clock.now()).await?;
        let Some(step) = removal::next_step(&act.core().db, archived, limit.until).await? else {
            break limit;
        };
        match act.take(archived, &step).await {
            Ok(files) => {
                done.extend(files);
                tries = 0;
            }
            // Somebody committed late, or a subscription was added: look again.
            Err(Halt::Failed(error)) if tries < TRIES && may_pass(&error) => {
                tries += 1;
                log.poll().await?;
            }
            Err(halt) => return Err(halt),
        }
    };
    Ok(summary(&done, log.learn_archived().await?, limit))
}

fn may_pass(error: &Error) -> bool {
    error.is_conflict() || matches!(error, Error::Archive(ArchiveError::HeldUp))
}

fn summary(files: &[ManifestFile], archived_until: i64, limit: Limit) -> Archived {
    Archived {
        first: files.first().map_or(0, |file| file.first),
        last: files.last().map_or(0, |file| file.last),
        events: files.iter().map(|file| file.count).sum(),
        files: files.iter().map(|file| file.name.clone()).collect(),
        archived_until,
        allowed_until: limit.until.max(archived_until),
        held_by: limit.held_by,
    }
}

/// One process at a time: two would replace each other's manifest.
fn lock(folder: &Path) -> Result<fs::File, ArchiveError> {
    fs::create_dir_all(folder).map_err(ArchiveError::file(folder))?;
    let path = folder.join("archive.lock");
    let file = fs::File::create(&path).map_err(ArchiveError::file(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ArchiveError::Busy(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(ArchiveError::file(&path)(error)),
    }
}

struct Act<'a> {
    operator: &'a Operator,
    folder: PathBuf,
    faults: &'a Faults,
}

impl Act<'_> {
    fn core(&self) -> &Core {
        self.operator.core()
    }

    /// Archives one segment and removes it.
    async fn take(&self, archived: i64, step: &Step) -> Result<Vec<ManifestFile>, Halt> {
        let mut manifest = self.manifest(archived)?;
        let epoch = self.core().log.epoch();
        let mut files = Vec::new();
        let mut after = archived;
        while after < step.until {
            let events = self.read(after, step.until).await?;
            let folder = self.folder.clone();
            let written = tokio::task::spawn_blocking(move || {
                let (file, temporary) = segment::write_aside(&folder, &events, epoch)?;
                Ok::<_, ArchiveError>((file, temporary))
            });
            let closed = |_| Error::Database(althing_db::Error::Closed);
            let (file, temporary) = written.await.map_err(closed)??;
            self.faults.point("file written aside")?;
            manifest::set_in_place(&self.folder, &temporary, &file.name)?;
            self.faults.point("file in place")?;
            after = file.last;
            files.push(file);
        }
        if !files.is_empty() {
            manifest.files.extend(files.iter().cloned());
            manifest.write(&self.folder, epoch)?;
        }
        self.faults.point("manifest in place")?;
        let act = self.operator.archived(step.until);
        removal::remove(&self.core().db, archived, step, act).await?;
        self.core().log.learn_archived().await?;
        self.faults.point("border moved")?;
        self.prune().await?;
        Ok(files)
    }

    async fn prune(&self) -> Result<(), Halt> {
        while removal::prune(&self.core().db).await? {
            self.faults.point("some deleted")?;
        }
        Ok(())
    }

    /// What the folder holds of what the database relies on. The rest was written by
    /// an act that did not get to its end, and is written anew; unless it is from
    /// before a restore: then it tells of a history that is nowhere else, and is kept
    /// under another name.
    fn manifest(&self, archived: i64) -> Result<Manifest, ArchiveError> {
        let log = &self.core().log;
        let mut manifest = Manifest::read(&self.folder)?.unwrap_or_else(|| Manifest::empty(log.instance()));
        if manifest.instance != log.instance() {
            return Err(ArchiveError::Foreign(self.folder.clone()));
        }
        let kept = manifest.files.partition_point(|file| file.last <= archived);
        for file in manifest.files.split_off(kept) {
            let path = self.folder.join(&file.name);
            if file.epoch < log.epoch() && path.exists() {
                let aside = self.folder.join(format!("{}.epoch-{}", file.name, file.epoch));
                fs::rename(&path, &aside).map_err(ArchiveError::file(&aside))?;
            }
        }
        if manifest.last() == archived {
            Ok(manifest)
        } else {
            Err(ArchiveError::DoesNotJoin {
                folder: self.folder.clone(),
                ends_at: manifest.last(),
                archived_until: archived,
            })
        }
    }

    /// The events of the next file.
    async fn read(&self, after: i64, until: i64) -> Result<Vec<Stored>, Halt> {
        let mut events: Vec<Stored> = Vec::new();
        let (mut last, mut bytes) = (after, 0);
        while last < until && events.len() < EVENTS && bytes < BYTES {
            let page: Vec<Stored> = self
                .core()
                .db
                .scan(
                    sql(format!(
                        "SELECT {} FROM event_log WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3",
                        Stored::columns()
                    ))
                    .bind(last)
                    .bind(until)
                    .bind(PAGE),
                )
                .await?;
            for event in page.iter().zip(last + 1..) {
                if event.0.envelope.position != event.1 {
                    return Err(ArchiveError::Gap(event.1).into());
                }
            }
            if page.is_empty() {
                return Err(ArchiveError::Gap(last + 1).into());
            }
            last += page.len() as i64;
            bytes += page.iter().map(Stored::size).sum::<usize>();
            events.extend(page);
        }
        Ok(events)
    }
}
