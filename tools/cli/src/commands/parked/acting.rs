//! Has services resolve parked messages, and reports the results.
//!
//! Instructions are in the shard's log, and the first one that can be carried out is. So an instruction is only written if there
//! is none yet, the author of the later of two concurrent ones is told which came first, and repeating one does no harm.

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

use super::came::{Came, report, seen_to};
use super::find;
use super::wish::Wish;
use crate::args::{Common, ParkedAction, ParkedId};
use crate::parked::{Said, original, said, say};

/// The polling interval.
const LOOK: Duration = Duration::from_millis(100);

/// Carries out the command.
pub(super) async fn act(
    api: &Api,
    action: &ParkedAction,
    timeout: Duration,
    common: &Common,
) -> Result<Exit> {
    let connection = connect(&common.nats).await?;
    let rows = api.parked(true).await?;
    let acting = Acting {
        connection: &connection,
        rows: &rows,
    };
    let wishes = match action {
        ParkedAction::Show { .. } => Vec::new(),
        ParkedAction::Retry { id: Some(id), .. } => {
            let again = acting.again(find(&rows, *id)?, *id).await?;
            vec![acting.wish(*id, again).await?]
        }
        ParkedAction::Retry { id: None, .. } => acting.all_again().await?,
        ParkedAction::Edit { id, body } => {
            let mended = acting.mended(find(&rows, *id)?, *id, Some(body)).await?;
            vec![acting.wish(*id, mended).await?]
        }
        ParkedAction::Discard { id, reason } => {
            find(&rows, *id)?;
            if reason.trim().is_empty() {
                bail!(Usage::new("--reason is empty: say why, it is recorded"));
            }
            vec![
                acting
                    .wish(*id, (Action::Discard(reason.clone()), Vec::new()))
                    .await?,
            ]
        }
    };
    if wishes.is_empty() {
        eprintln!("nothing is set aside that could be tried again");
        return Ok(Exit::Ok);
    }
    let came = wait(api, &connection, &wishes, timeout).await?;
    report(&wishes, &came, common)
}

/// The action, and the requests that it leads to.
type Wanted = (Action, Vec<TransferId>);

struct Acting<'a> {
    connection: &'a Connection,
    /// All messages that were ever parked.
    rows: &'a [Row],
}

impl Acting<'_> {
    /// A message of a transfer is handled again by its service. An unreadable request was never handled, so it is submitted
    /// unchanged.
    async fn again(&self, row: &Row, id: ParkedId) -> Result<Wanted> {
        if row.transfer.is_some() {
            return Ok((Action::Retry, Vec::new()));
        }
        self.mended(row, id, None).await
    }

    async fn all_again(&self) -> Result<Vec<Wish>> {
        let mut wishes = Vec::new();
        for row in self.rows.iter().rev().filter(|row| row.resolved.is_none()) {
            let id: ParkedId = row.id.parse().map_err(anyhow::Error::msg)?;
            match self.again(row, id).await {
                Ok(again) => wishes.push(self.wish(id, again).await?),
                Err(error) => eprintln!("left as it is: {error:#}"),
            }
        }
        Ok(wishes)
    }

    /// The request is handled with this text, or unchanged.
    async fn mended(&self, row: &Row, id: ParkedId, body: Option<&str>) -> Result<Wanted> {
        if let Some(transfer) = row.transfer {
            bail!(
                "{id} is of transfer {transfer}: what was said is never changed. Retry it with a service that knows it, or discard it"
            );
        }
        let original = original(self.connection, id).await?;
        if !original.is_request() {
            bail!(
                "{id} is no request ({}): nobody else may say it. Discard it, with a reason",
                clean(&original.subject)
            );
        }
        match original.mended(body.unwrap_or(&original.text)) {
            Ok(mended) => {
                let ids = mended.requests.iter().map(|request| request.transfer);
                let ids = ids.collect();
                Ok((Action::Replace(Replacement::Text(mended.text)), ids))
            }
            Err(_) if row.resolved.is_some() => bail!("{id} was seen to already, {}", seen_to(row)),
            Err(error) => Err(unfit(id, body.is_some(), &error)),
        }
    }

    /// Publishes the instruction, unless the message is already resolved or an earlier instruction is in the log.
    async fn wish(&self, id: ParkedId, (action, requests): Wanted) -> Result<Wish> {
        let row = find(self.rows, id)?;
        let words = said(self.connection, id).await?;
        let first = match &row.resolved {
            Some(seen_to) => words
                .into_iter()
                .find(|word| word.sequence == seen_to.instruction),
            None => words.into_iter().find(|word| self.decides(id, word)),
        };
        let mut wish = Wish {
            id,
            action,
            requests,
            is_new: first.is_none() && row.resolved.is_none(),
            said: first,
        };
        if wish.is_new {
            let (action, at) = (wish.action.clone(), clock::now());
            let sequence = say(self.connection, id, action.clone()).await?;
            wish.said = Some(Said { sequence, at, action });
        }
        Ok(wish)
    }

    /// Whether an instruction settles the matter once carried out: a retry may find the message still unreadable, and an
    /// instruction that can't be carried out is itself parked.
    fn decides(&self, id: ParkedId, word: &Said) -> bool {
        let itself = id.instructed_at(word.sequence).to_string();
        word.action != Action::Retry && !self.rows.iter().any(|row| row.id == itself)
    }
}

/// Why a text can't be handled: a given text must be corrected, an original one needs a replacement.
fn unfit(id: ParkedId, is_given: bool, why: &str) -> anyhow::Error {
    if is_given {
        let example = r#"{"to":"bob","amount":"1.00","currency":"USD"}"#;
        Usage::new(format!(
            "--body can't be heard in the place of {id}: {why}. A transfer is written as {example}"
        ))
        .into()
    } else {
        anyhow!(
            "{id} would be set aside again: {why}. `wallet parked edit {id} --body JSON` has it heard mended"
        )
    }
}

/// Waits until the services have carried out the instructions.
async fn wait(api: &Api, connection: &Connection, wishes: &[Wish], timeout: Duration) -> Result<Vec<Came>> {
    let deadline = Instant::now() + timeout;
    loop {
        let rows = api.parked(true).await?;
        let row = |id: &str| rows.iter().find(|row| row.id == id);
        let is_over = |wish: &Wish| {
            let resolved = row(&wish.id.to_string()).is_some_and(|row| row.resolved.is_some());
            resolved || row(&wish.itself()).is_some()
        };
        if !wishes.iter().all(is_over) && Instant::now() < deadline {
            sleep(LOOK).await;
            continue;
        }
        let mut all = Vec::new();
        for wish in wishes {
            let Some(about) = row(&wish.id.to_string()) else {
                bail!("{} is no longer known to the ledger", wish.id);
            };
            let unfit = row(&wish.itself()).map(|row| row.detail.clone());
            all.push(came(connection, wish, about, unfit).await?);
        }
        return Ok(all);
    }
}

async fn came(connection: &Connection, wish: &Wish, row: &Row, unfit: Option<String>) -> Result<Came> {
    let ours = wish.said.as_ref().filter(|_| wish.is_new);
    let Some(seen_to) = &row.resolved else {
        return Ok(match (unfit, ours, &wish.said) {
            (Some(why), ..) => Came::Unfit(why),
            (None, Some(_), _) if wish.action == Action::Retry => Came::Still(row.clone()),
            (None, Some(_), _) => Came::Recorded,
            (None, None, Some(said)) if said.action == wish.action => Came::Before(None),
            (None, None, _) => Came::Late(None),
        });
    };
    if ours.is_some_and(|said| said.sequence == seen_to.instruction) {
        return Ok(Came::Done(row.clone()));
    }
    let words = said(connection, wish.id).await?;
    let won = words
        .into_iter()
        .find(|word| word.sequence == seen_to.instruction);
    Ok(if won.is_some_and(|word| word.action == wish.action) {
        Came::Before(Some(row.clone()))
    } else {
        Came::Late(Some(row.clone()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_can_not_be_heard_is_not_answered_with_itself() {
        let id: ParkedId = "debit/1/17/0".parse().unwrap();
        let why = "invalid_request: transfer needs field \"amount\"";
        let given = unfit(id, true, why);
        let told = given.to_string();
        assert!(
            told.contains("needs field \"amount\"") && !told.contains("parked edit"),
            "{told}"
        );
        assert_eq!(Exit::of(&given), Exit::Usage);
        let as_it_stands = unfit(id, false, why);
        assert!(as_it_stands.to_string().contains("parked edit"), "{as_it_stands}");
        assert_eq!(Exit::of(&as_it_stands), Exit::Failed);
    }
}
