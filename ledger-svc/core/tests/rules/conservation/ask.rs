//! The requests of a play: all kinds of transfer requests, mostly about earlier ones, and operators' requests.
#![expect(clippy::wildcard_enum_match_arm, reason = "a few of many name a movement")]

use proptest::prelude::*;
use uuid::Uuid;
use wallet_contract::event::{Fact, Movement, MovementFact};
use wallet_contract::request::{Order, Request};
use wallet_contract::subject::Verb;
use wallet_kernel::Input;
use wallet_kernel::testing::{pays, request_input};

use super::world::World;

const ACCOUNTS: [&str; 5] = ["alice", "bob", "carol", "dave", "@world"];

#[derive(Clone, Debug)]
pub(crate) struct Ask {
    verb: Verb,
    account: usize,
    payee: usize,
    minor: u32,
    id: u64,
    /// Which earlier transfer it is about.
    which: usize,
    /// Its other content: the terms of a reservation, the amount of a confirm.
    more: Option<u8>,
}

pub(crate) fn ask() -> impl Strategy<Value = Ask> {
    let verb = prop_oneof![
        10 => Just(Verb::Transfer), 14 => Just(Verb::Reserve), 14 => Just(Verb::Confirm), 4 => Just(Verb::Cancel),
        14 => Just(Verb::Reverse), 1 => Just(Verb::Open), 1 => Just(Verb::Freeze), 2 => Just(Verb::Unfreeze),
        1 => Just(Verb::Close),
    ];
    let accounts = (0..5_usize, 0..5_usize);
    let more = prop::option::of(any::<u8>());
    (verb, accounts, 1..500_u32, 0..160_u64, any::<usize>(), more).prop_map(
        |(verb, (account, payee), minor, id, which, more)| Ask {
            verb,
            account,
            payee,
            minor,
            id,
            which,
            more,
        },
    )
}

impl World {
    /// Opens the accounts, and pays 10.00 into each but the last.
    pub(crate) fn endow(&mut self) {
        for (id, account) in (900..).zip(&ACCOUNTS[..4]) {
            let id = uuid(id);
            self.deliver(request(request_input(
                Verb::Open,
                &id,
                account,
                r#""currency":"USD""#,
            )));
            if *account != "dave" {
                self.deliver(request(request_input(
                    Verb::Transfer,
                    &id,
                    "@world",
                    &pays(account, "10.00"),
                )));
            }
        }
    }
}

impl Ask {
    /// The request; `None` if it refers to an earlier one and there is none.
    pub(crate) fn request(&self, world: &World) -> Option<Request> {
        let amount = decimal(self.minor);
        let earlier = || {
            let valid = world
                .requests
                .iter()
                .filter_map(|request| Some((request.transfer, movement(request)?)));
            self.one_of(valid.collect())
        };
        // Mostly a transfer that was received.
        let received = || {
            let received = world.events().filter_map(|event| match &event.fact {
                Fact::Movement(movement, MovementFact::AccountCredited) => Some((event.transfer, movement)),
                _ => None,
            });
            self.one_of(received.collect())
                .filter(|_| !self.minor.is_multiple_of(4))
                .or_else(earlier)
        };
        let (id, account) = (uuid(self.id), ACCOUNTS[self.account]);
        Some(request(match self.verb {
            Verb::Transfer => request_input(self.verb, &id, account, &pays(ACCOUNTS[self.payee], &amount)),
            Verb::Reserve => {
                let terms = match self.more {
                    Some(more) => format!(
                        r#","expires_in":{},"auto_confirm":{}"#,
                        more.max(1),
                        more % 3 == 0
                    ),
                    None => String::new(),
                };
                let fields = format!("{}{terms}", pays(ACCOUNTS[self.payee], &amount));
                request_input(self.verb, &id, account, &fields)
            }
            Verb::Confirm => {
                let (id, held) = earlier()?;
                let some = format!(r#""amount":"{amount}","currency":"USD""#);
                let fields = if self.more.is_some() { &some } else { "" };
                request_input(self.verb, &id.to_string(), held.payer.as_str(), fields)
            }
            Verb::Cancel => {
                let (id, held) = earlier()?;
                request_input(self.verb, &id.to_string(), held.payer.as_str(), "")
            }
            Verb::Reverse => {
                let (of, paid) = received()?;
                let all = paid.money.decimal();
                let amount = if self.more.is_some() { &amount } else { &all };
                let fields = format!(r#"{},"reverses":"{of}""#, pays(paid.payer.as_str(), amount));
                request_input(self.verb, &id, paid.payee.as_str(), &fields)
            }
            Verb::Open => request_input(self.verb, &id, account, r#""currency":"USD""#),
            Verb::Freeze | Verb::Unfreeze | Verb::Close => request_input(self.verb, &id, account, ""),
        }))
    }

    fn one_of<T>(&self, mut all: Vec<T>) -> Option<T> {
        (!all.is_empty()).then(|| all.swap_remove(self.which % all.len()))
    }
}

fn movement(request: &Request) -> Option<&Movement> {
    match &request.order {
        Ok(Order::Transfer(movement) | Order::Reserve(movement, _) | Order::Reverse(movement)) => {
            Some(movement)
        }
        _ => None,
    }
}

fn request(input: Input) -> Request {
    match input {
        Input::Request(request) => request,
        other => panic!("no request: {other:?}"),
    }
}

fn uuid(id: u64) -> String {
    Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 | id).to_string()
}

fn decimal(minor: u32) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}
