//! The files in deploy/ are correct: the services export every metric that the dashboard queries, and the files parse.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use e2e::metrics::Scrape;
use e2e::{World, id, repository};
use serde_json::{Value, json};
use wallet_contract::subject::{Service, Verb};
use yaml_rust2::{Yaml, YamlLoader};

fn yaml(path: &str) -> Result<Yaml> {
    let text = fs::read_to_string(repository().join(path)).with_context(|| path.to_owned())?;
    let mut documents = YamlLoader::load_from_str(&text).with_context(|| path.to_owned())?;
    ensure!(documents.len() == 1, "{path} is not one document");
    Ok(documents.remove(0))
}

/// The names in a query that look like ours.
fn metrics_in(expr: &str) -> BTreeSet<String> {
    let words = expr.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .filter(|word| word.starts_with("wallet_"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn the_dashboard_queries_only_exported_metrics() -> Result<()> {
    // Nothing listens there, but the export's metrics exist all the same.
    let nowhere = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9".to_owned());
    let world = World::with(None, |options| options.settings.extend([nowhere])).await?;
    world.open(&["alice"]).await?;
    world.ask(Verb::Freeze, "alice", json!({ "id": id() })).await?;
    e2e::metrics::until(
        &world,
        Service::Ledger,
        "wallet_conservation_error_minor_units",
        &[],
        0.0,
    )
    .await?;
    e2e::metrics::until(&world, Service::Ledger, "wallet_flows_stuck", &[], 0.0).await?;
    let mut exported = BTreeSet::new();
    for service in Service::ALL {
        let scrape = e2e::metrics::until(&world, service, "wallet_projection_lag_seconds", &[], 0.0).await?;
        exported.extend(Scrape::names(&scrape));
        e2e::metrics::forms(&world.stack.service_url(service)).await?;
    }
    world.stop().await?;

    let text = fs::read_to_string(repository().join("deploy/grafana/dashboards/wallet.json"))?;
    let dashboard: Value = serde_json::from_str(&text)?;
    let panels = dashboard["panels"].as_array().context("panels")?;
    let mut names = BTreeSet::new();
    for panel in panels {
        for target in panel["targets"].as_array().context("targets")? {
            let expr = target["expr"].as_str().context("a query")?;
            let found = metrics_in(expr);
            ensure!(!found.is_empty(), "{expr} queries no metric of the wallet");
            names.extend(found);
            ensure!(target["datasource"]["uid"] == "prometheus", "{target}");
        }
    }
    let missing: Vec<&String> = names.difference(&exported).collect();
    ensure!(
        missing.is_empty(),
        "no service exports {missing:?}; exported: {exported:?}"
    );
    for needed in [
        "wallet_conservation_error_minor_units",
        "wallet_transfers_total",
        "wallet_transfer_duration_seconds_bucket",
        "wallet_step_duration_seconds_bucket",
        "wallet_flows_in_flight",
        "wallet_flows_stuck",
        "wallet_parked_messages",
        "wallet_projection_lag_seconds",
        "wallet_copies_pending_events",
    ] {
        ensure!(names.contains(needed), "the dashboard does not show {needed}");
    }
    let readme = fs::read_to_string(repository().join("ledger-svc/README.md"))?;
    for name in &exported {
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end));
        let family = family.unwrap_or(name);
        ensure!(
            readme.contains(&format!("`{family}")),
            "ledger-svc/README.md has no {family}"
        );
    }
    Ok(())
}

#[test]
fn prometheus_scrapes_each_service_of_the_compose_file() -> Result<()> {
    let (prometheus, compose) = (yaml("deploy/prometheus.yml")?, yaml("compose.yaml")?);
    let job = &prometheus["scrape_configs"][0];
    let found = job["dns_sd_configs"].as_vec().context("services")?;
    for service in Service::ALL {
        let scraped = found
            .iter()
            .find(|config| config["names"][0].as_str() == Some(service.name()));
        let port = scraped.context("a service is not scraped")?["port"]
            .as_i64()
            .context("a port")?;
        let listens = compose["services"][service.name()]["environment"]["WALLET_HTTP_ADDR"].as_str();
        assert_eq!(listens, Some(&*format!("0.0.0.0:{port}")), "{service}");
    }
    for (service, profile) in [
        ("prometheus", "metrics"),
        ("grafana", "metrics"),
        ("jaeger", "tracing"),
    ] {
        let service = &compose["services"][service];
        assert_eq!(
            service["profiles"][0].as_str(),
            Some(profile),
            "it must start only in its profile"
        );
        let image = service["image"].as_str().context("an image")?;
        ensure!(
            image.contains(':') && !image.ends_with(":latest"),
            "{image} is not pinned to a version"
        );
    }
    Ok(())
}

#[test]
fn grafana_finds_its_dashboard_and_its_data() -> Result<()> {
    let source = yaml("deploy/grafana/provisioning/datasources/prometheus.yaml")?;
    assert_eq!(source["datasources"][0]["uid"].as_str(), Some("prometheus"));
    let dashboards = yaml("deploy/grafana/provisioning/dashboards/wallet.yaml")?;
    let path = dashboards["providers"][0]["options"]["path"]
        .as_str()
        .context("a path")?;
    let compose = yaml("compose.yaml")?;
    let volumes = compose["services"]["grafana"]["volumes"]
        .as_vec()
        .context("volumes")?;
    let mounted = volumes.iter().filter_map(Yaml::as_str);
    ensure!(
        mounted
            .into_iter()
            .any(|volume| volume == format!("./deploy/grafana/dashboards:{path}:ro")),
        "{volumes:?}"
    );
    Ok(())
}
