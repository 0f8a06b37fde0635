//! The Security log apart from logons: processes, objects, registry values, shares, connections, and changes to the system.

use super::{Condition, From, From::*, Rule};

const CHANNEL: &str = "security";

pub(super) const SUBJECT: From = First(&[User(&[("SubjectDomainName", "SubjectUserName")]), WellKnown(&["SubjectUserSid"])]);
const SUBJECT_SESSION: From = Session(&["SubjectLogonId"]);

/// Where a collector put its own word for the process that logs in the place of an id, the message still has it.
pub(super) const IN_MESSAGE: From = LinePid(&["Message"], "Process ID:");

/// The process that acts is `ProcessName`; its id is hexadecimal here.
const ACTOR: &[(&str, From)] = &[
    ("LoggedUser", SUBJECT),
    ("LogonId", SUBJECT_SESSION),
    ("ParentPath", Field(&["ProcessName"])),
    ("ParentFilename", Name(&["ProcessName"])),
    ("ParentPid", First(&[Pid(&["ProcessId"]), IN_MESSAGE])),
];

/// Changes to the system name the caller in several ways.
const CALLER: &[(&str, From)] = &[
    ("LoggedUser", SUBJECT),
    ("ParentPath", Field(&["CallerProcessName", "ProcessName"])),
    ("ParentFilename", Name(&["CallerProcessName", "ProcessName"])),
    ("ParentPid", Pid(&["ClientProcessId", "CallerProcessId", "ProcessId"])),
];

const fn rule(ids: &'static [i64], table: &'static str, columns: &'static [(&'static str, From)], actor: &'static [(&'static str, From)]) -> Rule {
    Rule { channel: CHANNEL, ids, when: &[], table, columns, actor }
}

macro_rules! object_rule {
    ($types:expr, $table:literal, $columns:expr) => {
        Rule { channel: CHANNEL, ids: &[4656, 4663], when: &[Condition::Is("ObjectType", $types)], table: $table, columns: $columns, actor: ACTOR }
    };
}

macro_rules! system_rule {
    ($ids:expr, $kind:literal, $operation:literal, $name:expr, $value:expr, $account:expr, $sid:expr) => {
        rule(
            $ids,
            "system",
            &[("Kind", Always($kind)), ("Operation", Always($operation)), ("Name", $name), ("Value", $value), ("Account", $account), ("AccountSid", $sid)],
            CALLER,
        )
    };
}

macro_rules! account_rule {
    ($ids:expr, $operation:literal) => {
        account_rule!($ids, $operation, Codes(&["UserAccountControl"]))
    };
    ($ids:expr, $operation:literal, $value:expr) => {
        system_rule!($ids, "account", $operation, Field(TARGET), $value, TARGET_ACCOUNT, Field(TARGET_SID))
    };
}

macro_rules! task_rule {
    ($id:literal, $operation:literal) => {
        system_rule!(
            &[$id],
            "task",
            $operation,
            Field(&["TaskName"]),
            Field(TASK),
            First(&[UserPattern(TASK, PRINCIPAL), UserPattern(TASK, GROUP)]),
            First(&[Pattern(TASK, PRINCIPAL_SID), Pattern(TASK, GROUP_SID)])
        )
    };
}

macro_rules! member_rule {
    ($ids:expr, $operation:literal) => {
        system_rule!(
            $ids,
            "group",
            $operation,
            Field(TARGET),
            Field(&["TargetDomainName"]),
            First(&[Field(&["MemberName"]), Field(&["MemberSid"])]),
            Field(&["MemberSid"])
        )
    };
}

const TASK: &[&str] = &["TaskContent", "TaskContentNew"];
/// The account that a task runs as, not one that a trigger waits for. Some collectors escape the XML.
const PRINCIPAL: &str = r"(?s)(?:<|&lt;)Principal\b.*?(?:<|&lt;)UserId(?:>|&gt;)\s*([^<&]+?)\s*(?:<|&lt;)/UserId";
const PRINCIPAL_SID: &str = r"(?s)(?:<|&lt;)Principal\b.*?(?:<|&lt;)UserId(?:>|&gt;)\s*(S-1-[0-9-]+)\s*(?:<|&lt;)";
const GROUP: &str = r"(?s)(?:<|&lt;)Principal\b.*?(?:<|&lt;)GroupId(?:>|&gt;)\s*([^<&]+?)\s*(?:<|&lt;)/GroupId";
const GROUP_SID: &str = r"(?s)(?:<|&lt;)Principal\b.*?(?:<|&lt;)GroupId(?:>|&gt;)\s*(S-1-[0-9-]+)\s*(?:<|&lt;)";

/// What a change of an account may change.
const ATTRIBUTES: &[&str] = &[
    "UserAccountControl",
    "SamAccountName",
    "DisplayName",
    "UserPrincipalName",
    "HomeDirectory",
    "HomePath",
    "ScriptPath",
    "ProfilePath",
    "UserWorkstations",
    "PasswordLastSet",
    "AccountExpires",
    "PrimaryGroupId",
    "AllowedToDelegateTo",
    "UserParameters",
    "SidHistory",
    "LogonHours",
    "DnsHostName",
    "ServicePrincipalNames",
];

const NOTHING: From = Field(&[]);
const OBJECT: &[&str] = &["ObjectName"];
const MASK: From = Hex(&["AccessMask"]);
const TARGET: &[&str] = &["TargetUserName", "OldTargetUserName", "SamAccountName"];
const TARGET_ACCOUNT: From = User(&[("TargetDomainName", "TargetUserName"), ("TargetDomainName", "OldTargetUserName")]);
const TARGET_SID: &[&str] = &["TargetSid", "TargetUserSid"];
const APPLICATION: &[&str] = &["Application"];

macro_rules! connection_rule {
    ($id:literal, $state:expr) => {
        rule(
            &[$id],
            "network",
            &[
                ("LocalIp", Ip(&["SourceAddress"])),
                ("LocalPort", Number(&["SourcePort"])),
                ("RemoteIp", Ip(&["DestAddress"])),
                ("RemotePort", Number(&["DestPort"])),
                ("Protocol", Protocol(&["Protocol"])),
                ("Initiated", Word(&["Direction"], &[("%%14593", "true"), ("%%14592", "false"), ("Outbound", "true"), ("Inbound", "false")])),
                ("ConnState", $state),
                ("ParentPath", Field(APPLICATION)),
                ("ParentFilename", Name(APPLICATION)),
                ("ParentPid", First(&[IN_MESSAGE, Pid(&["ProcessId", "ProcessID"])])),
            ],
            &[],
        )
    };
}

pub(super) const RULES: &[Rule] = &[
    rule(
        &[4688],
        "process",
        &[
            ("Operation", Always("create")),
            ("LoggedUser", First(&[User(&[("TargetDomainName", "TargetUserName")]), SUBJECT])),
            ("LogonId", Session(&["TargetLogonId", "SubjectLogonId"])),
            ("ChildPath", Field(&["NewProcessName"])),
            ("ChildFilename", Name(&["NewProcessName"])),
            ("ChildPid", Number(&["NewProcessId"])),
            ("CommandLine", Field(&["CommandLine"])),
            ("ParentPath", Field(&["ParentProcessName"])),
            ("ParentFilename", Name(&["ParentProcessName"])),
            ("ParentPid", Number(&["ProcessId"])),
            (
                "IntegrityLevel",
                Word(
                    &["MandatoryLabel"],
                    &[
                        ("S-1-16-0", "Untrusted"),
                        ("S-1-16-4096", "Low"),
                        ("S-1-16-8192", "Medium"),
                        ("S-1-16-8448", "Medium Plus"),
                        ("S-1-16-12288", "High"),
                        ("S-1-16-16384", "System"),
                        ("S-1-16-20480", "Protected"),
                    ],
                ),
            ),
        ],
        &[],
    ),
    rule(
        &[4689],
        "process",
        &[
            ("Operation", Always("kill")),
            ("LoggedUser", SUBJECT),
            ("LogonId", SUBJECT_SESSION),
            ("ChildPath", Field(&["ProcessName"])),
            ("ChildFilename", Name(&["ProcessName"])),
            ("ChildPid", Number(&["ProcessId"])),
        ],
        &[],
    ),
    object_rule!(
        &["Process"],
        "process",
        &[("Operation", Always("access")), ("ChildPath", Field(OBJECT)), ("ChildFilename", Name(OBJECT)), ("GrantedAccess", MASK)]
    ),
    object_rule!(
        &["File"],
        "file",
        &[
            ("Operation", Always("access")),
            ("ChildPath", Field(OBJECT)),
            ("ChildFilename", Name(OBJECT)),
            ("FileClass", FileClass(OBJECT)),
            ("GrantedAccess", MASK),
        ]
    ),
    object_rule!(&["Key"], "registry", &[("Operation", Always("access")), ("Key", Key(OBJECT)), ("GrantedAccess", MASK)]),
    rule(
        &[4657],
        "registry",
        &[
            ("Operation", Word(&["OperationType"], &[("%%1906", "delete"), ("*", "modify")])),
            ("Key", Key(OBJECT)),
            ("Value", Field(&["ObjectValueName"])),
            ("ValueData", Field(&["NewValue"])),
        ],
        ACTOR,
    ),
    rule(
        &[5140, 5145],
        "file",
        &[
            ("Operation", Always("access")),
            ("LoggedUser", SUBJECT),
            ("LogonId", SUBJECT_SESSION),
            ("ChildPath", Share),
            ("ChildFilename", ShareName),
            ("FileClass", FileClass(&["RelativeTargetName"])),
            ("GrantedAccess", MASK),
            ("RemoteIp", Ip(&["IpAddress"])),
            // Shares are reached through network logons only.
            ("RemoteSession", Yes),
        ],
        &[],
    ),
    connection_rule!(5156, NOTHING),
    connection_rule!(5157, Always("blocked")),
    system_rule!(&[4697], "service", "create", Field(&["ServiceName"]), Field(&["ServiceFileName"]), Field(&["ServiceAccount"]), NOTHING),
    task_rule!(4698, "create"),
    task_rule!(4699, "delete"),
    task_rule!(4700, "enable"),
    task_rule!(4701, "disable"),
    task_rule!(4702, "modify"),
    account_rule!(&[4720, 4741], "create"),
    account_rule!(&[4722], "enable"),
    account_rule!(&[4723, 4724], "reset"),
    account_rule!(&[4725], "disable"),
    account_rule!(&[4726, 4743], "delete"),
    account_rule!(&[4738, 4742], "modify", Changes(ATTRIBUTES)),
    // The domain field of a lock-out is the computer that caused it.
    system_rule!(&[4740], "account", "lock", Field(TARGET), Field(&["TargetDomainName"]), Field(TARGET), Field(TARGET_SID)),
    system_rule!(&[4781], "account", "rename", Field(&["OldTargetUserName"]), Field(&["NewTargetUserName"]), TARGET_ACCOUNT, Field(TARGET_SID)),
    member_rule!(&[4728, 4732, 4756], "member_add"),
    member_rule!(&[4729, 4733, 4757], "member_remove"),
    system_rule!(&[4798], "group", "list", Field(TARGET), NOTHING, TARGET_ACCOUNT, Field(TARGET_SID)),
    system_rule!(&[4799], "group", "list", Field(TARGET), Field(&["TargetDomainName"]), NOTHING, Field(TARGET_SID)),
    rule(
        &[1102],
        "system",
        &[
            ("Kind", Always("log")),
            ("Operation", Always("clear")),
            ("Name", Always("Security")),
            ("LoggedUser", First(&[SUBJECT, UserPattern(&["Message"], r"Account Name:\s*(\S+)\s+Domain Name:\s*(\S+)")])),
            ("AccountSid", First(&[Field(&["SubjectUserSid"]), Pattern(&["Message"], r"Security ID:\s*(S-[0-9-]+)")])),
        ],
        &[],
    ),
    system_rule!(&[1100], "log", "stop", Always("Security"), NOTHING, NOTHING, NOTHING),
    system_rule!(
        &[4719, 4912],
        "audit",
        "modify",
        Codes(&["CategoryId", "SubcategoryId", "SubcategoryGuid"]),
        Codes(&["AuditPolicyChanges"]),
        Field(&["TargetUserSid"]),
        Field(&["TargetUserSid"])
    ),
    system_rule!(&[4662], "directory", "access", Field(OBJECT), First(&[Codes(&["Properties"]), Codes(&["AccessList"])]), NOTHING, NOTHING),
    system_rule!(&[5136], "directory", "modify", Field(&["ObjectDN"]), Joined(&["AttributeLDAPDisplayName", "AttributeValue"], "="), NOTHING, NOTHING),
];
