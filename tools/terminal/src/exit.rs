//! Exit codes, which scripts rely on. Each has the same meaning for every command:
//!
//! | code | of an error |
//! |---|---|
//! | 1 | what is named does not exist (an id, an account), there was no response, or a check failed |
//! | 2 | the command line, or a file named there, is invalid whatever the wallet's state: [`Usage`], [`InvalidInput`] |
//! | 3 | the wallet's rules forbid it, whether the services said so or, before sending, the tool: [`Denied`] |
//! | 4 | the outcome is not known yet |

use std::fmt;
use std::process::ExitCode;

use wallet_client::{Error, InvalidInput, api};
use wallet_contract::status::Status;

/// The exit codes of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Success.
    Ok,
    /// Nothing was paid, because every transfer in a file had already succeeded.
    Nothing,
    /// A failure: something named does not exist, or a check failed.
    Failed,
    /// The command line, or a file named there, is invalid. Nothing was sent.
    Usage,
    /// Nothing is wrong, but a warning was issued and the user asked for a code of its own.
    Warned,
    /// A transfer or request was refused or compensated.
    Refused,
    /// No outcome in time; it is not known yet.
    Timeout,
    /// The reader of our output has closed it, as `head` does.
    Unread,
}

impl Exit {
    /// The numeric code.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage | Self::Warned => 2,
            Self::Refused => 3,
            Self::Timeout => 4,
            Self::Nothing => 5,
            // The code that a shell reports for a program killed by SIGPIPE: 128 plus the signal's number.
            Self::Unread => 141,
        }
    }
}

impl From<Status> for Exit {
    /// The exit code for the status of a flow; for an unfinished one, the outcome is not known yet.
    fn from(status: Status) -> Self {
        match status {
            Status::Settled | Status::Done | Status::Reserved => Self::Ok,
            Status::Refused | Status::Compensated | Status::Cancelled | Status::Expired => Self::Refused,
            Status::Running => Self::Timeout,
        }
    }
}

impl Exit {
    /// The exit code for an error.
    pub fn of(error: &anyhow::Error) -> Self {
        if error.is::<Usage>() || is_invalid(error) {
            Self::Usage
        } else if error.is::<Denied>() {
            Self::Refused
        } else {
            Self::Failed
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Whether the client reports an invalid address or setting.
fn is_invalid(error: &anyhow::Error) -> bool {
    error.is::<InvalidInput>()
        || matches!(error.downcast_ref(), Some(Error::Input(_)))
        || matches!(error.downcast_ref(), Some(api::Error::Input(_)))
}

/// A usage error: it ends the command with [`Exit::Usage`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(String);

impl Usage {
    /// The invalid value, what is wrong with it, and what would be valid.
    pub fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }
}

/// A request that was not sent because the services would refuse it: it ends the command with [`Exit::Refused`], as their refusal
/// would.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Denied(String);

impl Denied {
    /// The reason.
    pub fn new(why: impl fmt::Display) -> Self {
        Self(why.to_string())
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context as _, anyhow};

    use super::*;

    #[test]
    fn the_exit_code_follows_the_error_and_not_its_context() {
        let check = |error: anyhow::Error, code: u8| {
            assert_eq!(Exit::of(&error).code(), code, "{error:#}");
            let with_context = Err::<(), _>(error).context("while something was done");
            assert_eq!(Exit::of(&with_context.unwrap_err()).code(), code);
        };
        check(anyhow!("no reply"), 1);
        check(Usage::new("no address").into(), 2);
        check(InvalidInput::new("no address").into(), 2);
        check(Error::from(InvalidInput::new("no address")).into(), 2);
        check(api::Error::from(InvalidInput::new("no address")).into(), 2);
        check(Error::Closed.into(), 1);
        check(Denied::new("nothing is left").into(), 3);
    }
}
