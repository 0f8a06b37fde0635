//! Compressed files and archives, in each other.

use std::io::Write;

use serde_json::{Value, json};

use super::{ingest, rows};
use crate::support::Place;

fn record(host: &str) -> String {
    format!("{{\"Channel\":\"Security\",\"EventID\":4634,\"Hostname\":\"{host}\",\"@timestamp\":\"2026-03-02T10:00:00Z\"}}\n")
}

/// The record of the host `XZ1`, compressed by xz.
const XZ: &[u8] = &[
    253, 55, 122, 88, 90, 0, 0, 1, 105, 34, 222, 54, 2, 0, 33, 1, 12, 0, 0, 0, 143, 152, 65, 156, 224, 0, 90, 0, 88, 93, 0, 61, 136, 132, 102, 131, 67, 111,
    19, 231, 228, 51, 18, 62, 5, 187, 13, 109, 10, 56, 248, 231, 174, 251, 252, 148, 28, 239, 55, 156, 179, 54, 16, 82, 151, 0, 81, 8, 95, 233, 1, 225, 104,
    105, 186, 132, 243, 88, 193, 221, 95, 143, 115, 12, 115, 155, 14, 211, 199, 9, 246, 232, 211, 111, 93, 179, 99, 181, 104, 14, 209, 163, 74, 165, 163, 251,
    248, 162, 55, 98, 209, 160, 40, 7, 61, 131, 4, 128, 0, 0, 119, 232, 229, 38, 0, 1, 112, 91, 161, 68, 0, 243, 144, 66, 153, 13, 1, 0, 0, 0, 0, 1, 89, 90,
];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn put(place: &Place, name: &str, bytes: &[u8]) {
    let path = place.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn sources(place: &Place) -> Vec<String> {
    let answer = super::eval(place, r#"Client("all", all_time()).get_raw_events().group_by(["Machine", "Source"]).count()"#);
    answer["rows"].as_array().unwrap().iter().map(|row| format!("{} {}", row["Machine"].as_str().unwrap(), row["Source"].as_str().unwrap())).collect()
}

#[test]
fn every_compression_is_opened_by_its_content() {
    let place = Place::new();
    let of = |host: &str| record(host).into_bytes();
    put(&place, "in/a", &gzip(&of("GZ1")));
    put(&place, "in/b", &zstandard(&of("ZST1")));
    put(&place, "in/c", &bzip2(&of("BZ1")));
    put(&place, "in/d", XZ);
    // Streams behind each other are one.
    put(&place, "in/e", &[zstandard(&of("ZST2")), zstandard(&of("ZST3"))].concat());
    put(&place, "in/f", &[bzip2(&of("BZ2")), bzip2(&of("BZ3"))].concat());
    put(&place, "in/g", &[XZ, XZ].concat());
    let taken = ingest(&place);
    assert_eq!((&taken["files"], &taken["records"], &taken["rejected"]), (&json!(7), &json!(10), &json!([])));
    let expected = ["BZ1 c", "BZ2 f", "BZ3 f", "GZ1 a", "XZ1 d", "XZ1 g", "ZST1 b", "ZST2 e", "ZST3 e"];
    assert_eq!(sources(&place), expected);
}

#[test]
fn archives_in_archives_are_opened() {
    let place = Place::new();
    let inner = zip(&[("deep.json", record("ZIP1").as_bytes())]);
    let whole = tar(&[("logs/inner.zip", &inner), ("logs/plain.json", record("TAR1").as_bytes()), ("logs/b.zst", &zstandard(record("ZST1").as_bytes()))]);
    put(&place, "in/all.tar.bz2", &bzip2(&whole));
    put(&place, "in/all.tar.zst", &zstandard(&tar(&[("x.json", record("TAR2").as_bytes())])));
    ingest(&place);
    let expected = ["TAR1 all.tar.bz2/logs/plain.json", "TAR2 all.tar.zst/x.json", "ZIP1 all.tar.bz2/logs/inner.zip/deep.json", "ZST1 all.tar.bz2/logs/b.zst"];
    assert_eq!(sources(&place), expected);
}

#[test]
fn what_breaks_off_gives_what_it_had_and_says_so() {
    let place = Place::new();
    let lines: String = (0..20_000).map(|number| record(&format!("H{}", number * 7919 % 10_007))).collect();
    for (name, bytes) in [("a.zst", zstandard(lines.as_bytes())), ("b.bz2", bzip2(lines.as_bytes()))] {
        put(&place, &format!("in/{name}"), &bytes[..bytes.len() / 2]);
    }
    let taken = ingest(&place);
    let rejected: Vec<&str> = taken["rejected"].as_array().unwrap().iter().map(|rejection| rejection["file"].as_str().unwrap()).collect();
    assert!(["a.zst", "b.bz2"].iter().all(|name| rejected.contains(name)), "{rejected:?}");
    assert!(taken["records"].as_u64().unwrap() > 1000, "{taken}");
}

#[test]
fn archives_without_end_are_left() {
    let place = Place::new();
    let mut bytes = record("DEEP").into_bytes();
    for _ in 0..8 {
        bytes = gzip(&bytes);
    }
    put(&place, "in/deep.gz", &bytes);
    place.write("in/plain.json", &record("PLAIN"));
    let taken = ingest(&place);
    assert_eq!(taken["records"], 1);
    assert_eq!(taken["rejected"][0]["reason"], "more than 5 archives in each other");
    assert_eq!(rows(&place, "get_machines()").iter().map(|row| row["Name"].clone()).collect::<Vec<Value>>(), [json!("PLAIN")]);
}

/// Bytes that are always the same, and look as if they were not.
fn noise(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    }
}

/// Files of every format with bytes changed, cut off, and put behind each other: each gives what it can, is told of, and nothing else suffers.
#[test]
fn damaged_files_of_every_format_harm_nothing_else() {
    let place = Place::new();
    let conn = "#separator \\x09\n#set_separator\t,\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\torig_bytes\ttags\n\
                #types\ttime\tstring\taddr\tport\taddr\tport\tenum\tcount\tset[string]\n\
                1772445600.1\tC1\t10.0.0.5\t50000\t203.0.113.9\t443\ttcp\t100\ta\\x2cb,c\n";
    let table = "timestamp,A,B\n2026-03-02T10:00:00Z,\"x\n,y\",2\n2026-03-02T10:00:01Z,z,3\n";
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(table.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let lines: String = (0..50).map(|number| record(&format!("H{number}"))).collect();
    let formats: Vec<(&str, Vec<u8>)> = vec![
        ("zeek", conn.repeat(3).into_bytes()),
        ("csv", table.as_bytes().to_vec()),
        ("utf16", wide),
        ("zst", zstandard(lines.as_bytes())),
        ("bz2", bzip2(lines.as_bytes())),
        ("xz", XZ.to_vec()),
        ("tar", tar(&[("a.json", lines.as_bytes()), ("b.zst", &zstandard(lines.as_bytes()))])),
        ("zip", zip(&[("a.json", lines.as_bytes()), ("b.csv", table.as_bytes())])),
    ];
    let mut next = noise(7);
    for (name, bytes) in &formats {
        for number in 0..40 {
            let mut damaged = bytes.clone();
            match number % 4 {
                0 => damaged.truncate(next() as usize % bytes.len()),
                1 => damaged.extend_from_slice(&bytes[next() as usize % bytes.len()..]),
                _ => (0..1 + number / 8).for_each(|_| {
                    let place = next() as usize % damaged.len();
                    damaged[place] ^= 1 << (next() % 8);
                }),
            }
            put(&place, &format!("in/{name}/{number}"), &damaged);
        }
    }
    put(&place, "in/whole.json", lines.as_bytes());
    let taken = ingest(&place);
    let rejected = taken["rejected"].as_array().unwrap();
    assert!(rejected.iter().all(|rejection| !rejection["reason"].as_str().unwrap().contains("defect")), "{rejected:?}");
    assert!(rejected.len() > 40, "{}", rejected.len());
    let whole = rows(&place, "get_raw_events()").iter().filter(|row| row["Machine"].as_str().is_some_and(|name| name.starts_with('H'))).count();
    assert!(whole >= 50, "{whole}");
}
