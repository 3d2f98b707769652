//! A service's declaration of what it reads and writes.

use wallet_contract::subject::Service;

use crate::decider::Decider;
use crate::decider::Place;
use crate::input::Due;
use crate::input::Heard;
use crate::reads::{Found, Reads, Scan, Source};
use crate::table::Shape;
use crate::value::Unreadable;
use crate::writes::Writes;

/// A service's tables: what a batch reads and writes.
///
/// A store loads the rows that a batch touches ([`Persistence::reads`], [`Persistence::state`]), the rules decide, and the store writes the
/// resulting rows ([`Persistence::writes`]): two round trips per batch.
pub trait Persistence: Send + Sync + 'static {
    /// The service's rules.
    type Core: Decider;
    /// The rows that record which inputs were handled.
    type Handled: Send + Sync;
    /// The tables.
    const TABLES: &'static [&'static Shape];
    /// The service.
    const SERVICE: Service;
    /// The version of the fold. Rows are what `hear`, `evolve` and `concerns` make of the log. Whenever one of these changes, so that the same
    /// log adds up to other rows, this number must change: databases of another version must be rebuilt.
    const FOLD: u32;
    /// Where to look up the ids of handled inputs: a table with a column `id`.
    const INBOX: Source;

    /// Adds the look-ups for the rows with these keys.
    fn reads<'k>(keys: &'k <Self::Core as Decider>::Keys, reads: &mut Reads<'k>);

    /// Builds the state from the rows found. Answers come in the order of [`Persistence::reads`].
    fn state(
        keys: &<Self::Core as Decider>::Keys,
        found: &mut Found,
    ) -> Result<<Self::Core as Decider>::State, Unreadable>;

    /// The rows that record these inputs as handled, each with the number of the event decided on it, if any.
    fn handled(heard: &[Heard<'_>], decisions: &[Option<i64>], place: Place) -> Self::Handled;

    /// Adds everything that a batch writes.
    fn writes<'s>(
        state: &'s <Self::Core as Decider>::State,
        handled: &'s Self::Handled,
        writes: &mut Writes<'s>,
    );

    /// Where to find deadlines due at `now_us`, the most overdue first; `None` if the service has no deadlines.
    fn due(_now_us: i64, _limit: i64) -> Option<Scan> {
        None
    }

    /// The deadlines that this scan found.
    fn found_due(_found: &mut Found) -> Result<Vec<Due>, Unreadable> {
        Ok(Vec::new())
    }
}
