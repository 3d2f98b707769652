//! Callers that each wait for their outcome before they make the next payment. They are independent, as separate clients are,
//! with a message for each request; or they share one client and its messages, as the callers in one gateway do.

use std::time::Duration;

use anyhow::{Error, Result, ensure};
use wallet_client::clock;
use wallet_client::outcome::Word;
use wallet_client::request::{Request, Wanted};
use wallet_client::{Options as ClientOptions, Sharing, Wallet};
use wallet_terminal::eprintln;

use super::Bed;
use super::plan::Plan;
use crate::random::decimal;
use crate::{Callers, Pair, Run};

/// Timeout for an outcome.
const OUTCOME_WITHIN: Duration = Duration::from_secs(30);

/// Runs the callers, and waits until the last payment is in the books.
pub(super) async fn run(bed: &mut Bed<'_>, plan: &Plan, callers: &Callers, sharing: Sharing) -> Result<Run> {
    let before = super::ended(&bed.api.stats().await?);
    eprintln!("{} callers for {:?} …", callers.callers, callers.lasting);
    let options = ClientOptions {
        deadline: OUTCOME_WITHIN,
        sharing,
    };
    let client = &Wallet::connect_with(&bed.stack.nats(), options).await?;
    let run = callers.run(async |Pair { payer, payee, cents }| {
        let wanted = Wanted {
            from: &plan.accounts[payer],
            to: plan.accounts[payee].as_str(),
            amount: &decimal(cents),
            currency: "USD",
            memo: None,
        };
        let request = Request::transfer(clock::new_id(), &wanted).map_err(Error::msg)?;
        let outcome = client.ask(&request).await?;
        ensure!(outcome.outcome == Word::Settled, "{}: {outcome:?}", request.id);
        Ok(())
    });
    let run = run.await?;
    bed.until_ended(before + run.latency.count(), |_| ()).await?;
    Ok(run)
}
