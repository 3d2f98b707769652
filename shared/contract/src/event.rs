//! The decisions of the services: facts, and the event that carries a fact.
//!
//! The meaning ([`Fact`]) is separate from its wire form (`envelope`). An event is immutable; a new meaning is a new version.

use jiff::Timestamp;

pub use crate::fact::{AccountFact, Fact, Kind, MessageFact, MovementFact, RequestFact};
use crate::id::{AccountId, EventId, TransferId, derive};
use crate::log::LogPlace;
pub use crate::parts::{Failure, Movement, Overdraft, Parked, Resolution, Resolved, Terms};
use crate::reason::{Reason, Refusal};
use crate::shard::{Shard, Shards};
use crate::subject::Service;
use crate::trace::TraceId;

/// The origin of an event: a service, and the shard that it decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The service.
    pub service: Service,
    /// The shard.
    pub shard: Shard,
}

/// Where and when an event was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The service and shard.
    pub source: Source,
    /// The position in the shard's log: see [`Event::place`].
    pub place: LogPlace,
    /// By the service's clock.
    pub time: Timestamp,
    /// How long the service had worked on it, microseconds.
    pub work_us: u32,
}

/// A fact with its place in a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Derived from account, cause and kind, so that the same decision always has the same id.
    pub id: EventId,
    /// The request or event that this is the decision on.
    pub cause: EventId,
    /// The service and shard that decided it.
    pub source: Source,
    /// The element that it answers, in the log of the shard that decided it. For what answers no message, an expiry for example, the last
    /// whole message handled before.
    pub place: LogPlace,
    /// When it was decided, by the service's clock, in whole microseconds.
    pub time: Timestamp,
    /// How long the service had worked on it before the decision, microseconds.
    pub work_us: u32,
    /// The client-made id of the flow.
    pub transfer: TransferId,
    /// The flow's trace.
    pub trace: TraceId,
    /// The decision.
    pub fact: Fact,
}

/// What a decision needs to know of the request or event that it is based on: the id of the cause, and the flow to continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its id.
    pub id: EventId,
    /// The client-made id of the flow.
    pub transfer: TransferId,
    /// The flow's trace.
    pub trace: TraceId,
}

impl Event {
    /// This event as the cause of another.
    pub fn as_cause(&self) -> Cause {
        Cause {
            id: self.id,
            transfer: self.transfer,
            trace: self.trace,
        }
    }

    /// Creates the event for a fact that was decided on a cause.
    pub fn new(fact: Fact, cause: Cause, origin: Origin) -> Self {
        let Origin {
            source,
            place,
            time,
            work_us,
        } = origin;
        let id = derive(&fact.account(), cause.id.0, &[fact.kind().name().as_bytes()]);
        Self {
            id,
            cause: cause.id,
            source,
            place,
            time,
            work_us,
            transfer: cause.transfer,
            trace: cause.trace,
            fact,
        }
    }
}

/// Refuses a request that was sent to a shard which does not own its account.
pub fn check_shard(account: &AccountId, here: Shard, shards: Shards) -> Result<(), Refusal> {
    let owner = shards.of(account);
    if owner == here {
        return Ok(());
    }
    let detail = format!(
        "{account} belongs to shard {owner} of {}, this is shard {here}",
        shards.count()
    );
    Err(Refusal::new(Reason::WrongShard, detail))
}
