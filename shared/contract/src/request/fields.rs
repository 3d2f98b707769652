//! The fields of a plain request: an object with these and no others, read in one pass and borrowed from the message.

use std::borrow::Cow;

use serde::Deserialize;

use crate::present::present;

/// A string, borrowed from the message unless it contains escapes.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) from: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) to: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) amount: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) currency: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) overdraft: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) memo: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) reverses: Option<Text<'a>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) expires_in: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    pub(super) auto_confirm: Option<bool>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) verb: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) traceparent: Option<Text<'a>>,
}

/// The fields that are texts.
pub(super) const TEXTS: [&str; 10] = [
    "id",
    "from",
    "to",
    "amount",
    "currency",
    "overdraft",
    "memo",
    "reverses",
    "verb",
    "traceparent",
];

pub(super) fn text<'t>(field: &'t Option<Text<'_>>) -> Option<&'t str> {
    field.as_ref().map(|text| &*text.0)
}
