//! What a service tells on `/metrics`, read as Prometheus reads it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use tokio::time::{Instant, sleep};
use wallet_contract::subject::Service;

use crate::{PATIENCE, World};

/// One scrape.
#[derive(Debug)]
pub struct Scrape {
    /// Each sample: name with labels, and value.
    samples: BTreeMap<String, f64>,
    /// The type of each family.
    types: BTreeMap<String, String>,
}

impl Scrape {
    /// Asks a service of a stack.
    pub async fn of(world: &World, service: Service) -> Result<Self> {
        Self::at(&world.stack.service_url(service)).await
    }

    /// Asks the service at an address.
    pub async fn at(url: &str) -> Result<Self> {
        let answer = reqwest::get(format!("{url}/metrics")).await?;
        let kind = answer.headers()["content-type"].to_str()?.to_owned();
        ensure!(
            kind.starts_with("application/openmetrics-text; version=1.0.0"),
            "{kind}"
        );
        Self::read(&answer.text().await?)
    }

    /// Reads OpenMetrics text, and refuses what is none.
    fn read(text: &str) -> Result<Self> {
        ensure!(
            text.ends_with("\n# EOF\n") && text.matches("# EOF").count() == 1,
            "one end: {text}"
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
            ensure!(helped.contains(scrape.family(&name)?), "no HELP of {name}");
        }
        Ok(scrape)
    }

    /// The family of a sample, whose type says what a name may end in.
    fn family<'n>(&self, name: &'n str) -> Result<&'n str> {
        let ends = ["_total", "_bucket", "_sum", "_count", ""];
        let families = ends.iter().filter_map(|end| name.strip_suffix(end));
        let mut known = families.filter(|family| self.types.contains_key(*family));
        let family = known.next().with_context(|| format!("{name} has no TYPE"))?;
        let fits = match (self.types[family].as_str(), &name[family.len()..]) {
            ("counter", "_total") | ("gauge", "") | ("histogram", "_bucket" | "_sum" | "_count") => true,
            (_, _) => false,
        };
        ensure!(fits, "{name} is no sample of a {}", self.types[family]);
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

/// Asks a service until a sample has a value.
pub async fn until(
    world: &World,
    service: Service,
    name: &str,
    labels: &[&str],
    value: f64,
) -> Result<Scrape> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let scrape = Scrape::of(world, service).await?;
        let found = scrape.sum(name, labels);
        if found.is_some_and(|found| (found - value).abs() < 1e-9) {
            return Ok(scrape);
        }
        ensure!(
            Instant::now() < deadline,
            "{name}{labels:?} is {found:?}, not {value}"
        );
        sleep(std::time::Duration::from_millis(100)).await;
    }
}
