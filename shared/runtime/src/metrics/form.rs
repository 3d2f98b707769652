//! Content negotiation: which of the two metrics formats a scraper's `Accept` header asks for.

/// A format that Prometheus reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Prometheus text, version 0.0.4, which every metrics reader understands.
    Text,
    /// OpenMetrics text, version 1.0.0.
    OpenMetrics,
}

impl Form {
    /// The format that these `Accept` headers ask for: the one with the higher weight, and between equal ones OpenMetrics if it
    /// is named. A client that accepts neither still gets text: an error would help it less.
    pub fn preferred<'a>(accept: impl IntoIterator<Item = &'a str>) -> Self {
        let ranges: Vec<Range<'_>> = accept
            .into_iter()
            .flat_map(|header| header.split(','))
            .filter_map(Range::read)
            .collect();
        let weight = |form: Self| {
            let fits = ranges
                .iter()
                .filter_map(|range| Some((range.fits(form)?, range.weight)));
            fits.max().unwrap_or((Fit::Anything, 0))
        };
        let (fit, open_metrics) = weight(Self::OpenMetrics);
        let (_, text) = weight(Self::Text);
        let is_named = fit >= Fit::Named && open_metrics > 0;
        if open_metrics > text || (is_named && open_metrics == text) {
            Self::OpenMetrics
        } else {
            Self::Text
        }
    }

    /// The value of the header `Content-Type`.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// Type, subtype and version.
    fn named(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Text => ("text", "plain", "0.0.4"),
            Self::OpenMetrics => ("application", "openmetrics-text", "1.0.0"),
        }
    }
}

/// How specifically a range describes a format; the most specific one decides (RFC 9110, 12.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Anything,
    Kind,
    Named,
    Version,
}

/// One entry of `Accept`.
#[derive(Debug)]
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    version: Option<&'a str>,
    /// Thousandths.
    weight: u16,
}

impl<'a> Range<'a> {
    /// An unreadable entry is ignored.
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let (mut version, mut weight) = (None, 1_000);
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            if name.eq_ignore_ascii_case("version") {
                version = Some(value);
            } else if name.eq_ignore_ascii_case("q") {
                weight = thousandths(value)?;
            }
        }
        Some(Self {
            kind,
            subtype,
            version,
            weight,
        })
    }

    fn fits(&self, form: Form) -> Option<Fit> {
        let (kind, subtype, version) = form.named();
        match (self.kind, self.subtype) {
            ("*", "*") => Some(Fit::Anything),
            (own, "*") if own.eq_ignore_ascii_case(kind) => Some(Fit::Kind),
            (own, sub) if own.eq_ignore_ascii_case(kind) && sub.eq_ignore_ascii_case(subtype) => {
                match self.version {
                    None => Some(Fit::Named),
                    Some(own) => (own == version).then_some(Fit::Version),
                }
            }
            (_, _) => None,
        }
    }
}

/// Parses `1`, `0.5` or `0.875`.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let is_number = matches!(whole, "0" | "1") && rest.bytes().all(|byte| byte.is_ascii_digit());
    let digits: String = rest.chars().chain("000".chars()).take(3).collect();
    let weight = whole.parse::<u16>().ok()? * 1_000 + digits.parse::<u16>().ok()?;
    (is_number && weight <= 1_000).then_some(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_the_default() {
        let check = |accept: &[&str], form: Form| {
            assert_eq!(Form::preferred(accept.iter().copied()), form, "{accept:?}");
        };
        let text = |accept: &[&str]| check(accept, Form::Text);
        let open = |accept: &[&str]| check(accept, Form::OpenMetrics);
        text(&[]);
        text(&[""]);
        text(&["*/*"]);
        text(&["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"]);
        text(&["text/plain"]);
        text(&["application/json"]);
        text(&["nonsense; q=7, application/openmetrics-text;q=x, application/openmetrics-text;q=1.5"]);
        open(&["application/openmetrics-text"]);
        open(&["Application/OpenMetrics-Text; version=\"1.0.0\"; charset=utf-8"]);
        open(&["application/openmetrics-text, text/plain"]);
        open(&["application/*"]);
        open(&["text/plain;q=0, */*"]);
        open(&["text/plain;q=0.4", "application/openmetrics-text;q=0.5"]);
    }

    #[test]
    fn the_higher_weight_and_the_closest_range_decide() {
        let check = |accept: &str, form: Form| assert_eq!(Form::preferred([accept]), form, "{accept}");
        check("application/openmetrics-text;q=0.5, text/plain", Form::Text);
        check(
            "application/openmetrics-text;q=0.50, text/plain;Q=0.499",
            Form::OpenMetrics,
        );
        check("application/openmetrics-text;q=0, */*;q=0.1", Form::Text);
        check("application/openmetrics-text;q=0", Form::Text);
        check("application/openmetrics-text;version=0.0.1", Form::Text);
        check(
            "application/openmetrics-text;version=2.0.0, */*;q=0.1",
            Form::Text,
        );
        check(
            "text/plain;version=1.0.0, application/openmetrics-text;q=0.2",
            Form::OpenMetrics,
        );
        check(
            "text/*;q=0.9, application/openmetrics-text;q=0.8, */*",
            Form::Text,
        );
    }

    /// Headers from the sources of Prometheus 2 and 3, and from an agent that reads text only.
    #[test]
    fn scrapers_get_the_format_that_they_prefer() {
        let check = |accept: &str, form: Form| assert_eq!(Form::preferred([accept]), form, "{accept}");
        let two = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                   text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let three = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                     application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,\
                     text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        let protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
                        application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3";
        check(two, Form::OpenMetrics);
        check(three, Form::OpenMetrics);
        check(protobuf, Form::OpenMetrics);
        check("text/plain;version=0.0.4;q=1,*/*;q=0.1", Form::Text);
    }
}
