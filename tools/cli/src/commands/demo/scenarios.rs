//! The scenarios: the requests, and the expected results.

mod one_phase;
mod two_phase;

use anyhow::Result;
use wallet_client::outcome::Outcome;
use wallet_client::request::Request;

use super::scenario::Scenario;
use super::scene::Scene;
use super::stage::Stage;

impl Scenario {
    /// Plays the scenario.
    pub(super) async fn play(self, stage: &mut Stage<'_>) -> Result<Scene> {
        match self {
            Self::Settled => one_phase::settled(stage).await,
            Self::InsufficientFunds => one_phase::insufficient_funds(stage).await,
            Self::Compensated => one_phase::compensated(stage).await,
            Self::Twice => one_phase::twice(stage).await,
            Self::OtherAmount => one_phase::other_amount(stage).await,
            Self::Unreadable => one_phase::unreadable(stage).await,
            Self::AnotherShard => one_phase::another_shard(stage).await,
            Self::Killed => one_phase::killed(stage).await,
            Self::ConfirmPart => two_phase::confirm_part(stage).await,
            Self::Cancel => two_phase::cancel(stage).await,
            Self::Expiry => two_phase::expiry(stage).await,
            Self::CancelFirst => two_phase::cancel_first(stage).await,
            Self::Reversal => two_phase::reversal(stage).await,
        }
    }
}

/// `alice → bob  12.50 USD`
fn words(request: &Request) -> String {
    let account = &request.account;
    request.movement().map_or_else(String::new, |(payee, money)| {
        format!("{account} → {payee}  {money}")
    })
}

fn with_reason(outcome: &Outcome) -> String {
    format!(
        "{}: {}",
        outcome.outcome,
        outcome.reason.as_deref().unwrap_or("no reason")
    )
}

fn detail(outcome: &Outcome) -> &str {
    outcome.detail.as_deref().unwrap_or("no detail")
}
