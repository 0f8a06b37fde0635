//! Microsoft Defender for Endpoint, by what its rows call the action.

use super::{Condition, From, From::*, Rule};

pub(super) const fn rule(
    when: &'static [Condition],
    table: &'static str,
    columns: &'static [(&'static str, From)],
    actor: &'static [(&'static str, From)],
) -> Rule {
    Rule { channel: "mde/", ids: &[], when, table, columns, actor }
}

pub(super) const ACTION: &str = "ActionType";

pub(super) const PATH: From = Located(&["FolderPath"], &["FileName"]);
pub(super) const NAME: From = First(&[Field(&["FileName"]), Name(&["FolderPath"])]);

const USER: (&str, From) = ("LoggedUser", User(&[("InitiatingProcessAccountDomain", "InitiatingProcessAccountName"), ("AccountDomain", "AccountName")]));

/// The process that acts, and as whom.
pub(super) const INITIATOR: &[(&str, From)] = &[
    USER,
    ("ParentPath", Located(&["InitiatingProcessFolderPath"], &["InitiatingProcessFileName"])),
    ("ParentFilename", Field(&["InitiatingProcessFileName"])),
    ("ParentPid", Number(&["InitiatingProcessId"])),
    ("ParentMd5", Field(&["InitiatingProcessMD5"])),
    ("ParentSha1", Field(&["InitiatingProcessSHA1"])),
    ("ParentSha256", Field(&["InitiatingProcessSHA256"])),
    ("ParentOriginalFilename", Field(&["InitiatingProcessVersionInfoOriginalFileName"])),
    ("ParentGuid", Guid(&["InitiatingProcessUniqueId"])),
];

/// The process alone, where the row's user is another one's.
pub(super) const ACTING: &[(&str, From)] = INITIATOR.split_at(1).1;

const ACTING_COMMAND: From = Field(&["InitiatingProcessCommandLine"]);
/// The mark of the web of a file that was started. Zones are named as the system names them.
const WEB: From = Word(
    &["CreatedProcessFileMarkOfTheWeb"],
    &[("NotWeb", "false"), ("Intranet", "false"), ("Trusted", "false"), ("Web", "true"), ("Internet", "true"), ("Untrusted", "true"), ("Restricted", "true")],
);
/// Where the session of the acting process comes from.
const ACTING_SESSION: (&str, From) = ("RemoteSession", Flag(&["IsInitiatingProcessRemoteSession"]));
const ACTING_FROM: &[&str] = &["InitiatingProcessRemoteSessionIP"];

const FILE: &[(&str, From)] = &[
    ("ChildPath", PATH),
    ("ChildFilename", NAME),
    ("FileClass", FileClass(&["FileName", "FolderPath"])),
    ("ChildMd5", Field(&["MD5"])),
    ("ChildSha1", Field(&["SHA1"])),
    ("ChildSha256", Field(&["SHA256"])),
    ("Size", Number(&["FileSize"])),
    ("RemoteIp", Ip(&["RequestSourceIP", "InitiatingProcessRemoteSessionIP"])),
    ("CommandLine", ACTING_COMMAND),
    ACTING_SESSION,
    // A file that says where it was downloaded from carries the mark of the web.
    ("External", WordPattern(&["FileOriginUrl", "FileOriginReferrerUrl"], "(?i)^(https?|ftp|about:internet)", &[("*", "true")])),
    ("Operation", Word(&[ACTION], &[("FileCreated", "create"), ("FileModified", "modify"), ("FileDeleted", "delete"), ("FileRenamed", "rename")])),
];

const LOCAL: (&str, From) = ("LocalIp", Ip(&["LocalIP"]));
const LOCAL_PORT: (&str, From) = ("LocalPort", Number(&["LocalPort"]));
const REMOTE: (&str, From) = ("RemoteIp", Ip(&["RemoteIP"]));
const REMOTE_PORT: (&str, From) = ("RemotePort", Number(&["RemotePort"]));

const OUTWARD: &[(&str, From)] = &[LOCAL, LOCAL_PORT, REMOTE, REMOTE_PORT, ("Initiated", Always("true"))];
/// As a source and a destination, which is how others tell them: here the ends are turned already.
const INWARD: &[(&str, From)] = &[
    ("LocalIp", Ip(&["RemoteIP"])),
    ("LocalPort", Number(&["RemotePort"])),
    ("RemoteIp", Ip(&["LocalIP"])),
    ("RemotePort", Number(&["LocalPort"])),
    ("Initiated", Always("false")),
];
/// Which end began is not said.
const UNTOLD: &[(&str, From)] = &[LOCAL, LOCAL_PORT, REMOTE, REMOTE_PORT];

/// Whoever acts, and what a connection is besides its ends.
const CONNECTED: &[(&str, From)] = &[
    ("RemoteHost", Field(&["RemoteUrl"])),
    ("Protocol", Protocol(&["Protocol"])),
    ("ConnState", Field(&[ACTION])),
    ("@Owner", Field(&["DeviceName"])),
    ("@Address", Ip(&["LocalIP"])),
    INITIATOR[0],
    INITIATOR[1],
    INITIATOR[2],
    INITIATOR[3],
    INITIATOR[4],
    INITIATOR[5],
    INITIATOR[6],
    INITIATOR[7],
    INITIATOR[8],
];

/// A connection of these kinds, with its ends.
const fn connection(actions: &'static [Condition], ends: &'static [(&'static str, From)]) -> Rule {
    rule(actions, "network", ends, CONNECTED)
}

pub(super) const RULES: &[Rule] = &[
    rule(
        &[Condition::Is(ACTION, &["ProcessCreated"])],
        "process",
        &[
            ("Operation", Always("create")),
            ("LoggedUser", User(&[("AccountDomain", "AccountName")])),
            ("LogonId", Session(&["LogonId"])),
            ("ChildPath", PATH),
            ("ChildFilename", NAME),
            ("ChildPid", Number(&["ProcessId"])),
            ("ChildGuid", Guid(&["ProcessUniqueId"])),
            ("ChildMd5", Field(&["MD5"])),
            ("ChildSha1", Field(&["SHA1"])),
            ("ChildSha256", Field(&["SHA256"])),
            ("CommandLine", Field(&["ProcessCommandLine"])),
            ("IntegrityLevel", Field(&["ProcessIntegrityLevel"])),
            ("OriginalFilename", Field(&["ProcessVersionInfoOriginalFileName"])),
            ("Company", Field(&["ProcessVersionInfoCompanyName"])),
            ("Product", Field(&["ProcessVersionInfoProductName"])),
            ("ParentCommandLine", ACTING_COMMAND),
            ("RemoteSession", Flag(&["IsProcessRemoteSession"])),
            ("RemoteIp", Ip(&["ProcessRemoteSessionIP"])),
        ],
        ACTING,
    ),
    rule(
        &[Condition::Is("CreatedProcessName", &["*"])],
        "process",
        &[
            ("Operation", Always("create")),
            ("LoggedUser", User(&[("CreatedProcessAccountDomainName", "CreatedProcessAccountName")])),
            ("LogonId", Session(&["LogonId"])),
            ("ChildPath", Field(&["CreatedProcessFilePath"])),
            ("ChildFilename", Field(&["CreatedProcessName"])),
            ("ChildPid", Number(&["CreatedProcessId"])),
            // Which start a process is of: a number that no other has on that machine.
            ("ChildGuid", Guid(&["CreatedProcessStartKey"])),
            ("ChildMd5", Field(&["CreatedProcessFileMd5"])),
            ("ChildSha1", Field(&["CreatedProcessFileSha1"])),
            ("ChildSha256", Field(&["CreatedProcessFileSha256"])),
            ("CommandLine", Field(&["CreatedProcessCommandLine"])),
            ("IntegrityLevel", Field(&["CreatedProcessIntegrityLevel"])),
            ("SignatureStatus", Field(&["CreatedProcessSignatureStatus"])),
            ("OriginalFilename", Field(&["CreatedProcessVersionInfoOriginalFileName"])),
            ("Company", Field(&["CreatedProcessVersionInfoCompanyName"])),
            ("Product", Field(&["CreatedProcessVersionInfoProductName"])),
            ("External", WEB),
            ("ParentPath", Located(&["InitiatingProcessImageFilePath"], &["InitiatingProcessName"])),
            ("ParentFilename", Field(&["InitiatingProcessName"])),
            ("ParentPid", Number(&["InitiatingProcessId"])),
            ("ParentGuid", Guid(&["InitiatingProcessStartKey"])),
            ("ParentMd5", Field(&["InitiatingProcessImageMd5"])),
            ("ParentSha1", Field(&["InitiatingProcessImageSha1"])),
            ("ParentSha256", Field(&["InitiatingProcessImageSha256"])),
            ("ParentCommandLine", Field(&["Process_CommandLine"])),
            ("ParentOriginalFilename", Field(&["InitiatingProcessVersionInfoOriginalFileName"])),
        ],
        &[],
    ),
    rule(
        &[Condition::Is(ACTION, &["ImageLoaded"])],
        "process",
        &[
            ("Operation", Always("load")),
            ("ChildPath", PATH),
            ("ChildFilename", NAME),
            ("ChildMd5", Field(&["MD5"])),
            ("ChildSha1", Field(&["SHA1"])),
            ("ChildSha256", Field(&["SHA256"])),
            ("ParentCommandLine", ACTING_COMMAND),
            ACTING_SESSION,
            ("RemoteIp", Ip(ACTING_FROM)),
        ],
        INITIATOR,
    ),
    rule(
        &[Condition::Is(ACTION, &["OpenProcessApiCall"])],
        "process",
        &[
            ("Operation", Always("access")),
            ("ChildPath", PATH),
            ("ChildFilename", NAME),
            ("ChildPid", Number(&["ProcessId"])),
            ("ChildGuid", Guid(&["ProcessUniqueId"])),
            ("GrantedAccess", Number(&["AdditionalFields.DesiredAccess"])),
            ("ParentCommandLine", ACTING_COMMAND),
            ACTING_SESSION,
            ("RemoteIp", Ip(ACTING_FROM)),
        ],
        INITIATOR,
    ),
    rule(
        &[Condition::Is(ACTION, &["CreateRemoteThreadApiCall"])],
        "process",
        &[
            ("Operation", Always("thread")),
            ("ChildPath", PATH),
            ("ChildFilename", NAME),
            ("ChildPid", Number(&["ProcessId"])),
            ("ChildGuid", Guid(&["ProcessUniqueId"])),
            ("ParentCommandLine", ACTING_COMMAND),
            ACTING_SESSION,
            ("RemoteIp", Ip(ACTING_FROM)),
        ],
        INITIATOR,
    ),
    rule(
        &[Condition::Is(ACTION, &["DriverLoad"])],
        "system",
        &[("Kind", Always("driver")), ("Operation", Always("load")), ("Name", NAME), ("Value", PATH)],
        INITIATOR,
    ),
    rule(&[Condition::Is(ACTION, &["FileCreated", "FileModified", "FileDeleted", "FileRenamed"])], "file", FILE, INITIATOR),
    rule(
        &[Condition::Is(ACTION, &["RegistryKeyCreated", "RegistryKeyDeleted", "RegistryKeyRenamed", "RegistryValueSet", "RegistryValueDeleted"])],
        "registry",
        &[
            (
                "Operation",
                Word(
                    &[ACTION],
                    &[
                        ("RegistryKeyCreated", "create"),
                        ("RegistryKeyDeleted", "delete"),
                        ("RegistryValueDeleted", "delete"),
                        ("RegistryKeyRenamed", "rename"),
                        ("RegistryValueSet", "modify"),
                    ],
                ),
            ),
            ("Key", Key(&["RegistryKey", "PreviousRegistryKey"])),
            ("Value", Field(&["RegistryValueName", "PreviousRegistryValueName"])),
            ("ValueData", Field(&["RegistryValueData"])),
            ("CommandLine", ACTING_COMMAND),
            ACTING_SESSION,
            ("RemoteIp", Ip(ACTING_FROM)),
        ],
        INITIATOR,
    ),
    connection(&[Condition::Is(ACTION, &["ConnectionSuccess", "ConnectionFailed", "ConnectionRequest"])], OUTWARD),
    connection(&[Condition::Is(ACTION, &["InboundConnectionAccepted"])], INWARD),
    connection(&[Condition::Is(ACTION, &["ConnectionAttempt", "ConnectionAcknowledged", "ConnectionFound"])], UNTOLD),
    rule(
        &[Condition::Is(ACTION, &["LogonSuccess", "LogonFailed", "LogonAttempted"])],
        "logon",
        &[
            ("Operation", Always("logon")),
            ("Outcome", Word(&[ACTION], &[("LogonSuccess", "success"), ("LogonFailed", "failure")])),
            ("LoggedUser", User(&[("AccountDomain", "AccountName")])),
            ("TargetUser", Field(&["AccountName"])),
            ("TargetDomain", Field(&["AccountDomain"])),
            ("LogonId", Session(&["LogonId"])),
            (
                "LogonType",
                Word(
                    &["LogonType"],
                    &[
                        ("Interactive", "2"),
                        ("Network", "3"),
                        ("Batch", "4"),
                        ("Service", "5"),
                        ("Unlock", "7"),
                        ("NetworkCleartext", "8"),
                        ("NewCredentials", "9"),
                        ("RemoteInteractive", "10"),
                        ("CachedInteractive", "11"),
                        ("CachedRemoteInteractive", "12"),
                        ("CachedUnlock", "13"),
                    ],
                ),
            ),
            ("RemoteIp", Ip(&["RemoteIP"])),
            ("RemoteHost", Field(&["RemoteDeviceName"])),
            ("AuthPackage", Field(&["Protocol"])),
        ],
        ACTING,
    ),
];
