//! What the services have decided: facts, and the event that carries one.
//!
//! The meaning ([`Fact`]) is apart from its wire form (`envelope`). An event is immutable; a new meaning is a new version.

use jiff::Timestamp;

pub use crate::fact::{AccountFact, Fact, Kind, MessageFact, MovementFact, RequestFact};
use crate::id::{AccountId, EventId, TransferId, derive};
pub use crate::parts::{Failure, Movement, Overdraft, Parked, Resolution, Resolved, Terms};
use crate::reason::{Reason, Refusal};
use crate::shard::{Shard, Shards};
use crate::subject::Service;
use crate::trace::TraceId;

/// Who said it: a service, and the shard it decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The service.
    pub service: Service,
    /// The shard.
    pub shard: Shard,
}

/// A fact with its place in the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Derived from account, cause and kind: the same decision has the same id for ever.
    pub id: EventId,
    /// The request or event that this is the decision on.
    pub cause: EventId,
    /// Who said it.
    pub source: Source,
    /// When it was decided, by its service's clock; microseconds.
    pub time: Timestamp,
    /// How long the service had been at work on it when it was decided, microseconds.
    pub work_us: u32,
    /// The client's name for the flow.
    pub transfer: TransferId,
    /// The flow's trace.
    pub trace: TraceId,
    /// What was decided.
    pub fact: Fact,
}

/// What a request or event is to those who decide on it: the id to name as cause, and the flow to go on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its id.
    pub id: EventId,
    /// The client's name for the flow.
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

    /// Puts a fact into its place in the flow.
    pub fn new(fact: Fact, cause: Cause, source: Source, time: Timestamp, work_us: u32) -> Self {
        let id = derive(&fact.account(), cause.id.0, &[fact.kind().name().as_bytes()]);
        Self {
            id,
            cause: cause.id,
            source,
            time,
            work_us,
            transfer: cause.transfer,
            trace: cause.trace,
            fact,
        }
    }
}

/// Refuses a request that came to a shard that does not own its account.
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
