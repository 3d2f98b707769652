//! A state as the properties see it.

use std::sync::Arc;

use crate::message::Number;
use crate::mind::Seen;

/// What can be seen of a state.
#[derive(Debug)]
pub struct View {
    /// What each node has.
    pub nodes: Vec<Arc<Seen>>,
    /// How many flows were there from the start.
    pub given_flows: usize,
    /// Whether nothing is on its way.
    pub is_still: bool,
    /// Whether each request was delivered.
    pub all_asked: bool,
}

impl View {
    /// All that was said.
    pub fn said(&self) -> impl Iterator<Item = Number> {
        self.nodes.iter().flat_map(|seen| seen.said.iter().copied())
    }

    /// Whether nothing is on its way and nobody's time can come: who is asked now says how all has ended.
    pub fn is_quiet(&self) -> bool {
        self.is_still && self.nodes.iter().all(|seen| seen.alarms.is_empty())
    }

    /// Whether all that was asked has ended.
    pub fn has_ended(&self) -> bool {
        self.is_quiet() && self.nodes.iter().all(|seen| !seen.is_busy)
    }
}
