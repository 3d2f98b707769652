//! Which options can hold a secret.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Result, ensure};
use clap::CommandFactory as _;
use wallet_runtime::settings::CommandLine;

/// The options of the tool and of the services that hold, or may hold, a secret. Each is tried.
const SECRET: [&str; 16] = [
    "api",
    "api-token",
    "credit",
    "database",
    "debit",
    "headers",
    "http-token",
    "into",
    "monitor",
    "nats",
    "nats-creds",
    "nats-nkey",
    "otlp",
    "otlp-endpoint",
    "otlp-headers",
    "otlp-traces-endpoint",
];
/// The options that hold none: names, numbers, times, paths, keywords.
const PLAIN: &str = "account accounts amount at batch body callers currency dir ended-since ended-until expires-in file from \
                     hot-percent http http-token-file id in-flight limit log log-format memo mode nats-ca nats-cert \
                     nats-inbox nats-key otlp-protocol otlp-timeout overdraft payer protocol rate reason replicas \
                     seconds seed shard shards since status stuck-after timeout to trace-url transfers wait";

/// The long names of all options that take a value.
fn options(command: &clap::Command) -> BTreeSet<String> {
    let takes_one = |arg: &&clap::Arg| arg.get_action().takes_values() && !arg.is_positional();
    let own = command
        .get_arguments()
        .filter(takes_one)
        .filter_map(|arg| arg.get_long().map(str::to_owned));
    own.chain(command.get_subcommands().flat_map(options)).collect()
}

/// The same for the tool, from its completion script: there each option that takes a value is a separate case.
fn options_of_the_tool() -> Result<BTreeSet<String>> {
    let script = Command::new(e2e::program("wallet")?)
        .args(["completions", "bash"])
        .output()?;
    let script = String::from_utf8(script.stdout)?;
    let cases = script.lines().filter_map(|line| line.trim().strip_prefix("--"));
    let found: BTreeSet<String> = cases
        .filter_map(|line| line.strip_suffix(')'))
        .map(str::to_owned)
        .collect();
    ensure!(found.len() > 20, "too few options in the script: {found:?}");
    Ok(found)
}

#[test]
fn every_option_is_classified_as_secret_or_plain() -> Result<()> {
    let mut all = options_of_the_tool()?;
    all.extend(options(&CommandLine::command()));
    let known: BTreeSet<&str> = SECRET.into_iter().chain(PLAIN.split_whitespace()).collect();
    let unknown: Vec<&String> = all
        .iter()
        .filter(|option| !known.contains(option.as_str()))
        .collect();
    assert!(
        unknown.is_empty(),
        "unknown options: if they can hold a secret, try them here; otherwise add them to PLAIN: {unknown:?}"
    );
    let gone: Vec<&&str> = known.iter().filter(|option| !all.contains(**option)).collect();
    assert!(gone.is_empty(), "these options no longer exist: {gone:?}");
    Ok(())
}
