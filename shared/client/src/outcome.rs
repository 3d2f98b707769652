//! Waits for the outcome of a request: a message on `wallet.outcome.<account>.<id>`.
//!
//! The subscription exists before the request is published, so no outcome is missed. Outcomes are not stored: one that is sent
//! while we are disconnected is lost, so a request without an outcome is repeated now and then. A repeat changes nothing, and is
//! answered with the outcome of the first one.
//!
//! Others may use the same id: another client that confirms or cancels, or pays under it by mistake. All their outcomes arrive on
//! the same subject, and each names the requests that it answers; only an outcome that names our request is ours.

mod listener;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wallet_contract::id::EventId;
use wallet_contract::status::Status;
use wallet_contract::subject::Verb;

pub use listener::{Followed, Listener};

use crate::Error;

/// The outcome of a request.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Outcome {
    /// The client's id.
    pub id: Uuid,
    /// The account whose authority was used.
    pub account: String,
    /// The requested verb; for the end of a transfer, `transfer`.
    pub verb: String,
    /// The outcome, in a word.
    pub outcome: Word,
    /// The requests that this answers, by verb: for the end of a reservation, the confirm or cancel and the reserve.
    pub answers: BTreeMap<String, Uuid>,
    /// Whether this was decided and sent before, so that it answers a repeat.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
    /// The reason for a failure, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reason for a failure, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// For a refused request, the state of the transfer that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<TransferState>,
    /// The trace id.
    pub trace: String,
    /// The payer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// The payee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<String>,
    /// The amount moved, or to be moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The amount that was reserved for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<String>,
    /// The currency's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// When it ended.
    #[serde(serialize_with = "wallet_view::exact::time")]
    pub time: Timestamp,
}

/// The state of a transfer that a refused request was about.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct TransferState {
    /// Its status, in a word.
    pub status: Status,
    /// The reason for its failure, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The payee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<String>,
    /// The amount moved, or to be moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The amount that was reserved for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<String>,
    /// The currency's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// When it ended.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "wallet_view::exact::time_or_null"
    )]
    pub ended_at: Option<Timestamp>,
}

/// The outcome of a request, in a word.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// The payee was credited.
    Settled,
    /// Nothing moved or changed.
    Refused,
    /// The money was debited, could not be credited and was returned.
    Compensated,
    /// The money is held, and the payee's side has promised to accept it.
    Reserved,
    /// The payer cancelled.
    Cancelled,
    /// The reservation was not confirmed in time.
    Expired,
    /// The account is open in the currency.
    Opened,
    /// The account is frozen.
    Frozen,
    /// The account is no longer frozen.
    Unfrozen,
    /// The account is closed.
    Closed,
}

impl Word {
    /// Whether the request was carried out, provided it was not a cancel.
    pub fn is_good(self) -> bool {
        match self {
            Self::Settled | Self::Reserved | Self::Opened | Self::Frozen | Self::Unfrozen | Self::Closed => {
                true
            }
            Self::Refused | Self::Compensated | Self::Cancelled | Self::Expired => false,
        }
    }

    /// The status of a flow that ended like this.
    fn status(self) -> Status {
        match self {
            Self::Settled => Status::Settled,
            Self::Refused => Status::Refused,
            Self::Compensated => Status::Compensated,
            Self::Reserved => Status::Reserved,
            Self::Cancelled => Status::Cancelled,
            Self::Expired => Status::Expired,
            Self::Opened | Self::Frozen | Self::Unfrozen | Self::Closed => Status::Done,
        }
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Refused => "refused",
            Self::Compensated => "compensated",
            Self::Reserved => "reserved",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Opened => "opened",
            Self::Frozen => "frozen",
            Self::Unfrozen => "unfrozen",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Outcome {
    /// Whether this answers that request.
    pub fn answers(&self, request: EventId) -> bool {
        self.answers.values().any(|id| *id == request.0)
    }

    /// Whether the transfer had ended before the request was published at `since`, so that nothing has happened now. If we have
    /// published the request more than once ourselves, only the time can tell.
    pub fn is_earlier(&self, published_again: bool, since: Timestamp) -> bool {
        self.repeated && (!published_again || self.time < since)
    }

    /// Whether this is the end of a transfer, not just of a request about it.
    fn ends_transfer(&self) -> bool {
        self.verb == Verb::Transfer.token() && self.transfer.is_none()
    }

    /// This outcome, updated with the end of the transfer that it is about.
    fn after(self, end: &Self) -> Self {
        let transfer = self.transfer.map(|became| TransferState {
            status: end.outcome.status(),
            reason: end.reason.clone(),
            amount: end.amount.clone().or(became.amount),
            ended_at: Some(end.time),
            ..became
        });
        Self { transfer, ..self }
    }

    /// Whether the request was carried out.
    pub fn is_good(&self, requested: Verb) -> bool {
        self.outcome.is_good() || (requested == Verb::Cancel && self.outcome == Word::Cancelled)
    }
}

/// Parses an outcome message.
pub fn read(payload: &[u8]) -> Result<Outcome, Error> {
    serde_json::from_slice(payload).map_err(|_| Error::Unknown(String::from_utf8_lossy(payload).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: &str = r#"{"id":"0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f","account":"alice","verb":"confirm","outcome":"refused","answers":{"confirm":"0190b1c4-7a2e-8c3d-9f00-5a3c1e8b2d4f"},"reason":"already_confirmed","detail":"the reservation is already confirmed","transfer":{"status":"running","payee":"bob","amount":"5.00","reserved":"20.00","currency":"USD"},"trace":"0190b1c47a2e8c3d9f005a3c1e8b2d4f","time":"2026-01-31T12:00:00.000001Z"}"#;
    const SETTLED: &str = r#"{"id":"0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f","account":"alice","verb":"transfer","outcome":"settled","answers":{"confirm":"0190b1c4-7a2e-8c3d-9f00-000000000005","reserve":"0190b1c4-7a2e-8c3d-9f00-000000000001"},"trace":"0190b1c47a2e8c3d9f005a3c1e8b2d4f","payer":"alice","payee":"bob","amount":"5.00","reserved":"20.00","currency":"USD","time":"2026-01-31T12:00:01.000000Z"}"#;

    fn parsed(json: &str) -> Outcome {
        read(json.as_bytes()).unwrap()
    }

    #[test]
    fn an_outcome_from_the_ledger_is_parsed() {
        let outcome = parsed(REFUSED);
        assert_eq!(
            (outcome.outcome, outcome.outcome.is_good()),
            (Word::Refused, false)
        );
        assert_eq!(serde_json::to_string(&outcome).unwrap(), REFUSED);
        assert_eq!(serde_json::to_string(&parsed(SETTLED)).unwrap(), SETTLED);
        let error = read(b"{}").unwrap_err().to_string();
        assert_eq!(error, "an outcome that this version does not understand: {}");
    }

    #[test]
    fn an_outcome_answers_the_requests_that_it_names() {
        let answers = |json: &str, id: &str| parsed(json).answers(id.parse().unwrap());
        assert!(answers(REFUSED, "0190b1c4-7a2e-8c3d-9f00-5a3c1e8b2d4f"));
        assert!(!answers(SETTLED, "0190b1c4-7a2e-8c3d-9f00-5a3c1e8b2d4f"));
        for id in [
            "0190b1c4-7a2e-8c3d-9f00-000000000005",
            "0190b1c4-7a2e-8c3d-9f00-000000000001",
        ] {
            assert!(answers(SETTLED, id) && !answers(REFUSED, id), "{id}");
        }
    }

    #[test]
    fn a_late_request_learns_how_the_transfer_ended() {
        let (refused, end) = (parsed(REFUSED), parsed(SETTLED));
        assert!(!refused.ends_transfer() && end.ends_transfer());
        let refused = refused.after(&end);
        let became = refused.transfer.unwrap();
        assert_eq!((refused.outcome, became.status), (Word::Refused, Status::Settled));
        assert_eq!(
            (became.ended_at, became.reserved.as_deref()),
            (Some(end.time), Some("20.00"))
        );
    }

    #[test]
    fn an_answer_to_a_repeat_counts_as_earlier_unless_we_sent_the_repeat() {
        let at = |time: &str| time.parse::<Timestamp>().unwrap();
        let (before, after) = (at("2026-01-31T12:00:00Z"), at("2026-01-31T12:00:02Z"));
        let repeated = Outcome {
            repeated: true,
            ..parsed(SETTLED)
        };
        assert!(!parsed(SETTLED).is_earlier(false, after));
        assert!(repeated.is_earlier(false, before), "another clock may be behind");
        assert!(repeated.is_earlier(true, after) && !repeated.is_earlier(true, before));
    }
}
