//! The parsed content of a request or event.

use wallet_contract::envelope;
use wallet_contract::event::Fact;
use wallet_contract::id::AccountId;
use wallet_contract::request::{self, Context, Order};
use wallet_contract::subject::Verb;
use wallet_kernel::choreography;

use crate::flow::{Event, Flow};

/// What a request or event says.
#[derive(Clone, Debug)]
pub enum Content {
    /// A request from a client: its verb, and its order if the body is valid.
    Requested(Verb, Option<Order>),
    /// A decision of a service.
    Decided(Fact),
    /// Unreadable for this program; a newer version may have written it.
    Unknown,
}

impl Content {
    /// Parses an event of `flow`.
    pub fn of(event: &Event, flow: &Flow) -> Self {
        match event.request_verb() {
            Some(verb) => Self::Requested(verb, order(event, verb, flow)),
            None => envelope::read(event.body.get()).map_or(Self::Unknown, |event| Self::Decided(event.fact)),
        }
    }

    /// The decided fact, if it is a decision.
    pub fn fact(&self) -> Option<&Fact> {
        match self {
            Self::Decided(fact) => Some(fact),
            Self::Requested(..) | Self::Unknown => None,
        }
    }

    /// The requested verb, if it is a request.
    pub fn verb(&self) -> Option<Verb> {
        match self {
            Self::Requested(verb, _) => Some(*verb),
            Self::Decided(_) | Self::Unknown => None,
        }
    }

    /// The choreography step that this corresponds to.
    pub(crate) fn as_step(&self) -> Option<choreography::Step> {
        match self {
            Self::Requested(verb, _) => Some(choreography::Step::Requested(*verb)),
            Self::Decided(fact) => Some(choreography::Step::Decided(fact.clone())),
            Self::Unknown => None,
        }
    }
}

fn order(event: &Event, verb: Verb, flow: &Flow) -> Option<Order> {
    let account = flow.payer.parse::<AccountId>().ok()?;
    let context = Context {
        verb,
        account: Some(&account),
        traceparent: None,
        event_id: None,
    };
    request::read(event.body.get(), context).ok()?.order.ok()
}
