//! One line about the whole wallet, which every page shows.

use std::sync::{Arc, Mutex, PoisonError};

/// Holds the line; a service that has pages writes it.
#[derive(Clone, Debug, Default)]
pub struct Headline(Arc<Mutex<Option<Line>>>);

/// The line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Whether nobody need do anything.
    pub is_good: bool,
    /// What there is to say.
    pub text: String,
}

impl Headline {
    /// Writes it.
    pub fn set(&self, line: Line) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
    }

    /// Reads it, if it has been written.
    pub fn get(&self) -> Option<Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
