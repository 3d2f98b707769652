//! The rows that a batch looks up, and the results.

use std::collections::VecDeque;

use uuid::Uuid;

use crate::rows::Rows;
use crate::table::{Cells, Column, Entry, Shape, Table};
use crate::value::{Cell, ColumnType, Unreadable, Value};

/// All look-ups of a batch. An executor answers them in one round trip.
#[derive(Debug, Default)]
pub struct Reads<'k> {
    /// The look-ups. The answers come in this order.
    pub lookups: Vec<Lookup<'k>>,
}

/// A look-up.
#[derive(Debug)]
pub struct Lookup<'k> {
    /// Where to look.
    pub source: Source,
    /// The keys to look up, row by row: see [`Source::width`].
    pub keys: Vec<Value<'k>>,
}

/// Where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Rows of a table, by the values of these columns, which must be the leading columns of an index.
    Rows {
        /// The table.
        shape: &'static Shape,
        /// The columns, by name.
        by: &'static [&'static str],
    },
    /// The events that this service decided on causes whose ids lie in a range, given by its first and last id. Each answer has the
    /// first id of the range, and the event as JSON.
    Decisions,
}

/// The columns of an answer to [`Source::Decisions`].
const DECISIONS: &[Column] = &[
    Column {
        name: "first",
        holds: ColumnType::Uuid,
        nullable: false,
    },
    Column {
        name: "body",
        holds: ColumnType::Text,
        nullable: false,
    },
];

impl Source {
    /// The columns of an answer.
    pub fn columns(&self) -> &'static [Column] {
        match self {
            Self::Rows { shape, .. } => shape.columns,
            Self::Decisions => DECISIONS,
        }
    }

    /// The number of values in one key.
    pub fn width(&self) -> usize {
        match self {
            Self::Rows { by, .. } => by.len(),
            Self::Decisions => 2,
        }
    }
}

impl Lookup<'_> {
    /// The keys, one by one.
    pub fn each(&self) -> impl Iterator<Item = &[Value<'_>]> {
        self.keys.chunks_exact(self.source.width().max(1))
    }
}

impl<'k> Reads<'k> {
    /// Looks up rows of a table by the leading columns of one of its indexes. Duplicate keys are looked up once.
    pub fn by<T: Table, const N: usize>(
        &mut self,
        by: &'static [&'static str; N],
        keys: impl IntoIterator<Item = [Value<'k>; N]>,
    ) {
        self.lookups.push(Lookup {
            source: Source::Rows { shape: T::SHAPE, by },
            keys: keys.into_iter().flatten().collect(),
        });
    }

    /// Looks up which of these ids were handled. This must be the first look-up: see [`Found::ids`].
    pub fn handled(&mut self, inbox: Source, ids: impl IntoIterator<Item = Uuid>) {
        self.lookups.push(Lookup {
            source: inbox,
            keys: ids.into_iter().map(Value::Uuid).collect(),
        });
    }

    /// Looks up the events decided on causes whose ids lie in these ranges.
    pub fn decisions(&mut self, ranges: impl IntoIterator<Item = (Uuid, Uuid)>) {
        let keys = ranges
            .into_iter()
            .flat_map(|(first, last)| [Value::Uuid(first), Value::Uuid(last)]);
        self.lookups.push(Lookup {
            source: Source::Decisions,
            keys: keys.collect(),
        });
    }
}

/// Rows of a table whose value in an indexed column is at most a given number, the smallest first.
#[derive(Clone, Copy, Debug)]
pub struct Scan {
    /// The table.
    pub shape: &'static Shape,
    /// The column.
    pub by: &'static str,
    /// The greatest value to return.
    pub up_to: i64,
    /// The maximum number of rows.
    pub limit: i64,
}

/// The results of the look-ups, in the same order.
#[derive(Debug, Default)]
pub struct Found(VecDeque<Answer>);

#[derive(Debug)]
struct Answer {
    columns: &'static [Column],
    cells: Vec<Cell>,
}

impl Found {
    /// Adds the rows that a look-up found.
    pub fn push(&mut self, columns: &'static [Column], cells: Vec<Cell>) {
        self.0.push_back(Answer { columns, cells });
    }

    /// The results of the next look-up, as rows of its table.
    pub fn rows<T: Table>(&mut self) -> Result<Vec<Entry<T>>, Unreadable> {
        self.each(T::read)
    }

    /// Loads the results of the next look-up.
    pub fn load<T: Table>(&mut self, rows: &mut Rows<T::Key, T::Row>) -> Result<(), Unreadable> {
        for (key, row) in self.rows::<T>()? {
            rows.load(key, row);
        }
        Ok(())
    }

    /// The results of the next look-up, if it was for decisions: the first id of the range, and the event as JSON.
    pub fn decisions(&mut self) -> Result<Vec<(Uuid, String)>, Unreadable> {
        self.each(|cells| Ok((cells.value()?, cells.value()?)))
    }

    /// The ids among the results of the next look-up.
    pub fn ids(&mut self) -> Vec<Uuid> {
        let Some(answer) = self.0.pop_front() else {
            return Vec::new();
        };
        let id = answer.columns.iter().position(|column| column.name == "id");
        let rows = answer.cells.chunks_exact(answer.columns.len().max(1));
        let ids = rows.filter_map(|cells| match cells.get(id?)? {
            Cell::Uuid(id) => Some(*id),
            Cell::Null | Cell::Int(_) | Cell::Text(_) => None,
        });
        ids.collect()
    }

    fn each<R>(
        &mut self,
        read: impl Fn(&mut Cells<'_>) -> Result<R, Unreadable>,
    ) -> Result<Vec<R>, Unreadable> {
        let Some(answer) = self.0.pop_front() else {
            return Ok(Vec::new());
        };
        let rows = answer.cells.chunks_exact(answer.columns.len().max(1));
        rows.map(|cells| read(&mut Cells::new(answer.columns, cells)))
            .collect()
    }
}
