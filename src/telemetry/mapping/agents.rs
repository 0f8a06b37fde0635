//! osquery, whose results say what is there that was not, or the other way; and logons to the console that CloudTrail tells.

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

pub(super) const RULES: &[Rule] = &[
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
