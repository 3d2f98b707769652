//! `wallet doctor`: is everything configured correctly? One line for each finding, with what to do about it.
//!
//! | part | checks |
//! |---|---|
//! | `servers` | the NATS servers: the one in use, and the others of the list |
//! | `streams` | the streams' settings, against the contract's, and whether they lack messages |
//! | `monitor` | what only the server's monitoring port tells: syncing and subject mappings |
//! | `services` | whether the services are ready, how far the ledger is, parked messages |
//!
//! It changes nothing.

mod monitor;
mod servers;
mod services;
mod streams;

use anyhow::Result;
use serde::Serialize;
use wallet_terminal::exit::Exit;
use wallet_terminal::output::{self, Paint};

use crate::args::{Common, Doctor};

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// Correct.
    Ok,
    /// Can't be determined from here.
    Unknown,
    /// Works, but needs attention.
    Warn,
    /// Must be fixed.
    Fail,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    level: Level,
    /// What was checked.
    check: &'static str,
    /// What was found.
    detail: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self {
            level: Level::Ok,
            check,
            detail: detail.into(),
            advice: None,
        }
    }

    fn new(level: Level, check: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            level,
            check,
            detail: detail.into(),
            advice: Some(advice.into()),
        }
    }

    fn told(&self, paint: Paint) -> String {
        let mark = match self.level {
            Level::Ok => paint.good("ok     "),
            Level::Unknown => paint.faint("unknown"),
            Level::Warn => paint.warn("warn   "),
            Level::Fail => paint.bad("fail   "),
        };
        let advice = self
            .advice
            .as_ref()
            .map_or(String::new(), |advice| format!("\n{:21}→ {advice}", ""));
        format!(
            "{mark}  {:<10}  {}{advice}",
            self.check,
            output::clean(&self.detail)
        )
    }
}

/// Runs `wallet doctor`.
pub async fn run(args: &Doctor, common: &Common) -> Result<Exit> {
    let findings = examine(args, common).await?;
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let (failed, warned, unknown) = (count(Level::Fail), count(Level::Warn), count(Level::Unknown));
    let summary = summary(findings.len(), failed, warned, unknown);
    if common.json {
        output::json(&serde_json::json!({ "ok": failed == 0, "summary": summary, "findings": findings }))?;
    } else {
        let paint = Paint::for_stdout();
        for finding in &findings {
            output::line(&finding.told(paint))?;
        }
        output::line(&format!("\n{summary}"))?;
    }
    Ok(match (failed, warned) {
        (0, 1..) if args.strict => Exit::Warned,
        (0, _) => Exit::Ok,
        _ => Exit::Failed,
    })
}

/// A one-line summary of all findings.
fn summary(checks: usize, failed: usize, warned: usize, unknown: usize) -> String {
    let verdict = match (failed, warned) {
        (0, 0) => "All is well".to_owned(),
        (0, _) => format!("{warned} to look at"),
        (_, 0) => format!("{failed} to put right"),
        _ => format!("{failed} to put right, {warned} to look at"),
    };
    let unknown = if unknown == 0 {
        String::new()
    } else {
        format!(", {unknown} not known from here")
    };
    format!("{verdict}: {checks} checks{unknown}.")
}

async fn examine(args: &Doctor, common: &Common) -> Result<Vec<Finding>> {
    let (connection, mut findings) = servers::look(&common.nats).await;
    if let Some(connection) = connection {
        let looked = streams::look(&connection, &common.ledger()?).await;
        let server = monitor::look(args.monitor.as_deref(), looked.shards, looked.replicas).await?;
        findings.extend(looked.findings.into_iter().chain(server));
    }
    findings.extend(services::look(&common.ledger()?).await?);
    Ok(findings)
}

fn http() -> Result<reqwest::Client> {
    wallet_stack::ready::client()
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn the_last_line_sums_it_up() {
        assert_eq!(
            summary(9, 0, 0, 2),
            "All is well: 9 checks, 2 not known from here."
        );
        assert_eq!(summary(9, 0, 1, 0), "1 to look at: 9 checks.");
        assert_eq!(summary(9, 2, 1, 0), "2 to put right, 1 to look at: 9 checks.");
    }
}
