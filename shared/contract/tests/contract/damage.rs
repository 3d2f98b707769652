//! Mutations of a text: bits flip; parts are cut, doubled, swapped, replaced with another text's, or inserted.

use proptest::prelude::*;

/// One mutation.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    /// A bit flips.
    Flip(prop::sample::Index, u8),
    /// A byte is replaced.
    Set(prop::sample::Index, u8),
    /// A part is cut out.
    Cut(prop::sample::Index, u8),
    /// Everything after a point is cut off.
    End(prop::sample::Index),
    /// A part is doubled.
    Double(prop::sample::Index, u8),
    /// A part is replaced with a part of another text.
    Splice(prop::sample::Index, prop::sample::Index, u8),
    /// A word is inserted.
    Insert(prop::sample::Index, &'static str),
}

/// Words that have confused readers.
const WORDS: [&str; 42] = [
    "\n",
    " ",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    ".",
    "-",
    "@",
    "0",
    "\0",
    "\\u0000",
    "\\ud800",
    "\u{feff}",
    "é",
    "null",
    "true",
    "-0",
    "1e999",
    "99999999999999999999",
    "9223372036854775807",
    "0.00",
    "00",
    "{\"a\":",
    "\"id\":\"\",",
    "\"to\":\"bob\",",
    "\"amount\":\"0.01\",",
    "\"data\":{},",
    "\"data\":[],",
    "\"specversion\":\"1.0\",",
    "\"verb\":\"cancel\",",
    "\"from\":\"alice\",",
    "\"expires_in\":1,",
    "\"auto_confirm\":false,",
    "\"reserved\":\"0.01\",",
    "\"overdraft\":\"unlimited\",",
    "+00:00",
    "v2",
];

/// A few mutations, applied one after the other.
pub(crate) fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let at = any::<prop::sample::Index>;
    let mutation = prop_oneof![
        3 => (at(), 0..8_u8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        3 => (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        3 => (at(), 1..40_u8).prop_map(|(at, length)| Mutation::Cut(at, length)),
        1 => at().prop_map(Mutation::End),
        2 => (at(), 1..40_u8).prop_map(|(at, length)| Mutation::Double(at, length)),
        3 => (at(), at(), 1..80_u8).prop_map(|(at, from, length)| Mutation::Splice(at, from, length)),
        5 => (at(), prop::sample::select(&WORDS[..])).prop_map(|(at, word)| Mutation::Insert(at, word)),
    ];
    prop::collection::vec(mutation, 0..5)
}

/// A text after these mutations.
pub(crate) fn damaged(text: &[u8], other: &[u8], mutations: &[Mutation]) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for mutation in mutations {
        if bytes.is_empty() {
            break;
        }
        apply(&mut bytes, other, mutation);
    }
    bytes
}

fn apply(bytes: &mut Vec<u8>, other: &[u8], mutation: &Mutation) {
    let length = bytes.len();
    let part = |at: &prop::sample::Index, much: &u8, length: usize| {
        let from = at.index(length);
        from..length.min(from + usize::from(*much))
    };
    match mutation {
        Mutation::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
        Mutation::Set(at, byte) => bytes[at.index(length)] = *byte,
        Mutation::Cut(at, much) => drop(bytes.drain(part(at, much, length))),
        Mutation::End(at) => bytes.truncate(at.index(length)),
        Mutation::Double(at, much) => {
            let part = part(at, much, length);
            let twice = bytes[part.clone()].to_vec();
            bytes.splice(part.start..part.start, twice);
        }
        Mutation::Splice(at, from, much) => {
            let theirs = other[part(from, much, other.len())].to_vec();
            bytes.splice(part(at, much, length), theirs);
        }
        Mutation::Insert(at, word) => {
            let at = at.index(length + 1);
            bytes.splice(at..at, word.bytes());
        }
    }
}
