//! Addresses, and errors of the ledger.

use reqwest::StatusCode;

use super::*;

#[test]
fn an_address_is_plain_http() {
    assert_eq!(
        Api::new("http://127.0.0.1:8080").unwrap().url(),
        "http://127.0.0.1:8080"
    );
    for bad in ["127.0.0.1:8080", "https://example.org", "ftp://x", "nonsense"] {
        let error = Api::new(bad).unwrap_err();
        assert!(matches!(error, Error::Input(_)), "{bad}");
        let error = error.to_string();
        assert!(
            error.contains("use an address such as http://127.0.0.1:8080"),
            "{bad}: {error}"
        );
    }
}

#[test]
fn an_address_may_have_a_path_of_its_own() {
    for given in [
        "http://host/wallet",
        "http://host/wallet/",
        "http://host/wallet//",
    ] {
        let api = Api::new(given).unwrap();
        assert_eq!(api.url(), "http://host/wallet", "{given}");
        let joined = api.base.join("v1/stats").unwrap();
        assert_eq!(joined.as_str(), "http://host/wallet/v1/stats", "{given}");
    }
    assert_eq!(
        neighbour("http://host:80/wallet", 1).as_deref(),
        Some("http://host:81")
    );
    for bad in ["http://host/?tab=1", "http://host/wallet#view"] {
        let error = Api::new(bad).unwrap_err().to_string();
        assert!(
            error.contains("leave out the query and the fragment (? and #)"),
            "{error}"
        );
    }
}

#[test]
fn an_address_with_a_password_is_rejected_without_showing_it() {
    for url in [
        "http://me:secret@host:8080",
        "https://me:secret@host",
        "me:secret@host",
        "http://me:secret@:x",
        "http://host:8080/?key=secret",
        "http://host:8080#secret",
    ] {
        let error = format!("{:#}", Api::new(url).unwrap_err());
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn a_problems_detail_is_the_error_message() {
    let api = Api::new("http://127.0.0.1:8080").unwrap();
    let body =
        r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"account bob was never opened"}"#;
    let problem = api.problem(StatusCode::NOT_FOUND, body.as_bytes());
    assert_eq!(problem.to_string(), "account bob was never opened");
    assert!(is_unknown(&problem));
    let other = api.problem(StatusCode::NOT_FOUND, b"<html>");
    assert!(
        other.to_string().contains("is that the ledger of a wallet?"),
        "{other}"
    );
    assert!(!is_unknown(&other), "a page of somebody else is no answer");
}

#[tokio::test]
async fn an_unreachable_ledger_is_named() {
    // Nothing listens on port 9 (discard).
    let error = Api::new("http://127.0.0.1:9")
        .unwrap()
        .stats()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("no reply from the ledger at http://127.0.0.1:9: "),
        "{error}"
    );
    assert!(
        error.ends_with("is it running (`wallet up`), and is --api correct?"),
        "{error}"
    );
}

#[test]
fn a_missing_token_is_reported_with_the_variable_not_the_header() {
    let body = br#"{"title":"Unauthorized","status":401,"detail":"as a header: Authorization: Bearer"}"#;
    let check = |api: &Api, expected: &str| {
        assert_eq!(api.problem(StatusCode::UNAUTHORIZED, body).to_string(), expected);
    };
    let token = ApiToken::from("a-token-that-nobody-guesses".to_owned());
    let ledger = Api::new("http://127.0.0.1:8080").unwrap();
    check(
        &ledger,
        "the ledger at http://127.0.0.1:8080 requires a token: set WALLET_API_TOKEN, or give --api-token",
    );
    check(
        &Api::debit("http://127.0.0.1:8081").unwrap(),
        "debit-svc at http://127.0.0.1:8081 requires a token: set WALLET_API_TOKEN, or give --api-token",
    );
    check(
        &ledger.clone().with_token(Some(&token)).unwrap(),
        "the ledger at http://127.0.0.1:8080 rejects this token: WALLET_API_TOKEN (or --api-token) must equal the \
         WALLET_HTTP_TOKEN that it was started with",
    );
    let invalid = ApiToken::from("s3cr3t\u{1}".to_owned());
    let error = ledger.with_token(Some(&invalid)).unwrap_err().to_string();
    assert_eq!(
        error,
        "WALLET_API_TOKEN (or --api-token) has characters that a token can't contain: use letters, digits and -._~+/="
    );
}
