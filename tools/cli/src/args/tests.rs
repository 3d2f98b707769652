//! What the command line accepts, and its errors.

use super::*;

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

/// The doc comment of a flattened struct can replace the command's own, but is meant for readers of the code.
#[test]
fn help_begins_with_what_a_command_does() {
    check(&Cli::command(), &[]);
}

fn check(command: &clap::Command, path: &[&str]) {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let help = command.clone().render_long_help().to_string();
    assert!(help.starts_with(&about), "{path:?}: {help}");
    let verb = about.split_whitespace().next().unwrap_or_default();
    let notes = ["", "How", "What", "Whether", "Name", "Waiting", "The", "A"];
    let is_verb = verb.chars().all(char::is_alphabetic) && !notes.contains(&verb);
    assert!(is_verb, "{path:?} begins with {about:?}");
    for command in command.get_subcommands() {
        check(command, &[path, &[command.get_name()]].concat());
    }
}

/// The error for a typing slip says what would be right, with all possible values.
#[test]
fn an_error_names_the_valid_values() {
    for (words, expected) in [
        (&["transfer", "--id", "abc"][..], "use a UUID such as 0190b1c4-"),
        (&["confirm", "abc"], "use a UUID such as 0190b1c4-"),
        (&["cancel", "abc"], "use a UUID such as 0190b1c4-"),
        (&["reverse", "abc"], "use a UUID such as 0190b1c4-"),
        (&["phases", "abc"], "use a UUID such as 0190b1c4-"),
        (&["watch", "abc"], "use a UUID such as 0190b1c4-"),
        (
            &["transfers", "--reason", "nomoney"],
            "[possible values: insufficient_funds, ",
        ),
        (&["trace", "export", "--otlp", "http://h"], "<ID|--since <TIME>>"),
        (&["trace"], "<ID|--file <FILE>>"),
        (&["parked", "retry"], "<ID|--all>"),
        (&["transfer"], "wallet transfer --file <FILE>"),
        (
            &["transfer", "alice", "bob", "5", "USD"],
            "Usage: wallet transfer --from <ACCOUNT> --to <ACCOUNT> --amount <AMOUNT> --currency <CODE>",
        ),
        (
            &["reserve", "alice", "bob", "5", "USD"],
            "--from <ACCOUNT> --to <ACCOUNT>",
        ),
        (&["reserve", "--expires-in", "400d"], "at most 365d"),
    ] {
        let words = [&["wallet"], words].concat();
        let message = Cli::try_parse_from(&words).unwrap_err().to_string();
        assert!(message.contains(expected), "{words:?}: {message}");
    }
    for words in [
        &["trace", "x", "--file", "f"][..],
        &["parked", "retry", "--all"],
        &["trace", "export", "x", "--otlp", "u"],
    ] {
        Cli::try_parse_from([&["wallet"], words].concat()).unwrap();
    }
}
