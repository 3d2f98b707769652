//! Reversals over NATS.

use anyhow::Result;
use e2e::{World, id};
use serde_json::{Value, json};
use wallet_contract::subject::Verb;

use super::only;

pub(super) async fn a_received_amount_can_be_reversed_once(world: &World) -> Result<()> {
    world.open(&["erin", "fred"]).await?;
    let paid = world.pay("erin", "fred", "10.00").await?.id.to_string();
    let back = |amount: &str| json!({ "id": id(), "to": "erin", "amount": amount, "currency": "USD", "reverses": paid });
    let check = async |account: &str, body: Value, expected: &str| {
        let outcome = world.ask(Verb::Reverse, account, body).await?;
        let reason = outcome
            .reason
            .map_or_else(String::new, |reason| format!(": {reason}"));
        assert_eq!(format!("{}{reason}", outcome.outcome), expected);
        anyhow::Ok(outcome.id.to_string())
    };
    let first = check("fred", back("4.00"), "settled").await?;
    check("fred", back("6.01"), "refused: exceeds_transfer").await?;
    check("carol", back("1.00"), "refused: transfer_not_found").await?;
    // What could not be given back can still be reversed later.
    world.ask(Verb::Freeze, "erin", only(&id())).await?;
    check("fred", back("6.00"), "compensated: account_frozen").await?;
    world.ask(Verb::Unfreeze, "erin", only(&id())).await?;
    let second = check("fred", back("6.00"), "settled").await?;
    check("fred", back("0.01"), "refused: exceeds_transfer").await?;
    assert_eq!(world.available("erin").await?, "100.00");

    for account in ["erin", "fred"] {
        let lines = world
            .api
            .statement(&account.parse()?, None, 100, None)
            .await?
            .lines;
        let by = |line: &&wallet_client::api::Line| line.transfer.to_string() == paid;
        let line = lines.iter().find(by).expect("a line of each end");
        let by: Vec<String> = line.reversed_by.iter().map(ToString::to_string).collect();
        assert!(by.contains(&first) && by.contains(&second), "{account}: {by:?}");
        let back = lines
            .iter()
            .find(|line| line.transfer.to_string() == first)
            .expect("and of the reversal's");
        assert_eq!(back.reverses.map(|id| id.to_string()), Some(paid.clone()));
    }
    Ok(())
}
