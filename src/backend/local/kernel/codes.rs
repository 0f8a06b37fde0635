//! Texts as small numbers while rows are counted: the same spelling has the same number, whichever thread meets it.
//!
//! Numbers group many times faster than texts do, and a text that repeats is looked at once.

use std::sync::{Mutex, PoisonError};

use polars::prelude::{Column, Int64Chunked, IntoColumn, NewChunkedArray, PlHashMap, PolarsResult};

use super::memo::Memo;

/// Parts of a table that threads lock one by one.
const SHARDS: usize = 16;

/// Numbers for the tuples of some text columns.
pub struct Codes {
    texts: Table<Box<str>>,
    /// The first two columns make a pair, that and the third one the next, and so on.
    pairs: Vec<Table<u64>>,
}

/// Keys with a number each, none of them 0, which stands for a missing text.
struct Table<K>([Mutex<PlHashMap<K, u32>>; SHARDS]);

impl<K: std::hash::Hash + Eq> Table<K> {
    fn new() -> Table<K> {
        Table(std::array::from_fn(|_| Mutex::new(PlHashMap::default())))
    }

    fn number<Q: std::hash::Hash + Eq + ?Sized>(&self, key: &Q, shard: usize, owned: impl FnOnce() -> K) -> u32
    where
        K: std::borrow::Borrow<Q>,
    {
        let shard = shard % SHARDS;
        let mut known = self.0[shard].lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(key) {
            Some(number) => *number,
            None => {
                let number = ((known.len() + 1) * SHARDS + shard) as u32;
                known.insert(owned(), number);
                number
            }
        }
    }

    /// Every key by its number, taken out; gaps where no key has it.
    fn take(&self) -> Vec<Option<K>> {
        let mut all = Vec::new();
        for shard in &self.0 {
            for (key, number) in std::mem::take(&mut *shard.lock().unwrap_or_else(PoisonError::into_inner)) {
                let place = number as usize;
                if all.len() <= place {
                    all.resize_with(place + 1, || None);
                }
                all[place] = Some(key);
            }
        }
        all
    }
}

impl Codes {
    /// For tuples of so many columns.
    pub fn new(columns: usize) -> Codes {
        Codes { texts: Table::new(), pairs: (1..columns).map(|_| Table::new()).collect() }
    }

    /// The number of each row's tuple.
    pub fn of(&self, columns: &[Column]) -> PolarsResult<Column> {
        let mut all = Vec::new();
        for (position, column) in columns.iter().enumerate() {
            let own = self.of_texts(column)?;
            match position.checked_sub(1).and_then(|pair| self.pairs.get(pair)) {
                None => all = own,
                Some(pairs) => pair(pairs, &mut all, &own),
            }
        }
        Ok(Int64Chunked::from_iter_values("".into(), all.into_iter().map(i64::from)).into_column())
    }

    fn of_texts(&self, column: &Column) -> PolarsResult<Vec<u32>> {
        let texts = column.str()?;
        let mut numbers = Vec::with_capacity(texts.len());
        for array in texts.downcast_iter() {
            let mut memo = Memo::new();
            let number = |text: &str| self.texts.number(text, shard_of(text), || text.into());
            let cells = array.iter().zip(array.views().iter());
            numbers.extend(cells.map(|(text, view)| text.map_or(0, |text| memo.answer(view.as_u128(), || number(text)))));
        }
        Ok(numbers)
    }

    /// What the numbers stand for; to be asked once, when all rows are numbered.
    pub fn take(&self) -> Known {
        Known { texts: self.texts.take(), pairs: self.pairs.iter().map(Table::take).collect() }
    }
}

fn pair(pairs: &Table<u64>, all: &mut [u32], own: &[u32]) {
    let mut memo = Memo::new();
    for (known, own) in all.iter_mut().zip(own) {
        let key = u64::from(*known) << 32 | u64::from(*own);
        *known = memo.answer(u128::from(key), || pairs.number(&key, (known.wrapping_mul(31) ^ own) as usize, || key));
    }
}

/// Any spread will do: the last bytes of paths and addresses differ most.
fn shard_of(text: &str) -> usize {
    text.bytes().rev().take(4).fold(text.len(), |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)))
}

/// All numbers that were given.
pub struct Known {
    texts: Vec<Option<Box<str>>>,
    pairs: Vec<Vec<Option<u64>>>,
}

impl Known {
    /// The numbers of a column's texts in these tuples.
    pub fn column(&self, tuples: &[u32], position: usize) -> Vec<u32> {
        let mut numbers = tuples.to_vec();
        for (level, pair) in self.pairs.iter().enumerate().rev().map(|(below, pair)| (below + 1, pair)) {
            let halves = |number: u32| pair.get(number as usize).copied().flatten().unwrap_or_default();
            if level < position {
                break;
            }
            let wanted = |key: u64| if level == position { key as u32 } else { (key >> 32) as u32 };
            numbers.iter_mut().for_each(|number| *number = wanted(halves(*number)));
            if level == position {
                break;
            }
        }
        numbers
    }

    pub fn texts(&self) -> &[Option<Box<str>>] {
        &self.texts
    }
}
