//! What the tests of the cores have in common: names, movements, requests from JSON, and a core to play them to.
//!
//! Behind the feature `testing`, which only dev-dependencies switch on. Pure, as all of this crate.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as its checks do")]

use jiff::Timestamp;

use crate::decider::{Decider, Heard, Input, Place};
use crate::event::{AccountFact, Cause, Event, Fact, Movement, Overdraft, Source};
use crate::id::{AccountId, EventId, TransferId, TransferKey};
use crate::money::Money;
use crate::request::{self, Context};
use crate::shard::{Shard, Shards};
use crate::subject::{Service, Verb};
use crate::trace::TraceId;

/// A client's id.
pub const ONE: &str = "01900000-0000-7000-8000-000000000001";
/// Another.
pub const TWO: &str = "01900000-0000-7000-8000-000000000002";
/// And another.
pub const THREE: &str = "01900000-0000-7000-8000-000000000003";

/// A core on one shard, with all that it has heard.
#[derive(Debug)]
pub struct Player<C: Decider> {
    /// What it remembers.
    pub state: C::State,
    /// What its clock and its log say, microseconds since 1970.
    pub at_us: i64,
    /// Who it is.
    pub source: Source,
    /// Where it decides.
    pub place: Place,
    sequence: u64,
}

impl<C: Decider> Player<C> {
    /// The core of `service`, on the one shard there is.
    pub fn new(service: Service) -> Self {
        Self::on(service, place(0, 1))
    }

    /// The core of `service` on one of many shards.
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

    /// Plays one input, if it concerns the core, in the order of the runtime's loop.
    pub fn hear(&mut self, input: &Input) -> Option<Event> {
        if !C::concerns(input, self.place) {
            return None;
        }
        self.sequence = self.sequence.checked_add(1).unwrap();
        let heard = Heard {
            input: input.clone(),
            raw: "".into(),
            sequence: self.sequence,
            index: 0,
            at_us: self.at_us,
            committed_us: None,
        };
        let time = Timestamp::from_microsecond(self.at_us).unwrap();
        let fact = C::decide(&self.state, &heard, self.place);
        let event = fact.map(|fact| Event::new(fact, C::cause(&self.state, input), self.source, time, 0));
        C::hear(&mut self.state, &heard, self.place);
        if let Some(event) = &event {
            C::evolve(&mut self.state, event, self.place);
        }
        event
    }

    /// Plays inputs, and gives back what was decided on the last.
    pub fn hear_all(&mut self, inputs: &[Input]) -> Option<Event> {
        inputs.iter().fold(None, |_, input| self.hear(input))
    }
}

/// Plays the given inputs, then expects what is decided on the last one, as text.
pub fn check<C: Decider>(service: Service, given: &[Input], when: &Input, expected: &str) {
    let mut player = Player::<C>::new(service);
    player.hear_all(given);
    assert_eq!(told(player.hear(when).as_ref()), expected);
}

/// An event in few words: its kind, and why, where something was refused.
pub fn told(event: Option<&Event>) -> String {
    let Some(Event { fact, .. }) = event else {
        return "nothing".to_owned();
    };
    let kind = fact.kind().short();
    let refusal = fact.refusal().map(|refusal| format!("{kind}: {refusal}"));
    refusal.unwrap_or_else(|| kind.to_owned())
}

/// One shard of so many.
pub fn place(shard: u16, shards: u16) -> Place {
    Place {
        shard: Shard(shard),
        shards: Shards::new(shards).unwrap(),
    }
}

/// An account's name.
pub fn name(text: &str) -> AccountId {
    text.parse().unwrap()
}

/// A transfer's key.
pub fn key(id: &str, payer: &str) -> TransferKey {
    TransferKey {
        id: id.parse().unwrap(),
        payer: name(payer),
    }
}

/// A plain movement of US dollars.
pub fn movement(payer: &str, payee: &str, amount: &str) -> Movement {
    Movement {
        payer: name(payer),
        payee: name(payee),
        money: Money::parse(amount, "USD".parse().unwrap()).unwrap(),
        memo: None,
        reserved: None,
        reverses: None,
    }
}

/// What was confirmed of a reservation.
pub fn part(payer: &str, payee: &str, amount: &str, reserved: &str) -> Movement {
    Movement {
        reserved: Some(movement(payer, payee, reserved).money.amount),
        ..movement(payer, payee, amount)
    }
}

/// What gives back the transfer `of`.
pub fn reversal(payer: &str, payee: &str, amount: &str, of: &str) -> Movement {
    Movement {
        reverses: Some(of.parse().unwrap()),
        ..movement(payer, payee, amount)
    }
}

/// What a service says in the flow that a client named `id`.
pub fn event(by: Service, id: &str, fact: Fact) -> Input {
    let transfer: TransferId = id.parse().unwrap();
    let cause = Cause {
        id: EventId(transfer.0),
        transfer,
        trace: TraceId::begun_by(EventId(transfer.0)),
    };
    let source = Source {
        service: by,
        shard: Shard(0),
    };
    Input::Event(Event::new(fact, cause, source, Timestamp::UNIX_EPOCH, 0))
}

/// That an account was opened in US dollars.
pub fn opened(account: &str, overdraft: &str) -> Input {
    let usd = "USD".parse().unwrap();
    let overdraft = Overdraft::parse(overdraft, usd).unwrap();
    event(
        Service::Credit,
        ONE,
        Fact::Account(name(account), AccountFact::AccountOpened(usd, overdraft)),
    )
}

/// What an account's holder, or an operator, asks: an id and more fields, as JSON.
pub fn asks(verb: Verb, id: &str, account: &str, more: &str) -> Input {
    let context = Context {
        verb,
        account: Some(&name(account)),
        traceparent: None,
        event_id: None,
    };
    let comma = if more.is_empty() { "" } else { "," };
    Input::Request(request::read(&format!(r#"{{"id":"{id}"{comma}{more}}}"#), context).unwrap())
}

/// The fields that say to whom how many US dollars go.
pub fn pays(payee: &str, amount: &str) -> String {
    format!(r#""to":"{payee}","amount":"{amount}","currency":"USD""#)
}
