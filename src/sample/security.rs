//! What Windows itself writes: logons, tickets, shares, process starts, services, script blocks, cleared logs.

use serde_json::{Value, json};

use super::company::{DOMAIN, POWERSHELL as POWERSHELL_IMAGE};
use super::record::{EVENT_LOG, POWERSHELL, SECURITY, SERVICES, record, subject};
use super::scene::{Process, Scene};

pub fn start(scene: &mut Scene<'_>, time: i64, child: &Process, parent: &Process) -> Value {
    let (name, domain, sid, session) = subject(child.user);
    let label = if child.user == "SYSTEM" { "S-1-16-16384" } else { "S-1-16-8192" };
    let fields = json!({
        "SubjectUserSid": sid, "SubjectUserName": name, "SubjectDomainName": domain, "SubjectLogonId": session,
        "NewProcessId": format!("{:#x}", child.pid), "NewProcessName": child.image, "CommandLine": child.command, "TokenElevationType": "%%1936",
        "ProcessId": format!("{:#x}", parent.pid), "ParentProcessName": parent.image, "MandatoryLabel": label,
        "TargetUserSid": "S-1-0-0", "TargetUserName": "-", "TargetDomainName": "-", "TargetLogonId": "0x0",
    });
    record(scene, time + 2, &SECURITY, 4688, fields)
}

/// A logon, and what it may do where it is an administrator's.
pub fn logon(scene: &mut Scene<'_>, time: i64, user: &str, kind: u8, from: &str) -> Vec<Value> {
    let (name, domain, sid, session) = subject(user);
    let package = if kind == 3 { "Kerberos" } else { "Negotiate" };
    let port = if from == "-" { "-".to_string() } else { scene.dice.around(55_000, 5_000).to_string() };
    let fields = json!({
        "SubjectUserSid": "S-1-5-18", "SubjectUserName": format!("{}$", scene.host.name), "SubjectDomainName": DOMAIN, "SubjectLogonId": "0x3e7",
        "TargetUserSid": sid, "TargetUserName": name, "TargetDomainName": domain, "TargetLogonId": session, "LogonType": kind.to_string(),
        "LogonProcessName": package, "AuthenticationPackageName": package, "WorkstationName": "-", "IpAddress": from, "IpPort": port,
        "ProcessId": "0x2b4", "ProcessName": "-", "ElevatedToken": "%%1843",
    });
    let mut records = vec![record(scene, time, &SECURITY, 4624, fields)];
    if user.starts_with("adm.") || user.starts_with("svc.") {
        let fields = json!({
            "SubjectUserSid": sid, "SubjectUserName": name, "SubjectDomainName": domain, "SubjectLogonId": session,
            "PrivilegeList": "SeSecurityPrivilege\r\n\t\t\tSeBackupPrivilege\r\n\t\t\tSeDebugPrivilege",
        });
        records.push(record(scene, time + 1, &SECURITY, 4672, fields));
    }
    records
}

pub fn failed_logon(scene: &mut Scene<'_>, time: i64, user: &str, from: &str) -> Value {
    let fields = json!({
        "SubjectUserSid": "S-1-5-18", "SubjectUserName": format!("{}$", scene.host.name), "SubjectDomainName": DOMAIN, "SubjectLogonId": "0x3e7",
        "TargetUserSid": "S-1-0-0", "TargetUserName": user, "TargetDomainName": DOMAIN, "Status": "0xc000006d", "SubStatus": "0xc000006a",
        "FailureReason": "%%2313", "LogonType": "2", "AuthenticationPackageName": "Negotiate", "WorkstationName": scene.host.name, "IpAddress": from,
        "IpPort": "0",
    });
    record(scene, time, &SECURITY, 4625, fields)
}

pub fn logoff(scene: &mut Scene<'_>, time: i64, user: &str, kind: u8) -> Value {
    let (name, domain, sid, session) = subject(user);
    let fields = json!({ "TargetUserSid": sid, "TargetUserName": name, "TargetDomainName": domain, "TargetLogonId": session, "LogonType": kind.to_string() });
    record(scene, time, &SECURITY, 4634, fields)
}

/// A ticket-granting ticket when the service is `krbtgt`, else a service ticket.
pub fn ticket(scene: &mut Scene<'_>, time: i64, user: &str, from: &str, service: &str) -> Value {
    let id = if service == "krbtgt" { 4768 } else { 4769 };
    let fields = json!({
        "TargetUserName": if id == 4768 { user.to_string() } else { format!("{user}@ACME.EXAMPLE") }, "TargetDomainName": "ACME.EXAMPLE",
        "ServiceName": service, "TicketOptions": "0x40810010", "Status": "0x0", "TicketEncryptionType": "0x12", "PreAuthType": "2",
        "IpAddress": format!("::ffff:{from}"), "IpPort": scene.dice.around(55_000, 5_000).to_string(),
    });
    record(scene, time, &SECURITY, id, fields)
}

pub fn share(scene: &mut Scene<'_>, time: i64, user: &str, from: &str, share: &str, path: &str) -> Value {
    let (name, domain, sid, session) = subject(user);
    let fields = json!({
        "SubjectUserSid": sid, "SubjectUserName": name, "SubjectDomainName": domain, "SubjectLogonId": session, "ObjectType": "File",
        "IpAddress": from, "IpPort": scene.dice.around(55_000, 5_000).to_string(), "ShareName": format!(r"\\*\{share}"),
        "ShareLocalPath": if share == "IPC$" { String::new() } else { format!(r"\??\D:\{share}") }, "RelativeTargetName": path, "AccessMask": "0x120089",
    });
    record(scene, time, &SECURITY, 5145, fields)
}

/// The Security log and the System log both tell of a new service.
pub fn service(scene: &mut Scene<'_>, time: i64, service: &str, path: &str, by: &str) -> Vec<Value> {
    let (name, domain, sid, session) = subject(by);
    let audited = json!({
        "SubjectUserSid": sid, "SubjectUserName": name, "SubjectDomainName": domain, "SubjectLogonId": session, "ServiceName": service,
        "ServiceFileName": path, "ServiceType": "0x10", "ServiceStartType": "3", "ServiceAccount": "LocalSystem",
    });
    let logged = json!({
        "ServiceName": service, "ImagePath": path, "ServiceType": "user mode service", "StartType": "demand start", "AccountName": name, "Domain": domain,
        "UserID": sid,
    });
    vec![record(scene, time, &SECURITY, 4697, audited), record(scene, time + 3, &SERVICES, 7045, logged)]
}

pub fn service_state(scene: &mut Scene<'_>, time: i64, service: &str, running: bool) -> Value {
    let state = if running { "running" } else { "stopped" };
    record(scene, time, &SERVICES, 7036, json!({ "param1": service, "param2": state, "Message": format!("The {service} service entered the {state} state.") }))
}

pub fn script(scene: &mut Scene<'_>, time: i64, process: &Process, text: &str) -> Value {
    let (name, domain, sid, _) = subject(process.user);
    let block = format!("7d1f{:04x}-52c0-4b1a-9e66-{:012x}", time & 0xffff, time);
    let fields = json!({
        "MessageNumber": "1", "MessageTotal": "1", "ScriptBlockText": text, "ScriptBlockId": block, "ExecutionProcessID": process.pid,
        "AccountName": name, "Domain": domain, "UserID": sid, "HostApplication": POWERSHELL_IMAGE,
    });
    record(scene, time, &POWERSHELL, 4104, fields)
}

pub fn clear_log(scene: &mut Scene<'_>, time: i64, user: &str) -> Vec<Value> {
    let (name, domain, sid, session) = subject(user);
    let audited = json!({
        "SourceName": "Microsoft-Windows-Eventlog", "SubjectUserSid": sid, "SubjectUserName": name, "SubjectDomainName": domain, "SubjectLogonId": session,
        "Message": "The audit log was cleared.",
    });
    let logged = json!({ "AccountName": name, "Domain": domain, "UserID": sid, "Message": "The Windows PowerShell log file was cleared." });
    vec![record(scene, time, &SECURITY, 1102, audited), record(scene, time + 900, &EVENT_LOG, 104, logged)]
}
