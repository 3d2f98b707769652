//! Finds the flows that an id names.

use anyhow::Result;
use wallet_client::api::{Api, Transfer};
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::trace::TraceId;
use wallet_terminal::exit::Usage;

/// Looks up an id. Both kinds of id can be written as 32 hexadecimal digits, so an unknown transfer may be a trace.
pub(super) async fn find(api: &Api, given: &str, payer: Option<&AccountId>) -> Result<Vec<Transfer>> {
    let text = given.trim().to_lowercase();
    let (transfer, trace) = (text.parse::<TransferId>().ok(), text.parse::<TraceId>().ok());
    if transfer.is_none() && trace.is_none() {
        let example = "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f";
        return Err(Usage::new(format!(
            "{given:?} is neither a transfer's id, such as {example}, nor a trace id of 32 hexadecimal digits"
        ))
        .into());
    }
    if let Some(id) = transfer
        && let Some(flow) = api.transfer(id, payer).await?
    {
        return Ok(vec![flow]);
    }
    match trace {
        Some(trace) => Ok(api.trace(trace).await?),
        None => Ok(Vec::new()),
    }
}

/// The message for an unknown id.
pub(super) fn unknown(id: &str) -> String {
    format!("no flow has the id or trace {id}; `wallet transfers` lists all")
}
