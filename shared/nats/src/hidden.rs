//! A setting that is a secret, or may contain one.

use std::fmt;

/// A setting that is never shown.
///
/// It is taken verbatim and validated later, because clap repeats an option's value if parsing fails.
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
