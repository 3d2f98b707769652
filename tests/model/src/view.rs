//! A state as the properties see it.

use std::sync::Arc;

use crate::message::Number;
use crate::mind::Seen;

/// The visible part of a state.
#[derive(Debug)]
pub struct View {
    /// The visible part of each node's mind.
    pub nodes: Vec<Arc<Seen>>,
    /// How many flows existed from the start.
    pub given_flows: usize,
    /// Whether nothing is under way.
    pub is_still: bool,
    /// Whether each request was delivered.
    pub all_asked: bool,
}

impl View {
    /// All decided events.
    pub fn said(&self) -> impl Iterator<Item = Number> {
        self.nodes.iter().flat_map(|seen| seen.said.iter().copied())
    }

    /// Whether nothing is under way and nothing can become due: the state is final.
    pub fn is_quiet(&self) -> bool {
        self.is_still && self.nodes.iter().all(|seen| seen.alarms.is_empty())
    }

    /// Whether everything requested has ended.
    pub fn has_ended(&self) -> bool {
        self.is_quiet() && self.nodes.iter().all(|seen| !seen.is_busy)
    }
}
