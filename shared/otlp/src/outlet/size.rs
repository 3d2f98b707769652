//! The number of spans per message: as many as the receiver accepts, found by trial.

use wallet_view::span::Span;

use crate::exporter::SPANS;

/// After this many accepted messages, a message of a size that was too large is tried again: receivers are reconfigured, and
/// spans differ.
const PATIENCE: u32 = 16;

/// Halves when a message was too large or unanswered, and doubles after each accepted one, up to the size that was too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    spans: usize,
    /// The number of spans, of several flows, that was too large.
    too_many: Option<usize>,
    /// How many messages were accepted since growth reached that limit.
    taken: u32,
}

impl Default for Size {
    fn default() -> Self {
        Self {
            spans: SPANS,
            too_many: None,
            taken: 0,
        }
    }
}

impl Size {
    /// The first flows that fit into a message together; at least one, since a flow is not divided.
    pub(super) fn first<'f>(&self, flows: &'f [Vec<Span>]) -> &'f [Vec<Span>] {
        let mut spans = 0;
        let fit = flows.iter().take_while(|flow| {
            spans += flow.len();
            spans <= self.spans
        });
        let fit = fit.count().max(1).min(flows.len());
        &flows[..fit]
    }

    /// Records that this many spans, of several flows, were too many.
    pub(super) fn too_many(&mut self, spans: usize) {
        self.too_many = Some(spans);
        self.shrink(spans);
    }

    /// Records that a message of this many spans was not answered; a smaller one may be.
    pub(super) fn shrink(&mut self, spans: usize) {
        self.spans = (spans / 2).max(1);
        self.taken = 0;
    }

    /// Records that a single flow was too large. That says nothing about other flows, nor do earlier refusals of messages that
    /// contained it.
    pub(super) fn was_one_flow(&mut self) {
        self.too_many = None;
    }

    /// Records that a message was accepted.
    pub(super) fn fits(&mut self) {
        let larger = (self.spans * 2).min(SPANS);
        if self.too_many.is_some_and(|too_many| larger >= too_many) {
            self.taken += 1;
            if self.taken < PATIENCE {
                return;
            }
        }
        *self = Self {
            spans: larger,
            too_many: self.too_many.filter(|too_many| larger < *too_many),
            taken: 0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_at_once_and_grows_back() {
        let mut size = Size::default();
        size.fits();
        assert_eq!(size, Size::default(), "never above what a message has");
        size.too_many(500);
        // 500 were too many, so it stays at 250 for a while.
        for _ in 1..PATIENCE {
            size.fits();
            assert_eq!(size.spans, 250);
        }
        size.fits();
        assert_eq!(size.spans, 500, "and then tries again");
        for spans in [500, 250, 125, 62, 31, 15, 7, 3, 1] {
            assert_eq!(size.spans, spans);
            size.too_many(spans);
        }
        assert_eq!(size.spans, 1);
    }

    #[test]
    fn after_one_oversized_flow_it_doubles_with_each_message() {
        let mut size = Size::default();
        for spans in [512, 256, 128, 64] {
            size.too_many(spans);
        }
        size.was_one_flow();
        for spans in [64, 128, 256, 512, 512] {
            size.fits();
            assert_eq!(size.spans, spans);
        }
    }

    #[test]
    fn an_unanswered_message_shrinks_and_known_limits_stay() {
        let mut size = Size::default();
        size.too_many(400);
        size.shrink(200);
        assert_eq!(size.spans, 100);
        size.fits();
        assert_eq!(size.spans, 200);
        size.fits();
        assert_eq!(size.spans, 200, "400 were too many");
    }
}
