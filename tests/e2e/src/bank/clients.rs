//! The clients: each pays independently, one request per message, in one phase or in two.

use anyhow::Result;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Duration, sleep};
use wallet_contract::shard::Shards;
use wallet_contract::subject::Verb;

use crate::load::{Accepted, publish};
use crate::{Random, id};

/// Pause between two payments of a client.
const PAUSE: Duration = Duration::from_millis(40);

/// Moves money between random accounts until told to stop. A third of the payments are reserved first, and then confirmed,
/// cancelled, or left to expire.
pub async fn pay_at_random(
    client: async_nats::Client,
    shards: Shards,
    accounts: Vec<String>,
    mut random: Random,
    mut stop: watch::Receiver<bool>,
) -> Result<Accepted> {
    let mut accepted = Accepted::default();
    while !*stop.borrow_and_update() {
        let mut pick = || usize::try_from(random.below(accounts.len() as u64)).unwrap_or(0);
        let (from, to) = (&accounts[pick()], &accounts[pick()]);
        let id = id();
        let amount = format!("{}.{:02}", random.below(5), 1 + random.below(99));
        let mut body = json!({ "id": id, "to": to, "amount": amount, "currency": "USD" });
        let mut requests = Vec::new();
        if random.below(3) == 0 {
            body["expires_in"] = (1 + random.below(3)).into();
            requests.push((Verb::Reserve, body));
            match random.below(3) {
                0 => requests.push((Verb::Confirm, json!({ "id": id }))),
                1 => requests.push((Verb::Cancel, json!({ "id": id }))),
                _ => {}
            }
        } else {
            requests.push((Verb::Transfer, body));
        }
        accepted.second += requests.len() - 1;
        let account = from.parse()?;
        for (verb, body) in requests {
            let subject = verb.subject(shards.of(&account), &account);
            let repeats = publish(&client, &subject, &body.to_string()).await?;
            accepted.repeated += usize::from(repeats > 0);
        }
        accepted.transfers.insert((from.clone(), id));
        sleep(PAUSE).await;
    }
    Ok(accepted)
}
