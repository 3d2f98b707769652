//! A setting that is a secret, or may hold one.

use std::fmt;

/// A setting that is never shown.
///
/// It is read as it is, and checked later: an option that can't be parsed is repeated by the parser.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Hidden(pub String);

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}
