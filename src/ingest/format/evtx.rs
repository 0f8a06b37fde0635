//! Windows event logs: chunks are handed on as they stand in the file, so that a damaged one costs only itself.
//!
//! The file's header is not trusted for anything: chunks lie at fixed places.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use evtx::err::EvtxError;
use evtx::{EvtxParser, ParserSettings, RenderedChunk, RenderedChunkItem};
use memchr::memmem;

use super::super::json::{Fault, Kind, Reader};
use super::super::record::{Record, Slot, Span};
use super::{Format, Sink, Unit, read_fully};

pub struct Evtx;

const HEADER: usize = 4096;
const CHUNK: usize = 65_536;
const MARK: &[u8] = b"ElfChnk\0";
/// Chunks decoded together: templates that they share are compiled once.
const TOGETHER: usize = 16;

impl Format for Evtx {
    fn recognises(&self, head: &[u8]) -> bool {
        head.starts_with(b"ElfFile\0") || head.get(HEADER..HEADER + 8) == Some(MARK)
    }

    fn cut(&self, input: &mut dyn Read, each: &mut dyn FnMut(Unit) -> bool) -> io::Result<()> {
        let mut chunk = vec![0; HEADER];
        let mut offset = read_fully(input, &mut chunk)? as u64;
        chunk.resize(CHUNK, 0);
        let mut unit = Unit { offset, ..Unit::default() };
        let mut failure = None;
        // Of the next chunk what was read already.
        let mut kept = 0;
        loop {
            let count = match read_fully(input, &mut chunk[kept..]) {
                Ok(count) => kept + count,
                Err(error) => {
                    failure = Some(error);
                    kept
                }
            };
            if count == 0 {
                break;
            }
            chunk[count..].fill(0);
            // Files that were put behind each other, or lost some bytes, go on at another place.
            let moved = if chunk.starts_with(MARK) { None } else { memmem::find(&chunk[..count], MARK) };
            let length = moved.unwrap_or(count);
            if chunk.starts_with(MARK) {
                // Places in a unit are places in the file: what is left out is filled up.
                let gap = (offset - unit.offset) as usize - unit.bytes.len();
                unit.bytes.resize(unit.bytes.len() + gap, 0);
                unit.bytes.extend_from_slice(&chunk);
                if count < CHUNK && chunk[..count].iter().any(|byte| *byte != 0) {
                    unit.rejected.push((offset + count as u64, "the file ends inside a chunk".to_string()));
                }
            } else if chunk[..length].iter().any(|byte| *byte != 0) && !is_header(&chunk[..length]) {
                unit.rejected.push((offset, "a chunk without its mark".to_string()));
            }
            chunk.copy_within(length..count, 0);
            kept = count - length;
            offset += length as u64;
            // Chunks of one unit lie behind each other.
            let is_full = moved.is_some() || offset - unit.offset >= (TOGETHER * CHUNK) as u64;
            if is_full && !each(std::mem::replace(&mut unit, Unit { offset, ..Unit::default() })) {
                return Ok(());
            }
        }
        if !unit.bytes.is_empty() || !unit.rejected.is_empty() {
            each(unit);
        }
        failure.map_or(Ok(()), Err)
    }

    fn decode(&self, unit: &Unit, sink: &mut dyn Sink) {
        if unit.bytes.is_empty() {
            return;
        }
        let mut record = Record::default();
        let mut done = 0;
        // The decoder has met hostile files before, but one that it can't stand must not end the run.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut parser = EvtxParser::from_buffer(with_header(&unit.bytes))?.with_configuration(ParserSettings::new().num_threads(1));
            for chunk in parser.chunks_json_bytes(false) {
                decode_chunk(&chunk, unit, &mut record, sink);
                done += 1;
            }
            Ok::<(), EvtxError>(())
        }));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => sink.reject(Some(unit.offset), &reason(&error)),
            Err(_) => sink.reject(Some(unit.offset + done * CHUNK as u64), "the decoder gave up on this and the chunks after it"),
        }
    }
}

/// What a second file begins with is none of its chunks.
fn is_header(bytes: &[u8]) -> bool {
    bytes.starts_with(b"ElfFile\0") && bytes.len() == HEADER
}

/// A sound file header before the chunks of a unit.
fn with_header(chunks: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(HEADER + chunks.len());
    file.extend_from_slice(b"ElfFile\0");
    file.resize(HEADER, 0);
    file[32..36].copy_from_slice(&128u32.to_le_bytes());
    file[36..38].copy_from_slice(&1u16.to_le_bytes());
    file[38..40].copy_from_slice(&3u16.to_le_bytes());
    file[40..42].copy_from_slice(&(HEADER as u16).to_le_bytes());
    file[42..44].copy_from_slice(&((chunks.len() / CHUNK) as u16).to_le_bytes());
    // The header says that it has no check sum.
    file[120..124].copy_from_slice(&4u32.to_le_bytes());
    file.extend_from_slice(chunks);
    file
}

fn decode_chunk(chunk: &RenderedChunk, unit: &Unit, record: &mut Record, sink: &mut dyn Sink) {
    let mut start = 0;
    for item in &chunk.items {
        match item {
            RenderedChunkItem::Record { event_record_id, end } => {
                let text = String::from_utf8_lossy(chunk.data.get(start..end.saturating_sub(1)).unwrap_or_default());
                start = *end;
                record.clear();
                match read(&text, record, *event_record_id) {
                    Ok(()) => sink.record(record),
                    Err(fault) => sink.reject(Some(unit.offset), &format!("record {event_record_id}: {}", fault.reason)),
                }
            }
            RenderedChunkItem::Failed(error) => sink.reject(Some(place(error, unit)), &reason(error)),
        }
    }
}

/// Where in the file an error is, as nearly as it says.
fn place(error: &EvtxError, unit: &Unit) -> u64 {
    match error {
        EvtxError::FailedToParseChunk { chunk_id, .. } => unit.offset + chunk_id * CHUNK as u64,
        EvtxError::FailedToReadRecordAt { chunk, offset, .. } => unit.offset + chunk.unwrap_or_default() * CHUNK as u64 + offset,
        _ => unit.offset,
    }
}

/// The innermost reason, in one line without numbers that differ from record to record.
fn reason(error: &EvtxError) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    let text = inner.to_string();
    let line: String = text.lines().next().unwrap_or_default().chars().take(160).collect();
    match error {
        EvtxError::FailedToParseChunk { .. } => format!("damaged chunk: {line}"),
        _ => format!("damaged record: {line}"),
    }
}

type Pairs = Vec<(Span, Option<Span>)>;

/// A rendered record into a flat one: the fields of its data by their own names, those of its system part prefixed.
fn read(text: &str, record: &mut Record, number: u64) -> Result<(), Fault> {
    let mut system = Pairs::new();
    let mut reader = Reader::new(text);
    record.states_utc = true;
    let id = record.keep(&number.to_string());
    record.set(Slot::RecordId, Some(id));
    reader.object(record, &mut |reader, record, key| match record.text(key) {
        "Event" => reader.object(record, &mut |reader, record, key| match record.text(key) {
            "System" => read_system(reader, record, &mut system),
            "EventData" => read_data(reader, record, "EventData_"),
            "UserData" => read_user_data(reader, record),
            "#attributes" => reader.value(record).map(drop),
            _ => {
                let value = reader.value(record)?;
                record.push(key, value);
                Ok(())
            }
        }),
        _ => reader.value(record).map(drop),
    })?;
    for (name, value) in system {
        record.push(name, value);
    }
    record.close();
    Ok(())
}

fn read_system(reader: &mut Reader<'_>, record: &mut Record, system: &mut Pairs) -> Result<(), Fault> {
    if reader.kind()? != Kind::Object {
        return reader.value(record).map(drop);
    }
    reader.object(record, &mut |reader, record, key| {
        let name = record.text(key).to_string();
        let value = read_element(reader, record, &name, system)?;
        let slot = match name.as_str() {
            "EventID" => Some(Slot::EventId),
            "Channel" => Some(Slot::Channel),
            "Computer" => Some(Slot::Host),
            "EventRecordID" => Some(Slot::RecordId),
            _ => None,
        };
        if let Some(slot) = slot {
            record.set(slot, value);
        }
        // These are columns of every event; the host as logged is not.
        if !matches!(name.as_str(), "EventID" | "Channel" | "EventRecordID") && value.is_some() {
            system.push((key, value));
        }
        Ok(())
    })
}

/// The text of an element that may also have attributes, which become fields of their own.
fn read_element(reader: &mut Reader<'_>, record: &mut Record, name: &str, system: &mut Pairs) -> Result<Option<Span>, Fault> {
    if reader.kind()? != Kind::Object {
        return reader.value(record);
    }
    let mut text = None;
    reader.object(record, &mut |reader, record, key| {
        if record.text(key) != "#attributes" {
            let value = reader.value(record)?;
            if record.text(key) == "#text" {
                text = value;
            } else {
                system.push((key, value));
            }
            return Ok(());
        }
        reader.object(record, &mut |reader, record, key| {
            let attribute = record.text(key).to_string();
            let value = reader.value(record)?;
            match (name, attribute.as_str()) {
                ("TimeCreated", "SystemTime") => {
                    record.set(Slot::Stated, value);
                    let field = record.keep("TimeCreated");
                    system.push((field, value));
                }
                _ => {
                    if (name, attribute.as_str()) == ("Provider", "Name") {
                        record.set(Slot::Provider, value);
                    }
                    let field = record.keep(&if attribute == "Qualifiers" { attribute } else { format!("{name}_{attribute}") });
                    system.push((field, value));
                }
            }
            Ok(())
        })
    })?;
    Ok(text)
}

/// Named data by name, nameless ones as `param1`, `param2`, … and together as `Data`.
fn read_data(reader: &mut Reader<'_>, record: &mut Record, prefix: &str) -> Result<(), Fault> {
    if reader.kind()? != Kind::Object {
        if let Some(value) = reader.value(record)? {
            let name = record.keep("Data");
            record.push(name, Some(value));
        }
        return Ok(());
    }
    reader.object(record, &mut |reader, record, key| {
        if record.text(key) == "#attributes" {
            return read_attributes(reader, record, prefix);
        }
        if reader.kind()? != Kind::Object {
            let value = reader.value(record)?;
            record.push(key, value);
            if record.text(key) == "UtcTime" {
                record.set(Slot::Sensor, value);
            }
            return Ok(());
        }
        let nameless = record.text(key) == "Data";
        let mut others = Pairs::new();
        let mut texts = Vec::new();
        reader.object(record, &mut |reader, record, inner| match record.text(inner) {
            "#text" if reader.kind()? == Kind::Array => reader.array(record, &mut |reader, record| {
                texts.push(reader.value(record)?);
                Ok(())
            }),
            "#text" => {
                texts.push(reader.value(record)?);
                Ok(())
            }
            _ => {
                others.push((inner, reader.value(record)?));
                Ok(())
            }
        })?;
        let owner = record.text(key).to_string();
        for (inner, value) in others {
            let name = format!("{owner}_{}", record.text(inner).trim_start_matches('#'));
            let name = record.keep(&name);
            record.push(name, value);
        }
        if nameless || texts.len() > 1 {
            for (place, value) in texts.iter().enumerate() {
                let name = record.keep(&if nameless { format!("param{}", place + 1) } else { format!("{owner}{}", place + 1) });
                record.push(name, *value);
            }
        }
        if texts.len() > 1 {
            let joined: Vec<&str> = texts.iter().map(|value| value.map_or("", |value| record.text(value))).collect();
            let joined = joined.join("\n");
            let value = record.keep(&joined);
            record.push(key, Some(value));
        } else {
            record.push(key, texts.first().copied().flatten());
        }
        Ok(())
    })
}

fn read_attributes(reader: &mut Reader<'_>, record: &mut Record, prefix: &str) -> Result<(), Fault> {
    if reader.kind()? != Kind::Object {
        return reader.value(record).map(drop);
    }
    reader.object(record, &mut |reader, record, key| {
        let name = format!("{prefix}{}", record.text(key));
        let value = reader.value(record)?;
        let name = record.keep(&name);
        record.push(name, value);
        Ok(())
    })
}

/// The fields of the one element that user data have, and that element's name.
fn read_user_data(reader: &mut Reader<'_>, record: &mut Record) -> Result<(), Fault> {
    if reader.kind()? != Kind::Object {
        return reader.value(record).map(drop);
    }
    reader.object(record, &mut |reader, record, key| {
        if record.text(key) == "#attributes" {
            return read_attributes(reader, record, "UserData_");
        }
        let name = record.keep("UserData_Name");
        record.push(name, Some(key));
        match reader.kind()? {
            Kind::Object => read_data(reader, record, "UserData_"),
            _ => {
                let value = reader.value(record)?;
                record.push(key, value);
                Ok(())
            }
        }
    })
}
