//! The accidents as a table.

use wallet_terminal::output::{Paint, Side, Table};

use super::verdict::{Accident, Seen, Verdict, Wait};

/// All verdicts, for people.
pub fn text(verdicts: &[Verdict]) -> String {
    let mut table = Table::new(&[
        ("system", Side::Left),
        ("accident", Side::Left),
        ("money", Side::Left),
        ("same account", Side::Left),
        ("others", Side::Left),
        ("a reader sees", Side::Left),
        ("at rest", Side::Right),
        ("remedy", Side::Left),
    ]);
    for verdict in verdicts {
        let wait = |wait: Option<Wait>| wait.map_or("–".to_owned(), waits);
        table.row([
            verdict.system.to_owned(),
            happened(verdict),
            money(verdict),
            wait(verdict.same_account),
            wait(verdict.others),
            seen(verdict.seen),
            verdict.at_rest_ms.map_or("–".to_owned(), span),
            verdict.remedy.to_owned(),
        ]);
    }
    table.draw(Paint::for_stdout())
}

fn happened(verdict: &Verdict) -> String {
    match verdict.accident {
        Accident::Killed => format!("killed when {}", verdict.to),
        Accident::Restarted => format!("{} killed and restarted", verdict.to),
        Accident::Twice => "the same request twice".to_owned(),
        Accident::Contested => "last money spent twice at once".to_owned(),
    }
}

/// What became of the money, in words.
pub fn money(verdict: &Verdict) -> String {
    let Verdict { money, paid, due, .. } = *verdict;
    let moved = match verdict.accident {
        Accident::Restarted if paid != 0 => format!("ACCOUNTS OFF BY {}", usd(paid)),
        Accident::Restarted => format!("as reported to callers; {} replies lost", verdict.in_doubt),
        Accident::Killed if paid == 0 => "not paid".to_owned(),
        Accident::Killed | Accident::Twice | Accident::Contested if paid == due => "paid once".to_owned(),
        Accident::Killed | Accident::Twice | Accident::Contested => {
            format!("PAID {} INSTEAD OF {}", usd(paid), usd(due))
        }
    };
    match money {
        0 => moved,
        less if less < 0 => format!("{} VANISHED, {moved}", usd(-less)),
        more => format!("{} APPEARED, {moved}", usd(more)),
    }
}

fn waits(wait: Wait) -> String {
    if wait.is_blocked() {
        format!("BLOCKED {}", span(wait.ms()))
    } else {
        span(wait.ms())
    }
}

fn seen(seen: Seen) -> String {
    let Seen {
        answered,
        off,
        held,
        in_transit,
        below_zero,
    } = seen;
    if !answered {
        return "no answer".to_owned();
    }
    let mut words = Vec::new();
    let mut add = |amount: i64, word: &str| {
        if amount != 0 {
            words.push(format!("{} {word}", usd(amount.abs())));
        }
    };
    add(off.min(0), "too little");
    add(off.max(0), "too much");
    add(held, "held");
    add(in_transit, "in transit");
    add(below_zero, "below zero");
    if words.is_empty() {
        "all of it".to_owned()
    } else {
        words.join(", ")
    }
}

fn usd(cents: i64) -> String {
    wallet_load::random::decimal(cents.unsigned_abs())
}

fn span(ms: f64) -> String {
    if ms < 1_000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1e3)
    }
}
