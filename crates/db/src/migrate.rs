//! Forward-only migrations, one numbered line for each context.

use crate::{Batch, Db, Error, Result, Timestamp, sql};

/// One step of a context's tables.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// From 1, without gaps.
    pub number: i64,
    /// A short name for people.
    pub name: &'static str,
    /// Statements separated by `;` at the end of a line.
    pub text: &'static str,
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
    /// Applies what is missing, each step in a transaction of its own. Running it
    /// again changes nothing. Returns how many were applied.
    pub async fn apply(&self, db: &Db, now: Timestamp) -> Result<usize> {
        ensure_table(db).await?;
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
            if step.number != *number || fingerprint_of(step.text) != *fingerprint {
                return Err(Error::MigrationChanged {
                    context: self.context,
                    number: *number,
                });
            }
        }
        let missing = &self.steps[applied.len()..];
        for step in missing {
            let mut batch = Batch::new();
            for statement in statements(step.text) {
                batch.run(sql(statement.to_owned()));
            }
            batch.run(
                sql("INSERT INTO migration (context, number, name, fingerprint, applied_at) VALUES ($1, $2, $3, $4, $5)")
                    .bind(self.context)
                    .bind(step.number)
                    .bind(step.name)
                    .bind(fingerprint_of(step.text))
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

async fn ensure_table(db: &Db) -> Result<()> {
    let exists: Vec<i64> = sql("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'")
        .all(db)
        .await?;
    if exists.is_empty() {
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
            text: "CREATE TABLE a (x BIGINT);\nCREATE TABLE b (x BIGINT);",
        }],
    };

    #[tokio::test]
    async fn a_second_run_changes_nothing() {
        let db = Db::temporary().await.unwrap();
        let now = Timestamp::from_micros(0);
        assert_eq!(ONE.apply(&db, now).await.unwrap(), 1);
        assert_eq!(ONE.apply(&db, now).await.unwrap(), 0);
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
                text: "CREATE TABLE a (y BIGINT);",
            }],
        };
        assert!(matches!(
            edited.apply(&db, now).await,
            Err(Error::MigrationChanged { number: 1, .. })
        ));
    }
}
