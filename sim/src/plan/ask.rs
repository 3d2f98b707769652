//! What clients ask: mostly about the few transfers that they know already, so that requests collide.

use std::fmt::Write;

use fastrand::Rng;
use uuid::Uuid;
use wallet_contract::id::AccountId;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::{self, Verb};

use super::Step;
use crate::world::SHARDS;

/// On both shards; the last is opened by chance, if ever.
const ACCOUNTS: [&str; 6] = ["alice", "bob", "carol", "dave", "@world", "erin"];
/// How many are opened, and paid in to, in the beginning.
const ENDOWED: usize = 4;

/// All clients, and what they have asked for.
#[derive(Debug)]
pub(super) struct Client {
    rng: Rng,
    known: Vec<Known>,
    ids: u64,
    /// Whether there are amounts near the end of what can be counted.
    whales: bool,
}

/// A movement that was asked for.
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

    /// Opens accounts, and pays in to them.
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

    /// Of what was reserved, or of anything else, or of what nobody has heard of yet.
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

    /// Mostly of what was paid to who asks; sometimes under an id that is used.
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

    /// A movement, under a new id or one that is used.
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

    /// What many clients of one shard ask, in one message.
    pub(super) fn bulk(&mut self) -> Step {
        let shard = self.rng.u16(0..SHARDS);
        let mut bodies = Vec::new();
        for _ in 0..self.rng.usize(1..6) {
            let verbs = [Verb::Transfer, Verb::Reserve, Verb::Confirm, Verb::Cancel];
            let verb = self.rng.choice(verbs).unwrap_or(Verb::Transfer);
            let request = self.request(verb);
            // Now and then a payer of another shard.
            if shard_of(request.account) == Shard(shard) || self.rng.u8(0..20) == 0 {
                let fields = request.body.trim_start_matches('{');
                bodies.push(format!(
                    r#"{{"from":"{}","verb":"{}",{fields}"#,
                    request.account,
                    verb.token()
                ));
            }
        }
        Step::Ask {
            subject: subject::bulk(Shard(shard)),
            payload: format!("[{}]", bodies.join(",")).into_bytes(),
        }
    }

    /// A reservation that holds for half a minute: how it is asked for, on which shard, and how it is confirmed and cancelled.
    pub(super) fn reservation(&mut self) -> (Step, u16, Step, Step) {
        let (id, payer, payee) = (self.new_id(), self.account(), self.account());
        let known = self.know(id, payer, payee, 10);
        let body = moves(id, payee, known.minor);
        let reserve = body.replace('}', r#","expires_in":30}"#);
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

    /// Something that is wrong: unreadable, or not quite right, or at the wrong place.
    pub(super) fn oddity(&mut self) -> Step {
        let account = self.account();
        let id = uuid(self.new_id());
        let shard = shard_of(account);
        let subject = Verb::Transfer.subject(shard, &name(account));
        let plain = format!(r#"{{"id":"{id}","to":"bob","amount":"1.00","currency":"USD"}}"#);
        let (subject, payload) = match self.rng.u8(0..11) {
            0 => (subject, b"not json".to_vec()),
            1 => (subject, vec![0xff, 0xfe, b'{']),
            2 => (subject, br#"[{"to":"bob"},7]"#.to_vec()),
            3 => (
                subject,
                format!(r#"{{"id":"{id}","to":"bob","amount":"1.005","currency":"USD"}}"#).into_bytes(),
            ),
            4 => (
                subject,
                format!(r#"{{"id":"{id}","too":"bob","amount":1}}"#).into_bytes(),
            ),
            5 => (format!("wallet.{shard}.cmd.steal.{account}"), plain.into_bytes()),
            6 => (
                format!("wallet.{shard}.evt.debit"),
                br#"[{"specversion":"1.0","type":"wallet.account.gilded.v1"}]"#.to_vec(),
            ),
            7 => (
                Verb::Transfer.subject(Shard(1 - shard.0), &name(account)),
                plain.into_bytes(),
            ),
            8 | 9 => return self.flawed(),
            _ => (format!("wallet.{shard}.nonsense"), b"{}".to_vec()),
        };
        Step::Ask { subject, payload }
    }

    /// What was asked before: mostly word for word, else the same in another trace, or another content under the same id.
    pub(super) fn in_other_words(&mut self, step: Step) -> Step {
        let more = match self.rng.u8(0..6) {
            0 => {
                let (trace, span) = (self.rng.u128(1..), self.rng.u64(1..));
                format!(r#","traceparent":"00-{trace:032x}-{span:016x}-01"}}"#)
            }
            1 => r#","memo":"again"}"#.to_owned(),
            _ => return step,
        };
        let Step::Ask { subject, payload } = step else {
            return step;
        };
        let text = String::from_utf8_lossy(&payload);
        let whole = text.strip_suffix('}').filter(|text| !text.contains(&more[..8]));
        let payload = whole.map(|text| format!("{text}{more}").into_bytes());
        let payload = payload.unwrap_or_else(|| text.as_bytes().to_vec());
        Step::Ask { subject, payload }
    }

    /// A confirm or cancel with a field that it can't have.
    fn flawed(&mut self) -> Step {
        let verb = if self.rng.bool() {
            Verb::Cancel
        } else {
            Verb::Confirm
        };
        let Request { account, body, .. } = self.second(verb);
        step(verb, account, body.replace('}', r#","memo":"please"}"#))
    }

    fn account(&mut self) -> &'static str {
        self.rng.choice(ACCOUNTS).unwrap_or("alice")
    }

    /// Mostly small; in some seeds now and then as much as can be counted, or nearly.
    fn amount(&mut self) -> u64 {
        match self.rng.u8(0..10) {
            0 if self.whales => i64::MAX.unsigned_abs() >> self.rng.u8(0..3),
            1 if self.whales => i64::MAX.unsigned_abs() - self.rng.u64(0..2_000),
            0 | 1 => self.rng.u64(1..3_000),
            _ => self.rng.u64(1..300),
        }
    }

    /// Mostly one of the last few.
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
