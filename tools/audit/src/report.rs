//! The audit's findings: for each invariant whether it holds, over what, and the first breaches in words.

use std::collections::BTreeMap;

use serde::Serialize;
use wallet_terminal::exit::Exit;
use wallet_terminal::output;

/// How many breaches of one invariant are described; the rest are counted.
const MAX_LISTED: usize = 5;

/// The invariants that are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// Σ available + held + in transit = 0 at every prefix of the log, with `@world` counted.
    Conservation,
    /// No account falls below its floor.
    Floors,
    /// Each transfer ends exactly once, and its end matches what happened to its money.
    OneEnd,
    /// Each event's cause precedes it and is decided once; each event id exists once.
    Causes,
    /// Each request is decided, a repeat, or parked; nothing unreadable is skipped.
    NothingDropped,
    /// The ledger agrees with the log.
    Books,
}

impl Invariant {
    /// All of them, in display order.
    pub const ALL: [Self; 6] = [
        Self::Conservation,
        Self::Floors,
        Self::OneEnd,
        Self::Causes,
        Self::NothingDropped,
        Self::Books,
    ];

    /// Its short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Conservation => "conservation",
            Self::Floors => "floors",
            Self::OneEnd => "one end",
            Self::Causes => "causes",
            Self::NothingDropped => "nothing dropped",
            Self::Books => "books",
        }
    }
}

/// A count, and the first cases in words.
type Notes = (u64, Vec<String>);

/// The breaches found so far, and separately the cases that are only unfinished.
#[derive(Debug, Default)]
pub struct Breaches {
    found: BTreeMap<Invariant, Notes>,
    open: BTreeMap<Invariant, Notes>,
}

impl Breaches {
    /// Records a breach; its text is built only while there is room for it.
    pub fn add(&mut self, invariant: Invariant, text: impl FnOnce() -> String) {
        note(self.found.entry(invariant).or_default(), text);
    }

    /// Records an unfinished case: a breach only once everything is at rest.
    pub fn add_open(&mut self, at_rest: bool, invariant: Invariant, text: impl FnOnce() -> String) {
        let notes = if at_rest { &mut self.found } else { &mut self.open };
        note(notes.entry(invariant).or_default(), text);
    }

    /// The number of breaches of an invariant, and the first of them in words.
    pub fn of(&self, invariant: Invariant) -> (u64, &[String]) {
        listed(&self.found, invariant)
    }

    /// The number of unfinished cases of an invariant, and the first of them in words.
    pub fn open(&self, invariant: Invariant) -> (u64, &[String]) {
        listed(&self.open, invariant)
    }
}

fn note((count, listed): &mut Notes, text: impl FnOnce() -> String) {
    *count += 1;
    if listed.len() < MAX_LISTED {
        listed.push(text());
    }
}

fn listed(notes: &BTreeMap<Invariant, Notes>, invariant: Invariant) -> (u64, &[String]) {
    notes
        .get(&invariant)
        .map_or((0, &[]), |(count, listed)| (*count, listed))
}

/// What was read, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Messages in all logs.
    pub messages: u64,
    /// Requests, repeats not counted.
    pub requests: u64,
    /// Repeats of requests in the log.
    pub repeats: u64,
    /// Events, each counted once.
    pub events: u64,
    /// Copies of events in the same log, byte for byte.
    pub copies: u64,
    /// Balances: accounts that were opened or booked on, times their currencies.
    pub balances: u64,
    /// Currencies with bookings.
    pub currencies: u64,
    /// Transfers that settled.
    pub settled: u64,
    /// Transfers that were refused before any money moved.
    pub refused: u64,
    /// Transfers that were debited and returned to the payer.
    pub compensated: u64,
    /// Reservations that were cancelled.
    pub cancelled: u64,
    /// Reservations that expired.
    pub expired: u64,
    /// Reservations that wait for their payer, or for their expiry.
    pub reserved: u64,
    /// Transfers that have not ended.
    pub running: u64,
    /// Parked messages and elements.
    pub parked: u64,
}

/// One line of the report.
#[derive(Debug, Serialize)]
pub struct Check {
    /// The invariant's name.
    pub invariant: &'static str,
    /// Whether it holds, and everything that it covers has ended.
    pub held: bool,
    /// What it was checked over.
    pub detail: String,
    /// The number of breaches.
    pub breaches: u64,
    /// The number of unfinished cases, which are not breaches while anything is in progress or waiting.
    pub open: u64,
    /// The first breaches in words, followed by the first unfinished cases.
    pub first: Vec<String>,
}

/// The audit's findings.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether all invariants hold, and everything has ended.
    pub held: bool,
    /// Which transfers are stuck, and what the oldest waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuck: Option<String>,
    /// One line for each invariant.
    pub checks: Vec<Check>,
    /// What was read, in numbers.
    pub counts: Counts,
}

impl Report {
    /// Builds the report. `compared` says what was compared with the log, if anything was.
    pub fn new(counts: Counts, breaches: &Breaches, compared: Option<&str>) -> Self {
        let checks = Invariant::ALL.into_iter().filter_map(|invariant| {
            let detail = match invariant {
                Invariant::Books => compared?.to_owned(),
                Invariant::Conservation
                | Invariant::Floors
                | Invariant::OneEnd
                | Invariant::Causes
                | Invariant::NothingDropped => detail_of(invariant, &counts),
            };
            let ((breaches, first), (open, first_open)) = (breaches.of(invariant), breaches.open(invariant));
            Some(Check {
                invariant: invariant.name(),
                held: breaches == 0 && open == 0,
                detail,
                breaches,
                open,
                first: [first, first_open].concat(),
            })
        });
        let checks: Vec<Check> = checks.collect();
        Self {
            held: checks.iter().all(|check| check.held),
            stuck: None,
            checks,
            counts,
        }
    }

    /// The exit code: unfinished cases alone are not a failure.
    pub fn exit(&self) -> Exit {
        if self.held {
            Exit::Ok
        } else if self.checks.iter().all(|check| check.breaches == 0) {
            Exit::Timeout
        } else {
            Exit::Failed
        }
    }

    /// The report for people: a line for each invariant, followed by its first breaches.
    pub fn text(&self) -> String {
        let mut lines = Vec::new();
        for check in &self.checks {
            let mark = match (check.held, check.breaches) {
                (true, _) => "✓",
                (false, 0) => "…",
                (false, _) => "✗",
            };
            lines.push(format!("{mark} {:<15}  {}", check.invariant, check.detail));
            lines.extend(check.first.iter().map(|breach| format!("    {breach}")));
            let all = check.breaches.saturating_add(check.open);
            let more = all.saturating_sub(check.first.len() as u64);
            if more > 0 {
                lines.push(format!("    … and {} more", grouped(more)));
            }
        }
        lines.extend(self.stuck.iter().map(|stuck| format!("\n{stuck}")));
        lines.join("\n")
    }
}

fn detail_of(invariant: Invariant, counts: &Counts) -> String {
    let events = plural(counts.events, "event", "events");
    match invariant {
        Invariant::Conservation => {
            let currencies = plural(counts.currencies, "currency", "currencies");
            format!("Σ available + held + in transit = 0 after each of {events}, in {currencies}")
        }
        Invariant::Floors => {
            format!(
                "{} never below their limits",
                plural(counts.balances, "balance", "balances")
            )
        }
        Invariant::OneEnd => {
            let always = [
                ("settled", counts.settled),
                ("refused", counts.refused),
                ("compensated", counts.compensated),
            ];
            let some = [
                ("cancelled", counts.cancelled),
                ("expired", counts.expired),
                ("reserved", counts.reserved),
                ("still running", counts.running),
            ];
            let all = always.iter().chain(&some).map(|(_, n)| n).sum();
            let ends = always.iter().chain(some.iter().filter(|(_, n)| *n > 0));
            let ends: Vec<String> = ends.map(|(word, n)| format!("{} {word}", grouped(*n))).collect();
            format!("{}: {}", plural(all, "transfer", "transfers"), ends.join(", "))
        }
        Invariant::Causes => {
            let copies = match counts.copies {
                0 => String::new(),
                copies => format!(", {}", plural(copies, "exact copy", "exact copies")),
            };
            format!("{events} after their causes, each id once{copies}")
        }
        Invariant::NothingDropped => {
            let [messages, requests, repeats] = [
                ("message", counts.messages),
                ("request", counts.requests),
                ("exact repeat", counts.repeats),
            ]
            .map(|(word, count)| plural(count, word, &format!("{word}s")));
            format!(
                "{messages}: {requests} decided, {repeats}, {} parked",
                grouped(counts.parked)
            )
        }
        Invariant::Books => String::new(),
    }
}

/// A number with its noun.
pub fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A number with thousands separators.
pub fn grouped(number: u64) -> String {
    output::count(usize::try_from(number).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_breaches_are_listed_and_all_are_counted() {
        let mut breaches = Breaches::default();
        for n in 0..12 {
            breaches.add(Invariant::Floors, || format!("breach {n}"));
        }
        let report = Report::new(Counts::default(), &breaches, None);
        assert!(!report.held);
        assert!(report.text().contains("✗ floors"), "{}", report.text());
        assert!(
            report.text().contains("    breach 4\n    … and 7 more"),
            "{}",
            report.text()
        );
        assert!(report.checks.iter().all(|check| check.invariant != "books"));
        assert_eq!(report.exit(), Exit::Failed);
    }

    #[test]
    fn an_unfinished_transfer_is_neither_a_breach_nor_a_success() {
        let mut breaches = Breaches::default();
        breaches.add_open(false, Invariant::OneEnd, || {
            "transfer 1 of alice has not ended".to_owned()
        });
        let mut report = Report::new(Counts::default(), &breaches, None);
        report.stuck = Some("1 transfer is stuck: credit-svc …".to_owned());
        assert_eq!((report.held, report.exit()), (false, Exit::Timeout));
        let text = report.text();
        assert!(text.contains("… one end") && !text.contains('✗'), "{text}");
        assert!(text.ends_with("\n\n1 transfer is stuck: credit-svc …"), "{text}");
        breaches.add(Invariant::Floors, || "a breach".to_owned());
        assert_eq!(
            Report::new(Counts::default(), &breaches, None).exit(),
            Exit::Failed
        );
    }
}
