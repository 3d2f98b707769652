//! What caused what: a tree for each request, laid out from left to right.

use crate::steps::Step;

/// One request or event in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The step.
    pub step: usize,
    /// How many causes stand before it.
    pub column: usize,
    /// Its line; the first effect of a cause stands in the cause's line.
    pub row: usize,
}

/// From a cause to what it led to, both as places among the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The cause.
    pub from: usize,
    /// What it led to.
    pub to: usize,
}

/// The graph of a flow's steps; node `n` is step `n`.
pub fn of(steps: &[Step]) -> (Vec<Node>, Vec<Edge>) {
    let (mut nodes, mut edges): (Vec<Node>, Vec<Edge>) = (Vec::new(), Vec::new());
    let mut next_row = 0;
    for (index, step) in steps.iter().enumerate() {
        // Steps stand behind their causes, so the cause has its node.
        let parent = step.parent.and_then(|parent| nodes.get(parent).copied());
        let is_first = step.parent.is_some_and(|parent| parent + 1 == index);
        let (column, row) = match parent {
            Some(parent) if is_first => (parent.column + 1, parent.row),
            Some(parent) => (parent.column + 1, next_row),
            None => (0, next_row),
        };
        next_row = next_row.max(row + 1);
        if let Some(from) = step.parent {
            edges.push(Edge { from, to: index });
        }
        nodes.push(Node {
            step: index,
            column,
            row,
        });
    }
    (nodes, edges)
}
