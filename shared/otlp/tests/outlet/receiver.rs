//! A receiver of spans whose responses can be chosen. It speaks both protocols over real connections.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::post;
use axum::{Router, middleware};
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::{Code, Request, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use wallet_otlp::Protocol;

/// How it responds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Accepts messages up to the limit: 413, or `RESOURCE_EXHAUSTED` as most gRPC servers say.
    Limit,
    /// The same limit, enforced by axum's and tonic's own means.
    LimitAsTonic,
    /// Accepts nothing, permanently.
    Bad,
    /// Rejects three spans of each message.
    Partial,
    /// Accepts all, with a warning.
    Warning,
    /// Can't accept anything at present.
    Busy(Option<Duration>),
    /// A proxy responds in its place, in HTTP whatever the protocol.
    Proxy(u16, Option<Duration>),
}

/// How it responds, and what it has received.
#[derive(Debug)]
struct Books {
    mood: Mood,
    limit: usize,
    requests: usize,
    /// The span ids of each accepted message.
    taken: Vec<Vec<Vec<u8>>>,
}

type Shared = Arc<Mutex<Books>>;

/// A receiver that runs until it is dropped.
pub(crate) struct Receiver {
    pub(crate) url: String,
    address: SocketAddr,
    books: Shared,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub(crate) async fn start(protocol: Protocol, mood: Mood, limit: usize) -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into(), protocol, mood, limit).await
    }

    pub(crate) async fn start_at(address: SocketAddr, protocol: Protocol, mood: Mood, limit: usize) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, taken) = (0, Vec::new());
        let books = Arc::new(Mutex::new(Books {
            mood,
            limit,
            requests,
            taken,
        }));
        let task = match protocol {
            Protocol::HttpProtobuf => tokio::spawn(http(listener, books.clone())),
            Protocol::Grpc => tokio::spawn(grpc(listener, books.clone())),
        };
        let url = format!("http://{address}");
        Self {
            url,
            address,
            books,
            task,
        }
    }

    /// Stops it and returns its address.
    pub(crate) async fn stop(mut self) -> SocketAddr {
        self.task.abort();
        let _ = (&mut self.task).await;
        self.address
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.books.lock().unwrap().mood = mood;
    }

    /// How many messages have arrived.
    pub(crate) fn requests(&self) -> usize {
        self.books.lock().unwrap().requests
    }

    /// The ids of all accepted spans, in order.
    pub(crate) fn taken(&self) -> Vec<Vec<u8>> {
        self.books.lock().unwrap().taken.concat()
    }

    /// The most spans in any of the last messages.
    pub(crate) fn largest_of_the_last(&self, messages: usize) -> usize {
        let books = self.books.lock().unwrap();
        let last = books.taken.iter().rev().take(messages);
        last.map(Vec::len).max().unwrap_or(0)
    }
}

/// Its response to a message, whatever the protocol.
enum Reply {
    Taken(ExportTraceServiceResponse),
    TooLarge,
    Bad,
    Busy(Option<Duration>),
}

fn answer(books: &Shared, bytes: usize, message: &ExportTraceServiceRequest) -> Reply {
    let mut books = books.lock().unwrap();
    books.requests += 1;
    let partial = |rejected_spans, text: &str| {
        let error_message = text.to_owned();
        let partial = ExportTracePartialSuccess {
            rejected_spans,
            error_message,
        };
        Reply::Taken(ExportTraceServiceResponse {
            partial_success: Some(partial),
        })
    };
    match books.mood {
        Mood::Limit | Mood::LimitAsTonic if bytes > books.limit => Reply::TooLarge,
        Mood::Limit | Mood::LimitAsTonic => {
            let scopes = message
                .resource_spans
                .iter()
                .flat_map(|resource| &resource.scope_spans);
            let ids = scopes
                .flat_map(|scope| &scope.spans)
                .map(|span| span.span_id.clone());
            books.taken.push(ids.collect());
            Reply::Taken(ExportTraceServiceResponse::default())
        }
        Mood::Bad => Reply::Bad,
        Mood::Partial => partial(3, "three are too old"),
        Mood::Warning => partial(0, "use another path"),
        Mood::Busy(delay) => Reply::Busy(delay),
        Mood::Proxy(..) => unreachable!("the proxy has answered"),
    }
}

async fn http(listener: TcpListener, books: Shared) {
    let (mood, limit) = {
        let books = books.lock().unwrap();
        (books.mood, books.limit)
    };
    let limited = if mood == Mood::LimitAsTonic {
        DefaultBodyLimit::max(limit)
    } else {
        DefaultBodyLimit::disable()
    };
    let routes = Router::new()
        .route("/v1/traces", post(over_http))
        .layer(limited)
        .layer(middleware::from_fn_with_state(books.clone(), proxy))
        .with_state(books);
    axum::serve(listener, routes).await.unwrap();
}

/// Responds in the receiver's place, if set to.
async fn proxy(State(books): State<Shared>, request: axum::extract::Request, next: Next) -> Response {
    let mood = books.lock().unwrap().mood;
    let Mood::Proxy(status, delay) = mood else {
        return next.run(request).await;
    };
    books.lock().unwrap().requests += 1;
    let after = delay.map(|delay| [(header::RETRY_AFTER, delay.as_secs().to_string())]);
    let page = Html("<html>this is the proxy</html>");
    (StatusCode::from_u16(status).unwrap(), after, page).into_response()
}

async fn over_http(State(books): State<Shared>, body: Bytes) -> Response {
    let message = ExportTraceServiceRequest::decode(body.clone()).unwrap();
    let kind = [(header::CONTENT_TYPE, "application/x-protobuf")];
    let error_body = |message: &str| {
        let status = tonic_types::pb::Status {
            message: message.to_owned(),
            ..Default::default()
        };
        status.encode_to_vec()
    };
    match answer(&books, body.len(), &message) {
        Reply::Taken(response) => (kind, response.encode_to_vec()).into_response(),
        Reply::TooLarge => {
            (StatusCode::PAYLOAD_TOO_LARGE, kind, error_body("above the limit")).into_response()
        }
        Reply::Bad => (StatusCode::BAD_REQUEST, kind, error_body("no such tenant")).into_response(),
        Reply::Busy(None) => (StatusCode::SERVICE_UNAVAILABLE, kind, error_body("busy")).into_response(),
        Reply::Busy(Some(delay)) => {
            let after = [(header::RETRY_AFTER, delay.as_secs().to_string())];
            (StatusCode::TOO_MANY_REQUESTS, kind, after, error_body("busy")).into_response()
        }
    }
}

async fn grpc(listener: TcpListener, books: Shared) {
    let (mood, limit) = {
        let books = books.lock().unwrap();
        (books.mood, books.limit)
    };
    let mut service = TraceServiceServer::new(OverGrpc(books.clone()));
    if mood == Mood::LimitAsTonic {
        service = service.max_decoding_message_size(limit);
    }
    let proxied = Router::new()
        .fallback_service(service)
        .layer(middleware::from_fn_with_state(books, proxy));
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(proxied.clone());
        let connection =
            http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}

struct OverGrpc(Shared);

#[tonic::async_trait]
impl TraceService for OverGrpc {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, Status> {
        let message = request.into_inner();
        let bytes = message.encoded_len();
        Err(match answer(&self.0, bytes, &message) {
            Reply::Taken(response) => return Ok(tonic::Response::new(response)),
            Reply::TooLarge => Status::resource_exhausted("above the limit"),
            Reply::Bad => Status::invalid_argument("no such tenant"),
            Reply::Busy(None) => Status::unavailable("busy"),
            Reply::Busy(Some(delay)) => {
                let details = ErrorDetails::with_retry_info(Some(delay));
                Status::with_error_details(Code::ResourceExhausted, "busy", details)
            }
        })
    }
}
