//! Third-party receivers of OpenTelemetry spans, from PyPI: `oteltap` accepts HTTP, `rotel` both protocols.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::process::{Child, Command};
use wallet_stack::address::free_ports;

use crate::wait;

/// A span as a receiver has decoded it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The trace id, in hex.
    pub trace: String,
    /// The span id, in hex.
    pub id: String,
    /// The parent's id, or empty.
    pub parent: String,
    /// Its name.
    pub name: String,
    /// 4 for a producer, 5 for a consumer.
    pub kind: u8,
    /// Whether its status is an error.
    pub error: bool,
    /// Its attributes, as text.
    pub attributes: BTreeMap<String, String>,
}

/// A running receiver. Dropping it kills it.
#[derive(Debug)]
pub struct Receiver {
    child: Child,
    out: PathBuf,
    read: fn(&str) -> Result<BTreeSet<Span>>,
    /// Where it takes HTTP.
    pub http: String,
    /// Where it takes gRPC, if it does.
    pub grpc: String,
}

fn tools() -> PathBuf {
    crate::repository().join(".tools/python")
}

impl Receiver {
    /// `oteltap`, on the given port if any. Returns nothing, and prints that the test skips, if it is not installed.
    pub async fn oteltap(dir: &Path, port: Option<u16>) -> Result<Option<Self>> {
        let program = tools().join("bin/oteltap");
        if !program.is_file() {
            println!("skipped: no oteltap in .tools (make tools)");
            return Ok(None);
        }
        let port = port.map_or_else(|| free_ports().map(|[port]| port), Ok)?;
        let mut command = Command::new(program);
        command
            .args(["--port", &port.to_string()])
            .env("PYTHONUNBUFFERED", "1");
        let (url, out) = (
            format!("http://127.0.0.1:{port}"),
            dir.join(format!("oteltap-{port}.out")),
        );
        Self::start(command, out, read_json, url, String::new())
            .await
            .map(Some)
    }

    /// `rotel`. Returns nothing, and prints that the test skips, if it is not installed.
    pub async fn rotel(dir: &Path) -> Result<Option<Self>> {
        let lib = std::fs::read_dir(tools().join("lib"));
        let mut found = lib.into_iter().flatten().filter_map(Result::ok);
        let program = found.find_map(|entry| {
            let program = entry.path().join("site-packages/rotel/rotel-agent");
            program.is_file().then_some(program)
        });
        let Some(program) = program else {
            println!("skipped: no rotel in .tools (make tools)");
            return Ok(None);
        };
        let [grpc, http] = free_ports()?;
        let [grpc, http] = [grpc, http].map(|port| format!("127.0.0.1:{port}"));
        let mut command = Command::new(program);
        command.args([
            "start",
            "--otlp-grpc-endpoint",
            &grpc,
            "--otlp-http-endpoint",
            &http,
        ]);
        command.args([
            "--exporter",
            "blackhole",
            "--debug-log",
            "traces",
            "--debug-log-verbosity",
            "detailed",
        ]);
        command.env("NO_COLOR", "1");
        let out = dir.join(format!("rotel-{}.out", grpc.replace(':', "-")));
        let [grpc, http] = [grpc, http].map(|address| format!("http://{address}"));
        Self::start(command, out, read_debug_log, http, grpc)
            .await
            .map(Some)
    }

    async fn start(
        mut command: Command,
        out: PathBuf,
        read: fn(&str) -> Result<BTreeSet<Span>>,
        http: String,
        grpc: String,
    ) -> Result<Self> {
        let file = File::create(&out)?;
        let mut child = command
            .stdout(file.try_clone()?)
            .stderr(file)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        for url in [&http, &grpc].into_iter().filter(|url| !url.is_empty()) {
            let address = url.trim_start_matches("http://");
            let log = || std::fs::read_to_string(&out).unwrap_or_default();
            wait::until_listens(&mut child, address, log).await?;
        }
        Ok(Self {
            child,
            out,
            read,
            http,
            grpc,
        })
    }

    /// Everything it has written.
    pub fn output(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&std::fs::read(&self.out)?).into_owned())
    }

    /// The distinct spans that it has received.
    pub fn spans(&self) -> Result<BTreeSet<Span>> {
        (self.read)(&self.output()?)
    }

    /// Waits until it has received this many.
    pub async fn until(&self, spans: usize) -> Result<BTreeSet<Span>> {
        self.until_all(|received| received.len() >= spans).await
    }

    /// Waits until it has received all spans that are wanted.
    pub async fn until_all(&self, wanted: impl Fn(&BTreeSet<Span>) -> bool) -> Result<BTreeSet<Span>> {
        let what = format!("all spans have arrived at process {:?}", self.child.id());
        wait::until(what, async || self.spans(), wanted).await
    }
}

/// `oteltap` writes a line of JSON for each span.
fn read_json(output: &str) -> Result<BTreeSet<Span>> {
    let whole = output.rfind('\n').map_or("", |end| &output[..end]);
    let lines = whole.lines().filter(|line| line.starts_with('{'));
    lines
        .map(|line| {
            let span: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
            let text = |name: &str| span[name].as_str().unwrap_or_default().to_owned();
            let attributes = span["attributes"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|attribute| {
                    let value = attribute["value"].as_object()?.values().next()?;
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    Some((attribute["key"].as_str()?.to_owned(), value))
                });
            Ok(Span {
                trace: text("traceId"),
                id: text("spanId"),
                parent: text("parentSpanId"),
                name: text("name"),
                kind: u8::try_from(span["kind"].as_u64().unwrap_or(0))?,
                error: span["status"]["code"].as_u64() == Some(2),
                attributes: attributes.collect(),
            })
        })
        .collect()
}

/// `rotel` writes a paragraph for each span.
fn read_debug_log(output: &str) -> Result<BTreeSet<Span>> {
    let mut spans = BTreeSet::new();
    for part in output.split("Span #").skip(1) {
        let part = part.split("ResourceSpans #").next().unwrap_or_default();
        let mut span = Span::default();
        for line in part.lines() {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let (name, value) = (name.trim(), value.trim().to_owned());
            match name {
                "Trace ID" => span.trace = value,
                "Parent ID" => span.parent = value,
                "ID" => span.id = value,
                "Name" => span.name = value,
                "Kind" => {
                    span.kind = match value.as_str() {
                        "SPAN_KIND_PRODUCER" => 4,
                        "SPAN_KIND_CONSUMER" => 5,
                        // Possibly half a line: the rest of the paragraph will follow.
                        kind if "SPAN_KIND_".starts_with(kind) || kind.starts_with("SPAN_KIND_") => 0,
                        kind => bail!("{kind:?} is not a kind of span"),
                    }
                }
                "Status code" => span.error = value.contains("ERROR"),
                attribute => {
                    if let Some(key) = attribute.strip_prefix("-> ") {
                        let value = value.trim_start_matches("Str(").trim_start_matches("Int(");
                        let value = value.strip_suffix(')').unwrap_or(value);
                        span.attributes.insert(key.to_owned(), value.to_owned());
                    }
                }
            }
        }
        // The last one may not be complete yet.
        if span.attributes.contains_key("messaging.message.id") {
            spans.insert(span);
        }
    }
    Ok(spans)
}
