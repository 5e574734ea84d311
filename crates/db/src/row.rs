//! Rows that come back, and how they become Rust values.

use std::sync::Arc;

use uuid::Uuid;

use crate::{Error, Result, Timestamp, Value};

/// One column of a row, borrowed: what both databases can hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'a> {
    /// SQL NULL.
    Null,
    /// BIGINT and BOOLEAN.
    Integer(i64),
    /// DOUBLE PRECISION.
    Real(f64),
    /// TEXT.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

impl<'a> ValueRef<'a> {
    fn integer(self) -> Option<i64> {
        match self {
            ValueRef::Integer(number) => Some(number),
            _ => None,
        }
    }

    fn text(self) -> Option<&'a str> {
        match self {
            ValueRef::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The same, owned.
    pub fn to_owned(self) -> Value {
        match self {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Real(number) => Value::Real(number),
            ValueRef::Text(text) => Value::Text(text.into()),
            ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        }
    }
}

/// A borrowed row; columns are read by index in the order of the SELECT.
pub struct Row<'a> {
    inner: Inner<'a>,
}

enum Inner<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl<'a> Row<'a> {
    pub(crate) fn sqlite(row: &'a rusqlite::Row<'a>) -> Self {
        Self {
            inner: Inner::Sqlite(row),
        }
    }

    pub(crate) fn postgres(row: &'a tokio_postgres::Row) -> Self {
        Self {
            inner: Inner::Postgres(row),
        }
    }

    /// How many columns there are.
    #[expect(clippy::len_without_is_empty, reason = "a row has a column")]
    pub fn len(&self) -> usize {
        match self.inner {
            Inner::Sqlite(row) => row.as_ref().column_count(),
            Inner::Postgres(row) => row.len(),
        }
    }

    /// Borrows column `index` (from 0); `None` if there is no such column or it
    /// holds something that SQL values of this product never are.
    pub fn value(&self, index: usize) -> Option<ValueRef<'_>> {
        match self.inner {
            Inner::Sqlite(row) => sqlite_value(row.get_ref(index).ok()?),
            Inner::Postgres(row) => crate::postgres::value(row, index),
        }
    }

    /// Reads column `index` (from 0).
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T> {
        self.value(index).and_then(T::from_value).ok_or(Error::Column {
            column: index,
            wanted: T::NAME,
        })
    }

    /// Borrows column `index` as text, without copying it.
    pub fn text(&self, index: usize) -> Result<&str> {
        self.value(index).and_then(ValueRef::text).ok_or(Error::Column {
            column: index,
            wanted: "text",
        })
    }
}

fn sqlite_value(value: rusqlite::types::ValueRef<'_>) -> Option<ValueRef<'_>> {
    use rusqlite::types::ValueRef as Sqlite;
    Some(match value {
        Sqlite::Null => ValueRef::Null,
        Sqlite::Integer(number) => ValueRef::Integer(number),
        Sqlite::Real(number) => ValueRef::Real(number),
        Sqlite::Text(text) => ValueRef::Text(std::str::from_utf8(text).ok()?),
        Sqlite::Blob(bytes) => ValueRef::Blob(bytes),
    })
}

/// A Rust type that a single column can be read as.
pub trait FromValue: Sized {
    /// For error texts.
    const NAME: &'static str;
    /// `None` if the column holds something else.
    fn from_value(value: ValueRef<'_>) -> Option<Self>;
}

impl FromValue for i64 {
    const NAME: &'static str = "i64";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        value.integer()
    }
}
impl FromValue for u32 {
    const NAME: &'static str = "u32";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        value.integer()?.try_into().ok()
    }
}
impl FromValue for i32 {
    const NAME: &'static str = "i32";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        value.integer()?.try_into().ok()
    }
}
impl FromValue for f64 {
    const NAME: &'static str = "f64";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Real(number) => Some(number),
            _ => None,
        }
    }
}
impl FromValue for bool {
    const NAME: &'static str = "bool";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value.integer()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}
impl FromValue for String {
    const NAME: &'static str = "text";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        value.text().map(str::to_owned)
    }
}
impl FromValue for Arc<str> {
    const NAME: &'static str = "text";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        value.text().map(Arc::from)
    }
}
impl FromValue for Vec<u8> {
    const NAME: &'static str = "bytes";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Blob(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}
impl FromValue for Uuid {
    const NAME: &'static str = "uuid";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        Uuid::try_parse(value.text()?).ok()
    }
}
impl FromValue for Timestamp {
    const NAME: &'static str = "timestamp";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        value.text()?.parse().ok()
    }
}
impl FromValue for serde_json::Value {
    const NAME: &'static str = "json";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        serde_json::from_str(value.text()?).ok()
    }
}
impl<T: FromValue> FromValue for Option<T> {
    const NAME: &'static str = T::NAME;
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(None),
            other => T::from_value(other).map(Some),
        }
    }
}

/// A Rust type that a whole row can be read as. Scalars take the first column,
/// tuples one column each.
pub trait FromRow: Sized {
    /// Reads the row.
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

macro_rules! scalar_rows {
    ($($t:ty),+) => {$(
        impl FromRow for $t {
            fn from_row(row: &Row<'_>) -> Result<Self> { row.get(0) }
        }
    )+};
}
scalar_rows!(
    i64,
    u32,
    i32,
    f64,
    bool,
    String,
    Arc<str>,
    Vec<u8>,
    Uuid,
    Timestamp,
    serde_json::Value
);

impl<T: FromValue> FromRow for Option<T> {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        row.get(0)
    }
}

macro_rules! tuple_rows {
    ($(($($t:ident $i:tt),+))+) => {$(
        impl<$($t: FromValue),+> FromRow for ($($t,)+) {
            fn from_row(row: &Row<'_>) -> Result<Self> { Ok(($(row.get::<$t>($i)?,)+)) }
        }
    )+};
}
tuple_rows! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
}
