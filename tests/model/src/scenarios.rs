//! The worlds to check. Each covers one race and is small enough to be explored completely.

use wallet_contract::subject::Verb::{
    self, Cancel, Close, Confirm, Freeze, Open, Reserve, Reverse, Transfer, Unfreeze,
};

use crate::scenario::Outcome::{Cancelled, Compensated, Expired, Refused, Settled};
use crate::scenario::{Ask, Scenario};

const fn ask(verb: Verb, account: &'static str, id: u64, fields: &'static str) -> Ask {
    Ask {
        verb,
        account,
        id,
        fields,
        times: 1,
    }
}

const fn twice(ask: Ask) -> Ask {
    Ask { times: 2, ..ask }
}

const USD: &str = r#""currency":"USD""#;
const TO_ALICE_10: &str = r#""to":"alice","amount":"10.00","currency":"USD""#;
const TO_BOB_10: &str = r#""to":"bob","amount":"10.00","currency":"USD""#;
const TO_BOB_3: &str = r#""to":"bob","amount":"3.00","currency":"USD""#;
const TO_BOB_6: &str = r#""to":"bob","amount":"6.00","currency":"USD""#;
const TO_BOB_7: &str = r#""to":"bob","amount":"7.00","currency":"USD""#;
const TO_ALICE_2: &str = r#""to":"alice","amount":"2.00","currency":"USD""#;
const TO_ALICE_5: &str = r#""to":"alice","amount":"5.00","currency":"USD""#;
const AUTO_6: &str = r#""to":"bob","amount":"6.00","currency":"USD","auto_confirm":true"#;
const SOME_4: &str = r#""amount":"4.00","currency":"USD""#;
const BACK_4: &str = r#""to":"alice","amount":"4.00","currency":"USD","reverses":"$1""#;

/// alice, who lives on shard 1 of 2 as `@world` does, has 10.00; bob, on shard 0, has nothing.
const GIVEN: &[Ask] = &[
    ask(Open, "alice", 0xa, USD),
    ask(Open, "bob", 0xb, USD),
    ask(Transfer, "@world", 0xc, TO_ALICE_10),
];

const BASE: Scenario = Scenario {
    name: "",
    shards: 2,
    given: GIVEN,
    asks: &[],
    crashes: 0,
    late_reads: true,
    late_books: false,
    ends: &[],
};

/// All of them.
pub const ALL: &[Scenario] = &[
    Scenario {
        name: "two transfers, funds for one, one shard",
        shards: 1,
        asks: &[
            twice(ask(Transfer, "alice", 1, TO_BOB_6)),
            ask(Transfer, "alice", 2, TO_BOB_7),
            ask(Freeze, "bob", 3, ""),
        ],
        ends: &[Settled, Refused, Compensated],
        late_books: true,
        ..BASE
    },
    Scenario {
        name: "two transfers, funds for one, two shards",
        asks: &[
            twice(ask(Transfer, "alice", 1, TO_BOB_6)),
            ask(Transfer, "alice", 2, TO_BOB_7),
            ask(Freeze, "bob", 3, ""),
        ],
        ends: &[Settled, Refused, Compensated],
        ..BASE
    },
    Scenario {
        name: "a transfer, its repeat, its id with other content, late books",
        asks: &[
            twice(ask(Transfer, "alice", 1, TO_BOB_6)),
            ask(Transfer, "alice", 1, TO_BOB_7),
            ask(Freeze, "bob", 3, ""),
        ],
        ends: &[Settled, Compensated],
        late_books: true,
        ..BASE
    },
    Scenario {
        name: "a payee frozen and unfrozen, crashes",
        asks: &[
            ask(Transfer, "alice", 1, TO_BOB_6),
            ask(Freeze, "bob", 3, ""),
            ask(Unfreeze, "bob", 4, ""),
        ],
        crashes: 2,
        ends: &[Settled, Compensated],
        ..BASE
    },
    Scenario {
        name: "money received is spent back",
        asks: &[
            ask(Transfer, "alice", 1, TO_BOB_6),
            ask(Transfer, "alice", 2, TO_BOB_3),
            ask(Transfer, "bob", 3, TO_ALICE_5),
        ],
        ends: &[Settled, Refused],
        ..BASE
    },
    Scenario {
        name: "reserve, confirm, cancel, expiry, a payee frozen",
        asks: &[
            ask(Reserve, "alice", 1, TO_BOB_6),
            ask(Confirm, "alice", 1, ""),
            ask(Cancel, "alice", 1, ""),
            ask(Freeze, "bob", 3, ""),
        ],
        ends: &[Settled, Refused, Cancelled, Expired],
        late_books: true,
        ..BASE
    },
    Scenario {
        name: "a reservation and a transfer, funds for one, crash",
        asks: &[
            ask(Reserve, "alice", 1, TO_BOB_6),
            ask(Confirm, "alice", 1, SOME_4),
            ask(Cancel, "alice", 1, ""),
            ask(Transfer, "alice", 2, TO_BOB_7),
        ],
        crashes: 1,
        ends: &[Settled, Refused, Cancelled, Expired],
        ..BASE
    },
    Scenario {
        name: "two confirms, one for a part, repeated",
        asks: &[
            twice(ask(Reserve, "alice", 1, TO_BOB_6)),
            twice(ask(Confirm, "alice", 1, SOME_4)),
            ask(Confirm, "alice", 1, ""),
            ask(Freeze, "bob", 3, ""),
        ],
        ends: &[Settled, Refused, Expired],
        ..BASE
    },
    Scenario {
        name: "a reservation that confirms itself, cancel, freeze",
        asks: &[
            ask(Reserve, "alice", 1, AUTO_6),
            twice(ask(Cancel, "alice", 1, "")),
            ask(Freeze, "bob", 3, ""),
        ],
        crashes: 1,
        ends: &[Settled, Refused, Cancelled, Expired],
        ..BASE
    },
    Scenario {
        name: "one transfer given back twice in parts",
        asks: &[
            ask(Transfer, "alice", 1, TO_BOB_6),
            ask(Reverse, "bob", 2, BACK_4),
            ask(Reverse, "bob", 3, BACK_4),
            ask(Freeze, "alice", 4, ""),
        ],
        ends: &[Settled, Refused, Compensated],
        ..BASE
    },
    Scenario {
        name: "a payee closes while it is paid",
        asks: &[
            ask(Transfer, "alice", 1, TO_BOB_6),
            ask(Reserve, "alice", 2, TO_BOB_3),
            ask(Confirm, "alice", 2, ""),
            ask(Close, "bob", 3, ""),
        ],
        ends: &[Settled, Refused, Compensated, Expired],
        ..BASE
    },
    Scenario {
        name: "a reservation races all that can end it, crash",
        asks: &[
            ask(Reserve, "alice", 1, TO_BOB_6),
            ask(Confirm, "alice", 1, SOME_4),
            ask(Cancel, "alice", 1, ""),
            ask(Freeze, "bob", 3, ""),
            ask(Unfreeze, "bob", 4, ""),
        ],
        crashes: 1,
        ends: &[Settled, Refused, Cancelled, Expired],
        ..BASE
    },
    Scenario {
        name: "two reservations of one account, funds for one",
        asks: &[
            ask(Reserve, "alice", 1, TO_BOB_6),
            ask(Reserve, "alice", 2, TO_BOB_7),
            ask(Confirm, "alice", 1, ""),
            ask(Cancel, "alice", 2, ""),
            ask(Freeze, "bob", 3, ""),
        ],
        ends: &[Settled, Refused, Cancelled, Expired],
        ..BASE
    },
    Scenario {
        name: "a payer closes while it pays, one shard",
        shards: 1,
        asks: &[
            ask(Transfer, "alice", 1, TO_BOB_10),
            ask(Reserve, "alice", 2, TO_BOB_3),
            twice(ask(Close, "alice", 3, "")),
            ask(Freeze, "bob", 4, ""),
        ],
        ends: &[Settled, Refused, Compensated, Expired],
        ..BASE
    },
    Scenario {
        name: "three transfers, a reservation, a freeze",
        asks: &[
            ask(Transfer, "alice", 1, TO_BOB_3),
            ask(Reserve, "alice", 2, TO_BOB_6),
            ask(Confirm, "alice", 2, ""),
            ask(Transfer, "alice", 3, TO_BOB_7),
            ask(Freeze, "bob", 4, ""),
        ],
        late_reads: false,
        ends: &[Settled, Refused, Compensated, Expired],
        ..BASE
    },
    Scenario {
        name: "a transfer each way, a reservation, a cancel, crashes, nothing read late",
        asks: &[
            ask(Transfer, "alice", 1, TO_BOB_3),
            ask(Reserve, "alice", 2, TO_BOB_6),
            ask(Cancel, "alice", 2, ""),
            ask(Transfer, "bob", 3, TO_ALICE_2),
            ask(Freeze, "bob", 4, ""),
        ],
        crashes: 1,
        late_reads: false,
        ends: &[Settled, Refused, Compensated, Cancelled, Expired],
        ..BASE
    },
];
