//! Forward-only migrations, one numbered line for each context.

use crate::{Batch, Db, Error, Result, Store, Timestamp, definition, sql};

/// One step of a context's tables.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// From 1, without gaps.
    pub number: i64,
    /// A short name for people.
    pub name: &'static str,
    /// Statements separated by `;` at the end of a line, each a [`definition`].
    pub text: &'static str,
    /// What PostgreSQL gets instead, where one text cannot serve both.
    pub postgres: Option<&'static str>,
}

impl Migration {
    fn text_on(&self, store: Store) -> &'static str {
        match (store, self.postgres) {
            (Store::Postgres, Some(own)) => own,
            _ => self.text,
        }
    }
}

/// All migrations of one context.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    /// The context they belong to.
    pub context: &'static str,
    /// In order.
    pub steps: &'static [Migration],
}

impl Migrations {
    /// How many steps are missing. Changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::TooNew`] and [`Error::MigrationChanged`], as [`Migrations::apply`].
    pub async fn missing(&self, db: &Db) -> Result<usize> {
        if !has_table(db).await? {
            return Ok(self.steps.len());
        }
        Ok(self.steps_after(db).await?.len())
    }

    /// The steps after those that were applied, which must be ours.
    async fn steps_after(&self, db: &Db) -> Result<&'static [Migration]> {
        let applied: Vec<(i64, i64)> =
            sql("SELECT number, fingerprint FROM migration WHERE context = $1 ORDER BY number")
                .bind(self.context)
                .all(db)
                .await?;
        let known = self.steps.last().map_or(0, |step| step.number);
        if let Some((found, _)) = applied.last()
            && *found > known
        {
            return Err(Error::TooNew {
                context: self.context,
                found: *found,
                known,
            });
        }
        for (step, (number, fingerprint)) in self.steps.iter().zip(&applied) {
            if step.number != *number || fingerprint_of(step.text_on(db.store())) != *fingerprint {
                return Err(Error::MigrationChanged {
                    context: self.context,
                    number: *number,
                });
            }
        }
        Ok(&self.steps[applied.len()..])
    }

    /// Applies what is missing, each step in a transaction of its own. Running it
    /// again changes nothing. Returns how many were applied.
    pub async fn apply(&self, db: &Db, now: Timestamp) -> Result<usize> {
        ensure_table(db).await?;
        let missing = self.steps_after(db).await?;
        for step in missing {
            let mut batch = Batch::new();
            for statement in statements(step.text_on(db.store())) {
                batch.run(definition(statement.to_owned()));
            }
            batch.run(
                sql("INSERT INTO migration (context, number, name, fingerprint, applied_at) VALUES ($1, $2, $3, $4, $5)")
                    .bind(self.context)
                    .bind(step.number)
                    .bind(step.name)
                    .bind(fingerprint_of(step.text_on(db.store())))
                    .bind(now),
            );
            db.commit(batch).await?;
            tracing::info!(
                context = self.context,
                number = step.number,
                name = step.name,
                "migrated"
            );
        }
        Ok(missing.len())
    }
}

async fn has_table(db: &Db) -> Result<bool> {
    let exists: Vec<i64> = sql("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'")
        .on_postgres(
            "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'migration'",
        )
        .all(db)
        .await?;
    Ok(!exists.is_empty())
}

async fn ensure_table(db: &Db) -> Result<()> {
    if !has_table(db).await? {
        let mut batch = Batch::new();
        batch.run(sql(
            "CREATE TABLE IF NOT EXISTS migration (context TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, \
             fingerprint BIGINT NOT NULL, applied_at TEXT NOT NULL, PRIMARY KEY (context, number))",
        ));
        db.commit(batch).await?;
    }
    Ok(())
}

/// Splits at `;` that end a line, so that triggers with inner semicolons can
/// keep them by writing `;` followed by more text on the same line.
fn statements(text: &str) -> impl Iterator<Item = &str> {
    text.split(";\n")
        .map(|part| part.trim().trim_end_matches(';').trim())
        .filter(|part| !part.is_empty())
}

/// FNV-1a over the text without white space, so that re-indenting is harmless.
fn fingerprint_of(text: &str) -> i64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        hash ^= u64::from(byte);
        hash = hash.wrapping_mul(0x0100_0000_01b3);
    }
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Migrations = Migrations {
        context: "fruit",
        steps: &[Migration {
            number: 1,
            name: "start",
            postgres: None,
            text: "CREATE TABLE a (x BIGINT);\nCREATE TABLE b (x BIGINT);",
        }],
    };

    #[tokio::test]
    async fn a_second_run_changes_nothing() {
        let db = Db::temporary().await.unwrap();
        let now = Timestamp::from_micros(0);
        assert_eq!(ONE.missing(&db).await.unwrap(), 1);
        assert!(!has_table(&db).await.unwrap(), "asking changes nothing");
        assert_eq!(ONE.apply(&db, now).await.unwrap(), 1);
        assert_eq!(ONE.apply(&db, now).await.unwrap(), 0);
        assert_eq!(ONE.missing(&db).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_newer_folder_and_an_edited_migration_are_refused() {
        let db = Db::temporary().await.unwrap();
        let now = Timestamp::from_micros(0);
        ONE.apply(&db, now).await.unwrap();
        let none = Migrations {
            context: "fruit",
            steps: &[],
        };
        assert!(matches!(
            none.apply(&db, now).await,
            Err(Error::TooNew {
                found: 1,
                known: 0,
                ..
            })
        ));
        let edited = Migrations {
            context: "fruit",
            steps: &[Migration {
                number: 1,
                name: "start",
                postgres: None,
                text: "CREATE TABLE a (y BIGINT);",
            }],
        };
        assert!(matches!(
            edited.apply(&db, now).await,
            Err(Error::MigrationChanged { number: 1, .. })
        ));
    }
}
