//! Compressed files and archives, in each other.

use serde_json::{Value, json};

use super::{ingest, rows};
use crate::support::Place;
use crate::support::pack::{XZ, bzip2, gzip, tar, zip, zstandard};

fn record(host: &str) -> String {
    format!("{{\"Channel\":\"Security\",\"EventID\":4634,\"Hostname\":\"{host}\",\"@timestamp\":\"2026-03-02T10:00:00Z\"}}\n")
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
