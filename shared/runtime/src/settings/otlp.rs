//! The export of flows as OpenTelemetry spans, with settings named as in the OpenTelemetry specification. Only ledger-svc
//! exports.

use clap::Args;

use super::Hidden;

/// The settings of the export, not yet validated.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "OpenTelemetry: ledger-svc exports each flow that has ended")]
pub struct Otlp {
    /// A receiver, such as `http://127.0.0.1:4318`; with http/protobuf the path /v1/traces is added [default: no export].
    #[arg(
        long = "otlp-endpoint",
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub endpoint: Option<Hidden>,
    /// The receiver's full address, to which no path is added.
    #[arg(
        long = "otlp-traces-endpoint",
        env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub traces_endpoint: Option<Hidden>,
    /// The protocol: grpc or http/protobuf.
    #[arg(
        long = "otlp-protocol",
        env = "OTEL_EXPORTER_OTLP_PROTOCOL",
        default_value = "http/protobuf",
        value_name = "NAME"
    )]
    pub protocol: String,
    /// Extra headers, such as an API key: `name=value,name=value`.
    #[arg(
        long = "otlp-headers",
        env = "OTEL_EXPORTER_OTLP_HEADERS",
        hide_env_values = true,
        value_name = "LIST"
    )]
    pub headers: Option<Hidden>,
    /// Timeout for one message, in milliseconds.
    #[arg(
        long = "otlp-timeout",
        env = "OTEL_EXPORTER_OTLP_TIMEOUT",
        default_value_t = 10_000,
        value_name = "MS"
    )]
    pub timeout_ms: u64,
}
