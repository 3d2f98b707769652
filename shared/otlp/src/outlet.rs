//! Sends flows to a receiver: as many per message as it accepts, each flow whole within one message, and none retried for ever.

mod size;

use std::time::{Duration, Instant};

use wallet_view::span::Span;

use self::size::Size;
use crate::answer::Failed;
use crate::exporter::{Exporter, Sent};

/// How long flows are retried while a receiver keeps responding that it can't accept them: these flows may be the cause, and the
/// ones after them must go on. While a receiver does not respond at all, they are kept as long as it takes.
const RETRY_FOR: Duration = Duration::from_hours(1);

/// Sends flows to one receiver, one message after the other.
#[derive(Debug)]
pub struct Outlet {
    exporter: Exporter,
    size: Size,
    /// Since when the receiver has responded that it can't accept the next flows.
    postponed_since: Option<Instant>,
    retry_for: Duration,
}

/// The result for the first of the given flows. They are finished, whether sent or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// They were sent.
    Sent {
        /// How many flows were sent.
        flows: usize,
        /// How many of their spans the receiver accepted.
        sent: Sent,
    },
    /// The receiver does not accept them, whenever and however they are sent.
    Refused {
        /// How many flows were refused.
        flows: usize,
        /// How many spans they have.
        spans: usize,
        /// The receiver's message.
        why: String,
    },
    /// A single flow exceeds the receiver's limit.
    TooLarge {
        /// How many spans it has.
        spans: usize,
        /// The receiver's message.
        why: String,
    },
}

/// Nothing was accepted; the same flows may be accepted later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Later {
    /// The receiver's message, or why there was no response.
    pub why: String,
    /// The delay that it asks for, if any.
    pub after: Option<Duration>,
    /// Whether there was a response at all.
    pub answered: bool,
}

impl Done {
    /// How many flows are finished.
    pub fn flows(&self) -> usize {
        match self {
            Self::Sent { flows, .. } | Self::Refused { flows, .. } => *flows,
            Self::TooLarge { .. } => 1,
        }
    }
}

impl Outlet {
    /// An outlet to this exporter's receiver.
    pub fn new(exporter: Exporter) -> Self {
        Self {
            exporter,
            size: Size::default(),
            postponed_since: None,
            retry_for: RETRY_FOR,
        }
    }

    /// Changes how long flows are retried while the receiver keeps putting them off.
    #[must_use]
    pub fn keeping_for(mut self, time: Duration) -> Self {
        self.retry_for = time;
        self
    }

    /// The destination, for people.
    pub fn shown(&self) -> String {
        self.exporter.shown()
    }

    /// Sends the first of these flows; each flow is given by its spans.
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
                    let since = *self.postponed_since.get_or_insert_with(Instant::now);
                    if since.elapsed() < self.retry_for {
                        return Err(Later {
                            why,
                            after,
                            answered: true,
                        });
                    }
                    refused(format!("postponed for {:?}: {why}", self.retry_for))
                }
                Err(Failed::NoAnswer(why)) => {
                    self.postponed_since = None;
                    self.size.shrink(count);
                    return Err(Later {
                        why,
                        after: None,
                        answered: false,
                    });
                }
            };
            self.postponed_since = None;
            return Ok(done);
        }
    }
}
