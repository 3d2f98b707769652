//! The log lines about spans that the receiver does not accept: at most one per minute for each kind, however many spans there are.

use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;
use wallet_otlp::Done;
use wallet_view::span::Span;

/// The minimum time between two lines of the same kind.
const AGAIN: Duration = Duration::from_mins(1);

/// The lines that were logged and held back.
#[derive(Debug, Default)]
pub(super) struct Lines {
    rejected: Line,
    refused: Line,
    too_large: Line,
}

impl Lines {
    /// Logs what happened to the first flows, if that is worth a line.
    pub(super) fn report(&mut self, receiver: &str, done: &Done, first: &[Vec<Span>]) {
        match done {
            Done::Sent { sent, .. } if sent.rejected > 0 || !sent.why.is_empty() => {
                if let Some(others) = self.rejected.turn(sent.rejected) {
                    let (rejected, why) = (sent.rejected, &sent.why);
                    warn!(
                        "{receiver} accepted a message but rejected {rejected} of its spans{others}: {why}"
                    );
                }
            }
            Done::Sent { .. } => {}
            Done::Refused { spans, why, .. } => {
                if let Some(others) = self.refused.turn(*spans) {
                    warn!(
                        "{spans} spans were not exported{others}; send them with `wallet trace export --since …` once \
                         the receiver accepts them: {why}"
                    );
                }
            }
            Done::TooLarge { spans, why } => {
                if let Some(others) = self.too_large.turn(*spans) {
                    let trace = first.iter().flatten().next().map(|span| span.trace.to_string());
                    let trace = trace.unwrap_or_default();
                    warn!(
                        %trace,
                        "the flow with trace {trace} was not exported{others}: its {spans} spans exceed the receiver's size limit: {why}"
                    );
                }
            }
        }
    }
}

/// One kind of line.
#[derive(Debug, Default)]
struct Line {
    logged_at: Option<Instant>,
    /// Spans for which no line was logged since.
    others: usize,
}

impl Line {
    /// If a line is due now: what was held back since the last one.
    fn turn(&mut self, spans: usize) -> Option<String> {
        if self.logged_at.is_some_and(|at| at.elapsed() < AGAIN) {
            self.others += spans;
            return None;
        }
        let others = match self.others {
            0 => String::new(),
            others => format!(" (and {others} more since the last such line)"),
        };
        *self = Self {
            logged_at: Some(Instant::now()),
            others: 0,
        };
        Some(others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_logged_at_once_then_one_a_minute_with_a_count() {
        let mut line = Line::default();
        assert_eq!(line.turn(5), Some(String::new()));
        assert_eq!((line.turn(7), line.turn(1)), (None, None));
        line.logged_at = line.logged_at.and_then(|at| at.checked_sub(AGAIN));
        let others = line.turn(2);
        assert_eq!(others.as_deref(), Some(" (and 8 more since the last such line)"));
        assert_eq!(line.turn(2), None);
    }
}
