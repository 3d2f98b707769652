//! What each step says, in a few words and notes.

use wallet_contract::event::{AccountFact, Fact, Failure, MessageFact, Movement, MovementFact, RequestFact};
use wallet_contract::request::Order;
use wallet_contract::subject::Verb;

use crate::content::Content;
use crate::flow::{Event, Flow};
use crate::step::{Mark, goes_on};
use crate::text::{clean, time};

/// The meaning of a step.
pub(crate) struct Meaning {
    pub(crate) mark: Mark,
    pub(crate) words: String,
    pub(crate) notes: Vec<String>,
}

fn meaning_of(mark: Mark, words: String, notes: impl IntoIterator<Item = String>) -> Meaning {
    Meaning {
        mark,
        words,
        notes: notes.into_iter().collect(),
    }
}

/// The meaning of an event, in words.
pub(crate) fn meaning(flow: &Flow, event: &Event, content: &Content, root: usize) -> Meaning {
    let words = clean(&event.short_kind().replace('.', " "));
    match content {
        Content::Requested(verb, order) => requested(flow, *verb, order.as_ref(), words, root),
        Content::Decided(fact) => decided(fact, placed(event, &words), words),
        Content::Unknown => meaning_of(Mark::Neutral, placed(event, &words), None),
    }
}

fn decided(fact: &Fact, placed: String, words: String) -> Meaning {
    let refusal = fact.refusal().map(|refusal| clean(&refusal.to_string()));
    match fact {
        Fact::Account(_, fact) => account(fact, placed, words, refusal),
        Fact::Movement(moved, fact) => movement(moved, fact, placed, words, refusal),
        Fact::Request(_, fact) => request(fact, placed, &words, refusal),
        Fact::Message(fact) => message(fact, words),
    }
}

fn account(fact: &AccountFact, placed: String, words: String, refusal: Option<String>) -> Meaning {
    match fact {
        AccountFact::ClosureRefused(_) => meaning_of(Mark::Refused, placed, refusal),
        AccountFact::AccountOpened(..)
        | AccountFact::AccountFrozen
        | AccountFact::AccountUnfrozen
        | AccountFact::AccountClosed => meaning_of(Mark::Good, words, None),
        AccountFact::AccountClosing | AccountFact::ClosureAccepted => meaning_of(Mark::Neutral, placed, None),
    }
}

fn movement(
    movement: &Movement,
    fact: &MovementFact,
    placed: String,
    words: String,
    refusal: Option<String>,
) -> Meaning {
    let Movement {
        payer, payee, money, ..
    } = movement;
    match fact {
        MovementFact::CreditRefused(_) => meaning_of(Mark::Refused, placed, refusal),
        MovementFact::FundsReserved(terms) => {
            let until = time(terms.expires);
            meaning_of(
                Mark::Neutral,
                placed,
                Some(format!("{money} held for {payee} until {until} UTC")),
            )
        }
        MovementFact::ConfirmationDeferred => meaning_of(
            Mark::Neutral,
            placed,
            Some(format!("{money} as soon as it is promised")),
        ),
        MovementFact::ReservationReleased(..) => {
            let back = format!("{money} is available to {payer} again");
            meaning_of(Mark::Undone, placed, std::iter::once(back).chain(refusal))
        }
        MovementFact::AccountDebited => {
            let rest = movement.reserved.map(|reserved| {
                let code = money.currency;
                let held = code.format_minor(reserved.minor());
                format!("{money} of {held} {code} held")
            });
            meaning_of(Mark::Neutral, placed, rest)
        }
        MovementFact::DebitReversed(_) => meaning_of(
            Mark::Undone,
            placed,
            Some(format!("{money} goes back to {payer}")),
        ),
        MovementFact::TransferSettled => meaning_of(Mark::Good, words, None),
        MovementFact::CreditPromised(_) | MovementFact::ReversalGranted | MovementFact::AccountCredited => {
            meaning_of(Mark::Neutral, placed, None)
        }
    }
}

fn request(fact: &RequestFact, placed: String, words: &str, refusal: Option<String>) -> Meaning {
    match fact {
        RequestFact::DebitRefused(..) | RequestFact::RequestRefused(..) | RequestFact::ReversalDenied(..) => {
            meaning_of(Mark::Refused, placed, refusal)
        }
        RequestFact::ReservationBarred => {
            let late = "it will be refused when it arrives".to_owned();
            meaning_of(Mark::Undone, placed, Some(late))
        }
        RequestFact::TransferFailed(_, failure, _) => {
            let mark = match failure {
                Failure::Refused | Failure::Compensated => Mark::Refused,
                Failure::Cancelled | Failure::Expired => Mark::Undone,
            };
            meaning_of(mark, format!("{words}: {}", failure.word()), None)
        }
        RequestFact::RequestRecalled(.., instruction) => {
            let why = instruction.map(|sequence| {
                format!("in place of an unreadable request, by an operator's instruction: message {sequence}")
            });
            meaning_of(Mark::Neutral, placed, why)
        }
    }
}

fn message(fact: &MessageFact, words: String) -> Meaning {
    match fact {
        MessageFact::MessageParked(parked) => meaning_of(Mark::Refused, words, Some(clean(&parked.detail))),
        MessageFact::MessageResolved(resolved) => {
            meaning_of(Mark::Neutral, format!("{words}: {}", resolved.how.word()), None)
        }
    }
}

/// A request. A later one either continues the first one or reuses its id with another content.
fn requested(flow: &Flow, verb: Verb, order: Option<&Order>, words: String, root: usize) -> Meaning {
    let first = flow.events.first().and_then(Event::request_verb) == Some(verb);
    let another = root > 0 && !goes_on(Some(verb));
    let content = match order {
        Some(Order::Confirm(Some(money))) => Some(format!("{money} of it")),
        Some(Order::Confirm(None) | Order::Cancel) => None,
        _ if !another => None,
        Some(Order::Transfer(movement) | Order::Reserve(movement, _) | Order::Reverse(movement)) => {
            let content = format!("{} to {}", movement.money, movement.payee);
            Some(if first {
                format!("different content: {content}")
            } else {
                content
            })
        }
        Some(Order::Open(..) | Order::Freeze | Order::Unfreeze | Order::Close) | None => {
            Some("same id, different content".to_owned())
        }
    };
    let words = if another && first {
        format!("{words} again")
    } else {
        words
    };
    meaning_of(Mark::Neutral, words, content)
}

/// Adds the shard if it is not the flow's home.
fn placed(event: &Event, words: &str) -> String {
    let shard = event.source.split('/').nth(2);
    match shard.and_then(|shard| shard.parse::<u16>().ok()) {
        Some(shard) if shard != event.shard => format!("{words} on shard {shard}"),
        Some(_) | None => words.to_owned(),
    }
}
