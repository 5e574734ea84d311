//! One file of an archive: compressed lines of JSON, one whole event each.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Cursor, Write};
use std::path::{Path, PathBuf};

use althing_db::{FromRow, Row, Timestamp};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::ArchiveError;
use super::manifest::{self, ManifestFile};
use crate::envelope::Envelope;
use crate::registry::interned;

/// An event with everything that the database knows of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stored {
    pub envelope: Envelope,
    pub inserted_at: Timestamp,
}

impl Stored {
    pub fn columns() -> String {
        format!("{}, inserted_at", Envelope::COLUMNS)
    }

    /// About how much memory it takes.
    pub fn size(&self) -> usize {
        self.envelope.data.len() + self.envelope.metadata.len() + 300
    }
}

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> althing_db::Result<Self> {
        Ok(Self {
            envelope: Envelope::from_row(row)?,
            inserted_at: row.get(15)?,
        })
    }
}

/// How an event is written. The names are promised: files are read for years.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    position: i64,
    id: Uuid,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    event_version: u32,
    #[serde(borrow)]
    aggregate_type: Cow<'a, str>,
    aggregate_id: Uuid,
    aggregate_seq: i64,
    workspace_id: Option<Uuid>,
    actor_id: Option<Uuid>,
    correlation_id: Uuid,
    causation_id: Option<Uuid>,
    #[serde(borrow)]
    trace: Option<Cow<'a, str>>,
    occurred_at: Timestamp,
    inserted_at: Timestamp,
    #[serde(borrow)]
    metadata: &'a RawValue,
    #[serde(borrow)]
    data: &'a RawValue,
}

impl<'a> Line<'a> {
    fn of(stored: &'a Stored) -> Result<Self, serde_json::Error> {
        let event = &stored.envelope;
        Ok(Self {
            position: event.position,
            id: event.event_id,
            event_type: Cow::Borrowed(&event.event_type),
            event_version: event.event_version,
            aggregate_type: Cow::Borrowed(&event.aggregate_type),
            aggregate_id: event.aggregate_id,
            aggregate_seq: event.aggregate_seq,
            workspace_id: event.workspace_id,
            actor_id: event.actor_id,
            correlation_id: event.correlation_id,
            causation_id: event.causation_id,
            trace: event.trace.as_deref().map(Cow::Borrowed),
            occurred_at: event.occurred_at,
            inserted_at: stored.inserted_at,
            metadata: serde_json::from_str(&event.metadata)?,
            data: serde_json::from_str(&event.data)?,
        })
    }

    fn into_stored(self) -> Stored {
        Stored {
            envelope: Envelope {
                position: self.position,
                event_id: self.id,
                event_type: interned(&self.event_type),
                event_version: self.event_version,
                aggregate_type: interned(&self.aggregate_type),
                aggregate_id: self.aggregate_id,
                aggregate_seq: self.aggregate_seq,
                workspace_id: self.workspace_id,
                actor_id: self.actor_id,
                correlation_id: self.correlation_id,
                causation_id: self.causation_id,
                trace: self.trace.map(Cow::into_owned),
                metadata: self.metadata.get().into(),
                data: self.data.get().into(),
                occurred_at: self.occurred_at,
            },
            inserted_at: self.inserted_at,
        }
    }
}

/// The name of a file that holds these positions; names sort as positions do.
fn name_of(first: i64, last: i64) -> String {
    format!("{first:015}-{last:015}.jsonl.gz")
}

/// Writes the events, which are contiguous, under a temporary name and reads them
/// back. Answers how the manifest will speak of the file, and the temporary name.
pub(super) fn write_aside(
    folder: &Path,
    events: &[Stored],
    epoch: i64,
) -> Result<(ManifestFile, String), ArchiveError> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        return Err(ArchiveError::Gap(0));
    };
    let (first, last) = (first.envelope.position, last.envelope.position);
    let mut types: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for Stored { envelope, .. } in events {
        let versions = types.entry(envelope.event_type.to_string()).or_default();
        versions.insert(envelope.event_version);
    }
    let bytes = compressed(events)?;
    let file = ManifestFile {
        name: name_of(first, last),
        first,
        last,
        count: last - first + 1,
        bytes: bytes.len() as u64,
        sha256: checksum(&bytes),
        epoch,
        types,
    };
    let temporary = manifest::write_aside(folder, &file.name, &bytes)?;
    let path = folder.join(&temporary);
    let mut back = Lines::open(path.clone(), &file)?;
    for event in events {
        if back.next_event()?.as_ref() != Some(event) {
            return Err(ArchiveError::damaged(&path, "it does not read as it was written"));
        }
    }
    match back.next_event()? {
        None => Ok((file, temporary)),
        Some(_) => Err(ArchiveError::damaged(&path, "it holds more than was written")),
    }
}

fn compressed(events: &[Stored]) -> Result<Vec<u8>, ArchiveError> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    for event in events {
        let position = event.envelope.position;
        let unwritable = |_| ArchiveError::NotALine(position);
        let line = Line::of(event)
            .and_then(|line| serde_json::to_vec(&line))
            .map_err(unwritable)?;
        let written = encoder.write_all(&line).and_then(|()| encoder.write_all(b"\n"));
        written.map_err(|_| ArchiveError::NotALine(position))?;
    }
    encoder.finish().map_err(|_| ArchiveError::NotALine(0))
}

fn checksum(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file that is being read. Its checksum was compared before its first event is given.
pub(super) struct Lines {
    path: PathBuf,
    lines: BufReader<MultiGzDecoder<Cursor<Vec<u8>>>>,
    text: String,
    /// The position of the next event.
    pub next: i64,
    last: i64,
}

impl Lines {
    pub fn open(path: PathBuf, file: &ManifestFile) -> Result<Self, ArchiveError> {
        let bytes = fs::read(&path).map_err(ArchiveError::file(&path))?;
        if bytes.len() as u64 != file.bytes || checksum(&bytes) != file.sha256 {
            return Err(ArchiveError::damaged(
                &path,
                "its checksum is not the one in the manifest",
            ));
        }
        Ok(Self {
            path,
            lines: BufReader::with_capacity(64 * 1024, MultiGzDecoder::new(Cursor::new(bytes))),
            text: String::new(),
            next: file.first,
            last: file.last,
        })
    }

    /// The next event; `None` behind the last one.
    pub fn next_event(&mut self) -> Result<Option<Stored>, ArchiveError> {
        self.text.clear();
        let read = self.lines.read_line(&mut self.text);
        let read = read.map_err(|_| ArchiveError::damaged(&self.path, "it cannot be unpacked"))?;
        if read == 0 {
            return if self.next == self.last + 1 {
                Ok(None)
            } else {
                Err(ArchiveError::damaged(&self.path, "it ends too early"))
            };
        }
        let line: Line<'_> = serde_json::from_str(&self.text)
            .map_err(|_| ArchiveError::damaged(&self.path, "a line is not an event"))?;
        if line.position != self.next {
            return Err(ArchiveError::damaged(&self.path, "its positions have a gap"));
        }
        self.next += 1;
        Ok(Some(line.into_stored()))
    }

    /// Goes on to a position of this file.
    pub fn skip_to(&mut self, position: i64) -> Result<(), ArchiveError> {
        while self.next < position {
            self.next_event()?;
        }
        Ok(())
    }
}
