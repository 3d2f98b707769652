//! The filters of the list as query parameters. Programs and people use the same ones.

use jiff::Timestamp;
use serde::Deserialize;
use wallet_contract::money::Currency;
use wallet_contract::reason::Reason;
use wallet_contract::status::Status;
use wallet_runtime::problem::Problem;
use wallet_view::duration;
use wallet_view::moment::Moment;
use wallet_view::typed;

use crate::flows::ended::Span;
use crate::flows::list::Filter;
use crate::handler::limit;

/// Why a flow does not move on. Can be queried like a status, but no flow is stored with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Halted {
    /// It has not been heard of for too long.
    Stuck,
    /// A message of it is parked.
    Parked,
}

impl Halted {
    pub(crate) const ALL: [Self; 2] = [Self::Stuck, Self::Parked];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Stuck => "stuck",
            Self::Parked => "parked",
        }
    }
}

/// The fields as written. A field not filled in is empty; a blank one was refused before.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ListQuery {
    pub(crate) account: String,
    pub(crate) status: String,
    pub(crate) reason: String,
    pub(crate) currency: String,
    pub(crate) min: String,
    pub(crate) max: String,
    pub(crate) lasted_ms: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) ended_from: String,
    pub(crate) ended_to: String,
    pub(crate) before: String,
    pub(crate) limit: String,
}

/// The fields as parsed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Listed {
    pub(crate) halted: Option<Halted>,
    pub(crate) filter: Filter,
    /// The time span in which it ended, if given.
    pub(crate) ended: Option<Span>,
    pub(crate) before: Option<String>,
}

impl ListQuery {
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
            ("ended_from", &self.ended_from),
            ("ended_to", &self.ended_to),
            ("before", &self.before),
            ("limit", &self.limit),
        ];
        all.into_iter()
            .map(|(name, text)| (name, text.trim()))
            .filter(|(_, text)| !text.is_empty())
            .collect()
    }

    /// The number of rows requested.
    pub(crate) fn limit(&self, default: i64) -> Result<i64, Problem> {
        limit(Some(self.limit.trim()).filter(|text| !text.is_empty()), default)
    }

    /// Parses the fields, or names the invalid one.
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
        let (status, halted) = field("status").map_or(Ok((None, None)), status)?;
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
                "{name} {text:?}: give the currency too, such as currency=USD"
            ))),
        };
        let lasted_us = field("lasted_ms").map(milliseconds).transpose()?;
        let moment = |name: &str| field(name).map(|text| time(name, text, now)).transpose();
        let ended = (moment("ended_from")?, moment("ended_to")?);
        let listed = Listed {
            halted,
            filter: Filter {
                account,
                status,
                reason: reason.map(|reason| reason.code().to_owned()),
                currency,
                least: amount("min")?,
                most: amount("max")?,
                lasted_us,
                from_us: moment("from")?.map(|moment| moment.first_us),
                to_us: moment("to")?.map(|moment| moment.last_us),
                now_us: now.as_microsecond(),
            },
            ended: (ended != (None, None)).then(|| Span {
                from_us: ended.0.map_or(i64::MIN, |moment| moment.first_us),
                to_us: ended.1.map_or(i64::MAX, |moment| moment.last_us),
            }),
            before: field("before").map(str::to_owned),
        };
        listed.check(|name| field(name).unwrap_or_default())?;
        Ok(listed)
    }
}

impl Listed {
    /// Refuses a filter that can never match: it is a mistake, and not an empty list. `field` returns the text of a field.
    fn check<'a>(&self, field: impl Fn(&str) -> &'a str) -> Result<(), Problem> {
        let Filter {
            from_us,
            to_us,
            least,
            most,
            status,
            ..
        } = &self.filter;
        let ended = self.ended.map(|span| (span.from_us, span.to_us));
        let spans = [
            ("from", "to", from_us.zip(*to_us), "is later than"),
            ("ended_from", "ended_to", ended, "is later than"),
            ("min", "max", least.zip(*most), "is more than"),
        ];
        for (first, last, span, is_beyond) in spans {
            if span.is_some_and(|(from, to)| from > to) {
                let (from, to) = (field(first), field(last));
                return Err(Problem::bad_request(format!(
                    "{first} {from:?} {is_beyond} {last} {to:?}: nothing can match"
                )));
            }
        }
        let open = match (self.halted, status) {
            (Some(halted), _) => Some(halted.word()),
            (None, Some(status @ (Status::Running | Status::Reserved))) => Some(status.word()),
            (None, _) => None,
        };
        match open.filter(|_| self.ended.is_some()) {
            Some(word) => Err(Problem::bad_request(format!(
                "status {word:?}: such flows have not ended; leave out ended_from and ended_to, or the status"
            ))),
            None => Ok(()),
        }
    }
}

fn status(word: &str) -> Result<(Option<Status>, Option<Halted>), Problem> {
    let status = Status::ALL.into_iter().find(|status| status.word() == word);
    let halted = Halted::ALL.into_iter().find(|halted| halted.word() == word);
    if status.is_none() && halted.is_none() {
        let words = Status::ALL
            .map(Status::word)
            .into_iter()
            .chain(Halted::ALL.map(Halted::word));
        let words = words.collect::<Vec<_>>().join(", ");
        return Err(Problem::bad_request(format!(
            "status {word:?}: use one of {words}"
        )));
    }
    Ok((status, halted))
}

fn milliseconds(text: &str) -> Result<i64, Problem> {
    let read = duration::read_in("ms", text).map(duration::microseconds);
    read.map_err(|_| {
        Problem::bad_request(format!(
            "lasted_ms {text:?}: use milliseconds, such as 250, or a duration such as 1.5 s"
        ))
    })
}

/// Parses a time in any accepted format.
pub(crate) fn time(name: &str, text: &str, now: Timestamp) -> Result<Moment, Problem> {
    Moment::read(text, now).map_err(|bad| Problem::bad_request(format!("{name} {text:?}: {bad}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(change: impl FnOnce(&mut ListQuery)) -> Result<Listed, String> {
        let mut query = ListQuery::default();
        change(&mut query);
        query
            .read("2026-01-31T12:00:00Z".parse().unwrap())
            .map_err(|problem| problem.detail().to_owned())
    }

    #[test]
    fn each_field_is_parsed() {
        let listed = read(|query| {
            query.account = "alice".to_owned();
            query.status = "settled".to_owned();
            query.currency = "USD".to_owned();
            query.min = "1.00".to_owned();
            query.lasted_ms = "13.9 ms".to_owned();
        });
        let filter = listed.unwrap().filter;
        assert_eq!(
            (filter.status, filter.least, filter.most),
            (Some(Status::Settled), Some(100), None)
        );
        assert_eq!(filter.lasted_us, Some(13_900));
        assert_eq!(
            read(|query| query.status = "stuck".to_owned()).unwrap().halted,
            Some(Halted::Stuck)
        );
        let spelled = read(|query| {
            query.currency = "USD".to_owned();
            (query.min, query.max) = ("5".to_owned(), "1,234.5".to_owned());
        });
        let filter = spelled.unwrap().filter;
        assert_eq!((filter.least, filter.most), (Some(500), Some(123_450)));
    }

    /// A time covers everything that it was printed for, in the time zone in which it is written.
    #[test]
    fn time_filters_cover_the_whole_of_their_smallest_unit() {
        let us = |text: &str| text.parse::<Timestamp>().unwrap().as_microsecond();
        let check = |text: &str, from: &str, to: &str| {
            let filter = read(|query| (query.from, query.to) = (text.to_owned(), text.to_owned()));
            let filter = filter.unwrap().filter;
            assert_eq!(
                (filter.from_us, filter.to_us),
                (Some(us(from)), Some(us(to))),
                "{text}"
            );
        };
        check(
            "1970-01-01T00:00:02",
            "1970-01-01T00:00:02Z",
            "1970-01-01T00:00:02.999999Z",
        );
        check(
            "2026-11-28",
            "2026-11-28T00:00:00Z",
            "2026-11-28T23:59:59.999999Z",
        );
        check(
            "2026-11-30T05:02:29[America/New_York]",
            "2026-11-30T10:02:29Z",
            "2026-11-30T10:02:29.999999Z",
        );
        check("1h ago", "2026-01-31T11:00:00Z", "2026-01-31T11:00:00Z");
    }

    #[test]
    fn an_invalid_filter_is_named() {
        let check = |change: fn(&mut ListQuery), expected: &str| {
            let error = read(change).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check(|query| query.min = "1.00".to_owned(), "give the currency too");
        check(
            |query| (query.currency, query.max) = ("USD".to_owned(), "$5".to_owned()),
            "max: amount \"$5\" is not a plain decimal number, such as \"12.50\": did you mean 5.00?",
        );
        check(|query| query.status = "lost".to_owned(), "use one of running");
        check(|query| query.reason = "because".to_owned(), "reason \"because\"");
        check(
            |query| query.lasted_ms = "soon".to_owned(),
            "lasted_ms \"soon\": use milliseconds",
        );
        check(
            |query| query.from = "yesterday".to_owned(),
            "from \"yesterday\": use a time such as",
        );
        check(
            |query| query.to = "2026-06-01T00:00+06[Europe/Berlin]".to_owned(),
            "to \"2026-06-01T00:00+06[Europe/Berlin]\": Europe/Berlin was at +02:00 then",
        );
        check(|query| query.account = "a b".to_owned(), "account \"a b\"");
    }

    #[test]
    fn an_impossible_filter_is_an_error() {
        let check = |fields: [(&str, &str); 2], expected: &str| {
            let error = read(|query| {
                for (name, text) in fields {
                    let field = match name {
                        "from" => &mut query.from,
                        "to" => &mut query.to,
                        "ended_from" => &mut query.ended_from,
                        "ended_to" => &mut query.ended_to,
                        "min" => &mut query.min,
                        "max" => &mut query.max,
                        _ => &mut query.status,
                    };
                    text.clone_into(field);
                }
                "USD".clone_into(&mut query.currency);
            });
            let error = error.unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        let (first, last) = ("2026-06-02T00:00:00Z", "2026-06-01T00:00:00Z");
        let both = "from \"2026-06-02T00:00:00Z\" is later than";
        check([("from", first), ("to", last)], both);
        check([("from", first), ("to", last)], "to \"2026-06-01T00:00:00Z\"");
        check([("ended_from", first), ("ended_to", last)], both);
        check(
            [("min", "2.00"), ("max", "1.00")],
            "min \"2.00\" is more than max \"1.00\"",
        );
        for status in ["running", "reserved", "stuck", "parked"] {
            check(
                [("status", status), ("ended_from", first)],
                "such flows have not ended",
            );
        }
        let same = read(|query| {
            first.clone_into(&mut query.ended_from);
            first.clone_into(&mut query.ended_to);
        });
        let span = same.unwrap().ended.unwrap();
        let within = span.to_us - span.from_us;
        assert_eq!(within, 999_999, "a printed second is all of that second");
    }
}
