//! What does not stand in the log in which somebody should react to it.
//!
//! A transfer's home has its whole flow, so it shows a debit there that the payee's shard has never heard of. Then not who should
//! credit it keeps it waiting, but who has not published it.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;
use wallet_contract::shard::Shard;
use wallet_runtime::db::{Db, Set};
use wallet_runtime::program::Running;
use wallet_runtime::reading::as_of;
use wallet_view::flow::{Expected, Flow};

/// What is looked for, by the shard in whose log it should stand.
#[derive(Debug, Default)]
pub(crate) struct Withheld(BTreeMap<Shard, BTreeSet<Uuid>>);

impl Withheld {
    /// Looks for what somebody on another shard than `home` must react to.
    pub(crate) fn note(&mut self, home: Shard, expected: &Expected) {
        if expected.shard != home.0 {
            let there = self.0.entry(Shard(expected.shard)).or_default();
            there.insert(expected.after);
        }
    }

    /// The shards on which something is looked for.
    pub(crate) fn shards(&self) -> Vec<Shard> {
        self.0.keys().copied().collect()
    }

    /// Leaves what is not there, in the shard of this database; nothing, if it has not been read to its end.
    pub(crate) async fn look(&mut self, running: &Running, db: &mut Db, shard: Shard) -> sqlx::Result<()> {
        let Some(wanted) = self.0.get_mut(&shard) else {
            return Ok(());
        };
        let read_to = as_of(db).await?.sequence;
        let end = running.bus.last_sequence(shard).await;
        if !end.is_ok_and(|end| u64::try_from(read_to).is_ok_and(|read_to| read_to >= end)) {
            wanted.clear();
            return Ok(());
        }
        let set = Set::new().uuids("id", wanted.iter().copied());
        let there = "SELECT r.id FROM k CROSS JOIN record AS r WHERE r.id = k.id";
        for row in db.select(there, set).await? {
            wanted.remove(&row.uuid(0)?);
        }
        Ok(())
    }

    /// Names who has not published it, if that is what is waited for.
    pub(crate) fn correct(&self, flow: &Flow, expected: &mut Expected) {
        let there = self.0.get(&Shard(expected.shard));
        if there.is_some_and(|there| there.contains(&expected.after)) {
            expected.not_published(flow);
        }
    }
}
