//! Logons, tickets and credential checks of the Security log.

use super::{
    Condition, From,
    From::*,
    Rule,
    security::{IN_MESSAGE, SUBJECT},
};

const TARGET: From = User(&[("TargetDomainName", "TargetUserName")]);
/// The name may hold its domain.
const TARGET_USER: From = AccountName("TargetDomainName", "TargetUserName");
const TARGET_DOMAIN: From = AccountDomain("TargetDomainName", "TargetUserName");

const PROCESS: &[(&str, From)] = &[
    ("RemoteIp", Ip(&["IpAddress"])),
    ("RemoteHost", Field(&["WorkstationName", "Workstation"])),
    ("ParentPath", Field(&["ProcessName"])),
    ("ParentFilename", Name(&["ProcessName"])),
    ("ParentPid", First(&[Pid(&["ProcessId"]), IN_MESSAGE])),
];

/// A ticket service answers success or failure by its status.
const OUTCOME: From = Word(&["Status"], &[("0x0", "success"), ("0", "success"), ("*", "failure")]);

const fn rule(ids: &'static [i64], columns: &'static [(&'static str, From)]) -> Rule {
    Rule { channel: "security", ids, when: &[], table: "logon", columns, actor: PROCESS }
}

macro_rules! ticket_rule {
    ($id:literal, $operation:literal, $outcome:expr) => {
        rule(
            &[$id],
            &[
                ("Operation", Always($operation)),
                ("Outcome", $outcome),
                ("LoggedUser", TARGET),
                ("TargetUser", TARGET_USER),
                // What names no domain asks that of the account for a ticket.
                ("TargetDomain", First(&[TARGET_DOMAIN, Pattern(&["ServiceName"], "(?i)^krbtgt/(.+)$")])),
                ("Status", Hex(&["Status"])),
                ("TicketEncryption", Hex(&["TicketEncryptionType"])),
                ("ServiceName", Field(&["ServiceName"])),
                ("AuthPackage", Always("Kerberos")),
            ],
        )
    };
}

/// What the server of OpenSSH says of those whom it lets in, or not.
const SSH: &[&str] = &["payload"];
const SSH_USER: &str = r"^\w+ \S+ for (?:invalid user )?(\S+) from ";

const SECURE_SHELL: Rule = Rule {
    channel: "openssh/operational",
    ids: &[4],
    when: &[Condition::Begins("payload", &["Accepted ", "Failed "])],
    table: "logon",
    columns: &[
        ("Operation", Always("logon")),
        ("Outcome", WordPattern(SSH, r"^(\w+)", &[("Accepted", "success"), ("Failed", "failure")])),
        ("LoggedUser", UserPattern(SSH, SSH_USER)),
        ("TargetUser", Pattern(SSH, SSH_USER)),
        ("RemoteIp", Pattern(SSH, r" from (\S+) port ")),
        ("AuthPackage", Pattern(SSH, r"^\w+ (\S+) for ")),
        ("ParentFilename", Field(&["process"])),
    ],
    actor: &[],
};

pub(super) const RULES: &[Rule] = &[
    SECURE_SHELL,
    rule(
        &[4624],
        &[
            ("Operation", Always("logon")),
            ("Outcome", Always("success")),
            ("LoggedUser", TARGET),
            ("LogonType", Number(&["LogonType"])),
            ("LogonId", Session(&["TargetLogonId"])),
            ("TargetUser", TARGET_USER),
            ("TargetDomain", TARGET_DOMAIN),
            ("AuthPackage", Field(&["AuthenticationPackageName"])),
            // A machine's own account logs on from the machine.
            ("@Owner", Pattern(&["TargetUserName"], r"^([^@]+)\$(?:@.*)?$")),
            ("@Address", Ip(&["IpAddress"])),
        ],
    ),
    rule(
        &[4625],
        &[
            ("Operation", Always("logon")),
            ("Outcome", Always("failure")),
            ("LoggedUser", TARGET),
            ("LogonType", Number(&["LogonType"])),
            ("TargetUser", TARGET_USER),
            ("TargetDomain", TARGET_DOMAIN),
            ("Status", Hex(&["Status"])),
            ("SubStatus", Hex(&["SubStatus"])),
            ("AuthPackage", Field(&["AuthenticationPackageName"])),
        ],
    ),
    rule(
        &[4634, 4647],
        &[
            ("Operation", Always("logoff")),
            ("Outcome", Always("success")),
            ("LoggedUser", TARGET),
            ("LogonType", Number(&["LogonType"])),
            ("LogonId", Session(&["TargetLogonId"])),
            ("TargetUser", TARGET_USER),
            ("TargetDomain", TARGET_DOMAIN),
        ],
    ),
    rule(
        &[4648],
        &[
            ("Operation", Always("explicit")),
            ("Outcome", Always("success")),
            ("LoggedUser", SUBJECT),
            ("LogonId", Session(&["SubjectLogonId"])),
            ("TargetUser", TARGET_USER),
            ("TargetDomain", TARGET_DOMAIN),
            ("TargetServer", Field(&["TargetServerName", "TargetInfo"])),
        ],
    ),
    rule(
        &[4672],
        &[
            ("Operation", Always("special")),
            ("Outcome", Always("success")),
            ("LoggedUser", SUBJECT),
            ("LogonId", Session(&["SubjectLogonId"])),
            ("TargetUser", Field(&["SubjectUserName"])),
            ("TargetDomain", Field(&["SubjectDomainName"])),
        ],
    ),
    ticket_rule!(4768, "tgt", OUTCOME),
    ticket_rule!(4769, "tgs", OUTCOME),
    ticket_rule!(4771, "preauth", Always("failure")),
    rule(
        &[4776],
        &[
            ("Operation", Always("validation")),
            ("Outcome", OUTCOME),
            ("LoggedUser", TARGET),
            ("TargetUser", TARGET_USER),
            ("TargetDomain", TARGET_DOMAIN),
            ("Status", Hex(&["Status"])),
            ("AuthPackage", Field(&["PackageName"])),
        ],
    ),
];
