//! Texts that occur again and again (fields, hosts, channels, files) as small numbers; 0 is no text.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use polars::prelude::PlHashMap;

/// All texts of one run, shared by all threads.
#[derive(Debug)]
pub struct Names {
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Names {
    pub fn new() -> Names {
        let names = Names { inner: RwLock::default() };
        names.number("");
        names
    }

    pub fn number(&self, text: &str) -> u32 {
        if let Some(number) = self.inner.read().unwrap_or_else(PoisonError::into_inner).numbers.get(text) {
            return *number;
        }
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = inner.numbers.get(text) {
            return *number;
        }
        let number = inner.texts.len() as u32;
        let text: Arc<str> = text.into();
        inner.texts.push(text.clone());
        inner.numbers.insert(text, number);
        number
    }

    /// All texts so far, by number.
    pub fn texts(&self) -> Vec<Arc<str>> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).texts.clone()
    }
}

/// One thread's memory of the numbers, so that it rarely asks the others.
pub struct Cache<'n> {
    names: &'n Names,
    known: PlHashMap<Box<str>, u32>,
}

impl<'n> Cache<'n> {
    pub fn new(names: &'n Names) -> Cache<'n> {
        Cache { names, known: PlHashMap::default() }
    }

    pub fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.known.get(text) {
            return *number;
        }
        let number = self.names.number(text);
        if self.known.len() > 65_536 {
            self.known.clear();
        }
        self.known.insert(text.into(), number);
        number
    }

    /// Whether this thread has met a text lately.
    pub fn knows(&self, text: &str) -> bool {
        self.known.contains_key(text)
    }

    /// How many texts this thread has met.
    pub fn len(&self) -> usize {
        self.known.len()
    }
}
