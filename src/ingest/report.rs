//! What records look like: every field of every kind, of which types, how often, and where it went.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::names::Cache;
use super::record::{Record, is_missing};
use super::row::{Head, NONE};
use super::time;
use crate::telemetry::mapping::own::Own;
use crate::telemetry::mapping::trace;

/// More fields of all kinds than these are not told apart.
const MAX_FIELDS: usize = 200_000;

/// The types that values are told apart by.
const TYPES: [&str; 9] = ["missing", "bool", "int", "hex", "float", "time", "array", "object", "text"];

/// Records of one kind.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct KindReport {
    pub provider: Option<String>,
    pub channel: Option<String>,
    pub event_id: Option<i64>,
    pub records: u64,
    /// By name.
    pub fields: Vec<FieldReport>,
}

/// One of their fields.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct FieldReport {
    pub name: String,
    /// Records that have it.
    pub records: u64,
    /// How often a value was of which type.
    pub types: BTreeMap<&'static str, u64>,
    /// Columns that rules make of it, and tables whose rows there are or not by what it says; `event` has them all.
    pub to: BTreeSet<String>,
}

#[derive(Clone, Debug, Default)]
struct Kind {
    /// The channel as rules name it.
    rules: String,
    records: u64,
    fields: BTreeMap<u32, [u64; TYPES.len()]>,
}

/// What was seen so far, by provider, channel and event id.
#[derive(Debug, Default)]
pub struct Shapes {
    kinds: BTreeMap<(u32, u32, i64), Kind>,
    fields: usize,
}

impl Shapes {
    pub fn note(&mut self, head: &Head, channel: &str, record: &Record, names: &mut Cache<'_>) {
        let kind = self.kinds.entry((head.provider, head.channel, head.event_id)).or_insert_with(|| Kind { rules: channel.to_string(), ..Kind::default() });
        kind.records += 1;
        for (name, value) in record.all() {
            let number = names.number(name);
            if self.fields >= MAX_FIELDS && !kind.fields.contains_key(&number) {
                continue;
            }
            let counts = kind.fields.entry(number).or_insert_with(|| {
                self.fields += 1;
                [0; TYPES.len()]
            });
            counts[type_of(value)] += 1;
        }
    }

    pub fn merge(&mut self, other: Shapes) {
        for (key, kind) in other.kinds {
            let known = self.kinds.entry(key).or_insert_with(|| Kind { rules: kind.rules.clone(), ..Kind::default() });
            known.records += kind.records;
            for (name, counts) in kind.fields {
                if self.fields >= MAX_FIELDS && !known.fields.contains_key(&name) {
                    continue;
                }
                let known = known.fields.entry(name).or_insert_with(|| {
                    self.fields += 1;
                    [0; TYPES.len()]
                });
                known.iter_mut().zip(counts).for_each(|(known, count)| *known += count);
            }
        }
    }

    /// All of it, in an order that does not depend on threads.
    pub fn report(&self, texts: &[Arc<str>], own: &Own) -> Vec<KindReport> {
        let text = |number: u32| (number != 0).then(|| texts.get(number as usize).map_or_else(String::new, |text| text.to_string()));
        let mut kinds: Vec<KindReport> = self
            .kinds
            .iter()
            .map(|((provider, channel, event_id), kind)| {
                let event_id = (*event_id != NONE).then_some(*event_id);
                let mut fields: Vec<FieldReport> =
                    kind.fields.iter().map(|(name, counts)| field(&text(*name).unwrap_or_default(), counts, kind, event_id, own)).collect();
                fields.sort_by(|left, right| left.name.cmp(&right.name));
                KindReport { provider: text(*provider), channel: text(*channel), event_id, records: kind.records, fields }
            })
            .collect();
        kinds.sort_by(|left, right| (&left.provider, &left.channel, left.event_id).cmp(&(&right.provider, &right.channel, right.event_id)));
        kinds
    }
}

fn field(name: &str, counts: &[u64; TYPES.len()], kind: &Kind, event_id: Option<i64>, own: &Own) -> FieldReport {
    FieldReport {
        name: name.to_string(),
        records: counts.iter().sum(),
        types: TYPES.into_iter().zip(*counts).filter(|(_, count)| *count > 0).collect(),
        to: trace::columns(own, &kind.rules, event_id, name),
    }
}

/// The place of a value's type: what it reads as, since collectors write one thing now with quotes and now without.
fn type_of(value: Option<&str>) -> usize {
    let Some(text) = value.filter(|text| !is_missing(text)) else { return 0 };
    match text.as_bytes() {
        b"true" | b"false" => 1,
        _ if text.parse::<i64>().is_ok() => 2,
        [b'0', b'x' | b'X', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit) => 3,
        [b'0'..=b'9' | b'-' | b'.', ..] if text.parse::<f64>().is_ok() => 4,
        [b'0'..=b'9', ..] if time::parse(text).is_some() => 5,
        [b'[', .., b']'] => 6,
        [b'{', .., b'}'] => 7,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_they_read_as() {
        let cases = [
            (None, "missing"),
            (Some("-"), "missing"),
            (Some("true"), "bool"),
            (Some("-12"), "int"),
            (Some("0x3e7"), "hex"),
            (Some("1.5"), "float"),
            (Some("2026-03-02 10:00:00.1"), "time"),
            (Some("[1]"), "array"),
            (Some("{}"), "object"),
            (Some("{11111111-2222"), "text"),
            (Some("a"), "text"),
        ];
        assert!(cases.into_iter().all(|(value, name)| TYPES[type_of(value)] == name));
    }
}
