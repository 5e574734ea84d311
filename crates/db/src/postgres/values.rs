//! Our five kinds of value on the wire, in the type that the server expects.

use std::error::Error as StdError;

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::{Value, ValueRef};

type Boxed = Box<dyn StdError + Sync + Send>;

/// The binary form of JSONB begins with its version.
const JSONB_VERSION: u8 = 1;

impl ToSql for Value {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Boxed> {
        match self {
            Value::Null => return Ok(IsNull::Yes),
            Value::Integer(number) => integer(*number, wanted, out)?,
            Value::Real(number) => match *wanted {
                Type::FLOAT8 => out.extend_from_slice(&number.to_be_bytes()),
                _ => return Err(mismatch("a real number", wanted)),
            },
            Value::Text(text) => match *wanted {
                Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON => {
                    out.extend_from_slice(text.as_bytes());
                }
                Type::JSONB => {
                    out.extend_from_slice(&[JSONB_VERSION]);
                    out.extend_from_slice(text.as_bytes());
                }
                _ => return Err(mismatch("text", wanted)),
            },
            Value::Blob(bytes) => match *wanted {
                Type::BYTEA => out.extend_from_slice(bytes),
                _ => return Err(mismatch("bytes", wanted)),
            },
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn integer(number: i64, wanted: &Type, out: &mut BytesMut) -> Result<(), Boxed> {
    match *wanted {
        Type::INT8 => out.extend_from_slice(&number.to_be_bytes()),
        Type::INT4 => out.extend_from_slice(&i32::try_from(number)?.to_be_bytes()),
        Type::INT2 => out.extend_from_slice(&i16::try_from(number)?.to_be_bytes()),
        Type::BOOL => out.extend_from_slice(&[u8::from(number != 0)]),
        #[expect(clippy::cast_precision_loss, reason = "as SQLite does")]
        Type::FLOAT8 => out.extend_from_slice(&(number as f64).to_be_bytes()),
        _ => return Err(mismatch("an integer", wanted)),
    }
    Ok(())
}

/// Names types only, never the value.
fn mismatch(given: &str, wanted: &Type) -> Boxed {
    format!("{given} was given where the statement wants {wanted}").into()
}

/// The column as one of our kinds; `None` if it is none of them.
pub(crate) fn value(row: &tokio_postgres::Row, index: usize) -> Option<ValueRef<'_>> {
    row.try_get::<_, Column<'_>>(index).ok().map(|column| column.0)
}

struct Column<'a>(ValueRef<'a>);

impl<'a> FromSql<'a> for Column<'a> {
    fn from_sql(found: &Type, raw: &'a [u8]) -> Result<Self, Boxed> {
        Ok(Self(match *found {
            Type::INT8 => ValueRef::Integer(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => ValueRef::Integer(i32::from_be_bytes(raw.try_into()?).into()),
            Type::INT2 => ValueRef::Integer(i16::from_be_bytes(raw.try_into()?).into()),
            Type::BOOL => ValueRef::Integer((raw != [0]).into()),
            Type::FLOAT8 => ValueRef::Real(f64::from_be_bytes(raw.try_into()?)),
            Type::FLOAT4 => ValueRef::Real(f32::from_be_bytes(raw.try_into()?).into()),
            Type::BYTEA => ValueRef::Blob(raw),
            Type::JSONB => ValueRef::Text(std::str::from_utf8(raw.get(1..).unwrap_or_default())?),
            _ => ValueRef::Text(std::str::from_utf8(raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Boxed> {
        Ok(Self(ValueRef::Null))
    }

    fn accepts(found: &Type) -> bool {
        matches!(
            *found,
            Type::INT8
                | Type::INT4
                | Type::INT2
                | Type::BOOL
                | Type::FLOAT8
                | Type::FLOAT4
                | Type::BYTEA
                | Type::JSONB
                | Type::JSON
                | Type::TEXT
                | Type::VARCHAR
                | Type::BPCHAR
                | Type::NAME
                | Type::UNKNOWN
        )
    }
}
