//! PowerShell: script blocks, pipeline executions, engine starts.

use super::{From, From::*, Rule};

/// The whole text of a record of the classic log, whose data have no names.
const CLASSIC: &[&str] = &["Message", "param3", "param2", "Data"];
const CONTEXT: &[&str] = &["ContextInfo", "Message"];

const HOST_OF_CLASSIC: &str = "HostApplication=";
const HOST_OF_CONTEXT: &str = "Host Application = ";

/// The process that writes the record is the one that runs the script.
const PID: From = Number(&["Execution_ProcessID", "ExecutionProcessID"]);

const BLOCK_CHANNEL: &str = "microsoft-windows-powershell/operational";
const CORE_CHANNEL: &str = "powershellcore/operational";

const fn operational_rule(channel: &'static str, id: i64, columns: &'static [(&'static str, From)]) -> Rule {
    let ids: &'static [i64] = if id == 4104 { &[4104] } else { &[4103] };
    Rule { channel, ids, when: &[], table: "script", columns, actor: &[] }
}

const BLOCK: &[(&str, From)] = &[
    ("ScriptText", First(&[Field(&["ScriptBlockText"]), Pattern(&["Message"], r"(?s)^Creating Scriptblock text \(\d+ of \d+\):\s*(.*?)\s*ScriptBlock ID:")])),
    ("Path", Field(&["Path"])),
    ("BlockId", First(&[Field(&["ScriptBlockId"]), Pattern(&["Message"], r"ScriptBlock ID: ([0-9a-fA-F-]+)")])),
    ("@Part", First(&[Number(&["MessageNumber"]), NumberPattern(&["Message"], r"^Creating Scriptblock text \((\d+) of")])),
    ("@Parts", First(&[Number(&["MessageTotal"]), NumberPattern(&["Message"], r"^Creating Scriptblock text \(\d+ of (\d+)\)")])),
    ("ParentPid", PID),
];

const MODULE: &[(&str, From)] = &[
    ("ScriptText", First(&[Field(&["Payload"]), Until(&["Message"], "Context:")])),
    ("Path", Line(CONTEXT, "Script Name = ")),
    ("LoggedUser", LineUser(CONTEXT, "User = ")),
    ("ParentPath", LineImage(CONTEXT, HOST_OF_CONTEXT)),
    ("ParentFilename", LineImageName(CONTEXT, HOST_OF_CONTEXT)),
    ("ParentPid", PID),
];

const fn classic(ids: &'static [i64], columns: &'static [(&'static str, From)]) -> Rule {
    Rule { channel: "windows powershell", ids, when: &[], table: "script", columns, actor: HOST }
}

const HOST: &[(&str, From)] = &[
    ("LoggedUser", LineUser(CLASSIC, "UserId=")),
    ("ParentPath", LineImage(CLASSIC, HOST_OF_CLASSIC)),
    ("ParentFilename", LineImageName(CLASSIC, HOST_OF_CLASSIC)),
];

pub(super) const RULES: &[Rule] = &[
    operational_rule(BLOCK_CHANNEL, 4104, BLOCK),
    operational_rule(CORE_CHANNEL, 4104, BLOCK),
    operational_rule(BLOCK_CHANNEL, 4103, MODULE),
    operational_rule(CORE_CHANNEL, 4103, MODULE),
    classic(&[400], &[("ScriptText", Line(CLASSIC, HOST_OF_CLASSIC)), ("Path", Line(CLASSIC, "ScriptName="))]),
    classic(
        &[800],
        &[
            ("ScriptText", First(&[After(&["Message"], "Details:"), Field(&["param3"]), Line(&["Message", "param2"], "CommandLine="), Field(&["param1"])])),
            ("Path", Line(CLASSIC, "ScriptName=")),
        ],
    ),
];
