//! Fields that may be left out, and are not null.

use serde::{Deserialize, Deserializer};

/// Reads an optional field that is there. Null is not read as "left out": who wrote it expects something of it, and what that
/// is nobody can know.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
