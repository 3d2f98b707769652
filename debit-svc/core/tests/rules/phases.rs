//! One test per cell of the phase table, generated from the table.
#![expect(clippy::unwrap_used, reason = "test helpers panic, as assertions do")]

use debit_core::{Debit, State};
use jiff::Timestamp;
use wallet_contract::event::{Event, Fact, Failure, Kind, MovementFact, RequestFact, Terms};
use wallet_contract::id::EventId;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::subject::{Service, Verb};
use wallet_contract::trace::TraceId;
use wallet_kernel::phase::{self, Rule, Signal, TABLE};
use wallet_kernel::testing::{
    ONE, Player, THREE, TWO, event, key, movement, name, opened, part, pays, request_input, reversal,
};
use wallet_kernel::{Due, Input, Phase};

/// What alice has, what she reserves or pays, and how much of it she confirms, in minor units.
const HAS: i64 = 10_000;
const ASKED: i64 = 1_000;
const PART: i64 = 400;
/// When a reservation is due, in microseconds.
const DUE_US: i64 = 900 * 1_000_000;

#[test]
fn every_cell_of_the_phase_table_is_implemented() {
    let mut cells = 0;
    for (phase, rules) in TABLE {
        for (signal, rule) in Signal::ALL.into_iter().zip(rules) {
            check_cell(phase, signal, rule);
            cells += 1;
        }
    }
    println!("{cells} of 130 cells checked");
    assert_eq!(cells, 130);
}

#[test]
fn the_architecture_document_has_the_phase_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ARCHITECTURE.md");
    let text = std::fs::read_to_string(path).unwrap();
    let table = phase::markdown();
    assert!(
        text.contains(&table),
        "ARCHITECTURE.md needs this table:\n{table}"
    );
}

fn check_cell(phase: Option<Phase>, signal: Signal, rule: Rule) {
    let cell = format!("{phase:?} x {signal:?} -> {rule:?}");
    assert_eq!(phase::rule(phase, signal), rule, "{cell}");
    let mut player = alice();
    for signal in way(phase) {
        hear(&mut player, *signal);
    }
    assert_eq!(phase_of(&player.state), phase, "{cell}: the phase before");
    assert_eq!(money(&player.state), implied(phase), "{cell}: the money before");

    let decided = hear(&mut player, signal);
    assert_eq!(described(decided.as_ref()), expected(rule), "{cell}");
    let after = phase_after(phase, rule);
    assert_eq!(phase_of(&player.state), after, "{cell}: the phase behind it");
    assert_eq!(total(&player.state), 0, "{cell}: the sum of all money");
    // A credit that no service could have sent is not guarded against: it is booked, and only the sum holds.
    if (rule, signal) != (Rule::Never, Signal::Credited) {
        assert_eq!(
            money(&player.state),
            implied(after),
            "{cell}: the money behind it"
        );
    }
}

/// The shortest path to a phase that has all its amounts.
fn way(phase: Option<Phase>) -> &'static [Signal] {
    use Signal::{Cancel, Confirm, CreditRefused, Credited, Denied, Due, Promised, Reserve, Transfer};
    match phase {
        None => &[],
        Some(Phase::Refused) => &[Denied],
        Some(Phase::Debited) => &[Transfer],
        Some(Phase::Credited) => &[Transfer, Credited],
        Some(Phase::Reversed) => &[Transfer, CreditRefused],
        Some(Phase::Reserved) => &[Reserve],
        Some(Phase::Confirming) => &[Reserve, Confirm],
        Some(Phase::Promised) => &[Reserve, Promised],
        Some(Phase::Confirmed) => &[Reserve, Confirm, Promised],
        Some(Phase::Completed) => &[Reserve, Promised, Confirm, Credited],
        Some(Phase::Cancelled) => &[Reserve, Cancel],
        Some(Phase::Expired) => &[Reserve, Promised, Due],
        Some(Phase::Declined) => &[Reserve, CreditRefused],
    }
}

/// Alice, who has received 100.00 from outside, and bob.
fn alice() -> Player<Debit> {
    let paid_in = movement("@world", "alice", "100.00");
    let mut player = Player::new(Service::Debit);
    player.hear_all(&[
        opened("alice", "0.00"),
        opened("bob", "0.00"),
        request_input(Verb::Transfer, THREE, "@world", &pays("alice", "100.00")),
        event(
            Service::Credit,
            THREE,
            Fact::Movement(paid_in, MovementFact::AccountCredited),
        ),
    ]);
    player
}

fn hear(player: &mut Player<Debit>, signal: Signal) -> Option<Event> {
    if signal == Signal::Due {
        player.at_us = DUE_US;
    }
    let input = input(&player.state, signal);
    player.hear(&input)
}

/// The signal as an input in alice's flow [`ONE`]. Her requests differ in content from phase to phase, so none is a repeat.
fn input(state: &State, signal: Signal) -> Input {
    let from_credit = |fact| event(Service::Credit, ONE, fact);
    let refusal = || Refusal::new(Reason::AccountFrozen, "bob is frozen");
    let request = |verb, fields: &str| request_input(verb, ONE, "alice", fields);
    let to_bob = format!(r#"{},"memo":"{:?}""#, pays("bob", "10.00"), phase_of(state));
    let back = || reversal("alice", "bob", "10.00", TWO);
    let held = || movement("alice", "bob", "10.00");
    let reservation = || state.transfers.get(&key(ONE, "alice"))?.reservation;
    let debited = || match reservation().and_then(|reservation| reservation.captured) {
        Some(_) => part("alice", "bob", "4.00", "10.00"),
        None => held(),
    };
    match signal {
        Signal::Transfer => request(Verb::Transfer, &to_bob),
        Signal::Reserve => request(Verb::Reserve, &format!(r#"{to_bob},"expires_in":900"#)),
        Signal::Granted => from_credit(Fact::Movement(back(), MovementFact::ReversalGranted)),
        Signal::Denied => from_credit(Fact::Request(
            name("alice"),
            RequestFact::ReversalDenied(Some(back()), refusal()),
        )),
        Signal::Confirm => request(Verb::Confirm, r#""amount":"4.00","currency":"USD""#),
        Signal::Cancel => request(Verb::Cancel, ""),
        Signal::Promised => {
            let terms = Terms {
                expires: Timestamp::from_microsecond(DUE_US).unwrap(),
                auto_confirm: false,
            };
            from_credit(Fact::Movement(held(), MovementFact::CreditPromised(terms)))
        }
        Signal::CreditRefused => {
            from_credit(Fact::Movement(debited(), MovementFact::CreditRefused(refusal())))
        }
        Signal::Credited => from_credit(Fact::Movement(debited(), MovementFact::AccountCredited)),
        Signal::Due => {
            let reserved = EventId(key(ONE, "alice").id.0);
            Input::Due(Due {
                transfer: key(ONE, "alice"),
                event: reservation().map_or(reserved, |reservation| reservation.event),
                trace: TraceId::started_by(reserved),
            })
        }
    }
}

/// The kind of the decision, and the word that the rule fixes: the refusal reason, or how the transfer fails.
fn expected(rule: Rule) -> (Option<Kind>, Option<&'static str>) {
    match rule {
        Rule::Pay | Rule::Capture => (Some(Kind::AccountDebited), None),
        Rule::Hold => (Some(Kind::FundsReserved), None),
        Rule::Burn => (Some(Kind::DebitRefused), None),
        Rule::Bar => (Some(Kind::ReservationBarred), None),
        Rule::Reused => (Some(Kind::RequestRefused), Some("id_reused")),
        Rule::TooLate(reason) => (Some(Kind::RequestRefused), Some(reason.code())),
        Rule::Defer => (Some(Kind::ConfirmationDeferred), None),
        Rule::Release(failure) => (Some(Kind::ReservationReleased), Some(failure.word())),
        Rule::GiveBack => (Some(Kind::DebitReversed), None),
        Rule::Promise | Rule::Complete | Rule::Ignore | Rule::Never => (None, None),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only two say more than their kind")]
fn described(event: Option<&Event>) -> (Option<Kind>, Option<&'static str>) {
    let Some(Event { fact, .. }) = event else {
        return (None, None);
    };
    let word = match fact {
        Fact::Movement(_, MovementFact::ReservationReleased(failure, _)) => Some(failure.word()),
        Fact::Request(_, RequestFact::RequestRefused(.., refusal)) => Some(refusal.reason.code()),
        _ => None,
    };
    (Some(fact.kind()), word)
}

fn phase_after(phase: Option<Phase>, rule: Rule) -> Option<Phase> {
    match rule {
        Rule::Pay => Some(Phase::Debited),
        Rule::Hold => Some(Phase::Reserved),
        Rule::Burn => Some(Phase::Refused),
        Rule::Bar | Rule::Release(Failure::Cancelled) => Some(Phase::Cancelled),
        Rule::Defer => Some(Phase::Confirming),
        Rule::Capture => Some(Phase::Confirmed),
        Rule::Promise => Some(Phase::Promised),
        Rule::Release(Failure::Expired) => Some(Phase::Expired),
        Rule::Release(Failure::Refused) => Some(Phase::Declined),
        Rule::Release(Failure::Compensated) => panic!("what is held has not been debited"),
        Rule::GiveBack => Some(Phase::Reversed),
        Rule::Complete if phase == Some(Phase::Debited) => Some(Phase::Credited),
        Rule::Complete => Some(Phase::Completed),
        Rule::Reused | Rule::TooLate(_) | Rule::Ignore | Rule::Never => phase,
    }
}

/// Alice's available, held and in-transit balances once her transfer has reached this phase.
fn implied(phase: Option<Phase>) -> (i64, i64, i64) {
    match phase {
        None
        | Some(Phase::Refused | Phase::Reversed | Phase::Cancelled | Phase::Expired | Phase::Declined) => {
            (HAS, 0, 0)
        }
        Some(Phase::Debited) => (HAS - ASKED, 0, ASKED),
        Some(Phase::Credited) => (HAS - ASKED, 0, 0),
        Some(Phase::Reserved | Phase::Confirming | Phase::Promised) => (HAS - ASKED, ASKED, 0),
        Some(Phase::Confirmed) => (HAS - PART, 0, PART),
        Some(Phase::Completed) => (HAS - PART, 0, 0),
    }
}

fn phase_of(state: &State) -> Option<Phase> {
    state
        .transfers
        .get(&key(ONE, "alice"))
        .map(|transfer| transfer.phase)
}

fn money(state: &State) -> (i64, i64, i64) {
    let account = state.account(&name("alice"), "USD".parse().unwrap()).unwrap();
    (account.available, account.held, account.in_transit)
}

fn total(state: &State) -> i64 {
    let accounts = state.accounts.iter();
    accounts
        .map(|(_, account)| account.available + account.held + account.in_transit)
        .sum()
}
