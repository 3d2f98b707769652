//! Flows as OpenTelemetry spans, on their way to a receiver.
//!
//! | part | does |
//! |---|---|
//! | [`settings`] | where to send them and how, in the words of the OpenTelemetry specification |
//! | [`message`] | spans of a flow as an OTLP message; pure |
//! | [`exporter`] | sends messages over gRPC, or over HTTP as protobuf |
//!
//! What the spans of a flow are is `wallet_view::span`. Their ids are those of the log, so a span that is sent again is the same
//! span again.

pub mod exporter;
pub mod message;
pub mod settings;

pub use exporter::{Exporter, Failed, Sent};
pub use settings::{BadSetting, Protocol, Settings};
