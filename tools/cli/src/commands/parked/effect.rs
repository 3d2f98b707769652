//! The results of instructions, for people and programs.

use anyhow::Result;
use serde_json::json;
use wallet_client::api::Parked as Row;
use wallet_contract::parking::Action;
use wallet_contract::stream;
use wallet_terminal::exit::Exit;
use wallet_terminal::output::{self, clean, time};

use super::resolution;
use super::task::Task;
use crate::args::Common;

/// The result of an instruction.
pub(super) enum Effect {
    /// It was carried out.
    Done(Row),
    /// An earlier, equal instruction was carried out, or will be.
    Before(Option<Row>),
    /// A different instruction came first.
    Superseded(Option<Row>),
    /// It is in the log, but its service has not carried it out yet.
    Recorded,
    /// Its service can't carry it out.
    Invalid(String),
    /// The message is still unreadable.
    StillParked(Row),
}

/// Reports the results; the exit code is the worst of all.
pub(super) fn report(tasks: &[Task], all: &[Effect], common: &Common) -> Result<Exit> {
    let effects = tasks.iter().zip(all);
    if common.json {
        let effects: Vec<_> = effects
            .map(|(task, effect)| {
                json!({
                    "id": task.id.to_string(), "came": effect.word(), "instruction": task.recorded.as_ref().map(|recorded| recorded.sequence),
                    "requests": task.requests.iter().map(ToString::to_string).collect::<Vec<_>>(),
                    "parked": effect.row(), "detail": effect.text(task),
                })
            })
            .collect();
        output::json(&json!({ "parked": effects }))?;
    } else {
        for (task, effect) in effects {
            output::line(&format!("{}  {}", task.id, effect.text(task)))?;
        }
    }
    Ok(all.iter().map(Effect::exit).max().unwrap_or(Exit::Ok))
}

impl Task {
    /// The id of the instruction itself, should it be parked.
    pub(super) fn itself(&self) -> String {
        let sequence = self.recorded.as_ref().map_or(0, |recorded| recorded.sequence);
        self.id.instructed_at(sequence).to_string()
    }

    /// Its position, or that of the earlier one.
    fn position(&self) -> String {
        let name = stream::name(self.id.shard);
        self.recorded.as_ref().map_or(name.clone(), |recorded| {
            format!("{name} at {}", recorded.sequence)
        })
    }
}

/// When and how it was resolved.
pub(super) fn resolved_at(row: &Row) -> String {
    let resolved = row.resolved.as_ref();
    resolved.map_or(String::new(), |resolved| {
        format!("on {} UTC: {}", time(resolved.time), resolution(resolved))
    })
}

impl Effect {
    fn word(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Before(Some(_)) => "done_before",
            Self::Before(None) => "recorded_before",
            Self::Superseded(_) => "late",
            Self::Recorded => "recorded",
            Self::Invalid(_) => "unfit",
            Self::StillParked(_) => "still_set_aside",
        }
    }

    fn row(&self) -> Option<&Row> {
        match self {
            Self::Done(row)
            | Self::Before(Some(row))
            | Self::Superseded(Some(row))
            | Self::StillParked(row) => Some(row),
            Self::Before(None) | Self::Superseded(None) | Self::Recorded | Self::Invalid(_) => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Done(_) | Self::Before(Some(_)) => Exit::Ok,
            Self::Superseded(_) | Self::Invalid(_) | Self::StillParked(_) => Exit::Failed,
            Self::Recorded | Self::Before(None) => Exit::Timeout,
        }
    }

    fn text(&self, task: &Task) -> String {
        let (position, service) = (task.position(), task.id.service.name());
        let later = format!(
            "{service} carries it out as soon as it runs (see `wallet doctor`). Repeating the command is safe"
        );
        match self {
            Self::Done(row) => {
                let done = row.resolved.as_ref().map(resolution).unwrap_or_default();
                let see = task
                    .requests
                    .iter()
                    .map(|id| format!("; see `wallet trace {id}`"));
                std::iter::once(done).chain(see).collect()
            }
            Self::Before(Some(row)) => {
                let same = match task.action {
                    Action::Retry | Action::Discard(_) => "",
                    // An edit may have exactly the text that a retry would have used.
                    Action::Replace(_) => ", with the same text",
                };
                format!(
                    "was already resolved, {}{same}; nothing was done now",
                    resolved_at(row)
                )
            }
            Self::Superseded(Some(row)) => format!(
                "was already resolved, {}. That instruction came first, and this one changes nothing",
                resolved_at(row)
            ),
            Self::Superseded(None) => {
                format!("another instruction, in {position}, comes first: nothing was published now. {later}")
            }
            Self::Before(None) => format!("not yet: the same instruction is already in {position}. {later}"),
            Self::Recorded => format!("not yet: the instruction is recorded, in {position}. {later}"),
            Self::Invalid(why) => format!(
                "{service} can't carry out the instruction in {position}: {}",
                clean(why)
            ),
            Self::StillParked(row) => format!(
                "still parked: {}. {service} can't handle it yet, or is not running: see `wallet doctor`",
                clean(&row.detail)
            ),
        }
    }
}
