//! Every table, one file each, in the order in which `timeline` and the documentation name them.

mod detection;
mod dns;
mod event;
mod file;
mod ioa;
mod logon;
mod machine;
mod network;
mod process;
mod registry;
mod script;
mod system;
mod timeline;

use super::{Column, Line, Operation, Table, Told, Type};

pub use timeline::TIMELINE;

/// All tables.
pub const TABLES: &[&Table] = &[
    &process::TABLE,
    &file::TABLE,
    &registry::TABLE,
    &network::TABLE,
    &dns::TABLE,
    &logon::TABLE,
    &script::TABLE,
    &system::TABLE,
    &detection::TABLE,
    &ioa::TABLE,
    &event::TABLE,
    &machine::TABLE,
];

/// A table by its name.
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name).copied()
}

/// A column that JSON, CSV and `columns: "all"` show.
const fn column(name: &'static str, kind: Type, doc: &'static str) -> Column {
    Column { name, kind, doc, short: false, derived: false }
}

/// A column of the short view.
const fn short(name: &'static str, kind: Type, doc: &'static str) -> Column {
    Column { name, kind, doc, short: true, derived: false }
}

/// A column that is computed when a plan needs it.
const fn derived(name: &'static str, kind: Type, doc: &'static str) -> Column {
    Column { name, kind, doc, short: false, derived: true }
}

const fn operation(word: &'static str, from: &'static [&'static str], doc: &'static str) -> Operation {
    Operation { word, doc, from, default: true }
}

/// An operation that is returned only when it is named.
const fn rare(word: &'static str, from: &'static [&'static str], doc: &'static str) -> Operation {
    Operation { word, doc, from, default: false }
}

const DATE_TIME: Column = short("DateTime", Type::Time, "When it happened, UTC, corrected by the offset that ingest learnt");
const MUID: Column = column("Muid", Type::Text, "The machine: 32 hex digits from the client id and the folded host name");
const LOGGED_USER: Column = short("LoggedUser", Type::Text, "Who did it, `DOMAIN\\name`; of the acting process' start where the record does not say");
const REMOTE_SESSION: Column = column(
    "RemoteSession",
    Type::Bool,
    "The acting logon session is of type 3, 8 or 10, as its logon record says (Security 4624), or reached a share (5140, 5145); the system's own sessions are \
     not; missing where the session is not known",
);
const EXTERNAL: Column = column(
    "External",
    Type::Bool,
    "The file's mark of the web (Sysmon 15, Zone.Identifier), as it was last set before the row, says internet (3) or restricted (4); missing where none was seen",
);
const FRESH_UNKNOWN: Column = derived(
    "FreshUnknown",
    Type::Bool,
    "The hash was first seen in this store within a day of the row, and on at most two machines; missing unless the store reaches 7 days back",
);
const LAN_SHARED: Column = column("LanShared", Type::Bool, "The path is a share (`\\\\…`); missing where no path is known");
const REMOTE_IP: Column = column("RemoteIp", Type::Text, "Address that the acting logon session came from, by its logon record (Security 4624)");
const CLIENT_ID: Column = column("ClientId", Type::Text, "The client that the telemetry was ingested for");
const MACHINE: Column = short("Machine", Type::Text, "Short host name in upper case");
const PROVIDER: Column = column("Provider", Type::Text, "The sensor's short name: Sysmon, Security, System, PowerShell, Defender, …");
const CHANNEL: Column = column("Channel", Type::Text, "The channel in its well-known spelling");
const EVENT_ID: Column = column("EventId", Type::Int, "The event id; missing where the source has none");
const RECORD_ID: Column = column("RecordId", Type::Int, "The record's number in its channel");
const SOURCE: Column = column("Source", Type::Text, "The file that the row came from");
const PARENT_GUID: Column = column("ParentGuid", Type::Text, "Process GUID of the actor, where the sensor gives one");
const PARENT_PATH: Column = column("ParentPath", Type::Text, "The actor's image, whole path");
const PARENT_FILENAME: Column = short("ParentFilename", Type::Text, "The actor's image, last part");
const PARENT_MD5: Column = column("ParentMd5", Type::Text, "MD5 of the actor's image, from its own start");
const PARENT_SHA256: Column = column("ParentSha256", Type::Text, "SHA-256 of the actor's image, from its own start");
const PARENT_SHA1: Column = column("ParentSha1", Type::Text, "SHA-1 of the actor's image, from its own start");
const PARENT_ORIGINAL: Column = column("ParentOriginalFilename", Type::Text, "File name that the actor's image was built with, from its own start");
const PARENT_PID: Column = column("ParentPid", Type::Int, "The actor's process id");
