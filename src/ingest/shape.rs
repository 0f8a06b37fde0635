//! A record of JSON is read by its shape: which that is, where the record says who it is from, and fields under the names that rules ask for.

use std::sync::Arc;

use super::batch;
use super::embedded;
use super::identify;
use super::json::{Fault, Reader};
use super::normalise::{Source, compile, evaluate};
use super::record::{Record, Slot};
use super::row::Cell;
use super::text;
use super::time;
use crate::telemetry::mapping::From;
use crate::telemetry::mapping::own::Own;
use crate::telemetry::mapping::shape::{Ends, Found, Nested, SHAPES, Shape};

/// Fields to find, ready to be looked for.
struct Finder {
    found: &'static Found,
    fields: Vec<(&'static str, Source)>,
}

/// All shapes there are: a user's own are asked before those that are part of the program.
pub struct Shapes {
    all: Vec<(&'static Shape, Vec<Finder>)>,
}

impl Shapes {
    pub fn new(own: &Own) -> Shapes {
        let finder = |found: &'static Found| Finder { found, fields: found.fields.iter().filter_map(|(name, from)| Some((*name, compile(from)?))).collect() };
        Shapes { all: own.shapes.iter().chain(SHAPES).map(|shape| (shape, shape.found.iter().map(finder).collect())).collect() }
    }

    fn of(&self, record: &Record) -> usize {
        let fits = |shape: &Shape| shape.marks.iter().any(|marks| marks.iter().all(|mark| record.has(mark)));
        self.all.iter().position(|(shape, _)| fits(shape)).unwrap_or(self.all.len() - 1)
    }

    fn nested(&self, place: usize) -> Nested {
        self.all[place].0.nested
    }
}

/// Reads records one after the other. They are mostly of one shape, so that objects inside are read as the last one's were.
pub struct ShapeReader {
    shapes: Arc<Shapes>,
    last: usize,
}

impl ShapeReader {
    pub fn new(shapes: Arc<Shapes>) -> ShapeReader {
        ShapeReader { shapes, last: 0 }
    }

    /// Reads one object, the whole text, and hands on the record that it is, or those that it holds.
    pub fn read(&mut self, text: &str, record: &mut Record, each: &mut dyn FnMut(&mut Record)) -> Result<(), Fault> {
        self.read_one(text, record)?;
        let batch = self.shapes.all[self.last].0.batch.filter(|batch| record.has(batch.field));
        let Some(held) = batch.and_then(|batch| batch::records(text, batch)) else {
            each(record);
            return Ok(());
        };
        for text in held {
            self.read_one(&text, record)?;
            each(record);
        }
        Ok(())
    }

    fn read_one(&mut self, text: &str, record: &mut Record) -> Result<(), Fault> {
        let nested = self.shapes.nested(self.last);
        parse(text, nested, record)?;
        self.last = self.shapes.of(record);
        if self.shapes.nested(self.last) != nested {
            parse(text, self.shapes.nested(self.last), record)?;
            // Names that were inside objects may tell more.
            self.last = self.shapes.of(record);
        }
        self.place(record);
        Ok(())
    }

    /// The same of a record whose fields were read from something else than JSON.
    pub fn place_read(&mut self, record: &mut Record) {
        self.last = self.shapes.of(record);
        self.place(record);
    }

    /// A record whose fields are all in: finds what it says about itself.
    fn place(&self, record: &mut Record) {
        let (shape, finders) = &self.shapes.all[self.last];
        embedded::spread(record);
        record.close();
        fill(shape, record);
        find(finders, record);
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
            Slot::Channel => names.iter().find_map(|name| record.span(name)).map(|span| record.behind(span, shape.before_channel)),
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
