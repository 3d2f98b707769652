//! What happened, line by line, for people and for machines.

mod flows;

use std::fmt::Write;

use serde_json::Value;
use wallet_contract::request::Order;
use wallet_contract::shard::Shard;
use wallet_engine::bus::Message;
use wallet_kernel::Input;

use crate::clock::told;
use crate::entry::{Entry, Stored};

/// One line of the history.
#[derive(Clone, Debug)]
pub(crate) enum Line {
    /// Free text.
    Text(String),
    /// A message became durable.
    Stored(Shard, u64),
}

/// Everything that happened, in order.
#[derive(Debug, Default)]
pub struct History {
    lines: Vec<(i64, Line)>,
    logs: Vec<Vec<Stored>>,
}

impl History {
    pub(crate) fn add(&mut self, at_us: i64, line: Line) {
        self.lines.push((at_us, line));
    }

    /// Keeps a shard's log, so that its messages can be shown.
    pub(crate) fn keep(&mut self, log: &[Stored]) {
        self.logs.push(log.to_vec());
    }

    /// The number of messages.
    pub fn messages(&self) -> usize {
        self.logs.iter().map(Vec::len).sum()
    }

    /// A shard's log, message by message.
    pub fn log(&self, shard: Shard) -> impl Iterator<Item = &Message> {
        let log = self.logs.get(usize::from(shard.0)).into_iter().flatten();
        log.map(|stored| &stored.message)
    }

    /// The whole history as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (at_us, line) in &self.lines {
            let time = told(*at_us);
            match line {
                Line::Text(words) => {
                    let _ = writeln!(text, "{time}  {words}");
                }
                Line::Stored(shard, sequence) => self.message(&mut text, &time, *shard, *sequence),
            }
        }
        text
    }

    fn message(&self, text: &mut String, time: &str, shard: Shard, sequence: u64) {
        let Some(stored) = self.stored(shard, sequence) else {
            return;
        };
        let _ = writeln!(text, "{time}    {shard}:{sequence} {}", stored.message.subject);
        for entry in &stored.entries {
            let _ = writeln!(text, "{:10}      {}", "", words(entry));
        }
    }

    fn stored(&self, shard: Shard, sequence: u64) -> Option<&Stored> {
        let at = usize::try_from(sequence).ok()?.checked_sub(1)?;
        self.logs.get(usize::from(shard.0))?.get(at)
    }

    /// All flows, as `wallet trace --json` writes them and `wallet trace --file` draws them.
    pub fn json(&self) -> Value {
        flows::json(&self.logs)
    }
}

fn words(entry: &Entry) -> String {
    match &entry.what {
        Ok(Input::Request(request)) => {
            let order = match &request.order {
                Ok(Order::Transfer(movement) | Order::Reserve(movement, _) | Order::Reverse(movement)) => {
                    format!("{} to {}", movement.money, movement.payee)
                }
                Ok(Order::Confirm(Some(part))) => part.to_string(),
                Ok(Order::Open(currency, overdraft)) => format!("{currency}, {overdraft:?}"),
                Ok(Order::Confirm(None) | Order::Cancel | Order::Freeze | Order::Unfreeze | Order::Close) => {
                    "all of it".to_owned()
                }
                Err(refusal) => refusal.to_string(),
            };
            format!(
                "{} {} of {}: {order}",
                request.verb.token(),
                request.transfer,
                request.account
            )
        }
        Ok(Input::Event(event)) => {
            let refusal = event
                .fact
                .refusal()
                .map(|refusal| format!(": {refusal}"))
                .unwrap_or_default();
            let moved = event
                .fact
                .movement()
                .map(|movement| format!(" {} {} -> {}", movement.money, movement.payer, movement.payee));
            format!(
                "{} of {}{}{refusal}",
                event.fact.kind(),
                event.transfer,
                moved.unwrap_or_default()
            )
        }
        Ok(Input::Due(due)) => format!("{due:?}"),
        Err(detail) => format!("unreadable: {detail}"),
    }
}
