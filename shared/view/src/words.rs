//! What each step says, in a few words and notes.

use wallet_contract::event::{Fact, Failure};
use wallet_contract::request::Order;
use wallet_contract::subject::Verb;

use crate::content::Content;
use crate::flow::{Event, Flow};
use crate::step::{Mark, goes_on};
use crate::text::{clean, time};

/// What a step means.
pub(crate) struct Meaning {
    pub(crate) mark: Mark,
    pub(crate) words: String,
    pub(crate) notes: Vec<String>,
}

fn said(mark: Mark, words: String, notes: impl IntoIterator<Item = String>) -> Meaning {
    Meaning {
        mark,
        words,
        notes: notes.into_iter().collect(),
    }
}

/// What an event says, in words.
pub(crate) fn meaning(flow: &Flow, event: &Event, content: &Content, root: usize) -> Meaning {
    let words = clean(&event.short_kind().replace('.', " "));
    match content {
        Content::Asked(verb, order) => asked(flow, *verb, order.as_ref(), words, root),
        Content::Said(fact) => decided(fact, placed(event, &words), words),
        Content::Unknown => said(Mark::Said, placed(event, &words), None),
    }
}

fn decided(fact: &Fact, placed: String, words: String) -> Meaning {
    let refusal = fact.refusal().map(|refusal| clean(&refusal.to_string()));
    match fact {
        Fact::DebitRefused(..)
        | Fact::CreditRefused(..)
        | Fact::ClosureRefused(..)
        | Fact::RequestRefused(..)
        | Fact::ReversalDenied(..) => said(Mark::Refused, placed, refusal),
        Fact::FundsReserved(movement, terms) => {
            let until = time(terms.expires);
            let held = format!("{} held for {} until {until} UTC", movement.money, movement.payee);
            said(Mark::Said, placed, Some(held))
        }
        Fact::ConfirmationDeferred(movement) => {
            let waits = format!("{} as soon as it is promised", movement.money);
            said(Mark::Said, placed, Some(waits))
        }
        Fact::ReservationReleased(movement, ..) => {
            let back = format!("{} is available to {} again", movement.money, movement.payer);
            said(Mark::Undone, placed, std::iter::once(back).chain(refusal))
        }
        Fact::ReservationBarred(_) => {
            let late = "it will be refused when it comes".to_owned();
            said(Mark::Undone, placed, Some(late))
        }
        Fact::AccountDebited(movement) => {
            let rest = movement.reserved.map(|reserved| {
                let code = movement.money.currency;
                let held = code.format_minor(reserved.minor());
                format!("{} of {held} {code} held", movement.money)
            });
            said(Mark::Said, placed, rest)
        }
        Fact::DebitReversed(movement, _) => {
            let back = format!("{} goes back to {}", movement.money, movement.payer);
            said(Mark::Undone, placed, Some(back))
        }
        Fact::TransferFailed(_, _, failure, _) => {
            let mark = match failure {
                Failure::Refused | Failure::Compensated => Mark::Refused,
                Failure::Cancelled | Failure::Expired => Mark::Undone,
            };
            said(mark, format!("{words}: {}", failure.word()), None)
        }
        Fact::TransferSettled(_)
        | Fact::AccountOpened(..)
        | Fact::AccountFrozen(_)
        | Fact::AccountUnfrozen(_)
        | Fact::AccountClosed(_) => said(Mark::Good, words, None),
        Fact::MessageParked(parked) => said(Mark::Refused, words, Some(clean(&parked.detail))),
        Fact::MessageResolved(resolved) => {
            let words = format!("{words}: {}", resolved.how.word());
            said(Mark::Said, words, None)
        }
        Fact::RequestRecalled(.., instruction) => {
            let why = instruction.map(|sequence| {
                format!(
                    "in the place of what nobody could read: an operator's instruction, message {sequence}"
                )
            });
            said(Mark::Said, placed, why)
        }
        Fact::AccountClosing(_)
        | Fact::ClosureAccepted(_)
        | Fact::CreditPromised(..)
        | Fact::ReversalGranted(_)
        | Fact::AccountCredited(_) => said(Mark::Said, placed, None),
    }
}

/// A request. One that comes later than the first goes on with it, or has the same id and another content.
fn asked(flow: &Flow, verb: Verb, order: Option<&Order>, words: String, root: usize) -> Meaning {
    let first = flow.events.first().and_then(Event::asks) == Some(verb);
    let another = root > 0 && !goes_on(Some(verb));
    let content = match order {
        Some(Order::Confirm(Some(money))) => Some(format!("{money} of it")),
        Some(Order::Confirm(None) | Order::Cancel) => None,
        _ if !another => None,
        Some(Order::Transfer(movement) | Order::Reserve(movement, _) | Order::Reverse(movement)) => {
            let asked = format!("{} to {}", movement.money, movement.payee);
            Some(if first {
                format!("other content: {asked}")
            } else {
                asked
            })
        }
        Some(Order::Open(..) | Order::Freeze | Order::Unfreeze | Order::Close) | None => {
            Some("same id, other content".to_owned())
        }
    };
    let words = if another && first {
        format!("{words} again")
    } else {
        words
    };
    said(Mark::Said, words, content)
}

/// Adds the shard, where another than the flow's home had a say.
fn placed(event: &Event, words: &str) -> String {
    let shard = event.source.split('/').nth(2);
    match shard.and_then(|shard| shard.parse::<u16>().ok()) {
        Some(shard) if shard != event.shard => format!("{words} on shard {shard}"),
        Some(_) | None => words.to_owned(),
    }
}
