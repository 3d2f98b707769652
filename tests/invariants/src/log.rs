//! Reads all logs as they grow, in the one order in which messages became durable.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use wallet_contract::event::{Event, Fact, MessageFact, MovementFact, RequestFact, Resolution};
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::reason::Reason;
use wallet_contract::request::Request;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::{Service, Verb};
use wallet_kernel::Input;

use crate::books::Books;
use crate::flow::Flow;
use crate::{Breach, hold};

/// A transfer, or an operator's request, on the shard that decides it.
pub type FlowKey = (Shard, TransferId, AccountId);

/// The contents of all logs.
#[derive(Debug)]
pub struct Logs {
    shards: Shards,
    streams: Vec<Stream>,
    /// The balances.
    pub books: Books,
    /// The transfers and operators' requests.
    pub flows: BTreeMap<FlowKey, Flow>,
    /// Requests without a decision.
    pub(crate) undecided: BTreeMap<(Shard, EventId), String>,
    /// The server's clock when a confirm or cancel was stored, in microseconds since 1970.
    ordered_us: BTreeMap<(Shard, EventId), i64>,
    /// Instructions whose replacement requests are in the log. `mended` holds those that resolved the parked message.
    pub(crate) mending: BTreeSet<(Shard, u64)>,
    pub(crate) mended: BTreeSet<(Shard, u64)>,
    /// Events that a second stream must hold and does not hold yet.
    pub halves: BTreeSet<(EventId, Shard)>,
    /// Number of transfers that have ended.
    pub ended: u64,
    /// The last place that each service has answered in its own log; none if the logs may have copies.
    answered: Option<BTreeMap<(Shard, Service), LogPlace>>,
}

#[derive(Debug, Default)]
struct Stream {
    /// The ids in this log, with a hash of each event's content.
    ids: BTreeMap<EventId, u64>,
    /// Which service has decided on which cause.
    decided: BTreeSet<(EventId, Service)>,
}

impl Logs {
    /// Empty logs. If no message is ever copied, each service answers its log in order.
    pub fn new(shards: Shards, has_copies: bool) -> Self {
        Self {
            shards,
            streams: shards.all().map(|_| Stream::default()).collect(),
            books: Books::default(),
            flows: BTreeMap::new(),
            undecided: BTreeMap::new(),
            ordered_us: BTreeMap::new(),
            mending: BTreeSet::new(),
            mended: BTreeSet::new(),
            halves: BTreeSet::new(),
            ended: 0,
            answered: (!has_copies).then(BTreeMap::new),
        }
    }

    /// Processes the next message of a shard's log. `told_us` is the latest time that the log's server had shown to anybody when it
    /// stored the message, in microseconds since 1970.
    pub fn take<'i>(
        &mut self,
        shard: Shard,
        told_us: i64,
        inputs: impl IntoIterator<Item = &'i Input>,
    ) -> Result<(), Breach> {
        for input in inputs {
            match input {
                Input::Request(request) => self.request(shard, request, told_us),
                Input::Event(event) => self.event(shard, event)?,
                Input::Due(_) => {}
            }
        }
        Ok(())
    }

    /// Whether a shard's log holds an event.
    pub fn holds(&self, shard: Shard, id: EventId) -> bool {
        self.streams[usize::from(shard.0)].ids.contains_key(&id)
    }

    /// Forgets the pending requests among lost messages: nobody can decide on them any more.
    pub fn forget_requests<'i>(&mut self, shard: Shard, lost: impl IntoIterator<Item = &'i Input>) {
        for input in lost {
            if let Input::Request(request) = input {
                self.undecided.remove(&(shard, request.id));
            }
        }
    }

    fn stream(&mut self, shard: Shard) -> &mut Stream {
        &mut self.streams[usize::from(shard.0)]
    }

    fn request(&mut self, shard: Shard, request: &Request, told_us: i64) {
        if matches!(request.verb, Verb::Confirm | Verb::Cancel) {
            self.ordered_us.entry((shard, request.id)).or_insert(told_us);
        }
        self.asked(shard, request.id, || {
            let (verb, transfer) = (request.verb.token(), request.transfer);
            format!("{verb} {transfer} of {}", request.account)
        });
    }

    fn asked(&mut self, shard: Shard, id: EventId, told: impl FnOnce() -> String) {
        if self.stream(shard).ids.insert(id, 0).is_none() {
            self.undecided.insert((shard, id), told());
        }
    }

    fn event(&mut self, shard: Shard, event: &Event) -> Result<(), Breach> {
        hold(
            "invariant_decided_by",
            event.fact.kind().decided_by().contains(&event.source.service),
            || format!("{} decided {}", event.source.service, event.fact.kind()),
        )?;
        let (first, then) = event.fact.destinations(event.source.shard, self.shards);
        hold(
            "invariant_destination",
            shard == first || Some(shard) == then,
            || format!("{} stands in shard {shard}", event.fact.kind()),
        )?;
        self.invariant_places_never_decrease(shard, event)?;
        match &event.fact {
            Fact::Request(_, RequestFact::RequestRecalled(verb, _, instruction)) => {
                self.mending.extend(instruction.map(|sequence| (shard, sequence)));
                self.asked(shard, event.id, || {
                    format!("{} of {}", verb.token(), event.transfer)
                });
                return Ok(());
            }
            Fact::Message(MessageFact::MessageResolved(resolved))
                if matches!(resolved.how, Resolution::Replaced(_)) =>
            {
                self.mended.insert((shard, resolved.instruction));
            }
            Fact::Account(..) | Fact::Movement(..) | Fact::Request(..) | Fact::Message(_) => {}
        }
        let digest = digest(event);
        if let Some(known) = self.stream(shard).ids.get(&event.id).copied() {
            return hold("invariant_an_id_names_one_event", known == digest, || {
                format!(
                    "{} {} stands in shard {shard} with two contents",
                    event.fact.kind(),
                    event.id
                )
            });
        }
        self.invariant_the_cause_stands_before(shard, first, event)?;
        self.stream(shard).ids.insert(event.id, digest);
        if let Some(then) = then {
            self.invariant_copies_are_alike(shard, first, then, event, digest)?;
        }
        if shard == first { self.book(event) } else { Ok(()) }
    }

    /// A service answers its log in order.
    fn invariant_places_never_decrease(&mut self, shard: Shard, event: &Event) -> Result<(), Breach> {
        let Some(answered) = self.answered.as_mut().filter(|_| event.source.shard == shard) else {
            return Ok(());
        };
        let last = answered.entry((shard, event.source.service)).or_default();
        let before = std::mem::replace(last, event.place);
        hold("invariant_places_never_decrease", before <= event.place, || {
            format!(
                "{} answers {} after {before}: {:?}",
                event.source.service, event.place, event.fact
            )
        })
    }

    /// Each event's cause exists earlier in the same log, and each service has decided on it once.
    fn invariant_the_cause_stands_before(
        &mut self,
        shard: Shard,
        first: Shard,
        event: &Event,
    ) -> Result<(), Breach> {
        // These events come first in the payee's log. Their causes are at home, and their other copies must be there too.
        let begins = matches!(
            event.fact,
            Fact::Movement(
                _,
                MovementFact::AccountDebited
                    | MovementFact::FundsReserved(..)
                    | MovementFact::ReservationReleased(..)
            )
        );
        // The cause of a parked message is a position in the log.
        if matches!(event.fact, Fact::Message(_)) || (begins && shard != first) {
            return Ok(());
        }
        self.undecided.remove(&(shard, event.cause));
        let stream = self.stream(shard);
        let stands = stream.ids.contains_key(&event.cause);
        hold("invariant_the_cause_stands_before", stands, || {
            format!("{:?} in shard {shard}: no {} before it", event.fact, event.cause)
        })?;
        let once = stream.decided.insert((event.cause, event.source.service));
        hold("invariant_a_cause_is_decided_once", once, || {
            format!(
                "{:?} in shard {shard}: {} was decided on before",
                event.fact, event.cause
            )
        })
    }

    /// Both copies of an event are identical, and the second stream never has it before the first.
    fn invariant_copies_are_alike(
        &mut self,
        shard: Shard,
        first: Shard,
        then: Shard,
        event: &Event,
        digest: u64,
    ) -> Result<(), Breach> {
        if shard == first {
            self.halves.insert((event.id, then));
            return Ok(());
        }
        self.halves.remove(&(event.id, then));
        let alike = self.stream(first).ids.get(&event.id) == Some(&digest);
        hold("invariant_copies_are_alike", alike, || {
            format!(
                "{} {} in shard {then} is not as in shard {first}",
                event.fact.kind(),
                event.id
            )
        })
    }

    fn book(&mut self, event: &Event) -> Result<(), Breach> {
        let key = self.flow_of(event);
        let asked_us = self.ordered_us.get(&(key.0, event.cause)).copied();
        let flow = self.flows.entry(key).or_default();
        invariant_none_is_late_who_was_in_time(event, flow, asked_us)?;
        self.books.book(&event.fact, flow)?;
        flow.note(event)?;
        if matches!(
            event.fact,
            Fact::Movement(_, MovementFact::TransferSettled)
                | Fact::Request(_, RequestFact::TransferFailed(..))
        ) {
            self.ended += 1;
        }
        if let Fact::Movement(movement, MovementFact::AccountCredited) = &event.fact
            && let Some(of) = movement.reverses
        {
            let home = self.shards.of(&movement.payee);
            let of = self.flows.entry((home, of, movement.payee.clone())).or_default();
            of.given_back += i128::from(movement.money.amount.minor());
            let received = of.received();
            return hold(
                "invariant_no_more_is_given_back",
                of.given_back <= received,
                || {
                    format!(
                        "{} of {received} of {:?} is given back",
                        of.given_back, movement.reverses
                    )
                },
            );
        }
        Ok(())
    }

    /// The flow of an event: on the home shard if the event belongs to a transfer, otherwise on the shard that decided it.
    fn flow_of(&self, event: &Event) -> FlowKey {
        let payer = event.fact.account();
        let by_payee = event.source.service == Service::Credit && event.fact.movement().is_some();
        let denied = matches!(event.fact, Fact::Request(_, RequestFact::ReversalDenied(..)));
        let home = if by_payee && !denied {
            self.shards.of(&payer)
        } else {
            event.source.shard
        };
        (home, event.transfer, payer)
    }
}

/// A confirm or cancel is refused as expired only if the log's server had shown the expiry time before it stored the request. A
/// service that is slower than the clock never costs the payer a reservation.
fn invariant_none_is_late_who_was_in_time(
    event: &Event,
    flow: &Flow,
    asked_us: Option<i64>,
) -> Result<(), Breach> {
    let Fact::Request(_, RequestFact::RequestRefused(verb, refusal)) = &event.fact else {
        return Ok(());
    };
    let in_time = asked_us
        .zip(flow.expires_us)
        .is_some_and(|(asked_us, expires_us)| asked_us < expires_us);
    let late = refusal.reason == Reason::Expired && in_time;
    hold("invariant_none_is_late_who_was_in_time", !late, || {
        let (verb, transfer) = (verb.token(), event.transfer);
        format!(
            "{verb} of {transfer} was stored at {asked_us:?}, and refused as late for {:?}",
            flow.expires_us
        )
    })
}

fn digest(event: &Event) -> u64 {
    let mut hasher = DefaultHasher::new();
    wallet_contract::envelope::write(event).hash(&mut hasher);
    hasher.finish()
}
