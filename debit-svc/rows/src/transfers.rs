//! The phase of each transfer.

use wallet_contract::event::Movement;
use wallet_contract::id::{AccountId, EventId, TransferId, TransferKey};
use wallet_contract::money::{Amount, Currency, Money};
use wallet_contract::trace::TraceId;
use wallet_kernel::transfer::{Reservation, Times};
use wallet_kernel::{Phase, Transfer};

wallet_kernel::table! {
    /// The phase of each transfer that one of the shard's accounts pays.
    pub Transfers "transfer" (key: TransferKey, transfer: Transfer) {
        key { id: TransferId = key.id, payer: AccountId = &key.payer }
        payee: Option<AccountId> = movement_of(transfer).map(|movement| &movement.payee),
        amount: Option<Amount> = movement_of(transfer).map(|movement| movement.money.amount),
        currency: Option<Currency> = movement_of(transfer).map(|movement| movement.money.currency),
        memo: Option<String> = movement_of(transfer).and_then(|movement| movement.memo.as_deref()),
        reverses: Option<TransferId> = transfer.reverses(),
        phase: Phase = transfer.phase,
        decided_us: i64 = transfer.times.decided,
        answered_us: Option<i64> = transfer.times.answered,
        promised_us: Option<i64> = transfer.times.promised,
        ordered_us: Option<i64> = transfer.times.ordered,
        expires_us: Option<i64> = transfer.reservation.map(|terms| terms.expires_us),
        due_us: Option<i64> = transfer.due_us(),
        auto_confirm: Option<bool> = transfer.reservation.map(|terms| terms.auto_confirm),
        captured: Option<Amount> = transfer.reservation.and_then(|terms| terms.captured),
        trace: Option<TraceId> = transfer.reservation.map(|terms| terms.trace),
        reserved_by: Option<EventId> = transfer.reservation.map(|terms| terms.event),
    }
    {
        // The due time follows from the phase and the expiry time.
        let _ = due_us;
        let movement = match (payee, amount, currency) {
            (Some(payee), Some(amount), Some(currency)) => Some(Movement {
                payer: payer.clone(),
                payee,
                money: Money { amount, currency },
                memo,
                reserved: None,
                reverses,
            }),
            _ => None,
        };
        let reservation = match (expires_us, auto_confirm, trace, reserved_by) {
            (Some(expires_us), Some(auto_confirm), Some(trace), Some(event)) => Some(Reservation {
                expires_us,
                auto_confirm,
                captured,
                trace,
                event,
            }),
            _ => None,
        };
        let times = Times {
            decided: decided_us,
            promised: promised_us,
            ordered: ordered_us,
            answered: answered_us,
        };
        (TransferKey { id, payer }, Transfer { movement, phase, reservation, times })
    }
}

fn movement_of(transfer: &Transfer) -> Option<&Movement> {
    transfer.movement.as_ref()
}
