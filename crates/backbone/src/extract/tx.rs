//! The transaction of a projection's page.

use std::sync::Arc;

use althing_db::{Batch, Db, FromRow, Query, Statement, WriteSession};
use tokio::sync::Mutex;

use super::{Delivery, Extract, kind};
use crate::handler::{HandlerError, HandlerResult};

/// A projection's hands: its own tables, in the transaction that also moves the
/// checkpoint. Table names stand in braces: `INSERT INTO {progress} …`, so that
/// a rebuild can fill another generation beside the one that is read.
///
/// Writes are collected and need no answer. A read after a write borrows the
/// writer until the page is committed, so that it sees everything written before
/// it; a handler must therefore never wait for a commit of somebody else.
pub struct Tx(Arc<PageTransaction>);

impl Tx {
    /// Adds a write. It happens with the checkpoint or not at all.
    pub async fn execute(&self, statement: Statement) {
        self.0.write(statement).await;
    }
}

/// Reads see what earlier events of the same page wrote.
impl Query for Tx {
    async fn fetch<T: FromRow + Send + 'static>(&self, statement: Statement) -> althing_db::Result<Vec<T>> {
        self.0.read(statement).await
    }
}

impl Extract<kind::Projection> for Tx {
    async fn extract(delivery: &Delivery) -> HandlerResult<Self> {
        delivery.page.clone().map(Self).ok_or_else(|| {
            HandlerError::permanent(anyhow::anyhow!("a projection's handler ran outside its page"))
        })
    }
}

/// Which physical table a name in braces means.
#[derive(Clone, Debug, Default)]
pub(crate) struct TableNames {
    pub names: Arc<[&'static str]>,
    pub generation: i64,
}

impl TableNames {
    pub fn resolve(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, name| {
            text.replace(&format!("{{{name}}}"), &format!("{name}__g{}", self.generation))
        })
    }

    fn apply(&self, statement: Statement) -> Statement {
        if self.names.is_empty() || !statement.text().contains('{') {
            return statement;
        }
        let text = self.resolve(statement.text());
        statement.with_text(text)
    }
}

pub(crate) struct PageTransaction {
    db: Db,
    tables: TableNames,
    state: Mutex<PageState>,
}

#[derive(Default)]
struct PageState {
    writes: Batch,
    session: Option<WriteSession>,
    wrote: bool,
    /// Committed, given up, or broken by a statement that failed.
    closed: bool,
}

impl PageState {
    /// Nothing more can be written or read; answers what there was.
    fn close(&mut self) -> Self {
        let closed = Self {
            closed: true,
            wrote: self.wrote,
            ..Self::default()
        };
        std::mem::replace(self, closed)
    }
}

impl PageTransaction {
    pub fn new(db: Db, tables: TableNames) -> Arc<Self> {
        Arc::new(Self {
            db,
            tables,
            state: Mutex::default(),
        })
    }

    async fn write(&self, statement: Statement) {
        let mut state = self.state.lock().await;
        state.wrote = true;
        if !state.closed {
            state.writes.run(self.tables.apply(statement));
        }
    }

    async fn read<T: FromRow + Send + 'static>(&self, statement: Statement) -> althing_db::Result<Vec<T>> {
        let mut state = self.state.lock().await;
        if state.closed {
            return Err(althing_db::Error::Aborted);
        }
        if state.session.is_none() && state.writes.is_empty() {
            // Nobody else writes these tables, so what is committed is all there is:
            // the writer need not be borrowed.
            return self.db.fetch(self.tables.apply(statement)).await;
        }
        if state.session.is_none() {
            state.session = Some(self.db.write_session().await?);
        }
        let writes = std::mem::take(&mut state.writes);
        let session = state.session.as_ref().ok_or(althing_db::Error::Closed)?;
        if !writes.is_empty()
            && let Err(error) = session.apply(writes).await
        {
            // Some of the writes may have happened: only all or nothing may be kept.
            state.close();
            return Err(error);
        }
        session.fetch(self.tables.apply(statement)).await
    }

    pub async fn wrote(&self) -> bool {
        self.state.lock().await.wrote
    }

    /// Undoes the page and gives the writer back at once, even if a handler kept
    /// its [`Tx`] somewhere.
    pub async fn give_up(&self) {
        self.state.lock().await.close();
    }

    /// Commits the page's writes together with `ending`.
    pub async fn commit(&self, ending: Batch) -> althing_db::Result<()> {
        let PageState {
            mut writes,
            session,
            closed,
            ..
        } = self.state.lock().await.close();
        if closed {
            return Err(althing_db::Error::Aborted);
        }
        writes.append(ending);
        match session {
            None => self.db.commit(writes).await.map(|_| ()),
            Some(session) => {
                session.apply(writes).await?;
                session.commit(|| {}).await
            }
        }
    }
}
