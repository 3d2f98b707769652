//! The tables that every service has.

use uuid::Uuid;
use wallet_contract::id::EventId;
use wallet_contract::log::LogPlace;
use wallet_contract::shard::Shard;
use wallet_engine::store::{Outgoing, ParkedRow};

/// The stored element of a message that is parked as a whole.
pub(super) const WHOLE: i64 = -1;

wallet_kernel::table! {
    /// The decided events.
    pub(crate) Events "event" (no: i64, event: Outgoing) {
        key { no: i64 = *no }
        id: EventId = event.id,
        shard_first: u16 = event.first.0,
        shard_then: Option<u16> = event.then.map(|shard| shard.0),
        body: String = &*event.json,
    }
    (no, Outgoing { no, id, first: Shard(shard_first), then: shard_then.map(Shard), json: body })
}

wallet_kernel::table! {
    /// The parked messages.
    pub(crate) Parked "parked" (place: LogPlace, row: ParkedRow) {
        key { sequence: u64 = place.sequence, element: i64 = place.element.map_or(WHOLE, i64::from) }
        subject: String = &*row.subject,
        detail: String = &*row.detail,
        body: String = &*row.body,
        at_us: i64 = row.at_us,
        transfer: Option<Uuid> = row.transfer,
        account: Option<String> = row.account.as_deref(),
        traceparent: Option<String> = row.traceparent.as_deref(),
        event_id: Option<String> = row.event_id.as_deref(),
    }
    {
        let element = u32::try_from(element).ok();
        let place = LogPlace { sequence, element };
        (
            place,
            ParkedRow {
                place,
                subject,
                detail,
                body,
                at_us,
                transfer,
                account,
                traceparent,
                event_id,
            },
        )
    }
}
