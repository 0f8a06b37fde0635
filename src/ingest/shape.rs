//! A record of JSON is read by its shape: which that is, where the record says who it is from, and fields under the names that rules ask for.

use std::sync::LazyLock;

use super::embedded;
use super::identify;
use super::json::{Fault, Reader};
use super::normalise::{Source, compile, evaluate};
use super::record::{Record, Slot};
use super::row::Cell;
use super::text;
use super::time;
use crate::telemetry::mapping::From;
use crate::telemetry::mapping::shape::{Ends, Found, Nested, SHAPES, Shape};

/// Fields to find, ready to be looked for.
struct Finder {
    found: &'static Found,
    fields: Vec<(&'static str, Source)>,
}

static FINDERS: LazyLock<Vec<Vec<Finder>>> = LazyLock::new(|| {
    let finder = |found: &'static Found| Finder { found, fields: found.fields.iter().filter_map(|(name, from)| Some((*name, compile(from)?))).collect() };
    SHAPES.iter().map(|shape| shape.found.iter().map(finder).collect()).collect()
});

/// Reads records one after the other. They are mostly of one shape, so that objects inside are read as the last one's were.
#[derive(Debug, Default)]
pub struct ShapeReader {
    last: usize,
}

impl ShapeReader {
    /// Reads one object, the whole text.
    pub fn read(&mut self, text: &str, record: &mut Record) -> Result<(), Fault> {
        let nested = SHAPES[self.last].nested;
        parse(text, nested, record)?;
        self.last = Self::shape_of(record);
        if SHAPES[self.last].nested != nested {
            parse(text, SHAPES[self.last].nested, record)?;
            // Names that were inside objects may tell more.
            self.last = Self::shape_of(record);
        }
        self.place(record);
        Ok(())
    }

    /// The same of a record whose fields were read from something else than JSON.
    pub fn place_read(&mut self, record: &mut Record) {
        self.last = Self::shape_of(record);
        self.place(record);
    }

    /// A record whose fields are all in: finds what it says about itself.
    fn place(&self, record: &mut Record) {
        embedded::spread(record);
        record.close();
        fill(&SHAPES[self.last], record);
        find(&FINDERS[self.last], record);
    }

    fn shape_of(record: &Record) -> usize {
        let fits = |shape: &Shape| shape.marks.iter().any(|marks| marks.iter().all(|mark| record.has(mark)));
        SHAPES.iter().position(fits).unwrap_or(SHAPES.len() - 1)
    }
}

/// Reads an object's fields and nothing else.
pub fn parse(text: &str, nested: Nested, record: &mut Record) -> Result<(), Fault> {
    record.clear();
    let mut reader = Reader::new(text);
    reader.fields(record, nested)?;
    reader.finish()
}

fn fill(shape: &Shape, record: &mut Record) {
    record.states_utc = shape.states_utc;
    for (slot, names) in shape.slots {
        let span = match slot {
            // The first that is a time at all: some collectors write an empty or impossible one.
            Slot::Stated => names.iter().find_map(|name| record.span(name).filter(|span| time::parse(record.text(*span)).is_some())),
            _ => names.iter().find_map(|name| record.span(name)),
        };
        record.set(*slot, span);
    }
    (record.sensor, record.tells_host) = (shape.sensor, shape.tells_host);
    let asked = |ends: &Ends| ends.host_is_sensor || record.slot(Slot::Host).is_none();
    record.ends = shape.ends.filter(asked).map(|Ends { originator, responder, local, .. }| {
        let end = |names: &[&str], flag| (names.iter().find_map(|name| record.span(name)), record.get(flag).and_then(text::flag));
        [end(originator, local[0]), end(responder, local[1])]
    });
    if record.slot(Slot::Channel).is_none()
        && let Some((_, channel)) = shape.channels.iter().find(|(marks, _)| marks.iter().all(|mark| record.has(mark)))
    {
        let channel = record.keep(channel);
        record.set(Slot::Channel, Some(channel));
    }
    // The sensor's time is in the place of the stated one, which is lost; when the record was read may tell of the clock.
    if !shape.read_at.is_empty()
        && record.slot(Slot::Sensor).is_none()
        && identify::provider(record.slot(Slot::Channel).unwrap_or_default(), record.slot(Slot::Provider)) == Some("Sysmon")
    {
        record.copy_slot(Slot::Stated, Slot::Sensor);
        let read_at = shape.read_at.iter().find_map(|name| record.span(name));
        record.set(Slot::Stated, read_at);
        (record.states_utc, record.was_read) = (false, true);
    }
}

fn find(finders: &[Finder], record: &mut Record) {
    if finders.is_empty() {
        return;
    }
    let id = identify::event_id(record);
    for finder in finders {
        let Found { channel, ids, .. } = finder.found;
        let of_channel = channel.is_empty() || record.slot(Slot::Channel).is_some_and(|known| known.eq_ignore_ascii_case(channel));
        if !of_channel || !(ids.is_empty() || id.is_some_and(|id| ids.contains(&id))) {
            continue;
        }
        for (name, source) in &finder.fields {
            if record.get(name).is_some() {
                continue;
            }
            // What only has another name is not copied.
            if let Source::Plain(From::Field(names)) = source {
                if let Some(value) = names.iter().find_map(|name| record.span(name)) {
                    record.push_found(name, value);
                }
                continue;
            }
            let value = match evaluate(source, record) {
                Cell::Missing => continue,
                Cell::Text(text) => text.into_owned(),
                Cell::Int(number) => number.to_string(),
                Cell::Bool(flag) => flag.to_string(),
            };
            let value = record.keep(&value);
            record.push_found(name, value);
        }
    }
}
