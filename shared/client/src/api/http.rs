//! Sends requests to a service, and parses its responses.

use reqwest::header::AUTHORIZATION;
use reqwest::{RequestBuilder, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::address::Target;
use super::error::root_cause;
use super::{AccessError, Api, Error, Problem};

impl Api {
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, Option<String>)],
    ) -> Result<T, Error> {
        let mut url = self.url_of(path)?;
        for (name, value) in query {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        self.answer(path, self.http.get(url)).await
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        let url = self.url_of(path)?;
        self.answer(path, self.http.post(url).json(body)).await
    }

    async fn answer<T: DeserializeOwned>(&self, path: &str, mut request: RequestBuilder) -> Result<T, Error> {
        let no_answer = |error: reqwest::Error| {
            let Target { name, option } = self.target;
            let (url, why) = (self.url().to_owned(), root_cause(&error));
            AccessError::NoReply {
                name,
                url,
                why,
                option,
            }
        };
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        let response = request.send().await.map_err(no_answer)?;
        let status = response.status();
        let body = response.bytes().await.map_err(no_answer)?;
        if !status.is_success() {
            return Err(self.problem(status, &body));
        }
        serde_json::from_slice(&body).map_err(|error| {
            Error::Unexpected(format!(
                "{} at {} gave an unexpected response to {path}: {error}",
                self.target.name,
                self.url()
            ))
        })
    }

    fn url_of(&self, path: &str) -> Result<Url, Error> {
        let joined = self.base.join(path);
        joined.map_err(|error| {
            Error::Unexpected(format!("{path:?} is not a path below {}: {error}", self.url()))
        })
    }

    pub(super) fn problem(&self, status: StatusCode, body: &[u8]) -> Error {
        if status == StatusCode::UNAUTHORIZED {
            let (name, url) = (self.target.name, self.url().to_owned());
            return match self.authorization {
                None => AccessError::TokenRequired { name, url }.into(),
                Some(_) => AccessError::WrongToken { name, url }.into(),
            };
        }
        match serde_json::from_slice::<Problem>(body) {
            Ok(problem) => problem.into(),
            Err(_) => Error::Unexpected(format!(
                "{} answered HTTP {status}; is that {} of a wallet? See {}",
                self.url(),
                self.target.name,
                self.target.option
            )),
        }
    }
}
