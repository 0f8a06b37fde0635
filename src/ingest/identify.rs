//! Who a record is from: channel, id, sensor, host and times of flat JSON; spelling of channels and sensors.

use super::record::{Record, Slot};
use super::text::integer;
use crate::telemetry::mapping::CHANNELS;

/// Where flat records keep what every record says about itself, most telling first.
const NAMES: &[(Slot, &[&str])] = &[
    (Slot::Channel, &["Channel", "channel", "winlog.channel", "log_name"]),
    (Slot::EventId, &["EventID", "EventId", "event_id", "event.code", "winlog.event_id"]),
    (Slot::Provider, &["SourceName", "ProviderName", "Provider_Name", "Provider", "source_name", "winlog.provider_name"]),
    (Slot::Host, &["Hostname", "Computer", "ComputerName", "computer_name", "host.name", "hostname", "DeviceName", "MachineName"]),
    (Slot::RecordId, &["RecordNumber", "EventRecordID", "RecordID", "record_id", "winlog.record_id"]),
    (Slot::Stated, &["@timestamp", "TimeCreated", "SystemTime", "EventTime", "TimeGenerated", "timestamp", "Timestamp", "time"]),
    (Slot::Local, &["EventTime"]),
    (Slot::Sensor, &["UtcTime"]),
];

/// Fills the slots of a flat record from its fields.
pub fn flat(record: &mut Record) {
    for (slot, names) in NAMES {
        let span = match slot {
            // The first that is a time at all: some collectors write an empty or impossible one.
            Slot::Stated => names.iter().find_map(|name| record.span(name).filter(|span| super::time::parse(record.text(*span)).is_some())),
            _ => names.iter().find_map(|name| record.span(name)),
        };
        record.set(*slot, span);
    }
}

/// The channel in its well-known spelling.
pub fn channel(raw: &str) -> &str {
    CHANNELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(raw)).map_or(raw, |(name, _)| name)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::mapping::ENVELOPE;

    #[test]
    fn where_a_record_is_from_is_no_content_of_it() {
        for name in NAMES.iter().flat_map(|(_, names)| *names) {
            assert!(ENVELOPE.contains(name), "{name}");
        }
    }
}
