//! Any table, copied by what the catalogue says of it.

use althing_db::{Batch, Db, FromRow, Row, Store, Value, sql};

use super::TransferError;

/// How many rows share a commit.
const PAGE: i64 = 1_000;

/// A table and its columns.
#[derive(Debug)]
pub(super) struct Table {
    name: String,
    /// Sorted by name: the two databases may have them in another order.
    columns: Vec<String>,
    primary_key: Vec<String>,
}

/// Every table of the database, by name; views are not tables.
pub(super) async fn all(db: &Db) -> Result<Vec<Table>, TransferError> {
    let names: Vec<String> = sql(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') \
         AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .on_postgres("SELECT tablename::TEXT FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
    .all(db)
    .await?;
    let mut tables = Vec::new();
    for name in names {
        let columns = sql("SELECT name FROM pragma_table_info($1) ORDER BY name")
            .on_postgres(
                "SELECT column_name::TEXT FROM information_schema.columns \
                 WHERE table_schema = current_schema() AND table_name = $1 ORDER BY column_name::TEXT COLLATE \"C\"",
            )
            .bind(&name)
            .all(db)
            .await?;
        let primary_key = sql("SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk")
            .on_postgres(
                "SELECT a.attname::TEXT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) \
                 WHERE i.indrelid = (quote_ident(current_schema()) || '.' || quote_ident($1))::REGCLASS AND i.indisprimary \
                 ORDER BY array_position(i.indkey::INT2[], a.attnum)",
            )
            .bind(&name)
            .all(db)
            .await?;
        tables.push(Table {
            name,
            columns,
            primary_key,
        });
    }
    Ok(tables)
}

impl Table {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub async fn count(&self, db: &Db) -> Result<i64, TransferError> {
        Ok(sql(format!("SELECT COUNT(*) FROM \"{}\"", self.name))
            .one(db)
            .await?)
    }

    /// There must be a table like this one.
    pub fn require(&self, among: &[Table]) -> Result<(), TransferError> {
        if among
            .iter()
            .any(|other| other.name == self.name && other.columns == self.columns)
        {
            Ok(())
        } else {
            Err(TransferError::NoSuchTable {
                table: self.name.clone(),
            })
        }
    }

    /// Copies every row; answers how many there are now.
    pub async fn copy(&self, source: &Db, target: &Db) -> Result<i64, TransferError> {
        let insert = insert_into(&self.name, &self.columns);
        let mut offset = 0;
        loop {
            let page: Vec<Values> = source.scan(sql(self.select(offset))).await?;
            if page.is_empty() {
                break;
            }
            let mut batch = Batch::new();
            for Values(row) in page {
                let statement = sql(insert.clone());
                batch.run(row.into_iter().fold(statement, althing_db::Statement::bind));
            }
            target.commit(batch).await?;
            offset += PAGE;
        }
        self.go_on_counting(target).await?;
        let (expected, found) = (self.count(source).await?, self.count(target).await?);
        if expected == found {
            Ok(found)
        } else {
            Err(TransferError::Incomplete {
                table: self.name.clone(),
                expected,
                found,
            })
        }
    }

    fn select(&self, offset: i64) -> String {
        let order = if self.primary_key.is_empty() {
            &self.columns
        } else {
            &self.primary_key
        };
        format!(
            "SELECT {} FROM \"{}\" ORDER BY {} LIMIT {PAGE} OFFSET {offset}",
            quoted(&self.columns),
            self.name,
            quoted(order)
        )
    }

    /// A column that PostgreSQL numbers by itself goes on after what was copied.
    async fn go_on_counting(&self, target: &Db) -> Result<(), TransferError> {
        if target.store() != Store::Postgres {
            return Ok(());
        }
        let counted: Vec<String> = sql("SELECT column_name::TEXT FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'YES'")
        .bind(&self.name)
        .all(target)
        .await?;
        let mut batch = Batch::new();
        for column in counted {
            batch.run(sql(format!(
                "SELECT setval(pg_get_serial_sequence('\"{table}\"', '{column}'), max(\"{column}\")) FROM \"{table}\"",
                table = self.name
            )));
        }
        if !batch.is_empty() {
            target.commit(batch).await?;
        }
        Ok(())
    }
}

/// `INSERT INTO "table" ("a", "b") VALUES ($1, $2)`.
pub(super) fn insert_into(table: &str, columns: &[String]) -> String {
    let marks: Vec<String> = (1..=columns.len()).map(|number| format!("${number}")).collect();
    format!(
        "INSERT INTO \"{table}\" ({}) VALUES ({})",
        quoted(columns),
        marks.join(", ")
    )
}

fn quoted(columns: &[String]) -> String {
    let quoted: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    quoted.join(", ")
}

/// A row as it is stored.
pub(super) struct Values(pub Vec<Value>);

impl Values {
    /// The last column, if it is an integer.
    pub fn last_integer(&self) -> Option<i64> {
        match self.0.last()? {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl FromRow for Values {
    fn from_row(row: &Row<'_>) -> althing_db::Result<Self> {
        let values = (0..row.len()).map(|column| {
            row.value(column)
                .map(althing_db::ValueRef::to_owned)
                .ok_or(althing_db::Error::Column {
                    column,
                    wanted: "a value that both databases know",
                })
        });
        values.collect::<althing_db::Result<_>>().map(Self)
    }
}
