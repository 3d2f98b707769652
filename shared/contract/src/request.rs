//! What a client asks for: plain JSON, one object or an array of them, or a CloudEvent around it.
//!
//! Reading has three outcomes. A request that is sound; a request whose client can be answered although something in it
//! is wrong (it has an id and an account, so it gets a refusal); and bytes that nobody can be answered for
//! ([`Unreadable`]), which are parked.
//!
//! | module | does |
//! |---|---|
//! | `body`, `order` | read what is sound, once, borrowed from the message |
//! | `event` | unpacks a `CloudEvent` |
//! | `elements`, `cut` | cut a message into requests, damaged ones too |
//! | `answer` | refuses what is not sound, if it can be answered |
//! | `known`, `scan` | find out whom to answer, and what is wrong |
//! | `stand_in` | what is recorded of what is no JSON |

mod answer;
mod body;
mod cut;
mod elements;
mod event;
mod known;
mod order;
mod scan;
mod stand_in;

pub use self::elements::{Element, elements};
use crate::event::{Movement, Overdraft};
use crate::id::{AccountId, EventId, TransferId};
use crate::money::{Currency, Money};
use crate::reason::Refusal;
use crate::subject::{Subject, Verb};
use crate::trace::TraceId;

/// A memo is a line for a statement, not a document.
pub const MAX_MEMO_BYTES: usize = 256;
/// How many requests one message may hold.
pub const MAX_ARRAY: usize = 10_000;
/// How long a reservation holds unless the request says otherwise, seconds: a week, as card authorisations do.
pub const EXPIRES_IN: u32 = 7 * 24 * 3600;
/// How long one may hold at most, seconds: a year.
pub const MAX_EXPIRES_IN: u32 = 365 * 24 * 3600;

/// A request with the authority of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Derived from account, client id, verb and content: a repeat has the same id, another content another.
    pub id: EventId,
    /// The client's name for it.
    pub transfer: TransferId,
    /// The same as the client writes it, if that is not how we do: in capitals, in braces, as a URN. It may wait under that name.
    pub written: Option<String>,
    /// Whose authority is used.
    pub account: AccountId,
    /// What is asked.
    pub verb: Verb,
    /// The flow's trace: the client's, or begun here.
    pub trace: TraceId,
    /// What is to be done, or why it can't be.
    pub order: Result<Order, Refusal>,
}

/// The sound content of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Move money.
    Transfer(Movement),
    /// Hold money.
    Reserve(Movement, Hold),
    /// Move what is held: all of it, or this much.
    Confirm(Option<Money>),
    /// Release what is held.
    Cancel,
    /// Give back what was received; the movement names the transfer.
    Reverse(Movement),
    /// Open the account in a currency.
    Open(Currency, Overdraft),
    /// Freeze the account.
    Freeze,
    /// Unfreeze the account.
    Unfreeze,
    /// Close the account.
    Close,
}

/// On what terms money is to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// For how long, seconds from when the request was stored in the log.
    pub expires_in: u32,
    /// Whether the payee's promise confirms it.
    pub auto_confirm: bool,
}

/// Bytes that can't be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not JSON, or JSON of another shape.
    #[error("not a request: {0}")]
    Json(String),
    /// No id to answer to.
    #[error("{0}: a request needs \"id\", a UUID made by the client")]
    Id(String),
    /// No account to answer to, in a bulk request.
    #[error("{0}: a bulk request needs \"from\", the payer's account")]
    Payer(String),
    /// It would be refused, and there is nobody to tell.
    #[error("{0}")]
    Refused(String),
}

/// What the message's subject and headers say about every request in it.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What is asked; in bulk a body may name another payer's verb.
    pub verb: Verb,
    /// Whose authority is used; none for bulk, where each body names its payer.
    pub account: Option<&'a AccountId>,
    /// The `traceparent` header.
    pub traceparent: Option<&'a str>,
    /// The `ce-id` header of a CloudEvent in binary mode.
    pub event_id: Option<&'a str>,
}

impl<'a> Context<'a> {
    /// What a subject and the headers say of the requests that stand there, and what is said against all of them; nothing if
    /// no requests do.
    pub fn of(
        subject: &'a Subject,
        traceparent: Option<&'a str>,
        event_id: Option<&'a str>,
    ) -> Option<(Self, Option<&'a str>)> {
        let (verb, account, against) = match subject {
            Subject::Request(verb, account) => (*verb, Some(account), None),
            Subject::Unknown(verb, account, flaw) => (*verb, Some(account), Some(&**flaw)),
            Subject::Bulk => (Verb::Transfer, None, None),
            Subject::Events(_) | Subject::Parking(_) => return None,
        };
        let context = Self {
            verb,
            account,
            traceparent,
            event_id,
        };
        Some((context, against))
    }

    /// The trace of the header. W3C: one that can't be read is ignored.
    fn trace(&self) -> Option<TraceId> {
        let parent = self.traceparent?;
        TraceId::from_traceparent(parent).ok()
    }
}

impl Hold {
    /// When what is held at `at_us` is due, microseconds since 1970.
    pub fn expires_us(self, at_us: i64) -> i64 {
        let lasts = i64::from(self.expires_in).checked_mul(1_000_000);
        let expires = lasts.and_then(|lasts| at_us.checked_add(lasts));
        expires.unwrap_or(i64::MAX)
    }
}

impl Order {
    /// What asks for it.
    pub fn verb(&self) -> Verb {
        match self {
            Self::Transfer(_) => Verb::Transfer,
            Self::Reserve(..) => Verb::Reserve,
            Self::Confirm(_) => Verb::Confirm,
            Self::Cancel => Verb::Cancel,
            Self::Reverse(_) => Verb::Reverse,
            Self::Open(..) => Verb::Open,
            Self::Freeze => Verb::Freeze,
            Self::Unfreeze => Verb::Unfreeze,
            Self::Close => Verb::Close,
        }
    }

    /// The movement that it asks for, where it asks for one.
    pub fn movement(&self) -> Option<&Movement> {
        match self {
            Self::Transfer(movement) | Self::Reserve(movement, _) | Self::Reverse(movement) => Some(movement),
            Self::Confirm(_)
            | Self::Cancel
            | Self::Open(..)
            | Self::Freeze
            | Self::Unfreeze
            | Self::Close => None,
        }
    }
}

/// Reads one request: an object of JSON, plain or a `CloudEvent`.
pub fn read(json: &str, context: Context<'_>) -> Result<Request, Unreadable> {
    answer::answer(json, context).map(|answered| answered.request)
}
