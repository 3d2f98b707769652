//! Which transfer of a file may start.
//!
//! A transfer that touches an account waits for the file's earlier ones on that account, so that money that was paid in can be
//! paid out, and each account's statement follows the order of the file. [`AccountId::world`] is exempt: it may go below zero
//! without limit, so the order does not affect the results, and most files touch it in every other line.

use std::collections::{BTreeMap, BTreeSet};

use wallet_contract::id::AccountId;

/// The order in which transfers may start; they are identified by their index in the file.
#[derive(Debug, Default)]
pub struct Plan {
    /// The number of earlier transfers that each waits for.
    waits_for: Vec<usize>,
    /// The transfers that wait for each.
    followers: Vec<Vec<usize>>,
    ready: BTreeSet<usize>,
}

impl Plan {
    /// Plans transfers between these accounts.
    pub fn new<'a>(transfers: impl IntoIterator<Item = [&'a AccountId; 2]>) -> Self {
        let mut plan = Self::default();
        let mut last: BTreeMap<&AccountId, usize> = BTreeMap::new();
        for (index, accounts) in transfers.into_iter().enumerate() {
            let accounts = accounts.into_iter().filter(|account| !account.is_world());
            let earlier: BTreeSet<usize> = accounts
                .filter_map(|account| last.insert(account, index))
                .collect();
            plan.followers.push(Vec::new());
            plan.waits_for.push(earlier.len());
            if earlier.is_empty() {
                plan.ready.insert(index);
            }
            for earlier in earlier {
                plan.followers[earlier].push(index);
            }
        }
        plan
    }

    /// The first transfer in the file that may start now; each is returned once.
    pub fn start(&mut self) -> Option<usize> {
        self.ready.pop_first()
    }

    /// Records that a transfer has ended, with any outcome.
    pub fn ended(&mut self, index: usize) {
        for follower in std::mem::take(&mut self.followers[index]) {
            self.waits_for[follower] -= 1;
            if self.waits_for[follower] == 0 {
                self.ready.insert(follower);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plans `a>b` transfers and runs them in rounds: all that may start do, then all of them end.
    fn rounds(transfers: &[&str]) -> Vec<Vec<usize>> {
        let accounts: Vec<[AccountId; 2]> = transfers
            .iter()
            .map(|transfer| {
                let (from, to) = transfer.split_once('>').unwrap();
                [from.parse().unwrap(), to.parse().unwrap()]
            })
            .collect();
        let mut plan = Plan::new(accounts.iter().map(|[from, to]| [from, to]));
        let mut rounds = Vec::new();
        loop {
            let round: Vec<usize> = std::iter::from_fn(|| plan.start()).collect();
            if round.is_empty() {
                return rounds;
            }
            for index in &round {
                plan.ended(*index);
            }
            rounds.push(round);
        }
    }

    #[test]
    fn transfers_of_different_accounts_start_at_once() {
        assert_eq!(rounds(&["a>b", "c>d", "e>f"]), [[0, 1, 2]]);
    }

    #[test]
    fn transfers_that_share_an_account_wait() {
        assert_eq!(rounds(&["a>b", "b>c", "c>d"]), [[0], [1], [2]]);
        assert_eq!(rounds(&["a>b", "c>d", "b>c", "d>e"]), [vec![0, 1], vec![2, 3]]);
        assert_eq!(
            rounds(&["a>b", "a>b", "b>a"]),
            [[0], [1], [2]],
            "the same pair waits once"
        );
    }

    #[test]
    fn transfers_with_world_do_not_wait() {
        assert_eq!(
            rounds(&["@world>a", "@world>b", "a>@world", "b>a"]),
            [vec![0, 1], vec![2], vec![3]]
        );
    }

    #[test]
    fn an_unfinished_transfer_delays_only_its_followers() {
        let names = ["a", "b", "c", "d"].map(|name| name.parse::<AccountId>().unwrap());
        let [a, b, c, d] = &names;
        let mut plan = Plan::new([[a, b], [c, d], [b, a], [d, c]]);
        assert_eq!(
            (plan.start(), plan.start(), plan.start()),
            (Some(0), Some(1), None)
        );
        plan.ended(1);
        assert_eq!((plan.start(), plan.start()), (Some(3), None));
    }
}
