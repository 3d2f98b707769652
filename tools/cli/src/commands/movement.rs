//! `wallet deposit` and `wallet withdraw`: transfers from and to the outside.

use anyhow::Result;
use wallet_client::request::{Request, Wanted};
use wallet_contract::id::AccountId;
use wallet_terminal::exit::Exit;

use super::submit;
use crate::args::{Common, Movement};

/// A transfer from @world.
pub async fn deposit(args: &Movement, common: &Common) -> Result<Exit> {
    pay(&AccountId::world(), &args.account, args, common).await
}

/// A transfer to @world.
pub async fn withdraw(args: &Movement, common: &Common) -> Result<Exit> {
    pay(&args.account, &AccountId::world(), args, common).await
}

async fn pay(from: &AccountId, to: &AccountId, args: &Movement, common: &Common) -> Result<Exit> {
    let wanted = Wanted {
        from,
        to: to.as_str(),
        amount: &args.amount,
        currency: args.currency.code(),
        memo: args.memo.as_deref(),
    };
    submit::submit(
        Request::transfer(submit::id(&args.sending), &wanted),
        &args.sending.waiting,
        common,
    )
    .await
}
