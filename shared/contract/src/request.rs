//! Requests of clients: plain JSON, one object or an array of them, or a CloudEvent that contains it.
//!
//! Reading has three outcomes: a valid request; a request that is invalid but can be answered, because it has an id and an account,
//! so it gets a refusal; and bytes that can't be answered ([`Unreadable`]), which are parked.
//!
//! | module | does |
//! |---|---|
//! | `fields`, `body`, `order` | read a valid request in one pass, borrowed from the message |
//! | `event` | unpacks a `CloudEvent` |
//! | `elements`, `cut` | split a message into requests, including damaged ones |
//! | `answer` | refuses an invalid request, if it can be answered |
//! | `known`, `scan` | find out who to answer, and what is wrong |
//! | `stand_in` | the record of a request that is not JSON |

mod answer;
mod body;
mod cut;
mod elements;
mod event;
mod fields;
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
/// The maximum number of requests in one message.
pub const MAX_ARRAY: usize = 10_000;
/// How long a reservation holds unless the request says otherwise, seconds: a week, like card authorisations.
pub const EXPIRES_IN: u32 = 7 * 24 * 3600;
/// The longest time that a reservation may hold, seconds: a year.
pub const MAX_EXPIRES_IN: u32 = 365 * 24 * 3600;

/// A request with the authority of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Derived from account, client id, verb and content: a repeat has the same id, different content a different one.
    pub id: EventId,
    /// The client-made id of its transfer.
    pub transfer: TransferId,
    /// The id as the client wrote it, if not in our form: in capitals, in braces, as a URN. The client may expect the outcome under that
    /// form.
    pub written: Option<String>,
    /// The account whose authority is used.
    pub account: AccountId,
    /// The verb.
    pub verb: Verb,
    /// The flow's trace: the client's, or a new one.
    pub trace: TraceId,
    /// The valid order, or why it is refused.
    pub order: Result<Order, Refusal>,
}

/// The valid content of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Move money.
    Transfer(Movement),
    /// Hold money.
    Reserve(Movement, Hold),
    /// Move the held money: all of it, or this amount.
    Confirm(Option<Money>),
    /// Release the held money.
    Cancel,
    /// Give back received money; the movement names the transfer.
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

/// The terms on which money is to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// How long, in seconds from the time when the request was stored in the log.
    pub expires_in: u32,
    /// Whether the payee's promise confirms it without a request.
    pub auto_confirm: bool,
}

/// Why bytes can't be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not JSON, or JSON of the wrong shape.
    #[error("not a request: {0}")]
    Json(String),
    /// There is no id to answer to.
    #[error("{0}: a request needs \"id\", a UUID made by the client")]
    Id(String),
    /// There is no account to answer to, in a bulk request.
    #[error("{0}: a bulk request needs \"from\", the payer's account")]
    Payer(String),
    /// It would be refused, but there is nobody to answer.
    #[error("{0}")]
    Refused(String),
}

/// What the message's subject and headers determine for every request in it.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The verb; in a bulk message each body may name another verb of a payer.
    pub verb: Verb,
    /// The account whose authority is used; `None` in a bulk message, where each body names its payer.
    pub account: Option<&'a AccountId>,
    /// The `traceparent` header.
    pub traceparent: Option<&'a str>,
    /// The `ce-id` header of a CloudEvent in binary mode.
    pub event_id: Option<&'a str>,
}

impl<'a> Context<'a> {
    /// The context of the requests in a message on this subject with these headers, and the reason to refuse all of them, if there is one;
    /// `None` if the subject is not one for requests.
    pub fn of(
        subject: &'a Subject,
        traceparent: Option<&'a str>,
        event_id: Option<&'a str>,
    ) -> Option<(Self, Option<&'a str>)> {
        let (verb, account, against) = match subject {
            Subject::Request(verb, account) => (*verb, Some(account), None),
            Subject::Unknown(verb, account, flaw) => (*verb, Some(account), Some(&**flaw)),
            Subject::Bulk => (Verb::Transfer, None, None),
            Subject::Events(_) | Subject::Fill | Subject::Parking(_) => return None,
        };
        let context = Self {
            verb,
            account,
            traceparent,
            event_id,
        };
        Some((context, against))
    }

    /// The trace in the header. As W3C requires, one that can't be read is ignored.
    fn trace(&self) -> Option<TraceId> {
        let parent = self.traceparent?;
        TraceId::from_traceparent(parent).ok()
    }
}

impl Hold {
    /// When money held at `at_us` is due for release, microseconds since 1970.
    pub fn expires_us(self, at_us: i64) -> i64 {
        let lasts = i64::from(self.expires_in).checked_mul(1_000_000);
        let expires = lasts.and_then(|lasts| at_us.checked_add(lasts));
        expires.unwrap_or(i64::MAX)
    }
}

impl Order {
    /// The verb that requests it.
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

    /// The movement that it requests, if any.
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

/// Reads one request: a JSON object, plain or a `CloudEvent`.
pub fn read(json: &str, context: Context<'_>) -> Result<Request, Unreadable> {
    answer::answer(json, context).map(|answered| answered.request)
}
