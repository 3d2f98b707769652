//! The commands of two-phase transfers, and of reversals.

use std::time::Duration;

use clap::Args;
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::money::Currency;

use super::values::{expires_in, transfer_id};
use super::{Sending, Waiting};
use crate::help;

/// `wallet reserve`
#[derive(Args, Debug)]
#[command(after_help = help::RESERVE)]
pub struct Reserve {
    /// The payer.
    #[arg(long, value_name = "ACCOUNT")]
    pub from: AccountId,
    /// The payee.
    #[arg(long, value_name = "ACCOUNT")]
    pub to: AccountId,
    /// The amount, such as 12.50; missing zeros are added, nothing is rounded.
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub amount: String,
    /// The currency, an ISO 4217 code.
    #[arg(long, value_name = "CODE")]
    pub currency: Currency,
    /// A text for the statement.
    #[arg(long, value_name = "TEXT")]
    pub memo: Option<String>,
    /// How long to hold the money, such as 15m or 7d, at most 365d; a plain number is seconds. Then it is released automatically
    /// [default: 7 days].
    #[arg(long, value_name = "TIME", value_parser = expires_in)]
    pub expires_in: Option<Duration>,
    /// Confirm as soon as the payee's side has promised to accept it, without a visible state in between.
    #[arg(long)]
    pub auto_confirm: bool,
    /// Id and waiting.
    #[command(flatten)]
    pub sending: Sending,
}

/// `wallet confirm`
#[derive(Args, Debug)]
#[command(after_help = help::CONFIRM)]
pub struct Confirm {
    /// The reservation's id.
    #[arg(value_parser = transfer_id)]
    pub id: TransferId,
    /// The payer; if omitted, it is looked up in the ledger.
    #[arg(long, value_name = "ACCOUNT")]
    pub from: Option<AccountId>,
    /// The amount to confirm [default: all].
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub amount: Option<String>,
    /// Its currency; if omitted, it is looked up in the ledger.
    #[arg(long, value_name = "CODE", requires = "amount")]
    pub currency: Option<Currency>,
    /// Waiting.
    #[command(flatten)]
    pub waiting: Waiting,
}

/// `wallet cancel`
#[derive(Args, Debug)]
#[command(after_help = help::CANCEL)]
pub struct Cancel {
    /// The reservation's id.
    #[arg(value_parser = transfer_id)]
    pub id: TransferId,
    /// The payer; if omitted, it is looked up in the ledger.
    #[arg(long, value_name = "ACCOUNT")]
    pub from: Option<AccountId>,
    /// Waiting.
    #[command(flatten)]
    pub waiting: Waiting,
}

/// `wallet reverse`
#[derive(Args, Debug)]
#[command(after_help = help::REVERSE)]
pub struct Reverse {
    /// The transfer to reverse.
    #[arg(value_parser = transfer_id)]
    pub transfer: TransferId,
    /// The payer, if several payers used the id.
    #[arg(long, value_name = "ACCOUNT")]
    pub payer: Option<AccountId>,
    /// The amount to return [default: all that is left of it].
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub amount: Option<String>,
    /// A text for the statement.
    #[arg(long, value_name = "TEXT")]
    pub memo: Option<String>,
    /// Id and waiting.
    #[command(flatten)]
    pub sending: Sending,
}

/// `wallet phases`
#[derive(Args, Debug)]
#[command(after_help = help::PHASES)]
pub struct Phases {
    /// The transfer's id.
    #[arg(value_parser = transfer_id)]
    pub id: TransferId,
    /// The payer, if several payers used the id.
    #[arg(long, value_name = "ACCOUNT")]
    pub payer: Option<AccountId>,
    /// The HTTP address of debit-svc, which keeps the table [default: the ledger's, one port up].
    #[arg(long, env = "WALLET_DEBIT_URL", hide_env_values = true, value_name = "URL")]
    pub debit: Option<String>,
}
