//! Test fixtures: alice's account and requests, and the events of credit-svc.

use debit_core::Debit;
use jiff::Timestamp;
use wallet_contract::event::{Fact, MovementFact, Terms};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::subject::{Service, Verb};
use wallet_kernel::testing::{self, ONE, Player, TWO, describe, event, key, movement, name, opened, pays};
use wallet_kernel::{Due, Input};

pub(crate) const SECOND: i64 = 1_000_000;

/// Plays the given inputs on alice's account with 10.00, then checks the last input's fact and alice's balances after it.
pub(crate) fn check(given: &[Input], when: &Input, expected: &str, money: &str) {
    let mut player = alice("0.00");
    player.hear_all(given);
    let decided = player.hear(when);
    assert_eq!(describe(decided.as_ref()), expected);
    assert_eq!(has(&player), money, "{expected}");
}

/// Alice, with 10.00 and this overdraft limit.
pub(crate) fn alice(overdraft: &str) -> Player<Debit> {
    let mut player = Player::new(Service::Debit);
    let paid_in = Fact::Movement(
        movement("@world", "alice", "10.00"),
        MovementFact::AccountCredited,
    );
    player.hear_all(&[opened("alice", overdraft), event(Service::Credit, TWO, paid_in)]);
    player
}

pub(crate) fn has(player: &Player<Debit>) -> String {
    let usd = "USD".parse().unwrap();
    let account = player.state.account(&name("alice"), usd).unwrap();
    let mut text = usd.format_minor(account.available);
    for (minor, where_to) in [(account.held, "held"), (account.in_transit, "in transit")] {
        if minor != 0 {
            text = format!("{text} + {} {where_to}", usd.format_minor(minor));
        }
    }
    text
}

pub(crate) fn due_us(player: &Player<Debit>) -> Option<i64> {
    player.state.transfers.get(&key(ONE, "alice"))?.due_us()
}

/// The `Due` input for the reservation.
pub(crate) fn due(player: &Player<Debit>) -> Input {
    let transfer = key(ONE, "alice");
    let reservation = player
        .state
        .transfers
        .get(&transfer)
        .unwrap()
        .reservation
        .unwrap();
    Input::Due(Due {
        transfer,
        event: reservation.event,
        trace: reservation.trace,
    })
}

/// An event of credit-svc in the flow [`ONE`].
pub(crate) fn from_credit(fact: Fact) -> Input {
    event(Service::Credit, ONE, fact)
}

pub(crate) fn promised(amount: &str) -> Input {
    let terms = Terms {
        expires: Timestamp::UNIX_EPOCH,
        auto_confirm: false,
    };
    from_credit(Fact::Movement(
        movement("alice", "bob", amount),
        MovementFact::CreditPromised(terms),
    ))
}

pub(crate) fn declined(amount: &str) -> Input {
    let refusal = Refusal::new(Reason::AccountFrozen, "bob is frozen");
    from_credit(Fact::Movement(
        movement("alice", "bob", amount),
        MovementFact::CreditRefused(refusal),
    ))
}

/// A request of alice's in the flow [`ONE`].
pub(crate) fn request_input(verb: Verb, fields: &str) -> Input {
    testing::request_input(verb, ONE, "alice", fields)
}

pub(crate) fn transfers(amount: &str) -> Input {
    request_input(Verb::Transfer, &pays("bob", amount))
}

pub(crate) fn reserves(amount: &str) -> Input {
    reserves_on(amount, "")
}

pub(crate) fn reserves_on(amount: &str, terms: &str) -> Input {
    let fields = format!(r#"{},"expires_in":900{terms}"#, pays("bob", amount));
    request_input(Verb::Reserve, &fields)
}

/// A confirmation of everything held, or of this amount.
pub(crate) fn confirms(amount: &str) -> Input {
    match amount {
        "" => request_input(Verb::Confirm, ""),
        _ => request_input(Verb::Confirm, &format!(r#""amount":"{amount}","currency":"USD""#)),
    }
}

pub(crate) fn cancels() -> Input {
    request_input(Verb::Cancel, "")
}
