//! Load: bulk messages of transfers in one phase and in two, published until each is acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use wallet_contract::shard::Shards;
use wallet_contract::subject::bulk;

use crate::{Random, id};

/// How many transfers begin in one message.
const TRANSFERS_A_MESSAGE: usize = 25;
/// Pause between two messages.
const PAUSE: Duration = Duration::from_millis(40);
/// How long one acknowledgement may take before the message is sent again.
const ACK_WITHIN: Duration = Duration::from_secs(2);
/// How long the server may be down.
const BACK_WITHIN: Duration = Duration::from_mins(2);

/// What the log has accepted, by payer and id.
#[derive(Debug, Default)]
pub struct Accepted {
    /// Transfers and reservations.
    pub transfers: BTreeSet<(String, String)>,
    /// Number of confirms and cancels.
    pub second: usize,
    /// How many messages were sent more than once because no acknowledgement came.
    pub repeated: usize,
}

/// Generates messages. Some payers have insufficient funds. A third are reservations. Some of these are confirmed, in whole or
/// in part, or cancelled, by a later message or occasionally too early; the others expire.
#[derive(Debug)]
pub struct Traffic {
    random: Random,
    shards: Shards,
    accounts: Vec<String>,
    number: u64,
    waiting: BTreeMap<u64, Vec<Message>>,
}

#[derive(Debug)]
struct Message {
    subject: String,
    begins: Vec<(String, String)>,
    second: usize,
    body: String,
}

impl Traffic {
    /// Traffic between these accounts.
    pub fn new(random: Random, shards: Shards, accounts: Vec<String>) -> Self {
        Self {
            random,
            shards,
            accounts,
            number: 0,
            waiting: BTreeMap::new(),
        }
    }

    /// Publishes until told to stop, and then the follow-up messages that are still due.
    pub async fn run(
        mut self,
        client: async_nats::Client,
        mut stop: watch::Receiver<bool>,
    ) -> Result<Accepted> {
        let mut accepted = Accepted::default();
        while !*stop.borrow_and_update() {
            self.make()?;
            let now = self.number;
            let due: Vec<Message> = self.waiting.remove(&now).into_iter().flatten().collect();
            for message in due {
                send(&client, message, &mut accepted).await?;
            }
            self.number += 1;
            sleep(PAUSE).await;
        }
        for message in std::mem::take(&mut self.waiting).into_values().flatten() {
            send(&client, message, &mut accepted).await?;
        }
        Ok(accepted)
    }

    fn account(&mut self) -> String {
        let at = self.random.below(self.accounts.len() as u64);
        self.accounts[usize::try_from(at).unwrap_or(0)].clone()
    }

    fn make(&mut self) -> Result<()> {
        let payer = self.account();
        let subject = bulk(self.shards.of(&payer.parse()?));
        let (mut requests, mut second) = (Vec::new(), Vec::new());
        let mut begins = Vec::new();
        for _ in 0..TRANSFERS_A_MESSAGE {
            let (id, payee) = (id(), self.account());
            begins.push((payer.clone(), id.clone()));
            let (whole, cents) = (self.random.below(3), 1 + self.random.below(99));
            let amount = format!("{whole}.{cents:02}");
            let mut request =
                json!({ "id": id, "from": payer, "to": payee, "amount": amount, "currency": "USD" });
            if self.random.below(3) == 0 {
                second.extend(self.reserve(&mut request));
            }
            requests.push(request);
        }
        let early = self.random.below(10) == 0;
        let later = self.number + 1 + self.random.below(6);
        let first = Message {
            subject: subject.clone(),
            begins,
            second: 0,
            body: json!(requests).to_string(),
        };
        let follow = Message {
            subject,
            begins: Vec::new(),
            second: second.len(),
            body: json!(second).to_string(),
        };
        if early && !second.is_empty() {
            self.waiting
                .entry(self.number)
                .or_default()
                .extend([follow, first]);
        } else {
            self.waiting.entry(self.number).or_default().push(first);
            if !second.is_empty() {
                self.waiting.entry(later).or_default().push(follow);
            }
        }
        Ok(())
    }

    /// Turns a transfer into a reservation, and returns its follow-up request.
    fn reserve(&mut self, request: &mut Value) -> Option<Value> {
        request["verb"] = "reserve".into();
        request["expires_in"] = (1 + self.random.below(3)).into();
        request["auto_confirm"] = (self.random.below(4) == 0).into();
        let (id, from) = (&request["id"], &request["from"]);
        match self.random.below(4) {
            0 => Some(json!({ "id": id, "from": from, "verb": "confirm" })),
            1 => Some(
                json!({ "id": id, "from": from, "verb": "confirm", "amount": "0.01", "currency": "USD" }),
            ),
            2 => Some(json!({ "id": id, "from": from, "verb": "cancel" })),
            _ => None,
        }
    }
}

/// Publishes a message until it is acknowledged: the server may be down, and may have stored the message before it went down.
async fn send(client: &async_nats::Client, message: Message, accepted: &mut Accepted) -> Result<()> {
    let repeats = publish(client, &message.subject, &message.body).await?;
    accepted.repeated += usize::from(repeats > 0);
    accepted.second += message.second;
    accepted.transfers.extend(message.begins);
    Ok(())
}

/// Publishes until acknowledged. Returns the number of additional attempts.
pub async fn publish(client: &async_nats::Client, subject: &str, body: &str) -> Result<u32> {
    let js = async_nats::jetstream::new(client.clone());
    let (deadline, mut repeats) = (Instant::now() + BACK_WITHIN, 0);
    loop {
        let sent = async {
            js.publish(subject.to_owned(), body.to_owned().into())
                .await?
                .await
        };
        let last = match timeout(ACK_WITHIN, sent).await {
            Ok(Ok(_)) => return Ok(repeats),
            Ok(Err(error)) => {
                sleep(Duration::from_millis(100)).await;
                error.to_string()
            }
            Err(_) => "no acknowledgement".to_owned(),
        };
        repeats += 1;
        ensure!(Instant::now() < deadline, "NATS is still unavailable: {last}");
    }
}

/// Opens accounts in USD and deposits this amount into each.
pub async fn open_all(world: &crate::World, accounts: &[String], amount: &str) -> Result<()> {
    for account in accounts {
        let body = json!({ "id": id(), "currency": "USD" });
        world
            .ask(wallet_contract::subject::Verb::Open, account, body)
            .await?;
        let paid = world.pay("@world", account, amount).await?;
        ensure!(paid.outcome.is_good(), "{paid:?}");
    }
    Ok(())
}

/// The names of this many accounts.
pub fn accounts(count: usize) -> Result<Vec<String>> {
    let width = 2;
    let names: Vec<String> = (0..count).map(|number| format!("k{number:0width$}")).collect();
    names.last().context("there is an account")?;
    Ok(names)
}
