//! What a request or event of a flow says, read once.

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
    /// A client has asked; what for, if that makes sense.
    Asked(Verb, Option<Order>),
    /// A service has decided.
    Said(Fact),
    /// Nothing that this program can read: a newer one may have said it.
    Unknown,
}

impl Content {
    /// Reads an event of `flow`.
    pub fn of(event: &Event, flow: &Flow) -> Self {
        match event.asks() {
            Some(verb) => Self::Asked(verb, order(event, verb, flow)),
            None => envelope::read(event.body.get()).map_or(Self::Unknown, |event| Self::Said(event.fact)),
        }
    }

    /// What was decided.
    pub fn fact(&self) -> Option<&Fact> {
        match self {
            Self::Said(fact) => Some(fact),
            Self::Asked(..) | Self::Unknown => None,
        }
    }

    /// What was asked.
    pub fn verb(&self) -> Option<Verb> {
        match self {
            Self::Asked(verb, _) => Some(*verb),
            Self::Said(_) | Self::Unknown => None,
        }
    }

    /// The step that it is to the choreography.
    pub fn as_step(&self) -> Option<choreography::Step> {
        match self {
            Self::Asked(verb, _) => Some(choreography::Step::Asked(*verb)),
            Self::Said(fact) => Some(choreography::Step::Said(fact.clone())),
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
