//! Tests: what made-up records, in the shape that sensors log them, become by the rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::format::{FORMATS, Sink, Unit};
use super::identify;
use super::normalise::Rules;
use super::record::{Record, Slot};
use super::row::{Cell, LAYOUTS, position};
use super::shape::Shapes;
use crate::telemetry::mapping::own::Own;

#[derive(Default)]
struct Rows(Vec<BTreeMap<String, String>>);

impl Sink for Rows {
    fn shapes(&self) -> Arc<Shapes> {
        Arc::new(Shapes::new(&Own::default()))
    }

    fn record(&mut self, record: &mut Record) {
        let channel = identify::rule_channel(record.sensor, record.slot(Slot::Channel).unwrap_or_default());
        Rules::new(&Own::default()).apply(record, &channel, identify::event_id(record), &mut |table, cells| {
            let declared = LAYOUTS[table].table;
            let shown = |cell: &Cell<'_>| match cell {
                Cell::Missing => None,
                Cell::Text(text) => Some(text.to_string()),
                Cell::Int(number) => Some(number.to_string()),
                Cell::Bool(flag) => Some(flag.to_string()),
            };
            let columns = declared.columns.iter().filter_map(|column| Some((column.name.to_string(), shown(&cells[position(declared, column.name)?])?)));
            self.0.push(columns.collect());
        });
    }

    fn reject(&mut self, _: Option<u64>, reason: &str) {
        panic!("{reason}");
    }
}

/// The one row of a record.
fn row(record: serde_json::Value) -> BTreeMap<String, String> {
    let mut rows = Rows::default();
    let unit = Unit { bytes: record.to_string().into_bytes(), ..Unit::default() };
    let format = FORMATS.iter().find(|format| format.recognises(&unit.bytes)).expect("a format of lines");
    format.decode(&unit, &mut rows);
    assert_eq!(rows.0.len(), 1, "{record}");
    rows.0.remove(0)
}

/// The columns named, `-` for a missing one.
fn columns(record: serde_json::Value, names: &[&str]) -> Vec<String> {
    let row = row(record);
    names.iter().map(|name| row.get(*name).cloned().unwrap_or("-".to_string())).collect()
}

macro_rules! security {
    ($id:literal, $($fields:tt)*) => {
        serde_json::json!({ "Channel": "Security", "EventID": $id, $($fields)* })
    };
}

#[test]
fn a_subject_without_a_name_is_told_by_its_identifier() {
    let start = security!(4688, "SubjectUserSid": "S-1-5-18", "SubjectUserName": "-", "SubjectDomainName": "-", "TargetUserName": "-",
        "NewProcessName": "Registry", "NewProcessId": "0x58", "ProcessId": "0x4");
    assert_eq!(columns(start, &["LoggedUser", "ChildPid", "ParentPid"]), ["NT AUTHORITY\\SYSTEM", "88", "4"]);
    let start = security!(4688, "SubjectUserSid": "S-1-0-0", "SubjectUserName": "-", "NewProcessName": "C:\\a.exe");
    assert_eq!(columns(start, &["LoggedUser"]), ["-"]);
    let start = security!(4688, "SubjectUserSid": "S-1-5-18", "SubjectUserName": "HOST1$", "SubjectDomainName": "ACME", "TargetUserName": "ann",
        "TargetDomainName": "ACME", "NewProcessName": "C:\\a.exe");
    assert_eq!(columns(start, &["LoggedUser"]), ["ACME\\ann"]);
}

#[test]
fn accounts_of_logons_are_split() {
    let ticket = security!(4769, "TargetUserName": "ann@ACME.EXAMPLE", "TargetDomainName": "ACME.EXAMPLE", "Status": "0x0");
    assert_eq!(columns(ticket, &["LoggedUser", "TargetUser", "TargetDomain", "Outcome"]), ["ACME\\ann", "ann", "ACME.EXAMPLE", "success"]);
    let logon = security!(4625, "TargetUserName": "ann@acme.example", "TargetDomainName": "", "ProcessId": "0x0", "Status": "0xc000006d");
    assert_eq!(columns(logon, &["LoggedUser", "TargetUser", "TargetDomain", "ParentPid"]), ["acme\\ann", "ann", "acme.example", "-"]);
    let check = security!(4776, "TargetUserName": "ACME\\ann", "Workstation": "HOST1", "Status": "0xc000006a");
    assert_eq!(columns(check, &["TargetUser", "TargetDomain", "RemoteHost", "Outcome"]), ["ann", "ACME", "HOST1", "failure"]);
    let check = security!(4776, "TargetUserName": "ann", "Workstation": "HOST1", "Status": "0x0");
    assert_eq!(columns(check, &["LoggedUser", "TargetDomain"]), ["ann", "-"]);
}

#[test]
fn codes_of_accounts_policies_and_objects_are_words() {
    let made = security!(4720, "TargetUserName": "bob", "TargetDomainName": "ACME", "UserAccountControl": "\r\n\t\t%%2080\r\n\t\t%%2084");
    assert_eq!(columns(made, &["Value", "Account"]), ["Account Disabled, 'Normal Account' - Enabled", "ACME\\bob"]);
    let changed = security!(4742, "TargetUserName": "PC1$", "UserAccountControl": "-", "SamAccountName": "dc1", "ServicePrincipalNames": "-");
    assert_eq!(columns(changed, &["Value"]), ["SamAccountName=dc1"]);
    let policy = security!(4719, "CategoryId": "%%8273", "SubcategoryId": "%%12544", "SubcategoryGuid": "{0cce9215}", "AuditPolicyChanges": "%%8448");
    assert_eq!(columns(policy, &["Name", "Value"]), ["Logon/Logoff, Logon {0cce9215}", "Success removed"]);
    let access = security!(4662, "ObjectName": "%{aa}", "Properties": "%%7688\r\n\t\t{1131f6aa}\r\n\t{19195a5b}\r\n", "AccessList": "%%7688");
    assert_eq!(columns(access, &["Value"]), ["Control Access {1131f6aa} {19195a5b}"]);
    let access = security!(4662, "ObjectName": "Policy\\Secrets", "Properties": "-", "AccessList": "%%5649\r\n\t\t\t\t");
    assert_eq!(columns(access, &["Value"]), ["Query secret value"]);
}

#[test]
fn tasks_tell_who_they_run_as() {
    let content = |principal: &str| {
        format!(
            "<Task><Triggers><LogonTrigger><UserId>ACME\\bob</UserId></LogonTrigger></Triggers><Principals><Principal id=\"A\">{principal}</Principal></Principals></Task>"
        )
    };
    let escaped = content("<UserId>S-1-5-18</UserId>").replace('<', "&lt;").replace('>', "&gt;");
    let task = security!(4698, "TaskName": "\\t", "TaskContent": escaped);
    assert_eq!(columns(task, &["Account", "AccountSid"]), ["NT AUTHORITY\\SYSTEM", "S-1-5-18"]);
    let task = security!(4702, "TaskName": "\\t", "TaskContentNew": content("<UserId>ACME\\ann</UserId>"));
    assert_eq!(columns(task, &["Account", "AccountSid"]), ["ACME\\ann", "-"]);
    let task = security!(4701, "TaskName": "\\t", "TaskContent": content("<GroupId>S-1-5-32-545</GroupId>"));
    assert_eq!(columns(task, &["Account", "AccountSid"]), ["S-1-5-32-545", "S-1-5-32-545"]);
    let task = serde_json::json!({ "Channel": "Microsoft-Windows-TaskScheduler/Operational", "EventID": 106, "TaskName": "\\t", "UserContext": "S-1-5-18" });
    assert_eq!(columns(task, &["LoggedUser", "Account", "AccountSid"]), ["NT AUTHORITY\\SYSTEM", "NT AUTHORITY\\SYSTEM", "S-1-5-18"]);
}

/// A collector that adds the name of who logged a record hides the service's own account.
#[test]
fn the_account_of_a_service_is_not_the_collectors() {
    let installed = |account: &str, kind: Option<&str>, message: Option<&str>| {
        let mut record = serde_json::json!({ "Channel": "System", "EventID": 7045, "ServiceName": "svc", "ImagePath": "C:\\a.exe", "AccountName": account });
        for (name, value) in [("AccountType", kind), ("Message", message)] {
            if let Some(value) = value {
                record[name] = value.into();
            }
        }
        columns(record, &["Name", "Value", "Account", "LoggedUser"])
    };
    assert_eq!(installed("LocalSystem", None, None), ["svc", "C:\\a.exe", "LocalSystem", "-"]);
    assert_eq!(installed("ann", Some("User"), None), ["svc", "C:\\a.exe", "-", "-"]);
    assert_eq!(installed("ann", Some("User"), Some("Service Account:  LocalSystem")), ["svc", "C:\\a.exe", "LocalSystem", "-"]);
}

#[test]
fn powershell_names_the_systems_account_by_its_own_name() {
    let context = "        Severity = Informational\r\n        Host Application = C:\\w\\wsmprovhost.exe -Embedding\r\n        User = ACME\\SYSTEM\r\n        Connected User = ACME\\ann\r\n";
    let module = serde_json::json!({ "Channel": "Microsoft-Windows-PowerShell/Operational", "EventID": 4103, "Payload": "x", "ContextInfo": context });
    assert_eq!(columns(module, &["LoggedUser", "ParentPath"]), ["NT AUTHORITY\\SYSTEM", "C:\\w\\wsmprovhost.exe"]);
    let pipeline = serde_json::json!({ "Channel": "Windows PowerShell", "EventID": 800,
        "Message": "Pipeline execution details for command line: x. \r\n\r\nContext Information: \r\n\tUserId=ACME\\ann\r\n\tHostApplication=powershell.exe\r\n\r\nDetails: \r\ny" });
    assert_eq!(columns(pipeline, &["LoggedUser", "ScriptText", "ParentFilename"]), ["ACME\\ann", "y", "powershell.exe"]);
}

#[test]
fn sysmon_tells_query_types_and_zones() {
    let sysmon = |id: i64, fields: serde_json::Value| {
        let mut record = serde_json::json!({ "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": id, "Image": "C:\\a.exe" });
        record.as_object_mut().expect("an object").extend(fields.as_object().cloned().unwrap_or_default());
        record
    };
    let query = sysmon(22, serde_json::json!({ "QueryName": "a.example", "QueryStatus": "0", "QueryResults": "type:  5 b.example;::ffff:10.0.0.1;" }));
    assert_eq!(columns(query, &["QueryType", "Status"]), ["A", "0"]);
    let stream = sysmon(
        15,
        serde_json::json!({ "TargetFilename": "C:\\a.zip:Zone.Identifier",
        "Hash": "SHA1=D59FC84CDD5217C6CF74785703655F78DA6B582B,SHA256=EACD09517CE90D34BA562171D15AC40D302F0E691B439F91BE1B6406E25F5913" }),
    );
    assert_eq!(columns(stream, &["Zone", "Operation"]), ["3", "modify"]);
    let stream = sysmon(15, serde_json::json!({ "TargetFilename": "C:\\a.zip:Zone.Identifier", "Contents": "[ZoneTransfer]  ZoneId=2  " }));
    assert_eq!(columns(stream, &["Zone"]), ["2"]);
}

#[test]
fn an_unknown_process_detects_nothing() {
    let detected = |process: &str| {
        serde_json::json!({ "Channel": "Microsoft-Windows-Windows Defender/Operational", "EventID": 1117, "Threat Name": "Tool", "Process Name": process,
            "Path": "file:_C:\\x\\bad tool.exe", "Detection User": "ACME\\ann", "Action Name": "Not Applicable" })
    };
    let names = ["ParentPath", "ParentFilename", "ChildFilename", "LoggedUser", "Action"];
    assert_eq!(columns(detected("C:\\Program Files\\a b.scr"), &names), ["C:\\Program Files\\a b.scr", "a b.scr", "bad tool.exe", "ACME\\ann", "detected"]);
    assert_eq!(columns(detected("Unknown"), &names)[..2], ["-", "-"]);
}

#[test]
fn data_kept_as_one_text_are_read() {
    let data = r#"{"UtcTime":"2026-03-02T10:00:00.1000000Z","ProcessId":"7","Image":"C:\\a.exe","QueryName":"a.example","QueryStatus":"0"}"#;
    let query = serde_json::json!({ "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 22, "Computer": "HOST1", "EventData": data });
    assert_eq!(columns(query, &["Query", "ParentPid", "ParentFilename"]), ["a.example", "7", "a.exe"]);
    let data = "<EventData><Data Name=\"ProcessID\">7</Data><Data Name=\"Direction\">%%14592</Data><Data Name=\"SourceAddress\">10.0.0.1</Data></EventData>";
    let call = security!(5156, "EventData": data);
    assert_eq!(columns(call, &["ParentPid", "Initiated", "LocalIp"]), ["7", "false", "10.0.0.1"]);
}
