//! A transfer as written in a file.

use serde::{Deserialize, Deserializer};

/// A transfer as written in a file. Every value is text.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    #[serde(deserialize_with = "present")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(super) from: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(super) to: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(super) amount: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(super) currency: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(super) memo: Option<String>,
}

/// A field that is present must have a value: a null may be meant as something that would not happen.
fn present<'de, D: Deserializer<'de>>(field: D) -> Result<Option<String>, D::Error> {
    String::deserialize(field).map(Some)
}
