//! A one-line status of the whole wallet, shown on every page.

use std::sync::{Arc, Mutex, PoisonError};

/// Holds the line; the service with the pages updates it.
#[derive(Clone, Debug, Default)]
pub struct Headline(Arc<Mutex<Option<Line>>>);

/// The line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Whether no operator needs to act.
    pub is_good: bool,
    /// The text of the line.
    pub text: String,
}

impl Headline {
    /// Updates the line.
    pub fn set(&self, line: Line) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
    }

    /// The line, once it has been set.
    pub fn get(&self) -> Option<Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
