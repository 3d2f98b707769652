//! How a command ends: the exit code that scripts rely on. Each has one meaning, whichever command it is of:
//!
//! | code | of an error |
//! |---|---|
//! | 1 | what is named is not there (an id, an account), nobody answers, or a check found something wrong |
//! | 2 | the command line, or a file named there, makes no sense whatever the wallet holds: [`Usage`], [`InvalidInput`] |
//! | 3 | the wallet's rules say no, be it the services or, before anything is sent, the tool: [`Denied`] |
//! | 4 | it is not known yet |

use std::fmt;
use std::process::ExitCode;

use wallet_client::{Error, InvalidInput, api};
use wallet_contract::status::Status;

/// The exit codes of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// It was done.
    Ok,
    /// Nothing was paid: all of a file had ended well before.
    Nothing,
    /// It could not be done, what was named is not there, or a check found something wrong.
    Failed,
    /// The command line, or a file named there, makes no sense. Nothing was sent.
    Usage,
    /// Nothing is wrong, but somebody should look, and it was asked to say so.
    Warned,
    /// A transfer or request was refused or compensated.
    Refused,
    /// No outcome in time; what became of it is not known yet.
    Timeout,
    /// Whoever read the answer has closed it, as `head` does.
    Unread,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage | Self::Warned => 2,
            Self::Refused => 3,
            Self::Timeout => 4,
            Self::Nothing => 5,
            // What a shell tells of a program that SIGPIPE has ended: 128 and the signal's number.
            Self::Unread => 141,
        }
    }
}

impl From<Status> for Exit {
    /// What the outcome of a flow is to a script; of what is running, nobody knows yet.
    fn from(status: Status) -> Self {
        match status {
            Status::Settled | Status::Done | Status::Reserved => Self::Ok,
            Status::Refused | Status::Compensated | Status::Cancelled | Status::Expired => Self::Refused,
            Status::Running => Self::Timeout,
        }
    }
}

impl Exit {
    /// What an error is to a script.
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

/// Whether the client says that an address or a setting cannot be right.
fn is_invalid(error: &anyhow::Error) -> bool {
    error.is::<InvalidInput>()
        || matches!(error.downcast_ref(), Some(Error::Input(_)))
        || matches!(error.downcast_ref(), Some(api::Error::Input(_)))
}

/// An error of who typed, not of the world: it ends the command with [`Exit::Usage`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(String);

impl Usage {
    /// What is wrong, with its value, and what would be right.
    pub fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }
}

/// What the services would refuse, so that it was not sent: it ends the command with [`Exit::Refused`], as their refusal would.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Denied(String);

impl Denied {
    /// Why not.
    pub fn new(why: impl fmt::Display) -> Self {
        Self(why.to_string())
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context as _, anyhow};

    use super::*;

    #[test]
    fn an_error_ends_as_what_it_is_whatever_was_being_done() {
        let check = |error: anyhow::Error, code: u8| {
            assert_eq!(Exit::of(&error).code(), code, "{error:#}");
            let told = Err::<(), _>(error).context("while something was done");
            assert_eq!(Exit::of(&told.unwrap_err()).code(), code);
        };
        check(anyhow!("nobody answers"), 1);
        check(Usage::new("no address").into(), 2);
        check(InvalidInput::new("no address").into(), 2);
        check(Error::from(InvalidInput::new("no address")).into(), 2);
        check(api::Error::from(InvalidInput::new("no address")).into(), 2);
        check(Error::Closed.into(), 1);
        check(Denied::new("nothing is left").into(), 3);
    }
}
