//! Extractors for HTTP requests: the parsed parts, or a problem that says what is wrong.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wallet_contract::blank::is_blank;

use crate::problem::Problem;

/// The query string of a program's request. An empty or blank field is rejected by name: a program that sends one has lost the
/// value it meant, and would take the answer to a broader query for its own.
#[derive(Clone, Copy, Debug)]
pub struct QueryParams<T>(pub T);

/// The query string of a page's form. Browsers send untouched fields as empty ones, so these are ignored; a blank one is a typing
/// slip and is rejected by name.
#[derive(Clone, Copy, Debug)]
pub struct FormParams<T>(pub T);

/// An empty query string.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParams {}

/// The path parameter.
#[derive(Clone, Debug)]
pub struct PathParam(pub String);

/// The JSON body.
#[derive(Clone, Copy, Debug)]
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Json::<T>::from_request(request, state).await;
        body.map(|Json(body)| Self(body))
            .map_err(|bad| Problem::bad_request(bad.body_text()))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        read(parts, state, is_blank).await.map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for FormParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let is_slip = |text: &str| !text.is_empty() && is_blank(text);
        read(parts, state, is_slip).await.map(Self)
    }
}

/// Parses the query string, ignoring the fields for which `is_missing` holds.
async fn read<S: Send + Sync, T: DeserializeOwned>(
    parts: &mut Parts,
    state: &S,
    is_missing: impl Fn(&str) -> bool,
) -> Result<T, Problem> {
    let unreadable = |bad: QueryRejection| Problem::bad_request(bad.body_text());
    let fields = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
    let Query(fields) = fields.map_err(unreadable)?;
    for (name, text) in &fields {
        if is_missing(text) {
            let how = if text.is_empty() { "empty" } else { "blank" };
            return Err(Problem::bad_request(format!(
                "{name} is {how}: give it a value, or leave it out"
            )));
        }
        // PostgreSQL text can't contain NUL; no valid value does.
        if text.contains('\0') {
            return Err(Problem::bad_request(format!(
                "{name}: a value can't contain a zero byte"
            )));
        }
    }
    let parsed = Query::<T>::from_request_parts(parts, state).await;
    parsed.map(|Query(parsed)| parsed).map_err(unreadable)
}

impl<S: Send + Sync> FromRequestParts<S> for PathParam {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let named = Path::<String>::from_request_parts(parts, state).await;
        named
            .map(|Path(named)| Self(named))
            .map_err(|bad| Problem::bad_request(bad.body_text()))
    }
}

#[cfg(test)]
mod tests {
    use axum::http;

    use super::*;

    #[derive(Debug, Default, PartialEq, Eq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Fields {
        account: String,
        limit: Option<u8>,
    }

    fn parts(query: &str) -> Parts {
        let request = http::Request::get(format!("/?{query}")).body(()).unwrap();
        request.into_parts().0
    }

    #[tokio::test]
    async fn a_blank_field_is_refused_by_name() {
        let blanks = [
            "%20",
            "+",
            "%09",
            "%C2%A0",
            "%E2%80%8B",
            "%EF%BB%BF",
            "%00",
            "%20%0D%0A",
        ];
        for field in ["account", "limit"] {
            for blank in blanks {
                let mut parts = parts(&format!("{field}={blank}"));
                let expected = format!("{field} is blank: give it a value, or leave it out");
                let parsed = QueryParams::<Fields>::from_request_parts(&mut parts, &()).await;
                assert_eq!(parsed.unwrap_err().detail(), expected, "{blank}");
                let filled = FormParams::<Fields>::from_request_parts(&mut parts, &()).await;
                assert_eq!(filled.unwrap_err().detail(), expected, "{blank}");
            }
        }
        let mut parts = parts("account=&limit=1");
        let parsed = QueryParams::<Fields>::from_request_parts(&mut parts, &()).await;
        assert_eq!(
            parsed.unwrap_err().detail(),
            "account is empty: give it a value, or leave it out"
        );
        let FormParams(untouched) = FormParams::<Fields>::from_request_parts(&mut parts, &())
            .await
            .unwrap();
        assert_eq!((untouched.account.as_str(), untouched.limit), ("", Some(1)));
    }

    #[tokio::test]
    async fn an_unknown_field_is_refused() {
        let mut parts = parts("limit=1");
        let parsed = QueryParams::<NoParams>::from_request_parts(&mut parts, &()).await;
        assert!(parsed.unwrap_err().detail().contains("unknown field `limit`"));
    }
}
