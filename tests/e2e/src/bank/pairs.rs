//! Debits and credits, paired by payer and id.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use wallet_client::api::Line;

use super::cents;

/// The lines of one transfer on the statements.
#[derive(Debug, Default)]
struct Pair {
    debits: u32,
    ends: u32,
    /// Debited from the payer and not yet credited to anybody.
    open: i64,
}

/// Amounts debited once and neither credited nor given back up to a moment, in cents. What can't be paired is ignored, which
/// makes the total wrong.
pub(super) fn in_transit(statements: &BTreeMap<String, Vec<Line>>, at: Timestamp) -> Result<i64> {
    let mut pairs: BTreeMap<(&str, String), Pair> = BTreeMap::new();
    for (account, lines) in statements {
        for line in lines.iter().filter(|line| line.time <= at) {
            let payer = if line.kind == "credit" {
                &line.counterparty
            } else {
                account
            };
            let pair = pairs.entry((payer, line.transfer.to_string())).or_default();
            match line.kind.as_str() {
                "debit" => pair.debits += 1,
                "credit" | "reversal" => pair.ends += 1,
                _ => {}
            }
            pair.open -= cents(&line.amount)? + cents(&line.held)?;
        }
    }
    let in_progress = pairs.values().filter(|pair| (pair.debits, pair.ends) == (1, 0));
    Ok(in_progress.map(|pair| pair.open).sum())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(kind: &str, counterparty: &str, amount: &str, second: u8) -> Line {
        let line = json!({ "time": format!("2026-01-01T00:00:0{second}Z"), "shard": 0, "sequence": second,
            "transfer": "01900000-0000-7000-8000-000000000001", "trace": "", "kind": kind, "counterparty": counterparty,
            "contra": "@in-transit", "amount": amount, "held": "0.00", "balance": "0.00", "held_balance": "0.00",
            "currency": "USD", "memo": null });
        serde_json::from_value(line).unwrap()
    }

    #[test]
    fn money_is_in_transit_between_its_debit_and_one_credit() {
        let mut statements = BTreeMap::from([
            ("alice".to_owned(), vec![line("debit", "bob", "-5.00", 1)]),
            ("bob".to_owned(), vec![line("credit", "alice", "5.00", 3)]),
        ]);
        let check = |statements: &BTreeMap<String, Vec<Line>>, second: u8, expected: i64| {
            let at = format!("2026-01-01T00:00:0{second}Z").parse().unwrap();
            assert_eq!(in_transit(statements, at).unwrap(), expected, "at {second}");
        };
        check(&statements, 0, 0);
        check(&statements, 2, 500);
        check(&statements, 4, 0);
        let again = line("credit", "alice", "5.00", 5);
        statements.get_mut("bob").unwrap().push(again);
        // Balances would be 5.00 too high, and nothing here makes up for it.
        check(&statements, 6, 0);
    }
}
