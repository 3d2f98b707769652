//! The way to a receiver. A failure says whether the same message may be sent again.

use std::error::Error;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message as _;
use reqwest::header::CONTENT_TYPE;
use reqwest::{StatusCode, redirect};
use tonic::metadata::{MetadataKey, MetadataValue};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};
use wallet_view::span::Span;

use crate::message::message;
use crate::settings::{BadSetting, Protocol, Settings};

/// How many spans go into one message: receivers take 4 MiB at least, and a span of ours has 1 to 2 KiB.
pub const SPANS: usize = 512;
/// How much of a receiver's words is repeated.
const MAX_WORDS: usize = 300;

/// Sends spans.
#[derive(Clone, Debug)]
pub struct Exporter {
    settings: Settings,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Grpc(TraceServiceClient<Channel>),
    Http(reqwest::Client),
}

/// What became of spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// How many were taken.
    pub spans: usize,
    /// How many the receiver does not want; it makes no sense to send them again.
    pub rejected: usize,
    /// What it said about these.
    pub why: String,
}

/// Why spans could not be sent.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failed {
    /// The same message may be taken later.
    #[error("{0}")]
    Again(String),
    /// The receiver will never take it.
    #[error("{0}")]
    Refused(String),
}

impl Exporter {
    /// Gets ready; connects with the first message. Must be called in a runtime.
    pub fn new(settings: Settings) -> Result<Self, BadSetting> {
        let told = |error: &dyn Error| BadSetting::Client(whole(error));
        let way = match settings.protocol {
            Protocol::Grpc => {
                let endpoint = Endpoint::from_shared(settings.endpoint.to_string());
                let mut endpoint = endpoint.map_err(|error| told(&error))?.timeout(settings.timeout);
                endpoint = endpoint.connect_timeout(settings.timeout);
                if settings.endpoint.scheme() == "https" {
                    let tls = ClientTlsConfig::new().with_webpki_roots();
                    endpoint = endpoint.tls_config(tls).map_err(|error| told(&error))?;
                }
                Way::Grpc(TraceServiceClient::new(endpoint.connect_lazy()))
            }
            Protocol::HttpProtobuf => {
                let mut http = reqwest::Client::builder()
                    .timeout(settings.timeout)
                    .redirect(redirect::Policy::none());
                if matches!(
                    settings.endpoint.host_str(),
                    Some("127.0.0.1" | "localhost" | "[::1]")
                ) {
                    http = http.no_proxy();
                }
                Way::Http(http.build().map_err(|error| told(&error))?)
            }
        };
        Ok(Self { settings, way })
    }

    /// Where it sends, for people.
    pub fn shown(&self) -> String {
        self.settings.to_string()
    }

    /// Sends one message of at most [`SPANS`] spans.
    pub async fn send(&self, spans: &[Span]) -> Result<Sent, Failed> {
        let message = message(spans);
        let answer = match &self.way {
            Way::Grpc(client) => self.over_grpc(client.clone(), message).await?,
            Way::Http(client) => self.over_http(client, &message).await?,
        };
        let partial = answer.partial_success.unwrap_or_default();
        let rejected = usize::try_from(partial.rejected_spans)
            .unwrap_or(0)
            .min(spans.len());
        Ok(Sent {
            spans: spans.len() - rejected,
            rejected,
            why: words(partial.error_message.as_bytes()),
        })
    }

    async fn over_grpc(
        &self,
        mut client: TraceServiceClient<Channel>,
        message: ExportTraceServiceRequest,
    ) -> Result<ExportTraceServiceResponse, Failed> {
        let mut request = Request::new(message);
        for (name, value) in &self.settings.headers {
            let name = MetadataKey::from_bytes(name.as_str().as_bytes());
            let value = MetadataValue::try_from(value.as_bytes());
            if let (Ok(name), Ok(value)) = (name, value) {
                request.metadata_mut().insert(name, value);
            }
        }
        let answer = client.export(request).await;
        answer
            .map(tonic::Response::into_inner)
            .map_err(|status| self.grpc_failed(&status))
    }

    fn grpc_failed(&self, status: &Status) -> Failed {
        let told = status.message().as_bytes();
        let cause = status.source().map(whole).unwrap_or_default();
        let says = format!("{}: {:?} {} {cause}", self.shown(), status.code(), words(told));
        match status.code() {
            Code::InvalidArgument | Code::Unimplemented | Code::OutOfRange | Code::DataLoss => {
                Failed::Refused(says.trim_end().to_owned())
            }
            Code::Ok
            | Code::Cancelled
            | Code::Unknown
            | Code::DeadlineExceeded
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::ResourceExhausted
            | Code::FailedPrecondition
            | Code::Aborted
            | Code::Internal
            | Code::Unavailable
            | Code::Unauthenticated => Failed::Again(says.trim_end().to_owned()),
        }
    }

    async fn over_http(
        &self,
        client: &reqwest::Client,
        message: &ExportTraceServiceRequest,
    ) -> Result<ExportTraceServiceResponse, Failed> {
        let no_answer = |error: reqwest::Error| {
            let why = whole(&error.without_url());
            Failed::Again(format!("no answer from {}: {why}", self.shown()))
        };
        let mut request = client
            .post(self.settings.endpoint.clone())
            .header(CONTENT_TYPE, "application/x-protobuf")
            .body(message.encode_to_vec());
        for (name, value) in &self.settings.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(no_answer)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(no_answer)?;
        if status.is_success() {
            // Receivers that answer with something else have taken it all the same.
            return Ok(ExportTraceServiceResponse::decode(body).unwrap_or_default());
        }
        let says = format!("{} answered HTTP {status}: {}", self.shown(), words(&body));
        Err(match status {
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Failed::Refused(says),
            _ => Failed::Again(says),
        })
    }
}

/// An error with its causes.
fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let told = deeper.to_string();
        if !text.contains(&told) {
            text = format!("{text}: {told}");
        }
        cause = deeper.source();
    }
    text
}

/// What a receiver says, as it may be logged: not too long, and without control characters.
fn words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let safe = text
        .chars()
        .take(MAX_WORDS)
        .map(|c| if c.is_control() { ' ' } else { c });
    safe.collect::<String>().trim().to_owned()
}
