//! The final checks, once all logs have been read.

use wallet_contract::id::TransferId;
use wallet_contract::log::LogPlace;
use wallet_contract::shard::Shard;
use wallet_contract::subject::Verb;

use super::{Audit, Log, located};
use crate::books::{AccountNo, Books, decimal};
use crate::flow::{End, Flow};
use crate::report::{Breaches, Counts, Invariant};

/// Whether an element was parked, by itself or with its whole message.
fn is_parked(log: &Log, place: LogPlace) -> bool {
    log.parked.contains(&place) || log.parked.contains(&LogPlace::message(place.sequence))
}

impl Audit {
    /// Runs the final checks once all logs have been read, and returns the counts, the books and the breaches.
    pub fn finish(mut self) -> (Counts, Books, Breaches) {
        self.process_rest();
        let logs = std::mem::take(&mut self.logs);
        for (shard, log) in self.shards.all().zip(&logs) {
            self.left_over(shard, log);
            for ((transfer, payer), flow) in &log.flows {
                self.ended(*transfer, *payer, flow);
            }
        }
        for (event, shard) in &self.halves {
            let half = || format!("event {event} is missing from the log of shard {shard}");
            self.breaches
                .add_open(self.at_rest, Invariant::NothingDropped, half);
        }
        for (currency, sum) in self.books.sums() {
            let counted = self.books.recount(currency);
            if counted != sum || sum != 0 {
                let text = || format!("at the end Σ is {}, not zero", decimal(currency, counted));
                self.breaches.add(Invariant::Conservation, text);
            }
        }
        self.counts.balances = self.books.iter().count() as u64;
        self.counts.currencies = self.books.currencies();
        (self.counts, self.books, self.breaches)
    }

    fn left_over(&mut self, shard: Shard, log: &Log) {
        for (id, (place, transfer, verb)) in &log.undecided {
            if is_parked(log, *place) {
                continue;
            }
            if verb.flow() == Verb::Transfer && !log.flows.keys().any(|(known, _)| known == transfer) {
                self.counts.running += 1;
            }
            let text = || {
                let at = located(shard, *place);
                format!(
                    "{} request {transfer} ({at}, derived id {id}) has no decision",
                    verb.token()
                )
            };
            self.breaches
                .add_open(self.at_rest, Invariant::NothingDropped, text);
        }
        for (place, detail) in &log.unreadable {
            if !is_parked(log, *place) {
                let text = || {
                    format!(
                        "{} is unreadable and was not parked: {detail}",
                        located(shard, *place)
                    )
                };
                self.breaches
                    .add_open(self.at_rest, Invariant::NothingDropped, text);
            }
        }
    }

    fn ended(&mut self, transfer: TransferId, payer: AccountNo, flow: &Flow) {
        let count = match flow.end() {
            End::Settled => &mut self.counts.settled,
            End::Refused => &mut self.counts.refused,
            End::Compensated => &mut self.counts.compensated,
            End::Cancelled => &mut self.counts.cancelled,
            End::Expired => &mut self.counts.expired,
            End::Waiting => &mut self.counts.reserved,
            End::Running | End::Broken => &mut self.counts.running,
        };
        *count += 1;
        if matches!(flow.end(), End::Running | End::Broken) {
            let payer = self.books.name(payer);
            let ended = self.at_rest || flow.end() == End::Broken;
            let has = if ended { "no valid end" } else { "not ended" };
            let text = || format!("transfer {transfer} of {payer} has {has}: {}", flow.steps());
            self.breaches.add_open(ended, Invariant::OneEnd, text);
        }
    }
}
