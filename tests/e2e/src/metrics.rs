//! A service's `/metrics`, parsed as Prometheus parses it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use wallet_contract::subject::Service;

use crate::{World, tool, wait};

/// One scrape.
#[derive(Debug)]
pub struct Scrape {
    /// Each sample: name with labels, and value.
    samples: BTreeMap<String, f64>,
    /// The type of each family.
    types: BTreeMap<String, String>,
}

impl Scrape {
    /// Scrapes a service of a stack.
    pub async fn of(world: &World, service: Service) -> Result<Self> {
        Self::at(&world.stack.service_url(service)).await
    }

    /// Scrapes the service at an address.
    pub async fn at(url: &str) -> Result<Self> {
        let open = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        Self::read(&fetch(url, Some("application/openmetrics-text"), open).await?)
    }

    /// Parses OpenMetrics text, and rejects anything else.
    fn read(text: &str) -> Result<Self> {
        ensure!(
            text.ends_with("\n# EOF\n") && text.matches("# EOF").count() == 1,
            "not exactly one end marker: {text}"
        );
        let (mut samples, mut types, mut helped) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for line in text.lines().filter(|line| *line != "# EOF") {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, words) = help.split_once(' ').context("a help has words")?;
                ensure!(words.len() > 5 && helped.insert(name.to_owned()), "{line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').context("a type")?;
                ensure!(
                    types.insert(name.to_owned(), kind.to_owned()).is_none(),
                    "twice: {line}"
                );
            } else {
                let (sample, value) = line.rsplit_once(' ').context("a value")?;
                let value = if value == "+Inf" {
                    f64::INFINITY
                } else {
                    value.parse()?
                };
                ensure!(
                    samples.insert(sample.to_owned(), value).is_none(),
                    "twice: {line}"
                );
            }
        }
        let scrape = Self { samples, types };
        for name in scrape.names() {
            ensure!(helped.contains(scrape.family(&name)?), "no HELP for {name}");
        }
        Ok(scrape)
    }

    /// The family of a sample; its type determines which suffixes are valid.
    fn family<'n>(&self, name: &'n str) -> Result<&'n str> {
        let ends = ["_total", "_bucket", "_sum", "_count", ""];
        let families = ends.iter().filter_map(|end| name.strip_suffix(end));
        let mut known = families.filter(|family| self.types.contains_key(*family));
        let family = known.next().with_context(|| format!("{name} has no TYPE"))?;
        let fits = match (self.types[family].as_str(), &name[family.len()..]) {
            ("counter", "_total") | ("gauge", "") | ("histogram", "_bucket" | "_sum" | "_count") => true,
            (_, _) => false,
        };
        ensure!(fits, "{name} is not a sample of a {}", self.types[family]);
        Ok(family)
    }

    /// The names of all samples.
    pub fn names(&self) -> BTreeSet<String> {
        let name = |sample: &String| sample.split('{').next().unwrap_or_default().to_owned();
        self.samples.keys().map(name).collect()
    }

    /// The sum of the samples with a name and all of these labels, such as `outcome="settled"`; nothing if there is none.
    pub fn sum(&self, name: &str, labels: &[&str]) -> Option<f64> {
        let fits = |sample: &str| {
            let named = sample.split('{').next() == Some(name);
            named && labels.iter().all(|label| sample.contains(label))
        };
        let values = self.samples.iter().filter(|(sample, _)| fits(sample));
        let values: Vec<f64> = values.map(|(_, value)| *value).collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }
}

/// A service's metrics in the form that this `Accept` header asks for.
async fn fetch(url: &str, accept: Option<&str>, form: &str) -> Result<String> {
    let mut request = reqwest::Client::new().get(format!("{url}/metrics"));
    if let Some(accept) = accept {
        request = request.header("accept", accept);
    }
    let answer = request.send().await?;
    let header = |name: &str| {
        answer
            .headers()
            .get(name)
            .map(|value| value.as_bytes().to_owned())
    };
    assert_eq!(
        header("content-type").as_deref(),
        Some(form.as_bytes()),
        "{accept:?}"
    );
    assert_eq!(header("vary").as_deref(), Some(&b"accept"[..]), "{accept:?}");
    ensure!(answer.status() == 200, "{accept:?}: {}", answer.status());
    Ok(answer.text().await?)
}

/// A service reports the same metrics in both forms, and Prometheus's own tool accepts them.
pub async fn forms(url: &str) -> Result<()> {
    let open = Scrape::at(url).await?;
    for accept in [
        None,
        Some("*/*"),
        Some("application/json"),
        Some("text/plain;q=0.5, application/*;q=0.1"),
    ] {
        let text = fetch(url, accept, "text/plain; version=0.0.4; charset=utf-8").await?;
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let names: BTreeSet<String> = samples
            .map(|line| line.split(['{', ' ']).next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(names, open.names());
        if let Some(promtool) = tool("promtool") {
            // How a gauge that can't be computed is reported.
            let unknown =
                "# HELP wallet_x_seconds Not known\n# TYPE wallet_x_seconds gauge\nwallet_x_seconds NaN\n";
            lint(&promtool, &format!("{text}{unknown}")).await?;
        }
    }
    Ok(())
}

async fn lint(promtool: &Path, text: &str) -> Result<()> {
    let mut command = Command::new(promtool);
    command.args(["check", "metrics"]).kill_on_drop(true);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let mut input = child.stdin.take().context("a pipe")?;
    input.write_all(text.as_bytes()).await?;
    drop(input);
    let output = child.wait_with_output().await?;
    ensure!(
        output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}\n{text}"
    );
    Ok(())
}

/// Scrapes a service until a sample has a value.
pub async fn until(
    world: &World,
    service: Service,
    name: &str,
    labels: &[&str],
    value: f64,
) -> Result<Scrape> {
    let read = async || {
        let scrape = Scrape::of(world, service).await?;
        Ok((scrape.sum(name, labels), scrape))
    };
    let is = |(found, _): &(Option<f64>, Scrape)| found.is_some_and(|found| (found - value).abs() < 1e-9);
    let (_, scrape) = wait::until(format!("{name}{labels:?} is {value}"), read, is).await?;
    Ok(scrape)
}
