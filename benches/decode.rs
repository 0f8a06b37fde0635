//! The bare loop that `ingest` is measured against: every record of EVTX files decoded to a `serde_json::Value` on both cores, and dropped.
//!
//! `cargo bench --bench decode -- FILE…` prints records and seconds.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::time::Instant;

use evtx::{EvtxParser, ParserSettings};

fn main() {
    let paths: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let (started, mut records, mut rejected) = (Instant::now(), 0_u64, 0_u64);
    for path in &paths {
        match EvtxParser::from_path(path) {
            Ok(parser) => {
                let mut parser = parser.with_configuration(ParserSettings::default().num_threads(2));
                for record in parser.records_json_value() {
                    match record {
                        Ok(_) => records += 1,
                        Err(_) => rejected += 1,
                    }
                }
            }
            Err(error) => eprintln!("{path}: {error}"),
        }
    }
    println!("{{\"records\":{records},\"rejected\":{rejected},\"seconds\":{:.3}}}", started.elapsed().as_secs_f64());
}
