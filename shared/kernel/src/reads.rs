//! The rows that a batch looks up, and what was found.

use std::collections::VecDeque;

use uuid::Uuid;

use crate::rows::Rows;
use crate::table::{Cells, Column, Entry, Shape, Table};
use crate::value::{Cell, Kind, Unreadable, Value};

/// Everything that a batch looks up. An executor answers it in one round trip.
#[derive(Debug, Default)]
pub struct Reads<'k> {
    /// The answers come in this order.
    pub lookups: Vec<Lookup<'k>>,
}

/// One look-up.
#[derive(Debug)]
pub struct Lookup<'k> {
    /// Where to look.
    pub source: Source,
    /// What to look for, row by row: see [`Source::width`].
    pub keys: Vec<Value<'k>>,
}

/// Where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The rows of a table that have these values in these columns, which must lead an index.
    Rows {
        /// The table.
        shape: &'static Shape,
        /// The columns, by name.
        by: &'static [&'static str],
    },
    /// What this service has decided on causes whose ids lie in a range: first and last id. The answer has the range's first id,
    /// and the event as JSON.
    Decisions,
}

/// The columns of what [`Source::Decisions`] finds.
const DECISIONS: &[Column] = &[
    Column {
        name: "first",
        kind: Kind::Uuid,
        nullable: false,
    },
    Column {
        name: "body",
        kind: Kind::Text,
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

    /// How many values say what to look for.
    pub fn width(&self) -> usize {
        match self {
            Self::Rows { by, .. } => by.len(),
            Self::Decisions => 2,
        }
    }
}

impl Lookup<'_> {
    /// What to look for, one after the other.
    pub fn each(&self) -> impl Iterator<Item = &[Value<'_>]> {
        self.keys.chunks_exact(self.source.width().max(1))
    }
}

impl<'k> Reads<'k> {
    /// Looks up rows of a table by columns that lead one of its indexes. Each row of values is looked for once.
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

    /// Looks up which of these ids were handled. It comes first: see [`Found::ids`].
    pub fn handled(&mut self, inbox: Source, ids: impl IntoIterator<Item = Uuid>) {
        self.lookups.push(Lookup {
            source: inbox,
            keys: ids.into_iter().map(Value::Uuid).collect(),
        });
    }

    /// Looks up what was decided on causes whose ids lie in these ranges.
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

/// Rows of a table up to a number in an indexed column, the smallest first.
#[derive(Clone, Copy, Debug)]
pub struct Scan {
    /// The table.
    pub shape: &'static Shape,
    /// The column.
    pub by: &'static str,
    /// The greatest number that is wanted.
    pub up_to: i64,
    /// How many rows at most.
    pub limit: i64,
}

/// What was found, look-up by look-up.
#[derive(Debug, Default)]
pub struct Found(VecDeque<Answer>);

#[derive(Debug)]
struct Answer {
    columns: &'static [Column],
    cells: Vec<Cell>,
}

impl Found {
    /// Adds what a look-up has found, row by row.
    pub fn push(&mut self, columns: &'static [Column], cells: Vec<Cell>) {
        self.0.push_back(Answer { columns, cells });
    }

    /// What the next look-up has found, as rows of its table.
    pub fn rows<T: Table>(&mut self) -> Result<Vec<Entry<T>>, Unreadable> {
        self.each(T::read)
    }

    /// Takes in what the next look-up has found.
    pub fn load<T: Table>(&mut self, rows: &mut Rows<T::Key, T::Row>) -> Result<(), Unreadable> {
        for (key, row) in self.rows::<T>()? {
            rows.load(key, row);
        }
        Ok(())
    }

    /// What the next look-up has found of what was decided: the range's first id, and the event as JSON.
    pub fn decisions(&mut self) -> Result<Vec<(Uuid, String)>, Unreadable> {
        self.each(|cells| Ok((cells.value()?, cells.value()?)))
    }

    /// The ids that the next look-up has found.
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
