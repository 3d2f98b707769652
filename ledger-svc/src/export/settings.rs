//! The export settings.

use std::time::Duration;

use wallet_otlp::{BadSetting, Settings};
use wallet_runtime::settings::{Hidden, Otlp};

/// The export target, if one is configured. An empty variable counts as unset, as the specification says.
pub(super) fn settings(given: &Otlp) -> Result<Option<Settings>, BadSetting> {
    let protocol = match given.protocol.as_str() {
        "" => wallet_otlp::Protocol::default(),
        protocol => protocol.parse()?,
    };
    let settings = match (text(&given.traces_endpoint), text(&given.endpoint)) {
        (Some(exactly), _) => Settings::exactly(exactly, protocol)?,
        (None, Some(at)) => Settings::at(at, protocol)?,
        (None, None) => return Ok(None),
    };
    let settings = settings.with_headers(text(&given.headers).unwrap_or_default())?;
    Ok(Some(
        settings.within(Duration::from_millis(given.timeout_ms.max(1))),
    ))
}

fn text(given: &Option<Hidden>) -> Option<&str> {
    given
        .as_ref()
        .map(|hidden| hidden.0.trim())
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(endpoint: &str, traces: &str, protocol: &str) -> Otlp {
        let hidden = |text: &str| Some(Hidden(text.to_owned()));
        Otlp {
            endpoint: hidden(endpoint),
            traces_endpoint: hidden(traces),
            protocol: protocol.to_owned(),
            headers: hidden(""),
            timeout_ms: 10_000,
        }
    }

    #[test]
    fn nothing_is_exported_without_an_endpoint() {
        let endpoint = |given: Otlp| settings(&given).map(|found| found.map(|s| s.endpoint.to_string()));
        // A machine may set one of these protocols for all programs.
        assert_eq!(endpoint(given("", "", "grpc")), Ok(None));
        let at = Some("http://h:4318/v1/traces".to_owned());
        assert_eq!(endpoint(given("http://h:4318", "", "")), Ok(at));
        let exactly = Some("http://t/".to_owned());
        assert_eq!(endpoint(given("http://h:4318", "http://t/", "grpc")), Ok(exactly));
        assert!(endpoint(given("http://h:4318", "", "http/json")).is_err());
        assert!(endpoint(given("h", "", "grpc")).is_err());
    }
}
