//! A payment that is interrupted between two steps.
//!
//! The services make the payment, not the caller, so they are the ones to be killed. A service that is dead before its turn
//! leaves the payment exactly at the step before its own; then the service that has made that step is killed, too.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};
use wallet_contract::id::TransferId;
use wallet_contract::stream;
use wallet_contract::subject::Service;

use super::{OUTCOME_WITHIN, Wallet, name, transfer};
use crate::system::{Payment, System as _};

/// The steps that are done when the services involved die.
pub const POINTS: [&str; 3] = ["requested", "debited", "credited"];

/// The interval for polling a payment's progress.
const POLL: Duration = Duration::from_millis(25);

/// Starts a payment, and leaves it at a point with its services dead.
pub(super) async fn at(wallet: &Wallet, point: &str, payment: &Payment) -> Result<()> {
    match point {
        "requested" => {
            kill(wallet, Service::Debit).await?;
            request(wallet, payment).await
        }
        "debited" => {
            kill(wallet, Service::Credit).await?;
            request(wallet, payment).await?;
            until("debited", async || is_debited(wallet, payment).await).await?;
            kill(wallet, Service::Debit).await
        }
        "credited" => {
            kill(wallet, Service::Ledger).await?;
            request(wallet, payment).await?;
            until("credited", async || is_credited(wallet, payment).await).await?;
            kill(wallet, Service::Credit).await
        }
        other => bail!("unknown point {other:?}"),
    }
}

async fn kill(wallet: &Wallet, service: Service) -> Result<()> {
    wallet.stack.lock().await.kill(service).await
}

/// A client that sends a request and disconnects.
async fn request(wallet: &Wallet, payment: &Payment) -> Result<()> {
    let (payer, payee) = (name(payment.payer)?, name(payment.payee)?);
    let request = transfer(TransferId(payment.id), &payer, &payee, payment.cents)?;
    wallet.client.connection().send(&request).await?;
    Ok(())
}

async fn until(what: &str, is_so: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + OUTCOME_WITHIN;
    while !is_so().await? {
        if Instant::now() > deadline {
            bail!("a payment was not {what} within {OUTCOME_WITHIN:?}");
        }
        sleep(POLL).await;
    }
    Ok(())
}

/// Whether a reader sees the money in transit.
async fn is_debited(wallet: &Wallet, payment: &Payment) -> Result<bool> {
    let seen = wallet.balances(payment.payer..payment.payer + 1).await?;
    Ok(seen.iter().any(|balance| balance.in_transit == payment.cents))
}

/// Whether the payer's log says that the payee has been credited.
async fn is_credited(wallet: &Wallet, payment: &Payment) -> Result<bool> {
    let shard = wallet
        .client
        .connection()
        .shards()
        .await?
        .of(&name(payment.payer)?);
    let subject = format!("wallet.{shard}.evt.{}.*", Service::Credit.token());
    let log = wallet
        .client
        .connection()
        .jetstream()
        .get_stream(stream::name(shard))
        .await?;
    // There is no last message before the first one.
    let last = log.get_last_raw_message_by_subject(&subject).await.ok();
    Ok(last.is_some_and(|last| String::from_utf8_lossy(&last.payload).contains(&payment.id.to_string())))
}
