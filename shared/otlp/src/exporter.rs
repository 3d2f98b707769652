//! The client that sends spans to a receiver.

use std::error::Error;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message as _;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect;
use tonic::Request;
use tonic::metadata::{MetadataKey, MetadataValue};
use tonic::transport::{ClientTlsConfig, Endpoint};
use wallet_view::span::Span;

use crate::answer::{self, Failed, whole, words};
use crate::checked::Checked;
use crate::message::message;
use crate::settings::{BadSetting, Protocol, Settings};

/// How many spans go into one message: receivers accept at least 4 MiB, and our spans have 1 to 2 KiB.
pub const SPANS: usize = 512;

/// Sends spans.
#[derive(Clone, Debug)]
pub struct Exporter {
    settings: Settings,
    transport: Transport,
}

#[derive(Clone, Debug)]
enum Transport {
    Grpc(TraceServiceClient<Checked>),
    Http(reqwest::Client),
}

/// The result of sending spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// How many were accepted.
    pub spans: usize,
    /// How many were rejected; sending them again makes no sense.
    pub rejected: usize,
    /// The receiver's message about the rejected spans, or a warning from one that accepted all.
    pub why: String,
}

impl Exporter {
    /// Prepares an exporter, which connects with its first message. Must be called in a runtime.
    pub fn new(settings: Settings) -> Result<Self, BadSetting> {
        let client_error = |error: &dyn Error| BadSetting::Client(whole(error));
        let transport = match settings.protocol {
            Protocol::Grpc => {
                let endpoint = Endpoint::from_shared(settings.endpoint.to_string());
                let mut endpoint = endpoint
                    .map_err(|error| client_error(&error))?
                    .timeout(settings.timeout);
                endpoint = endpoint.connect_timeout(settings.timeout);
                if settings.endpoint.scheme() == "https" {
                    let tls = ClientTlsConfig::new().with_webpki_roots();
                    endpoint = endpoint.tls_config(tls).map_err(|error| client_error(&error))?;
                }
                Transport::Grpc(TraceServiceClient::new(Checked(endpoint.connect_lazy())))
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
                Transport::Http(http.build().map_err(|error| client_error(&error))?)
            }
        };
        Ok(Self { settings, transport })
    }

    /// The destination, for people.
    pub fn shown(&self) -> String {
        self.settings.to_string()
    }

    /// Sends one message of at most [`SPANS`] spans.
    pub async fn send(&self, spans: &[Span]) -> Result<Sent, Failed> {
        let message = message(spans);
        let answer = match &self.transport {
            Transport::Grpc(client) => self.over_grpc(client.clone(), message).await?,
            Transport::Http(client) => self.over_http(client, &message).await?,
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
        mut client: TraceServiceClient<Checked>,
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
            .map_err(|status| answer::of_grpc(&self.shown(), &status))
    }

    async fn over_http(
        &self,
        client: &reqwest::Client,
        message: &ExportTraceServiceRequest,
    ) -> Result<ExportTraceServiceResponse, Failed> {
        let no_answer = |error: reqwest::Error| {
            let why = whole(&error.without_url());
            Failed::NoAnswer(format!("no reply from {}: {why}", self.shown()))
        };
        let mut request = client
            .post(self.settings.endpoint.clone())
            .header(CONTENT_TYPE, "application/x-protobuf")
            .body(message.encode_to_vec());
        for (name, value) in &self.settings.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(no_answer)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.map_err(no_answer)?;
        if status.is_success() {
            // Some receivers respond with something else, but have accepted the spans all the same.
            return Ok(ExportTraceServiceResponse::decode(body).unwrap_or_default());
        }
        Err(answer::of_http(&self.shown(), status, &headers, &body))
    }
}
