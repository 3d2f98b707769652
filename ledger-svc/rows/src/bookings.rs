//! The books.

use ledger_core::{Booking, BookingKind};
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::money::Currency;
use wallet_contract::trace::TraceId;

wallet_kernel::table! {
    /// The lines of all accounts' books, in the order of the log.
    pub Bookings "booking" (key: LogPlace, booking: Booking) {
        key { no: LogPlace = *key }
        account: AccountId = &booking.account,
        currency: Currency = booking.currency,
        at_us: i64 = booking.at_us,
        line: i64 = booking.line,
        previous: Option<LogPlace> = booking.previous,
        kind: BookingKind = booking.kind,
        amount: i64 = booking.amount,
        held: i64 = booking.held,
        balance: i64 = booking.balance,
        held_balance: i64 = booking.held_balance,
        counterparty: AccountId = &booking.counterparty,
        transfer: TransferId = booking.transfer,
        trace: TraceId = booking.trace,
        memo: Option<String> = booking.memo.as_deref(),
        reverses: Option<TransferId> = booking.reverses,
    }
    (
        no,
        Booking {
            account,
            currency,
            no,
            at_us,
            line,
            previous,
            kind,
            amount,
            held,
            balance,
            held_balance,
            counterparty,
            transfer,
            trace,
            memo,
            reverses,
        },
    )
}
