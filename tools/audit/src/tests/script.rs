//! Writes the logs of two shards, message by message, as the services would.

use wallet_contract::event::{Cause, Event, Fact, Movement, Origin, Source};
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::money::{Currency, Money};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::{self, Service, Verb};
use wallet_contract::{envelope, request};

use crate::entry::Message;

pub(super) struct Script {
    pub(super) shards: Shards,
    pub(super) logs: Vec<Vec<Message>>,
    last_id: u128,
}

impl Script {
    pub(super) fn new() -> Self {
        Self {
            shards: Shards::new(2).unwrap(),
            logs: vec![Vec::new(), Vec::new()],
            last_id: 7 << 64,
        }
    }

    /// The shard of an account.
    pub(super) fn home(&self, name: &str) -> Shard {
        self.shards.of(&account(name))
    }

    pub(super) fn push(&mut self, shard: Shard, subject: String, payload: impl Into<Vec<u8>>) {
        let log = &mut self.logs[usize::from(shard.0)];
        let payload = payload.into().into();
        log.push(Message {
            sequence: log.len() as u64 + 1,
            subject,
            payload,
            ..Message::default()
        });
    }

    /// A client's request, in the log of its account's shard.
    pub(super) fn ask(&mut self, verb: Verb, name: &str, fields: &str) -> Cause {
        self.last_id += 1 << 64;
        let id = TransferId(uuid::Uuid::from_u128(self.last_id | (7 << 76) | (2 << 62)));
        let json = format!(r#"{{"id":"{id}"{fields}}}"#);
        let (shard, name) = (self.home(name), account(name));
        self.push(shard, verb.subject(shard, &name), json.as_str());
        let context = request::Context {
            verb,
            account: Some(&name),
            traceparent: None,
            event_id: None,
        };
        let read = request::read(&json, context).unwrap();
        Cause {
            id: read.id,
            transfer: read.transfer,
            trace: read.trace,
        }
    }

    /// A service's decision, in every log that must hold it.
    pub(super) fn decide(&mut self, service: Service, at: &str, fact: Fact, cause: Cause) -> Cause {
        let event = self.event(service, at, fact, cause);
        let (first, then) = event.fact.destinations(event.source.shard, self.shards);
        self.publish(&event, &[Some(first), then]);
        event.as_cause()
    }

    pub(super) fn event(&self, service: Service, at: &str, fact: Fact, cause: Cause) -> Event {
        let shard = self.home(at);
        let source = Source { service, shard };
        let origin = Origin {
            source,
            place: LogPlace::START,
            time: jiff::Timestamp::UNIX_EPOCH,
            work_us: 5,
        };
        Event::new(fact, cause, origin)
    }

    pub(super) fn publish(&mut self, event: &Event, shards: &[Option<Shard>]) {
        for shard in shards.iter().flatten() {
            let json = envelope::write(event);
            self.push(
                *shard,
                subject::envelopes(*shard, event.source.service, event.source.shard),
                envelope::join([&*json]),
            );
        }
    }
}

pub(super) fn account(name: &str) -> AccountId {
    name.parse().unwrap()
}

pub(super) fn usd() -> Currency {
    "USD".parse().unwrap()
}

pub(super) fn movement(from: &str, to: &str, amount: &str) -> Movement {
    Movement {
        payer: account(from),
        payee: account(to),
        money: Money::parse(amount, usd()).unwrap(),
        memo: None,
        reserved: None,
        reverses: None,
    }
}

pub(super) fn refusal() -> Refusal {
    Refusal::new(Reason::AccountFrozen, "bob is frozen")
}
