//! The connection to NATS, for the services and the command line alike.
//!
//! | module | does |
//! |---|---|
//! | `settings` | the options and variables for address and login |
//! | `address` | parses a list of addresses |
//! | `login` | credentials: a user, a token, a `.creds` file, an NKey |
//! | `route` | all of that, validated; connects |
//! | `failover` | which server comes next after a connection is lost |
//! | `lost` | notifies of a lost connection |
//! | `failure` | why no server accepts the connection, and what to do about it |
//! | `server` | the requirements that a server must meet |
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
