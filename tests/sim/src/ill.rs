//! What a program can't handle: it is older than what others say, or its rules have a fault. Until it is mended, what it meets is
//! set aside, and then heard after all.

use bytes::Bytes;
use uuid::Uuid;
use wallet_engine::bus::Message;

/// What a site's program can't handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ill {
    /// Events of this kind: a newer service says them in another version.
    Kind(&'static str),
    /// Transfers whose ids end in this, modulo `POISONS`: the rules panic.
    Transfer(u8),
}

/// One in so many transfers is poison.
pub(crate) const POISONS: u8 = 4;
/// The words of the panic.
pub(crate) const POISON: &str = "poisoned transfer";
/// The version that nobody knows.
const UNKNOWN: &str = ".v9\"";
const KNOWN: &str = ".v1\"";

/// The kinds that can be unknown.
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

/// A message as an old program has it: what it doesn't know has a version that it doesn't know.
pub(crate) fn read(ill: Option<Ill>, message: &mut Message) {
    let Some(Ill::Kind(kind)) = ill else { return };
    let (known, unknown) = (format!("{kind}{KNOWN}"), format!("{kind}{UNKNOWN}"));
    if let Ok(text) = std::str::from_utf8(&message.payload)
        && text.contains(&known)
    {
        message.payload = Bytes::from(text.replace(&known, &unknown));
    }
}

/// What was set aside, as the program of now has it.
pub(crate) fn read_again(ill: Option<Ill>, body: &mut String) {
    for kind in KINDS.into_iter().filter(|kind| ill != Some(Ill::Kind(kind))) {
        let unknown = format!("{kind}{UNKNOWN}");
        if body.contains(&unknown) {
            *body = body.replace(&unknown, &format!("{kind}{KNOWN}"));
        }
    }
}

/// Panics at a poisoned transfer.
pub(crate) fn suffer(ill: Option<Ill>, transfer: Uuid) {
    let last = transfer.as_bytes()[15];
    if ill == Some(Ill::Transfer(last % POISONS)) {
        // It is meant to be: nobody has to read where from.
        std::panic::resume_unwind(Box::new(format!("{POISON} {transfer}")));
    }
}
