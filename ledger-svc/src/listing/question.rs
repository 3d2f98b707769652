//! What is asked of the list, as it stands behind the `?`: the same words for programs and for people.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_contract::reason::Reason;
use wallet_contract::status::Status;
use wallet_runtime::problem::Problem;
use wallet_view::typed;

use crate::flows::list::Filter;

/// What no flow is stored as, and can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Nothing was heard of it for too long.
    Stuck,
    /// A message of it was set aside.
    Parked,
}

impl Standing {
    pub(crate) const ALL: [Self; 2] = [Self::Stuck, Self::Parked];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Stuck => "stuck",
            Self::Parked => "parked",
        }
    }
}

/// As it is written. A field of a form that nobody filled in is an empty one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Question {
    pub(crate) account: String,
    pub(crate) status: String,
    pub(crate) reason: String,
    pub(crate) currency: String,
    pub(crate) min: String,
    pub(crate) max: String,
    pub(crate) lasted_ms: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) before: String,
    pub(crate) limit: Option<i64>,
}

/// As it is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Listed {
    pub(crate) account: Option<AccountId>,
    pub(crate) standing: Option<Standing>,
    pub(crate) filter: Filter,
    pub(crate) before: Option<String>,
}

impl Question {
    /// The fields that are filled in, in a fixed order.
    pub(crate) fn fields(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("account", &self.account),
            ("status", &self.status),
            ("reason", &self.reason),
            ("currency", &self.currency),
            ("min", &self.min),
            ("max", &self.max),
            ("lasted_ms", &self.lasted_ms),
            ("from", &self.from),
            ("to", &self.to),
            ("before", &self.before),
        ];
        all.into_iter()
            .map(|(name, text)| (name, text.trim()))
            .filter(|(_, text)| !text.is_empty())
            .collect()
    }

    /// Reads it, or says which field makes no sense.
    pub(crate) fn read(&self, now: Timestamp) -> Result<Listed, Problem> {
        let field = |name: &str| {
            self.fields()
                .into_iter()
                .find(|(field, _)| *field == name)
                .map(|(_, text)| text)
        };
        let account = field("account")
            .map(|name| Problem::parse("account", name))
            .transpose()?;
        let (status, standing) = field("status").map_or(Ok((None, None)), status)?;
        let reason = field("reason")
            .map(|code| Problem::parse::<Reason>("reason", code))
            .transpose()?;
        let currency = field("currency")
            .map(|code| Problem::parse::<Currency>("currency", code))
            .transpose()?;
        let amount = |name: &str| match (field(name), currency) {
            (None, _) => Ok(None),
            (Some(text), Some(currency)) => {
                let minor = typed::minor(text, currency);
                minor
                    .map(Some)
                    .map_err(|error| Problem::bad_request(format!("{name}: {error}")))
            }
            (Some(text), None) => Err(Problem::bad_request(format!(
                "{name} {text:?}: say in which currency, such as currency=USD"
            ))),
        };
        let lasted_us = field("lasted_ms").map(milliseconds).transpose()?;
        let listed = Listed {
            account,
            standing,
            filter: Filter {
                status,
                reason: reason.map(|reason| reason.code().to_owned()),
                currency,
                least: amount("min")?,
                most: amount("max")?,
                lasted_us,
                from_us: field("from").map(|text| time("from", text)).transpose()?,
                to_us: field("to").map(|text| time("to", text)).transpose()?,
                now_us: now.as_microsecond(),
            },
            before: field("before").map(str::to_owned),
        };
        if listed.standing.is_some() && listed.before.is_some() {
            return Err(Problem::bad_request(
                "what is stuck or parked has one page: leave out before",
            ));
        }
        Ok(listed)
    }
}

fn status(word: &str) -> Result<(Option<Status>, Option<Standing>), Problem> {
    let status = Status::ALL.into_iter().find(|status| status.word() == word);
    let standing = Standing::ALL.into_iter().find(|standing| standing.word() == word);
    if status.is_none() && standing.is_none() {
        let words = Status::ALL
            .map(Status::word)
            .into_iter()
            .chain(Standing::ALL.map(Standing::word));
        let words = words.collect::<Vec<_>>().join(", ");
        return Err(Problem::bad_request(format!(
            "status {word:?}: use one of {words}"
        )));
    }
    Ok((status, standing))
}

fn milliseconds(text: &str) -> Result<i64, Problem> {
    let read = text.parse::<u32>().map(|ms| i64::from(ms) * 1_000);
    read.map_err(|_| Problem::bad_request(format!("lasted_ms {text:?}: use whole milliseconds, such as 250")))
}

/// A time as RFC 3339, or as a browser's field writes it, which is meant as UTC; microseconds since 1970.
pub(crate) fn time(name: &str, text: &str) -> Result<i64, Problem> {
    let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    let read = text.parse().ok().or_else(|| civil().map(|time| time.timestamp()));
    let bad = || {
        Problem::bad_request(format!(
            "{name} {text:?}: use a time such as 2026-01-31T12:00:00Z"
        ))
    };
    read.map(Timestamp::as_microsecond).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(change: impl FnOnce(&mut Question)) -> Result<Listed, String> {
        let mut question = Question::default();
        change(&mut question);
        question
            .read(Timestamp::UNIX_EPOCH)
            .map_err(|problem| problem.detail().to_owned())
    }

    #[test]
    fn each_field_is_read() {
        let listed = read(|asked| {
            asked.account = "alice".to_owned();
            asked.status = "settled".to_owned();
            asked.currency = "USD".to_owned();
            asked.min = "1.00".to_owned();
            asked.lasted_ms = "250".to_owned();
            asked.to = "1970-01-01T00:00:02".to_owned();
        });
        let filter = listed.unwrap().filter;
        assert_eq!(
            (filter.status, filter.least, filter.most),
            (Some(Status::Settled), Some(100), None)
        );
        assert_eq!((filter.lasted_us, filter.to_us), (Some(250_000), Some(2_000_000)));
        assert_eq!(
            read(|asked| asked.status = "stuck".to_owned()).unwrap().standing,
            Some(Standing::Stuck)
        );
        let spelled = read(|asked| {
            asked.currency = "USD".to_owned();
            (asked.min, asked.max) = ("5".to_owned(), "1,234.5".to_owned());
        });
        let filter = spelled.unwrap().filter;
        assert_eq!((filter.least, filter.most), (Some(500), Some(123_450)));
        assert_eq!(
            read(|asked| asked.status = " ".to_owned()).unwrap().filter,
            Filter::default()
        );
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let check = |change: fn(&mut Question), says: &str| {
            let error = read(change).unwrap_err();
            assert!(error.contains(says), "{error}");
        };
        check(|asked| asked.min = "1.00".to_owned(), "say in which currency");
        check(
            |asked| (asked.currency, asked.max) = ("USD".to_owned(), "$5".to_owned()),
            "max: amount \"$5\" is not a plain decimal number, such as \"12.50\": did you mean 5.00?",
        );
        check(|asked| asked.status = "lost".to_owned(), "use one of running");
        check(|asked| asked.reason = "because".to_owned(), "reason \"because\"");
        check(|asked| asked.lasted_ms = "soon".to_owned(), "whole milliseconds");
        check(|asked| asked.from = "yesterday".to_owned(), "use a time such as");
        check(|asked| asked.account = "a b".to_owned(), "account \"a b\"");
    }
}
