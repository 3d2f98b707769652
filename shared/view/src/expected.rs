//! Events that the choreography requires and that have not been seen yet.

use wallet_contract::id::AccountId;
use wallet_contract::shard::Shards;
use wallet_contract::status::Status;
use wallet_kernel::choreography::{self, Party};

use crate::content::Content;
use crate::flow::{Event, Expected, Flow, idle, short};
use crate::text::{clean, span_us};

/// Which service has not reacted to which event, on which shard, and since when. Empty for a flow that has ended, because
/// whatever is still on its way no longer changes it.
pub fn of(flow: &Flow, shards: Shards) -> Vec<Expected> {
    match flow.status {
        Status::Running | Status::Reserved => {}
        Status::Settled
        | Status::Refused
        | Status::Compensated
        | Status::Cancelled
        | Status::Expired
        | Status::Done => return Vec::new(),
    }
    let (mut events, mut steps) = (Vec::new(), Vec::new());
    for event in &flow.events {
        if let Some(step) = Content::of(event, flow).as_step() {
            events.push(event);
            steps.push(step);
        }
    }
    let open = choreography::open(&steps);
    open.filter_map(|(place, expected)| named(flow, events[place], expected, shards))
        .collect()
}

fn named(flow: &Flow, after: &Event, expected: choreography::Expected, shards: Shards) -> Option<Expected> {
    let account = match expected.of {
        Party::Payer => Some(&flow.payer),
        Party::Payee => flow.payee.as_ref(),
    };
    let account: AccountId = account?.parse().ok()?;
    Some(Expected {
        service: expected.by.name().to_owned(),
        shard: shards.of(&account).0,
        after: after.id,
        since: after.recorded_at,
        events: expected.kinds.iter().map(ToString::to_string).collect(),
        cannot: None,
        usually_us: None,
    })
}

impl Expected {
    /// Attributes the wait to the service that published the unanswered event, which `cannot` do what it must.
    pub fn waits_for_publisher(&mut self, flow: &Flow, cannot: String) {
        let event = flow.events.iter().find(|event| event.id == self.after);
        if let Some((service, shard)) = event.and_then(Event::decided_by_service) {
            self.events = event.map(|event| event.kind.clone()).into_iter().collect();
            (self.service, self.shard) = (service.to_owned(), shard);
            self.cannot = Some(cannot);
        }
    }

    /// The waiting service as a sentence: `credit-svc of shard 1 has not reacted to account.debited`.
    pub fn describe(&self, flow: &Flow) -> String {
        let after = flow.events.iter().find(|event| event.id == self.after);
        let after = after.map_or("its input", |event| short(&event.kind));
        let cannot = self.cannot.as_deref().map(clean);
        idle(
            &clean(&self.service),
            self.shard,
            &clean(after),
            cannot.as_deref(),
        )
    }

    /// How long it has been waiting at `now`, and how long that usually takes: `for 14.0 s; usually 3.00 ms`.
    pub fn waited(&self, now: jiff::Timestamp) -> String {
        let waited_us = now.as_microsecond().saturating_sub(self.since.as_microsecond());
        let usually = self.usually_us.map(|us| format!("; usually {}", span_us(us)));
        format!("for {}{}", span_us(waited_us), usually.unwrap_or_default())
    }
}
