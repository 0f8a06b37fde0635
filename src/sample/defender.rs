//! What Defender writes: that it works, what it found, and what it did about it.

use serde_json::{Value, json};

use super::record::{DEFENDER, format, full_name, record};
use super::scene::{Process, Scene};

const PRODUCT: &str = "Microsoft Defender Antivirus";
const VERSION: &str = "4.18.26010.5";

/// Once in a while it says that it is well.
pub fn health(scene: &mut Scene<'_>, time: i64) -> Value {
    let fields = json!({
        "Product Name": PRODUCT, "Platform version": VERSION, "Engine version": "1.1.26010.1", "RTP state": "Enabled", "AV security intelligence age": "0",
    });
    record(scene, time, &DEFENDER, 1151, fields)
}

/// A file that a process left is found, and a second later something is done about it, in the words of the log.
pub fn find(scene: &mut Scene<'_>, time: i64, process: &Process, path: &str, threat: &str, action: &str) -> Vec<Value> {
    let severity = if threat.starts_with("PUA") { "Low" } else { "High" };
    let detection = format!("{{{:08X}-52C0-4B1A-9E66-{:012X}}}", time & 0xffff_ffff, time);
    let fields = |action: &str, by: &str| {
        json!({
            "Product Name": PRODUCT, "Product Version": VERSION, "Detection ID": detection, "Detection Time": format(time, "%Y-%m-%dT%H:%M:%S%.3fZ"),
            "Threat Name": threat, "Severity Name": severity, "Source Name": "Real-Time Protection", "Process Name": process.image,
            "Detection User": full_name(process.user), "Remediation User": by, "Path": format!("file:_{path}"), "Origin Name": "Local machine",
            "Execution Name": "Suspended", "Type Name": "Concrete", "Action Name": action, "Error Code": "0x00000000",
        })
    };
    let found = record(scene, time + 300, &DEFENDER, 1116, fields("Not Applicable", ""));
    let done = record(scene, time + 1_400, &DEFENDER, 1117, fields(action, r"NT AUTHORITY\SYSTEM"));
    vec![found, done]
}
