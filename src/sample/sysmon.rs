//! What Sysmon writes: processes, images, connections, names, handles, threads, files, registry.

use serde_json::{Value, json};

use super::company::SUFFIX;
use super::record::{file_name, full_name, hashes, subject, sysmon, utc};
use super::scene::{Process, Scene};

pub fn start(scene: &mut Scene<'_>, time: i64, child: &Process, parent: &Process) -> Value {
    let integrity = if child.user == "SYSTEM" { "System" } else { "Medium" };
    let fields = json!({
        "ProcessGuid": child.guid, "ProcessId": child.pid.to_string(), "Image": child.image, "CommandLine": child.command,
        "CurrentDirectory": r"C:\Windows\system32\", "User": full_name(child.user), "LogonId": subject(child.user).3, "IntegrityLevel": integrity,
        "Hashes": hashes(&child.image), "OriginalFileName": original_name(&child.image), "Company": company(&child.image), "Product": "-",
        "ParentProcessGuid": parent.guid, "ParentProcessId": parent.pid.to_string(), "ParentImage": parent.image, "ParentCommandLine": parent.command,
    });
    sysmon(scene, time, 1, fields)
}

pub fn end(scene: &mut Scene<'_>, time: i64, process: &Process) -> Value {
    let fields = actor(process);
    sysmon(scene, time, 5, fields)
}

pub fn load(scene: &mut Scene<'_>, time: i64, process: &Process, library: &str, company: &str) -> Value {
    let mut fields = actor(process);
    extend(
        &mut fields,
        json!({
            "ImageLoaded": library, "Hashes": hashes(library), "OriginalFileName": file_name(library), "Company": company, "Signed": "true",
            "Signature": company, "SignatureStatus": "Valid",
        }),
    );
    sysmon(scene, time, 7, fields)
}

pub fn connect(scene: &mut Scene<'_>, time: i64, process: &Process, remote: &str, port: u16) -> Value {
    let source_port = scene.dice.around(57_000, 7_000);
    let mut fields = actor(process);
    extend(
        &mut fields,
        json!({
            "User": full_name(process.user), "Protocol": "tcp", "Initiated": "true",
            "SourceIp": scene.host.address, "SourcePort": source_port.to_string(), "SourceHostname": format!("{}.{SUFFIX}", scene.host.name),
            "SourceIsIpv6": "false", "DestinationIp": remote, "DestinationPort": port.to_string(), "DestinationHostname": "-",
            "DestinationPortName": if port == 443 { "https" } else { "-" }, "DestinationIsIpv6": "false",
        }),
    );
    sysmon(scene, time, 3, fields)
}

pub fn resolve(scene: &mut Scene<'_>, time: i64, process: &Process, name: &str, answer: &str) -> Value {
    let mut fields = actor(process);
    extend(&mut fields, json!({ "QueryName": name, "QueryStatus": "0", "QueryResults": format!("::ffff:{answer};") }));
    sysmon(scene, time, 22, fields)
}

pub fn open(scene: &mut Scene<'_>, time: i64, source: &Process, target: &Process, rights: u32) -> Value {
    let thread = scene.dice.around(5_000, 3_000);
    let fields = json!({
        "SourceProcessGUID": source.guid, "SourceProcessId": source.pid.to_string(), "SourceThreadId": thread.to_string(), "SourceImage": source.image,
        "TargetProcessGUID": target.guid, "TargetProcessId": target.pid.to_string(), "TargetImage": target.image,
        "GrantedAccess": format!("{rights:#x}"),
        "CallTrace": format!(r"C:\Windows\SYSTEM32\ntdll.dll+9d234|C:\Windows\System32\KERNELBASE.dll+2c13e|{}+1a2b", source.image),
    });
    sysmon(scene, time, 10, fields)
}

pub fn thread(scene: &mut Scene<'_>, time: i64, source: &Process, target: &Process, function: Option<&str>) -> Value {
    let thread = scene.dice.around(5_000, 3_000);
    let (address, module) = match function {
        Some(_) => ("0x00007FFD31C45EA0", r"C:\Windows\System32\KERNELBASE.dll"),
        None => ("0x000001D2C9B40000", "-"),
    };
    let fields = json!({
        "SourceProcessGuid": source.guid, "SourceProcessId": source.pid.to_string(), "SourceImage": source.image,
        "TargetProcessGuid": target.guid, "TargetProcessId": target.pid.to_string(), "TargetImage": target.image,
        "NewThreadId": thread.to_string(), "StartAddress": address, "StartModule": module, "StartFunction": function.unwrap_or("-"),
    });
    sysmon(scene, time, 8, fields)
}

pub fn create_file(scene: &mut Scene<'_>, time: i64, process: &Process, path: &str) -> Value {
    let mut fields = actor(process);
    extend(&mut fields, json!({ "TargetFilename": path, "CreationUtcTime": utc(time) }));
    sysmon(scene, time, 11, fields)
}

pub fn mark_file(scene: &mut Scene<'_>, time: i64, process: &Process, path: &str) -> Value {
    let mut fields = actor(process);
    extend(
        &mut fields,
        json!({
            "TargetFilename": format!("{path}:Zone.Identifier"), "CreationUtcTime": utc(time), "Hash": hashes(path),
            "Contents": "[ZoneTransfer]  ZoneId=3  ReferrerUrl=https://mail.acme.example/",
        }),
    );
    sysmon(scene, time, 15, fields)
}

pub fn set_value(scene: &mut Scene<'_>, time: i64, process: &Process, key: &str, data: &str) -> Value {
    let mut fields = actor(process);
    extend(&mut fields, json!({ "EventType": "SetValue", "TargetObject": key, "Details": data }));
    sysmon(scene, time, 13, fields)
}

fn actor(process: &Process) -> Value {
    json!({ "ProcessGuid": process.guid, "ProcessId": process.pid.to_string(), "Image": process.image })
}

fn extend(fields: &mut Value, more: Value) {
    if let (Value::Object(fields), Value::Object(more)) = (fields, more) {
        fields.extend(more);
    }
}

fn company(image: &str) -> &'static str {
    match image {
        image if image.contains("Google") => "Google LLC",
        image if image.starts_with(r"C:\Users\Public") => "-",
        _ => "Microsoft Corporation",
    }
}

/// The name that an image was built with; the intruder's tool says nothing.
fn original_name(image: &str) -> String {
    match file_name(image) {
        "powershell.exe" => "PowerShell.EXE".into(),
        "cmd.exe" => "Cmd.Exe".into(),
        "wupd.exe" => "-".into(),
        name => name.into(),
    }
}
