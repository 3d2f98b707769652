//! Destination and protocol: `OTEL_EXPORTER_OTLP_…`, as in the OpenTelemetry specification.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

/// The default time limit for one message.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// The transport of spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// gRPC, usually on port 4317.
    Grpc,
    /// HTTP with a body in protobuf, usually on port 4318.
    #[default]
    HttpProtobuf,
}

/// An invalid setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSetting {
    /// An unsupported protocol.
    #[error("OTLP protocol {0:?}: use grpc or http/protobuf")]
    Protocol(String),
    /// An invalid address.
    #[error("OTLP endpoint {shown:?}: {why}; use for example {example}")]
    Endpoint {
        /// The address, without anything that precedes the host.
        shown: String,
        /// What is wrong with it.
        why: String,
        /// An example of a valid one.
        example: &'static str,
    },
    /// Invalid headers. The text may contain a key, so it is not repeated.
    #[error(
        "OTLP headers: entry {number} {why}; use name=value,name=value, with % codes for special characters"
    )]
    Headers {
        /// Which entry, counted from 1.
        number: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Unusable for sending.
    #[error("OTLP: {0}")]
    Client(String),
}

/// Destination and protocol.
#[derive(Clone)]
pub struct Settings {
    /// The transport.
    pub protocol: Protocol,
    /// For gRPC the receiver's address, for HTTP the full URL.
    pub endpoint: Url,
    /// Extra headers, such as an API key. Never shown.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The time limit for one message.
    pub timeout: Duration,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({self})")
    }
}

/// Without the query, which can contain a key.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut endpoint = self.endpoint.clone();
        endpoint.set_query(None);
        write!(f, "{endpoint} ({})", self.protocol)
    }
}

impl Settings {
    /// A receiver's address: for HTTP the path `/v1/traces` is added, as for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn at(endpoint: &str, protocol: Protocol) -> Result<Self, BadSetting> {
        let mut settings = Self::exactly(endpoint, protocol)?;
        if protocol == Protocol::HttpProtobuf {
            let path = settings.endpoint.path().trim_end_matches('/');
            let path = format!("{path}/v1/traces");
            settings.endpoint.set_path(&path);
        }
        Ok(settings)
    }

    /// The full destination, used unchanged, as for `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.
    pub fn exactly(endpoint: &str, protocol: Protocol) -> Result<Self, BadSetting> {
        let example = match protocol {
            Protocol::Grpc => "http://127.0.0.1:4317",
            Protocol::HttpProtobuf => "http://127.0.0.1:4318",
        };
        // Anything before the host may be a password, and a query may contain a key.
        let shown = endpoint.rsplit('@').next().unwrap_or_default();
        let shown = shown.split('?').next().unwrap_or_default().to_owned();
        let bad = |why: String| BadSetting::Endpoint {
            shown: shown.clone(),
            why,
            example,
        };
        let url: Url = endpoint.trim().parse().map_err(|error| bad(format!("{error}")))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(bad("it needs http:// or https:// and a host".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("put a user or password into the headers".to_owned()));
        }
        Ok(Self {
            protocol,
            endpoint: url,
            headers: Vec::new(),
            timeout: TIMEOUT,
        })
    }

    /// Adds headers in the form of `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,name=value`.
    pub fn with_headers(mut self, text: &str) -> Result<Self, BadSetting> {
        let entries = text.split(',').map(str::trim);
        for (number, entry) in (1..).zip(entries).filter(|(_, entry)| !entry.is_empty()) {
            let bad = |why| BadSetting::Headers { number, why };
            let (name, value) = entry.split_once('=').ok_or_else(|| bad("has no ="))?;
            let name = HeaderName::from_str(name.trim())
                .map_err(|_| bad("has a name that is not a valid header name"))?;
            let value = percent_decode_str(value.trim()).decode_utf8();
            let value = value.map_err(|_| bad("is no text"))?;
            let mut value = HeaderValue::from_str(&value)
                .map_err(|_| bad("has a value that is not a valid header value"))?;
            value.set_sensitive(true);
            self.headers.push((name, value));
        }
        Ok(self)
    }

    /// Sets the time limit for one message.
    #[must_use]
    pub fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl FromStr for Protocol {
    type Err = BadSetting;

    fn from_str(text: &str) -> Result<Self, BadSetting> {
        match text {
            "grpc" => Ok(Self::Grpc),
            "http/protobuf" => Ok(Self::HttpProtobuf),
            other => Err(BadSetting::Protocol(other.to_owned())),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grpc => "grpc",
            Self::HttpProtobuf => "http/protobuf",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_follows_the_specification() {
        let at = |text, protocol| Settings::at(text, protocol).map(|settings| settings.endpoint.to_string());
        let check = |text, protocol, expected: &str| assert_eq!(at(text, protocol), Ok(expected.to_owned()));
        check("http://h:4318", Protocol::HttpProtobuf, "http://h:4318/v1/traces");
        check(
            "http://h:4318/",
            Protocol::HttpProtobuf,
            "http://h:4318/v1/traces",
        );
        check(
            "https://h/otlp",
            Protocol::HttpProtobuf,
            "https://h/otlp/v1/traces",
        );
        check("http://h:4317", Protocol::Grpc, "http://h:4317/");
        let exactly = Settings::exactly("http://h:4318/my/path", Protocol::HttpProtobuf).unwrap();
        assert_eq!(exactly.endpoint.as_str(), "http://h:4318/my/path");
        for (text, problem) in [
            ("h:4318", "http:// or https://"),
            ("", "relative URL"),
            ("ftp://h", "http:// or https://"),
            (
                "http://me:secret@h:4318",
                "put a user or password into the headers",
            ),
        ] {
            let error = at(text, Protocol::HttpProtobuf).unwrap_err().to_string();
            assert!(error.contains(problem) && !error.contains("secret"), "{error}");
        }
        assert_eq!(
            "http/json".parse::<Protocol>().unwrap_err().to_string(),
            "OTLP protocol \"http/json\": use grpc or http/protobuf"
        );
    }

    #[test]
    fn headers_are_parsed_and_never_shown() {
        let settings = Settings::at("http://h:4318", Protocol::HttpProtobuf).unwrap();
        let settings = settings.with_headers("api-key=s%20cret, x-tenant = 7 ,").unwrap();
        let read: Vec<_> = settings
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(read, [("api-key", "s cret"), ("x-tenant", "7")]);
        assert_eq!(
            format!("{settings:?}"),
            "Settings(http://h:4318/v1/traces (http/protobuf))"
        );
        let keyed = Settings::exactly("http://h:4318/?key=secret", Protocol::Grpc).unwrap();
        assert_eq!(keyed.to_string(), "http://h:4318/ (grpc)");
        let wrong = Settings::exactly("h:4318/?key=secret", Protocol::Grpc).unwrap_err();
        assert!(!wrong.to_string().contains("secret"), "{wrong}");
        for (text, problem) in [
            ("a=1,secret", "entry 2 has no ="),
            ("ä b=secret", "entry 1 has a name"),
        ] {
            let settings = Settings::at("http://h:4318", Protocol::Grpc).unwrap();
            let error = settings.with_headers(text).unwrap_err().to_string();
            assert!(error.contains(problem) && !error.contains("secret"), "{error}");
        }
    }
}
