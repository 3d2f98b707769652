//! Options that are there and say nothing, as a variable of a script does that was never set.

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use wallet_contract::blank::is_blank;

/// The first option or argument whose value is empty or blank, as it stands in the usage. A variable of the environment may be
/// empty: that is how one is unset.
pub(super) fn find(command: &Command, matches: &ArgMatches) -> Option<String> {
    let says_nothing = |id: &str| {
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
    };
    let here = command.get_arguments().find(|arg| {
        let id = arg.get_id().as_str();
        matches.try_contains_id(id).unwrap_or(false) && says_nothing(id)
    });
    here.map(ToString::to_string).or_else(|| {
        let (name, matches) = matches.subcommand()?;
        find(command.find_subcommand(name)?, matches)
    })
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use crate::args::Cli;

    #[test]
    fn an_option_that_says_nothing_is_named() {
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
                assert_eq!(
                    super::find(&command, &matches).as_deref(),
                    Some(option),
                    "{words:?}"
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
        assert_eq!(super::find(&command, &matches), None, "a default may be empty");
    }
}
