//! Whether the whole wallet is healthy, in one line, and if not, why.
//!
//! | part | does |
//! |---|---|
//! | here | the line, a pure function of what was found |
//! | [`watch`] | collects the facts: calls the roll, counts stuck flows and parked messages |

mod watch;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use wallet_contract::money::Currency;
use wallet_contract::ready::STANDBY;

pub(crate) use self::watch::{Watch, start};

/// The state of a service on one shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Duty {
    pub(crate) service: &'static str,
    pub(crate) shard: u16,
    /// The state of the best instance there; `silent` if none answers.
    pub(crate) state: String,
    pub(crate) detail: String,
    /// How far that instance has read the log. For a silent service, its last known position; `None` if it never answered.
    pub(crate) position: Option<u64>,
    /// The instances that answer, including stand-bys.
    pub(crate) instances: Vec<String>,
    /// When one last answered, as far as this ledger has heard.
    pub(crate) heard_at: Option<Timestamp>,
}

/// The state of a service that does not answer.
pub(crate) const SILENT: &str = "silent";

/// The facts that a verdict is based on.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Found {
    pub(crate) services: Vec<Duty>,
    pub(crate) stuck: i64,
    /// The money that stuck transfers have in transit, in minor units.
    #[serde(skip)]
    pub(crate) in_transit: BTreeMap<Currency, i64>,
    pub(crate) parked: i64,
    /// Currencies whose books do not sum to zero.
    pub(crate) unbalanced: Vec<String>,
    /// Why some of this is not known.
    pub(crate) unknown: Option<String>,
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    pub(crate) healthy: bool,
    pub(crate) summary: String,
}

impl Duty {
    pub(crate) fn is_good(&self) -> bool {
        self.state == wallet_contract::ready::WORKING
    }

    /// What is wrong, in words. Shards with the same trouble get the same text.
    pub(crate) fn trouble(&self, now: Timestamp) -> Option<String> {
        if self.is_good() {
            return None;
        }
        Some(match self.state.as_str() {
            SILENT => match self.heard_at {
                Some(at) => format!("silent for {}", lasting(at, now)),
                None => "silent".to_owned(),
            },
            STANDBY => "only standing by".to_owned(),
            state if self.detail.is_empty() => state.to_owned(),
            state => format!("{state} ({})", self.detail),
        })
    }
}

impl Found {
    /// The verdict on these facts.
    pub(crate) fn verdict(&self, now: Timestamp) -> Verdict {
        let mut troubles = self.services_in_trouble(now);
        if self.stuck > 0 {
            troubles.push(self.stuck());
        }
        if self.parked > 0 {
            troubles.push(format!("{} parked", many(self.parked, "message")));
        }
        for currency in &self.unbalanced {
            troubles.push(format!("the books of {currency} do not sum to zero"));
        }
        troubles.extend(self.unknown.clone());
        let healthy = troubles.is_empty();
        let summary = if healthy {
            "Healthy: every service works on every shard, nothing is stuck or parked".to_owned()
        } else {
            format!("Degraded: {}", troubles.join("; "))
        };
        Verdict { healthy, summary }
    }

    /// One text per service and trouble, naming all shards that have it.
    fn services_in_trouble(&self, now: Timestamp) -> Vec<String> {
        let mut troubles: Vec<(String, Vec<u16>)> = Vec::new();
        for duty in &self.services {
            let Some(trouble) = duty.trouble(now) else {
                continue;
            };
            let text = format!("{} {trouble}", duty.service);
            match troubles.iter_mut().find(|(known, _)| *known == text) {
                Some((_, shards)) => shards.push(duty.shard),
                None => troubles.push((text, vec![duty.shard])),
            }
        }
        troubles
            .into_iter()
            .map(|(text, shards)| format!("{text} on {}", on(&shards)))
            .collect()
    }

    fn stuck(&self) -> String {
        let sums = self.in_transit.iter().filter(|(_, minor)| **minor != 0);
        let sums: Vec<String> = sums
            .map(|(currency, minor)| format!("{} {currency}", currency.format_minor(*minor)))
            .collect();
        let stuck = format!("{} stuck", many(self.stuck, "transfer"));
        if sums.is_empty() {
            stuck
        } else {
            format!("{stuck}, {} in transit", sums.join(" and "))
        }
    }
}

fn on(shards: &[u16]) -> String {
    let names: Vec<String> = shards.iter().map(u16::to_string).collect();
    match names.split_last() {
        Some((only, [])) => format!("shard {only}"),
        Some((last, first)) => format!("shards {} and {last}", first.join(", ")),
        None => "no shard".to_owned(),
    }
}

fn many(count: i64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The time since then, in its largest unit.
fn lasting(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duty(service: &'static str, shard: u16, state: &str, detail: &str) -> Duty {
        Duty {
            service,
            shard,
            state: state.to_owned(),
            detail: detail.to_owned(),
            position: Some(7),
            instances: Vec::new(),
            heard_at: (state == SILENT).then(|| "2026-01-31T12:00:00Z".parse().unwrap()),
        }
    }

    fn check(found: &Found, expected: &str) {
        let now = "2026-01-31T12:08:30Z".parse().unwrap();
        let verdict = found.verdict(now);
        assert_eq!(verdict.summary, expected);
        assert_eq!(verdict.healthy, expected.starts_with("Healthy"));
    }

    #[test]
    fn a_verdict_names_each_trouble_once() {
        let working = || {
            vec![
                duty("debit-svc", 0, "working", ""),
                duty("credit-svc", 1, "working", ""),
            ]
        };
        check(
            &Found {
                services: working(),
                ..Found::default()
            },
            "Healthy: every service works on every shard, nothing is stuck or parked",
        );
        let usd = "USD".parse().unwrap();
        check(
            &Found {
                services: vec![
                    duty("debit-svc", 0, "working", ""),
                    duty("credit-svc", 0, SILENT, ""),
                    duty("credit-svc", 1, SILENT, ""),
                ],
                stuck: 2,
                in_transit: BTreeMap::from([(usd, 1350)]),
                ..Found::default()
            },
            "Degraded: credit-svc silent for 8 min on shards 0 and 1; 2 transfers stuck, 13.50 USD in transit",
        );
        check(
            &Found {
                services: vec![duty(
                    "debit-svc",
                    1,
                    "cannot-publish",
                    "stream WALLET_0 is sealed",
                )],
                parked: 1,
                unbalanced: vec!["EUR".to_owned()],
                ..Found::default()
            },
            "Degraded: debit-svc cannot-publish (stream WALLET_0 is sealed) on shard 1; 1 message parked; the books of EUR do \
             not sum to zero",
        );
        check(
            &Found {
                services: vec![duty("ledger-svc", 0, "standby", "another works")],
                unknown: Some("NATS does not answer".to_owned()),
                ..Found::default()
            },
            "Degraded: ledger-svc only standing by on shard 0; NATS does not answer",
        );
    }
}
