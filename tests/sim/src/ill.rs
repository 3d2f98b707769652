//! Inputs that a program can't handle, because it is older than the services it reads from or because its rules have a bug.
//! Until the program is fixed it parks such inputs; afterwards they are retried.

use bytes::Bytes;
use uuid::Uuid;
use wallet_engine::bus::Message;

/// What a site's program can't handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ill {
    /// Events of this kind: a newer service writes them in an unknown version.
    Kind(&'static str),
    /// Transfers whose ids end in this number, modulo `POISONS`: the rules panic on them.
    Transfer(u8),
}

/// One transfer in this many is poisoned.
pub(crate) const POISONS: u8 = 4;
/// The panic message.
pub(crate) const POISON: &str = "poisoned transfer";
/// A version suffix that no program knows.
const UNKNOWN: &str = ".v9\"";
const KNOWN: &str = ".v1\"";

/// The event kinds that can be made unknown.
pub(crate) const KINDS: [&str; 13] = [
    "wallet.account.debited",
    "wallet.account.credited",
    "wallet.account.opened",
    "wallet.account.frozen",
    "wallet.account.unfrozen",
    "wallet.account.closing",
    "wallet.closure.accepted",
    "wallet.credit.refused",
    "wallet.credit.promised",
    "wallet.funds.reserved",
    "wallet.reservation.released",
    "wallet.debit.reversed",
    "wallet.transfer.settled",
];

/// A message as an old program sees it: what it can't handle carries an unknown version.
pub(crate) fn read(ill: Option<Ill>, message: &mut Message) {
    let Some(Ill::Kind(kind)) = ill else { return };
    let (known, unknown) = (format!("{kind}{KNOWN}"), format!("{kind}{UNKNOWN}"));
    if let Ok(text) = std::str::from_utf8(&message.payload)
        && text.contains(&known)
    {
        message.payload = Bytes::from(text.replace(&known, &unknown));
    }
}

/// A parked body as the current program reads it.
pub(crate) fn read_again(ill: Option<Ill>, body: &mut String) {
    for kind in KINDS.into_iter().filter(|kind| ill != Some(Ill::Kind(kind))) {
        let unknown = format!("{kind}{UNKNOWN}");
        if body.contains(&unknown) {
            *body = body.replace(&unknown, &format!("{kind}{KNOWN}"));
        }
    }
}

/// Panics on a poisoned transfer.
pub(crate) fn suffer(ill: Option<Ill>, transfer: Uuid) {
    let last = transfer.as_bytes()[15];
    if ill == Some(Ill::Transfer(last % POISONS)) {
        // The panic is intentional, so no backtrace is printed.
        std::panic::resume_unwind(Box::new(format!("{POISON} {transfer}")));
    }
}
