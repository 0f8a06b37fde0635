//! Elastic Defend and other agents of Elastic, by the categories of the common schema; and its alerts.

use super::{Condition, From, From::*, Rule};

/// Of all data sets.
const ANY: &str = "elastic/";
const ALERTS: &str = "elastic/endpoint.alerts";
/// Whatever produced them.
const RAISED: &str = "elastic/alerts";

const CATEGORY: &str = "event.category";
const TYPE: &str = "event.type";
const ACTION: &str = "event.action";

/// What happened, and not what is thought of it.
const HAPPENED: Condition = Condition::Not("event.kind", &["alert", "signal", "metric", "state", "pipeline_error", "asset", "enrichment"]);

const EXECUTABLE: &[&str] = &["process.executable"];
const NAME: From = First(&[Name(EXECUTABLE), Field(&["process.name"])]);
const USER: From = User(&[("user.domain", "user.name")]);
const SESSION: From = Session(&["process.Ext.authentication_id", "winlog.logon.id"]);

const ACTOR: &[(&str, From)] = &[
    ("LoggedUser", USER),
    ("ParentGuid", Guid(&["process.entity_id"])),
    ("ParentPath", Field(EXECUTABLE)),
    ("ParentFilename", NAME),
    ("ParentPid", Number(&["process.pid"])),
    ("ParentMd5", Field(&["process.hash.md5"])),
    ("ParentSha1", Field(&["process.hash.sha1"])),
    ("ParentSha256", Field(&["process.hash.sha256"])),
];

const PARENT: &[(&str, From)] = &[
    ("ParentGuid", Guid(&["process.parent.entity_id"])),
    ("ParentPath", Field(&["process.parent.executable"])),
    ("ParentFilename", First(&[Name(&["process.parent.executable"]), Field(&["process.parent.name"])])),
    ("ParentPid", Number(&["process.parent.pid"])),
    ("ParentCommandLine", Field(&["process.parent.command_line"])),
];

const fn rule(when: &'static [Condition], table: &'static str, columns: &'static [(&'static str, From)], actor: &'static [(&'static str, From)]) -> Rule {
    Rule { channel: ANY, ids: &[], when, table, columns, actor }
}

/// Whether a file carries the mark of the web, by its zone, else by where it was downloaded from.
macro_rules! external {
    ($zone:literal, $origins:expr) => {
        First(&[
            WordPattern(&[$zone], "^([34])$", ONE),
            WordPattern(&[$zone], "^([0-2])$", &[("*", "false")]),
            WordPattern($origins, "(?i)^(https?|ftp)://", ONE),
        ])
    };
}

const ONE: &[(&str, &str)] = &[("*", "true")];
const LOGON_TYPE: &[&str] = &["process.Ext.session_info.logon_type"];

macro_rules! process_rule {
    ($when:expr, $operation:literal) => {
        rule(
            $when,
            "process",
            &[
                ("Operation", Always($operation)),
                ("LoggedUser", USER),
                ("LogonId", SESSION),
                ("ChildPath", Field(EXECUTABLE)),
                ("ChildFilename", NAME),
                ("ChildPid", Number(&["process.pid"])),
                ("ChildGuid", Guid(&["process.entity_id"])),
                ("ChildMd5", Field(&["process.hash.md5"])),
                ("ChildSha1", Field(&["process.hash.sha1"])),
                ("ChildSha256", Field(&["process.hash.sha256"])),
                ("ChildImphash", Field(&["process.pe.imphash"])),
                ("CommandLine", Field(&["process.command_line"])),
                ("CurrentDirectory", Field(&["process.working_directory"])),
                (
                    "IntegrityLevel",
                    First(&[Word(
                        &["process.Ext.token.integrity_level_name"],
                        &[("untrusted", "Untrusted"), ("low", "Low"), ("medium", "Medium"), ("high", "High"), ("system", "System"), ("protected", "Protected")],
                    )]),
                ),
                ("Signed", Flag(&["process.code_signature.exists"])),
                ("Signature", Field(&["process.code_signature.subject_name"])),
                ("SignatureStatus", Field(&["process.code_signature.status"])),
                ("OriginalFilename", Field(&["process.pe.original_file_name"])),
                ("Company", Field(&["process.pe.company"])),
                ("Product", Field(&["process.pe.product"])),
                ("RemoteIp", Ip(&["process.Ext.session_info.client_address"])),
                ("RemoteSession", Word(LOGON_TYPE, &[("Network", "true"), ("NetworkCleartext", "true"), ("RemoteInteractive", "true"), ("*", "false")])),
                ("External", external!("process.Ext.windows.zone_identifier", &["process.origin_url", "process.origin_referrer_url"])),
            ],
            PARENT,
        )
    };
}

const API: &str = "process.Ext.api.name";
const SCRIPT: &str = "process.Ext.api.parameters.buffer";
const TARGET: &[&str] = &["Target.process.executable"];

const LOADED: &[&str] = &["dll.path", "file.path"];

const MODULE: &[(&str, From)] = &[
    ("Operation", Always("load")),
    ("ChildPath", Field(LOADED)),
    ("ChildFilename", Name(LOADED)),
    ("ChildMd5", Field(&["dll.hash.md5", "file.hash.md5"])),
    ("ChildSha1", Field(&["dll.hash.sha1", "file.hash.sha1"])),
    ("ChildSha256", Field(&["dll.hash.sha256", "file.hash.sha256"])),
    ("ChildImphash", Field(&["dll.pe.imphash", "file.pe.imphash"])),
    ("Signed", Flag(&["dll.code_signature.exists", "file.code_signature.exists"])),
    ("Signature", Field(&["dll.code_signature.subject_name", "file.code_signature.subject_name"])),
    ("SignatureStatus", Field(&["dll.code_signature.status", "file.code_signature.status"])),
    ("OriginalFilename", Field(&["dll.pe.original_file_name", "file.pe.original_file_name"])),
    ("Company", Field(&["dll.pe.company", "file.pe.company"])),
    ("Product", Field(&["dll.pe.product", "file.pe.product"])),
    ("External", external!("dll.Ext.windows.zone_identifier", &["dll.origin_url", "dll.origin_referrer_url"])),
];

const FILE: &[&str] = &["file.path"];

macro_rules! file_rule {
    ($types:expr, $operation:literal) => {
        rule(
            &[HAPPENED, Condition::Is(CATEGORY, &["file"]), Condition::Is(TYPE, $types), Condition::Not(ACTION, &["rename"])],
            "file",
            &[
                ("Operation", Always($operation)),
                ("ChildPath", Field(FILE)),
                ("ChildFilename", Name(FILE)),
                ("FileClass", FileClass(FILE)),
                ("ChildMd5", Field(&["file.hash.md5"])),
                ("ChildSha1", Field(&["file.hash.sha1"])),
                ("ChildSha256", Field(&["file.hash.sha256"])),
                ("Size", Number(&["file.size"])),
                ("Zone", NumberPattern(&["file.Ext.windows.zone_identifier"], "^([0-4])$")),
                ("External", external!("file.Ext.windows.zone_identifier", &["file.origin_url", "file.origin_referrer_url"])),
            ],
            ACTOR,
        )
    };
}

const OBJECT: &[&str] = &["registry.path"];

macro_rules! registry_rule {
    ($value:expr, $columns:expr) => {
        rule(&[HAPPENED, Condition::Is(CATEGORY, &["registry"]), $value], "registry", $columns, ACTOR)
    };
}

const CHANGE: From = WordPattern(
    &[TYPE, ACTION],
    "(?i)(creation|deletion|change|modification|access|query|rename)",
    &[
        ("creation", "create"),
        ("deletion", "delete"),
        ("change", "modify"),
        ("modification", "modify"),
        ("access", "access"),
        ("query", "access"),
        ("rename", "rename"),
    ],
);

/// What an alert says was done: types that deny it come with those of what was tried.
const STOPPED: From = First(&[
    WordPattern(&["file.Ext.quarantine_result"], "(?i)^(true)$", &[("*", "quarantined")]),
    WordPattern(&[TYPE], r"\b(denied)\b", &[("*", "blocked")]),
    Always("detected"),
]);

const RULE_NAME: From = Field(&["kibana.alert.rule.name", "signal.rule.name", "rule.name", "message"]);
const THREAT: From = First(&[Field(&["rule.name", "file.Ext.malware_signature.primary.signature.name", "threat.indicator.name"]), RULE_NAME]);
const SEVERITY: &[&str] = &["kibana.alert.severity", "signal.rule.severity", "event.severity"];
/// A number out of a hundred, as the Security app puts it in words.
const GRADE: From = First(&[
    Pattern(SEVERITY, "(?i)^(low|medium|high|critical)$"),
    WordPattern(SEVERITY, "^([0-9]|[1-3][0-9]|4[0-6])$", &[("*", "low")]),
    WordPattern(SEVERITY, "^(4[7-9]|[56][0-9]|7[0-2])$", &[("*", "medium")]),
    WordPattern(SEVERITY, "^(7[3-9]|8[0-9]|9[0-8])$", &[("*", "high")]),
    WordPattern(SEVERITY, "^(99|100)$", &[("*", "critical")]),
    Field(SEVERITY),
]);
const ID: From = Field(&["kibana.alert.uuid", "event.id", "_id"]);

macro_rules! ioa_rule {
    ($channel:expr) => {
        Rule {
            channel: $channel,
            ids: &[],
            when: &[],
            table: "ioa",
            columns: &[
                ("huntingRule", RULE_NAME),
                ("id", ID),
                ("timeStamp", Field(&["kibana.alert.original_time", "signal.original_time", "event.created", "@timestamp"])),
                ("severity", GRADE),
                ("critical", First(&[WordPattern(SEVERITY, "(?i)^(critical|99|100)$", &[("*", "true")]), WordPattern(SEVERITY, "(.)", &[("*", "false")])])),
                ("details", Field(&["kibana.alert.reason", "message", "signal.rule.description"])),
                ("mitre", Techniques(&["threat", "threat.technique.id", "threat.technique.subtechnique.id", "kibana.alert.rule.threat", "signal.rule.threat"])),
                ("status", First(&[Field(&["kibana.alert.workflow_status", "signal.status"]), STOPPED])),
                ("weight", Field(&["kibana.alert.risk_score", "signal.rule.risk_score", "event.risk_score"])),
            ],
            actor: &[],
        }
    };
}

pub(super) const RULES: &[Rule] = &[
    process_rule!(&[HAPPENED, Condition::Is(CATEGORY, &["process"]), Condition::Is(TYPE, &["start"])], "create"),
    process_rule!(&[HAPPENED, Condition::Is(CATEGORY, &["process"]), Condition::Is(TYPE, &["end"])], "kill"),
    rule(&[HAPPENED, Condition::Is(CATEGORY, &["library"])], "process", MODULE, ACTOR),
    // Calls into another process.
    rule(
        &[HAPPENED, Condition::Is(API, &["OpenProcess", "OpenThread", "ReadProcessMemory", "WriteProcessMemory"]), Condition::Is("Target.process.pid", &["*"])],
        "process",
        &[
            ("Operation", Always("access")),
            ("ChildPath", Field(TARGET)),
            ("ChildFilename", First(&[Name(TARGET), Field(&["Target.process.name"])])),
            ("ChildPid", Number(&["Target.process.pid"])),
            ("ChildGuid", Guid(&["Target.process.entity_id"])),
            ("GrantedAccess", Number(&["process.Ext.api.parameters.desired_access_numeric"])),
            ("CallTrace", Field(&["process.thread.Ext.call_stack_summary"])),
            ("ParentCommandLine", Field(&["process.command_line"])),
        ],
        ACTOR,
    ),
    // What a script was about to run, as the protection product was asked about it.
    rule(
        &[HAPPENED, Condition::Is(API, &["AmsiScanBuffer", "AmsiScanString"]), Condition::Is(SCRIPT, &["*"])],
        "script",
        &[("ScriptText", Field(&[SCRIPT])), ("Path", Field(&["process.Ext.api.parameters.content_name"]))],
        ACTOR,
    ),
    rule(&[HAPPENED, Condition::Is(CATEGORY, &["driver"])], "process", MODULE, ACTOR),
    rule(
        &[HAPPENED, Condition::Is(CATEGORY, &["driver"])],
        "system",
        &[("Kind", Always("driver")), ("Operation", Always("load")), ("Name", Name(LOADED)), ("Value", Field(LOADED))],
        ACTOR,
    ),
    file_rule!(&["creation"], "create"),
    file_rule!(&["change"], "modify"),
    file_rule!(&["deletion"], "delete"),
    file_rule!(&["access"], "access"),
    rule(
        &[HAPPENED, Condition::Is(CATEGORY, &["file"]), Condition::Is(ACTION, &["rename"])],
        "file",
        &[
            ("Operation", Always("rename")),
            ("ChildPath", Field(FILE)),
            ("ChildFilename", Name(FILE)),
            ("FileClass", FileClass(FILE)),
            ("ChildMd5", Field(&["file.hash.md5"])),
            ("ChildSha1", Field(&["file.hash.sha1"])),
            ("ChildSha256", Field(&["file.hash.sha256"])),
            ("Size", Number(&["file.size"])),
        ],
        ACTOR,
    ),
    registry_rule!(
        Condition::Is("registry.value", &["*"]),
        &[
            ("Operation", CHANGE),
            ("Key", KeyOfValue(OBJECT)),
            ("Value", Field(&["registry.value"])),
            ("ValueData", First(&[List(&["registry.data.strings"], " "), Field(&["registry.data.bytes"])])),
        ]
    ),
    registry_rule!(Condition::Not("registry.value", &["*"]), &[("Operation", CHANGE), ("Key", Key(OBJECT))]),
    rule(
        &[HAPPENED, Condition::Is(CATEGORY, &["network"]), Condition::Is("destination.ip", &["*"])],
        "network",
        &[
            ("LocalIp", Ip(&["source.ip"])),
            ("LocalPort", Number(&["source.port"])),
            ("RemoteIp", Ip(&["destination.ip"])),
            ("RemotePort", Number(&["destination.port"])),
            ("RemoteHost", Field(&["destination.domain"])),
            ("Protocol", Protocol(&["network.transport", "network.iana_number"])),
            ("Initiated", Word(&["network.direction"], &[("egress", "true"), ("outbound", "true"), ("ingress", "false"), ("inbound", "false")])),
            ("BytesSent", Number(&["source.bytes"])),
            ("BytesReceived", Number(&["destination.bytes"])),
            ("Duration", First(&[Nanoseconds(&["event.duration"]), Between(&["event.start"], &["event.end"])])),
            ("Service", Field(&["network.protocol"])),
            ("ConnState", Field(&[ACTION])),
        ],
        ACTOR,
    ),
    rule(
        &[HAPPENED, Condition::Is(CATEGORY, &["network"]), Condition::Is("dns.question.name", &["*"])],
        "dns",
        &[
            ("Query", Field(&["dns.question.name"])),
            ("QueryType", Field(&["dns.question.type"])),
            // Addresses, where names are left out; else whatever was answered.
            ("Answers", First(&[List(&["dns.resolved_ip", "dns.answers.data"], ";"), Each(&["dns.answers"], &["data"], ";")])),
            (
                "Status",
                First(&[
                    Number(&["dns.Ext.status"]),
                    Word(
                        &["dns.response_code"],
                        &[("NOERROR", "0"), ("FORMERR", "1"), ("SERVFAIL", "2"), ("NXDOMAIN", "3"), ("NOTIMP", "4"), ("REFUSED", "5")],
                    ),
                ]),
            ),
        ],
        ACTOR,
    ),
    rule(
        &[HAPPENED, Condition::Is(CATEGORY, &["authentication"])],
        "logon",
        &[
            (
                "Operation",
                WordPattern(
                    &[ACTION, TYPE],
                    r"(?i)(log_?off|logged[-_]out|\bend\b|\bended\b|explicit|log_?on|logged[-_]in|ssh_login|user_login|start)",
                    &[
                        ("logoff", "logoff"),
                        ("log_off", "logoff"),
                        ("logged-out", "logoff"),
                        ("logged_out", "logoff"),
                        ("end", "logoff"),
                        ("ended", "logoff"),
                        ("explicit", "explicit"),
                        ("*", "logon"),
                    ],
                ),
            ),
            ("Outcome", Word(&["event.outcome"], &[("success", "success"), ("failure", "failure")])),
            ("LoggedUser", First(&[User(&[("user.effective.domain", "user.effective.name"), ("user.target.domain", "user.target.name")]), USER])),
            ("TargetUser", Field(&["user.effective.name", "user.target.name", "user.name"])),
            ("TargetDomain", Field(&["user.effective.domain", "user.target.domain", "user.domain"])),
            // The session that begins, and not that of the process which logs somebody on.
            ("LogonId", Session(&["Target.process.Ext.authentication_id", "winlog.event_data.TargetLogonId", "winlog.logon.id"])),
            (
                "LogonType",
                Word(
                    &["process.Ext.session_info.logon_type", "winlog.logon.type"],
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
            ("RemoteIp", Ip(&["source.ip"])),
            ("RemoteHost", Field(&["source.domain", "WorkstationName"])),
            ("TargetServer", Field(&["TargetServerName"])),
            ("Status", Hex(&["winlog.event_data.Status", "Status"])),
            ("SubStatus", Hex(&["winlog.event_data.SubStatus", "SubStatus"])),
            ("AuthPackage", Field(&["process.Ext.session_info.authentication_package"])),
        ],
        &[("ParentGuid", Guid(&["process.entity_id"])), ("ParentPath", Field(EXECUTABLE)), ("ParentFilename", NAME), ("ParentPid", Number(&["process.pid"]))],
    ),
    Rule {
        channel: ALERTS,
        ids: &[],
        when: &[],
        table: "detection",
        columns: &[
            ("LoggedUser", USER),
            ("Threat", THREAT),
            ("Severity", GRADE),
            ("Action", STOPPED),
            ("WinningTech", Field(&["event.code"])),
            ("DetectionId", ID),
            ("ChildPath", Field(&["file.path", "dll.path", "Target.process.executable", "process.executable"])),
            ("ChildFilename", First(&[Name(&["file.path", "dll.path", "Target.process.executable", "process.executable"]), Field(&["process.name"])])),
            ("ChildMd5", Field(&["file.hash.md5", "dll.hash.md5", "process.hash.md5"])),
        ],
        actor: &[("ParentPath", Field(EXECUTABLE)), ("ParentFilename", NAME), ("ParentMd5", Field(&["process.hash.md5"]))],
    },
    ioa_rule!(ALERTS),
    ioa_rule!(RAISED),
];
