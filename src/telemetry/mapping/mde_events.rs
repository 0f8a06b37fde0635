//! What Defender for Endpoint tells beside its tables of processes, files, registry, connections and logons: of each action, in fields of its own.

use super::mde::{ACTING, ACTION, INITIATOR, NAME, PATH, rule};
use super::system::DONE;
use super::{Condition, From, From::*, Rule};

/// A change to the system, of one kind.
const fn change(actions: &'static [Condition], columns: &'static [(&'static str, From)]) -> Rule {
    rule(actions, "system", columns, INITIATOR)
}

const TASK: From = Field(&["AdditionalFields.TaskName"]);
const TASK_CONTENT: &[&str] = &["AdditionalFields.TaskContent"];
const PIPE: &[&str] = &["AdditionalFields.PipeName"];
const THREAT: &[&str] = &["AdditionalFields.ThreatName"];

/// A detection has less of who brought what was found.
const DETECTED: &[(&str, From)] = &[INITIATOR[0], INITIATOR[1], INITIATOR[2], INITIATOR[4]];

pub(super) const RULES: &[Rule] = &[
    rule(
        &[Condition::Is(ACTION, &["DnsQueryResponse"])],
        "dns",
        &[
            ("Query", Field(&["AdditionalFields.DnsQueryString"])),
            ("Answers", Each(&["AdditionalFields.DnsQueryResult"], &["Result"], ";")),
            ("Status", Number(&["AdditionalFields.DnsQueryStatus"])),
        ],
        INITIATOR,
    ),
    // What the sensor read off the wire has the fields of Zeek, and no process.
    rule(
        &[Condition::Is(ACTION, &["DnsConnectionInspected"]), Condition::Is("AdditionalFields.query", &["*"])],
        "dns",
        &[
            ("Query", Field(&["AdditionalFields.query"])),
            ("QueryType", Field(&["AdditionalFields.qtype_name"])),
            ("Answers", List(&["AdditionalFields.answers"], ";")),
            ("Status", Number(&["AdditionalFields.rcode"])),
        ],
        INITIATOR,
    ),
    rule(&[Condition::Is(ACTION, &["PowerShellCommand"])], "script", &[("ScriptText", Field(&["AdditionalFields.Command"]))], INITIATOR),
    rule(
        &[Condition::Is(ACTION, &["AntivirusDetection", "AntivirusMalwareBlocked", "AntivirusMalwareActionFailed"])],
        "detection",
        &[
            ("Threat", Field(THREAT)),
            ("Severity", Field(&["AdditionalFields.Severity"])),
            (
                "Action",
                First(&[
                    Word(&[ACTION], &[("AntivirusMalwareBlocked", "blocked"), ("AntivirusMalwareActionFailed", "failed")]),
                    Word(&["AdditionalFields.Action"], DONE),
                    WordPattern(&["AdditionalFields.WasRemediated"], "(?i)^(true|1)$", &[("*", "removed")]),
                    Always("detected"),
                ]),
            ),
            ("WinningTech", Field(&["AdditionalFields.ReportSource"])),
            ("DetectionId", Field(&["AdditionalFields.DetectionGuid", "ReportId"])),
            ("ChildPath", PATH),
            ("ChildFilename", NAME),
            ("ChildMd5", Field(&["MD5"])),
        ],
        DETECTED,
    ),
    change(
        &[Condition::Is(ACTION, &["ScheduledTaskCreated", "ScheduledTaskUpdated", "ScheduledTaskDeleted", "ScheduledTaskEnabled", "ScheduledTaskDisabled"])],
        &[
            ("Kind", Always("task")),
            (
                "Operation",
                Word(
                    &[ACTION],
                    &[
                        ("ScheduledTaskCreated", "create"),
                        ("ScheduledTaskUpdated", "modify"),
                        ("ScheduledTaskDeleted", "delete"),
                        ("ScheduledTaskEnabled", "enable"),
                        ("ScheduledTaskDisabled", "disable"),
                    ],
                ),
            ),
            ("Name", TASK),
            ("Value", Field(TASK_CONTENT)),
        ],
    ),
    change(
        &[Condition::Is(ACTION, &["ServiceInstalled"])],
        &[
            ("Kind", Always("service")),
            ("Operation", Always("create")),
            ("Name", First(&[Field(&["AdditionalFields.ServiceName"]), NAME])),
            ("Value", First(&[Field(&["ProcessCommandLine"]), PATH])),
            ("Account", Field(&["AdditionalFields.ServiceAccount"])),
        ],
    ),
    change(
        &[Condition::Is(ACTION, &["NamedPipeEvent"])],
        &[
            ("Kind", Always("pipe")),
            // Whoever makes one is its server; all others open it.
            ("Operation", First(&[WordPattern(&["AdditionalFields.FileOperation"], "(?i)(creat)", &[("*", "create")]), Always("connect")])),
            ("Name", First(&[Pattern(PIPE, r"(?i)^\\Device\\NamedPipe(\\.+)$"), Field(PIPE)])),
        ],
    ),
    change(
        &[Condition::Is(ACTION, &["UserAccountCreated", "UserAccountDeleted", "UserAccountModified"])],
        &[
            ("Kind", Always("account")),
            ("Operation", Word(&[ACTION], &[("UserAccountCreated", "create"), ("UserAccountDeleted", "delete"), ("UserAccountModified", "modify")])),
            ("Name", Field(&["AccountName"])),
            ("Account", User(&[("AccountDomain", "AccountName")])),
            ("AccountSid", Field(&["AccountSid"])),
            // The account that acted is the process'; this row's own is the one that was changed.
            ("LoggedUser", User(&[("InitiatingProcessAccountDomain", "InitiatingProcessAccountName")])),
        ],
    ),
    rule(
        &[Condition::Is(ACTION, &["SecurityLogCleared"])],
        "system",
        &[
            ("Kind", Always("log")),
            ("Operation", Always("clear")),
            ("Name", Always("Security")),
            ("LoggedUser", User(&[("AccountDomain", "AccountName"), ("InitiatingProcessAccountDomain", "InitiatingProcessAccountName")])),
        ],
        ACTING,
    ),
];
