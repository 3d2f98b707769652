//! All reads of a batch, and all its writes, as one PostgreSQL statement each.
//!
//! The answers of several look-ups share columns by type (`u0`, `i0`, `t0`, …), preceded by the look-up's number:
//!
//! ```sql
//! SELECT 0::bigint, t.id, NULL::uuid, t.amount, t.payer FROM UNNEST($1::uuid[]) AS k (a) CROSS JOIN transfer AS t WHERE t.id = k.a
//! UNION ALL SELECT 1::bigint, …
//! ```
//!
//! Writes are guarded: a common table expression updates the shard's `progress`, and unless that returns a row nothing else is written.
//! So an instance whose tenure has ended writes nothing, and no transaction is needed.

use std::fmt::Write as _;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres, Row as _};
use uuid::Uuid;
use wallet_kernel::{Cell, Column, ColumnType, Found, Op, Reads, Scan, Source, Value, Write, Writes};

use super::error::Result;
use super::postgres::{command, fetch, timed};
use super::servers::Connection;
use super::set::{Arg, Row};

type Prepared<'q> = Query<'q, Postgres, PgArguments>;

const TYPES: [ColumnType; 3] = [ColumnType::Uuid, ColumnType::Int, ColumnType::Text];

/// How many columns of each type the combined answer has.
struct Slots([usize; 3]);

impl Slots {
    fn of(reads: &Reads<'_>) -> Self {
        let most = |holds: ColumnType| {
            let each = reads.lookups.iter().map(|lookup| lookup.source.columns());
            let counts = each.map(|columns| columns.iter().filter(|column| column.holds == holds).count());
            counts.max().unwrap_or(0)
        };
        Self(TYPES.map(most))
    }

    /// The select list of one look-up; slots that it does not use are null.
    fn selected(&self, columns: &[Column], source: &Source) -> String {
        let mut list = String::new();
        for (holds, slots) in TYPES.into_iter().zip(self.0) {
            let mut own = columns.iter().filter(|column| column.holds == holds);
            for _ in 0..slots {
                let _ = match (own.next(), source) {
                    (Some(column), Source::Rows { .. }) => write!(list, ", t.{}", column.name),
                    (Some(column), Source::Decisions) if column.name == "first" => write!(list, ", k.a"),
                    (Some(column), Source::Decisions) => write!(list, ", e.{}", column.name),
                    (None, _) => write!(list, ", NULL::{}", word(holds)),
                };
            }
        }
        list
    }

    /// The cells of one look-up, in the order of its columns.
    fn cells(&self, columns: &[Column], row: &PgRow, into: &mut Vec<Cell>) -> Result<()> {
        let [uuids, ints, _] = self.0;
        let (mut uuid, mut int, mut text) = (1, 1 + uuids, 1 + uuids + ints);
        for column in columns {
            let place = match column.holds {
                ColumnType::Uuid => &mut uuid,
                ColumnType::Int => &mut int,
                ColumnType::Text => &mut text,
            };
            into.push(cell(row, *place, column.holds)?);
            *place += 1;
        }
        Ok(())
    }
}

fn cell(row: &PgRow, place: usize, holds: ColumnType) -> Result<Cell> {
    Ok(match holds {
        ColumnType::Uuid => row
            .try_get::<Option<Uuid>, _>(place)?
            .map_or(Cell::Null, Cell::Uuid),
        ColumnType::Int => row
            .try_get::<Option<i64>, _>(place)?
            .map_or(Cell::Null, Cell::Int),
        ColumnType::Text => {
            let text = row.try_get::<Option<&str>, _>(place)?;
            text.map_or(Cell::Null, |text| Cell::Text(text.into()))
        }
    })
}

fn word(holds: ColumnType) -> &'static str {
    match holds {
        ColumnType::Uuid => "uuid",
        ColumnType::Int => "bigint",
        ColumnType::Text => "text",
    }
}

/// Arrays of values as the table `k (a, b, …)`; parameters are numbered from `next`.
fn arrays(types: impl Iterator<Item = ColumnType>, next: &mut usize) -> String {
    let (mut arrays, mut names) = (String::new(), String::new());
    for (holds, name) in types.zip('a'..) {
        let comma = if names.is_empty() { "" } else { ", " };
        let _ = write!(arrays, "{comma}${next}::{}[]", word(holds));
        let _ = write!(names, "{comma}{name}");
        *next += 1;
    }
    format!("UNNEST({arrays}) AS k ({names})")
}

fn bound<'q>(
    mut query: Prepared<'q>,
    types: impl Iterator<Item = ColumnType>,
    rows: &[Value<'q>],
    width: usize,
) -> Prepared<'q> {
    for (place, holds) in types.enumerate() {
        let column = rows.iter().skip(place).step_by(width.max(1));
        query = match holds {
            ColumnType::Uuid => query.bind(column.map(uuid).collect::<Vec<_>>()),
            ColumnType::Int => query.bind(column.map(int).collect::<Vec<_>>()),
            ColumnType::Text => query.bind(column.map(text).collect::<Vec<_>>()),
        };
    }
    query
}

fn uuid(value: &Value<'_>) -> Option<Uuid> {
    match value {
        Value::Uuid(value) => Some(*value),
        Value::Null | Value::Int(_) | Value::Text(_) => None,
    }
}

fn int(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Int(value) => Some(*value),
        Value::Null | Value::Uuid(_) | Value::Text(_) => None,
    }
}

fn text<'v>(value: &Value<'v>) -> Option<&'v str> {
    match value {
        Value::Text(value) => Some(value),
        Value::Null | Value::Uuid(_) | Value::Int(_) => None,
    }
}

/// The types of the values in a key.
fn keys(source: Source) -> Vec<ColumnType> {
    match source {
        Source::Rows { shape, by } => {
            let columns = by.iter().map(|name| shape.column(name));
            columns
                .filter_map(|place| Some(shape.columns.get(place)?.holds))
                .collect()
        }
        Source::Decisions => vec![ColumnType::Uuid, ColumnType::Uuid],
    }
}

/// Answers a batch's look-ups in one round trip.
pub(super) async fn find(db: &mut Connection, reads: &Reads<'_>) -> Result<Found> {
    let lookups: Vec<_> = reads
        .lookups
        .iter()
        .enumerate()
        .filter(|(_, lookup)| !lookup.keys.is_empty())
        .collect();
    let mut cells: Vec<Vec<Cell>> = reads.lookups.iter().map(|_| Vec::new()).collect();
    if !lookups.is_empty() {
        let slots = Slots::of(reads);
        let (mut sql, mut next) = (String::new(), 1);
        for (number, lookup) in &lookups {
            let all = if sql.is_empty() { "" } else { " UNION ALL " };
            let list = slots.selected(lookup.source.columns(), &lookup.source);
            let k = arrays(keys(lookup.source).into_iter(), &mut next);
            let _ = write!(
                sql,
                "{all}SELECT {number}::bigint{list} FROM {k} {}",
                found_in(&lookup.source)
            );
        }
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (_, lookup) in &lookups {
            query = bound(
                query,
                keys(lookup.source).into_iter(),
                &lookup.keys,
                lookup.source.width(),
            );
        }
        for row in fetch(db, query).await? {
            let Row::Postgres(row) = row else { continue };
            let number: i64 = row.try_get(0)?;
            let place = usize::try_from(number).unwrap_or_default();
            if let (Some(lookup), Some(cells)) = (reads.lookups.get(place), cells.get_mut(place)) {
                slots.cells(lookup.source.columns(), &row, cells)?;
            }
        }
    }
    let mut found = Found::default();
    for (lookup, cells) in reads.lookups.iter().zip(cells) {
        found.push(lookup.source.columns(), cells);
    }
    Ok(found)
}

fn found_in(source: &Source) -> String {
    match source {
        Source::Rows { shape, by } => {
            let equal = by
                .iter()
                .zip('a'..)
                .map(|(name, key)| format!("t.{name} = k.{key}"));
            let equal: Vec<String> = equal.collect();
            format!("CROSS JOIN {} AS t WHERE {}", shape.name, equal.join(" AND "))
        }
        Source::Decisions => {
            "CROSS JOIN inbox AS i CROSS JOIN event AS e WHERE i.id BETWEEN k.a AND k.b AND e.no = i.no"
                .to_owned()
        }
    }
}

/// The rows that match a scan.
pub(super) async fn scan(db: &mut Connection, scan: &Scan) -> Result<Found> {
    let Scan { shape, by, .. } = scan;
    let names: Vec<&str> = shape.columns.iter().map(|column| column.name).collect();
    let sql = format!(
        "SELECT {} FROM {} WHERE {by} IS NOT NULL AND {by} <= $1 ORDER BY {by} LIMIT $2",
        names.join(", "),
        shape.name
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(scan.up_to).bind(scan.limit);
    let mut cells = Vec::new();
    for row in fetch(db, query).await? {
        let Row::Postgres(row) = row else { continue };
        for (place, column) in shape.columns.iter().enumerate() {
            cells.push(cell(&row, place, column.holds)?);
        }
    }
    let mut found = Found::default();
    found.push(shape.columns, cells);
    Ok(found)
}

/// Writes a batch into a transaction and leaves it open, if the guard, an UPDATE, changes a row; returns whether it did.
pub(super) async fn stage(
    db: &mut Connection,
    guard: &str,
    args: &[Arg<'_>],
    writes: &Writes<'_>,
) -> Result<bool> {
    command(db, "BEGIN").await?;
    let written = write(db, guard, args, writes).await;
    if !matches!(written, Ok(true)) {
        command(db, "ROLLBACK").await?;
    }
    written
}

/// Writes a batch in one statement.
async fn write(db: &mut Connection, guard: &str, args: &[Arg<'_>], writes: &Writes<'_>) -> Result<bool> {
    let mut sql = format!("WITH tenure AS ({} RETURNING one)", timed(guard));
    let mut next = args.len() + 1;
    for (number, part) in writes.parts.iter().enumerate() {
        let k = arrays(types(part), &mut next);
        let _ = write!(sql, ", w{number} AS ({})", change(part, &k));
    }
    sql.push_str(" SELECT count(*) FROM tenure");
    let mut query = super::postgres::with(sqlx::query(AssertSqlSafe(sql)), args);
    for part in &writes.parts {
        query = bound(query, types(part), &part.values, part.columns.len());
    }
    let rows = fetch(db, query).await?;
    Ok(rows.first().map(|row| row.int(0)).transpose()? == Some(1))
}

fn types(part: &Write<'_>) -> impl Iterator<Item = ColumnType> {
    let columns = part
        .columns
        .iter()
        .filter_map(|place| part.shape.columns.get(*place));
    columns.map(|column| column.holds)
}

fn change(part: &Write<'_>, k: &str) -> String {
    let (table, key) = (part.shape.name, part.shape.key);
    let columns = part
        .columns
        .iter()
        .filter_map(|place| part.shape.columns.get(*place));
    let pairs: Vec<(&str, char)> = columns.map(|column| column.name).zip('a'..).collect();
    let (keys, rest) = pairs.split_at(key.min(pairs.len()));
    let listed = |pairs: &[(&str, char)], each: fn(&str, char) -> String, between: &str| {
        let each = pairs.iter().map(|(name, value)| each(name, *value));
        each.collect::<Vec<_>>().join(between)
    };
    let is_there = listed(keys, |name, value| format!("t.{name} = k.{value}"), " AND ");
    match part.op {
        Op::Insert => {
            let names = listed(&pairs, |name, _| name.to_owned(), ", ");
            format!("INSERT INTO {table} ({names}) SELECT k.* FROM tenure CROSS JOIN {k}")
        }
        Op::Update => {
            let set = listed(rest, |name, value| format!("{name} = k.{value}"), ", ");
            format!("UPDATE {table} AS t SET {set} FROM tenure CROSS JOIN {k} WHERE {is_there}")
        }
        Op::Delete => format!("DELETE FROM {table} AS t USING tenure CROSS JOIN {k} WHERE {is_there}"),
    }
}
