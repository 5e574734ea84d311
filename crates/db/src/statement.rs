//! One SQL text and its parameters.

use std::borrow::Cow;
use std::future::Future;

use crate::{Error, FromRow, Result, Value};

/// A statement with its parameters, ready to be run anywhere.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(crate) text: Cow<'static, str>,
    pub(crate) parameters: Vec<Value>,
}

/// Begins a statement. Placeholders are `$1`, `$2` … in the order of `bind`.
pub fn sql(text: impl Into<Cow<'static, str>>) -> Statement {
    Statement {
        text: text.into(),
        parameters: Vec::new(),
    }
}

impl Statement {
    /// Adds the next parameter.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.parameters.push(value.into());
        self
    }

    /// The SQL text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same parameters under another text.
    #[must_use]
    pub fn with_text(self, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            text: text.into(),
            parameters: self.parameters,
        }
    }

    /// Every row.
    pub async fn all<T: FromRow + Send + 'static>(self, on: &impl Query) -> Result<Vec<T>> {
        on.fetch(self).await
    }

    /// The first row, if there is one.
    pub async fn optional<T: FromRow + Send + 'static>(self, on: &impl Query) -> Result<Option<T>> {
        Ok(on.fetch(self).await?.into_iter().next())
    }

    /// The first row; [`Error::NoRow`] if there is none.
    pub async fn one<T: FromRow + Send + 'static>(self, on: &impl Query) -> Result<T> {
        self.optional(on).await?.ok_or(Error::NoRow)
    }
}

/// Anything that answers a SELECT: the database's readers, or an open write session.
pub trait Query: Sync {
    /// Runs the statement and reads its rows.
    fn fetch<T: FromRow + Send + 'static>(
        &self,
        statement: Statement,
    ) -> impl Future<Output = Result<Vec<T>>> + Send;
}
