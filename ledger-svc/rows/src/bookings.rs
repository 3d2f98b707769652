//! The books.

use ledger_core::{Booking, BookingKind, LogNo};
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::money::Currency;
use wallet_contract::trace::TraceId;

wallet_kernel::table! {
    /// The lines of all accounts' books, in the order of the log.
    pub Bookings "booking" (key: LogNo, booking: Booking) {
        key { no: LogNo = *key }
        account: AccountId = &booking.account,
        currency: Currency = booking.currency,
        at_us: i64 = booking.at_us,
        line: i64 = booking.line,
        previous: Option<LogNo> = booking.previous,
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
