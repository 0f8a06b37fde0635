//! One record in NXLog's flat shape: the envelope that all have, and the small spellings inside.

use chrono::DateTime;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::company::{DOMAIN, SUFFIX, account};
use super::scene::Scene;

/// A source of records, as Windows names it.
pub struct Sensor {
    pub channel: &'static str,
    pub source: &'static str,
    pub guid: &'static str,
}

pub const SYSMON: Sensor =
    Sensor { channel: "Microsoft-Windows-Sysmon/Operational", source: "Microsoft-Windows-Sysmon", guid: "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}" };
pub const SECURITY: Sensor = Sensor { channel: "Security", source: "Microsoft-Windows-Security-Auditing", guid: "{54849625-5478-4994-A5BA-3E3B0328C30D}" };
pub const SERVICES: Sensor = Sensor { channel: "System", source: "Service Control Manager", guid: "{555908D1-A6D7-4695-8E1E-26931D2012F4}" };
pub const EVENT_LOG: Sensor = Sensor { channel: "System", source: "Microsoft-Windows-Eventlog", guid: "{FC65DDD8-D6EF-4962-83D5-6E5CFE9CE148}" };
pub const POWERSHELL: Sensor =
    Sensor { channel: "Microsoft-Windows-PowerShell/Operational", source: "Microsoft-Windows-PowerShell", guid: "{A0C1853B-5C40-4B15-8766-3CF1C58F985A}" };
pub const DEFENDER: Sensor = Sensor {
    channel: "Microsoft-Windows-Windows Defender/Operational",
    source: "Microsoft-Windows-Windows Defender",
    guid: "{11CD958A-C507-4EF3-B3F2-5FD9DFBD2C78}",
};

/// The envelope around the fields of an event.
pub fn record(scene: &mut Scene<'_>, time: i64, sensor: &Sensor, id: i64, fields: Value) -> Value {
    let mut record = Map::new();
    record.insert("@timestamp".into(), format(time, "%Y-%m-%dT%H:%M:%S%.3fZ").into());
    record.insert("EventTime".into(), format(time, "%Y-%m-%d %H:%M:%S").into());
    record.insert("Hostname".into(), format!("{}.{SUFFIX}", scene.host.name).into());
    record.insert("Channel".into(), sensor.channel.into());
    record.insert("SourceName".into(), sensor.source.into());
    record.insert("ProviderGuid".into(), sensor.guid.into());
    record.insert("EventID".into(), id.into());
    record.insert("RecordNumber".into(), scene.number(sensor.channel).into());
    record.insert("Severity".into(), "INFO".into());
    if let Value::Object(fields) = fields {
        record.extend(fields);
    }
    Value::Object(record)
}

/// A time in a form of chrono; empty where there is no such time.
pub fn format(time: i64, form: &str) -> String {
    DateTime::from_timestamp_millis(time).map(|time| time.format(form).to_string()).unwrap_or_default()
}

/// As Sysmon writes it: `2026-03-03 08:41:52.120`.
pub fn utc(time: i64) -> String {
    format(time, "%Y-%m-%d %H:%M:%S%.3f")
}

/// The machine's mark, the start in seconds, the pid.
pub fn process_guid(mark: &str, start: i64, pid: i64) -> String {
    format!("{{{mark}-{:04x}-{:04x}-{pid:04x}-000000000400}}", start & 0xffff, (start >> 16) & 0xffff)
}

/// `DOMAIN\name`.
pub fn full_name(user: &str) -> String {
    if user == "SYSTEM" { r"NT AUTHORITY\SYSTEM".into() } else { format!(r"{DOMAIN}\{user}") }
}

/// Name, domain, security identifier and logon session of an account; a host's own ends with `$`.
pub fn subject(user: &str) -> (String, &'static str, &'static str, String) {
    match account(user) {
        Some(account) => (user.into(), DOMAIN, account.sid, format!("{:#x}", account.session)),
        None if user == "SYSTEM" => ("SYSTEM".into(), "NT AUTHORITY", "S-1-5-18", "0x3e7".into()),
        None => (user.into(), DOMAIN, "S-1-5-18", format!("{:#x}", 0x40000 + user.len() * 0x1111)),
    }
}

/// Hashes of an image that exists nowhere: made from its path.
pub fn hashes(path: &str) -> String {
    let digest: String = Sha256::digest(path.to_lowercase()).iter().map(|byte| format!("{byte:02X}")).collect();
    let (start, end) = digest.split_at(32);
    format!("MD5={end},SHA256={digest},IMPHASH={start}")
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit('\\').next().unwrap_or(path)
}

/// The same fields for every record of Sysmon: its time, and the service that wrote it.
pub fn sysmon(scene: &mut Scene<'_>, time: i64, id: i64, mut fields: Value) -> Value {
    if let Value::Object(fields) = &mut fields {
        fields.insert("UtcTime".into(), utc(time).into());
        fields.insert("RuleName".into(), "-".into());
        fields.entry("EventType").or_insert("INFO".into());
        fields.insert("AccountName".into(), "SYSTEM".into());
        fields.insert("ExecutionProcessID".into(), json!(2716));
    }
    record(scene, time, &SYSMON, id, fields)
}
