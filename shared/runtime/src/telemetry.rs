//! Logs: one JSON object a line for machines, or coloured lines on a terminal.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::settings::Settings;

/// Starts logging to standard error.
pub(crate) fn start(settings: &Settings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.log).map_err(|error| {
        anyhow::anyhow!("--log {:?}: {error}; use for example info or debug", settings.log)
    })?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Reporting them to stderr would panic once nobody reads stderr; money must move on even without a log.
        .log_internal_errors(false);
    let terminal = std::io::stderr().is_terminal();
    let json = settings.log_format == "json" || (settings.log_format == "auto" && !terminal);
    if json {
        logs.json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .init();
    } else {
        logs.with_ansi(terminal).init();
    }
    Ok(())
}
