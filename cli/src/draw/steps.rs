//! The requests and events of a flow in the order in which they are drawn: each behind what caused it.

use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::event::{Fact, Failure};
use wallet_contract::id::AccountId;
use wallet_contract::request::{self, Context, Order};
use wallet_contract::subject::{Service, Verb};

use crate::api::{Event, Transfer};
use crate::output::{self, clean};

/// One line of the drawing.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) lane: usize,
    /// The step that caused it.
    pub(super) parent: Option<usize>,
    /// Which of the flow's requests it goes back to, counted from 0.
    pub(super) root: usize,
    pub(super) at_us: i64,
    /// Where the time went; nothing for a request.
    pub(super) times: Option<Times>,
    pub(super) mark: Mark,
    pub(super) words: String,
    pub(super) notes: Vec<String>,
    pub(super) shard: u16,
    pub(super) sequence: u64,
}

/// Where a step's time went.
#[expect(clippy::struct_field_names, reason = "the unit stands last in a name")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) wait_us: i64,
    pub(super) work_us: i64,
    pub(super) publish_us: i64,
}

/// What a step means for the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// One of many.
    Said,
    /// A good end.
    Good,
    /// Somebody said no.
    Refused,
    /// Something was taken back.
    Undone,
}

impl Mark {
    pub(super) fn sign(self) -> char {
        match self {
            Self::Said => '●',
            Self::Good => '✓',
            Self::Refused => '✗',
            Self::Undone => '↺',
        }
    }
}

/// Puts a flow's events in order.
pub(super) fn of(flow: &Transfer) -> Vec<Step> {
    let events = &flow.events;
    let mut drawing = Drawing {
        flow,
        start_us: events.first().map_or(0, recorded_us),
        ids: Vec::new(),
        steps: Vec::new(),
    };
    let known = |id: Uuid| events.iter().any(|event| event.id == id);
    let roots = events
        .iter()
        .filter(|event| event.cause.is_none_or(|cause| !known(cause) || cause == event.id));
    let mut others = 0;
    for (index, event) in roots.enumerate() {
        // The second phase goes on with the first request.
        let goes_on = index > 0 && goes_on(event) && !drawing.is_refused(event);
        others += usize::from(index > 0 && !goes_on);
        drawing.add(event, None, if goes_on { 0 } else { others });
    }
    drawing.steps
}

struct Drawing<'f> {
    flow: &'f Transfer,
    start_us: i64,
    ids: Vec<Uuid>,
    steps: Vec<Step>,
}

impl<'f> Drawing<'f> {
    /// Adds an event and everything that it led to.
    fn add(&mut self, event: &'f Event, parent: Option<(usize, &Event)>, root: usize) {
        // A log that says that two events caused each other is broken, but it can still be drawn.
        if self.ids.contains(&event.id) {
            return;
        }
        let (mark, words, notes) = self.meaning(event, root);
        let index = self.steps.len();
        self.ids.push(event.id);
        self.steps.push(Step {
            lane: lane(&event.source),
            parent: parent.map(|(index, _)| index),
            root,
            at_us: recorded_us(event) - self.start_us,
            times: event.cause.map(|_| times(event, parent.map(|(_, cause)| cause))),
            mark,
            words,
            notes,
            shard: event.shard,
            sequence: event.sequence,
        });
        let flow = self.flow;
        for effect in flow.events.iter().filter(|effect| effect.cause == Some(event.id)) {
            self.add(effect, Some((index, event)), root);
        }
    }

    /// Whether a request led to nothing.
    fn is_refused(&self, request: &Event) -> bool {
        let mut effects = self
            .flow
            .events
            .iter()
            .filter(|event| event.cause == Some(request.id));
        effects.all(|effect| effect.kind == "wallet.request.refused.v1")
    }

    /// What an event says, in words.
    fn meaning(&self, event: &Event, root: usize) -> (Mark, String, Vec<String>) {
        let words = event
            .kind
            .trim_start_matches("wallet.")
            .trim_end_matches(".v1")
            .replace('.', " ");
        let words = clean(&words);
        if event.cause.is_none() {
            return self.asked(event, words, root);
        }
        let fact = envelope::read(event.body.get()).ok().map(|event| event.fact);
        let Some(fact) = fact else {
            return (Mark::Said, placed(event, words), Vec::new());
        };
        let refusal = fact.refusal().map(|refusal| clean(&refusal.to_string()));
        match &fact {
            Fact::DebitRefused(..)
            | Fact::CreditRefused(..)
            | Fact::ClosureRefused(..)
            | Fact::RequestRefused(..) => {
                (Mark::Refused, placed(event, words), refusal.into_iter().collect())
            }
            Fact::ReversalDenied(..) => (Mark::Refused, placed(event, words), refusal.into_iter().collect()),
            Fact::FundsReserved(movement, terms) => {
                let until = output::time(terms.expires);
                let held = format!("{} held for {} until {until} UTC", movement.money, movement.payee);
                (Mark::Said, placed(event, words), vec![held])
            }
            Fact::ConfirmationDeferred(movement) => {
                let waits = format!("{} as soon as it is promised", movement.money);
                (Mark::Said, placed(event, words), vec![waits])
            }
            Fact::ReservationReleased(movement, ..) => {
                let back = format!("{} is available to {} again", movement.money, movement.payer);
                let notes = std::iter::once(back).chain(refusal);
                (Mark::Undone, placed(event, words), notes.collect())
            }
            Fact::ReservationBarred(_) => {
                let late = "it will be refused when it comes".to_owned();
                (Mark::Undone, placed(event, words), vec![late])
            }
            Fact::AccountDebited(movement) => {
                let rest = movement.reserved.map(|reserved| {
                    let code = movement.money.currency;
                    format!(
                        "{} of {} {code} held",
                        movement.money,
                        code.format_minor(reserved.minor())
                    )
                });
                (Mark::Said, placed(event, words), rest.into_iter().collect())
            }
            Fact::DebitReversed(movement, _) => {
                let back = format!("{} goes back to {}", movement.money, movement.payer);
                (Mark::Undone, placed(event, words), vec![back])
            }
            Fact::TransferFailed(_, _, failure, _) => {
                let mark = match failure {
                    Failure::Refused | Failure::Compensated => Mark::Refused,
                    Failure::Cancelled | Failure::Expired => Mark::Undone,
                };
                (mark, format!("{words}: {}", failure.word()), Vec::new())
            }
            Fact::TransferSettled(_)
            | Fact::AccountOpened(..)
            | Fact::AccountFrozen(_)
            | Fact::AccountUnfrozen(_)
            | Fact::AccountClosed(_) => (Mark::Good, words, Vec::new()),
            Fact::MessageParked(parked) => (Mark::Refused, words, vec![clean(&parked.detail)]),
            Fact::MessageResolved(resolved) => (
                Mark::Said,
                format!("{words}: {}", resolved.how.word()),
                Vec::new(),
            ),
            Fact::AccountClosing(_)
            | Fact::RequestRecalled(..)
            | Fact::ClosureAccepted(_)
            | Fact::CreditPromised(..)
            | Fact::ReversalGranted(_)
            | Fact::AccountCredited(_) => (Mark::Said, placed(event, words), Vec::new()),
        }
    }

    /// A request. One that comes later than the first goes on with it, or has the same id and another content.
    fn asked(&self, event: &Event, words: String, root: usize) -> (Mark, String, Vec<String>) {
        let verb = verb(event);
        let account = self.flow.payer.parse::<AccountId>().ok();
        let order = verb.zip(account.as_ref()).and_then(|(verb, account)| {
            let context = Context {
                verb,
                account: Some(account),
                traceparent: None,
                event_id: None,
            };
            request::read(event.body.get(), context).ok()?.order.ok()
        });
        let first = self.flow.events.first().and_then(self::verb);
        let another = root > 0 && !goes_on(event);
        let content = match order {
            Some(Order::Confirm(Some(money))) => Some(format!("{money} of it")),
            Some(Order::Confirm(None) | Order::Cancel) => None,
            _ if !another => None,
            Some(Order::Transfer(movement) | Order::Reserve(movement, _) | Order::Reverse(movement)) => {
                let asked = format!("{} to {}", movement.money, movement.payee);
                Some(if first == verb {
                    format!("other content: {asked}")
                } else {
                    asked
                })
            }
            Some(Order::Open(..) | Order::Freeze | Order::Unfreeze | Order::Close) | None => {
                Some("same id, other content".to_owned())
            }
        };
        let words = if another && first == verb {
            format!("{words} again")
        } else {
            words
        };
        (Mark::Said, words, content.into_iter().collect())
    }
}

/// Whether a request is the second phase of a transfer.
fn goes_on(event: &Event) -> bool {
    matches!(verb(event), Some(Verb::Confirm | Verb::Cancel))
}

/// What a request asks.
fn verb(event: &Event) -> Option<Verb> {
    let token = event.kind.strip_prefix("wallet.")?.split('.').next()?;
    Verb::ALL.into_iter().find(|verb| verb.token() == token)
}

/// Adds the shard, where another than the flow's home had a say.
fn placed(event: &Event, words: String) -> String {
    match shard(&event.source) {
        Some(shard) if shard != event.shard => format!("{words} on shard {shard}"),
        Some(_) | None => words,
    }
}

fn times(event: &Event, cause: Option<&Event>) -> Times {
    let decided_us = event.time.as_microsecond();
    let taken_us = decided_us - event.work_us;
    Times {
        wait_us: cause.map_or(0, |cause| taken_us - recorded_us(cause)).max(0),
        work_us: event.work_us.max(0),
        publish_us: (recorded_us(event) - decided_us).max(0),
    }
}

fn recorded_us(event: &Event) -> i64 {
    event.recorded_at.as_microsecond()
}

/// Who said it: a service's lane, else the client's.
fn lane(source: &str) -> usize {
    let name = source.split('/').nth(1).unwrap_or_default();
    Service::ALL
        .iter()
        .position(|service| service.name() == name)
        .map_or(0, |index| index + 1)
}

fn shard(source: &str) -> Option<u16> {
    source.split('/').nth(2)?.parse().ok()
}
