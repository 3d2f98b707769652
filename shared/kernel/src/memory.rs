//! In-memory tables for the simulation, which execute the same reads and writes that a service sends to a database.

use std::collections::BTreeMap;

use crate::reads::{Found, Reads, Scan, Source};
use crate::table::{Cells, Entry, Shape, Table};
use crate::value::{Cell, Unreadable, Value};
use crate::writes::{Op, Write, Writes};

/// Tables by name, rows by primary key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory(BTreeMap<&'static str, Rows>);

/// Whole rows, by primary key.
type Rows = BTreeMap<Vec<Cell>, Vec<Cell>>;

impl Memory {
    /// Answers a batch's look-ups. `decisions` returns the events decided on causes between two ids, as JSON.
    pub fn find(&self, reads: &Reads<'_>, decisions: impl Fn(&Cell, &Cell) -> Vec<String>) -> Found {
        let mut found = Found::default();
        for lookup in &reads.lookups {
            let mut cells = Vec::new();
            for key in lookup.each() {
                let key: Vec<Cell> = key.iter().map(|value| Cell::from(*value)).collect();
                match (&lookup.source, &key[..]) {
                    (Source::Rows { shape, by }, key) => {
                        self.matching(shape, by, key, |row| cells.extend_from_slice(row));
                    }
                    (Source::Decisions, [first, last]) => {
                        for body in decisions(first, last) {
                            cells.extend([first.clone(), Cell::Text(body.into())]);
                        }
                    }
                    (Source::Decisions, _) => {}
                }
            }
            found.push(lookup.source.columns(), cells);
        }
        found
    }

    fn matching(&self, shape: &Shape, by: &[&str], key: &[Cell], mut take: impl FnMut(&[Cell])) {
        let Some(rows) = self.0.get(shape.name) else {
            return;
        };
        let leads = by
            .iter()
            .zip(shape.columns)
            .all(|(by, column)| *by == column.name);
        if leads && by.len() <= shape.key {
            let from_there = rows.range(key.to_vec()..);
            let alike = from_there.take_while(|(other, _)| other.starts_with(key));
            alike.for_each(|(_, row)| take(row));
            return;
        }
        let columns: Vec<usize> = by.iter().map(|name| shape.column(name)).collect();
        let is_alike = |row: &&Vec<Cell>| {
            columns
                .iter()
                .zip(key)
                .all(|(column, cell)| row.get(*column) == Some(cell))
        };
        rows.values().filter(is_alike).for_each(|row| take(row));
    }

    /// The rows that match a scan.
    pub fn scan(&self, scan: &Scan) -> Found {
        let column = scan.shape.column(scan.by);
        let number = |row: &Vec<Cell>| match row.get(column) {
            Some(Cell::Int(number)) if *number <= scan.up_to => Some(*number),
            Some(_) | None => None,
        };
        let rows = self.0.get(scan.shape.name).into_iter().flat_map(BTreeMap::values);
        let mut wanted: Vec<_> = rows.filter_map(|row| Some((number(row)?, row))).collect();
        wanted.sort_by_key(|(number, _)| *number);
        wanted.truncate(usize::try_from(scan.limit).unwrap_or(usize::MAX));
        let cells = wanted.into_iter().flat_map(|(_, row)| row.clone()).collect();
        let mut found = Found::default();
        found.push(scan.shape.columns, cells);
        found
    }

    /// All rows of a table, by primary key.
    pub fn all<T: Table>(&self) -> Result<Vec<Entry<T>>, Unreadable> {
        let rows = self.0.get(T::SHAPE.name).into_iter().flat_map(BTreeMap::values);
        rows.map(|row| read::<T>(row)).collect()
    }

    /// Writes a batch, all or nothing; the error names the row that can't be written.
    pub fn write(&mut self, writes: &Writes<'_>) -> Result<(), String> {
        let mut after: BTreeMap<(&'static str, Vec<Cell>), Option<Vec<Cell>>> = BTreeMap::new();
        for part in &writes.parts {
            for values in part.each() {
                let (key, row) = self.one(part, values)?;
                if after.insert((part.shape.name, key.clone()), row).is_some() {
                    return Err(format!("{} {key:?} is written twice", part.shape.name));
                }
            }
        }
        for ((table, key), row) in after {
            let rows = self.0.entry(table).or_default();
            match row {
                Some(row) => drop(rows.insert(key, row)),
                None => drop(rows.remove(&key)),
            }
        }
        Ok(())
    }

    /// A row's key, and the row after the write; `None` if it is deleted.
    fn one(&self, part: &Write<'_>, values: &[Value<'_>]) -> Result<(Vec<Cell>, Option<Vec<Cell>>), String> {
        let shape = part.shape;
        let mut row = vec![Cell::Null; shape.columns.len()];
        for (column, value) in part.columns.iter().zip(values) {
            if let Some(cell) = row.get_mut(*column) {
                *cell = Cell::from(*value);
            }
        }
        let key: Vec<Cell> = row.iter().take(shape.key).cloned().collect();
        let known = self.0.get(shape.name).and_then(|rows| rows.get(&key));
        match (part.op, known) {
            (Op::Insert, Some(_)) => return Err(format!("{} {key:?} is there already", shape.name)),
            (Op::Update | Op::Delete, None) => return Err(format!("{} {key:?} is not there", shape.name)),
            (Op::Delete, Some(_)) => return Ok((key, None)),
            (Op::Update, Some(known)) => {
                for (place, (cell, known)) in row.iter_mut().zip(known).enumerate() {
                    if !part.columns.contains(&place) {
                        cell.clone_from(known);
                    }
                }
            }
            (Op::Insert, None) => {}
        }
        let mut cells = shape.columns.iter().zip(&row);
        match cells.find(|(column, cell)| !column.nullable && **cell == Cell::Null) {
            Some((column, _)) => Err(format!("{} {key:?} has no {}", shape.name, column.name)),
            None => Ok((key, Some(row))),
        }
    }
}

fn read<T: Table>(row: &[Cell]) -> Result<(T::Key, T::Row), Unreadable> {
    T::read(&mut Cells::new(T::SHAPE.columns, row))
}
