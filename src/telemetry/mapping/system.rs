//! Services, tasks, WMI subscriptions and Defender, from their own channels.

use super::{Condition, From, From::*, Rule};

const SYSTEM: &str = "system";
const TASKS: &str = "microsoft-windows-taskscheduler/operational";
const WMI: &str = "microsoft-windows-wmi-activity/operational";
const DEFENDER: &str = "microsoft-windows-windows defender/operational";

const fn rule(channel: &'static str, ids: &'static [i64], columns: &'static [(&'static str, From)]) -> Rule {
    Rule { channel, ids, when: &[], table: "system", columns, actor: &[] }
}

const fn detected(ids: &'static [i64], columns: &'static [(&'static str, From)]) -> Rule {
    Rule { channel: DEFENDER, ids, when: &[], table: "detection", columns, actor: DETECTED }
}

const fn guarded(ids: &'static [i64], columns: &'static [(&'static str, From)]) -> Rule {
    Rule { channel: DEFENDER, ids, when: &[], table: "detection", columns, actor: GUARDED }
}

/// Defender's words for what was done to what was found.
pub(super) const DONE: &[(&str, &str)] = &[
    ("Not Applicable", "detected"),
    ("Quarantine", "quarantined"),
    ("Remove", "removed"),
    ("Clean", "removed"),
    ("Delete", "removed"),
    ("Block", "blocked"),
    ("Allow", "allowed"),
    ("No Action", "none"),
    ("NoAction", "none"),
    ("Ignore", "none"),
    ("UserDefined", "none"),
];

const ACTION: From = First(&[Word(&["Action Name", "Action"], DONE), Word(&["Action Name", "Action"], &[("*", "detected")])]);

const DETECTED: &[(&str, From)] = &[
    ("LoggedUser", User(&[("", "Detection User"), ("Domain", "User")])),
    ("Threat", Field(&["Threat Name"])),
    ("Severity", Field(&["Severity Name"])),
    ("WinningTech", Field(&["Source Name", "Detection Source", "Scan Type"])),
    ("DetectionId", Field(&["Detection ID", "Scan ID"])),
    ("ChildPath", Resource(PATH)),
    ("ChildFilename", ResourceName(PATH)),
    ("ParentPath", ACTING_PATH),
    ("ParentFilename", ACTING_NAME),
];

/// These name the rule that fired, and no threat.
const GUARDED: &[(&str, From)] = &[
    ("LoggedUser", User(&[("", "User")])),
    ("Threat", Field(&["ID"])),
    ("ChildPath", Field(PATH)),
    ("ChildFilename", Name(PATH)),
    ("ParentPath", ACTING_PATH),
    ("ParentFilename", ACTING_NAME),
];

const fn alert(ids: &'static [i64], columns: &'static [(&'static str, From)], actor: &'static [(&'static str, From)]) -> Rule {
    Rule { channel: DEFENDER, ids, when: &[], table: "ioa", columns, actor }
}

/// An alert is what was found; what was done about it later is a detection's. The product gives no technique and no weight.
const FOUND: &[(&str, From)] = &[
    ("huntingRule", Field(&["Threat Name"])),
    ("id", Field(&["Detection ID", "Scan ID"])),
    ("timeStamp", Field(&["Detection Time"])),
    ("severity", Field(&["Severity Name"])),
    // Severe is the highest of its four.
    ("critical", Word(&["Severity Name"], &[("Severe", "true"), ("*", "false")])),
    ("details", Joined(&["Category Name", "Path"], ": ")),
];

/// Rules that watch behaviour are known by their GUID.
const GUARD: &[(&str, From)] = &[("huntingRule", Field(&["ID"])), ("details", Joined(&["Process Name", "Path"], ": "))];

// "Unknown" is no process.
const ACTING_PATH: From = Pattern(&["Process Name"], r"^(.*\\.*)$");
const ACTING_NAME: From = NamePattern(&["Process Name"], r"^(.*\\.*)$");

macro_rules! task_rule {
    ($id:literal, $operation:literal) => {
        rule(
            TASKS,
            &[$id],
            &[
                ("Kind", Always("task")),
                ("Operation", Always($operation)),
                ("Name", Field(&["TaskName"])),
                ("LoggedUser", TASK_USER),
                ("Account", TASK_USER),
                ("AccountSid", Pattern(&["UserContext", "UserName"], "^(S-1-[0-9-]+)$")),
            ],
        )
    };
}

const TASK_USER: From = User(&[("", "UserContext"), ("", "UserName")]);
const PATH: &[&str] = &["Path"];
const STATE: From = First(&[Field(&["param2"]), Pattern(&["Message"], "entered the (.+) state")]);

const SERVICE_ACCOUNT: From = Pattern(&["Message"], r"Service Account:[ \t]*([^\r\n]+)");

/// A collector that writes one of these means by `AccountName` who logged the record, and the service's own account is lost but for the message.
const COLLECTORS: &[&str] = &["User", "Computer", "Domain", "Alias", "Well Known Group", "Deleted Account", "Invalid", "Unknown"];

macro_rules! installed_rule {
    ($condition:expr, $account:expr) => {
        Rule {
            channel: SYSTEM,
            ids: &[7045],
            when: &[$condition],
            table: "system",
            columns: &[
                ("Kind", Always("service")),
                ("Operation", Always("create")),
                ("Name", First(&[Field(&["ServiceName", "param1"]), Pattern(&["Message"], r"Service Name:[ \t]*([^\r\n]+)")])),
                ("Value", First(&[Field(&["ImagePath", "param2"]), Pattern(&["Message"], r"Service File Name:[ \t]*([^\r\n]+)")])),
                ("Account", $account),
            ],
            actor: &[],
        }
    };
}

pub(super) const RULES: &[Rule] = &[
    installed_rule!(Condition::Is("AccountType", COLLECTORS), First(&[SERVICE_ACCOUNT, Field(&["param5"])])),
    installed_rule!(Condition::Not("AccountType", COLLECTORS), First(&[SERVICE_ACCOUNT, Field(&["AccountName", "param5"])])),
    rule(
        SYSTEM,
        &[7036],
        &[
            ("Kind", Always("service")),
            (
                "Operation",
                First(&[
                    Word(&["param2"], &[("running", "start"), ("stopped", "stop")]),
                    WordPattern(&["Message"], "entered the (.+) state", &[("running", "start"), ("stopped", "stop")]),
                    Always("modify"),
                ]),
            ),
            ("Name", First(&[Field(&["param1"]), Pattern(&["Message"], "^The (.+) service entered")])),
            ("Value", STATE),
        ],
    ),
    rule(
        SYSTEM,
        &[7040],
        &[
            ("Kind", Always("service")),
            ("Operation", Always("modify")),
            ("Name", First(&[Field(&["param4", "param1"]), Pattern(&["Message"], "start type of the (.+) service was changed")])),
            ("Value", First(&[Field(&["param3"]), Pattern(&["Message"], r"was changed from .+ to (.+?)\.?\s*$")])),
        ],
    ),
    rule(
        SYSTEM,
        &[104],
        &[
            ("Kind", Always("log")),
            ("Operation", Always("clear")),
            ("Name", First(&[Pattern(&["Message"], "^The (.+?) log file was cleared"), Field(&["Channel"])])),
            ("Value", Field(&["BackupPath"])),
            ("LoggedUser", User(&[("SubjectDomainName", "SubjectUserName")])),
        ],
    ),
    Rule {
        channel: SYSTEM,
        ids: &[6009],
        when: &[],
        table: "machine",
        columns: &[("@Os", Pattern(&["Message"], r"Windows[^0-9]*([0-9.]+\s+[0-9]+)"))],
        actor: &[],
    },
    task_rule!(106, "create"),
    task_rule!(140, "modify"),
    task_rule!(141, "delete"),
    rule(
        WMI,
        &[5861],
        &[
            ("Kind", Always("wmi")),
            ("Operation", Always("create")),
            ("Name", First(&[Field(&["ESS"]), Pattern(&["Message"], r"Eventfilter = (.+?)(?: \(refer to|;)")])),
            ("Value", First(&[Field(&["PossibleCause"]), Pattern(&["Message"], r"(?s)PossibleCause = (.+)$"), Field(&["CONSUMER"])])),
        ],
    ),
    detected(&[1006, 1007, 1015, 1116, 1117], &[("Action", ACTION)]),
    // What could not be done stopped nothing, whatever was meant to be done.
    detected(&[1008, 1012, 1118, 1119], &[("Action", Always("failed"))]),
    detected(&[1009], &[("Action", Always("allowed"))]),
    detected(&[1011], &[("Action", Always("removed"))]),
    // Rules that stop behaviour, or only watch it: attack surface, folders, networks.
    guarded(&[1121], &[("Action", Always("blocked")), ("WinningTech", Always("Attack Surface Reduction"))]),
    guarded(&[1122], &[("Action", Always("detected")), ("WinningTech", Always("Attack Surface Reduction"))]),
    guarded(&[1123, 1127], &[("Action", Always("blocked")), ("WinningTech", Always("Controlled Folder Access"))]),
    guarded(&[1124, 1128], &[("Action", Always("detected")), ("WinningTech", Always("Controlled Folder Access"))]),
    guarded(&[1126], &[("Action", Always("blocked")), ("WinningTech", Always("Network Protection"))]),
    guarded(&[1125], &[("Action", Always("detected")), ("WinningTech", Always("Network Protection"))]),
    alert(&[1006, 1015, 1116], &[("status", ACTION)], FOUND),
    alert(&[1121, 1123, 1126, 1127], &[("status", Always("blocked"))], GUARD),
    alert(&[1122, 1124, 1125, 1128], &[("status", Always("detected"))], GUARD),
    rule(DEFENDER, &[5001], &[("Kind", Always("sensor")), ("Operation", Always("stop")), ("Name", Always("Defender")), ("Value", Field(&["Product Name"]))]),
    rule(
        DEFENDER,
        &[5007],
        &[
            ("Kind", Always("sensor")),
            ("Operation", Always("modify")),
            ("Name", Always("Defender")),
            ("Value", First(&[Field(&["New Value"]), Pattern(&["Message"], r"New value:[ \t]*([^\r\n]+)"), Field(&["Old Value"])])),
        ],
    ),
];
