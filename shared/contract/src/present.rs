//! Fields that may be omitted but must not be null.

use serde::{Deserialize, Deserializer};

/// Reads an optional field that is present. Null is not treated as an omitted field: a client that sends it expects something, and we
/// can't know what.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
