//! The words that options take: kinds of programs, ports, protocols, attributes, what `get_system` tells apart.

mod programs;

use super::Table;

pub use programs::{KINDS, Kind, Program, Programs, ProgramsError};

/// The word of `kind:` for programs that a protection product detected and the user allowed.
pub const USER_ALLOWED: &str = "userallowed";

/// The words of the column `Action` that say a protection product stopped what it detected.
pub const STOPPED: &[&str] = &["blocked", "quarantined", "removed"];

/// All words of the column `Action`.
pub const ACTIONS: &[&str] = &["detected", "blocked", "quarantined", "removed", "allowed", "none", "failed"];

/// What `outcome:` takes, as the column `Outcome` says it.
pub const OUTCOMES: &[&str] = &["success", "failure"];

/// What `kind:` of `get_system` takes, as the column `Kind` says it.
pub const SYSTEM_KINDS: &[&str] = &["service", "task", "wmi", "pipe", "driver", "account", "group", "log", "audit", "directory", "sensor"];

/// The words of the column `FileClass`.
pub const CLASSES: &[&str] = &["pe", "script", "archive", "document", "other"];

/// The roots of the registry, as the column `Hive` says them.
pub const HIVES: &[&str] = &["HKLM", "HKU"];

/// What `protocol:` takes.
pub const PROTOCOLS: &[&str] = &["ICMP", "IGMP", "RFCOMM", "TCP", "RDP", "UDP", "ICMPV6", "RM"];

/// The protocol that is told by port or service: the column says TCP or UDP.
pub const RDP: &str = "RDP";

/// What `iptype:` takes, as the column `Ipv4Status` says it.
pub const IP_TYPES: &[&str] = &["Public", "Private"];

/// What `direction:` takes, as the column `Direction` says it.
pub const DIRECTIONS: &[&str] = &["Incoming", "Outgoing"];

/// The names that `port:` takes besides numbers.
pub const PORTS: &[(&str, i64)] = &[("FTP", 21), ("SSH", 22), ("TELNET", 23), ("SMTP", 25), ("HTTP", 80), ("POP3", 110), ("HTTPS", 443), ("RDP", 3389)];

/// The number of a port by its name, case ignored.
pub fn port(name: &str) -> Option<i64> {
    PORTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.trim())).map(|(_, port)| *port)
}

/// One bit of `attributes:`, and the yes/no column that it asks for.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// As a playbook writes it.
    pub name: &'static str,
    pub bit: i64,
    pub column: &'static str,
    pub doc: &'static str,
}

pub const ATTR_REMOTE: i64 = 1;
pub const ATTR_EXTERNAL: i64 = 2;
pub const ATTR_FRESHUNKNOWN: i64 = 4;
pub const ATTR_LANSHARED: i64 = 8;

/// All bits of `attributes:`.
pub const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "ATTR_REMOTE", bit: ATTR_REMOTE, column: "RemoteSession", doc: "done from a remote session" },
    Attribute { name: "ATTR_EXTERNAL", bit: ATTR_EXTERNAL, column: "External", doc: "the file came from the internet zone" },
    Attribute { name: "ATTR_FRESHUNKNOWN", bit: ATTR_FRESHUNKNOWN, column: "FreshUnknown", doc: "the file is new to this store and rare in it" },
    Attribute { name: "ATTR_LANSHARED", bit: ATTR_LANSHARED, column: "LanShared", doc: "the file lies on a share" },
];

/// The classes of files that three words of `operation:` of `get_files` select by: word, class, and the word of the column `Operation` that it also needs.
pub const FILE_CLASSES: &[(&str, &str, Option<&str>)] =
    &[("script", "script", None), ("newcmp", "archive", Some("create")), ("opencmp", "archive", Some("access"))];

/// What is done to one kind of thing in the table `system`, and the records that tell it.
#[derive(Clone, Copy, Debug)]
pub struct SystemWord {
    pub kind: &'static str,
    pub operation: &'static str,
    /// Short provider and event id, any of them.
    pub from: &'static [&'static str],
}

const fn system(kind: &'static str, operation: &'static str, from: &'static [&'static str]) -> SystemWord {
    SystemWord { kind, operation, from }
}

/// Every pair of `Kind` and `Operation` of the table `system`.
pub const SYSTEM_WORDS: &[SystemWord] = &[
    system("service", "create", &["System/7045", "Security/4697"]),
    system("service", "modify", &["System/7040"]),
    system("service", "start", &["System/7036"]),
    system("service", "stop", &["System/7036"]),
    system("task", "create", &["Security/4698", "TaskScheduler/106"]),
    system("task", "modify", &["Security/4702", "TaskScheduler/140"]),
    system("task", "delete", &["Security/4699", "TaskScheduler/141"]),
    system("task", "enable", &["Security/4700"]),
    system("task", "disable", &["Security/4701"]),
    system("wmi", "create", &["Sysmon/19", "Sysmon/20", "Sysmon/21", "WMI/5861"]),
    system("wmi", "delete", &["Sysmon/19", "Sysmon/20", "Sysmon/21"]),
    system("pipe", "create", &["Sysmon/17"]),
    system("pipe", "connect", &["Sysmon/18"]),
    system("driver", "load", &["Sysmon/6"]),
    system("account", "create", &["Security/4720", "Security/4741"]),
    system("account", "delete", &["Security/4726", "Security/4743"]),
    system("account", "modify", &["Security/4738", "Security/4742"]),
    system("account", "enable", &["Security/4722"]),
    system("account", "disable", &["Security/4725"]),
    system("account", "reset", &["Security/4723", "Security/4724"]),
    system("account", "lock", &["Security/4740"]),
    system("account", "rename", &["Security/4781"]),
    system("group", "member_add", &["Security/4728", "Security/4732", "Security/4756"]),
    system("group", "member_remove", &["Security/4729", "Security/4733", "Security/4757"]),
    system("group", "list", &["Security/4798", "Security/4799"]),
    system("log", "clear", &["Security/1102", "System/104"]),
    system("log", "stop", &["Security/1100"]),
    system("audit", "modify", &["Security/4719", "Security/4912"]),
    system("directory", "access", &["Security/4662"]),
    system("directory", "modify", &["Security/5136"]),
    system("sensor", "stop", &["Sysmon/4", "Sysmon/255", "Defender/5001"]),
    system("sensor", "modify", &["Sysmon/16", "Defender/5007"]),
];

/// The words of these kinds and operations, case ignored; no operation means every one.
pub fn system_words<'a>(kinds: &'a [&'a str], operations: &'a [&'a str]) -> impl Iterator<Item = &'static SystemWord> + 'a {
    let among = |word: &str, given: &[&str]| given.iter().any(|given| given.trim().eq_ignore_ascii_case(word));
    SYSTEM_WORDS.iter().filter(move |word| among(word.kind, kinds) && (operations.is_empty() || among(word.operation, operations)))
}

/// The words that a column has, where no other text means anything in it.
pub fn of_column(table: &Table, column: &str) -> Option<Vec<&'static str>> {
    Some(match column {
        "Operation" => table.operations.iter().map(|operation| operation.word).collect(),
        "Kind" => SYSTEM_KINDS.to_vec(),
        "Outcome" => OUTCOMES.to_vec(),
        "Direction" => DIRECTIONS.to_vec(),
        "Ipv4Status" => IP_TYPES.to_vec(),
        "FileClass" => CLASSES.to_vec(),
        "Hive" => HIVES.to_vec(),
        "Action" => ACTIONS.to_vec(),
        _ => return None,
    })
}

/// The usual records of a table that has no operations: short provider and event id, or a sensor alone where any record of it shows that it is there.
pub fn sources(table: &str) -> &'static [&'static str] {
    match table {
        "network" => &["Sysmon/3", "Security/5156", "Security/5157", "Zeek", "Elastic"],
        "dns" => &["Sysmon/22", "Zeek", "Elastic"],
        "script" => &["PowerShell/4104", "PowerShell/4103", "PowerShell/400", "PowerShell/800"],
        "detection" => &["Defender", "Elastic"],
        "ioa" => &["Defender", "Elastic"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::table;

    #[test]
    fn system_words_are_those_of_the_table() {
        let operations = table("system").unwrap().operations;
        for word in SYSTEM_WORDS {
            let declared = operations.iter().find(|operation| operation.word == word.operation).unwrap();
            assert!(word.from.iter().all(|from| declared.from.contains(from)), "{} {}", word.kind, word.operation);
            assert!(SYSTEM_KINDS.contains(&word.kind), "{}", word.kind);
        }
    }

    #[test]
    fn what_stopped_something_is_an_action() {
        assert!(STOPPED.iter().all(|word| ACTIONS.contains(word)));
    }
}
