//! Flows on their way to a receiver: as many in a message as it takes, each whole in one, none sent for ever.

mod size;

use std::time::{Duration, Instant};

use wallet_view::span::Span;

use self::size::Size;
use crate::answer::Failed;
use crate::exporter::{Exporter, Sent};

/// How long flows are kept for a receiver that answers, and always that it can't take them: it may be about these, and what is
/// behind them must go on. For one that does not answer at all they are kept as long as it takes.
const KEPT_FOR: Duration = Duration::from_hours(1);

/// Sends flows to one receiver, one message after the other.
#[derive(Debug)]
pub struct Outlet {
    exporter: Exporter,
    size: Size,
    /// Since when the receiver has answered that it can't take what is next.
    put_off: Option<Instant>,
    kept_for: Duration,
}

/// What became of the first of some flows. They are done with, one way or the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// They were sent.
    Sent {
        /// How many flows they are.
        flows: usize,
        /// What the receiver took of their spans.
        sent: Sent,
    },
    /// The receiver does not take them, whenever and however they are sent.
    Refused {
        /// How many flows they are.
        flows: usize,
        /// How many spans they have.
        spans: usize,
        /// What it said.
        why: String,
    },
    /// One flow alone is more than the receiver takes.
    TooLarge {
        /// How many spans it has.
        spans: usize,
        /// What it said.
        why: String,
    },
}

/// Nothing was taken; the same flows may be taken later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Later {
    /// What the receiver said, or why there is no answer.
    pub why: String,
    /// For how long it asks to be left alone, if it says so.
    pub after: Option<Duration>,
    /// Whether there was an answer at all.
    pub answered: bool,
}

impl Done {
    /// How many flows are done with.
    pub fn flows(&self) -> usize {
        match self {
            Self::Sent { flows, .. } | Self::Refused { flows, .. } => *flows,
            Self::TooLarge { .. } => 1,
        }
    }
}

impl Outlet {
    /// To the receiver of this exporter.
    pub fn new(exporter: Exporter) -> Self {
        Self {
            exporter,
            size: Size::default(),
            put_off: None,
            kept_for: KEPT_FOR,
        }
    }

    /// With another time after which flows that the receiver always puts off are left out.
    #[must_use]
    pub fn keeping_for(mut self, time: Duration) -> Self {
        self.kept_for = time;
        self
    }

    /// Where it sends, for people.
    pub fn shown(&self) -> String {
        self.exporter.shown()
    }

    /// Sends the first of these flows, each given by its spans.
    pub async fn send(&mut self, flows: &[Vec<Span>]) -> Result<Done, Later> {
        loop {
            let first = self.size.first(flows);
            let spans: Vec<Span> = first.iter().flatten().cloned().collect();
            let (flows, count) = (first.len(), spans.len());
            let refused = |why| Done::Refused {
                flows,
                spans: count,
                why,
            };
            let answer = if spans.is_empty() {
                Ok(Sent::default())
            } else {
                self.exporter.send(&spans).await
            };
            let done = match answer {
                Ok(sent) => {
                    self.size.fits();
                    Done::Sent { flows, sent }
                }
                Err(Failed::TooLarge(_)) if flows > 1 => {
                    self.size.too_many(count);
                    continue;
                }
                Err(Failed::TooLarge(why)) => {
                    self.size.was_one_flow();
                    Done::TooLarge { spans: count, why }
                }
                Err(Failed::Refused(why)) => refused(why),
                Err(Failed::Later { why, after }) => {
                    let since = *self.put_off.get_or_insert_with(Instant::now);
                    if since.elapsed() < self.kept_for {
                        return Err(Later {
                            why,
                            after,
                            answered: true,
                        });
                    }
                    refused(format!("it has been put off for {:?}: {why}", self.kept_for))
                }
                Err(Failed::NoAnswer(why)) => {
                    self.put_off = None;
                    self.size.shrink(count);
                    return Err(Later {
                        why,
                        after: None,
                        answered: false,
                    });
                }
            };
            self.put_off = None;
            return Ok(done);
        }
    }
}
