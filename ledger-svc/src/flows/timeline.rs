//! Finds the place of a time: rows in log order are in time order, too.

use wallet_db::{Arg, Db, Result};

/// Rows in log order.
pub(super) struct Timeline {
    /// Selects the last row before a place: its place and its time.
    last: &'static str,
    /// Selects the first row at or after a place, likewise.
    next: &'static str,
}

/// Flows, by when they began.
pub(super) const FLOWS: Timeline = Timeline {
    last: "SELECT no, started_us FROM flow WHERE no < $1 ORDER BY no DESC LIMIT 1",
    next: "SELECT no, started_us FROM flow WHERE no >= $1 ORDER BY no LIMIT 1",
};
/// Requests and events, by when they were stored in the log.
pub(super) const RECORDS: Timeline = Timeline {
    last: "SELECT no, at_us FROM record WHERE no < $1 ORDER BY no DESC LIMIT 1",
    next: "SELECT no, at_us FROM record WHERE no >= $1 ORDER BY no LIMIT 1",
};

impl Timeline {
    /// The place of the first row of a time or later; the end, if there is none.
    pub(super) async fn first_at(&self, db: &mut Db, at_us: i64) -> Result<i64> {
        self.behind(db, at_us.saturating_sub(1), i64::MAX).await
    }

    /// The place after all rows up to a time; `before`, if all rows before that qualify. A binary search finds it, which callers that
    /// continue a list mostly don't need: they have come further back already.
    pub(super) async fn behind(&self, db: &mut Db, to_us: i64, before: i64) -> Result<i64> {
        let last = db.query(self.last, &[Arg::Int(before)]).await?;
        let (mut low, mut high) = match last.first() {
            Some(last) if last.int(1)? > to_us => (0, last.int(0)?),
            Some(_) | None => return Ok(before),
        };
        while low < high {
            let middle = low + (high - low) / 2;
            let rows = db.query(self.next, &[Arg::Int(middle)]).await?;
            match rows.first() {
                Some(row) if row.int(1)? <= to_us => low = row.int(0)?.saturating_add(1),
                Some(_) | None => high = middle,
            }
        }
        Ok(low)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use wallet_contract::shard::Shard;
    use wallet_db::Target;
    use wallet_db::sql_store::Tables as _;

    use super::*;
    use crate::Tables;

    #[tokio::test]
    async fn a_time_is_found_among_equal_times_and_between_others() {
        let dir = tempfile::tempdir().unwrap();
        let target = Target::new(&format!("sqlite://{}/ledger.db", dir.path().display()), Shard(0));
        let pool = target.open(Tables::MIGRATIONS).await.unwrap();
        let mut db = pool.acquire().await.unwrap();
        assert_eq!(RECORDS.behind(&mut db, 7, 99).await.unwrap(), 99);
        let rows = [(3, 10), (4, 10), (9, 20), (20, 20), (21, 20), (40, 30)];
        let sql = "INSERT INTO record (no, id, transfer, account, kind, at_us) VALUES ($1, $2, $2, 'alice', 'x', $3)";
        for (no, at_us) in rows {
            let id = Uuid::from_u64_pair(0, u64::try_from(no).unwrap());
            db.execute(sql, &[Arg::Int(no), Arg::Uuid(id), Arg::Int(at_us)])
                .await
                .unwrap();
        }
        for to_us in 5..35 {
            for before in [1, 3, 4, 5, 9, 20, 22, 40, 41, i64::MAX] {
                // Between two rows, any place is as good as another.
                let found = RECORDS.behind(&mut db, to_us, before).await.unwrap();
                let held = rows.map(|(no, _)| no < found);
                let expected = rows.map(|(no, at_us)| at_us <= to_us && no < before);
                assert_eq!(held, expected, "up to {to_us}, before {before}: {found}");
            }
            let first = RECORDS.first_at(&mut db, to_us).await.unwrap();
            assert_eq!(
                rows.map(|(no, _)| no >= first),
                rows.map(|(_, at_us)| at_us >= to_us),
                "from {to_us}: {first}"
            );
        }
    }
}
