//! Unusual requests: many in one message, repeats in another form, and malformed ones.

use wallet_contract::parking::{Action, Replacement};
use wallet_contract::shard::Shard;
use wallet_contract::subject::{self, Verb};

use super::{Client, Request, name, shard_of, step, uuid};
use crate::fault::SHARDS;
use crate::plan::Step;

impl Client {
    /// Requests of many clients of one shard in one message.
    pub(in crate::plan) fn bulk(&mut self) -> Step {
        let shard = self.rng.u16(0..SHARDS);
        let mut bodies = Vec::new();
        for _ in 0..self.rng.usize(1..6) {
            let verbs = [Verb::Transfer, Verb::Reserve, Verb::Confirm, Verb::Cancel];
            let verb = self.rng.choice(verbs).unwrap_or(Verb::Transfer);
            let request = self.request(verb);
            // Occasionally a payer of another shard.
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

    /// A faulty message: unreadable, malformed, or in the wrong place.
    pub(in crate::plan) fn oddity(&mut self) -> Step {
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
                format!("wallet.{shard}.evt.debit.{shard}"),
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

    /// Operators' instructions about an unreadable request: each replaces it by another text or discards it.
    pub(in crate::plan) fn words(&mut self) -> Vec<Action> {
        let id = uuid(self.new_id());
        let words = (0..self.rng.usize(1..4)).map(|_| match self.rng.u8(0..6) {
            0 => Action::Discard("nobody knows what it was".to_owned()),
            1 => Action::Replace(Replacement::Text("not json either".to_owned())),
            roll => {
                let id = if roll < 4 { id } else { uuid(self.new_id()) };
                let cents = self.rng.u8(1..100);
                Action::Replace(Replacement::Text(format!(
                    r#"{{"id":"{id}","to":"bob","amount":"0.{cents:02}","currency":"USD"}}"#
                )))
            }
        });
        words.collect()
    }

    /// A repeat of an earlier request: mostly byte for byte, otherwise under another trace, or with other content under the
    /// same id.
    pub(in crate::plan) fn in_other_words(&mut self, step: Step) -> Step {
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

    /// A confirm or cancel with an invalid field.
    fn flawed(&mut self) -> Step {
        let verb = if self.rng.bool() {
            Verb::Cancel
        } else {
            Verb::Confirm
        };
        let Request { account, body, .. } = self.second(verb);
        step(verb, account, body.replace('}', r#","memo":"please"}"#))
    }
}
