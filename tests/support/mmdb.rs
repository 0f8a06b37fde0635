//! Small databases in MaxMind's format, made here: a binary tree over the bits of addresses, the records that it points to, a description.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};

/// Blanks between the tree and the records.
const GAP: usize = 16;

/// A branch of the tree: two nodes, or what is known of all addresses below.
enum Branch {
    Node(usize),
    Record(usize),
}

/// Networks such as `192.0.2.0/24`, each with its record; none may lie in another.
pub fn database(kind: &str, networks: &[(&str, Value)]) -> Vec<u8> {
    let mut nodes: Vec<[Option<Branch>; 2]> = vec![[None, None]];
    let (mut records, mut known) = (Vec::new(), BTreeMap::new());
    for (network, record) in networks {
        let place = *known.entry(record.to_string()).or_insert_with(|| {
            let place = records.len();
            write(record, &mut records);
            place
        });
        let path = bits(network);
        let mut at = 0;
        for (depth, bit) in path.iter().enumerate() {
            if depth + 1 == path.len() {
                nodes[at][*bit] = Some(Branch::Record(place));
                break;
            }
            let next = match nodes[at][*bit] {
                Some(Branch::Node(next)) => next,
                _ => {
                    nodes.push([None, None]);
                    nodes.len() - 1
                }
            };
            nodes[at][*bit] = Some(Branch::Node(next));
            at = next;
        }
    }
    let count = nodes.len();
    let pointer = |branch: &Option<Branch>| match branch {
        None => count,
        Some(Branch::Node(next)) => *next,
        Some(Branch::Record(place)) => count + GAP + place,
    };
    // Three bytes a branch.
    let mut bytes: Vec<u8> = nodes.iter().flatten().flat_map(|branch| u32::try_from(pointer(branch)).unwrap().to_be_bytes()[1..].to_vec()).collect();
    bytes.extend([0; GAP]);
    bytes.extend(records);
    bytes.extend(b"\xab\xcd\xefMaxMind.com");
    describe(kind, count, &mut bytes);
    bytes
}

/// What readers must know of a database. Its numbers are of the sizes that the format names.
fn describe(kind: &str, nodes: usize, bytes: &mut Vec<u8>) {
    let short = [("binary_format_major_version", 2_u16), ("binary_format_minor_version", 0), ("ip_version", 6), ("record_size", 24)];
    let fields = json!({ "database_type": kind, "description": { "en": "made up" }, "languages": ["en"], "node_count": nodes });
    let fields = fields.as_object().unwrap();
    head(7, short.len() + fields.len() + 1, bytes);
    for (name, number) in short {
        write(&json!(name), bytes);
        head(5, 2, bytes);
        bytes.extend(number.to_be_bytes());
    }
    write(&json!("build_epoch"), bytes);
    head(9, 8, bytes);
    bytes.extend(1_772_000_000_u64.to_be_bytes());
    for (name, value) in fields {
        write(&json!(name), bytes);
        write(value, bytes);
    }
}

/// What the tests know of the sample's addresses: cities, without the one that the intrusion calls and the private ones.
pub fn cities() -> Vec<u8> {
    let place = |city: &str, country: &str, code: &str, latitude: f64, longitude: f64| json!({ "city": { "names": { "en": city, "de": "x" } }, "country": { "iso_code": code, "names": { "en": country } }, "location": { "latitude": latitude, "longitude": longitude } });
    database(
        "Test-City",
        &[
            ("192.31.196.0/25", place("Nairobi", "Kenya", "KE", -1.28, 36.82)),
            ("192.31.196.128/25", place("Tromsø\u{1b}[2J", "Norway", "NO", 69.65, 18.96)),
            ("192.175.48.0/24", place("Recife", "Brazil", "BR", -8.05, -34.9)),
            ("2001:db8::/32", json!({ "country": { "iso_code": "ZZ" } })),
        ],
    )
}

/// Networks, the intrusion's among them.
pub fn networks() -> Vec<u8> {
    let of = |number: u32| json!({ "autonomous_system_number": number, "autonomous_system_organization": "Made Up" });
    database("Test-ASN", &[("192.88.99.0/24", of(64_496)), ("192.31.196.0/24", of(64_497))])
}

/// The path to a network: addresses of four bytes lie below 96 zeros.
fn bits(network: &str) -> Vec<usize> {
    let (address, length) = network.split_once('/').unwrap();
    let length: usize = length.parse().unwrap();
    let (bits, length) = match address.parse::<IpAddr>().unwrap() {
        IpAddr::V4(address) => (u128::from(address.to_bits()), length + 96),
        IpAddr::V6(address) => (address.to_bits(), length),
    };
    (0..length).map(|depth| usize::from(bits >> (127 - depth) & 1 == 1)).collect()
}

/// A value: what it is and how long, then its bytes.
fn write(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Object(fields) => {
            head(7, fields.len(), bytes);
            for (name, value) in fields {
                write(&json!(name), bytes);
                write(value, bytes);
            }
        }
        Value::Array(items) => {
            head(11, items.len(), bytes);
            items.iter().for_each(|item| write(item, bytes));
        }
        Value::String(text) => {
            head(2, text.len(), bytes);
            bytes.extend(text.as_bytes());
        }
        Value::Number(number) if number.is_u64() => {
            head(6, 4, bytes);
            bytes.extend(u32::try_from(number.as_u64().unwrap()).unwrap().to_be_bytes());
        }
        Value::Number(number) => {
            head(3, 8, bytes);
            bytes.extend(number.as_f64().unwrap().to_be_bytes());
        }
        Value::Bool(_) | Value::Null => panic!("no such value is written: {value}"),
    }
}

fn head(kind: u8, length: usize, bytes: &mut Vec<u8>) {
    let length = u8::try_from(length).unwrap();
    let (short, more) = if length < 29 { (length, None) } else { (29, Some(length - 29)) };
    match kind {
        1..=7 => bytes.push(kind << 5 | short),
        _ => bytes.extend([short, kind - 7]),
    }
    bytes.extend(more);
}
