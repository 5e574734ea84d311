//! A commit as a value: what shall be written, and what each statement must achieve.

use std::sync::Arc;

use crate::{Statement, Value};

/// Statements that are committed wholly or not at all.
#[derive(Default)]
pub struct Batch {
    pub(crate) steps: Vec<Step>,
    pub(crate) after: Option<AfterCommit>,
    pub(crate) closing: Option<Arc<Closing>>,
}

pub(crate) type AfterCommit = Box<dyn FnOnce(&[Outcome]) + Send + Sync>;

pub(crate) struct Step {
    pub statement: Statement,
    pub wish: Wish,
}

pub(crate) enum Wish {
    /// Any number of rows.
    Any,
    /// Exactly this many rows, else the whole batch is a conflict.
    Rows(usize, &'static str),
    /// The rows of a RETURNING clause are wanted.
    Returning,
}

/// Statements that run once at the end of a transaction, however many batches share
/// it. They are a help, never a condition: where they fail, the batches are committed
/// without them.
pub struct Closing {
    pub(crate) steps: Vec<Step>,
    done: Done,
}

type Done = Box<dyn Fn(Option<&[Outcome]>) + Send + Sync>;

impl Closing {
    /// `done` is called once the transaction is durable, with what the statements
    /// did; with `None` where it went, or may have gone, without them. Must be quick
    /// and must not panic.
    pub fn new(statements: Batch, done: impl Fn(Option<&[Outcome]>) + Send + Sync + 'static) -> Self {
        Self {
            steps: statements.steps,
            done: Box::new(done),
        }
    }

    pub(crate) fn tell(&self, outcomes: Option<&[Outcome]>) {
        let hook = std::panic::AssertUnwindSafe(|| (self.done)(outcomes));
        if std::panic::catch_unwind(hook).is_err() {
            tracing::error!("a hook panicked after its commit");
        }
    }
}

/// What one statement of a batch did.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Rows inserted, updated or deleted.
    pub affected: usize,
    /// The rows of a RETURNING clause, else empty.
    pub rows: Vec<Vec<Value>>,
}

impl Outcome {
    /// The integer in `row`, `column` of the returned rows.
    pub fn integer(&self, row: usize, column: usize) -> Option<i64> {
        match self.rows.get(row)?.get(column)? {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a statement that may change any number of rows.
    pub fn run(&mut self, statement: Statement) -> &mut Self {
        self.steps.push(Step {
            statement,
            wish: Wish::Any,
        });
        self
    }

    /// Adds a statement that must change exactly `rows` rows; otherwise nothing
    /// of the batch happens and the answer is [`crate::Error::Conflict`] with `tag`.
    pub fn expect(&mut self, rows: usize, tag: &'static str, statement: Statement) -> &mut Self {
        self.steps.push(Step {
            statement,
            wish: Wish::Rows(rows, tag),
        });
        self
    }

    /// Adds a statement whose RETURNING rows are kept in its [`Outcome`].
    pub fn returning(&mut self, statement: Statement) -> &mut Self {
        self.steps.push(Step {
            statement,
            wish: Wish::Returning,
        });
        self
    }

    /// Called on the writer thread once the batch is durable, in commit order,
    /// before the caller is answered. Must be quick and must not panic.
    pub fn after_commit(&mut self, hook: impl FnOnce(&[Outcome]) + Send + Sync + 'static) -> &mut Self {
        self.after = Some(Box::new(hook));
        self
    }

    /// Sees to it that these statements end the transaction. Of batches that share
    /// one, the last one's count. Only [`crate::Db::commit`] on PostgreSQL runs them;
    /// everywhere else `done` hears `None`.
    pub fn closing(&mut self, closing: Arc<Closing>) -> &mut Self {
        self.closing = Some(closing);
        self
    }

    /// Number of statements so far.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether nothing would be written.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Appends all statements of `other`; its hook and its closing are dropped if this
    /// batch has one.
    pub fn append(&mut self, other: Batch) -> &mut Self {
        self.steps.extend(other.steps);
        if self.closing.is_none() {
            self.closing = other.closing;
        }
        if self.after.is_none() {
            self.after = other.after;
        }
        self
    }
}
