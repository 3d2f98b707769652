//! `wallet freeze`, `wallet unfreeze`, `wallet close`

use anyhow::Result;
use wallet_client::request::Request;
use wallet_contract::subject::Verb;
use wallet_terminal::exit::Exit;

use super::submit;
use crate::args::{Common, StatusChange};

/// Asks credit-svc to change an account's status.
pub async fn run(verb: Verb, args: &StatusChange, common: &Common) -> Result<Exit> {
    let request = Request::plain(verb, submit::id(&args.sending), &args.account);
    submit::submit(request, &args.sending.waiting, common).await
}
