//! Interned values: equal values have the same number, so that a state of the world is a few small integers.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// All values seen so far, each once. They are compared by their `Debug` text, which shows all of a core's state.
#[derive(Debug)]
pub struct Interned<T>(RwLock<Known<T>>);

#[derive(Debug)]
struct Known<T> {
    numbers: BTreeMap<String, u32>,
    values: Vec<Arc<T>>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self(RwLock::new(Known {
            numbers: BTreeMap::new(),
            values: Vec::new(),
        }))
    }
}

impl<T> Interned<T> {
    /// The value with a number.
    pub fn get(&self, number: u32) -> Arc<T> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&known.values[number as usize])
    }

    /// The number of the value whose text is `text`; `value` builds it if it is new.
    pub fn number(&self, text: String, value: impl FnOnce() -> T) -> u32 {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.numbers.get(&text) {
            return *number;
        }
        let number = u32::try_from(known.values.len()).expect("a small world has few values");
        known.values.push(Arc::new(value()));
        known.numbers.insert(text, number);
        number
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
