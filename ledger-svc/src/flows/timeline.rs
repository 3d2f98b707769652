//! A time is a place: what stands in the order of the log stands in the order of its time, too.

use wallet_runtime::db::{Arg, Db};

/// Rows in the order of the log.
pub(super) struct Timeline {
    /// Asks for the place of the last.
    last: &'static str,
    /// Asks for the first from a place on: its place, and its time.
    next: &'static str,
}

/// Flows, by when they began.
pub(super) const FLOWS: Timeline = Timeline {
    last: "SELECT no FROM flow ORDER BY no DESC LIMIT 1",
    next: "SELECT no, started_us FROM flow WHERE no >= $1 ORDER BY no LIMIT 1",
};
/// Requests and events, by when they were stored in the log.
pub(super) const RECORDS: Timeline = Timeline {
    last: "SELECT no FROM record ORDER BY no DESC LIMIT 1",
    next: "SELECT no, at_us FROM record WHERE no >= $1 ORDER BY no LIMIT 1",
};

impl Timeline {
    /// The place of the first row of a time or later; behind all, if there is none. It is found by halving.
    pub(super) async fn first_at(&self, db: &mut Db, at_us: i64) -> sqlx::Result<i64> {
        let last = db.query(self.last, &[]).await?;
        let Some(last) = last.first() else { return Ok(0) };
        let (mut low, mut high) = (0, last.int(0)?.saturating_add(1));
        while low < high {
            let middle = low + (high - low) / 2;
            let rows = db.query(self.next, &[Arg::Int(middle)]).await?;
            match rows.first() {
                Some(row) if row.int(1)? < at_us => low = row.int(0)?.saturating_add(1),
                Some(_) | None => high = middle,
            }
        }
        Ok(low)
    }
}
