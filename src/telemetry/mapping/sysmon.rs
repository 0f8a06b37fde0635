//! Sysmon, by event id.

use super::{Condition, From, From::*, Rule};

const CHANNEL: &str = "microsoft-windows-sysmon/operational";

const IMAGE: &[&str] = &["Image"];
const PROCESS: &[&str] = &["ProcessGuid", "ProcessGUID"];
/// Some collectors put their own word for the process that logs in its place; the message still has it.
const PID: From = First(&[Number(&["ProcessId"]), LinePid(&["Message"], "ProcessId:")]);
const USER: From = User(&[("", "User")]);

/// The process that acts is `Image`.
const ACTOR: &[(&str, From)] =
    &[("LoggedUser", USER), ("ParentGuid", Guid(PROCESS)), ("ParentPath", Field(IMAGE)), ("ParentFilename", Name(IMAGE)), ("ParentPid", PID)];

const SOURCE_TO_TARGET: &[(&str, From)] = &[
    ("LoggedUser", User(&[("", "SourceUser"), ("", "User")])),
    ("ParentGuid", Guid(&["SourceProcessGuid", "SourceProcessGUID"])),
    ("ParentPid", Number(&["SourceProcessId"])),
    ("ParentPath", Field(&["SourceImage"])),
    ("ParentFilename", Name(&["SourceImage"])),
    ("ChildGuid", Guid(&["TargetProcessGuid", "TargetProcessGUID"])),
    ("ChildPid", Number(&["TargetProcessId"])),
    ("ChildPath", Field(&["TargetImage"])),
    ("ChildFilename", Name(&["TargetImage"])),
];

/// The collector may have put its own word into `EventType`; the message still has the sensor's.
const KIND: &[&str] = &["EventType", "EventTypeOrignal", "EventTypeOriginal"];

const fn rule(ids: &'static [i64], table: &'static str, columns: &'static [(&'static str, From)], actor: &'static [(&'static str, From)]) -> Rule {
    Rule { channel: CHANNEL, ids, when: &[], table, columns, actor }
}

const FILE: &[&str] = &["TargetFilename"];
const HASHES: &[&str] = &["Hashes", "Hash"];
const OBJECT: &[&str] = &["TargetObject"];
const LOADED: &[&str] = &["ImageLoaded"];

const SIGNED: &[(&str, From)] = &[
    ("ChildPath", Field(LOADED)),
    ("ChildFilename", Name(LOADED)),
    ("ChildMd5", Hash(HASHES, "MD5")),
    ("ChildSha1", Hash(HASHES, "SHA1")),
    ("ChildSha256", Hash(HASHES, "SHA256")),
    ("ChildImphash", Hash(HASHES, "IMPHASH")),
    ("Signed", Flag(&["Signed"])),
    ("Signature", Field(&["Signature"])),
    ("SignatureStatus", Field(&["SignatureStatus"])),
    ("OriginalFilename", Field(&["OriginalFileName"])),
    ("Company", Field(&["Company"])),
    ("Product", Field(&["Product"])),
    ("Operation", Always("load")),
];

/// Digests of a mark of the web that holds nothing but its zone: a sensor that logs no contents still tells it.
const BARE_ZONES: &[(&str, &str)] = &[
    ("1409cc4125f7e08d09a731da789dc35c09afa8e716c00ad22d9f3f1b17a2cb33", "0"),
    ("e9066838a2265b9327318c602ed6954bc1a26869c19faa255cd26a3c7ce707a7", "1"),
    ("620f6efb1fb55f99db6154016c09054a07a086fa6ad3a62b735d402733524396", "2"),
    ("eacd09517ce90d34ba562171d15ac40d302f0e691b439f91be1b6406e25f5913", "3"),
    ("9dff2cb57b34cb4889e2042c776dd31fc0e93d9d7591aafa21bb3299c3fafd1b", "4"),
];

macro_rules! file_rule {
    ($operation:literal) => {
        &[
            ("Operation", Always($operation)),
            ("ChildPath", Field(FILE)),
            ("ChildFilename", Name(FILE)),
            ("FileClass", FileClass(FILE)),
            ("ChildMd5", Hash(HASHES, "MD5")),
            ("ChildSha1", Hash(HASHES, "SHA1")),
            ("ChildSha256", Hash(HASHES, "SHA256")),
            ("Zone", First(&[NumberPattern(&["Contents"], "(?i)ZoneId *= *([0-9])"), WordPattern(HASHES, "(?i)SHA256=([0-9A-F]{64})", BARE_ZONES)])),
        ]
    };
}

macro_rules! registry_rule {
    ($id:literal, $condition:expr, $columns:expr) => {
        Rule { channel: CHANNEL, ids: &[$id], when: &[$condition], table: "registry", columns: $columns, actor: ACTOR }
    };
}

/// Where `@Kind` of the registry rules comes from.
pub const REGISTRY_KIND: From = First(&[Line(&["Message"], "EventType:"), Field(KIND)]);

pub(super) const RULES: &[Rule] = &[
    rule(
        &[1],
        "process",
        &[
            ("Operation", Always("create")),
            ("LoggedUser", USER),
            ("ChildPath", Field(IMAGE)),
            ("ChildFilename", Name(IMAGE)),
            ("ChildPid", PID),
            ("ChildGuid", Guid(PROCESS)),
            ("ChildMd5", Hash(HASHES, "MD5")),
            ("ChildSha1", Hash(HASHES, "SHA1")),
            ("ChildSha256", Hash(HASHES, "SHA256")),
            ("ChildImphash", Hash(HASHES, "IMPHASH")),
            ("CommandLine", Field(&["CommandLine"])),
            ("CurrentDirectory", Field(&["CurrentDirectory"])),
            ("IntegrityLevel", Field(&["IntegrityLevel"])),
            ("LogonId", Session(&["LogonId"])),
            ("OriginalFilename", Field(&["OriginalFileName"])),
            ("Company", Field(&["Company"])),
            ("Product", Field(&["Product"])),
            ("ParentGuid", Guid(&["ParentProcessGuid", "ParentProcessGUID"])),
            ("ParentPid", Number(&["ParentProcessId"])),
            ("ParentPath", Field(&["ParentImage"])),
            ("ParentFilename", Name(&["ParentImage"])),
            ("ParentCommandLine", Field(&["ParentCommandLine"])),
            // Parts of the system with versions of their own (7.0.17763) are none of it.
            ("@Os", Pattern(&["FileVersion"], r"^(10\.0\.\d{5}|6\.[0-3]\.\d{4})\.\d+ \(")),
        ],
        &[],
    ),
    rule(&[2], "file", file_rule!("modify"), ACTOR),
    rule(
        &[3],
        "network",
        &[
            ("LocalIp", Ip(&["SourceIp"])),
            ("LocalPort", Number(&["SourcePort"])),
            ("RemoteIp", Ip(&["DestinationIp"])),
            ("RemotePort", Number(&["DestinationPort"])),
            ("RemoteHost", Field(&["DestinationHostname"])),
            ("@SourceHost", Field(&["SourceHostname"])),
            ("Protocol", Protocol(&["Protocol"])),
            ("Initiated", Flag(&["Initiated"])),
            ("Service", Field(&["DestinationPortName"])),
        ],
        ACTOR,
    ),
    rule(
        &[4],
        "system",
        &[
            ("Kind", Always("sensor")),
            ("Operation", Word(&["State"], &[("Started", "start"), ("*", "stop")])),
            ("Name", Always("Sysmon")),
            ("Value", Field(&["State"])),
        ],
        &[],
    ),
    rule(
        &[5],
        "process",
        &[
            ("Operation", Always("kill")),
            ("LoggedUser", USER),
            ("ChildPath", Field(IMAGE)),
            ("ChildFilename", Name(IMAGE)),
            ("ChildPid", PID),
            ("ChildGuid", Guid(PROCESS)),
        ],
        &[],
    ),
    rule(&[6], "process", SIGNED, &[]),
    rule(&[6], "system", &[("Kind", Always("driver")), ("Operation", Always("load")), ("Name", Name(LOADED)), ("Value", Field(LOADED))], &[]),
    rule(&[7], "process", SIGNED, ACTOR),
    rule(&[8], "process", &[("Operation", Always("thread")), ("StartFunction", Field(&["StartFunction", "StartModule"]))], SOURCE_TO_TARGET),
    rule(
        &[9],
        "file",
        &[("Operation", Always("access")), ("ChildPath", Field(&["Device"])), ("ChildFilename", Name(&["Device"])), ("FileClass", Always("other"))],
        ACTOR,
    ),
    rule(
        &[10],
        "process",
        &[("Operation", Always("access")), ("GrantedAccess", Hex(&["GrantedAccess"])), ("CallTrace", Field(&["CallTrace"]))],
        SOURCE_TO_TARGET,
    ),
    rule(&[11], "file", file_rule!("create"), ACTOR),
    registry_rule!(12, Condition::Is("@Kind", &["CreateKey", "AddKey"]), &[("Operation", Always("create")), ("Key", Key(OBJECT))]),
    registry_rule!(
        12,
        Condition::Is("@Kind", &["CreateValue"]),
        &[("Operation", Always("create")), ("Key", KeyOfValue(OBJECT)), ("Value", ValueOfKey(OBJECT))]
    ),
    registry_rule!(12, Condition::Is("@Kind", &["DeleteKey"]), &[("Operation", Always("delete")), ("Key", Key(OBJECT))]),
    registry_rule!(
        12,
        Condition::Is("@Kind", &["DeleteValue"]),
        &[("Operation", Always("delete")), ("Key", KeyOfValue(OBJECT)), ("Value", ValueOfKey(OBJECT))]
    ),
    // A collector lost the kind: created or deleted can't be told.
    registry_rule!(12, Condition::Not("@Kind", &["CreateKey", "AddKey", "CreateValue", "DeleteKey", "DeleteValue"]), &[("Key", Key(OBJECT))]),
    rule(
        &[13],
        "registry",
        &[("Operation", Always("modify")), ("Key", KeyOfValue(OBJECT)), ("Value", ValueOfKey(OBJECT)), ("ValueData", Field(&["Details"]))],
        ACTOR,
    ),
    registry_rule!(
        14,
        Condition::Is("@Kind", &["RenameValue"]),
        &[("Operation", Always("rename")), ("Key", KeyOfValue(OBJECT)), ("Value", Name(&["NewName"])), ("ValueData", Field(&["NewName"]))]
    ),
    registry_rule!(
        14,
        Condition::Not("@Kind", &["RenameValue"]),
        &[("Operation", Always("rename")), ("Key", Key(OBJECT)), ("Value", Name(&["NewName"])), ("ValueData", Field(&["NewName"]))]
    ),
    rule(&[15], "file", file_rule!("modify"), ACTOR),
    rule(
        &[16],
        "system",
        &[
            ("Kind", Always("sensor")),
            ("Operation", Always("modify")),
            ("Name", Always("Sysmon")),
            ("Value", Joined(&["Configuration", "ConfigurationFileHash"], " ")),
        ],
        &[],
    ),
    rule(&[17], "system", &[("Kind", Always("pipe")), ("Operation", Always("create")), ("Name", Field(&["PipeName"]))], ACTOR),
    rule(&[18], "system", &[("Kind", Always("pipe")), ("Operation", Always("connect")), ("Name", Field(&["PipeName"]))], ACTOR),
    rule(
        &[19],
        "system",
        &[
            ("Kind", Always("wmi")),
            ("Operation", Word(&["Operation"], &[("Deleted", "delete"), ("*", "create")])),
            ("LoggedUser", USER),
            ("Name", Bare(&["Name"])),
            ("Value", Bare(&["Query"])),
        ],
        &[],
    ),
    rule(
        &[20],
        "system",
        &[
            ("Kind", Always("wmi")),
            ("Operation", Word(&["Operation"], &[("Deleted", "delete"), ("*", "create")])),
            ("LoggedUser", USER),
            ("Name", Bare(&["Name"])),
            ("Value", Bare(&["Destination"])),
        ],
        &[],
    ),
    rule(
        &[21],
        "system",
        &[
            ("Kind", Always("wmi")),
            ("Operation", Word(&["Operation"], &[("Deleted", "delete"), ("*", "create")])),
            ("LoggedUser", USER),
            ("Name", Bare(&["Filter"])),
            ("Value", Bare(&["Consumer"])),
        ],
        &[],
    ),
    rule(
        &[22],
        "dns",
        &[
            ("Query", Field(&["QueryName"])),
            ("QueryType", QueryType(&["QueryResults"])),
            ("Answers", Field(&["QueryResults"])),
            ("Status", Number(&["QueryStatus"])),
        ],
        ACTOR,
    ),
    rule(&[23, 26], "file", file_rule!("delete"), ACTOR),
    rule(
        &[25],
        "process",
        &[
            ("Operation", Always("tamper")),
            ("LoggedUser", USER),
            ("ChildPath", Field(IMAGE)),
            ("ChildFilename", Name(IMAGE)),
            ("ChildPid", PID),
            ("ChildGuid", Guid(PROCESS)),
        ],
        &[],
    ),
    rule(
        &[255],
        "system",
        &[("Kind", Always("sensor")), ("Operation", Always("stop")), ("Name", Always("Sysmon")), ("Value", Joined(&["ID", "Description"], ": "))],
        &[],
    ),
];
