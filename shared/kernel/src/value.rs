//! Column values, and the Rust types that are stored as them.

use compact_str::CompactString;
use uuid::Uuid;
use wallet_contract::event::Overdraft;
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::money::{Amount, Currency};
use wallet_contract::reason::Reason;
use wallet_contract::status::Status;
use wallet_contract::subject::Verb;
use wallet_contract::trace::TraceId;

/// The type of a column, of those that both databases have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnType {
    /// A signed 64-bit integer.
    Int,
    /// Text, compared bytewise.
    Text,
    /// A UUID.
    Uuid,
}

/// A value to write or to look up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Null.
    Null,
    /// An integer.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// A UUID.
    Uuid(Uuid),
}

/// A value read from the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// Null.
    #[default]
    Null,
    /// An integer.
    Int(i64),
    /// Text.
    Text(CompactString),
    /// A UUID.
    Uuid(Uuid),
}

/// A stored value that its column's type does not allow: something other than this program wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column} has {cell:?}, which is not a valid {wanted}")]
pub struct Unreadable {
    /// The column.
    pub column: &'static str,
    /// The value found.
    pub cell: Cell,
    /// The type expected.
    pub wanted: &'static str,
}

/// A Rust type that is stored in one column. `Value: From<T>` is the other direction.
pub trait Field: Sized {
    /// The type of its column.
    const TYPE: ColumnType;
    /// Whether its column may be null.
    const NULLABLE: bool = false;
    /// The name of the type in error messages.
    const WANTED: &'static str;

    /// Reads a cell; `None` if the cell holds another type.
    fn read(cell: &Cell) -> Option<Self>;
}

impl Cell {
    /// The value.
    pub fn as_value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(value) => Value::Int(*value),
            Self::Text(value) => Value::Text(value),
            Self::Uuid(value) => Value::Uuid(*value),
        }
    }

    fn int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Null | Self::Text(_) | Self::Uuid(_) => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(value) => Some(value),
            Self::Null | Self::Int(_) | Self::Uuid(_) => None,
        }
    }

    fn uuid(&self) -> Option<Uuid> {
        match self {
            Self::Uuid(value) => Some(*value),
            Self::Null | Self::Int(_) | Self::Text(_) => None,
        }
    }
}

impl From<Value<'_>> for Cell {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(value) => Self::Int(value),
            Value::Text(value) => Self::Text(value.into()),
            Value::Uuid(value) => Self::Uuid(value),
        }
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Field> Field for Option<T> {
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = true;
    const WANTED: &'static str = T::WANTED;

    fn read(cell: &Cell) -> Option<Self> {
        if *cell == Cell::Null {
            return Some(None);
        }
        T::read(cell).map(Some)
    }
}

/// Declares that a type is stored in one column: `type: column type "name"; how to write it; how to read it`.
macro_rules! field {
    ($type:ty: $column:ident $wanted:literal; |$value:ident| $write:expr; |$cell:ident| $read:expr) => {
        impl From<$type> for Value<'_> {
            fn from($value: $type) -> Self {
                $write
            }
        }
        field!($type: $column $wanted; |$cell| $read);
    };
    ($type:ty: $column:ident $wanted:literal; |$cell:ident| $read:expr) => {
        impl Field for $type {
            const TYPE: ColumnType = ColumnType::$column;
            const WANTED: &'static str = $wanted;

            fn read($cell: &Cell) -> Option<Self> {
                $read
            }
        }
    };
}

field! { i64: Int "number"; |value| Value::Int(value); |cell| cell.int() }
field! { u64: Int "unsigned number"; |value| Value::Int(i64::try_from(value).unwrap_or(i64::MAX)); |cell| cell.int()?.try_into().ok() }
field! { u16: Int "small number"; |value| Value::Int(value.into()); |cell| cell.int()?.try_into().ok() }
field! { bool: Int "0 or 1"; |value| Value::Int(value.into()); |cell| match cell.int()? { 0 => Some(false), 1 => Some(true), _ => None } }
field! { Uuid: Uuid "UUID"; |value| Value::Uuid(value); |cell| cell.uuid() }
field! { TransferId: Uuid "transfer id"; |value| Value::Uuid(value.0); |cell| cell.uuid().map(TransferId) }
field! { EventId: Uuid "event id"; |value| Value::Uuid(value.0); |cell| cell.uuid().map(EventId) }
field! { TraceId: Uuid "trace id"; |value| Value::Uuid(value.as_uuid()); |cell| cell.uuid().map(TraceId::from_uuid) }
field! { Amount: Int "amount"; |value| Value::Int(value.minor()); |cell| Amount::from_minor(cell.int()?) }
field! { LogPlace: Int "place in the log"; |value| Value::Int(value.number()); |cell| cell.int().filter(|number| *number >= 0).map(LogPlace::of_number) }
field! { Currency: Text "currency"; |value| Value::Text(value.code()); |cell| cell.text()?.parse().ok() }
field! { Status: Text "status"; |value| Value::Text(value.word()); |cell| Status::ALL.into_iter().find(|status| Some(status.word()) == cell.text()) }
field! { Verb: Text "verb"; |value| Value::Text(value.token()); |cell| Verb::ALL.into_iter().find(|verb| Some(verb.token()) == cell.text()) }
field! { Reason: Text "reason code"; |value| Value::Text(value.code()); |cell| cell.text()?.parse().ok() }
field! { AccountId: Text "account name"; |cell| cell.text()?.parse().ok() }
field! { String: Text "text"; |cell| cell.text().map(str::to_owned) }

impl<'a> From<&'a AccountId> for Value<'a> {
    fn from(value: &'a AccountId) -> Self {
        Value::Text(value.as_str())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Value::Text(value)
    }
}

/// No limit is stored as null.
impl Field for Overdraft {
    const TYPE: ColumnType = ColumnType::Int;
    const NULLABLE: bool = true;
    const WANTED: &'static str = "overdraft limit";

    fn read(cell: &Cell) -> Option<Self> {
        Option::<i64>::read(cell).map(|limit| limit.map_or(Self::Unlimited, Self::Limit))
    }
}

impl From<Overdraft> for Value<'_> {
    fn from(value: Overdraft) -> Self {
        match value {
            Overdraft::Limit(limit) => Self::Int(limit),
            Overdraft::Unlimited => Self::Null,
        }
    }
}

/// Gives an enum the words that are stored and shown for its variants: `words!(Standing "standing" { Open = "open", … })`.
#[macro_export]
macro_rules! words {
    ($type:ident $wanted:literal { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            /// All variants.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word that is stored and shown.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl From<$type> for $crate::Value<'_> {
            fn from(value: $type) -> Self {
                $crate::Value::Text(value.word())
            }
        }

        impl $crate::Field for $type {
            const TYPE: $crate::ColumnType = $crate::ColumnType::Text;
            const WANTED: &'static str = $wanted;

            fn read(cell: &$crate::Cell) -> Option<Self> {
                match cell.as_value() {
                    $($crate::Value::Text($word) => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}
