//! The results of instructions, for people and programs.

use anyhow::Result;
use serde_json::json;
use wallet_client::api::Parked as Row;
use wallet_contract::parking::Action;
use wallet_contract::stream;
use wallet_terminal::exit::Exit;
use wallet_terminal::output::{self, clean, time};

use super::told;
use super::wish::Wish;
use crate::args::Common;

/// The result of an instruction.
pub(super) enum Came {
    /// It was carried out.
    Done(Row),
    /// An earlier, equal instruction was carried out, or will be.
    Before(Option<Row>),
    /// A different instruction came first.
    Late(Option<Row>),
    /// It is in the log, but its service has not carried it out yet.
    Recorded,
    /// Its service can't carry it out.
    Unfit(String),
    /// The message is still unreadable.
    Still(Row),
}

/// Reports the results; the exit code is the worst of all.
pub(super) fn report(wishes: &[Wish], all: &[Came], common: &Common) -> Result<Exit> {
    let came = wishes.iter().zip(all);
    if common.json {
        let came: Vec<_> = came
            .map(|(wish, came)| {
                json!({
                    "id": wish.id.to_string(), "came": came.word(), "instruction": wish.said.as_ref().map(|said| said.sequence),
                    "requests": wish.requests.iter().map(ToString::to_string).collect::<Vec<_>>(),
                    "parked": came.row(), "detail": came.words(wish),
                })
            })
            .collect();
        output::json(&json!({ "parked": came }))?;
    } else {
        for (wish, came) in came {
            output::line(&format!("{}  {}", wish.id, came.words(wish)))?;
        }
    }
    Ok(all.iter().map(Came::exit).max().unwrap_or(Exit::Ok))
}

impl Wish {
    /// The id of the instruction itself, should it be parked.
    pub(super) fn itself(&self) -> String {
        let sequence = self.said.as_ref().map_or(0, |said| said.sequence);
        self.id.instructed_at(sequence).to_string()
    }

    /// Its position, or that of the earlier one.
    fn place(&self) -> String {
        let name = stream::name(self.id.shard);
        self.said
            .as_ref()
            .map_or(name.clone(), |said| format!("{name} at {}", said.sequence))
    }
}

/// When and how it was resolved.
pub(super) fn seen_to(row: &Row) -> String {
    let seen_to = row.resolved.as_ref();
    seen_to.map_or(String::new(), |seen| {
        format!("on {} UTC: {}", time(seen.time), told(seen))
    })
}

impl Came {
    fn word(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Before(Some(_)) => "done_before",
            Self::Before(None) => "recorded_before",
            Self::Late(_) => "late",
            Self::Recorded => "recorded",
            Self::Unfit(_) => "unfit",
            Self::Still(_) => "still_set_aside",
        }
    }

    fn row(&self) -> Option<&Row> {
        match self {
            Self::Done(row) | Self::Before(Some(row)) | Self::Late(Some(row)) | Self::Still(row) => Some(row),
            Self::Before(None) | Self::Late(None) | Self::Recorded | Self::Unfit(_) => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Done(_) | Self::Before(Some(_)) => Exit::Ok,
            Self::Late(_) | Self::Unfit(_) | Self::Still(_) => Exit::Failed,
            Self::Recorded | Self::Before(None) => Exit::Timeout,
        }
    }

    fn words(&self, wish: &Wish) -> String {
        let (place, service) = (wish.place(), wish.id.service.name());
        let later = format!("{service} follows it when it is back (`wallet doctor`). Asking again is safe");
        match self {
            Self::Done(row) => {
                let done = row.resolved.as_ref().map(told).unwrap_or_default();
                let see = wish
                    .requests
                    .iter()
                    .map(|id| format!("; see `wallet trace {id}`"));
                std::iter::once(done).chain(see).collect()
            }
            Self::Before(Some(row)) => {
                let same = match wish.action {
                    Action::Retry | Action::Discard(_) => "",
                    // An edit may have exactly the text that a retry would have used.
                    Action::Replace(_) => ", with the same text as this one's",
                };
                format!(
                    "was seen to already, {}{same}; nothing was done now",
                    seen_to(row)
                )
            }
            Self::Late(Some(row)) => format!(
                "was seen to already, {}. That instruction came first, and this one changes nothing",
                seen_to(row)
            ),
            Self::Late(None) => format!(
                "another instruction stands in {place} and comes first: nothing was said now. {later}"
            ),
            Self::Before(None) => format!("not yet: the same instruction stands in {place} already. {later}"),
            Self::Recorded => format!("not yet: the instruction stands in {place}, and is recorded. {later}"),
            Self::Unfit(why) => format!(
                "{service} can't follow the instruction in {place}: {}",
                clean(why)
            ),
            Self::Still(row) => format!(
                "still set aside: {}. {service} can't read it yet, or does not run: `wallet doctor`",
                clean(&row.detail)
            ),
        }
    }
}
