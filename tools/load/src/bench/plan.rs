//! The transfers of a run, as ready-made messages. Everything is determined by the seed.

use std::fmt::Write as _;

use bytes::Bytes;
use uuid::Uuid;
use wallet_client::clock;
use wallet_contract::id::AccountId;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject;

use super::{Mode, Options};
use crate::random::{MAX_CENTS, Names, Pair, Random, decimal};

/// More than callers that wait for each outcome can make in a second, so that no account runs out of money.
const MOST_A_SECOND: u64 = 100_000;
/// Longer than any request that is written here.
const REQUEST_BYTES: usize = 192;

/// A ready-made message of requests.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) subject: String,
    pub(super) payload: Bytes,
    /// The number of requests in it.
    pub(super) requests: u64,
}

/// All messages of a run.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// Transfers, or reservations.
    pub(super) first: Vec<Message>,
    /// The confirmations of each of them; empty for one-phase transfers.
    pub(super) second: Vec<Message>,
    /// Which of the first messages holds some of the transfers.
    pub(super) indexes: Vec<(Uuid, usize)>,
}

/// The plan of a run.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) accounts: Vec<AccountId>,
    pub(super) transfers: u64,
    batch: usize,
    max_payload: usize,
    hot_percent: u64,
    seed: u64,
    shards: Shards,
    mode: Mode,
}

impl Plan {
    pub(super) fn new(args: &Options, shards: Shards, max_payload: usize) -> Self {
        let names = (0..args.accounts).map(|n| format!("a{n:04}").parse());
        Self {
            accounts: names
                .collect::<Result<_, _>>()
                .expect("a letter and digits are a name"),
            transfers: match (args.rate, args.callers) {
                (Some(rate), _) => u64::from(rate) * u64::from(args.seconds),
                (None, Some(_)) => MOST_A_SECOND * u64::from(args.seconds),
                (None, None) => args.transfers,
            },
            batch: args.batch as usize,
            max_payload,
            hot_percent: u64::from(args.hot_percent),
            seed: args.seed,
            shards,
            mode: args.mode,
        }
    }

    /// Each account's deposit: enough to make all transfers alone, so that none is refused.
    pub(super) fn deposit(&self) -> String {
        decimal(self.transfers.saturating_mul(MAX_CENTS))
    }

    /// Payer, payee and amount of each transfer.
    pub(super) fn pairs(&self) -> impl Iterator<Item = Pair> + '_ {
        let mut random = Random(self.seed);
        (0..self.transfers).map(move |_| random.pair(self.accounts.len() as u64, self.hot_percent))
    }

    /// The deposits, from outside to each account.
    pub(super) fn deposits(&self) -> Vec<Message> {
        let mut bulk = Bulk::new(self, Mode::Transfer);
        let (world, amount) = (AccountId::world(), self.deposit());
        for account in &self.accounts {
            bulk.add(self.shards.of(&world), &world, account, &amount);
        }
        bulk.finish().first
    }

    /// All transfers as bulk messages, grouped by the payer's shard, with the places of the sampled payers' transfers.
    pub(super) fn bulk(&self, sampled: &[AccountId]) -> Load {
        let mut bulk = Bulk::new(self, self.mode);
        bulk.sampled = sampled.to_vec();
        for Pair { payer, payee, cents } in self.pairs() {
            let (from, to) = (&self.accounts[payer], &self.accounts[payee]);
            bulk.add(self.shards.of(from), from, to, &decimal(cents));
        }
        bulk.finish()
    }

    /// All transfers as single requests, with their ids.
    pub(super) fn singles(&self) -> Vec<(Uuid, Message)> {
        let single = |Pair { payer, payee, cents }: Pair| {
            let (id, payee, amount) = (clock::new_id().0, &self.accounts[payee], decimal(cents));
            let payload = format!(r#"{{"id":"{id}","to":"{payee}","amount":"{amount}","currency":"USD"}}"#);
            let subject = subject::Verb::Transfer.unmapped_subject(&self.accounts[payer]);
            (
                id,
                Message {
                    subject,
                    payload: payload.into(),
                    requests: 1,
                },
            )
        };
        self.pairs().map(single).collect()
    }
}

/// Gathers requests into messages, one array for each shard at a time.
struct Bulk<'p> {
    plan: &'p Plan,
    mode: Mode,
    open: Vec<Open>,
    full: Vec<Full>,
    sampled: Vec<AccountId>,
    indexes: Vec<(Uuid, Shard, usize)>,
    names: Names,
}

/// A message that is being filled, and the one that confirms it.
#[derive(Clone, Debug, Default)]
struct Open {
    text: String,
    confirm: String,
    count: usize,
}

/// A message that is full.
struct Full {
    shard: Shard,
    open: Open,
}

impl<'p> Bulk<'p> {
    fn new(plan: &'p Plan, mode: Mode) -> Self {
        Self {
            plan,
            mode,
            open: plan.shards.all().map(|_| Open::default()).collect(),
            full: Vec::new(),
            sampled: Vec::new(),
            indexes: Vec::new(),
            names: Names::new(),
        }
    }

    fn add(&mut self, shard: Shard, from: &AccountId, to: &AccountId, amount: &str) {
        let id = self.names.next();
        if self.sampled.contains(from) {
            // Its message is the next one of this shard to be full.
            let earlier = self.full.iter().filter(|full| full.shard == shard).count();
            self.indexes.push((id, shard, earlier));
        }
        let open = &mut self.open[usize::from(shard.0)];
        let before = if open.count == 0 { '[' } else { ',' };
        let verb = match self.mode {
            Mode::Transfer => "",
            Mode::Reserve => r#""verb":"reserve","#,
        };
        // Writing to a string can't fail.
        let _ = write!(
            open.text,
            r#"{before}{{"id":"{id}",{verb}"from":"{from}","to":"{to}","amount":"{amount}","currency":"USD"}}"#
        );
        if self.mode == Mode::Reserve {
            let _ = write!(
                open.confirm,
                r#"{before}{{"id":"{id}","verb":"confirm","from":"{from}"}}"#
            );
        }
        open.count += 1;
        if open.count >= self.plan.batch || open.text.len() + REQUEST_BYTES > self.plan.max_payload {
            self.close(shard);
        }
    }

    fn close(&mut self, shard: Shard) {
        let open = std::mem::take(&mut self.open[usize::from(shard.0)]);
        if open.count > 0 {
            self.full.push(Full { shard, open });
        }
    }

    fn finish(mut self) -> Load {
        for shard in self.plan.shards.all() {
            self.close(shard);
        }
        let nth_of = |shard: Shard, nth: usize| {
            let of_shard = self
                .full
                .iter()
                .enumerate()
                .filter(|(_, full)| full.shard == shard);
            of_shard.map(|(index, _)| index).nth(nth)
        };
        let indexes = self
            .indexes
            .iter()
            .filter_map(|(id, shard, nth)| Some((*id, nth_of(*shard, *nth)?)))
            .collect();
        let mut load = Load {
            indexes,
            ..Load::default()
        };
        for Full { shard, open } in self.full {
            let message = |text: String| Message {
                subject: subject::bulk(shard),
                payload: (text + "]").into(),
                requests: open.count as u64,
            };
            load.first.push(message(open.text));
            if self.mode == Mode::Reserve {
                load.second.push(message(open.confirm));
            }
        }
        load
    }
}

#[cfg(test)]
mod tests {
    use wallet_contract::event::Movement;
    use wallet_contract::request::{self, Context, Order};
    use wallet_contract::subject::Verb;

    use super::*;

    fn plan(options: &Options, shards: u16, max_payload: usize) -> Plan {
        Plan::new(options, Shards::new(shards).unwrap(), max_payload)
    }

    /// A thousand transfers among twenty accounts.
    fn few(batch: u32) -> Options {
        Options {
            transfers: 1_000,
            accounts: 20,
            batch,
            ..Options::DEFAULT
        }
    }

    fn read(message: &Message) -> Vec<(Uuid, Movement)> {
        let context = Context {
            verb: Verb::Transfer,
            account: None,
            traceparent: None,
            event_id: None,
        };
        let elements = request::elements(&message.payload, context, None).unwrap();
        let requests = elements.into_iter().map(|element| {
            let request = element.request.unwrap();
            let Ok(Order::Transfer(movement)) = request.order else {
                panic!("not a transfer: {}", element.raw)
            };
            (request.transfer.0, movement)
        });
        requests.collect()
    }

    #[test]
    fn every_transfer_is_in_a_message_to_its_payers_shard() {
        let plan = plan(&few(64), 3, 1_000_000);
        let messages = plan.bulk(&[]).first;
        let mut count = 0;
        for message in &messages {
            let movements = read(message);
            assert!(movements.len() <= 64);
            count += movements.len();
            for (_, movement) in movements {
                assert_eq!(subject::bulk(plan.shards.of(&movement.payer)), message.subject);
            }
        }
        assert_eq!(count, 1000);
    }

    #[test]
    fn a_message_stays_below_the_servers_limit() {
        let plan = plan(&few(10_000), 2, 8_000);
        let messages = plan.bulk(&[]).first;
        assert!(messages.iter().all(|message| message.payload.len() <= 8_000));
        assert!(messages.len() > 10);
    }

    #[test]
    fn sampled_transfers_are_in_the_messages_given_for_them() {
        let plan = plan(&few(50), 2, 1_000_000);
        let Load {
            first: messages,
            indexes,
            ..
        } = plan.bulk(&plan.accounts[..2]);
        assert!(indexes.len() > 50, "{}", indexes.len());
        for (id, message) in indexes {
            let found = read(&messages[message])
                .into_iter()
                .find(|(found, _)| *found == id)
                .unwrap();
            assert!(plan.accounts[..2].contains(&found.1.payer));
        }
    }

    #[test]
    fn the_hot_account_has_its_share_of_the_transfers() {
        let share = |transfers: u64, hot_percent: u8, accounts: u32| {
            let options = Options {
                transfers,
                accounts,
                hot_percent,
                ..Options::DEFAULT
            };
            let plan = plan(&options, 2, 1_000_000);
            let touched = plan
                .pairs()
                .filter(|pair| pair.payer == 0 || pair.payee == 0)
                .count();
            assert!(plan.pairs().all(|pair| pair.payer != pair.payee));
            touched
        };
        assert!((4_800..5_300).contains(&share(10_000, 50, 1_000)));
        assert!(share(10_000, 0, 1_000) < 60);
        assert_eq!(share(100, 100, 2), 100);
    }

    #[test]
    fn one_seed_makes_one_plan() {
        let pairs = |seed: u64| {
            let options = Options {
                transfers: 50,
                seed,
                ..Options::DEFAULT
            };
            plan(&options, 2, 1_000).pairs().collect::<Vec<_>>()
        };
        assert_eq!(pairs(7), pairs(7));
        assert_ne!(pairs(7), pairs(8));
    }
}
