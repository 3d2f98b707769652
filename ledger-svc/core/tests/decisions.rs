//! What ledger-svc books, how flows end, and who is told.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as its checks do")]

use std::slice;

use jiff::Timestamp;
use ledger_core::{Ledger, State, Status};
use wallet_contract::decider::Input;
use wallet_contract::event::{Fact, Failure, Parked, Terms};
use wallet_contract::id::TransferKey;
use wallet_contract::money::Currency;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::subject::{Service, Verb};
use wallet_contract::testing::{
    self, ONE, Player, TWO, asks, movement, name, opened, part, pays, place, reversal, told,
};

/// Two accounts on two shards.
const SIDES: (&str, &str) = ("alice", "bob");

/// Plays the given inputs, then expects what the last one leads to: the decision, the lines it books, what is told.
fn check(given: &[Input], when: &Input, decided: &str, lines: &[&str], outcomes: &[&str]) {
    let mut player = Player::<Ledger>::new(Service::Ledger);
    player.hear_all(given);
    player.state.bookings.clear();
    player.state.outcomes.clear();
    assert_eq!(told(player.hear(when).as_ref()), decided);
    assert_eq!(booked(&player.state), lines, "{decided}");
    assert_eq!(heard_of(&player.state), outcomes, "{decided}");
}

#[test]
fn a_transfer_goes_through_what_is_in_transit() {
    let paid = debit(Fact::AccountDebited(movement("alice", "bob", "10.00")));
    check(&[], &paid, "nothing", &["alice debit -10.00 = -10.00"], &[]);
    let received = credit(Fact::AccountCredited(movement("alice", "bob", "10.00")));
    let settled = ["transfer settled, flow settled"];
    let line = ["bob credit 10.00 = 10.00"];
    check(&[paid], &received, "transfer.settled", &line, &settled);
}

#[test]
fn each_shard_books_its_own_side() {
    let (alice, bob) = SIDES;
    let moved = || movement(alice, bob, "10.00");
    let (mut home, mut away) = (on(alice), on(bob));
    for player in [&mut home, &mut away] {
        player.hear(&debit(Fact::AccountDebited(moved())));
        player.hear(&credit(Fact::AccountCredited(moved())));
    }
    assert_eq!(booked(&home.state), [format!("{alice} debit -10.00 = -10.00")]);
    assert_eq!(heard_of(&home.state), ["transfer settled, flow settled"]);
    assert_eq!(booked(&away.state), [format!("{bob} credit 10.00 = 10.00")]);
    assert_eq!(heard_of(&away.state), [""; 0]);
    assert_eq!(in_transit(&home.state, alice), 0);
}

#[test]
fn a_refused_transfer_moves_nothing() {
    for moved in [Some(movement("alice", "bob", "10.00")), None] {
        let refused = debit(Fact::DebitRefused(name("alice"), moved, refusal()));
        check(
            &[],
            &refused,
            "transfer.failed: account_frozen: bob is frozen",
            &[],
            &["transfer refused, flow refused"],
        );
    }
}

#[test]
fn what_is_given_back_is_booked_back() {
    let paid = debit(Fact::AccountDebited(movement("alice", "bob", "10.00")));
    let refused = credit(Fact::CreditRefused(movement("alice", "bob", "10.00"), refusal()));
    check(slice::from_ref(&paid), &refused, "nothing", &[], &[]);
    let reversed = debit(Fact::DebitReversed(movement("alice", "bob", "10.00"), refusal()));
    check(
        &[paid, refused],
        &reversed,
        "transfer.failed: account_frozen: bob is frozen",
        &["alice reversal 10.00 = 0.00"],
        &["transfer compensated, flow compensated"],
    );
}

#[test]
fn a_reservation_is_held_and_waits_for_its_payer() {
    let reserved = reserved();
    let line = ["alice hold -10.00 = -10.00, 10.00 = 10.00 held"];
    check(&[], &reserved, "nothing", &line, &[]);
    let given = [asks(Verb::Reserve, ONE, "alice", &pays("bob", "10.00")), reserved];
    check(
        &given,
        &promised(false),
        "nothing",
        &[],
        &["reserve reserved, flow reserved"],
    );
    check(&given, &promised(true), "nothing", &[], &[]);
    let deferred = debit(Fact::ConfirmationDeferred(part("alice", "bob", "4.00", "10.00")));
    check(&given, &deferred, "nothing", &[], &[]);
}

#[test]
fn what_is_confirmed_leaves_what_is_held_and_the_rest_is_available() {
    let given = [reserved(), promised(false)];
    let all = debit(Fact::AccountDebited(part("alice", "bob", "10.00", "10.00")));
    check(
        &given,
        &all,
        "nothing",
        &["alice debit 0.00 = -10.00, -10.00 = 0.00 held"],
        &[],
    );
    let some = debit(Fact::AccountDebited(part("alice", "bob", "4.00", "10.00")));
    check(
        &given,
        &some,
        "nothing",
        &["alice debit 6.00 = -4.00, -10.00 = 0.00 held"],
        &[],
    );
    let given = [&given[..], &[some]].concat();
    let received = credit(Fact::AccountCredited(part("alice", "bob", "4.00", "10.00")));
    let settled = ["transfer settled 4.00, flow settled"];
    check(
        &given,
        &received,
        "transfer.settled",
        &["bob credit 4.00 = 4.00"],
        &settled,
    );
    let reversed = debit(Fact::DebitReversed(
        part("alice", "bob", "4.00", "10.00"),
        refusal(),
    ));
    check(
        &given,
        &reversed,
        "transfer.failed: account_frozen: bob is frozen",
        &["alice reversal 4.00 = 0.00"],
        &["transfer compensated 4.00, flow compensated"],
    );
}

#[test]
fn a_release_is_booked_and_ends_the_flow() {
    for (failure, word) in [
        (Failure::Cancelled, "cancelled"),
        (Failure::Expired, "expired"),
        (Failure::Refused, "refused"),
    ] {
        let released = Fact::ReservationReleased(movement("alice", "bob", "10.00"), failure, refusal());
        check(
            &[reserved(), promised(false)],
            &debit(released),
            "transfer.failed: account_frozen: bob is frozen",
            &["alice release 10.00 = 0.00, -10.00 = 0.00 held"],
            &[&format!("transfer {word}, flow {word}")],
        );
    }
    check(
        &[],
        &debit(Fact::ReservationBarred(name("alice"))),
        "transfer.failed: cancelled: alice cancelled it before it was reserved",
        &[],
        &["transfer cancelled, flow cancelled"],
    );
}

#[test]
fn only_the_home_books_what_is_held() {
    let (alice, bob) = SIDES;
    let mut away = on(bob);
    let (held, terms) = (movement(alice, bob, "10.00"), terms(false));
    away.hear(&debit(Fact::FundsReserved(held.clone(), terms)));
    away.hear(&debit(Fact::ReservationReleased(
        held,
        Failure::Cancelled,
        refusal(),
    )));
    away.hear(&debit(Fact::AccountDebited(part(alice, bob, "4.00", "10.00"))));
    assert_eq!(away.state, State::default());
}

#[test]
fn a_reversal_is_a_transfer_of_its_own() {
    let asked = format!(r#"{},"reverses":"{TWO}""#, pays("alice", "10.00"));
    let asked = asks(Verb::Reverse, ONE, "bob", &asked);
    let back = || reversal("bob", "alice", "10.00", TWO);
    check(&[], &asked, "nothing", &[], &[]);
    check(&[], &credit(Fact::ReversalGranted(back())), "nothing", &[], &[]);
    let paid = debit(Fact::AccountDebited(back()));
    check(
        slice::from_ref(&asked),
        &paid,
        "nothing",
        &["bob debit -10.00 = -10.00 of TWO"],
        &[],
    );
    let received = credit(Fact::AccountCredited(back()));
    let line = ["alice credit 10.00 = 10.00 of TWO"];
    let settled = ["transfer settled, flow settled"];
    check(
        &[asked.clone(), paid],
        &received,
        "transfer.settled",
        &line,
        &settled,
    );
    let denied = credit(Fact::ReversalDenied(name("bob"), Some(back()), refusal()));
    check(slice::from_ref(&asked), &denied, "nothing", &[], &[]);
    let refused = debit(Fact::DebitRefused(name("bob"), Some(back()), refusal()));
    let failed = "transfer.failed: account_frozen: bob is frozen";
    check(
        &[asked, denied],
        &refused,
        failed,
        &[],
        &["transfer refused, flow refused"],
    );
}

#[test]
fn a_request_that_came_too_late_is_told_and_ends_nothing() {
    for verb in [
        Verb::Transfer,
        Verb::Reserve,
        Verb::Confirm,
        Verb::Cancel,
        Verb::Reverse,
    ] {
        let refused = debit(Fact::RequestRefused(name("alice"), verb, refusal()));
        let told = format!("{} refused, flow running", verb.token());
        let given = [
            asks(Verb::Reserve, ONE, "alice", &pays("bob", "10.00")),
            reserved(),
        ];
        check(&given, &refused, "nothing", &[], &[&told]);
    }
    let refused = credit(Fact::RequestRefused(name("alice"), Verb::Freeze, refusal()));
    check(&[], &refused, "nothing", &[], &["freeze refused, flow refused"]);
}

#[test]
fn an_operators_request_ends_when_it_is_carried_out() {
    let usd: Currency = "USD".parse().unwrap();
    let alice = || name("alice");
    let checks = [
        (opened("alice", "0.00"), "open opened, flow done"),
        (credit(Fact::AccountFrozen(alice())), "freeze frozen, flow done"),
        (
            credit(Fact::AccountUnfrozen(alice())),
            "unfreeze unfrozen, flow done",
        ),
        (credit(Fact::AccountClosed(alice())), "close closed, flow done"),
        (
            debit(Fact::ClosureRefused(alice(), refusal())),
            "close refused, flow refused",
        ),
    ];
    for (input, told) in checks {
        check(&[], &input, "nothing", &[], &[told]);
    }
    for quiet in [
        credit(Fact::AccountClosing(alice())),
        debit(Fact::ClosureAccepted(alice())),
        debit(Fact::MessageParked(Parked {
            sequence: 1,
            index: None,
            subject: "wallet.0.bulk".to_owned(),
            detail: "no JSON".to_owned(),
        })),
    ] {
        check(&[], &quiet, "nothing", &[], &[]);
    }
    let mut player = Player::<Ledger>::new(Service::Ledger);
    player.hear(&opened("alice", "5.00"));
    let standing = |player: &Player<Ledger>| {
        player
            .state
            .accounts
            .get(&(alice(), usd))
            .unwrap()
            .standing
            .word()
    };
    for (fact, word) in [
        (Fact::AccountFrozen(alice()), "frozen"),
        (Fact::AccountUnfrozen(alice()), "open"),
        (Fact::AccountClosing(alice()), "closing"),
        (Fact::ClosureRefused(alice(), refusal()), "open"),
        (Fact::AccountClosed(alice()), "closed"),
    ] {
        player.hear(&credit(fact));
        assert_eq!(standing(&player), word);
    }
}

#[test]
fn a_flow_begins_with_the_first_request_of_its_id() {
    let mut player = Player::<Ledger>::new(Service::Ledger);
    player.hear(&asks(Verb::Reserve, ONE, "alice", &pays("bob", "10.00")));
    player.hear(&asks(Verb::Confirm, ONE, "alice", ""));
    player.hear(&asks(Verb::Freeze, ONE, "alice", ""));
    let flows = player.state.flows.iter();
    let begun = flows.map(|((_, kind), flow)| (*kind, flow.start.as_ref().unwrap().verb));
    let begun: Vec<_> = begun.collect();
    assert_eq!(
        begun,
        [(Verb::Transfer, Verb::Reserve), (Verb::Freeze, Verb::Freeze)]
    );
}

/// New lines: whose, why, what is available after the change, and what is held, if that changes.
fn booked(state: &State) -> Vec<String> {
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

/// What is told: of what, its word, how much if not all; and how its flow stands.
fn heard_of(state: &State) -> Vec<String> {
    let outcomes = state.outcomes.iter().map(|outcome| {
        let transfer = TransferKey {
            id: outcome.event.transfer,
            payer: outcome.account.clone(),
        };
        let flow = state.flows.get(&(transfer, outcome.verb.flow()));
        let end = flow.and_then(|flow| flow.end.as_ref());
        let captured = end.and_then(|end| end.captured);
        let captured = captured.map_or(String::new(), |minor| {
            format!(" {}", "USD".parse::<Currency>().unwrap().format_minor(minor))
        });
        let waits = flow.is_some_and(|flow| flow.reserved);
        let rests = if waits { Status::Reserved } else { Status::Running };
        let status = end.map_or(rests, |end| end.status).word();
        format!(
            "{} {}{captured}, flow {status}",
            outcome.verb.token(),
            outcome.word
        )
    });
    outcomes.collect()
}

fn in_transit(state: &State, account: &str) -> i64 {
    let page = state.accounts.get(&(name(account), "USD".parse().unwrap()));
    page.unwrap().in_transit
}

/// The ledger of an account's shard, of two.
fn on(account: &str) -> Player<Ledger> {
    let shard = u16::from(!place(0, 2).owns(&name(account)));
    Player::on(Service::Ledger, place(shard, 2))
}

/// What a service says in the flow [`ONE`].
fn debit(fact: Fact) -> Input {
    testing::event(Service::Debit, ONE, fact)
}

fn credit(fact: Fact) -> Input {
    testing::event(Service::Credit, ONE, fact)
}

fn refusal() -> Refusal {
    Refusal::new(Reason::AccountFrozen, "bob is frozen")
}

fn terms(auto_confirm: bool) -> Terms {
    Terms {
        expires: Timestamp::from_second(900).unwrap(),
        auto_confirm,
    }
}

fn reserved() -> Input {
    debit(Fact::FundsReserved(
        movement("alice", "bob", "10.00"),
        terms(false),
    ))
}

fn promised(auto_confirm: bool) -> Input {
    credit(Fact::CreditPromised(
        movement("alice", "bob", "10.00"),
        terms(auto_confirm),
    ))
}
