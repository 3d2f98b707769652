//! Valid logs, and logs with one fault each.
//!
//! | part | does |
//! |---|---|
//! | `script` | writes logs as the services would |
//! | `plays` | whole transfers, and the log that all tests start from |
//! | `audited` | breaks a log, and asserts what the audit finds |

mod audited;
mod books;
mod dropped;
mod flows;
mod money;
mod plays;
mod script;
mod valid;
