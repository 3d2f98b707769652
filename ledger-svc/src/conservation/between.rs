//! Payments that only one of two shards has booked.
//!
//! Either the payer's shard has heard of the payment, and its flow is open there; or the payment was stored in a log only recently.
//! So this looks at open flows and at recent messages, as far back as a shard's books may lag.

use std::collections::BTreeSet;

use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::event::{Kind, Movement};
use wallet_contract::id::{AccountId, TransferId, derived_range};
use wallet_contract::shard::{Shard, Shards};
use wallet_db::{Arg, Result, Set};

use super::{SKEW_US, Snapshot, Sums};

/// How many open flows and recent messages of a shard are looked at.
const AT_MOST: usize = 2_000;

/// Takes these payments out of the sums. Returns whether that was possible.
pub(super) async fn take_out(shards: Shards, snapshots: &mut [Snapshot], sums: &mut Sums) -> Result<bool> {
    let (mut ahead, mut unseen) = (Vec::new(), BTreeSet::new());
    for at in 0..snapshots.len() {
        let Some(recent) = recent(shards, snapshots, at).await? else {
            return Ok(false);
        };
        for other in snapshots.iter_mut() {
            let shard = other.shard;
            let ids: Vec<Uuid> = recent.iter().filter(|c| c.other == shard).map(|c| c.id).collect();
            let known = known(other, &ids).await?;
            for credit in recent
                .iter()
                .filter(|c| c.other == shard && !known.contains(&c.id))
            {
                match &credit.home {
                    // It is out of transit, and not yet on the payee's account.
                    Some(movement) => ahead.push(movement.clone()),
                    None => drop(unseen.insert(credit.id)),
                }
            }
        }
    }
    let mut both = Vec::new();
    for home in 0..snapshots.len() {
        let Some(open) = open(shards, &mut snapshots[home]).await? else {
            return Ok(false);
        };
        for payee in snapshots.iter_mut() {
            both.extend(credited(shards, &open, payee).await?);
        }
    }
    for movement in ahead {
        let sum = sums.entry(movement.money.currency.code().to_owned()).or_default();
        *sum += i128::from(movement.money.amount.minor());
    }
    for (id, currency, amount) in both {
        unseen.remove(&id);
        *sums.entry(currency).or_default() -= i128::from(amount);
    }
    // If there are payments that the payer's shard has not heard of at all, its books are far behind.
    Ok(unseen.is_empty())
}

/// A credit of a payment between shards.
struct Credit {
    id: Uuid,
    /// The shard that must book it, too.
    other: Shard,
    /// The movement, if this is the payer's shard.
    home: Option<Movement>,
}

/// The credits that another shard may not have heard of; `None` if there are too many.
async fn recent(shards: Shards, snapshots: &mut [Snapshot], at: usize) -> Result<Option<Vec<Credit>>> {
    let others = snapshots.iter().enumerate().filter(|(other, _)| *other != at);
    let Some(since_us) = others.map(|(_, other)| other.known_us).min() else {
        return Ok(Some(Vec::new()));
    };
    let here = &mut snapshots[at];
    // The newest first, until they are old enough.
    let sql = "SELECT id, at_us, account, CASE WHEN kind = $2 THEN 1 ELSE 0 END, CASE WHEN kind = $2 THEN body END \
               FROM record ORDER BY no DESC LIMIT $1";
    let limit = i64::try_from(AT_MOST).unwrap_or(i64::MAX);
    let args = [Arg::Int(limit), Arg::Text(Kind::AccountCredited.name())];
    let rows = here.db.query(sql, &args).await?;
    let (mut credits, mut seen) = (Vec::new(), 0);
    for row in &rows {
        if row.int(1)? < since_us.saturating_sub(SKEW_US) {
            break;
        }
        seen += 1;
        if row.int(3)? == 0 {
            continue;
        }
        let id = row.uuid(0)?;
        let home = row.text_or_null(4)?.and_then(|body| envelope::read(&body).ok());
        let home = home.and_then(|event| event.fact.movement().cloned());
        let other = match &home {
            Some(movement) => shards.of(&movement.payee),
            None => shards.of(&row.parse::<AccountId>(2)?),
        };
        if other != here.shard {
            credits.push(Credit { id, other, home });
        }
    }
    Ok((seen < AT_MOST).then_some(credits))
}

/// Which of these events a shard has heard of.
async fn known(snapshot: &mut Snapshot, ids: &[Uuid]) -> Result<BTreeSet<Uuid>> {
    let set = Set::new().uuids("id", ids.iter().copied());
    let sql = "SELECT r.id FROM k CROSS JOIN record AS r WHERE r.id = k.id";
    let rows = snapshot.db.select(sql, set).await?;
    rows.iter().map(|row| row.uuid(0)).collect()
}

/// A transfer that has not ended.
struct Open {
    transfer: Uuid,
    payer: String,
    payee: AccountId,
    currency: String,
}

/// The open payments to other shards; `None` if there are too many.
async fn open(shards: Shards, home: &mut Snapshot) -> Result<Option<Vec<Open>>> {
    let sql = "SELECT transfer, account, payee, currency FROM flow \
               WHERE ended_us IS NULL AND status = 'running' AND payee IS NOT NULL ORDER BY no LIMIT $1";
    let limit = i64::try_from(AT_MOST).unwrap_or(i64::MAX);
    let rows = home.db.query(sql, &[Arg::Int(limit)]).await?;
    if rows.len() == AT_MOST {
        return Ok(None);
    }
    let mut found = Vec::new();
    for row in rows {
        let payee: AccountId = row.parse(2)?;
        if shards.of(&payee) != home.shard {
            found.push(Open {
                transfer: row.uuid(0)?,
                payer: row.text(1)?,
                payee,
                currency: row.text(3)?,
            });
        }
    }
    Ok(Some(found))
}

/// What the payee's shard has booked of these payments: event, currency, amount.
async fn credited(shards: Shards, open: &[Open], payee: &mut Snapshot) -> Result<Vec<(Uuid, String, i64)>> {
    let shard = payee.shard;
    let theirs: Vec<&Open> = open
        .iter()
        .filter(|open| shards.of(&open.payee) == shard)
        .collect();
    let range = |open: &&Open| derived_range(TransferId(open.transfer));
    let set = Set::new()
        .uuids("first", theirs.iter().map(|open| range(open).0.0))
        .uuids("last", theirs.iter().map(|open| range(open).1.0))
        .uuids("transfer", theirs.iter().map(|open| open.transfer))
        .texts("payer", theirs.iter().map(|open| &*open.payer))
        .texts("payee", theirs.iter().map(|open| open.payee.as_str()))
        .texts("currency", theirs.iter().map(|open| &*open.currency))
        .texts("kind", theirs.iter().map(|_| Kind::AccountCredited.name()));
    let sql = "SELECT r.id, b.currency, b.amount FROM k CROSS JOIN record AS r CROSS JOIN booking AS b \
               WHERE r.id BETWEEN k.first AND k.last AND r.transfer = k.transfer AND r.account = k.payer \
               AND r.kind = k.kind AND b.no = r.no AND b.account = k.payee AND b.currency = k.currency";
    let rows = payee.db.select(sql, set).await?;
    rows.iter()
        .map(|row| Ok((row.uuid(0)?, row.text(1)?, row.int(2)?)))
        .collect()
}
