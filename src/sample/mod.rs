//! A small company with one intrusion, made by the program itself: what a newcomer without any log hunts in.
//!
//! Four machines of `acme.example`, two days (2026-03-02 and 2026-03-03 UTC), a few thousand records of Sysmon, Security,
//! System, PowerShell and Defender in the flat shape that NXLog writes, one file per machine. The same bytes every time: the numbers
//! come from a small seeded generator, and no clock is asked. All names are invented; addresses outside the company are of
//! blocks that IANA keeps for special services and that nobody owns.
//!
//! Monday is an ordinary day. On Tuesday, amid the same work, this happens:
//!
//! | time (UTC) | machine | step | technique |
//! |---|---|---|---|
//! | 08:41:07 | WKS01 | `mara.linde` saves an attachment, `Invoice-2291.docm`, marked as from the internet | T1566.001 |
//! | 08:41:31 | WKS01 | Word opens it | T1204.002 |
//! | 08:41:52 | WKS01 | Word starts PowerShell with an encoded, hidden command | T1059.001, T1027 |
//! | 08:42:10 to 11:29 | WKS01 | that PowerShell calls 192.88.99.77:443 every minute, give or take three seconds | T1071.001 |
//! | 08:44:20 to 08:47 | WKS01 | discovery: `whoami`, `systeminfo`, `net group`, `nltest`, `net view` | T1087, T1482, T1082 |
//! | 08:55:02 | WKS01 | PowerShell writes `C:\Users\Public\wupd.exe` and starts it 20 seconds later | T1105 |
//! | 08:56:02 | WKS01 | `wupd.exe` opens `lsass.exe` with 0x1010, twice | T1003.001 |
//! | 08:58:31 | WKS01 | PowerShell writes `C:\Users\Public\m64.exe`, and Defender quarantines it | T1588.002 |
//! | 09:20:14 | FILES01 | network logon of `svc.backup` from WKS01; `svcctl` is opened over IPC$ | T1021.002, T1078 |
//! | 09:20:31 | FILES01 | service `WinHelpSvc` is installed; it runs encoded PowerShell through `cmd.exe` | T1543.003, T1569.002 |
//! | 09:24:40 | FILES01 | that PowerShell starts a thread in `spoolsv.exe`, which then calls 192.88.99.77 every five minutes | T1055 |
//! | 09:31:12 | WKS01 | Run key `OneDrive Update` starts `wupd.exe` at every logon | T1547.001 |
//! | 11:32:05 | FILES01 | `wevtutil` clears the Security log (1102) | T1070.001 |
//!
//! What looks similar and is harmless: `svchost`, `wmiprvse` and Defender open `lsass.exe`; `csrss` starts console threads; OneDrive and
//! Teams set Run keys; a maintenance service is installed; an administrator's PowerShell runs a script every morning and evening; the OneDrive client
//! calls home every quarter of an hour, more or less; a toolbar that came with a browser is detected, and its user allows it.

mod benign;
mod company;
mod defender;
mod dice;
mod intrusion;
mod record;
mod scene;
mod security;
mod sysmon;

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use company::HOSTS;
use scene::Scene;

/// Writes one NDJSON file per machine into a folder, which is made where it is missing.
pub fn write(folder: &Path) -> std::io::Result<()> {
    let is_new = !folder.exists();
    std::fs::create_dir_all(folder)?;
    let mut made = Vec::new();
    let done = fill(folder, &mut made);
    if done.is_err() {
        // Half a sample would look like a whole one.
        made.iter().for_each(|file| drop(std::fs::remove_file(file)));
        if is_new {
            drop(std::fs::remove_dir(folder));
        }
    }
    done
}

/// Writes a file for each host, and says which were made.
fn fill(folder: &Path, made: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut events = benign::events();
    events.extend(intrusion::events());
    events.sort_by_key(|event| event.time);
    for host in &HOSTS {
        let mut scene = Scene::new(host);
        let path = folder.join(format!("{}.ndjson", host.name.to_lowercase()));
        let mut file = BufWriter::new(std::fs::File::create(&path)?);
        made.push(path);
        for event in events.iter().filter(|event| event.host == host.name) {
            for record in scene.play(event) {
                serde_json::to_writer(&mut file, &record)?;
                file.write_all(b"\n")?;
            }
        }
        file.flush()?;
    }
    Ok(())
}
