//! The way back from a raw field: which columns rules make of it.

use std::collections::BTreeSet;

use super::own::Own;
use super::shape::{SHAPES, Slot};
use super::{Condition, From, KIND, rules};

/// The columns, as `process.ChildPath`, that a field of records of a channel (as rules name it) and id goes to; and the tables, as `process`, whose rows
/// there are or not by what it says. A rule may also need that other fields say so.
pub fn columns(own: &Own, channel: &str, id: Option<i64>, field: &str) -> BTreeSet<String> {
    let of_sensor = channel.find('/').map(|place| &channel[..=place]);
    let mut asked = vec![field];
    let mut found = BTreeSet::new();
    for shape in own.shapes.iter().chain(SHAPES) {
        if shape.sensor.is_some_and(|sensor| !of_sensor.is_some_and(|of| of[..of.len() - 1].eq_ignore_ascii_case(sensor))) {
            continue;
        }
        // A field that only stands in the place of another goes where that goes.
        let places = shape
            .found
            .iter()
            .filter(|place| (place.channel.is_empty() || place.channel == channel) && (place.ids.is_empty() || id.is_some_and(|id| place.ids.contains(&id))));
        asked.extend(places.flat_map(|place| place.fields).filter(|(_, from)| names(from).contains(&field)).map(|(name, _)| *name));
        if shape.tells_host {
            found.extend(HOST.iter().filter(|(name, _)| asked.contains(name)).map(|(_, column)| (*column).to_string()));
        }
        let flags = shape.ends.iter().flat_map(|ends| ends.local).any(|flag| flag == field);
        found.extend(flags.then(|| "Machine".to_string()));
        let ends = shape.ends.iter().flat_map(|ends| ends.originator.iter().chain(ends.responder));
        found.extend(ends.filter(|name| **name == field).map(|_| "Machine".to_string()));
        found.extend(shape.slots.iter().filter(|(_, names)| names.contains(&field)).map(|(slot, _)| column_of(*slot).to_string()));
    }
    for rule in own.rules.iter().chain(rules()) {
        let of_channel = rule.channel == channel || Some(rule.channel) == of_sensor;
        if !of_channel || !(rule.ids.is_empty() || id.is_some_and(|id| rule.ids.contains(&id))) {
            continue;
        }
        let of_field = rule.columns.iter().chain(rule.actor).filter(|(_, from)| names(from).iter().any(|name| asked.contains(name)));
        found.extend(of_field.map(|(column, _)| format!("{}.{}", rule.table, column.trim_start_matches('@'))));
        let decides = rule.when.iter().flat_map(decisive).any(|name| asked.contains(&name));
        found.extend(decides.then(|| rule.table.to_string()));
    }
    found
}

/// What shapes find of the host that a record is from.
const HOST: [(&str, &str); 2] = [("@Os", "machine.Os"), ("@Address", "machine.LocalIp")];

/// The fields that a condition is on.
fn decisive(condition: &Condition) -> Vec<&'static str> {
    let (Condition::Is(field, _) | Condition::Not(field, _) | Condition::Begins(field, _)) = *condition;
    if field == "@Kind" { names(&KIND) } else { vec![field] }
}

fn column_of(slot: Slot) -> &'static str {
    match slot {
        Slot::Channel => "Channel",
        Slot::EventId => "EventId",
        Slot::Provider => "Provider",
        Slot::Host => "Machine",
        Slot::RecordId => "RecordId",
        Slot::Stated | Slot::Local | Slot::Sensor => "DateTime",
    }
}

/// The fields that a source reads.
fn names(from: &From) -> Vec<&'static str> {
    match *from {
        From::Field(names)
        | From::Name(names)
        | From::List(names, _)
        | From::Hash(names, _)
        | From::Number(names)
        | From::Pid(names)
        | From::Seconds(names)
        | From::Nanoseconds(names)
        | From::Each(names, _, _)
        | From::Hex(names)
        | From::Session(names)
        | From::Flag(names)
        | From::UserPattern(names, _)
        | From::WellKnown(names)
        | From::Guid(names)
        | From::Ip(names)
        | From::Protocol(names)
        | From::Key(names)
        | From::KeyOfValue(names)
        | From::ValueOfKey(names)
        | From::Word(names, _)
        | From::Pattern(names, _)
        | From::NamePattern(names, _)
        | From::WordPattern(names, _, _)
        | From::NumberPattern(names, _)
        | From::Line(names, _)
        | From::LinePid(names, _)
        | From::LineUser(names, _)
        | From::LineImage(names, _)
        | From::LineImageName(names, _)
        | From::Until(names, _)
        | From::After(names, _)
        | From::Bare(names)
        | From::Joined(names, _)
        | From::Codes(names)
        | From::Changes(names)
        | From::Techniques(names)
        | From::QueryType(names)
        | From::Resource(names)
        | From::ResourceName(names)
        | From::FileClass(names) => names.to_vec(),
        From::Always(_) | From::Yes => Vec::new(),
        From::Hashes(parts) => parts.iter().flat_map(|(_, names)| *names).copied().collect(),
        From::User(pairs) => pairs.iter().flat_map(|(domain, name)| [*domain, *name]).filter(|name| !name.is_empty()).collect(),
        From::AccountName(domain, name) | From::AccountDomain(domain, name) => vec![domain, name],
        From::Located(folders, names) => [folders, names].concat(),
        From::Between(begins, ends) => [begins, ends].concat(),
        From::Share | From::ShareName => vec!["ShareName", "RelativeTargetName"],
        From::First(sources) => sources.iter().flat_map(names).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(channel: &str, id: Option<i64>, field: &str) -> Vec<String> {
        columns(&Own::default(), channel, id, field).into_iter().collect()
    }

    #[test]
    fn fields_are_followed_through_rules_slots_and_the_places_of_collectors() {
        let sysmon = "microsoft-windows-sysmon/operational";
        assert_eq!(told(sysmon, Some(1), "CommandLine"), ["process.CommandLine"]);
        assert_eq!(told(sysmon, Some(1), "process.command_line"), ["process.CommandLine"]);
        assert_eq!(told(sysmon, Some(1), "UtcTime"), ["DateTime"]);
        assert_eq!(told("zeek/conn", None, "orig_bytes"), ["network.BytesSent"]);
        assert_eq!(told("elastic/endpoint.events.file", None, "host.name"), ["Machine"]);
        assert_eq!(told("elastic/endpoint.events.file", None, "file.size"), ["file.Size"]);
        assert!(told("zeek/conn", None, "missed_bytes").is_empty());
        assert_eq!(told("elastic/endpoint.events.file", None, "host.os.full"), ["machine.Os"]);
    }

    #[test]
    fn what_decides_whether_there_are_rows_is_told() {
        assert_eq!(told("flow/flow", None, "log-status"), ["network"]);
        assert!(told("mde/deviceevents", None, "ActionType").contains(&"dns".to_string()));
        assert_eq!(told("cloudtrail/signin.amazonaws.com", None, "eventName"), ["logon"]);
        let sysmon = "microsoft-windows-sysmon/operational";
        assert!(told(sysmon, Some(12), "EventType").contains(&"registry".to_string()), "{:?}", told(sysmon, Some(12), "EventType"));
    }
}
