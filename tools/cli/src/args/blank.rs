//! Options with an empty value, as from a script variable that was never set.

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, Error};
use wallet_contract::blank::is_blank;

/// An error if an option or argument is empty or blank, named as in the command's usage. Environment variables may be empty: that
/// is how one is unset.
pub(super) fn find(command: &mut Command, matches: &ArgMatches) -> Option<Error> {
    let here = command.get_arguments().find(|arg| {
        let id = arg.get_id().as_str();
        matches.try_contains_id(id).unwrap_or(false) && has_blank_value(id, matches)
    });
    if let Some(option) = here.map(ToString::to_string) {
        let message = format!("'{option}' is empty or blank: give a value, or leave it out");
        return Some(command.error(ErrorKind::InvalidValue, message));
    }
    let (name, matches) = matches.subcommand()?;
    find(command.find_subcommand_mut(name)?, matches)
}

fn has_blank_value(id: &str, matches: &ArgMatches) -> bool {
    let mut values = matches
        .get_raw(id)
        .into_iter()
        .flatten()
        .filter_map(|value| value.to_str());
    match matches.value_source(id) {
        Some(ValueSource::CommandLine) => values.any(is_blank),
        Some(ValueSource::EnvVariable) => values.any(|text| !text.is_empty() && is_blank(text)),
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use crate::args::Cli;

    #[test]
    fn a_blank_option_is_rejected_by_name() {
        for blank in ["", " ", "\t", "\u{a0}", "\u{200b}"] {
            for (words, option) in [
                (&["wallet", "balance", "--api", blank][..], "--api <URL>"),
                (&["wallet", "--nats", blank, "up"], "--nats <URL>"),
                (&["wallet", "trace", blank], "[ID]"),
                (
                    &["wallet", "trace", "export", "x", "--otlp", blank],
                    "--otlp <URL>",
                ),
                (
                    &["wallet", "deposit", "alice", "1.00", "USD", "--memo", blank],
                    "--memo <TEXT>",
                ),
                (
                    &["wallet", "parked", "discard", "debit/0/1", "--reason", blank],
                    "--reason <TEXT>",
                ),
            ] {
                let mut command = Cli::command();
                let matches = command.try_get_matches_from_mut(words).unwrap();
                let message = super::find(&mut command, &matches).unwrap().to_string();
                assert!(
                    message.contains(&format!("'{option}' is empty or blank")),
                    "{words:?}: {message}"
                );
            }
        }
        for words in [
            &["wallet", "balance", "--account", " "][..],
            &["wallet", "transfers", "--account", " "],
            &["wallet", "transfers", "--status", " "],
            &["wallet", "transfer", "--file", "a.csv", "--batch", " "],
            &["wallet", "transfers", "--limit", " "],
            &["wallet", "statement", "alice", "--currency", " "],
            &["wallet", "balance", "alice", "--at", " "],
        ] {
            assert!(Cli::try_parse_from(words).is_err(), "{words:?}");
        }
        let mut command = Cli::command();
        let matches = command
            .try_get_matches_from_mut(["wallet", "transfer", "--file", "a.csv"])
            .unwrap();
        let found = super::find(&mut command, &matches);
        assert!(found.is_none(), "a default may be empty");
    }

    #[test]
    fn the_error_shows_the_usage_of_the_subcommand() {
        let words = [
            "wallet",
            "transfer",
            "--from",
            "a",
            "--to",
            "b",
            "--amount",
            "",
            "--currency",
            "USD",
        ];
        let mut command = Cli::command();
        let matches = command.try_get_matches_from_mut(words).unwrap();
        let message = super::find(&mut command, &matches).unwrap().to_string();
        assert!(message.contains("Usage: wallet transfer --from"), "{message}");
        let words = ["wallet", "parked", "discard", "debit/0/1", "--reason", ""];
        let matches = command.try_get_matches_from_mut(words).unwrap();
        let message = super::find(&mut command, &matches).unwrap().to_string();
        assert!(message.contains("Usage: wallet parked discard"), "{message}");
    }
}
