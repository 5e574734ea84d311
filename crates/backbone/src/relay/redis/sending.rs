//! Outward: the relay's end of a stream.

use redis::{Cmd, Value};

use super::RedisStreams;
use crate::bus::{BoxFuture, BusError, Trimmed};
use crate::relay::Message;
use crate::relay::transport::{Mark, Sending, Transport};

/// How many entries share a round trip.
const PIPELINE: usize = 100;

/// Appends entries if the stream belongs to this log and ends where it was left.
/// A script runs by itself, so that nobody comes between the look and the writing,
/// and either none or all of its entries are there.
const APPEND: &str = r"
local owner = redis.call('GET', KEYS[2])
local last = '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
end
if owner and owner ~= ARGV[1] then return 'owner ' .. owner end
if not owner and last ~= '0-0' then return 'owner somebody who publishes to it directly' end
if last ~= ARGV[2] then return 'last ' .. last end
if not owner then redis.call('SET', KEYS[2], ARGV[1]) end
for i = 3, #ARGV, 4 do
  redis.call('XADD', KEYS[1], ARGV[i], 'type', ARGV[i + 1], 'after', ARGV[i + 2], 'event', ARGV[i + 3])
end
return 'done'
";

impl RedisStreams {
    fn script(&self, sending: &Sending, part: &[Message], last: &mut Option<Mark>) -> Result<Cmd, BusError> {
        let mut script = Cmd::new();
        script.arg("EVAL").arg(APPEND).arg(2);
        script.arg(&*self.stream).arg(self.source_key());
        script
            .arg(&sending.source)
            .arg(last.unwrap_or_default().to_string());
        for message in part {
            let mark = Mark {
                lap: sending.lap,
                position: message.envelope.position,
            };
            // In a new lap nothing is before the first, whatever the last one held.
            let after = last
                .filter(|last| last.lap == sending.lap)
                .map_or(String::new(), |last| last.position.to_string());
            script.arg(mark.to_string()).arg(&*message.envelope.event_type);
            script.arg(after).arg(message.encode()?);
            *last = Some(mark);
        }
        Ok(script)
    }

    /// What the script answered.
    fn check(&self, answer: &str) -> Result<(), BusError> {
        match answer.split_once(' ') {
            None => Ok(()),
            Some(("owner", found)) => Err(self.belongs_to(found.to_owned())),
            Some(_) => Err(BusError::Moved {
                stream: self.stream.to_string(),
            }),
        }
    }
}

impl Transport for RedisStreams {
    fn kind(&self) -> &'static str {
        "redis"
    }

    fn newest<'a>(&'a self, source: &'a str) -> BoxFuture<'a, Result<Option<Mark>, BusError>> {
        Box::pin(async move {
            let owner: Option<String> = self
                .link
                .ask(Cmd::new().arg("GET").arg(self.source_key()))
                .await?;
            if let Some(found) = owner.filter(|found| found != source) {
                return Err(self.belongs_to(found));
            }
            self.last_id().await
        })
    }

    fn append(&self, sending: Sending) -> BoxFuture<'_, Result<(), BusError>> {
        Box::pin(async move {
            let mut last = sending.after;
            let mut parts = sending.events.chunks(PIPELINE);
            let mut write_next = || {
                let part = parts.next();
                part.map(|part| self.script(&sending, part, &mut last))
                    .transpose()
            };
            let mut script = write_next()?;
            while let Some(current) = script {
                // The next one is written while Redis works on this one.
                let (answer, next) =
                    futures::join!(self.link.ask::<String>(&current), async { write_next() });
                self.check(&answer?)?;
                script = next?;
            }
            Ok(())
        })
    }

    fn trim(&self, lap: i64) -> BoxFuture<'_, Result<Trimmed, BusError>> {
        Box::pin(async move {
            let Some(slowest) = self.slowest_acknowledged().await? else {
                return Ok(Trimmed::default());
            };
            let bound = format!("{}-{}", slowest.lap, slowest.position + 1);
            let removed: u64 = self
                .link
                .ask(
                    Cmd::new()
                        .arg("XTRIM")
                        .arg(&*self.stream)
                        .arg("MINID")
                        .arg("=")
                        .arg(bound),
                )
                .await?;
            Ok(Trimmed {
                removed,
                acknowledged: (slowest.lap == lap).then_some(slowest.position),
            })
        })
    }
}

impl RedisStreams {
    fn belongs_to(&self, found: String) -> BusError {
        BusError::OtherSource {
            stream: self.stream.to_string(),
            found,
        }
    }

    /// The id of the newest entry ever added, also if it was trimmed since.
    pub(super) async fn last_id(&self) -> Result<Option<Mark>, BusError> {
        let exists: bool = self.link.ask(Cmd::new().arg("EXISTS").arg(&*self.stream)).await?;
        if !exists {
            return Ok(None);
        }
        let info: Vec<Value> = self
            .link
            .ask(Cmd::new().arg("XINFO").arg("STREAM").arg(&*self.stream))
            .await?;
        let last = info.chunks(2).find_map(|pair| match pair {
            [name, value] if text_of(name) == Some("last-generated-id") => Mark::parse(text_of(value)?),
            _ => None,
        });
        Ok(last.filter(|mark| *mark != Mark::default()))
    }
}

fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}
