//! The ids of a file's payments, chosen so that running the file again, in any form, pays nothing twice.
//!
//! | the id, or name, of | is derived from |
//! |---|---|
//! | a row with an id | that id |
//! | a row without one | its content, the number of equal rows without an id before it, and the batch |
//! | another attempt at a refused row | the id of the first attempt, and the number of this one |
//! | a file | the ids of its payments, in any order |
//!
//! The position of a row is not part of its id: a file may be sorted, cut in two, shifted by a blank line or converted to JSONL.
//! Neither is the spelling of its values. Two equal rows are two payments, because one of them has the other before it.
//!
//! **Retries.** Two operators who retry the same row at the same time derive the same id, so one of their requests is a repeat of
//! the other. Attempt *n* + 1 is made only after attempt *n* ended without moving money, and a transfer ends once. So at most one
//! attempt at a row ever pays, no matter who sends what, and when.
//!
//! **Files.** The name of a file is the first half of the trace id that it gives to each of its payments. So what the ledger knows
//! of a payment includes which file sent it first: this one, or last month's with an equal row in it.

use std::collections::BTreeMap;

use uuid::{Builder, Uuid};
use wallet_contract::id::{AccountId, TransferId, derive};
use wallet_contract::trace::TraceId;

use super::content::Content;

/// The namespace of the derived ids: chosen at random, once.
const NAMESPACE: Uuid = Uuid::from_u128(0x7d3a_91c4_52be_4f08_a6d1_0c9e_83b7_f215);

/// Counts equal rows.
#[derive(Debug, Default)]
pub(super) struct Occurrences(BTreeMap<Content, u64>);

impl Occurrences {
    /// The id of the next row without one.
    pub(super) fn next_id(&mut self, content: &Content, batch: &str) -> TransferId {
        let before = self.0.entry(content.clone()).or_default();
        let occurrence = before.to_string();
        *before += 1;
        let Content {
            from,
            to,
            amount,
            currency,
            memo,
        } = content;
        // The hash input is separated by zero bytes, which no value contains.
        let parts: [&[u8]; 6] = [to, amount, currency, memo, &occurrence, batch].map(str::as_bytes);
        hashed(from, NAMESPACE, &parts)
    }
}

/// The id of a payment's `attempt`th attempt; attempt 0 has the payment's own id.
pub fn attempt(first: TransferId, payer: &AccountId, attempt: u32) -> TransferId {
    match attempt {
        0 => first,
        number => hashed(payer, first.0, &[b"attempt", number.to_string().as_bytes()]),
    }
}

/// The name of a file, given by its payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileName([u8; 8]);

impl FileName {
    /// The name of a file in which these payers make payments with these ids.
    pub(super) fn of<'p>(payments: impl Iterator<Item = (TransferId, &'p AccountId)>) -> Self {
        let mut payments: Vec<_> = payments
            .map(|(id, payer)| (id.0.into_bytes(), payer.as_str()))
            .collect();
        payments.sort_unstable();
        let parts: Vec<&[u8]> = payments
            .iter()
            .flat_map(|(id, payer)| [id.as_slice(), payer.as_bytes()])
            .collect();
        let [_, _, _, _, _, _, _, _, name @ ..] =
            derive(&AccountId::world(), NAMESPACE, &parts).0.into_bytes();
        Self(name)
    }

    /// The trace id that this file gives to a payment.
    pub(super) fn trace(self, payment: TransferId) -> TraceId {
        let mut bytes = payment.0.into_bytes();
        bytes[..8].copy_from_slice(&self.0);
        TraceId::from_uuid(Uuid::from_bytes(bytes))
    }

    /// Whether this file made the payment with this trace id.
    pub(super) fn made(self, trace: &str) -> bool {
        trace
            .parse()
            .is_ok_and(|trace: TraceId| trace.as_uuid().into_bytes().starts_with(&self.0))
    }
}

/// A UUID whose free bits are all hash: the first half identifies a flow in all indexes, so it must not be shared.
fn hashed(account: &AccountId, cause: Uuid, parts: &[&[u8]]) -> TransferId {
    let low = derive(account, cause, parts).0.into_bytes();
    let high = derive(account, Uuid::from_bytes(low), parts).0.into_bytes();
    let mut bytes = low;
    bytes[..8].copy_from_slice(&high[8..]);
    TransferId(Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(amount: &str) -> Content {
        Content {
            from: "alice".parse().unwrap(),
            to: "bob".to_owned(),
            amount: amount.to_owned(),
            currency: "USD".to_owned(),
            memo: String::new(),
        }
    }

    fn ids(amounts: &[&str], batch: &str) -> Vec<String> {
        let mut occurrences = Occurrences::default();
        amounts
            .iter()
            .map(|amount| occurrences.next_id(&content(amount), batch).to_string())
            .collect()
    }

    #[test]
    fn a_row_is_identified_by_its_content_and_occurrence() {
        let june = ids(&["1.00", "2.00", "1.00"], "");
        // A change here would make every file that was run before pay again.
        let expected = [
            "8e9a746f-3926-8597-86b9-d773645dccb8",
            "98ab89d3-849a-88c8-87cf-b25d824d432e",
            "aa4a7487-2a2c-8e82-9798-e2696e9c8c19",
        ];
        assert_eq!(june, expected);
        assert_eq!(
            ids(&["1.00", "1.00", "2.00"], ""),
            [&*june[0], &*june[2], &*june[1]]
        );
        assert!(
            ids(&["1.00", "2.00", "1.00"], "2026-07")
                .iter()
                .all(|id| !june.contains(id))
        );
    }

    #[test]
    fn an_attempt_id_is_derived_from_its_number() {
        let (first, alice) = (
            "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f".parse().unwrap(),
            "alice".parse().unwrap(),
        );
        let attempts = [0, 1, 2].map(|number| attempt(first, &alice, number).to_string());
        // A change here would make a retry that was sent before pay again.
        assert_eq!(
            attempts,
            [
                "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f",
                "92108b0c-2c56-81b6-8fa4-093fbadeca0d",
                "aa2c6dc8-2858-8f8a-92e8-5c07e8fea7de"
            ]
        );
        assert_ne!(
            attempt(first, &"bob".parse().unwrap(), 1).to_string(),
            attempts[1],
            "ids belong to the payer"
        );
    }

    #[test]
    fn a_file_is_identified_by_its_payments_in_any_order() {
        let ids: Vec<TransferId> = ids(&["1.00", "2.00"], "")
            .iter()
            .map(|id| id.parse().unwrap())
            .collect();
        let alice: AccountId = "alice".parse().unwrap();
        let name = |ids: &[TransferId]| FileName::of(ids.iter().map(|id| (*id, &alice)));
        assert_eq!(name(&ids), name(&[ids[1], ids[0]]));
        assert_ne!(name(&ids), name(&ids[..1]));
        let trace = name(&ids).trace(ids[0]);
        assert_ne!(
            trace,
            name(&ids).trace(ids[1]),
            "each payment has a trace of its own"
        );
        assert!(name(&ids).made(&trace.to_string()));
        assert!(!name(&ids[..1]).made(&trace.to_string()));
        assert!(!name(&ids).made("nonsense"));
    }
}
