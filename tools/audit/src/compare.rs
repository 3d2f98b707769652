//! Compares the ledger with the logs.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use wallet_client::api::Tally;
use wallet_contract::money::Currency;

use super::books::{Books, decimal};
use super::report::{Breaches, Counts, Invariant, plural};

/// The ledger's state, as its HTTP interface reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Available, held and in transit of each account and currency, minor units.
    pub balances: BTreeMap<(String, String), [i128; 3]>,
    /// The number of transfers in each status.
    pub transfers: Tally,
    /// The number of parked messages.
    pub parked: u64,
}

/// Parses an amount that may be negative.
pub fn minor(text: &str, currency: &str) -> Result<i128> {
    let currency: Currency = currency.parse()?;
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let minor = currency
        .parse_minor(digits)
        .with_context(|| format!("the ledger shows an invalid amount {text:?} {currency}"))?;
    Ok(i128::from(minor) * sign)
}

/// Reports each difference; returns what was compared.
pub fn compare(counts: &Counts, books: &Books, shown: &Shown, breaches: &mut Breaches) -> String {
    let mut differs = |text: String| breaches.add(Invariant::Books, || text);
    let mut unseen = shown.balances.clone();
    for ((account, currency), balance) in books.iter() {
        let key = (account.to_string(), currency.code().to_owned());
        let Some([available, held, in_transit]) = unseen.remove(&key) else {
            differs(format!("the ledger does not show {account} in {currency}"));
            continue;
        };
        let each = [
            ("available", balance.available, available),
            ("held", balance.held, held),
            ("in transit", balance.in_transit, in_transit),
        ];
        for (what, log, ledger) in each.into_iter().filter(|(_, log, ledger)| log != ledger) {
            let [log, ledger] = [log, ledger].map(|minor| decimal(currency, minor));
            differs(format!(
                "{account}: {ledger} {what} in the ledger, {log} in the log"
            ));
        }
    }
    for (account, currency) in unseen.keys() {
        differs(format!(
            "the ledger shows {account} in {currency}, which is not in the log"
        ));
    }
    let tally = &shown.transfers;
    let each = [
        ("running", counts.running, tally.running),
        ("reserved", counts.reserved, tally.reserved),
        ("settled", counts.settled, tally.settled),
        ("refused", counts.refused, tally.refused),
        ("compensated", counts.compensated, tally.compensated),
        ("cancelled", counts.cancelled, tally.cancelled),
        ("expired", counts.expired, tally.expired),
        ("parked", counts.parked, shown.parked),
    ];
    for (what, log, ledger) in each.into_iter().filter(|(_, log, ledger)| log != ledger) {
        differs(format!("{ledger} {what} in the ledger, {log} in the log"));
    }
    format!(
        "{} and the counts in the ledger, compared with the log",
        plural(counts.balances, "balance", "balances")
    )
}
