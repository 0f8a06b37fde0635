//! Windows records in the Elastic Common Schema: winlogbeat from version 7 on, and the agent after it.
//!
//! Its modules move fields of Sysmon, Security and PowerShell to where all sensors have them; the rules ask for the sensor's own names.

use super::{Found, Nested, Shape, Slot};
use crate::telemetry::mapping::From::{self, Field, First, Hashes, Joined, List, Pattern, User, Word, WordPattern};

const SYSMON: &str = "microsoft-windows-sysmon/operational";
const SECURITY: &str = "security";

/// What a query gives back has the record inside `_source`.
pub(super) const NESTED: Nested =
    Nested::Spread(&["_source.winlog.event_data", "_source.winlog.user_data", "_source", "winlog.event_data", "winlog.user_data"]);

/// What records say of the host that they are from.
pub(super) const HOST: &[(&str, From)] = &[
    (
        "@Os",
        First(&[
            Pattern(&["host.os.full", "host.os.kernel", "host.os.version"], r"(?:^|[^0-9.])(10\.0\.[0-9]{5}|6\.[0-3]\.[0-9]{4})(?:$|[^0-9])"),
            Field(&["host.os.full"]),
            Joined(&["host.os.name", "host.os.version"], " "),
        ]),
    ),
    ("@Address", List(&["host.ip"], " ")),
];

pub(super) const WINDOWS: Shape = Shape {
    name: "Windows records in ECS",
    marks: &[&["winlog.channel"], &["winlog.provider_name"], &["winlog.event_id"], &["winlog.computer_name"]],
    nested: NESTED,
    batch: None,
    slots: &[
        (Slot::Channel, &["winlog.channel"]),
        (Slot::EventId, &["winlog.event_id", "event.code"]),
        (Slot::Provider, &["winlog.provider_name", "event.provider"]),
        (Slot::Host, &["winlog.computer_name", "host.hostname", "host.name", "agent.hostname", "agent.name"]),
        (Slot::RecordId, &["winlog.record_id"]),
        (Slot::Stated, &["@timestamp"]),
        (Slot::Sensor, &["UtcTime"]),
    ],
    states_utc: true,
    read_at: &["event.created"],
    before_channel: "",
    channels: &[],
    sensor: None,
    tells_host: true,
    ends: None,
    found: FOUND,
};

const EXECUTABLE: From = Field(&["process.executable"]);
const ENTITY: From = Field(&["process.entity_id"]);
const PID: From = Field(&["process.pid"]);
const USER: From = User(&[("user.domain", "user.name")]);
const USER_NAME: From = Field(&["user.name"]);
const USER_DOMAIN: From = Field(&["user.domain"]);
const USER_SID: From = Field(&["user.id"]);
const LOGON_ID: From = Field(&["winlog.logon.id"]);
const DIRECTION: &[&str] = &["network.direction"];

const PROCESS_HASHES: From = Hashes(&[
    ("MD5", &["process.hash.md5", "hash.md5"]),
    ("SHA1", &["process.hash.sha1", "hash.sha1"]),
    ("SHA256", &["process.hash.sha256", "hash.sha256"]),
    ("IMPHASH", &["process.pe.imphash", "process.hash.imphash", "hash.imphash"]),
]);
const FILE_HASHES: From = Hashes(&[
    ("MD5", &["file.hash.md5", "hash.md5"]),
    ("SHA1", &["file.hash.sha1", "hash.sha1"]),
    ("SHA256", &["file.hash.sha256", "hash.sha256"]),
    ("IMPHASH", &["file.pe.imphash", "file.hash.imphash", "hash.imphash"]),
]);

/// Processes are `Image` in most records of Sysmon.
const ACTOR: &[(&str, From)] = &[("Image", EXECUTABLE), ("ProcessGuid", ENTITY), ("ProcessId", PID), ("User", USER)];

/// A logon names who logs on as its target.
const TARGET: &[(&str, From)] = &[
    ("TargetUserName", USER_NAME),
    ("TargetDomainName", USER_DOMAIN),
    ("TargetUserSid", USER_SID),
    ("TargetLogonId", LOGON_ID),
    ("LogonType", Field(&["winlog.logon.type"])),
    ("IpAddress", Field(&["source.ip"])),
    ("IpPort", Field(&["source.port"])),
    ("WorkstationName", Field(&["source.domain"])),
    ("ProcessName", EXECUTABLE),
    ("ProcessId", PID),
];

const fn sysmon(ids: &'static [i64], fields: &'static [(&'static str, From)]) -> Found {
    Found { channel: SYSMON, ids, fields }
}

const fn security(ids: &'static [i64], fields: &'static [(&'static str, From)]) -> Found {
    Found { channel: SECURITY, ids, fields }
}

const FOUND: &[Found] = &[
    Found { channel: "", ids: &[], fields: HOST },
    Found { channel: "", ids: &[], fields: &[("Message", Field(&["message"])), ("Execution_ProcessID", Field(&["winlog.process.pid"]))] },
    sysmon(&[1, 2, 3, 5, 7, 9, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 23, 25, 26, 27, 28, 29], ACTOR),
    sysmon(
        &[1],
        &[
            ("CommandLine", Field(&["process.command_line"])),
            ("CurrentDirectory", Field(&["process.working_directory"])),
            ("Hashes", PROCESS_HASHES),
            ("OriginalFileName", Field(&["process.pe.original_file_name"])),
            ("Company", Field(&["process.pe.company"])),
            ("Product", Field(&["process.pe.product"])),
            ("FileVersion", Field(&["process.pe.file_version"])),
            ("ParentImage", Field(&["process.parent.executable"])),
            ("ParentProcessGuid", Field(&["process.parent.entity_id"])),
            ("ParentProcessId", Field(&["process.parent.pid"])),
            ("ParentCommandLine", Field(&["process.parent.command_line"])),
        ],
    ),
    sysmon(&[2, 11, 15, 23, 26, 27, 28, 29], &[("TargetFilename", Field(&["file.path"])), ("Hashes", FILE_HASHES)]),
    sysmon(
        &[3],
        &[
            ("SourceIp", Field(&["source.ip"])),
            ("SourcePort", Field(&["source.port"])),
            ("SourceHostname", Field(&["source.domain"])),
            ("DestinationIp", Field(&["destination.ip"])),
            ("DestinationPort", Field(&["destination.port"])),
            ("DestinationHostname", Field(&["destination.domain"])),
            ("DestinationPortName", Field(&["network.protocol"])),
            ("Protocol", Field(&["network.transport"])),
            ("Initiated", Word(DIRECTION, &[("egress", "true"), ("outbound", "true"), ("ingress", "false"), ("inbound", "false")])),
        ],
    ),
    sysmon(
        &[6, 7],
        &[
            ("ImageLoaded", Field(&["file.path", "dll.path"])),
            (
                "Hashes",
                First(&[
                    FILE_HASHES,
                    Hashes(&[("MD5", &["dll.hash.md5"]), ("SHA1", &["dll.hash.sha1"]), ("SHA256", &["dll.hash.sha256"]), ("IMPHASH", &["dll.pe.imphash"])]),
                ]),
            ),
            ("Signed", Field(&["file.code_signature.signed", "file.code_signature.exists", "dll.code_signature.exists"])),
            ("Signature", Field(&["file.code_signature.subject_name", "dll.code_signature.subject_name"])),
            ("SignatureStatus", Field(&["file.code_signature.status", "dll.code_signature.status"])),
            ("OriginalFileName", Field(&["file.pe.original_file_name", "dll.pe.original_file_name"])),
            ("Company", Field(&["file.pe.company", "dll.pe.company"])),
            ("Product", Field(&["file.pe.product", "dll.pe.product"])),
        ],
    ),
    sysmon(
        &[8, 10],
        &[("SourceImage", EXECUTABLE), ("SourceProcessGuid", ENTITY), ("SourceProcessId", PID), ("SourceUser", First(&[Field(&["SourceUser"]), USER]))],
    ),
    sysmon(&[12, 13, 14], &[("TargetObject", Field(&["registry.path"])), ("Details", List(&["registry.data.strings"], " "))]),
    sysmon(&[17, 18], &[("PipeName", Field(&["file.name"]))]),
    sysmon(
        &[22],
        &[("QueryName", Field(&["dns.question.name"])), ("QueryStatus", Field(&["dns.response_code"])), ("QueryResults", List(&["dns.resolved_ip"], ";"))],
    ),
    security(&[4624, 4625, 4634, 4647, 4768, 4769, 4771, 4776], TARGET),
    security(
        &[4648],
        &[
            ("TargetUserName", Field(&["user.effective.name", "user.target.name"])),
            ("TargetDomainName", Field(&["user.effective.domain", "user.target.domain"])),
            ("IpAddress", Field(&["source.ip"])),
            ("ProcessName", EXECUTABLE),
            ("ProcessId", PID),
        ],
    ),
    security(
        &[4688],
        &[
            ("NewProcessName", EXECUTABLE),
            ("NewProcessId", PID),
            ("CommandLine", Field(&["process.command_line"])),
            ("ParentProcessName", Field(&["process.parent.executable"])),
            ("ProcessId", Field(&["process.parent.pid"])),
        ],
    ),
    security(&[4656, 4657, 4663, 4689, 5140, 5145], &[("ProcessName", EXECUTABLE), ("ProcessId", PID), ("IpAddress", Field(&["source.ip"]))]),
    // Only keys of the registry have such names.
    security(&[4656, 4663], &[("ObjectType", WordPattern(&["ObjectName"], r"(?i)^(\\REGISTRY)\\", &[("*", "Key")]))]),
    security(
        &[5156, 5157],
        &[
            ("SourceAddress", Field(&["source.ip"])),
            ("SourcePort", Field(&["source.port"])),
            ("DestAddress", Field(&["destination.ip"])),
            ("DestPort", Field(&["destination.port"])),
            ("Protocol", Field(&["network.iana_number", "network.transport"])),
            ("Direction", Word(DIRECTION, &[("egress", "Outbound"), ("outbound", "Outbound"), ("ingress", "Inbound"), ("inbound", "Inbound")])),
            ("Application", EXECUTABLE),
            ("ProcessID", PID),
        ],
    ),
    // In all others the user is the subject. A logon's, the target, was found above.
    security(
        &[
            4648, 4656, 4657, 4662, 4663, 4672, 4688, 4689, 4697, 4698, 4699, 4700, 4701, 4702, 4719, 4720, 4722, 4723, 4724, 4725, 4726, 4728, 4729, 4732,
            4733, 4738, 4740, 4741, 4742, 4743, 4756, 4757, 4781, 4798, 4799, 1102, 5136, 5140, 5145,
        ],
        &[("SubjectUserName", USER_NAME), ("SubjectDomainName", USER_DOMAIN), ("SubjectUserSid", USER_SID), ("SubjectLogonId", LOGON_ID)],
    ),
    Found {
        channel: "",
        ids: &[4104],
        fields: &[
            ("ScriptBlockText", Field(&["powershell.file.script_block_text"])),
            ("ScriptBlockId", Field(&["powershell.file.script_block_id"])),
            ("Path", Field(&["file.path"])),
            ("MessageNumber", Field(&["powershell.sequence"])),
            ("MessageTotal", Field(&["powershell.total"])),
        ],
    },
];
