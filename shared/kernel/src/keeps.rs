//! What a service says about its tables.

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
/// A store looks up what a batch touches ([`Keeps::reads`], [`Keeps::state`]), the rules decide, and the store writes what has
/// become of it ([`Keeps::writes`]): two round trips for a batch.
pub trait Keeps: Send + Sync + 'static {
    /// The service's rules.
    type Core: Decider;
    /// The rows by which it remembers what it has handled.
    type Handled: Send + Sync;
    /// The tables.
    const TABLES: &'static [&'static Shape];
    /// Which service.
    const SERVICE: Service;
    /// Where the ids of what it has handled are found: a table with a column `id`.
    const INBOX: Source;

    /// The rows with these keys.
    fn reads<'k>(keys: &'k <Self::Core as Decider>::Keys, reads: &mut Reads<'k>);

    /// The state that was found. The answers come in the order of [`Keeps::reads`].
    fn state(
        keys: &<Self::Core as Decider>::Keys,
        found: &mut Found,
    ) -> Result<<Self::Core as Decider>::State, Unreadable>;

    /// The rows that remember what was handled, and the number of the event that was decided on each, if one was.
    fn handled(heard: &[Heard<'_>], decisions: &[Option<i64>], place: Place) -> Self::Handled;

    /// What a batch writes.
    fn writes<'s>(
        state: &'s <Self::Core as Decider>::State,
        handled: &'s Self::Handled,
        writes: &mut Writes<'s>,
    );

    /// Where to find what is due at `now_us`, the most overdue first; nothing if the service waits for no time.
    fn due(_now_us: i64, _limit: i64) -> Option<Scan> {
        None
    }

    /// What that scan has found.
    fn found_due(_found: &mut Found) -> Result<Vec<Due>, Unreadable> {
        Ok(Vec::new())
    }
}
