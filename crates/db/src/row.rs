//! Rows that come back, and how they become Rust values.

use std::sync::Arc;

use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::{Error, Result, Timestamp};

/// A borrowed row; columns are read by index in the order of the SELECT.
pub struct Row<'a> {
    pub(crate) inner: &'a rusqlite::Row<'a>,
}

impl Row<'_> {
    /// Reads column `index` (from 0).
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T> {
        let value = self.inner.get_ref(index).map_err(|_| Error::Column {
            column: index,
            wanted: T::NAME,
        })?;
        T::from_value(value).ok_or(Error::Column {
            column: index,
            wanted: T::NAME,
        })
    }

    /// Borrows column `index` as text, without copying it.
    pub fn text(&self, index: usize) -> Result<&str> {
        self.inner
            .get_ref(index)
            .ok()
            .and_then(|value| value.as_str().ok())
            .ok_or(Error::Column {
                column: index,
                wanted: "text",
            })
    }
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
        value.as_i64().ok()
    }
}
impl FromValue for u32 {
    const NAME: &'static str = "u32";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        value.as_i64().ok()?.try_into().ok()
    }
}
impl FromValue for i32 {
    const NAME: &'static str = "i32";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        value.as_i64().ok()?.try_into().ok()
    }
}
impl FromValue for f64 {
    const NAME: &'static str = "f64";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        value.as_f64().ok()
    }
}
impl FromValue for bool {
    const NAME: &'static str = "bool";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value.as_i64().ok()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}
impl FromValue for String {
    const NAME: &'static str = "text";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        value.as_str().ok().map(str::to_owned)
    }
}
impl FromValue for Arc<str> {
    const NAME: &'static str = "text";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        value.as_str().ok().map(Arc::from)
    }
}
impl FromValue for Vec<u8> {
    const NAME: &'static str = "bytes";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        value.as_blob().ok().map(<[u8]>::to_vec)
    }
}
impl FromValue for Uuid {
    const NAME: &'static str = "uuid";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        Uuid::try_parse(value.as_str().ok()?).ok()
    }
}
impl FromValue for Timestamp {
    const NAME: &'static str = "timestamp";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        value.as_str().ok()?.parse().ok()
    }
}
impl FromValue for serde_json::Value {
    const NAME: &'static str = "json";
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        serde_json::from_str(value.as_str().ok()?).ok()
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
