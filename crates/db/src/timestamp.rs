//! Time as the product writes it: UTC, RFC 3339, exactly six fractional digits.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment with microseconds. Its text sorts as the time does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The clock of this machine. Domain code takes time as an argument; only
    /// [`crate::Clock`] calls this.
    pub fn now() -> Self {
        Self::from_micros(Utc::now().timestamp_micros())
    }

    /// From microseconds since 1970; outside the years 0–9999 it is clamped.
    pub fn from_micros(micros: i64) -> Self {
        const EARLIEST: i64 = -62_167_219_200_000_000;
        const LATEST: i64 = 253_402_300_799_999_999;
        let inside = micros.clamp(EARLIEST, LATEST);
        Self(
            Utc.timestamp_micros(inside)
                .single()
                .expect("clamped to representable years"),
        )
    }

    /// Microseconds since 1970.
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// This moment plus `duration`.
    pub fn plus(self, duration: Duration) -> Self {
        Self::from_micros(
            self.micros()
                .saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// This moment minus `duration`.
    pub fn minus(self, duration: Duration) -> Self {
        Self::from_micros(
            self.micros()
                .saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.micros() - earlier.micros()).unwrap_or(0))
    }

    /// The date part, `YYYY-MM-DD`.
    pub fn date(self) -> String {
        self.0.format("%Y-%m-%d").to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = chrono::ParseError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(micros) = read_own_form(text.as_bytes()) {
            return Ok(Self::from_micros(micros));
        }
        Ok(Self::from_micros(
            DateTime::parse_from_rfc3339(text)?.timestamp_micros(),
        ))
    }
}

/// Reads `YYYY-MM-DDThh:mm:ss.ffffffZ`, the form we write ourselves, without the
/// general parser: the log is full of it. Anything else is `None`.
fn read_own_form(text: &[u8]) -> Option<i64> {
    const FORM: &[u8; 27] = b"0000-00-00T00:00:00.000000Z";
    let text: &[u8; 27] = text.try_into().ok()?;
    let fits = |(given, form): (&u8, &u8)| {
        if *form == b'0' {
            given.is_ascii_digit()
        } else {
            given == form
        }
    };
    if !text.iter().zip(FORM).all(fits) {
        return None;
    }
    let number = |from: usize, to: usize| {
        text[from..to]
            .iter()
            .fold(0u32, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    };
    let date = chrono::NaiveDate::from_ymd_opt(number(0, 4).cast_signed(), number(5, 7), number(8, 10))?;
    let time = date.and_hms_micro_opt(number(11, 13), number(14, 16), number(17, 19), number(20, 26))?;
    Some(time.and_utc().timestamp_micros())
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_six_digits_and_sorts_like_time() {
        let early = Timestamp::from_micros(1_700_000_000_000_000);
        let late = early.plus(Duration::from_micros(1));
        assert_eq!(early.to_string(), "2023-11-14T22:13:20.000000Z");
        assert!(early.to_string() < late.to_string());
    }

    #[test]
    fn the_quick_way_of_reading_agrees_with_the_general_one() {
        let quick = |text: &str| read_own_form(text.as_bytes()).map(Timestamp::from_micros);
        for micros in [
            0,
            1,
            951_782_400_000_000,
            1_709_164_800_999_999,
            253_402_300_799_999_999,
        ] {
            let time = Timestamp::from_micros(micros);
            assert_eq!(quick(&time.to_string()), Some(time));
        }
        for odd in [
            "2023-02-29T00:00:00.000000Z",
            "2023-11-14T24:00:00.000000Z",
            "2023-11-14T22:13:20.000000+",
            "x",
        ] {
            assert_eq!(quick(odd), None, "{odd}");
        }
        assert_eq!(
            "2023-11-14T23:13:20+01:00".parse::<Timestamp>().unwrap(),
            Timestamp::from_micros(1_700_000_000_000_000)
        );
    }

    #[test]
    fn text_and_json_round_trip() {
        let time = Timestamp::from_micros(1_700_000_000_123_456);
        assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
        let json = serde_json::to_string(&time).unwrap();
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), time);
    }
}
