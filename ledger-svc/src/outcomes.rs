//! Outcomes for the clients that wait for a request, on `wallet.outcome.<account>.<id>`.
//!
//! | part | does |
//! |---|---|
//! | here | the outcomes of a batch, and those for repeated requests |
//! | [`notice`] | the message |
//! | [`causes`] | all requests and events of one transfer |
//!
//! The outcome of a transfer with a single request proves by itself which request it answers, so the hot path needs no database
//! query.

mod causes;
mod notice;

use ledger_core::{Outcome, State, Status};
use ledger_rows::Flows;
use wallet_contract::event::{Fact, RequestFact};
use wallet_contract::id::TransferKey;
use wallet_contract::subject::Verb;
use wallet_db::{Arg, Db, Result};
use wallet_engine::bus::Notice;
use wallet_kernel::Input;

use self::notice::notice;

/// The outcomes of a committed batch.
///
/// *Reserved* is left out if its flow has moved on: a promise may come after a cancel.
pub(crate) async fn of_batch(db: &mut Db, state: &State) -> Result<Vec<Notice>> {
    let mut notices = Vec::with_capacity(state.outcomes.len());
    for outcome in &state.outcomes {
        let key = key(outcome);
        let head = state.flows.get(&(key.clone(), Verb::Transfer));
        if outcome.status == Status::Reserved && head.is_some_and(|head| head.status != Status::Reserved) {
            continue;
        }
        let from_head = || outcome.answers_for(&head?.first_request());
        let answers = match outcome.answers_alone().or_else(from_head) {
            Some(answers) => answers,
            None => outcome.answers_within(&causes::of(db, &key).await?),
        };
        let became = head.filter(|_| refuses_another(outcome));
        notices.push(notice(outcome, &answers, became, false));
    }
    Ok(notices)
}

/// For a repeated request: its flow's outcome, if it has ended.
pub(crate) async fn again(db: &mut Db, repeat: &Input) -> Result<Option<Notice>> {
    let Input::Request(request) = repeat else {
        return Ok(None);
    };
    let key = TransferKey {
        id: request.transfer,
        payer: request.account.clone(),
    };
    let causes = causes::of(db, &key).await?;
    let outcomes = causes.events.values().filter_map(Outcome::of);
    let answered = outcomes
        .map(|outcome| (outcome.answers_within(&causes), outcome))
        .filter(|(answers, _)| answers.values().any(|id| *id == request.id))
        .max_by_key(|(_, outcome)| outcome.status != Status::Reserved);
    let Some((answers, outcome)) = answered else {
        return Ok(None);
    };
    let became = if refuses_another(&outcome) {
        let condition = "transfer = $1 AND account = $2 AND verb = 'transfer'";
        let args = [Arg::Uuid(key.id.0), Arg::Text(key.payer.as_str())];
        db.table::<Flows>(condition, &args).await?.pop()
    } else {
        None
    };
    let became = became.as_ref().map(|(_, flow)| flow);
    Ok(Some(notice(&outcome, &answers, became, true)))
}

fn key(outcome: &Outcome) -> TransferKey {
    TransferKey {
        id: outcome.event.transfer,
        payer: outcome.account.clone(),
    }
}

/// Whether this refuses a request because another request began the transfer: then the state of that transfer matters, too.
fn refuses_another(outcome: &Outcome) -> bool {
    matches!(&outcome.event.fact, Fact::Request(_, RequestFact::RequestRefused(verb, _)) if verb.flow() == Verb::Transfer)
}
