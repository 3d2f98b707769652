//! A request in a `CloudEvent`: structured, with the request in `data`, or binary, with the event's id in a header.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::PAD;
use base64::{alphabet, engine::DecodePaddingMode};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::fields::{Text, text};
use crate::present::present;

/// The alphabet in the specification. Padding at the end is optional.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The attributes of a `CloudEvent` that matter here. By the specification, a null attribute counts as omitted.
#[derive(Deserialize)]
pub(super) struct CloudEvent<'a> {
    #[serde(borrow)]
    specversion: Text<'a>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    traceparent: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    data: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    data_base64: Option<Text<'a>>,
}

impl CloudEvent<'_> {
    pub(super) fn id(&self) -> Option<&str> {
        text(&self.id)
    }

    pub(super) fn traceparent(&self) -> Option<&str> {
        text(&self.traceparent)
    }

    /// The text of the request in it, or why there is none.
    ///
    /// Some producers put JSON into a string, or encode it as bytes; that is as unambiguous as an object.
    pub(super) fn request(&self) -> Result<Cow<'_, str>, String> {
        if self.specversion.0 != "1.0" {
            return Err(format!(
                "CloudEvents specversion {:?}: use \"1.0\"",
                self.specversion.0
            ));
        }
        match (&self.data, &self.data_base64) {
            (Some(_), Some(_)) => Err("a CloudEvent with \"data\" and \"data_base64\": use one".to_owned()),
            (None, None) => Err("a CloudEvent without \"data\": it is the request, an object".to_owned()),
            (None, Some(encoded)) => decoded(&encoded.0).map(Cow::Owned),
            (Some(data), None) if data.get().starts_with('"') => {
                let text = serde_json::from_str(data.get()).map(Cow::Owned);
                text.map_err(|bad| format!("\"data\" is {}: {bad}", data.get()))
            }
            (Some(data), None) if data.get().starts_with('{') => Ok(Cow::Borrowed(data.get())),
            (Some(data), None) => Err(format!("\"data\" is {}: use the request, an object", data.get())),
        }
    }
}

/// The text in a `data_base64`.
pub(super) fn decoded(encoded: &str) -> Result<String, String> {
    let bytes = BASE64.decode(encoded);
    let bytes = bytes.map_err(|bad| format!("\"data_base64\" is {encoded:?}: {bad}"))?;
    String::from_utf8(bytes).map_err(|bad| format!("\"data_base64\" holds no text: {bad}"))
}

/// The id in the header of a `CloudEvent` in binary mode: percent-encoded, and possibly in quotes, as the binding allows.
pub(super) fn header(value: &str) -> Cow<'_, str> {
    let value = value.trim().trim_matches('"');
    percent_decode_str(value).decode_utf8_lossy()
}
