//! The clients' requests: most concern the few transfers that exist already, so that requests collide.

mod odd;

use std::fmt::Write;

use fastrand::Rng;
use uuid::Uuid;
use wallet_contract::id::AccountId;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::Verb;

use super::Step;
use crate::fault::SHARDS;

/// Accounts on both shards; the last one is opened by chance, if ever.
const ACCOUNTS: [&str; 6] = ["alice", "bob", "carol", "dave", "@world", "erin"];
/// How many accounts are opened and funded at the start.
const ENDOWED: usize = 4;

/// All clients, and the requests they have made.
#[derive(Debug)]
pub(super) struct Client {
    rng: Rng,
    known: Vec<Known>,
    ids: u64,
    /// Whether amounts near the largest representable one occur.
    whales: bool,
}

/// A movement that was requested.
#[derive(Clone, Copy, Debug)]
struct Known {
    id: u64,
    payer: &'static str,
    payee: &'static str,
    minor: u64,
}

/// The subject's parts and the body of one request.
struct Request {
    verb: Verb,
    account: &'static str,
    body: String,
}

impl Client {
    pub(super) fn new(mut rng: Rng) -> Self {
        Self {
            whales: rng.u8(0..8) == 0,
            rng,
            known: Vec::new(),
            ids: 0,
        }
    }

    /// Opens accounts and deposits into them.
    pub(super) fn endow(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        for account in &ACCOUNTS[..ENDOWED] {
            let id = self.new_id();
            let overdraft = match self.rng.u8(0..12) {
                0 => r#","overdraft":"unlimited""#,
                1..4 => r#","overdraft":"5.00""#,
                _ => "",
            };
            let body = format!(r#"{{"id":"{}","currency":"USD"{overdraft}}}"#, uuid(id));
            steps.push(step(Verb::Open, account, body));
            if self.rng.u8(0..5) > 0 {
                let id = self.new_id();
                self.know(id, "@world", account, 1_000);
                steps.push(step(Verb::Transfer, "@world", moves(id, account, 1_000)));
            }
        }
        steps.push(Step::Wait { ms: 300 });
        steps
    }

    /// One request.
    pub(super) fn ask(&mut self, verb: Verb) -> Step {
        let Request { verb, account, body } = self.request(verb);
        step(verb, account, body)
    }

    fn request(&mut self, verb: Verb) -> Request {
        match verb {
            Verb::Transfer => {
                let (known, body) = self.movement();
                Request {
                    verb,
                    account: known.payer,
                    body: format!("{{{body}}}"),
                }
            }
            Verb::Reserve => self.reserve(),
            Verb::Confirm | Verb::Cancel => self.second(verb),
            Verb::Reverse => self.reverse(),
            Verb::Open | Verb::Freeze | Verb::Unfreeze | Verb::Close => self.operate(verb),
        }
    }

    fn reserve(&mut self) -> Request {
        let (known, mut body) = self.movement();
        if self.rng.u8(0..4) > 0 {
            let _ = write!(body, r#","expires_in":{}"#, self.rng.u32(1..20));
        }
        if self.rng.u8(0..4) == 0 {
            body.push_str(r#","auto_confirm":true"#);
        }
        Request {
            verb: Verb::Reserve,
            account: known.payer,
            body: format!("{{{body}}}"),
        }
    }

    /// A second-phase request: for a reservation, for some other transfer, or for an id that nobody has used yet.
    fn second(&mut self, verb: Verb) -> Request {
        let known = self.recent().filter(|_| self.rng.u8(0..12) > 0);
        let (id, account, minor) = match known {
            Some(known) => (known.id, known.payer, known.minor),
            None => (self.ids + self.rng.u64(1..4), self.account(), 100),
        };
        let mut body = format!(r#"{{"id":"{}""#, uuid(id));
        if verb == Verb::Confirm && self.rng.u8(0..3) == 0 {
            let part = self.rng.u64(1..=minor.saturating_add(minor / 10 + 1));
            let _ = write!(body, r#","amount":"{}","currency":"USD""#, decimal(part));
        }
        body.push('}');
        Request { verb, account, body }
    }

    /// A reversal, mostly of a transfer that the caller received; sometimes under a used id.
    fn reverse(&mut self) -> Request {
        let paid = self.recent().unwrap_or(Known {
            id: 1,
            payer: "@world",
            payee: "alice",
            minor: 1_000,
        });
        let payers: Vec<u64> = self
            .known
            .iter()
            .filter(|known| known.payer == paid.payee)
            .map(|known| known.id)
            .collect();
        let used = self.rng.choice(payers).filter(|_| self.rng.bool());
        let id = used.unwrap_or_else(|| self.new_id());
        let minor = if self.rng.bool() {
            paid.minor
        } else {
            self.rng.u64(1..=paid.minor.saturating_add(10))
        };
        self.know(id, paid.payee, paid.payer, minor);
        let body = format!(
            r#"{{"id":"{}","to":"{}","amount":"{}","currency":"USD","reverses":"{}"}}"#,
            uuid(id),
            paid.payer,
            decimal(minor),
            uuid(paid.id)
        );
        Request {
            verb: Verb::Reverse,
            account: paid.payee,
            body,
        }
    }

    fn operate(&mut self, verb: Verb) -> Request {
        let (account, id) = (self.account(), self.new_id());
        let currency = if self.rng.bool() { "EUR" } else { "USD" };
        let fields = if verb == Verb::Open {
            format!(r#","currency":"{currency}""#)
        } else {
            String::new()
        };
        Request {
            verb,
            account,
            body: format!(r#"{{"id":"{}"{fields}}}"#, uuid(id)),
        }
    }

    /// A movement, under a new id or a used one.
    fn movement(&mut self) -> (Known, String) {
        let again = self.recent().filter(|_| self.rng.u8(0..5) == 0);
        let id = again.map_or_else(|| self.new_id(), |known| known.id);
        // Two payers may use the same id.
        let same = again.filter(|_| self.rng.u8(0..6) > 0);
        let payer = same.map_or_else(|| self.account(), |known| known.payer);
        let payee = self.account();
        let minor = self.amount();
        let known = self.know(id, payer, payee, minor);
        let body = moves(id, payee, minor);
        (known, body.trim_matches(['{', '}']).to_owned())
    }

    /// A reservation that holds for this many seconds: its request, its shard, its confirm and its cancel.
    pub(super) fn reservation(&mut self, seconds: u32) -> (Step, u16, Step, Step) {
        let (id, payer, payee) = (self.new_id(), self.account(), self.account());
        let known = self.know(id, payer, payee, 10);
        let body = moves(id, payee, known.minor);
        let reserve = body.replace('}', &format!(r#","expires_in":{seconds}}}"#));
        let second = format!(r#"{{"id":"{}"}}"#, uuid(id));
        let confirm = step(Verb::Confirm, payer, second.clone());
        let cancel = step(Verb::Cancel, payer, second);
        (
            step(Verb::Reserve, payer, reserve),
            shard_of(payer).0,
            confirm,
            cancel,
        )
    }

    fn account(&mut self) -> &'static str {
        self.rng.choice(ACCOUNTS).unwrap_or("alice")
    }

    /// Mostly small; in some seeds occasionally the largest representable amount, or close to it.
    fn amount(&mut self) -> u64 {
        match self.rng.u8(0..10) {
            0 if self.whales => i64::MAX.unsigned_abs() >> self.rng.u8(0..3),
            1 if self.whales => i64::MAX.unsigned_abs() - self.rng.u64(0..2_000),
            0 | 1 => self.rng.u64(1..3_000),
            _ => self.rng.u64(1..300),
        }
    }

    /// Mostly one of the most recent.
    fn recent(&mut self) -> Option<Known> {
        let reach = if self.rng.u8(0..4) > 0 {
            5
        } else {
            self.known.len()
        };
        let from = self.known.len().saturating_sub(reach);
        self.rng.choice(&self.known[from..]).copied()
    }

    fn new_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    fn know(&mut self, id: u64, payer: &'static str, payee: &'static str, minor: u64) -> Known {
        let known = Known {
            id,
            payer,
            payee,
            minor,
        };
        self.known.push(known);
        known
    }
}

fn step(verb: Verb, account: &str, body: String) -> Step {
    Step::Ask {
        subject: verb.subject(shard_of(account), &name(account)),
        payload: body.into_bytes(),
    }
}

fn moves(id: u64, payee: &str, minor: u64) -> String {
    // Few accounts have the other currency.
    let currency = if id.is_multiple_of(23) { "EUR" } else { "USD" };
    format!(
        r#"{{"id":"{}","to":"{payee}","amount":"{}","currency":"{currency}"}}"#,
        uuid(id),
        decimal(minor)
    )
}

fn name(account: &str) -> AccountId {
    account.parse().expect("the names above are sound")
}

fn shard_of(account: &str) -> Shard {
    Shards::new(SHARDS).expect("two shards can be").of(&name(account))
}

/// A `UUIDv7` whose time is its number.
fn uuid(id: u64) -> Uuid {
    Uuid::from_u64_pair(
        ((0x0190_0000_0000 + id) << 16) | 0x7000,
        0x8000_0000_0000_0000 | id,
    )
}

fn decimal(minor: u64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}
