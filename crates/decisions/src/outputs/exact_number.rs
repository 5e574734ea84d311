//! Numbers that are computed with exactly: weights, targets, tolerances and measured values.

use rust_decimal::Decimal;
use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A decimal that is kept as it was written, as a JSON number or as a decimal string, and read without rounding.
///
/// A JSON number is read from its shortest decimal text, so `0.1` is one tenth and not its binary neighbour.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactNumber {
    written: Value,
    decimal: Decimal,
}

impl ExactNumber {
    /// Reads a JSON number or a decimal string; `None` for anything else and for numbers no decimal can hold.
    pub fn from_value(value: &Value) -> Option<Self> {
        let decimal = match value {
            Value::Number(number) => {
                let text = number.to_string();
                Decimal::from_str_exact(&text)
                    .or_else(|_| Decimal::from_scientific(&text))
                    .ok()?
            }
            Value::String(text) => parse_quantity(text)?,
            _ => return None,
        };
        Some(Self {
            written: value.clone(),
            decimal,
        })
    }

    pub fn decimal(&self) -> Decimal {
        self.decimal
    }
}

impl From<Decimal> for ExactNumber {
    fn from(decimal: Decimal) -> Self {
        Self {
            written: Value::String(decimal.to_string()),
            decimal,
        }
    }
}

impl JsonSchema for ExactNumber {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ExactNumber".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let _ = generator;
        schemars::json_schema!({ "type": ["number", "string"] })
    }
}

impl Serialize for ExactNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ExactNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_value(&value).ok_or_else(|| serde::de::Error::custom("not a decimal number"))
    }
}

/// Reads a measured value: an optional minus, up to 15 digits, and up to 6 after a point.
pub fn parse_quantity(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let is_digits = |part: &str, limit: usize| {
        (1..=limit).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_digits(whole, 15) || fraction.is_some_and(|fraction| !is_digits(fraction, 6)) {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_prints_back_as_it_was_written() {
        for value in [
            json!(0.1),
            json!(1),
            json!(1.0),
            json!(0),
            json!("12.50"),
            json!(1e-7),
        ] {
            let number = ExactNumber::from_value(&value).unwrap();
            assert_eq!(serde_json::to_string(&number).unwrap(), value.to_string());
        }
        assert_eq!(
            ExactNumber::from_value(&json!(0.1)).unwrap().decimal(),
            Decimal::new(1, 1)
        );
        assert_eq!(
            ExactNumber::from_value(&json!(1e-7)).unwrap().decimal(),
            Decimal::new(1, 7)
        );
        assert_eq!(ExactNumber::from_value(&json!(1e300)), None);
        assert_eq!(ExactNumber::from_value(&json!(true)), None);
    }

    #[test]
    fn quantities_have_at_most_fifteen_and_six_digits() {
        assert_eq!(
            parse_quantity("123456789012345.123456"),
            Some(Decimal::from_str_exact("123456789012345.123456").unwrap())
        );
        assert_eq!(parse_quantity("-0.5"), Some(Decimal::new(-5, 1)));
        for refused in [
            "",
            "-",
            ".5",
            "5.",
            "1234567890123456",
            "1.1234567",
            "+1",
            "1e3",
            " 1",
            "١",
        ] {
            assert_eq!(parse_quantity(refused), None, "{refused}");
        }
    }
}
