//! Who a record is from: the spelling of channels and sensors.

use super::record::{Record, Slot};
use super::text::integer;
use crate::telemetry::mapping::CHANNELS;

/// The channel in its well-known spelling.
pub fn channel(raw: &str) -> &str {
    CHANNELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(raw)).map_or(raw, |(name, _)| name)
}

/// The channel as rules name it.
pub fn rule_channel(sensor: Option<&str>, raw: &str) -> String {
    match sensor {
        Some(sensor) => format!("{sensor}/{raw}").to_ascii_lowercase(),
        None => raw.to_ascii_lowercase(),
    }
}

/// The sensor's short name: by channel where that tells, else the provider as logged.
pub fn provider<'a>(channel: &str, raw: Option<&'a str>) -> Option<&'a str> {
    if let Some((_, short)) = CHANNELS.iter().find(|(name, short)| !short.is_empty() && name.eq_ignore_ascii_case(channel)) {
        return Some(short);
    }
    let raw = raw?;
    Some(match raw {
        "Microsoft-Windows-Sysmon" => "Sysmon",
        "Microsoft-Windows-Security-Auditing" => "Security",
        "Microsoft-Windows-PowerShell" | "PowerShell" => "PowerShell",
        "Microsoft-Windows-Windows Defender" => "Defender",
        "Microsoft-Windows-TaskScheduler" => "TaskScheduler",
        "Microsoft-Windows-WMI-Activity" => "WMI",
        other => other,
    })
}

/// The event id, where it is one.
pub fn event_id(record: &Record) -> Option<i64> {
    record.slot(Slot::EventId).and_then(integer)
}
