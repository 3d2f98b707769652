//! Tables and their columns, declared once.

use crate::value::{Cell, ColumnType, Field, Unreadable, Value};

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// The type of its values.
    pub holds: ColumnType,
    /// Whether it may be null.
    pub nullable: bool,
}

impl Column {
    /// A column that stores a Rust type.
    pub const fn of<T: Field>(name: &'static str) -> Self {
        Self {
            name,
            holds: T::TYPE,
            nullable: T::NULLABLE,
        }
    }
}

/// A table's schema, as the databases know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Its name.
    pub name: &'static str,
    /// Its columns; those of the primary key come first.
    pub columns: &'static [Column],
    /// How many columns the primary key has.
    pub key: usize,
}

impl Shape {
    /// The position of a column.
    ///
    /// # Panics
    ///
    /// If there is no such column, which is a bug in the program.
    pub fn column(&self, name: &str) -> usize {
        let place = self.columns.iter().position(|column| column.name == name);
        place.unwrap_or_else(|| unreachable!("table {} has no column {name}", self.name))
    }
}

/// A table with the Rust types of its rows. [`table!`](crate::table!) declares one.
pub trait Table {
    /// The primary key.
    type Key: Ord + Clone + 'static;
    /// The rest of a row.
    type Row: Clone + 'static;
    /// Its schema.
    const SHAPE: &'static Shape;

    /// The values of a primary key.
    fn key<'r>(key: &'r Self::Key, into: &mut Vec<Value<'r>>);

    /// The values of all columns.
    fn row<'r>(key: &'r Self::Key, row: &'r Self::Row, into: &mut Vec<Value<'r>>);

    /// Reads a row.
    fn read(cells: &mut Cells<'_>) -> Result<(Self::Key, Self::Row), Unreadable>;
}

/// The cells of one row, read from the first column to the last.
#[derive(Debug)]
pub struct Cells<'c> {
    columns: std::slice::Iter<'c, Column>,
    cells: std::slice::Iter<'c, Cell>,
}

impl<'c> Cells<'c> {
    /// A row of these columns.
    pub fn new(columns: &'c [Column], cells: &'c [Cell]) -> Self {
        Self {
            columns: columns.iter(),
            cells: cells.iter(),
        }
    }

    /// The next column's value.
    pub fn value<T: Field>(&mut self) -> Result<T, Unreadable> {
        let column = self.columns.next().map_or("", |column| column.name);
        let cell = self.cells.next().unwrap_or(&Cell::Null);
        T::read(cell).ok_or_else(|| Unreadable {
            column,
            cell: cell.clone(),
            wanted: T::WANTED,
        })
    }
}

/// A row of a table: its key, and the rest.
pub type Entry<T> = (<T as Table>::Key, <T as Table>::Row);

/// Declares a table: its name, the Rust types of its key and of the rest of a row, each column with its type and the expression that
/// produces its value, and how to build a row from the columns.
///
/// ```
/// use wallet_contract::id::AccountId;
///
/// #[derive(Clone, Debug)]
/// pub struct Limit {
///     minor: i64,
/// }
///
/// wallet_kernel::table! {
///     /// How much each account may pay at once.
///     pub Limits "limits" (account: AccountId, limit: Limit) {
///         key { name: AccountId = account }
///         minor: i64 = limit.minor,
///     }
///     (name, Limit { minor })
/// }
/// ```
#[macro_export]
macro_rules! table {
    (
        $(#[$doc:meta])*
        $vis:vis $table:ident $name:literal ($key:ident: $Key:ty, $row:ident: $Row:ty) {
            key { $($key_column:ident: $key_type:ty = $key_value:expr),+ $(,)? }
            $($column:ident: $type:ty = $value:expr),* $(,)?
        }
        $read:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        $vis struct $table;

        impl $crate::Table for $table {
            type Key = $Key;
            type Row = $Row;

            const SHAPE: &'static $crate::Shape = &$crate::Shape {
                name: $name,
                columns: &[
                    $($crate::Column::of::<$key_type>(stringify!($key_column)),)+
                    $($crate::Column::of::<$type>(stringify!($column)),)*
                ],
                key: [$(stringify!($key_column)),+].len(),
            };

            fn key<'r>($key: &'r Self::Key, into: &mut Vec<$crate::Value<'r>>) {
                $(into.push($crate::Value::from($key_value));)+
            }

            fn row<'r>($key: &'r Self::Key, $row: &'r Self::Row, into: &mut Vec<$crate::Value<'r>>) {
                let _ = $row;
                Self::key($key, into);
                $(into.push($crate::Value::from($value));)*
            }

            fn read(cells: &mut $crate::table::Cells<'_>) -> Result<(Self::Key, Self::Row), $crate::Unreadable> {
                $(let $key_column = cells.value::<$key_type>()?;)+
                $(let $column = cells.value::<$type>()?;)*
                Ok($read)
            }
        }
    };
}
