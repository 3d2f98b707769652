//! Test fixtures: the accounts, and readers of the resulting books.

use jiff::Timestamp;
use ledger_core::{Flow, Keys, Ledger, Start, State, Status};
use wallet_contract::event::{Fact, MovementFact, Terms};
use wallet_contract::id::TransferKey;
use wallet_contract::log::LogPlace;
use wallet_contract::money::Currency;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::subject::Service;
use wallet_kernel::testing::{self, ONE, Player, describe, movement, name, place};
use wallet_kernel::{Decider as _, Input};

/// Two accounts on two shards.
pub(crate) const SIDES: (&str, &str) = ("alice", "bob");

/// Plays the given inputs, then checks what the last one leads to: the decision, the lines it books, the outcomes. If no request
/// was given, the flow has begun before.
pub(crate) fn check(given: &[Input], when: &Input, decided: &str, lines: &[&str], outcomes: &[&str]) {
    let mut player = Player::<Ledger>::new(Service::Ledger);
    for input in given {
        load_flow(&mut player, input);
        player.hear(input);
    }
    load_flow(&mut player, when);
    player.state.bookings.clear();
    player.state.outcomes.clear();
    assert_eq!(describe(player.hear(when).as_ref()), decided);
    assert_eq!(booked(&player.state), lines, "{decided}");
    assert_eq!(heard_of(&player.state), outcomes, "{decided}");
}

/// Begins the flow of an event, if it has not begun.
pub(crate) fn load_flow(player: &mut Player<Ledger>, input: &Input) {
    let Input::Event(event) = input else { return };
    let mut keys = Keys::default();
    Ledger::touches(input, player.place, &mut keys);
    for key in keys.flows {
        if player.state.flows.get(&key).is_none() {
            let start = Start {
                verb: key.1,
                request: event.cause,
                movement: None,
                trace: event.trace,
                at_us: 0,
                no: LogPlace::START,
            };
            player.state.flows.load(key, Flow::started(start));
        }
    }
}

/// New lines: account, reason, the available balance after the change, and the held balance if it changes.
pub(crate) fn booked(state: &State) -> Vec<String> {
    let lines = state.bookings.iter().map(|line| {
        let shown = |minor| line.currency.format_minor(minor);
        let held = format!(", {} = {} held", shown(line.held), shown(line.held_balance));
        let held = if line.held == 0 { "" } else { &held };
        let of = if line.reverses.is_some() { " of TWO" } else { "" };
        let (account, kind) = (&line.account, line.kind.word());
        format!(
            "{account} {kind} {} = {}{held}{of}",
            shown(line.amount),
            shown(line.balance)
        )
    });
    lines.collect()
}

/// Outcomes: transfer, word, and the amount if it is not all; with the status of the flow.
pub(crate) fn heard_of(state: &State) -> Vec<String> {
    let outcomes = state.outcomes.iter().map(|outcome| {
        let transfer = TransferKey {
            id: outcome.event.transfer,
            payer: outcome.account.clone(),
        };
        let flow = state.flows.get(&(transfer, outcome.verb.flow()));
        let captured = flow.and_then(|flow| flow.captured.filter(|_| flow.ended_us.is_some()));
        let captured = captured.map_or(String::new(), |minor| {
            format!(" {}", "USD".parse::<Currency>().unwrap().format_minor(minor))
        });
        let status = flow.map_or(Status::Running, |flow| flow.status).word();
        format!(
            "{} {}{captured}, flow {status}",
            outcome.verb.token(),
            outcome.word
        )
    });
    outcomes.collect()
}

pub(crate) fn in_transit(state: &State, account: &str) -> i64 {
    let page = state.accounts.get(&(name(account), "USD".parse().unwrap()));
    page.unwrap().in_transit
}

/// The ledger on the account's shard, one of two.
pub(crate) fn on(account: &str) -> Player<Ledger> {
    let shard = u16::from(!place(0, 2).owns(&name(account)));
    Player::on(Service::Ledger, place(shard, 2))
}

/// An event in the flow [`ONE`].
pub(crate) fn debit(fact: Fact) -> Input {
    testing::event(Service::Debit, ONE, fact)
}

pub(crate) fn credit(fact: Fact) -> Input {
    testing::event(Service::Credit, ONE, fact)
}

pub(crate) fn refusal() -> Refusal {
    Refusal::new(Reason::AccountFrozen, "bob is frozen")
}

pub(crate) fn terms(auto_confirm: bool) -> Terms {
    Terms {
        expires: Timestamp::from_second(900).unwrap(),
        auto_confirm,
    }
}

pub(crate) fn reserved() -> Input {
    debit(Fact::Movement(
        movement("alice", "bob", "10.00"),
        MovementFact::FundsReserved(terms(false)),
    ))
}

pub(crate) fn promised(auto_confirm: bool) -> Input {
    credit(Fact::Movement(
        movement("alice", "bob", "10.00"),
        MovementFact::CreditPromised(terms(auto_confirm)),
    ))
}
