//! Writes NDJSON in the flat export form, as many records as asked: the input of the benchmarks.
//!
//! `cargo bench --bench generate -- FILE RECORDS`: deterministic; two hundred machines over thirty days, a mixture of kinds like that of a
//! Windows estate with Sysmon (image loads and process accesses are half of it), every record with the fields that the real exporter writes.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::fs::File;
use std::io::{BufWriter, Write};

const MACHINES: u64 = 200;
const DAYS: u64 = 30;
/// 2026-01-01 UTC, milliseconds.
const START: u64 = 1_767_225_600_000;
const CHANNEL: &str = "Microsoft-Windows-Sysmon/Operational";

const PROGRAMS: [&str; 24] = [
    "svchost.exe",
    "chrome.exe",
    "explorer.exe",
    "msedge.exe",
    "powershell.exe",
    "cmd.exe",
    "conhost.exe",
    "outlook.exe",
    "winword.exe",
    "excel.exe",
    "teams.exe",
    "onedrive.exe",
    "rundll32.exe",
    "regsvr32.exe",
    "wmiprvse.exe",
    "taskhostw.exe",
    "searchindexer.exe",
    "backgroundtaskhost.exe",
    "dllhost.exe",
    "msiexec.exe",
    "java.exe",
    "python.exe",
    "sqlservr.exe",
    "lsass.exe",
];
const LIBRARIES: [&str; 12] = [
    "ntdll.dll",
    "kernel32.dll",
    "KernelBase.dll",
    "user32.dll",
    "combase.dll",
    "rpcrt4.dll",
    "sechost.dll",
    "amsi.dll",
    "clr.dll",
    "wininet.dll",
    "crypt32.dll",
    "dbghelp.dll",
];
const DOMAINS: [&str; 10] = [
    "login.contoso.example",
    "cdn.news.example",
    "update.vendor.example",
    "api.chat.example",
    "mail.contoso.example",
    "img.shop.example",
    "telemetry.tool.example",
    "dc01.contoso.example",
    "files.contoso.example",
    "a9x2.example",
];

/// A small generator of its own, so that a file is the same on every machine (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.roll() >> 16) % bound
    }

    /// Small numbers come up more often, as programs and users do.
    fn skewed(&mut self, bound: u64) -> u64 {
        self.below(bound).min(self.below(bound)).min(self.below(bound))
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.skewed(words.len() as u64) as usize]
    }
}

fn path_of(program: &str, dice: &mut Dice) -> String {
    match dice.below(40) {
        0 => format!("C:\\\\Users\\\\user{:03}\\\\AppData\\\\Local\\\\Temp\\\\{program}", dice.below(400)),
        1..4 => format!("C:\\\\WINDOWS\\\\System32\\\\{}", program.to_uppercase()),
        _ => format!("C:\\\\Windows\\\\System32\\\\{program}"),
    }
}

fn command_line(program: &str, path: &str, dice: &mut Dice) -> String {
    let noise = dice.roll();
    match (program, dice.below(400)) {
        ("powershell.exe", 0) => format!("{path} -NoP -W Hidden -Enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIAA{noise:x}AAAAAAAAAAAAAAAAAAAA"),
        ("powershell.exe", _) => format!("\\\"{path}\\\" -NoProfile -ExecutionPolicy Bypass -File C:\\\\Scripts\\\\task{}.ps1 -Id {noise}", noise % 50),
        ("cmd.exe", 0) => format!("{path} /c whoami /all & net group \\\"Domain Admins\\\" /domain > %TEMP%\\\\{noise:x}.txt"),
        ("cmd.exe", _) => format!("{path} /c \\\"C:\\\\Program Files\\\\Vendor\\\\agent.bat\\\" --run {noise}"),
        ("svchost.exe", _) => format!("{path} -k netsvcs -p -s Service{}", noise % 80),
        ("chrome.exe" | "msedge.exe", _) => format!(
            "\\\"{path}\\\" --type=renderer --field-trial-handle={noise},{} --lang=en-US --enable-features=A,B,C --renderer-client-id={}",
            noise / 3,
            noise % 900
        ),
        ("rundll32.exe", 0) => format!("{path} C:\\\\windows\\\\System32\\\\comsvcs.dll, MiniDump {} C:\\\\temp\\\\out.dmp full", noise % 900),
        _ => format!("\\\"{path}\\\" /session:{noise}"),
    }
}

fn time_text(millis: u64, separator: char) -> String {
    let time = chrono::DateTime::from_timestamp_millis(millis as i64).unwrap_or_default();
    time.format(&format!("%Y-%m-%d{separator}%H:%M:%S%.3f")).to_string()
}

fn write_record(out: &mut impl Write, number: u64, total: u64, dice: &mut Dice) -> std::io::Result<()> {
    let machine = dice.below(MACHINES);
    let host = format!("WS{machine:03}.contoso.example");
    let millis = START + number * (DAYS * 86_400_000) / total.max(1);
    let (spaced, stamped) = (time_text(millis, ' '), time_text(millis, 'T'));
    let user = format!("CONTOSO\\\\user{:03}", (machine * 2 + dice.below(2)) % 400);
    let program = dice.pick(&PROGRAMS);
    let image = path_of(program, dice);
    let parent = dice.pick(&PROGRAMS);
    let parent_image = path_of(parent, dice);
    let (pid, parent_pid) = (dice.below(30_000) * 4, dice.below(30_000) * 4);
    let guid = |pid: u64| format!("{{{machine:08x}-{:04x}-{:04x}-{:04x}-000000000400}}", pid & 0xffff, millis >> 32 & 0xffff, pid >> 4 & 0xffff);
    let head = |channel: &str, source: &str, id: u64| {
        format!(
            "\"@timestamp\":\"{stamped}Z\",\"EventTime\":\"{}\",\"Channel\":\"{channel}\",\"SourceName\":\"{source}\",\"Hostname\":\"{host}\",\"EventID\":{id},\"RecordNumber\":{number},\"Severity\":\"INFO\",\"SeverityValue\":2,\"Task\":{id},\"Keywords\":-9223372036854775808,\"ExecutionProcessID\":3888,\"ThreadID\":4208,\"Version\":5,\"tags\":[\"bench\"]",
            &spaced[..19]
        )
    };
    let sysmon = |id| format!("{},\"UtcTime\":\"{spaced}\",\"RuleName\":\"-\"", head(CHANNEL, "Microsoft-Windows-Sysmon", id));
    match dice.below(100) {
        0..8 => {
            let hash = dice.skewed(5_000);
            write!(
                out,
                "{{{},\"ProcessGuid\":\"{}\",\"ProcessId\":\"{pid}\",\"Image\":\"{image}\",\"CommandLine\":\"{}\",\"CurrentDirectory\":\"C:\\\\Windows\\\\\",\"User\":\"{user}\",\"LogonId\":\"0x{:x}\",\"IntegrityLevel\":\"Medium\",\"Hashes\":\"SHA1={hash:040x},MD5={hash:032x},SHA256={hash:064x},IMPHASH={hash:032x}\",\"ParentProcessGuid\":\"{}\",\"ParentProcessId\":\"{parent_pid}\",\"ParentImage\":\"{parent_image}\",\"ParentCommandLine\":\"{parent_image} /run\",\"OriginalFileName\":\"{program}\",\"Company\":\"Microsoft Corporation\",\"Product\":\"Windows\"}}",
                sysmon(1),
                guid(pid),
                command_line(program, &image, dice),
                dice.below(1 << 24),
                guid(parent_pid)
            )
        }
        // A company talks to some ten thousand addresses again and again, and now and then to a new one.
        8..20 => {
            let site = if dice.below(100) == 0 { dice.below(1 << 24) } else { dice.skewed(20_000) };
            write!(
                out,
                "{{{},\"ProcessGuid\":\"{}\",\"ProcessId\":\"{pid}\",\"Image\":\"{image}\",\"User\":\"{user}\",\"Protocol\":\"tcp\",\"Initiated\":\"true\",\"SourceIp\":\"10.1.{}.{}\",\"SourcePort\":\"{}\",\"DestinationIp\":\"{}.{}.{}.{}\",\"DestinationPort\":\"{}\",\"DestinationHostname\":\"-\"}}",
                sysmon(3),
                guid(pid),
                machine / 250,
                machine % 250 + 1,
                49_152 + dice.below(16_000),
                20 + site % 180,
                site / 180 % 250,
                site * 7 % 250,
                1 + site * 13 % 250,
                if dice.below(5) == 0 { 80 } else { 443 }
            )
        }
        20..26 => write!(out, "{{{},\"ProcessGuid\":\"{}\",\"ProcessId\":\"{pid}\",\"Image\":\"{image}\"}}", sysmon(5), guid(pid)),
        26..56 => {
            let library = dice.pick(&LIBRARIES);
            write!(
                out,
                "{{{},\"ProcessGuid\":\"{}\",\"ProcessId\":\"{pid}\",\"Image\":\"{image}\",\"ImageLoaded\":\"C:\\\\Windows\\\\System32\\\\{library}\",\"Hashes\":\"SHA1={:040x},MD5={:032x}\",\"Signed\":\"true\",\"Signature\":\"Microsoft Windows\",\"SignatureStatus\":\"Valid\",\"OriginalFileName\":\"{library}\"}}",
                sysmon(7),
                guid(pid),
                library.len(),
                library.len()
            )
        }
        56..76 => {
            let (target, access) = if dice.below(50) == 0 { ("lsass.exe", "0x1010") } else { (dice.pick(&PROGRAMS), "0x1000") };
            write!(
                out,
                "{{{},\"SourceProcessGUID\":\"{}\",\"SourceProcessId\":\"{pid}\",\"SourceImage\":\"{image}\",\"TargetProcessGUID\":\"{}\",\"TargetProcessId\":\"{parent_pid}\",\"TargetImage\":\"C:\\\\Windows\\\\System32\\\\{target}\",\"GrantedAccess\":\"{access}\",\"CallTrace\":\"C:\\\\windows\\\\SYSTEM32\\\\ntdll.dll+9fc24|C:\\\\windows\\\\System32\\\\KERNELBASE.dll+6c175\"}}",
                sysmon(10),
                guid(pid),
                guid(parent_pid)
            )
        }
        76..86 => write!(
            out,
            "{{{},\"ProcessGuid\":\"{}\",\"ProcessId\":\"{pid}\",\"Image\":\"{image}\",\"TargetFilename\":\"C:\\\\Users\\\\user{:03}\\\\AppData\\\\Local\\\\Temp\\\\{:x}.{}\"}}",
            sysmon(11),
            guid(pid),
            dice.below(400),
            dice.roll(),
            dice.pick(&["tmp", "log", "json", "exe", "ps1", "zip"])
        ),
        86..91 => write!(
            out,
            "{{{},\"EventType\":\"SetValue\",\"ProcessGuid\":\"{}\",\"ProcessId\":\"{pid}\",\"Image\":\"{image}\",\"TargetObject\":\"HKU\\\\S-1-5-21-{machine}\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\{}\\\\v{}\",\"Details\":\"DWORD (0x00000001)\"}}",
            sysmon(13),
            guid(pid),
            dice.pick(&["Explorer", "Internet Settings", "Search", "Run"]),
            dice.below(60)
        ),
        91..96 => write!(
            out,
            "{{{},\"ProcessGuid\":\"{}\",\"ProcessId\":\"{pid}\",\"Image\":\"{image}\",\"QueryName\":\"{}\",\"QueryStatus\":\"0\",\"QueryResults\":\"10.0.0.{};\"}}",
            sysmon(22),
            guid(pid),
            dice.pick(&DOMAINS),
            dice.below(250)
        ),
        _ => {
            let failed = dice.below(20) == 0;
            write!(
                out,
                "{{{},\"SubjectUserName\":\"-\",\"SubjectDomainName\":\"-\",\"TargetUserName\":\"user{:03}\",\"TargetDomainName\":\"CONTOSO\",\"TargetLogonId\":\"0x{:x}\",\"LogonType\":\"{}\",\"IpAddress\":\"10.1.0.{}\",\"WorkstationName\":\"WS{:03}\",\"LogonProcessName\":\"NtLmSsp\",\"AuthenticationPackageName\":\"NTLM\",\"Status\":\"{}\"}}",
                head("Security", "Microsoft-Windows-Security-Auditing", if failed { 4625 } else { 4624 }),
                dice.skewed(400),
                dice.below(1 << 24),
                dice.pick(&["3", "5", "2", "10"]),
                dice.below(250),
                dice.below(MACHINES),
                if failed { "0xc000006d" } else { "0x0" }
            )
        }
    }?;
    out.write_all(b"\n")
}

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [path, records] = arguments.as_slice() else {
        eprintln!("usage: cargo bench --bench generate -- FILE RECORDS");
        return Ok(());
    };
    let total: u64 = records.parse().map_err(std::io::Error::other)?;
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for number in 0..total {
        write_record(&mut out, number, total, &mut dice)?;
    }
    out.flush()
}
