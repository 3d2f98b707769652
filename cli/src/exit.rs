//! How a command ends: the exit code that scripts rely on.

use std::fmt;
use std::process::ExitCode;

use wallet_contract::status::Status;

/// The exit codes of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// It was done.
    Ok,
    /// Nothing was paid: all of a file had ended well before.
    Nothing,
    /// It could not be done, or a check found something wrong.
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

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error of who typed, not of the world: it ends the command with [`Exit::Usage`].
#[derive(Debug)]
pub struct Usage(String);

impl Usage {
    /// What is wrong, with its value, and what would be right.
    pub fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}
