//! How raw records become rows: declarative rules, one small interpreter of which lives in `ingest`.
//!
//! A record that several rules fit becomes several rows; one that none fits is kept in `event` alone. Rules are keyed by the sensor's
//! channel **and** event id, since the same id means different things in different channels.

mod agents;
mod azure;
pub mod codes;
mod elastic;
mod flow;
mod logons;
mod mde;
mod mde_events;
pub mod own;
mod powershell;
mod security;
pub mod shape;
mod sysmon;
mod system;
pub mod trace;
mod zeek;

/// What records of some ids of one channel become.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The channel in lower case; of a sensor with channels of its own, its name before that: `zeek/conn`, or `elastic/` for
    /// all of them.
    pub channel: &'static str,
    /// Empty: of any id, or none.
    pub ids: &'static [i64],
    /// Conditions on fields, all of which must hold.
    pub when: &'static [Condition],
    pub table: &'static str,
    pub columns: &'static [(&'static str, From)],
    /// Further columns, shared by several rules.
    pub actor: &'static [(&'static str, From)],
}

/// A field must (or must not) be one of these texts, case ignored; an array, have one of them. `*` is any text.
#[derive(Clone, Copy, Debug)]
pub enum Condition {
    Is(&'static str, &'static [&'static str]),
    /// Also when the field is missing.
    Not(&'static str, &'static [&'static str]),
    /// Or begins with one of them.
    Begins(&'static str, &'static [&'static str]),
}

/// Where a column's value comes from. Several fields: the first that is not missing.
#[derive(Clone, Copy, Debug)]
pub enum From {
    /// A field's text.
    Field(&'static [&'static str]),
    /// Always this text.
    Always(&'static str),
    /// Always this.
    Yes,
    /// The last part of a path.
    Name(&'static [&'static str]),
    /// Digests by algorithm, each in the first of its fields, as `MD5=…,SHA256=…`.
    Hashes(&'static [(&'static str, &'static [&'static str])]),
    /// The items of a JSON array, with a text between them; a text that is none as it is.
    List(&'static [&'static str], &'static str),
    /// Of each object of a JSON array the first of these fields that it has, with a text between them; a text that is no array as it is.
    Each(&'static [&'static str], &'static [&'static str], &'static str),
    /// One algorithm's part of `MD5=…,SHA256=…`, in lower case.
    Hash(&'static [&'static str], &'static str),
    /// An integer, decimal or `0x…`.
    Number(&'static [&'static str]),
    /// As `Number`; zero is no process.
    Pid(&'static [&'static str]),
    /// A length of time in seconds, whole or not.
    Seconds(&'static [&'static str]),
    /// The same in nanoseconds.
    Nanoseconds(&'static [&'static str]),
    /// From one time to another that is no earlier.
    Between(&'static [&'static str], &'static [&'static str]),
    /// An integer that may be written without a prefix yet is hexadecimal.
    Hex(&'static [&'static str]),
    /// As `Hex`; zero is no session.
    Session(&'static [&'static str]),
    /// `true` or `false`.
    Flag(&'static [&'static str]),
    /// `DOMAIN\name`: pairs of a domain's field (empty: none) and a name's; the first whose name is known.
    User(&'static [(&'static str, &'static str)]),
    /// The same from a text: the first group is the name, the second the domain.
    UserPattern(&'static [&'static str], &'static str),
    /// The system's own accounts, which their identifier names.
    WellKnown(&'static [&'static str]),
    /// Name and domain of an account by the fields of its domain and its name, which may hold both (`a@X.Y`, `X\a`).
    AccountName(&'static str, &'static str),
    AccountDomain(&'static str, &'static str),
    /// A process GUID, in braces.
    Guid(&'static [&'static str]),
    /// An address: abbreviated, without `::ffff:`.
    Ip(&'static [&'static str]),
    /// The protocol's name, from a number or a name.
    Protocol(&'static [&'static str]),
    /// A registry key of an object that is a key, and of one that ends with a value's name.
    Key(&'static [&'static str]),
    KeyOfValue(&'static [&'static str]),
    ValueOfKey(&'static [&'static str]),
    /// A word for a text: the first entry that equals it (case ignored); `*` is any text.
    Word(&'static [&'static str], &'static [(&'static str, &'static str)]),
    /// The first group of a regular expression, in the first field that it matches.
    Pattern(&'static [&'static str], &'static str),
    /// As `Pattern`: the last part of a path.
    NamePattern(&'static [&'static str], &'static str),
    /// As `Pattern`, then as `Word`.
    WordPattern(&'static [&'static str], &'static str, &'static [(&'static str, &'static str)]),
    /// As `Pattern`, read as an integer.
    NumberPattern(&'static [&'static str], &'static str),
    /// The rest of a line that begins, blanks aside, with a label; in the first field that has one. Far faster than a pattern in long texts.
    Line(&'static [&'static str], &'static str),
    /// An integer on such a line; zero is no process.
    LinePid(&'static [&'static str], &'static str),
    /// The account on such a line.
    LineUser(&'static [&'static str], &'static str),
    /// The program of a command line on such a line: whole path (missing when it has none) or last part.
    LineImage(&'static [&'static str], &'static str),
    LineImageName(&'static [&'static str], &'static str),
    /// What stands before a label, or after it, without the blanks around.
    Until(&'static [&'static str], &'static str),
    After(&'static [&'static str], &'static str),
    /// Without the blanks and quotes around it.
    Bare(&'static [&'static str]),
    /// Fields that are known, with a text between them.
    Joined(&'static [&'static str], &'static str),
    /// A file by the folder that it lies in and its name; the folder's field may have the name already.
    Located(&'static [&'static str], &'static [&'static str]),
    /// All fields that are known, in one line, with words for the codes that Windows writes in their place.
    Codes(&'static [&'static str]),
    /// The same of fields that say what was changed, with their names; the first speaks for itself.
    Changes(&'static [&'static str]),
    /// The ids of techniques that stand anywhere in fields.
    Techniques(&'static [&'static str]),
    /// The type of records that an answer of the DNS client holds.
    QueryType(&'static [&'static str]),
    /// Share and path below it.
    Share,
    /// The last part of that.
    ShareName,
    /// The file of a list of detected resources, and its name.
    Resource(&'static [&'static str]),
    ResourceName(&'static [&'static str]),
    /// `pe`, `script`, … by the extension.
    FileClass(&'static [&'static str]),
    /// The first source that gives something.
    First(&'static [From]),
}

/// Counted up when records become other rows than before: raw logs that were read once are read anew.
pub const REVISION: u32 = 4;

/// Cells beside the table's columns that later steps of ingest need.
pub const HIDDEN: &[&str] = &["@SourceHost", "@Part", "@Parts", "@ActorUser", "@Os", "@Owner", "@Address"];

/// Raw fields in which a record says which channel, sensor and host wrote it, when, and under which number: what the columns of its row say too.
pub const ENVELOPE: &[&str] = &[
    "Channel",
    "channel",
    "winlog.channel",
    "log_name",
    "EventID",
    "EventId",
    "event_id",
    "event.code",
    "winlog.event_id",
    "SourceName",
    "ProviderName",
    "Provider_Name",
    "Provider",
    "source_name",
    "winlog.provider_name",
    "event.provider",
    "ProviderGuid",
    "Provider_Guid",
    "Hostname",
    "Computer",
    "ComputerName",
    "computer_name",
    "winlog.computer_name",
    "host.name",
    "host.hostname",
    "hostname",
    "agent.name",
    "agent.hostname",
    "beat.hostname",
    "DeviceName",
    "MachineName",
    "RecordNumber",
    "EventRecordID",
    "RecordID",
    "record_id",
    "record_number",
    "winlog.record_id",
    "@timestamp",
    "TimeCreated",
    "SystemTime",
    "EventTime",
    "EventReceivedTime",
    "TimeGenerated",
    "timestamp",
    "Timestamp",
    "time",
    "UtcTime",
    "event.dataset",
    "data_stream.dataset",
    "event.module",
    "event.created",
    "event.ingested",
    "kibana.alert.start",
    "Type",
    "category",
    "ComputerDnsName",
    "ReportTime",
    "VMName",
    "VM_s",
    "hostIdentifier",
    "unixTime",
    "calendarTime",
    "eventTime",
    "_path",
    "@stream",
    "_system_name",
    "@system",
    "peer",
    "node",
    "ts",
    "_write_ts",
];

/// What `@Kind` in a condition stands for: the sensor's own word for what was done.
pub use sysmon::REGISTRY_KIND as KIND;

/// Every rule there is.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let all = [
        sysmon::RULES,
        security::RULES,
        logons::RULES,
        system::RULES,
        powershell::RULES,
        zeek::RULES,
        elastic::RULES,
        mde::RULES,
        mde_events::RULES,
        azure::RULES,
        flow::RULES,
        agents::RULES,
    ];
    all.into_iter().flatten()
}

/// Channels in their well-known spelling, with the short name of the sensor that writes them.
pub const CHANNELS: &[(&str, &str)] = &[
    ("Security", "Security"),
    ("System", "System"),
    ("Application", "Application"),
    ("Setup", "Setup"),
    ("Windows PowerShell", "PowerShell"),
    ("Microsoft-Windows-PowerShell/Operational", "PowerShell"),
    ("PowerShellCore/Operational", "PowerShell"),
    ("Microsoft-Windows-Sysmon/Operational", "Sysmon"),
    ("Microsoft-Windows-Windows Defender/Operational", "Defender"),
    ("Microsoft-Windows-TaskScheduler/Operational", "TaskScheduler"),
    ("Microsoft-Windows-WMI-Activity/Operational", "WMI"),
    ("Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", ""),
    ("Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational", ""),
    ("Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", ""),
    ("Microsoft-Windows-Bits-Client/Operational", ""),
    ("Microsoft-Windows-Kernel-IO/Operational", ""),
    ("Microsoft-Windows-DNS-Client/Operational", ""),
    ("Microsoft-Windows-NTLM/Operational", ""),
    ("Microsoft-Windows-PrintService/Operational", ""),
    ("Microsoft-Windows-PrintService/Admin", ""),
    ("Microsoft-Windows-CodeIntegrity/Operational", ""),
    ("Microsoft-Windows-SMBServer/Security", ""),
    ("Microsoft-Windows-CAPI2/Operational", ""),
    ("Directory Service", ""),
    ("DNS Server", ""),
    ("ForwardedEvents", ""),
];

/// The well-known channels and the sensors that write them, by name.
pub fn known_channels<'a>() -> impl Iterator<Item = &'a str> {
    CHANNELS.iter().flat_map(|(channel, sensor)| [*channel, *sensor]).filter(|name| !name.is_empty())
}
