//! The rows of a table, with the changes that a core makes to them.

use std::collections::{BTreeMap, BTreeSet};

/// Rows of a table by key: as loaded, with their changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<K, V> {
    rows: BTreeMap<K, (V, Since<V>)>,
    /// Loaded, then removed.
    removed: BTreeSet<K>,
}

/// What has happened to a row since it was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since<V> {
    Nothing,
    Changed { before: V },
    Created,
}

impl<K, V> Default for Rows<K, V> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            removed: BTreeSet::new(),
        }
    }
}

impl<K: Ord, V> Rows<K, V> {
    /// Adds a row as stored in the table.
    pub fn load(&mut self, key: K, row: V) {
        self.rows.insert(key, (row, Since::Nothing));
    }

    /// The row, if there is one.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key).map(|(row, _)| row)
    }

    /// Changes a row in place; if it does not exist, creates it with `new` first.
    pub fn change(&mut self, key: &K, new: impl FnOnce() -> V, change: impl FnOnce(&mut V))
    where
        K: Clone,
        V: Clone,
    {
        if let Some((row, since)) = self.rows.get_mut(key) {
            if matches!(since, Since::Nothing) {
                *since = Since::Changed { before: row.clone() };
            }
            change(row);
        } else {
            let mut row = new();
            change(&mut row);
            self.rows.insert(key.clone(), (row, Since::Created));
        }
    }

    /// Creates a row that is not in the table.
    pub fn create(&mut self, key: K, row: V) {
        self.rows.insert(key, (row, Since::Created));
    }

    /// Removes a row, if it exists.
    pub fn remove(&mut self, key: &K)
    where
        K: Clone,
    {
        if let Some((_, since)) = self.rows.remove(key)
            && !matches!(since, Since::Created)
        {
            self.removed.insert(key.clone());
        }
    }

    /// The keys of removed rows that are still in the table.
    pub(crate) fn removed(&self) -> impl Iterator<Item = &K> {
        self.removed.iter()
    }

    /// All rows, in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows.iter().map(|(key, (row, _))| (key, row))
    }

    /// The rows that were created or changed.
    pub fn written(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows
            .iter()
            .filter(|(_, (_, since))| !matches!(since, Since::Nothing))
            .map(|(key, (row, _))| (key, row))
    }

    /// The rows that were created.
    pub fn created(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows
            .iter()
            .filter(|(_, (_, since))| matches!(since, Since::Created))
            .map(|(key, (row, _))| (key, row))
    }

    /// The rows that were changed, each with its value before and after.
    pub fn changed(&self) -> impl Iterator<Item = (&K, &V, &V)> {
        self.rows.iter().filter_map(|(key, (row, since))| match since {
            Since::Changed { before } => Some((key, before, row)),
            Since::Nothing | Since::Created => None,
        })
    }
}
