//! `wallet doctor`: is everything configured correctly? One line for each finding, with what to do about it.
//!
//! | part | checks |
//! |---|---|
//! | `servers` | the NATS servers: the one in use, and the others of the list |
//! | `streams` | the streams' settings, against the contract's, and whether they lack messages |
//! | `monitor` | what only the server's monitoring port shows: syncing and subject mappings |
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

use self::monitor::Monitor;
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

    fn text(&self, paint: Paint) -> String {
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
            output::line(&finding.text(paint))?;
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
        (0, _) => count_of(warned, "warning", "warnings"),
        (_, 0) => format!("{failed} failed"),
        _ => format!("{failed} failed, {}", count_of(warned, "warning", "warnings")),
    };
    let unknown = if unknown == 0 {
        String::new()
    } else {
        format!(", {unknown} unknown")
    };
    format!("{verdict}: {checks} checks{unknown}.")
}

async fn examine(args: &Doctor, common: &Common) -> Result<Vec<Finding>> {
    // An invalid URL is an error of the command line, whatever the state of the wallet.
    let monitor = args.monitor.as_deref().map(Monitor::parse).transpose()?;
    let (connection, mut findings) = servers::check(&common.nats).await;
    if let Some(connection) = connection {
        let checked = streams::check(&connection, &common.ledger()?).await;
        let server = monitor::check(monitor.as_ref(), checked.shards, checked.replicas).await?;
        findings.extend(checked.findings.into_iter().chain(server));
    }
    findings.extend(services::check(&common.ledger()?).await?);
    Ok(findings)
}

fn count_of(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn http() -> Result<reqwest::Client> {
    wallet_stack::ready::client()
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use wallet_terminal::exit::Exit;

    use super::{examine, summary};
    use crate::args::{Cli, Command};

    #[test]
    fn the_summary_counts_failures_and_warnings() {
        assert_eq!(summary(9, 0, 0, 2), "All is well: 9 checks, 2 unknown.");
        assert_eq!(summary(9, 0, 1, 0), "1 warning: 9 checks.");
        assert_eq!(summary(9, 2, 3, 0), "2 failed, 3 warnings: 9 checks.");
    }

    #[tokio::test]
    async fn an_invalid_monitor_url_is_rejected_even_if_nats_is_down() {
        let words = [
            "wallet",
            "--nats",
            "nats://127.0.0.1:1",
            "doctor",
            "--monitor",
            "ftp://x",
        ];
        let cli = Cli::try_parse_from(words).unwrap();
        let Command::Doctor(args) = &cli.command else {
            panic!("{words:?}")
        };
        let Err(error) = examine(args, &cli.common).await else {
            panic!("{words:?}")
        };
        assert_eq!(Exit::of(&error), Exit::Usage);
        assert!(
            error.to_string().starts_with("invalid --monitor URL: "),
            "{error}"
        );
    }
}
