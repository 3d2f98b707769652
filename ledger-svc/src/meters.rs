//! The ledger's gauges that the commit path does not update: they are looked up at intervals.

use std::sync::Arc;

use wallet_runtime::running::Running;

use crate::{conservation, stuck, verdict};

/// Registers the gauges and starts the tasks that update them.
pub(crate) fn start(running: &Arc<Running>, verdict: verdict::Watch) {
    let metrics = &running.metrics;
    let still = "Flows that have not ended and have been silent for too long; counted up to 10,000";
    let still = metrics.gauges("flows_stuck", still);
    let in_flight = "Transfers that have not ended and do not wait for a client";
    let in_flight = metrics.gauges("flows_in_flight", in_flight);
    tokio::spawn(stuck::watch(running.clone(), still, in_flight));
    let conserved = conservation::Meters::new(metrics);
    tokio::spawn(conservation::watch(running.clone(), conserved, verdict));
}
