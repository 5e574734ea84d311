//! A percentage for display, exact to two decimals.

use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// Hundredths of a percent, rounded half up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
pub struct Percent(#[schemars(with = "f64", range(min = 0, max = 100))] u32);

impl Percent {
    /// `part` of `whole` in percent; 0 of nothing is 0.
    pub fn of(part: u32, whole: u32) -> Self {
        if whole == 0 {
            return Self(0);
        }
        let (part, whole) = (u64::from(part), u64::from(whole));
        let hundredths = (part * 10_000 * 2 + whole) / (whole * 2);
        Self(u32::try_from(hundredths).unwrap_or(u32::MAX))
    }

    /// 1667 for 16.67 %.
    pub fn hundredths(self) -> u32 {
        self.0
    }
}

/// With as many decimals as needed: "50", "7.14", "12.5".
impl fmt::Display for Percent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        match (rest, rest % 10) {
            (0, _) => write!(formatter, "{whole}"),
            (_, 0) => write!(formatter, "{whole}.{}", rest / 10),
            _ => write!(formatter, "{whole}.{rest:02}"),
        }
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(100) {
            serializer.serialize_u32(self.0 / 100)
        } else {
            serializer.serialize_f64(f64::from(self.0) / 100.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_rounded_for_display_only() {
        let shown = |part, whole| {
            let percent = Percent::of(part, whole);
            (percent.to_string(), serde_json::to_string(&percent).unwrap())
        };
        let same = |text: &str| (text.to_owned(), text.to_owned());
        assert_eq!(shown(1, 6), same("16.67"));
        assert_eq!(shown(1, 14), same("7.14"));
        assert_eq!(shown(1, 2), same("50"));
        assert_eq!(shown(1, 8), same("12.5"));
        assert_eq!(shown(1, 100), same("1"));
        assert_eq!(shown(3, 0), same("0"));
        assert_eq!(Percent::of(1, 6).hundredths(), 1667);
    }
}
