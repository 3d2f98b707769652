//! The rows that a batch inserts, updates and deletes.

use crate::rows::Rows;
use crate::table::{Shape, Table};
use crate::value::Value;

/// All writes of a batch. Each row is written once.
#[derive(Debug, Default)]
pub struct Writes<'s> {
    /// One for each table and operation.
    pub parts: Vec<Write<'s>>,
}

/// One operation on rows of one table.
#[derive(Debug)]
pub struct Write<'s> {
    /// The table.
    pub shape: &'static Shape,
    /// The operation.
    pub op: Op,
    /// The positions of the given columns. For an update or a deletion the primary key comes first.
    pub columns: Vec<usize>,
    /// Their values, row by row.
    pub values: Vec<Value<'s>>,
}

/// An operation on a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// Insert the row. A column that is not given is null, or has the table's default.
    Insert,
    /// Update the row: the columns after the key have new values.
    Update,
    /// Delete the row.
    Delete,
}

impl<'s> Writes<'s> {
    /// Writes the changes made to rows since they were loaded. An update writes every column that has changed in any of them.
    pub fn rows<T: Table>(&mut self, rows: &'s Rows<T::Key, T::Row>) {
        self.insert::<T>(rows.created());
        self.update::<T>(rows);
        self.delete::<T>(rows.removed());
    }

    /// Inserts rows. A column that is null in all of them is left out.
    pub fn insert<T: Table>(&mut self, rows: impl IntoIterator<Item = (&'s T::Key, &'s T::Row)>) {
        let mut values = Vec::new();
        for (key, row) in rows {
            T::row(key, row, &mut values);
        }
        let width = T::SHAPE.columns.len();
        let is_given = |column: &usize| {
            let mut cells = values.iter().skip(*column).step_by(width);
            cells.any(|value| *value != Value::Null)
        };
        let columns: Vec<usize> = (0..width).filter(is_given).collect();
        self.push(T::SHAPE, Op::Insert, columns, values);
    }

    fn update<T: Table>(&mut self, rows: &'s Rows<T::Key, T::Row>) {
        let Shape { columns, key, .. } = *T::SHAPE;
        let mut is_changed = vec![false; columns.len()];
        let (mut values, mut old) = (Vec::new(), Vec::new());
        for (id, before, now) in rows.changed() {
            let from = values.len();
            T::row(id, now, &mut values);
            old.clear();
            T::row(id, before, &mut old);
            let pairs = values.iter().skip(from).zip(&old);
            for (is_changed, (now, before)) in is_changed.iter_mut().zip(pairs) {
                *is_changed |= now != before;
            }
        }
        if is_changed.contains(&true) {
            let is_given = |column: &usize| *column < key || is_changed.get(*column) == Some(&true);
            let given = (0..columns.len()).filter(is_given).collect();
            self.push(T::SHAPE, Op::Update, given, values);
        }
    }

    /// Deletes rows.
    pub fn delete<T: Table>(&mut self, keys: impl IntoIterator<Item = &'s T::Key>) {
        let mut values = Vec::new();
        for key in keys {
            T::key(key, &mut values);
        }
        if !values.is_empty() {
            self.parts.push(Write {
                shape: T::SHAPE,
                op: Op::Delete,
                columns: (0..T::SHAPE.key).collect(),
                values,
            });
        }
    }

    /// Adds full rows, of which only the given columns are written.
    fn push(&mut self, shape: &'static Shape, op: Op, columns: Vec<usize>, values: Vec<Value<'s>>) {
        if values.is_empty() {
            return;
        }
        let width = shape.columns.len();
        let values = if columns.len() == width {
            values
        } else {
            let rows = values.chunks_exact(width);
            rows.flat_map(|row| columns.iter().filter_map(|column| row.get(*column)).copied())
                .collect()
        };
        self.parts.push(Write {
            shape,
            op,
            columns,
            values,
        });
    }
}

impl Write<'_> {
    /// The values of each row.
    pub fn each(&self) -> impl Iterator<Item = &[Value<'_>]> {
        self.values.chunks_exact(self.columns.len().max(1))
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.each().count()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
