//! Shared test helpers for cores: inputs, and a player that feeds them to a core.
//!
//! Compiled only with the feature `testing`, which dev-dependencies enable. Pure, like the rest of this crate.
#![expect(clippy::unwrap_used, reason = "test helpers panic, as assertions do")]

use jiff::Timestamp;
use wallet_contract::event::{AccountFact, Cause, Event, Fact, Origin, Overdraft, Source};
use wallet_contract::id::{EventId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::request::{self, Context};
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::{Service, Verb};
pub use wallet_contract::testing::*;
use wallet_contract::trace::TraceId;

use crate::decider::{Decider, Place};
use crate::input::{Heard, Input};

/// A core on one shard, with its state.
#[derive(Debug)]
pub struct Player<C: Decider> {
    /// Its state.
    pub state: C::State,
    /// The time of both its clock and its log, microseconds since 1970.
    pub at_us: i64,
    /// Its service and shard.
    pub source: Source,
    /// The shard it decides on.
    pub place: Place,
    sequence: u64,
}

impl<C: Decider> Player<C> {
    /// The core of `service` with a single shard.
    pub fn new(service: Service) -> Self {
        Self::on(service, place(0, 1))
    }

    /// The core of `service` on one of several shards.
    pub fn on(service: Service, place: Place) -> Self {
        Self {
            state: C::State::default(),
            at_us: 0,
            source: Source {
                service,
                shard: place.shard,
            },
            place,
            sequence: 0,
        }
    }

    /// Plays one input, if it concerns the core, in the same order as the runtime's loop.
    pub fn hear(&mut self, input: &Input) -> Option<Event> {
        if !C::concerns(input, self.place) {
            return None;
        }
        self.sequence = self.sequence.checked_add(1).unwrap();
        let heard = Heard {
            input: input.clone(),
            raw: "".into(),
            place: LogPlace::element(self.sequence, 0),
            at_us: self.at_us,
        };
        let origin = Origin {
            source: self.source,
            place: LogPlace::element(self.sequence, 0),
            time: Timestamp::from_microsecond(self.at_us).unwrap(),
            work_us: 0,
        };
        let fact = C::decide(&self.state, &heard, self.place);
        let event = fact.map(|fact| Event::new(fact, C::cause(&self.state, input), origin));
        C::hear(&mut self.state, &heard, self.place);
        if let Some(event) = &event {
            C::evolve(&mut self.state, event, self.place);
        }
        event
    }

    /// Plays inputs, and returns the decision on the last.
    pub fn hear_all(&mut self, inputs: &[Input]) -> Option<Event> {
        inputs.iter().fold(None, |_, input| self.hear(input))
    }
}

/// Plays the given inputs, then `when`, and checks the decision on it, as text.
pub fn check<C: Decider>(service: Service, given: &[Input], when: &Input, expected: &str) {
    let mut player = Player::<C>::new(service);
    player.hear_all(given);
    assert_eq!(describe(player.hear(when).as_ref()), expected);
}

/// A short description of an event: its kind, and the reason if something was refused.
pub fn describe(event: Option<&Event>) -> String {
    let Some(Event { fact, .. }) = event else {
        return "nothing".to_owned();
    };
    let kind = fact.kind().short();
    let refusal = fact.refusal().map(|refusal| format!("{kind}: {refusal}"));
    refusal.unwrap_or_else(|| kind.to_owned())
}

/// A shard, out of this many.
pub fn place(shard: u16, shards: u16) -> Place {
    Place {
        shard: Shard(shard),
        shards: Shards::new(shards).unwrap(),
    }
}

/// A service's event in the flow of the transfer with the client id `id`.
pub fn event(by: Service, id: &str, fact: Fact) -> Input {
    let transfer: TransferId = id.parse().unwrap();
    let cause = Cause {
        id: EventId(transfer.0),
        transfer,
        trace: TraceId::started_by(EventId(transfer.0)),
    };
    let source = Source {
        service: by,
        shard: Shard(0),
    };
    let origin = Origin {
        source,
        place: LogPlace::START,
        time: Timestamp::UNIX_EPOCH,
        work_us: 0,
    };
    Input::Event(Event::new(fact, cause, origin))
}

/// The event that opens an account in US dollars.
pub fn opened(account: &str, overdraft: &str) -> Input {
    let usd = "USD".parse().unwrap();
    let overdraft = Overdraft::parse(overdraft, usd).unwrap();
    event(
        Service::Credit,
        ONE,
        Fact::Account(name(account), AccountFact::AccountOpened(usd, overdraft)),
    )
}

/// A request by an account's holder or by an operator: an id, and further fields as JSON.
pub fn request_input(verb: Verb, id: &str, account: &str, more: &str) -> Input {
    let context = Context {
        verb,
        account: Some(&name(account)),
        traceparent: None,
        event_id: None,
    };
    let comma = if more.is_empty() { "" } else { "," };
    Input::Request(request::read(&format!(r#"{{"id":"{id}"{comma}{more}}}"#), context).unwrap())
}
