//! Independent callers, as any client is one: publish a request, wait for its outcome, make the next.

use std::time::Duration;

use anyhow::{Context as _, Error, Result, ensure};
use wallet_client::clock;
use wallet_client::outcome::{self, Word};
use wallet_client::request::{Request, Wanted};
use wallet_terminal::eprintln;

use super::Bed;
use super::plan::Plan;
use crate::random::decimal;
use crate::{Callers, Pair, Run};

/// How long a caller waits for an outcome.
const OUTCOME_WITHIN: Duration = Duration::from_secs(30);

/// Lets them pay, and waits until the last payment is in the books.
pub(super) async fn run(bed: &mut Bed<'_>, plan: &Plan, callers: &Callers) -> Result<Run> {
    let before = super::ended(&bed.api.stats().await?);
    eprintln!("{} callers for {:?} …", callers.callers, callers.lasting);
    let connection = &bed.connection;
    let run = callers.run(async |Pair { payer, payee, cents }| {
        let wanted = Wanted {
            from: &plan.accounts[payer],
            to: plan.accounts[payee].as_str(),
            amount: &decimal(cents),
            currency: "USD",
            memo: None,
        };
        let request = Request::transfer(clock::new_id(), &wanted).map_err(Error::msg)?;
        let told = outcome::ask(connection, &request, OUTCOME_WITHIN).await?;
        let outcome = told
            .outcome
            .with_context(|| format!("no outcome of {} within {OUTCOME_WITHIN:?}", request.id))?;
        ensure!(outcome.outcome == Word::Settled, "{}: {outcome:?}", request.id);
        Ok(())
    });
    let run = run.await?;
    bed.until_ended(before + run.latency.count(), |_| ()).await?;
    Ok(run)
}
