//! Has services resolve parked messages, and reports the results.
//!
//! Instructions are in the shard's log, and the first one that can be carried out is. So an instruction is only written if there
//! is none yet, the author of the later of two concurrent ones learns which came first, and repeating one does no harm.

use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use tokio::time::{Instant, sleep};
use wallet_client::api::{Api, Parked as Row};
use wallet_client::clock;
use wallet_client::connect::{Connection, connect};
use wallet_contract::id::TransferId;
use wallet_contract::parking::{Action, Replacement};
use wallet_terminal::eprintln;
use wallet_terminal::exit::{Exit, Usage};
use wallet_terminal::output::clean;

use super::effect::{Effect, report, resolved_at};
use super::find;
use super::task::Task;
use crate::args::{Common, ParkedAction, ParkedId};
use crate::parked::{Recorded, original, record, recorded};

/// The polling interval.
const POLL_EVERY: Duration = Duration::from_millis(100);

/// Carries out the command.
pub(super) async fn act(
    api: &Api,
    action: &ParkedAction,
    timeout: Duration,
    common: &Common,
) -> Result<Exit> {
    let connection = connect(&common.nats).await?;
    let rows = api.parked(true).await?;
    let actions = Actions {
        connection: &connection,
        rows: &rows,
    };
    let tasks = match action {
        ParkedAction::Show { .. } => Vec::new(),
        ParkedAction::Retry { id: Some(id), .. } => {
            let retry = actions.retry(find(&rows, *id)?, *id).await?;
            vec![actions.task(*id, retry).await?]
        }
        ParkedAction::Retry { id: None, .. } => actions.retry_all().await?,
        ParkedAction::Edit { id, body } => {
            let edited = actions.edited(find(&rows, *id)?, *id, Some(body)).await?;
            vec![actions.task(*id, edited).await?]
        }
        ParkedAction::Discard { id, reason } => {
            find(&rows, *id)?;
            if reason.trim().is_empty() {
                bail!(Usage::new("--reason is empty: give a reason; it is recorded"));
            }
            vec![
                actions
                    .task(*id, (Action::Discard(reason.clone()), Vec::new()))
                    .await?,
            ]
        }
    };
    if tasks.is_empty() {
        eprintln!("no parked message can be retried");
        return Ok(Exit::Ok);
    }
    let effect = wait(api, &connection, &tasks, timeout).await?;
    report(&tasks, &effect, common)
}

/// The action, and the requests that it leads to.
type Instruction = (Action, Vec<TransferId>);

struct Actions<'a> {
    connection: &'a Connection,
    /// All messages that were ever parked.
    rows: &'a [Row],
}

impl Actions<'_> {
    /// A message of a transfer is handled again by its service. An unreadable request was never handled, so it is submitted
    /// unchanged.
    async fn retry(&self, row: &Row, id: ParkedId) -> Result<Instruction> {
        if row.transfer.is_some() {
            return Ok((Action::Retry, Vec::new()));
        }
        self.edited(row, id, None).await
    }

    async fn retry_all(&self) -> Result<Vec<Task>> {
        let mut tasks = Vec::new();
        for row in self.rows.iter().rev().filter(|row| row.resolved.is_none()) {
            let id: ParkedId = row.id.parse().map_err(anyhow::Error::msg)?;
            match self.retry(row, id).await {
                Ok(retry) => tasks.push(self.task(id, retry).await?),
                Err(error) => eprintln!("skipped: {error:#}"),
            }
        }
        Ok(tasks)
    }

    /// The request is handled with this text, or unchanged.
    async fn edited(&self, row: &Row, id: ParkedId, body: Option<&str>) -> Result<Instruction> {
        if let Some(transfer) = row.transfer {
            bail!(
                "{id} belongs to transfer {transfer}, so it can't be edited. Retry it with a service that can handle it, or discard it"
            );
        }
        let original = original(self.connection, id).await?;
        if !original.is_request() {
            bail!(
                "{id} is not a request ({}), so it can only be discarded, with a reason",
                clean(&original.subject)
            );
        }
        match original.edited(body.unwrap_or(&original.text)) {
            Ok(edited) => {
                let ids = edited.requests.iter().map(|request| request.transfer);
                let ids = ids.collect();
                Ok((Action::Replace(Replacement::Text(edited.text)), ids))
            }
            Err(_) if row.resolved.is_some() => bail!("{id} is already resolved, {}", resolved_at(row)),
            Err(error) => Err(invalid(id, body.is_some(), &error)),
        }
    }

    /// Publishes the instruction, unless the message is already resolved or an earlier instruction is in the log.
    async fn task(&self, id: ParkedId, (action, requests): Instruction) -> Result<Task> {
        let row = find(self.rows, id)?;
        let instructions = recorded(self.connection, id).await?;
        let first = match &row.resolved {
            Some(resolved) => instructions
                .into_iter()
                .find(|instruction| instruction.sequence == resolved.instruction),
            None => instructions
                .into_iter()
                .find(|instruction| self.is_final(id, instruction)),
        };
        let mut task = Task {
            id,
            action,
            requests,
            is_new: first.is_none() && row.resolved.is_none(),
            recorded: first,
        };
        if task.is_new {
            let (action, at) = (task.action.clone(), clock::now());
            let sequence = record(self.connection, id, action.clone()).await?;
            task.recorded = Some(Recorded { sequence, at, action });
        }
        Ok(task)
    }

    /// Whether an instruction settles the matter once carried out: a retry may find the message still unreadable, and an
    /// instruction that can't be carried out is itself parked.
    fn is_final(&self, id: ParkedId, instruction: &Recorded) -> bool {
        let itself = id.instructed_at(instruction.sequence).to_string();
        instruction.action != Action::Retry && !self.rows.iter().any(|row| row.id == itself)
    }
}

/// Why a text can't be handled: a given text must be corrected, an original one needs a replacement.
fn invalid(id: ParkedId, is_given: bool, why: &str) -> anyhow::Error {
    if is_given {
        let example = r#"{"to":"bob","amount":"1.00","currency":"USD"}"#;
        Usage::new(format!(
            "--body can't replace {id}: {why}. A transfer is written as {example}"
        ))
        .into()
    } else {
        anyhow!("{id} would be parked again: {why}. Correct it with `wallet parked edit {id} --body JSON`")
    }
}

/// Waits until the services have carried out the instructions.
async fn wait(api: &Api, connection: &Connection, tasks: &[Task], timeout: Duration) -> Result<Vec<Effect>> {
    let deadline = Instant::now() + timeout;
    loop {
        let rows = api.parked(true).await?;
        let row = |id: &str| rows.iter().find(|row| row.id == id);
        let is_over = |task: &Task| {
            let resolved = row(&task.id.to_string()).is_some_and(|row| row.resolved.is_some());
            resolved || row(&task.itself()).is_some()
        };
        if !tasks.iter().all(is_over) && Instant::now() < deadline {
            sleep(POLL_EVERY).await;
            continue;
        }
        let mut all = Vec::new();
        for task in tasks {
            let Some(about) = row(&task.id.to_string()) else {
                bail!("{} is no longer known to the ledger", task.id);
            };
            let invalid = row(&task.itself()).map(|row| row.detail.clone());
            all.push(effect(connection, task, about, invalid).await?);
        }
        return Ok(all);
    }
}

async fn effect(connection: &Connection, task: &Task, row: &Row, invalid: Option<String>) -> Result<Effect> {
    let ours = task.recorded.as_ref().filter(|_| task.is_new);
    let Some(resolved) = &row.resolved else {
        return Ok(match (invalid, ours, &task.recorded) {
            (Some(why), ..) => Effect::Invalid(why),
            (None, Some(_), _) if task.action == Action::Retry => Effect::StillParked(row.clone()),
            (None, Some(_), _) => Effect::Recorded,
            (None, None, Some(recorded)) if recorded.action == task.action => Effect::Before(None),
            (None, None, _) => Effect::Superseded(None),
        });
    };
    if ours.is_some_and(|recorded| recorded.sequence == resolved.instruction) {
        return Ok(Effect::Done(row.clone()));
    }
    let instructions = recorded(connection, task.id).await?;
    let won = instructions
        .into_iter()
        .find(|instruction| instruction.sequence == resolved.instruction);
    Ok(
        if won.is_some_and(|instruction| instruction.action == task.action) {
            Effect::Before(Some(row.clone()))
        } else {
            Effect::Superseded(Some(row.clone()))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_body_is_rejected_without_advice_to_edit() {
        let id: ParkedId = "debit/1/17/0".parse().unwrap();
        let why = "invalid_request: transfer needs field \"amount\"";
        let given = invalid(id, true, why);
        let text = given.to_string();
        assert!(
            text.contains("needs field \"amount\"") && !text.contains("parked edit"),
            "{text}"
        );
        assert_eq!(Exit::of(&given), Exit::Usage);
        let unchanged = invalid(id, false, why);
        assert!(unchanged.to_string().contains("parked edit"), "{unchanged}");
        assert_eq!(Exit::of(&unchanged), Exit::Failed);
    }
}
