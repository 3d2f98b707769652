//! The way to NATS, for the services and the tool alike.
//!
//! | module | does |
//! |---|---|
//! | `settings` | the options and variables that say where NATS is and who we are |
//! | `address` | reads a list of addresses |
//! | `login` | who we are: a user, a token, a `.creds` file, an NKey |
//! | `route` | all of that, checked; connects |
//! | `failover` | which server comes next when one is lost |
//! | `lost` | hears when a connection is lost |
//! | `failure` | why no server lets us in, and what to do about it |
//! | `server` | what a server must be |
//!
//! No type here shows a secret, neither with `Debug` nor with `Display`, and no error repeats one.

mod address;
mod error;
mod failover;
mod failure;
mod hidden;
mod login;
mod lost;
mod route;
mod server;
mod settings;

pub use error::Error;
pub use hidden::Hidden;
pub use lost::Lost;
pub use route::{Reached, Route};
pub use server::check;
pub use settings::{DEFAULT_URL, Settings};
