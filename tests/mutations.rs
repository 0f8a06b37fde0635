//! Every reader meets damage: bytes changed, files cut off, files behind each other, always the same from a seed. Nothing ends the run, takes its time or its
//! memory, or costs records that the damage did not touch.
//!
//! `MUTATIONS=5000 cargo test mutations` tries more than the few hundred a format of every run; cargo-fuzz would need a nightly compiler. What was found so is
//! kept in `corpus/`.

// Ranges of bytes are what a part needs: one, or several.
#![allow(clippy::single_range_in_vec_init)]

use std::collections::BTreeSet;
use std::ops::Range;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::pack::{XZ, bzip2, gzip, noise, tar, zip, zstandard};
use crate::support::{Answer, NOW, Place, files_below, project, stores};

/// Variants of each format.
const VARIANTS: usize = 240;
/// Records of a text.
const RECORDS: usize = 12;
/// Kibibytes of memory that a run may hold, and seconds that it may take.
const MEMORY: u32 = 2 << 20;
const TIME: &str = "300s";
/// Bytes of an event log's header, and of each of its chunks.
const HEADER: usize = 4096;
const CHUNK: usize = 65_536;

/// A file, and which of its bytes a record needs: with one of these changed it may be lost.
#[derive(Clone)]
struct Whole {
    bytes: Vec<u8>,
    parts: Vec<(Vec<Range<usize>>, String)>,
    /// Before this, everything depends on every byte.
    head: usize,
    /// Two quotes hide what stands between them.
    has_quotes: bool,
}

/// How two files behind each other are read.
#[derive(Clone, Copy, PartialEq)]
enum Joined {
    /// The second from any place on, or only when it is whole, or not at all.
    Anywhere,
    Whole,
    Never,
}

/// A record that says which it is.
fn record(seed: usize, number: usize) -> Value {
    json!({ "@timestamp": format!("2026-03-02T10:00:{number:02}.000Z"), "Hostname": "HOST1", "Channel": "Security", "EventID": 4688,
        "mark": mark(seed, number), "NewProcessName": format!("C:\\Temp\\p{number}.exe"), "CommandLine": "a \"b\" {c} [d], \\\"e\\\"" })
}

fn mark(seed: usize, number: usize) -> String {
    format!("m{seed}.{number}.")
}

/// Texts with what stands before, between and behind.
fn text(head: &str, records: &[String], between: &str, end: &str, seed: usize) -> Whole {
    let mut bytes = head.as_bytes().to_vec();
    let mut parts = Vec::new();
    for (number, record) in records.iter().enumerate() {
        // What separates it from its neighbours belongs to both.
        let start = bytes.len().saturating_sub(between.len() + 1);
        bytes.extend_from_slice(record.as_bytes());
        let is_last = number + 1 == records.len();
        bytes.extend_from_slice(if is_last { end } else { between }.as_bytes());
        parts.push((vec![start..bytes.len()], mark(seed, number)));
    }
    Whole { bytes, parts, head: head.len(), has_quotes: false }
}

fn records(seed: usize, write: impl Fn(&Value) -> String) -> Vec<String> {
    (0..RECORDS).map(|number| write(&record(seed, number))).collect()
}

fn ndjson(seed: usize) -> Whole {
    Whole { head: 0, ..text("", &records(seed, Value::to_string), "\n", "\n", seed) }
}

fn csv(seed: usize) -> Whole {
    let row = |number: usize| format!("2026-03-02T10:00:{number:02}Z,host{number},{},b;c|d,,{number}", mark(seed, number));
    let head = "timestamp,DeviceName,mark,Text,Empty,Number\n";
    Whole { has_quotes: true, ..text(head, &(0..RECORDS).map(row).collect::<Vec<_>>(), "\n", "\n", seed) }
}

fn zeek(seed: usize) -> Whole {
    let row = |number: usize| format!("17724456{number:02}.5\tC{number}\t10.0.0.5\t{number}\t192.0.2.1\t443\ttcp\t{}\ta\\x2cb,c", mark(seed, number));
    let head = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
        #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tmark\ttags\n\
        #types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tset[string]\n";
    text(head, &(0..RECORDS).map(row).collect::<Vec<_>>(), "\n", "\n", seed)
}

/// The same in two bytes a character, behind a mark of their order.
fn wide(whole: &Whole, unit: fn(u16) -> [u8; 2]) -> Whole {
    let text = String::from_utf8(whole.bytes.clone()).unwrap();
    let bytes = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(unit).collect();
    let wide = |part: &Range<usize>| 2 + 2 * part.start..2 + 2 * part.end;
    let parts = whole.parts.iter().map(|(part, mark)| (part.iter().map(wide).collect(), mark.clone()));
    Whole { bytes, parts: parts.collect(), head: 2 + 2 * whole.head, has_quotes: whole.has_quotes }
}

/// Compressed: with any byte changed anything may be lost.
fn packed(whole: &Whole, pack: fn(&[u8]) -> Vec<u8>) -> Whole {
    let bytes = pack(&whole.bytes);
    let length = bytes.len();
    Whole { bytes, parts: whole.parts.iter().map(|(_, mark)| (vec![0..length], mark.clone())).collect(), head: length, has_quotes: false }
}

/// Makes an archive of names and contents.
type Pack = fn(&[(&str, &[u8])]) -> Vec<u8>;

/// An archive of some members. `heads` finds where each of them begins, in one or in several places.
fn archive(seed: usize, pack: Pack, heads: fn(&[u8], &[&str]) -> Vec<Vec<usize>>) -> Whole {
    let of = |number: usize| seed * 10 + number;
    let members = [("a.ndjson", ndjson(of(1))), ("b/c.csv", csv(of(2))), ("d.log", zeek(of(3))), ("e.gz", packed(&ndjson(of(4)), gzip))];
    let list: Vec<(&str, &[u8])> = members.iter().map(|(name, whole)| (*name, whole.bytes.as_slice())).collect();
    let bytes = pack(&list);
    let heads = heads(&bytes, &list.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    let all: BTreeSet<usize> = heads.iter().flatten().copied().chain([bytes.len()]).collect();
    let member = |start: &usize| *start..*all.range(start + 1..).next().unwrap();
    let mut parts = Vec::new();
    for ((_, whole), heads) in members.iter().zip(&heads) {
        let ranges: Vec<Range<usize>> = heads.iter().map(member).collect();
        parts.extend(whole.parts.iter().map(|(_, mark)| (ranges.clone(), mark.clone())));
    }
    Whole { bytes, parts, head: 0, has_quotes: false }
}

fn heads_of_tar(bytes: &[u8], names: &[&str]) -> Vec<Vec<usize>> {
    names.iter().map(|name| bytes.chunks(512).position(|block| block.starts_with(name.as_bytes())).map(|block| block * 512).into_iter().collect()).collect()
}

/// A member has a head before its bytes, and one in the directory.
fn heads_of_zip(bytes: &[u8], names: &[&str]) -> Vec<Vec<usize>> {
    let places = |name: &str, mark: &[u8], before: usize| {
        (before..bytes.len())
            .find(|place| bytes[*place..].starts_with(name.as_bytes()) && bytes[place - before..].starts_with(mark))
            .map(|place| place - before)
    };
    names.iter().map(|name| [places(name, b"PK\x03\x04", 30), places(name, b"PK\x01\x02", 46)].into_iter().flatten().collect()).collect()
}

/// A variant, and the marks of the records that it did not touch. `subject` makes the file of a seed, whose records have marks of their own.
fn damage(number: usize, subject: &dyn Fn(usize) -> Whole, joined: Joined, next: &mut impl FnMut() -> u64) -> (Vec<u8>, Vec<String>) {
    let mut whole = subject(number);
    let length = whole.bytes.len();
    let mut below = |limit: usize| next() as usize % limit.max(1);
    let touched: Vec<Range<usize>> = match number % 6 {
        0 => {
            let cut = below(length);
            whole.bytes.truncate(cut);
            vec![cut..usize::MAX]
        }
        1 if joined != Joined::Never => {
            let other = subject(number + 1_000_000);
            let from = if joined == Joined::Anywhere && number % 12 == 1 { below(length) } else { 0 };
            whole.bytes.extend_from_slice(other.bytes.get(from..).unwrap_or_default());
            let is_there = |part: &Vec<Range<usize>>| from == 0 || part.iter().all(|range| range.start >= from);
            let parts = other.parts.iter().filter(|(part, _)| is_there(part));
            whole.parts.extend(parts.map(|(_, mark)| (Vec::new(), mark.clone())));
            Vec::new()
        }
        2 => {
            // A piece of it is overwritten.
            let (start, count) = (below(length), 1 + below(64));
            let end = (start + count).min(length);
            (start..end).for_each(|place| whole.bytes[place] = below(256) as u8);
            vec![start..end]
        }
        _ => (0..1 + below(4))
            .map(|_| below(length))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|place| {
                whole.bytes[place] ^= 1 << below(8);
                place..place + 1
            })
            .collect(),
    };
    let is_whole = |part: &Vec<Range<usize>>| touched.iter().all(|damage| part.iter().all(|range| damage.start >= range.end || damage.end <= range.start));
    let is_hidden = whole.has_quotes && whole.bytes.iter().filter(|byte| **byte == b'"').count() > 1;
    let has_head = touched.iter().all(|damage| damage.start >= whole.head) && !is_hidden;
    let marks = whole.parts.iter().filter(|(part, _)| has_head && is_whole(part)).map(|(_, mark)| mark.clone()).collect();
    (whole.bytes, marks)
}

/// Runs within bounds of memory and time.
fn ingest(place: &Place) -> Value {
    let call = place.huntsman(["ingest", "in", "--store", "store", "--format", "json", "--quiet", "--timeout", TIME]);
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -d {MEMORY}; exec \"$0\" \"$@\"")).arg(call.command.get_program()).args(call.command.get_args());
    command.env_clear().envs(call.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Answer::from(command.current_dir(call.command.get_current_dir().unwrap()).output().unwrap()).expect(0).json()
}

/// Texts of a column of all events.
fn column(place: &Place, name: &str) -> BTreeSet<String> {
    let expression = format!(r#"Client("all", all_time()).get_raw_events().filter(|e| e["{name}"] != ()).unique(["{name}"]).column("{name}")"#);
    let answer = place.huntsman(["eval", &expression, "--source", "store", "--now", NOW, "--format", "json"]).run().expect(0).json();
    answer.as_array().unwrap().iter().filter_map(|mark| mark.as_str().map(str::to_string)).collect()
}

fn no_defect(summary: &Value) {
    let rejected = summary["rejected"].as_array().unwrap();
    let reason = |rejection: &Value| rejection["reason"].as_str().unwrap_or_default().to_string();
    let defects: Vec<&Value> = rejected.iter().filter(|rejection| reason(rejection).contains("defect")).collect();
    assert!(defects.is_empty(), "{defects:#?}");
}

fn variants() -> usize {
    std::env::var("MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(VARIANTS)
}

fn hold(subject: &dyn Fn(usize) -> Whole, joined: Joined) {
    let (place, mut next) = (Place::new(), noise(11));
    std::fs::create_dir(place.path("in")).unwrap();
    let mut expected = Vec::new();
    for number in 0..variants() {
        let (bytes, marks) = damage(number, subject, joined, &mut next);
        std::fs::write(place.path(&format!("in/{number:05}")), bytes).unwrap();
        expected.extend(marks.into_iter().map(|mark| (number, mark)));
    }
    no_defect(&ingest(&place));
    let found = if expected.is_empty() { BTreeSet::new() } else { column(&place, "mark") };
    let lost: Vec<&(usize, String)> = expected.iter().filter(|(_, mark)| !found.contains(mark)).collect();
    if let Some((number, _)) = lost.first() {
        let test = std::thread::current().name().unwrap_or_default().replace("::", "-");
        let kept = project().join("target/tmp").join(format!("lost-{test}"));
        std::fs::copy(place.path(&format!("in/{number:05}")), &kept).unwrap();
        panic!("{} of {} records were lost; the first variant is {}: {:?}", lost.len(), expected.len(), kept.display(), &lost[..lost.len().min(8)]);
    }
}

#[test]
fn lines_of_json() {
    hold(&ndjson, Joined::Anywhere);
}

#[test]
fn arrays_in_one_line() {
    hold(&|seed| text("[", &records(seed, Value::to_string), ",", "]", seed), Joined::Whole);
}

#[test]
fn arrays_over_lines() {
    let pretty = |record: &Value| serde_json::to_string_pretty(record).unwrap();
    hold(&|seed| text("[\n", &records(seed, pretty), ",\n", "\n]\n", seed), Joined::Whole);
}

#[test]
fn arrays_in_an_object() {
    hold(&|seed| text("{\"Records\": [", &records(seed, Value::to_string), ", ", "]}\n", seed), Joined::Whole);
}

#[test]
fn objects_over_lines() {
    let pretty = |record: &Value| serde_json::to_string_pretty(record).unwrap();
    // By its first bracket it is known.
    hold(&|seed| Whole { head: 1, ..text("", &records(seed, pretty), "\n", "\n", seed) }, Joined::Anywhere);
}

#[test]
fn tables() {
    hold(&csv, Joined::Anywhere);
}

#[test]
fn logs_of_zeek() {
    hold(&zeek, Joined::Anywhere);
}

#[test]
fn characters_of_two_bytes() {
    hold(&|seed| wide(&csv(seed), u16::to_le_bytes), Joined::Whole);
    hold(&|seed| wide(&ndjson(seed), u16::to_be_bytes), Joined::Whole);
}

#[test]
fn compressed_files() {
    for pack in [gzip, bzip2, zstandard] as [fn(&[u8]) -> Vec<u8>; 3] {
        hold(&|seed| packed(&ndjson(seed), pack), Joined::Whole);
    }
    // The one that is there twice is one content.
    hold(&|_| Whole { bytes: XZ.to_vec(), parts: Vec::new(), head: XZ.len(), has_quotes: false }, Joined::Never);
}

#[test]
fn archives_of_tape() {
    hold(&|seed| archive(seed, tar, heads_of_tar), Joined::Whole);
    hold(&|seed| packed(&archive(seed, tar, heads_of_tar), gzip), Joined::Whole);
}

#[test]
fn zips() {
    hold(&|seed| archive(seed, zip, heads_of_zip), Joined::Never);
}

/// Event logs of others, where they are: of each variant the records of the chunks that were not touched are there.
#[test]
fn event_logs() {
    let Some(folder) = stores::real_path("evtx-to-mitre-attack") else { return };
    // Small ones have one chunk behind a header: three of these chunks behind one are a log.
    let logs: Vec<Vec<u8>> =
        files_below(&folder, ".evtx").iter().map(|log| std::fs::read(log).unwrap()).filter(|log| log.len() == HEADER + CHUNK).take(3).collect();
    let bytes: Vec<u8> = logs[0][..HEADER].iter().chain(logs.iter().flat_map(|log| &log[HEADER..])).copied().collect();
    let apart = Place::new();
    std::fs::create_dir(apart.path("in")).unwrap();
    logs.iter().enumerate().for_each(|(number, log)| std::fs::write(apart.path(&format!("in/{number}")), log).unwrap());
    ingest(&apart);
    let mut parts = Vec::new();
    for record in records_by_file(&apart) {
        let (chunk, id) = record.split_once(' ').unwrap();
        let start = HEADER + CHUNK * chunk.parse::<usize>().unwrap();
        parts.push((vec![start..start + CHUNK], id.to_string()));
    }
    assert!(parts.len() > 3);
    let whole = Whole { bytes, parts, head: 0, has_quotes: false };
    let (place, mut next, mut expected, mut met) = (Place::new(), noise(3), Vec::new(), BTreeSet::new());
    std::fs::create_dir(place.path("in")).unwrap();
    for number in 0..variants() / 4 {
        let (bytes, ids) = damage(number, &|_| whole.clone(), Joined::Whole, &mut next);
        // The same content is taken once.
        if !met.insert(bytes.clone()) {
            continue;
        }
        std::fs::write(place.path(&format!("in/{number:05}")), bytes).unwrap();
        expected.extend(ids.into_iter().map(|id| format!("{number:05} {id}")));
    }
    no_defect(&ingest(&place));
    let found = records_by_file(&place);
    let lost: Vec<&String> = expected.iter().filter(|record| !found.contains(*record)).collect();
    assert!(lost.is_empty(), "{} of {} records were lost: {:?}", lost.len(), expected.len(), &lost[..lost.len().min(8)]);
}

/// `file number` of all events.
fn records_by_file(place: &Place) -> BTreeSet<String> {
    let expression = r#"Client("all", all_time()).get_raw_events().derive("Which", |e| `${e.Source} ${e.RecordId}`).unique(["Which"]).column("Which")"#;
    let answer = place.huntsman(["eval", expression, "--source", "store", "--now", NOW, "--format", "json"]).run().expect(0).json();
    answer.as_array().unwrap().iter().filter_map(|record| record.as_str().map(str::to_string)).collect()
}

/// Parquet says at its end where everything lies: damaged it may give nothing, but harms nothing.
#[test]
fn columns_of_parquet() {
    let place = Place::new();
    std::fs::write(place.path("a.csv"), csv(1).bytes).unwrap();
    let save = r#"Client("all", all_time()).get_raw_events().to_parquet("rows.parquet")"#;
    place.huntsman(["eval", save, "--source", "a.csv", "--now", NOW, "--allow-write", "."]).run().expect(0);
    let bytes = std::fs::read(place.path("rows.parquet")).unwrap();
    hold(&|_| Whole { bytes: bytes.clone(), parts: Vec::new(), head: 0, has_quotes: false }, Joined::Whole);
}

/// What was found, made small by hand: `name.3.json` gives three records, and damage besides is told of.
#[test]
fn what_was_found_stays_mended() {
    for file in files_below(&project().join("tests/corpus"), "") {
        let place = Place::new();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        std::fs::create_dir(place.path("in")).unwrap();
        std::fs::copy(&file, place.path("in").join(&name)).unwrap();
        let summary = ingest(&place);
        let records = name.split('.').nth(1).unwrap();
        assert_eq!(summary["records"].to_string(), records, "{name}: {summary}");
        no_defect(&summary);
    }
}
