//! Sets of rows to bind, and rows of an answer.

use std::fmt::Display;

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};
use uuid::Uuid;
use wallet_kernel::{Cell, ColumnType, Field, Value};

use super::error::{Error, Result};

/// One column of a set.
#[derive(Debug)]
pub(super) enum Column<'a> {
    /// UUIDs.
    Uuids(Vec<Uuid>),
    /// 64-bit integers.
    Ints(Vec<i64>),
    /// Texts.
    Texts(Vec<&'a str>),
}

/// Columns of equal length: the table `k` of a statement.
#[derive(Debug, Default)]
pub struct Set<'a> {
    pub(super) names: Vec<&'static str>,
    pub(super) columns: Vec<Column<'a>>,
}

impl<'a> Set<'a> {
    /// A set without columns.
    pub fn new() -> Self {
        Self::default()
    }

    fn with(mut self, name: &'static str, column: Column<'a>) -> Self {
        self.names.push(name);
        self.columns.push(column);
        self
    }

    /// Adds a column of UUIDs.
    #[must_use]
    pub fn uuids(self, name: &'static str, values: impl IntoIterator<Item = Uuid>) -> Self {
        self.with(name, Column::Uuids(values.into_iter().collect()))
    }

    /// Adds a column of integers.
    #[must_use]
    pub fn ints(self, name: &'static str, values: impl IntoIterator<Item = i64>) -> Self {
        self.with(name, Column::Ints(values.into_iter().collect()))
    }

    /// Adds a column of texts.
    #[must_use]
    pub fn texts(self, name: &'static str, values: impl IntoIterator<Item = &'a str>) -> Self {
        self.with(name, Column::Texts(values.into_iter().collect()))
    }

    /// The values of one row.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = Value<'a>> {
        self.columns.iter().map(move |column| match column {
            Column::Uuids(values) => Value::Uuid(values[row]),
            Column::Ints(values) => Value::Int(values[row]),
            Column::Texts(values) => Value::Text(values[row]),
        })
    }

    /// The number of rows.
    pub(super) fn len(&self) -> usize {
        let lengths = self.columns.iter().map(|column| match column {
            Column::Uuids(values) => values.len(),
            Column::Ints(values) => values.len(),
            Column::Texts(values) => values.len(),
        });
        lengths.max().unwrap_or(0)
    }

    /// Whether there are no rows.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A bound parameter.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    /// A UUID.
    Uuid(Uuid),
    /// A 64-bit integer.
    Int(i64),
    /// A text.
    Text(&'a str),
    /// A text, or null.
    TextOrNull(Option<&'a str>),
    /// An integer, or null.
    IntOrNull(Option<i64>),
}

/// A row of an answer; columns are numbered from 0.
///
/// PostgreSQL gives a number the smallest type that its expression has (a `CASE` of literals is an `INT4`); SQLite has a single
/// integer type. So a number of any width is read as 64 bits, and a query means the same on both.
#[derive(Debug)]
pub enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
    /// From SQLite, on a loop's own connection.
    Local(Vec<Cell>),
}

macro_rules! getter {
    ($(#[$doc:meta])* $name:ident -> $type:ty) => {
        $(#[$doc])*
        pub fn $name(&self, column: usize) -> Result<$type> {
            match self {
                Self::Sqlite(row) => Ok(row.try_get(column)?),
                Self::Postgres(row) => Ok(row.try_get(column)?),
                Self::Local(cells) => local(cells, column),
            }
        }
    };
}

impl Row {
    getter! {
        /// A UUID.
        uuid -> Uuid
    }
    getter! {
        /// A UUID, or null.
        uuid_or_null -> Option<Uuid>
    }
    /// An integer.
    pub fn int(&self, column: usize) -> Result<i64> {
        self.int_or_null(column)?
            .ok_or_else(|| unreadable(column, "no number"))
    }

    /// An integer, or null.
    pub fn int_or_null(&self, column: usize) -> Result<Option<i64>> {
        let row = match self {
            Self::Sqlite(row) => return Ok(row.try_get(column)?),
            Self::Local(cells) => return local(cells, column),
            Self::Postgres(row) => row,
        };
        match row.try_get_raw(column)?.type_info().name() {
            "INT2" => Ok(row.try_get::<Option<i16>, _>(column)?.map(i64::from)),
            "INT4" => Ok(row.try_get::<Option<i32>, _>(column)?.map(i64::from)),
            _ => Ok(row.try_get(column)?),
        }
    }

    getter! {
        /// A text.
        text -> String
    }
    getter! {
        /// A text, or null.
        text_or_null -> Option<String>
    }

    /// The cells of these columns, which must be the row's first.
    pub(super) fn cells(&self, columns: &[wallet_kernel::Column]) -> Result<Vec<Cell>> {
        let cells = columns.iter().enumerate().map(|(place, column)| {
            Ok(match column.holds {
                ColumnType::Int => self.int_or_null(place)?.map_or(Cell::Null, Cell::Int),
                ColumnType::Text => self
                    .text_or_null(place)?
                    .map_or(Cell::Null, |text| Cell::Text(text.into())),
                ColumnType::Uuid => self.uuid_or_null(place)?.map_or(Cell::Null, Cell::Uuid),
            })
        });
        cells.collect()
    }

    /// A text, parsed into a validated type.
    pub fn parse<T>(&self, column: usize) -> Result<T>
    where
        T: std::str::FromStr<Err: Display>,
    {
        let text = self.text(column)?;
        text.parse().map_err(|error| unreadable(column, error))
    }
}

fn local<T: Field>(cells: &[Cell], column: usize) -> Result<T> {
    let cell = cells.get(column).unwrap_or(&Cell::Null);
    T::read(cell).ok_or_else(|| unreadable(column, format!("{cell:?} is not a valid {}", T::WANTED)))
}

fn unreadable(column: usize, why: impl Display) -> Error {
    Error::unreadable(format!("column {column}: {why}"))
}
