//! Records that are made up for a test, in the flat shape of a collector, and stores of them.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::support::Place;

const SYSMON: &str = "Microsoft-Windows-Sysmon/Operational";
const DEFENDER: &str = "Microsoft-Windows-Windows Defender/Operational";

/// Records of one file, numbered as they are written.
#[derive(Default)]
pub struct Log {
    lines: Vec<String>,
}

impl Log {
    /// A Sysmon record, at a time such as `2026-03-02 10:00:00.000`.
    pub fn sysmon(&mut self, host: &str, time: &str, id: i64, mut fields: Value) -> &mut Log {
        fields["UtcTime"] = time.into();
        self.put(host, time, SYSMON, id, fields)
    }

    pub fn security(&mut self, host: &str, time: &str, id: i64, fields: Value) -> &mut Log {
        self.put(host, time, "Security", id, fields)
    }

    pub fn defender(&mut self, host: &str, time: &str, id: i64, fields: Value) -> &mut Log {
        self.put(host, time, DEFENDER, id, fields)
    }

    /// A connection that a machine opened.
    pub fn connection(&mut self, host: &str, time: &str, from: &str, to: &str) -> &mut Log {
        let ends = json!({ "SourceIp": from, "SourcePort": 50_000, "DestinationIp": to, "DestinationPort": 443, "Protocol": "tcp", "Initiated": "true" });
        self.sysmon(host, time, 3, ends)
    }

    fn put(&mut self, host: &str, time: &str, channel: &str, id: i64, fields: Value) -> &mut Log {
        let mut record = Map::new();
        record.insert("@timestamp".into(), format!("{}Z", time.replace(' ', "T")).into());
        record.insert("Hostname".into(), host.into());
        record.insert("Channel".into(), channel.into());
        record.insert("EventID".into(), id.into());
        record.insert("RecordNumber".into(), self.lines.len().into());
        record.extend(fields.as_object().unwrap().clone());
        self.lines.push(format!("{}\n", Value::Object(record)));
        self
    }

    /// Puts the records into the store of a place, for a client.
    pub fn ingest(&self, place: &Place, client: &str) -> PathBuf {
        let file = format!("raw/{client}-{}.ndjson", self.lines.len());
        place.write(&file, &self.lines.concat());
        place.huntsman(["ingest", &file, "--store", "store", "--client", client, "-q"]).run().expect(0);
        place.path("store")
    }
}
