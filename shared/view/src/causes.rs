//! The graph of causes: a tree for each request, laid out from left to right.

use crate::steps::Step;

/// One request or event in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The step.
    pub step: usize,
    /// How many causes precede it.
    pub column: usize,
    /// Its row; the first effect of a cause shares the cause's row.
    pub row: usize,
}

/// An edge from a cause to its effect; both are indices into the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The cause.
    pub from: usize,
    /// The effect.
    pub to: usize,
}

/// The graph of a flow's steps; node `n` is step `n`.
pub fn of(steps: &[Step]) -> (Vec<Node>, Vec<Edge>) {
    let (mut nodes, mut edges): (Vec<Node>, Vec<Edge>) = (Vec::new(), Vec::new());
    let mut next_row = 0;
    for (index, step) in steps.iter().enumerate() {
        // Steps come after their causes, so the cause already has its node.
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
