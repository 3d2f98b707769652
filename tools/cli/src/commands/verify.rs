//! `wallet verify`: are the live stack's logs valid, and does the ledger agree with them?

use anyhow::Result;
use wallet_audit::live;
use wallet_client::connect;
use wallet_terminal::exit::Exit;
use wallet_terminal::output;

use crate::args::{Common, Verify};

/// Runs `wallet verify`.
pub async fn run(args: &Verify, common: &Common) -> Result<Exit> {
    let connection = connect::connect(&common.nats).await?;
    let report = live::audit(&connection, &common.ledger()?, args.wait).await?;
    if common.json {
        output::json(&report)?;
    } else {
        output::line(&report.text())?;
    }
    Ok(report.exit())
}
