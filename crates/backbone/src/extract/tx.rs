//! The transaction of a projection's page.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use althing_db::{Batch, Db, FromRow, Query, Statement, WriteSession};
use tokio::sync::Mutex;

use super::{Delivery, Extract, kind};
use crate::envelope::Envelope;
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

    /// Adds a write that happens at the end of the page. Of several under the same key
    /// only the last happens: a row that every event of a page changes is written once.
    pub async fn execute_at_end(&self, key: impl Into<String>, statement: Statement) {
        self.0.write_at_end(key.into(), statement).await;
    }

    /// The events of this page in their order: those handled already, this one, and
    /// those to come. What all of them need can so be read at once.
    pub fn page(&self) -> &[Arc<Envelope>] {
        &self.0.events
    }

    /// Reads as it was before this page, without borrowing the writer. What the page
    /// itself has written is not there: keep that in [`Tx::with_memory`]. Meant for rows
    /// that are found by their keys.
    pub fn before_page(&self) -> BeforePage<'_> {
        BeforePage(&self.0)
    }

    /// What the handlers of one page tell each other, by type; it begins empty with
    /// each page and is gone with it, whether the page is committed or undone.
    pub fn with_memory<T: Default + Send + 'static, R>(&self, act: impl FnOnce(&mut T) -> R) -> R {
        let mut memory = self.0.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = memory
            .entry(TypeId::of::<T>())
            .or_insert_with(|| Box::new(T::default()));
        match entry.downcast_mut() {
            Some(known) => act(known),
            // Cannot be: it lies under its own type.
            None => act(&mut T::default()),
        }
    }
}

/// A projection's tables as they were before the page.
pub struct BeforePage<'a>(&'a PageTransaction);

/// Nobody else writes these tables, so what is committed is what was there before.
impl Query for BeforePage<'_> {
    async fn fetch<T: FromRow + Send + 'static>(&self, statement: Statement) -> althing_db::Result<Vec<T>> {
        self.0.db.scan(self.0.tables.apply(statement)).await
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
    /// In one pass: every statement of every event comes through here.
    pub fn resolve(&self, text: &str) -> String {
        let mut resolved = String::with_capacity(text.len() + 64);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            resolved.push_str(before);
            rest = after;
            let name = self.names.iter().find_map(|name| {
                let beyond = after.strip_prefix(name)?.strip_prefix('}')?;
                Some((name, beyond))
            });
            match name {
                Some((name, beyond)) => {
                    resolved.push_str(&physical(name, self.generation));
                    rest = beyond;
                }
                None => resolved.push('{'),
            }
        }
        resolved.push_str(rest);
        resolved
    }

    /// The physical tables.
    pub fn stored(&self) -> impl Iterator<Item = String> + '_ {
        self.names.iter().map(|name| physical(name, self.generation))
    }

    fn apply(&self, statement: Statement) -> Statement {
        if self.names.is_empty() || !statement.text().contains('{') {
            return statement;
        }
        statement.map_text(|text| self.resolve(text))
    }
}

fn physical(name: &str, generation: i64) -> String {
    format!("{name}__g{generation}")
}

pub(crate) struct PageTransaction {
    db: Db,
    tables: TableNames,
    events: Vec<Arc<Envelope>>,
    state: Mutex<PageState>,
    memory: Memory,
}

type Memory = std::sync::Mutex<HashMap<TypeId, Box<dyn Any + Send>>>;

#[derive(Default)]
struct PageState {
    writes: Batch,
    /// By their keys.
    at_end: BTreeMap<String, Statement>,
    session: Option<WriteSession>,
    wrote: bool,
    /// Committed, given up, or broken by a statement that failed.
    closed: bool,
}

impl PageState {
    /// What was kept for the end is written now.
    fn end(&mut self) {
        for statement in std::mem::take(&mut self.at_end).into_values() {
            self.writes.run(statement);
        }
    }

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
    pub fn new(db: Db, tables: TableNames, events: Vec<Arc<Envelope>>) -> Arc<Self> {
        Arc::new(Self {
            db,
            tables,
            events,
            state: Mutex::default(),
            memory: Memory::default(),
        })
    }

    async fn write(&self, statement: Statement) {
        let mut state = self.state.lock().await;
        state.wrote = true;
        if !state.closed {
            state.writes.run(self.tables.apply(statement));
        }
    }

    async fn write_at_end(&self, key: String, statement: Statement) {
        let mut state = self.state.lock().await;
        state.wrote = true;
        if !state.closed {
            let statement = self.tables.apply(statement);
            state.at_end.insert(key, statement);
        }
    }

    async fn read<T: FromRow + Send + 'static>(&self, statement: Statement) -> althing_db::Result<Vec<T>> {
        let mut state = self.state.lock().await;
        if state.closed {
            return Err(althing_db::Error::Aborted);
        }
        state.end();
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
        let mut state = self.state.lock().await.close();
        state.end();
        let PageState {
            mut writes,
            session,
            closed,
            ..
        } = state;
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
