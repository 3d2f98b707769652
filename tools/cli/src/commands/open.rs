//! `wallet open`

use anyhow::Result;

use super::submit;
use crate::args::{Common, Open};
use crate::exit::Exit;
use crate::request::Request;

/// Asks credit-svc to open an account in a currency.
pub async fn run(args: &Open, common: &Common) -> Result<Exit> {
    let id = submit::id(&args.sending);
    let request = Request::open(id, &args.account, args.currency, args.overdraft.as_deref());
    submit::submit(request, &args.sending.waiting, common).await
}
