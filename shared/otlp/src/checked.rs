//! A gRPC channel that tells which answers are none of gRPC's: a proxy says what it has to say in HTTP, with a page that can't be
//! read as a message.

use std::task::{Context, Poll};

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, StdError, http};
use tonic::transport::Channel;

/// The way to a receiver, past whatever stands before it.
#[derive(Clone, Debug)]
pub(crate) struct Checked(pub(crate) Channel);

/// What stands before it has answered.
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
            // Whatever gRPC has to say, it says under 200.
            if status == StatusCode::OK || headers.contains_key("grpc-status") {
                return Ok(answer);
            }
            let headers = headers.clone();
            Err(NotGrpc { status, headers }.into())
        })
    }
}
