//! osquery, whose results say what is there that was not, or the other way: processes, sockets, files,
//! logons, commands; and logons to the console that CloudTrail tells.

use super::{Condition, From, From::*, Rule};

const PATH: &[&str] = &["columns.path"];
const NAME: From = First(&[Name(PATH), Field(&["columns.name"])]);
const USER: From = User(&[("", "columns.username"), ("", "columns.user")]);

const fn process(when: &'static [Condition], operation: &'static [(&'static str, From)]) -> Rule {
    Rule {
        channel: "osquery/",
        ids: &[],
        when,
        table: "process",
        columns: operation,
        actor: &[
            ("LoggedUser", USER),
            ("ChildPath", Field(PATH)),
            ("ChildFilename", NAME),
            ("ChildPid", Number(&["columns.pid"])),
            ("ChildMd5", Field(&["columns.md5"])),
            ("ChildSha1", Field(&["columns.sha1"])),
            ("ChildSha256", Field(&["columns.sha256"])),
            ("CommandLine", Field(&["columns.cmdline"])),
            ("CurrentDirectory", Field(&["columns.cwd"])),
            ("ParentPid", Number(&["columns.parent"])),
            ("ParentCommandLine", Field(&["columns.pcmdline"])),
        ],
    }
}

const IS_PROCESS: [Condition; 3] =
    [Condition::Is("columns.pid", &["*"]), Condition::Is("columns.parent", &["*"]), Condition::Not("columns.remote_address", &["*"])];

const FILE: &[&str] = &["columns.target_path"];
const ADDRESS: &str = r"^([0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$";

/// What the system's own log of logons, and the list of who is on, say of them.
const fn logon(when: &'static [Condition], columns: &'static [(&'static str, From)]) -> Rule {
    Rule {
        channel: "osquery/",
        ids: &[],
        when,
        table: "logon",
        columns,
        actor: &[
            ("LoggedUser", USER),
            ("TargetUser", Field(&["columns.username", "columns.user"])),
            ("RemoteIp", Pattern(&["columns.host"], ADDRESS)),
            ("RemoteHost", Pattern(&["columns.host"], r"^(.*[A-Za-z].*\..*|[^.:]+)$")),
            ("ParentPid", Number(&["columns.pid"])),
            ("ParentFilename", Field(&["columns.name"])),
        ],
    }
}

pub(super) const RULES: &[Rule] = &[
    logon(
        &[Condition::Is("action", &["added"]), Condition::Is("columns.tty", &["*"]), Condition::Is("columns.type_name", &["user-process"])],
        &[("Operation", Always("logon")), ("Outcome", Always("success"))],
    ),
    // Who came stands in the log as well.
    logon(
        &[Condition::Is("action", &["removed"]), Condition::Is("columns.tty", &["*"]), Condition::Is("columns.type", &["user"])],
        &[("Operation", Always("logoff"))],
    ),
    // Whose a file is, is told; who changed it is not.
    Rule {
        channel: "osquery/",
        ids: &[],
        when: &[Condition::Is("action", &["added"]), Condition::Is("columns.target_path", &["*"]), Condition::Is("columns.action", &["*"])],
        table: "file",
        columns: &[
            (
                "Operation",
                Word(
                    &["columns.action"],
                    &[
                        ("CREATED", "create"),
                        ("UPDATED", "modify"),
                        ("ATTRIBUTES_MODIFIED", "modify"),
                        ("DELETED", "delete"),
                        ("MOVED_FROM", "rename"),
                        ("MOVED_TO", "rename"),
                        ("ACCESSED", "access"),
                        ("OPENED", "access"),
                    ],
                ),
            ),
            ("ChildPath", Field(FILE)),
            ("ChildFilename", Name(FILE)),
            ("FileClass", FileClass(FILE)),
            ("ChildMd5", Field(&["columns.md5"])),
            ("ChildSha1", Field(&["columns.sha1"])),
            ("ChildSha256", Field(&["columns.sha256"])),
            ("Size", Number(&["columns.size"])),
        ],
        actor: &[],
    },
    // What leaves the history of a shell was no less typed, but long ago.
    Rule {
        channel: "osquery/",
        ids: &[],
        when: &[Condition::Is("action", &["added"]), Condition::Is("columns.history_file", &["*"]), Condition::Is("columns.command", &["*"])],
        table: "script",
        columns: &[
            ("ScriptText", Field(&["columns.command"])),
            ("LoggedUser", USER),
            ("ParentPath", Field(&["columns.shell"])),
            ("ParentFilename", Name(&["columns.shell"])),
        ],
        actor: &[],
    },
    process(&[Condition::Is("action", &["added"]), IS_PROCESS[0], IS_PROCESS[1], IS_PROCESS[2]], &[("Operation", Always("create"))]),
    process(&[Condition::Is("action", &["removed"]), IS_PROCESS[0], IS_PROCESS[1], IS_PROCESS[2]], &[("Operation", Always("kill"))]),
    Rule {
        channel: "osquery/",
        ids: &[],
        when: &[
            Condition::Is("action", &["added"]),
            Condition::Is("columns.remote_address", &["*"]),
            Condition::Not("columns.remote_address", &["0.0.0.0", "::", "*:*"]),
        ],
        table: "network",
        columns: &[
            ("LocalIp", Ip(&["columns.local_address"])),
            ("LocalPort", Number(&["columns.local_port"])),
            ("RemoteIp", Ip(&["columns.remote_address"])),
            ("RemotePort", Number(&["columns.remote_port"])),
            ("Protocol", Protocol(&["columns.protocol"])),
            ("ConnState", Field(&["columns.state"])),
            ("LoggedUser", USER),
            ("ParentPid", Number(&["columns.pid"])),
            ("ParentPath", Field(PATH)),
            ("ParentFilename", NAME),
        ],
        actor: &[],
    },
    Rule {
        channel: "cloudtrail/signin.amazonaws.com",
        ids: &[],
        when: &[Condition::Is("eventName", &["ConsoleLogin"])],
        table: "logon",
        columns: &[
            ("Operation", Always("logon")),
            ("Outcome", Word(&["responseElements.ConsoleLogin"], &[("Success", "success"), ("*", "failure")])),
            ("LoggedUser", Field(&["userIdentity.userName", "userIdentity.arn"])),
            ("TargetUser", Field(&["userIdentity.userName", "userIdentity.arn"])),
            ("TargetDomain", Field(&["userIdentity.accountId"])),
            ("RemoteIp", Ip(&["sourceIPAddress"])),
        ],
        actor: &[],
    },
];
