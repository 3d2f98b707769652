//! `wallet open`

use anyhow::Result;
use wallet_client::request::Request;
use wallet_terminal::exit::Exit;

use super::submit;
use crate::args::{Common, Open};

/// Asks credit-svc to open an account in a currency.
pub async fn run(args: &Open, common: &Common) -> Result<Exit> {
    let id = submit::id(&args.sending);
    let request = Request::open(id, &args.account, args.currency, args.overdraft.as_deref());
    submit::submit(request, &args.sending.waiting, common).await
}
