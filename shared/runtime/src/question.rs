//! What a question over HTTP says: read, or a problem that says what is wrong with it.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// What stands behind the `?`.
#[derive(Clone, Copy, Debug)]
pub struct Asked<T>(pub T);

/// The part of the path that names something.
#[derive(Clone, Debug)]
pub struct Named(pub String);

/// What is told in the body, as JSON.
#[derive(Clone, Copy, Debug)]
pub struct Told<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Told<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let told = Json::<T>::from_request(request, state).await;
        told.map(|Json(told)| Self(told))
            .map_err(|bad| Problem::bad_request(bad.body_text()))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // PostgreSQL has no text with one; nothing that we know has.
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(Problem::bad_request("a zero byte is part of no name"));
        }
        let asked = Query::<T>::from_request_parts(parts, state).await;
        asked
            .map(|Query(asked)| Self(asked))
            .map_err(|bad| Problem::bad_request(bad.body_text()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let named = Path::<String>::from_request_parts(parts, state).await;
        named
            .map(|Path(named)| Self(named))
            .map_err(|bad| Problem::bad_request(bad.body_text()))
    }
}
