//! A gRPC channel that detects responses that are not gRPC: a proxy responds in plain HTTP, with a page that can't be parsed as a
//! message.

use std::task::{Context, Poll};

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, StdError, http};
use tonic::transport::Channel;

/// The channel to a receiver, and to any proxy in front of it.
#[derive(Clone, Debug)]
pub(crate) struct Checked(pub(crate) Channel);

/// A proxy in front of the receiver has responded.
#[derive(Debug, thiserror::Error)]
#[error("HTTP {status}")]
pub(crate) struct NotGrpc {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

impl Service<http::Request<Body>> for Checked {
    type Response = http::Response<Body>;
    type Error = StdError;
    type Future = BoxFuture<Self::Response, StdError>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StdError>> {
        self.0.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let answer = self.0.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            let (status, headers) = (answer.status(), answer.headers());
            // Genuine gRPC responses always have status 200.
            if status == StatusCode::OK || headers.contains_key("grpc-status") {
                return Ok(answer);
            }
            let headers = headers.clone();
            Err(NotGrpc { status, headers }.into())
        })
    }
}
