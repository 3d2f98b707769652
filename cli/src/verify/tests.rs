//! Logs that are sound, and logs that are broken in one place each.

use wallet_contract::event::{Cause, Event, Fact, Failure, Movement, Overdraft, Parked, Source};
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::money::{Currency, Money};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::{self, Service, Verb};
use wallet_contract::trace::TraceId;
use wallet_contract::{envelope, request};

use super::audit::Audit;
use super::compare::{Shown, compare, minor};
use super::entry::{self, Message};
use super::report::{Breaches, Invariant};
use crate::api::Tally;

/// Writes the logs of two shards as the services would.
struct Script {
    shards: Shards,
    logs: Vec<Vec<Message>>,
    last_id: u128,
}

fn account(name: &str) -> AccountId {
    name.parse().unwrap()
}

fn usd() -> Currency {
    "USD".parse().unwrap()
}

fn movement(from: &str, to: &str, amount: &str) -> Movement {
    let money = Money::parse(amount, usd()).unwrap();
    Movement {
        payer: account(from),
        payee: account(to),
        money,
        memo: None,
        reserved: None,
        reverses: None,
    }
}

fn refusal() -> Refusal {
    Refusal::new(Reason::AccountFrozen, "bob is frozen")
}

impl Script {
    fn new() -> Self {
        Self {
            shards: Shards::new(2).unwrap(),
            logs: vec![Vec::new(), Vec::new()],
            last_id: 7 << 64,
        }
    }

    fn push(&mut self, shard: Shard, subject: String, payload: impl Into<Vec<u8>>) {
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
    fn ask(&mut self, verb: Verb, name: &str, fields: &str) -> Cause {
        self.last_id += 1 << 64;
        let id = TransferId(uuid::Uuid::from_u128(self.last_id | (7 << 76) | (2 << 62)));
        let json = format!(r#"{{"id":"{id}"{fields}}}"#);
        self.ask_again(verb, name, &json)
    }

    fn ask_again(&mut self, verb: Verb, name: &str, json: &str) -> Cause {
        let name = account(name);
        let shard = self.shards.of(&name);
        self.push(shard, verb.subject(shard, &name), json);
        let context = request::Context {
            verb,
            account: Some(&name),
            traceparent: None,
            event_id: None,
        };
        let read = request::read(json, context).unwrap();
        Cause {
            id: read.id,
            transfer: read.transfer,
            trace: read.trace,
        }
    }

    /// What a service decides, in every log that must hold it.
    fn say(&mut self, service: Service, at: &str, fact: Fact, cause: Cause) -> Cause {
        let shard = self.shards.of(&account(at));
        let event = Event::new(
            fact,
            cause,
            Source { service, shard },
            jiff::Timestamp::UNIX_EPOCH,
            5,
        );
        let (first, then) = event.fact.destinations(shard, self.shards);
        self.publish(&event, &[Some(first), then]);
        event.as_cause()
    }

    fn publish(&mut self, event: &Event, shards: &[Option<Shard>]) {
        for shard in shards.iter().flatten() {
            let json = envelope::write(event);
            self.push(
                *shard,
                subject::envelopes(*shard, event.source.service),
                envelope::join([&*json]),
            );
        }
    }

    fn open(&mut self, name: &str) {
        let cause = self.ask(Verb::Open, name, r#","currency":"USD""#);
        self.say(
            Service::Credit,
            name,
            Fact::AccountOpened(account(name), usd(), Overdraft::NONE),
            cause,
        );
    }

    fn ask_transfer(&mut self, from: &str, to: &str, amount: &str) -> Cause {
        self.ask(
            Verb::Transfer,
            from,
            &format!(r#","to":"{to}","amount":"{amount}","currency":"USD""#),
        )
    }

    fn settle(&mut self, from: &str, to: &str, amount: &str) -> Cause {
        let cause = self.ask_transfer(from, to, amount);
        let moved = movement(from, to, amount);
        let debited = self.say(Service::Debit, from, Fact::AccountDebited(moved.clone()), cause);
        let credited = self.say(Service::Credit, to, Fact::AccountCredited(moved.clone()), debited);
        self.say(Service::Ledger, from, Fact::TransferSettled(moved), credited)
    }

    /// alice and bob, 100.00 from outside, and one transfer of each kind.
    fn sound() -> Self {
        let mut script = Self::new();
        script.open("alice");
        script.open("bob");
        script.settle("@world", "alice", "100.00");
        script.settle("alice", "bob", "30.00");
        let refused = script.ask_transfer("bob", "alice", "99.00");
        let moved = Some(movement("bob", "alice", "99.00"));
        let fact = Fact::DebitRefused(account("bob"), moved.clone(), refusal());
        let refused = script.say(Service::Debit, "bob", fact, refused);
        let fact = Fact::TransferFailed(account("bob"), moved, Failure::Refused, refusal());
        script.say(Service::Ledger, "bob", fact, refused);
        let moved = movement("alice", "bob", "5.00");
        let asked = script.ask_transfer("alice", "bob", "5.00");
        let debited = script.say(
            Service::Debit,
            "alice",
            Fact::AccountDebited(moved.clone()),
            asked,
        );
        let refused = script.say(
            Service::Credit,
            "bob",
            Fact::CreditRefused(moved.clone(), refusal()),
            debited,
        );
        let reversed = script.say(
            Service::Debit,
            "alice",
            Fact::DebitReversed(moved.clone(), refusal()),
            refused,
        );
        let fact = Fact::TransferFailed(account("alice"), Some(moved), Failure::Compensated, refusal());
        script.say(Service::Ledger, "alice", fact, reversed);
        script
    }

    fn audit(&self) -> (super::report::Counts, super::books::Books, Breaches) {
        let mut audit = Audit::new(self.shards);
        // The second log first: credits must wait for debits that are read later.
        for shard in [Shard(1), Shard(0)] {
            for message in &self.logs[usize::from(shard.0)] {
                audit.take(shard, message.sequence, entry::read(message, shard));
            }
        }
        audit.finish()
    }

    #[track_caller]
    fn breaks(&self, invariant: Invariant, words: &str) {
        let (counts, _, breaches) = self.audit();
        let (count, told) = breaches.of(invariant);
        assert!(count > 0, "{} holds: {breaches:?} {counts:?}", invariant.name());
        assert!(told.iter().any(|text| text.contains(words)), "{told:#?}");
    }

    #[track_caller]
    fn holds(&self, invariant: Invariant) {
        let (_, _, breaches) = self.audit();
        assert_eq!(breaches.of(invariant), (0, &[][..]), "{}", invariant.name());
    }

    /// Takes out the events of a kind, renumbering what is left.
    fn without(mut self, kind: &str) -> Self {
        for log in &mut self.logs {
            log.retain(|message| !String::from_utf8_lossy(&message.payload).contains(kind));
            for (index, message) in log.iter_mut().enumerate() {
                message.sequence = index as u64 + 1;
            }
        }
        self
    }

    /// Changes the text of the events of a kind that contain `old`.
    fn with(mut self, kind: &str, (old, new): (&str, &str), shards: &[u16]) -> Self {
        for shard in shards {
            for message in &mut self.logs[usize::from(*shard)] {
                let text = String::from_utf8_lossy(&message.payload).into_owned();
                if text.contains(kind) {
                    message.payload = text.replace(old, new).into_bytes().into();
                }
            }
        }
        self
    }
}

/// Accounts of both shards are in play, else nothing here tests the merge.
#[test]
fn the_script_crosses_shards() {
    let shards = Shards::new(2).unwrap();
    assert_ne!(shards.of(&account("alice")), shards.of(&account("bob")));
}

#[test]
fn a_sound_log_breaks_nothing() {
    let (counts, books, breaches) = Script::sound().audit();
    for invariant in Invariant::ALL {
        assert_eq!(breaches.of(invariant), (0, &[][..]), "{}", invariant.name());
    }
    assert_eq!(
        (counts.settled, counts.refused, counts.compensated, counts.running),
        (2, 1, 1, 0)
    );
    assert_eq!(
        (counts.requests, counts.repeats, counts.copies, counts.parked),
        (6, 0, 0, 0)
    );
    let balances: Vec<_> = books
        .iter()
        .map(|((name, _), balance)| (name.to_string(), balance.available))
        .collect();
    let expected = [("@world", -10_000), ("alice", 7_000), ("bob", 3_000)];
    let mut balances: Vec<_> = balances
        .iter()
        .map(|(name, minor)| (name.as_str(), *minor))
        .collect();
    balances.sort_unstable();
    assert_eq!(balances, expected);
}

#[test]
fn repeats_and_copies_change_nothing() {
    let mut script = Script::sound();
    for log in &mut script.logs {
        let again = log.clone();
        log.extend(again);
        for (index, message) in log.iter_mut().enumerate() {
            message.sequence = index as u64 + 1;
        }
    }
    let (counts, _, breaches) = script.audit();
    for invariant in Invariant::ALL {
        assert_eq!(breaches.of(invariant), (0, &[][..]), "{}", invariant.name());
    }
    assert_eq!((counts.requests, counts.repeats), (6, 6));
    assert!(counts.copies > 10, "{counts:?}");
}

#[test]
fn money_that_grows_on_its_way_breaks_conservation() {
    let script = Script::sound().with("wallet.account.credited.v1", ("\"30.00\"", "\"31.00\""), &[0, 1]);
    script.breaks(Invariant::Conservation, "31.00 USD: Σ is 1.00 USD after it");
    script.breaks(Invariant::OneEnd, "31.00 USD to bob is not what was debited");
    script.holds(Invariant::Floors);
}

#[test]
fn money_from_nowhere_breaks_conservation() {
    let script = Script::sound().without("wallet.account.debited.v1");
    script.breaks(Invariant::Conservation, "of 100.00 USD: Σ is 130.00 USD after it");
    script.breaks(Invariant::OneEnd, "has no sound end: credited, settled");
    script.breaks(Invariant::Causes, "does not stand before it");
}

#[test]
fn an_overdrawn_account_breaks_floors() {
    let mut script = Script::sound();
    script.settle("alice", "bob", "70.01");
    script.breaks(
        Invariant::Floors,
        "leaves alice with -0.01 USD, its limit is 0.00 USD",
    );
    script.holds(Invariant::Conservation);
    let mut within = Script::sound();
    within.settle("alice", "bob", "70.00");
    within.holds(Invariant::Floors);
}

#[test]
fn a_transfer_without_end_breaks_one_end() {
    let script = Script::sound().without("wallet.transfer.settled.v1");
    script.breaks(Invariant::OneEnd, "has no sound end: debited, credited");
    script.holds(Invariant::NothingDropped);
    let script = Script::sound().without("wallet.debit.reversed.v1");
    script.breaks(Invariant::OneEnd, "debited, credit refused, failed (compensated)");
}

#[test]
fn a_second_debit_breaks_one_end() {
    let mut script = Script::sound();
    let cause = script.settle("alice", "bob", "1.00");
    script.say(
        Service::Debit,
        "alice",
        Fact::AccountDebited(movement("alice", "bob", "1.00")),
        cause,
    );
    script.breaks(Invariant::OneEnd, "debited a second time, after debited");
}

#[test]
fn a_cause_that_is_not_there_breaks_causes() {
    let script = Script::sound().with(
        "wallet.debit.refused.v1",
        ("\"causationid\":\"0", "\"causationid\":\"1"),
        &[0, 1],
    );
    script.breaks(Invariant::Causes, "does not stand before it");
    script.breaks(Invariant::NothingDropped, "has no decision");
}

#[test]
fn one_id_with_two_contents_breaks_causes() {
    let mut script = Script::sound();
    let asked = script.ask_transfer("alice", "bob", "2.00");
    let source = Source {
        service: Service::Debit,
        shard: script.shards.of(&account("alice")),
    };
    let fact = Fact::AccountDebited(movement("alice", "bob", "2.00"));
    let event = Event::new(fact, asked, source, jiff::Timestamp::UNIX_EPOCH, 5);
    script.publish(&event, &[Some(source.shard)]);
    script.publish(&Event { work_us: 6, ..event }, &[Some(source.shard)]);
    script.breaks(Invariant::Causes, "of another event");
    script.breaks(Invariant::NothingDropped, "must also stand in the log of shard");
}

#[test]
fn halves_that_differ_break_causes() {
    let script = Script::sound().with(
        "wallet.account.credited.v1",
        ("\"workus\":5", "\"workus\":6"),
        &[1],
    );
    script.breaks(Invariant::Causes, "is not the same in shard");
    script.holds(Invariant::Conservation);
}

#[test]
fn a_request_without_decision_breaks_nothing_dropped() {
    let mut script = Script::sound();
    script.ask_transfer("alice", "bob", "1.00");
    script.breaks(Invariant::NothingDropped, "transfer request");
    script.holds(Invariant::OneEnd);
    let mut script = Script::sound();
    script.ask(Verb::Freeze, "bob", "");
    script.breaks(Invariant::NothingDropped, "freeze request");
}

#[test]
fn a_gap_in_a_log_breaks_nothing_dropped() {
    let mut script = Script::sound();
    script.logs[0].remove(3);
    script.breaks(Invariant::NothingDropped, "goes on at message 5, not at 4");
}

#[test]
fn what_cannot_be_read_must_be_parked() {
    let mut script = Script::sound();
    let (alice, shard) = (account("alice"), script.shards.of(&account("alice")));
    script.push(shard, Verb::Transfer.subject(shard, &alice), "not JSON");
    let sequence = script.logs[usize::from(shard.0)].len() as u64;
    let words = format!("shard {shard}, message {sequence}, element 0 was not parked: not a request");
    script.breaks(Invariant::NothingDropped, &words);
    let subject = format!("wallet.{shard}.cmd.transfer.alice");
    let parked = Parked {
        sequence,
        index: Some(0),
        subject,
        detail: "not JSON".to_owned(),
    };
    let id = uuid::Uuid::from_u128(9);
    let asked = Cause {
        id: EventId(id),
        transfer: TransferId(id),
        trace: TraceId::begun_by(EventId(id)),
    };
    script.say(Service::Debit, "alice", Fact::MessageParked(parked), asked);
    script.holds(Invariant::NothingDropped);
    assert_eq!(script.audit().0.parked, 1);
}

#[test]
fn the_ledger_must_show_what_the_log_says() {
    let (counts, books, _) = Script::sound().audit();
    let balance = |name: &str, available| ((name.to_owned(), "USD".to_owned()), [available, 0, 0]);
    let sound = Shown {
        balances: [
            balance("@world", -10_000),
            balance("alice", 7_000),
            balance("bob", 3_000),
        ]
        .into(),
        transfers: Tally {
            settled: 2,
            refused: 1,
            compensated: 1,
            ..Tally::default()
        },
        parked: 0,
    };
    let check = |shown: &Shown, expected: &[&str]| {
        let mut breaches = Breaches::default();
        compare(&counts, &books, shown, &mut breaches);
        assert_eq!(breaches.of(Invariant::Books).1, expected);
    };
    check(&sound, &[]);
    let mut other = sound.clone();
    other
        .balances
        .extend([balance("alice", 7_001), balance("carol", 5)]);
    other.transfers.settled = 3;
    check(
        &other,
        &[
            "alice: 70.01 USD available in the ledger, 70.00 USD by the log",
            "the ledger shows carol in USD, of which the log knows nothing",
            "3 settled in the ledger, 2 by the log",
        ],
    );
    other = sound;
    other.balances.remove(&("bob".to_owned(), "USD".to_owned()));
    check(&other, &["the ledger does not show bob in USD"]);
}

#[test]
fn the_ledgers_decimals_are_read_with_their_sign() {
    assert_eq!(minor("-12.50", "USD").unwrap(), -1250);
    assert_eq!(minor("0", "KRW").unwrap(), 0);
    assert!(minor("--1.00", "USD").is_err());
}
