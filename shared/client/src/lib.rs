//! The Rust client of a wallet: sends requests and waits for their outcomes over NATS, and queries the ledger over HTTP.
//!
//! ```no_run
//! use wallet_client::{Ledger, Options, Payment, Wallet};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let wallet = Wallet::connect("nats://127.0.0.1:4222", Options::default()).await?;
//! let payment = Payment::new("alice".parse()?, "bob".parse()?, "12.50", "USD".parse()?);
//! let outcome = wallet.transfer(&payment).await?;
//! println!("{} ({})", outcome.outcome, outcome.detail.unwrap_or_default());
//!
//! let ledger = Ledger::new("http://127.0.0.1:8080")?;
//! let alice = ledger.account(&payment.from, None).await?;
//! println!("{:?}", alice.balances);
//! # Ok(()) }
//! ```
//!
//! | module | does |
//! |---|---|
//! | [`Wallet`] | sends requests, waits for outcomes, repeats under the same id |
//! | [`api`] | queries the ledger |
//! | [`request`] | requests, validated with the contract before they are sent |
//! | [`outcome`] | outcomes, and listening for them |
//! | [`connect`] | a connection to NATS, and publishing over it |
//! | `post`, `lanes` | which requests share a message |
//! | [`clock`] | the time, and new ids |

pub mod api;
pub mod clock;
pub mod connect;
mod error;
mod lanes;
pub mod outcome;
mod payment;
mod publisher;
pub mod request;
mod wallet;

pub use wallet_contract::id::{AccountId, TransferId};
pub use wallet_contract::money::Currency;
pub use wallet_nats::Settings;

pub use api::{Api as Ledger, Error as LedgerError};
pub use error::{Error, InvalidInput};
pub use outcome::Outcome;
pub use payment::{Hold, Payment};
pub use publisher::Sharing;
pub use wallet::{FIRST_REPEAT, Options, Wallet};
