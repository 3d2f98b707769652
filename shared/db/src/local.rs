//! A loop's own connection to a SQLite database: plain function calls on the loop's thread.
//!
//! Through sqlx each statement costs two thread hand-overs and four to six system calls; with 16 callers that was nearly all of the
//! processor time of a transfer. Here a prepared statement runs once per row, which costs as much inside SQLite as one statement for
//! all rows.

use std::fmt::Write as _;

use compact_str::CompactString;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, params_from_iter};
use tracing::debug;
use uuid::Uuid;
use wallet_kernel::{Cell, Found, Lookup, Op, Reads, Scan, Shape, Source, Value, Write, Writes};

use super::limits::WAIT;
use super::local_error::{Error, Result};
use super::set::{Arg, Set};
use super::{checkpoint, sqlite};

/// The number of statements that stay prepared.
const STATEMENTS: usize = 256;

/// The connection.
#[derive(Debug)]
pub struct Local(Connection);

/// A value to bind.
struct Bound<'a>(Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match &self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(value) => ValueRef::Integer(*value),
            Value::Text(value) => ValueRef::Text(value.as_bytes()),
            Value::Uuid(value) => ValueRef::Blob(value.as_bytes()),
        }))
    }
}

impl Local {
    /// Opens a database that is already migrated. The page cache, 8 MiB, holds the rows that a batch touches. Commits do not wait for the
    /// disk: what a crash of the machine loses is in the log, and is applied again at the next start.
    pub(super) fn open(uri: &str) -> Result<Self> {
        let db = Connection::open(uri)?;
        db.busy_timeout(WAIT)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        db.execute_batch(&format!(
            "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; PRAGMA automatic_index = off; PRAGMA temp_store = memory; \
             PRAGMA wal_autocheckpoint = {}",
            checkpoint::ANEW
        ))?;
        Ok(Self(db))
    }

    /// Answers a batch's look-ups.
    pub(super) fn find(&self, reads: &Reads<'_>) -> Result<Found> {
        let mut found = Found::default();
        for lookup in &reads.lookups {
            found.push(lookup.source.columns(), self.look_up(lookup)?);
        }
        Ok(found)
    }

    fn look_up(&self, lookup: &Lookup<'_>) -> Result<Vec<Cell>> {
        let mut cells = Vec::new();
        if lookup.keys.is_empty() {
            return Ok(cells);
        }
        let mut statement = self.0.prepare_cached(&selection(&lookup.source))?;
        for key in lookup.each() {
            bind(&mut statement, key.iter().copied())?;
            read_all(&mut statement, &mut cells)?;
        }
        Ok(cells)
    }

    /// The rows that match a scan.
    pub(super) fn scan(&self, scan: &Scan) -> Result<Found> {
        let Scan { shape, by, .. } = scan;
        let sql = format!(
            "SELECT {} FROM {} AS t WHERE t.{by} IS NOT NULL AND t.{by} <= ?1 ORDER BY t.{by} LIMIT ?2",
            columns(shape),
            shape.name
        );
        let mut statement = self.0.prepare_cached(&sql)?;
        bind(&mut statement, [Value::Int(scan.up_to), Value::Int(scan.limit)])?;
        let mut cells = Vec::new();
        read_all(&mut statement, &mut cells)?;
        let mut found = Found::default();
        found.push(shape.columns, cells);
        Ok(found)
    }

    /// Writes a batch into a transaction and leaves it open, if the guard statement changes a row; returns whether it did.
    pub(super) fn stage(&self, guard: &str, args: &[Arg<'_>], writes: &Writes<'_>) -> Result<bool> {
        self.command("BEGIN IMMEDIATE")?;
        let written = self.write_all(guard, args, writes);
        if !matches!(written, Ok(true)) {
            // After a failure SQLite may already have rolled back.
            let _ = self.command("ROLLBACK");
        }
        written
    }

    fn write_all(&self, guard: &str, args: &[Arg<'_>], writes: &Writes<'_>) -> Result<bool> {
        if self.execute(guard, args)? != 1 {
            return Ok(false);
        }
        for part in &writes.parts {
            let mut statement = self.0.prepare_cached(&change(part))?;
            for row in part.each() {
                bind(&mut statement, row.iter().copied())?;
                statement.raw_execute()?;
            }
        }
        Ok(true)
    }

    /// Runs a statement without parameters.
    pub(super) fn command(&self, sql: &str) -> Result<()> {
        self.0
            .prepare_cached(sql)?
            .execute([])
            .map(|_| ())
            .map_err(Error::from)
    }

    /// Runs a statement with parameters `$1`, `$2`, …; returns the number of rows written.
    pub(super) fn execute(&self, sql: &str, args: &[Arg<'_>]) -> Result<u64> {
        let sql = sqlite::timed(sql);
        let mut statement = self.0.prepare_cached(&sql)?;
        let written = statement.execute(params_from_iter(args.iter().map(|arg| Bound(value(arg)))))?;
        let written = u64::try_from(written).unwrap_or(u64::MAX);
        debug!(target: "sqlx::query", summary = &*sql, rows_affected = written);
        Ok(written)
    }

    /// Queries with parameters `$1`, `$2`, …; returns the cells of each row.
    pub(super) fn query(&self, sql: &str, args: &[Arg<'_>]) -> Result<Vec<Vec<Cell>>> {
        let sql = sqlite::timed(sql);
        self.rows(&sql, args.iter().map(value))
    }

    /// Queries with a set, `k`; returns the cells of each row.
    pub(super) fn select(&self, sql: &'static str, set: &Set<'_>) -> Result<Vec<Vec<Cell>>> {
        let mut all = Vec::new();
        for (from, rows) in sqlite::chunks(set) {
            let text = sqlite::cached_text(sql, set, rows);
            let values = (from..from + rows).flat_map(|row| set.row(row));
            all.extend(self.rows(&text, values)?);
        }
        Ok(all)
    }

    fn rows<'v>(&self, sql: &str, values: impl Iterator<Item = Value<'v>>) -> Result<Vec<Vec<Cell>>> {
        let mut statement = self.0.prepare_cached(sql)?;
        bind(&mut statement, values)?;
        let width = statement.column_count();
        let mut cells = Vec::new();
        read_all(&mut statement, &mut cells)?;
        let rows: Vec<Vec<Cell>> = cells.chunks(width.max(1)).map(<[Cell]>::to_vec).collect();
        debug!(target: "sqlx::query", summary = sql, rows_returned = rows.len());
        Ok(rows)
    }
}

fn value<'a>(arg: &Arg<'a>) -> Value<'a> {
    match *arg {
        Arg::Uuid(value) => Value::Uuid(value),
        Arg::Int(value) => Value::Int(value),
        Arg::IntOrNull(value) => value.into(),
        Arg::Text(value) => Value::Text(value),
        Arg::TextOrNull(value) => value.into(),
    }
}

fn bind<'v>(statement: &mut Statement<'_>, values: impl IntoIterator<Item = Value<'v>>) -> Result<()> {
    for (number, value) in (1..).zip(values) {
        statement.raw_bind_parameter(number, Bound(value))?;
    }
    Ok(())
}

fn read_all(statement: &mut Statement<'_>, cells: &mut Vec<Cell>) -> Result<()> {
    let width = statement.column_count();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        for column in 0..width {
            cells.push(cell(row.get_ref(column)?)?);
        }
    }
    Ok(())
}

fn cell(value: ValueRef<'_>) -> Result<Cell> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Text(text) => Cell::Text(CompactString::from_utf8(text).map_err(Error::foreign)?),
        ValueRef::Blob(bytes) => Cell::Uuid(Uuid::from_slice(bytes).map_err(Error::foreign)?),
        ValueRef::Real(_) => {
            return Err(Error::foreign(
                "a number with a fraction, where only integers are stored",
            ));
        }
    })
}

fn columns(shape: &Shape) -> String {
    let names = shape.columns.iter().map(|column| format!("t.{}", column.name));
    names.collect::<Vec<_>>().join(", ")
}

fn selection(source: &Source) -> String {
    match source {
        Source::Rows { shape, by } => {
            let mut sql = format!("SELECT {} FROM {} AS t WHERE ", columns(shape), shape.name);
            for (number, name) in (1..).zip(*by) {
                let and = if number == 1 { "" } else { " AND " };
                let _ = write!(sql, "{and}t.{name} = ?{number}");
            }
            sql
        }
        Source::Decisions => {
            "SELECT ?1, e.body FROM inbox AS i CROSS JOIN event AS e WHERE i.id BETWEEN ?1 AND ?2 AND e.no = i.no"
                .to_owned()
        }
    }
}

/// `OR ROLLBACK`: a failed statement rolls back the whole transaction, which is what we would do next anyway. So SQLite does not keep a
/// copy of each page to undo that statement alone, which took a fifth of the ledger's time.
fn change(part: &Write<'_>) -> String {
    let (table, key) = (part.shape.name, part.shape.key);
    let names = part
        .columns
        .iter()
        .filter_map(|column| part.shape.columns.get(*column));
    let names: Vec<&str> = names.map(|column| column.name).collect();
    let equal = |from: usize, names: &[&str], between: &str| {
        let each = (from..)
            .zip(names)
            .map(|(number, name)| format!("{name} = ?{number}"));
        each.collect::<Vec<_>>().join(between)
    };
    let (keys, rest) = names.split_at(key.min(names.len()));
    match part.op {
        Op::Insert => {
            let marks = vec!["?"; names.len()].join(", ");
            format!(
                "INSERT OR ROLLBACK INTO {table} ({}) VALUES ({marks})",
                names.join(", ")
            )
        }
        Op::Update => format!(
            "UPDATE OR ROLLBACK {table} SET {} WHERE {}",
            equal(key + 1, rest, ", "),
            equal(1, keys, " AND ")
        ),
        Op::Delete => format!("DELETE FROM {table} WHERE {}", equal(1, keys, " AND ")),
    }
}
