//! The company: its machines, people, programs, and the places that they browse.

/// A machine, and who works on it.
pub struct Host {
    pub name: &'static str,
    pub address: &'static str,
    /// The first part of its process GUIDs.
    pub mark: &'static str,
    /// The person at its keyboard; servers have none.
    pub person: Option<&'static str>,
}

/// An account of the domain.
pub struct Account {
    pub name: &'static str,
    pub sid: &'static str,
    /// The logon session that its processes run in.
    pub session: u32,
}

pub const DOMAIN: &str = "ACME";
pub const SUFFIX: &str = "acme.example";

pub const WKS01: &str = "WKS01";
pub const WKS02: &str = "WKS02";
pub const FILES01: &str = "FILES01";
pub const DC01: &str = "DC01";

pub const HOSTS: [Host; 4] = [
    Host { name: WKS01, address: "10.20.1.11", mark: "4c1d0a11", person: Some("mara.linde") },
    Host { name: WKS02, address: "10.20.1.12", mark: "4c1d0a12", person: Some("tobias.kern") },
    Host { name: FILES01, address: "10.20.0.20", mark: "4c1d0b20", person: None },
    Host { name: DC01, address: "10.20.0.10", mark: "4c1d0b10", person: None },
];

pub const ACCOUNTS: [Account; 4] = [
    Account { name: "mara.linde", sid: "S-1-5-21-1004336348-1177238915-682003330-1105", session: 0x5a1c4 },
    Account { name: "tobias.kern", sid: "S-1-5-21-1004336348-1177238915-682003330-1106", session: 0x61f0e },
    Account { name: "adm.holt", sid: "S-1-5-21-1004336348-1177238915-682003330-1110", session: 0x8b2d7 },
    Account { name: "svc.backup", sid: "S-1-5-21-1004336348-1177238915-682003330-1131", session: 0x9e44b },
];

/// Names that people look up, and where those lead.
pub const SITES: [(&str, &str); 14] = [
    ("www.harbour-news.example", "192.175.48.11"),
    ("mail.acme.example", "192.175.48.25"),
    ("static.harbour-news.example", "192.175.48.12"),
    ("intranet.acme.example", "10.20.0.20"),
    ("search.lighthouse.example", "192.31.196.4"),
    ("maps.lighthouse.example", "192.31.196.7"),
    ("www.rail-tickets.example", "192.175.48.90"),
    ("shop.paper-and-ink.example", "192.31.196.52"),
    ("forum.spreadsheets.example", "192.31.196.61"),
    ("cdn.paper-and-ink.example", "192.31.196.53"),
    ("weather.bay.example", "192.175.48.77"),
    ("docs.office-suite.example", "192.31.196.110"),
    ("api.office-suite.example", "192.31.196.111"),
    ("updates.browser.example", "192.31.196.140"),
];

/// Where the implant calls.
pub const COMMAND_SERVER: &str = "192.88.99.77";
pub const COMMAND_NAME: &str = "cdn.update-check.example";

pub fn account(name: &str) -> Option<&'static Account> {
    ACCOUNTS.iter().find(|account| account.name == name)
}

pub const POWERSHELL: &str = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe";
pub const SVCHOST: &str = r"C:\Windows\System32\svchost.exe";
pub const CHROME: &str = r"C:\Program Files\Google\Chrome\Application\chrome.exe";
pub const OUTLOOK: &str = r"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE";
pub const WINWORD: &str = r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE";
pub const EXCEL: &str = r"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE";
pub const DEFENDER: &str = r"C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.26010.5-0\MsMpEng.exe";

/// What runs on every machine before the first record: handle, pid, image, command line.
pub const RUNNING: [(&str, i64, &str, &str); 12] = [
    ("smss", 356, r"C:\Windows\System32\smss.exe", r"\SystemRoot\System32\smss.exe"),
    ("csrss", 480, r"C:\Windows\System32\csrss.exe", r"%SystemRoot%\system32\csrss.exe ObjectDirectory=\Windows"),
    ("wininit", 556, r"C:\Windows\System32\wininit.exe", "wininit.exe"),
    ("winlogon", 620, r"C:\Windows\System32\winlogon.exe", "winlogon.exe"),
    ("services", 692, r"C:\Windows\System32\services.exe", r"C:\Windows\system32\services.exe"),
    ("lsass", 704, r"C:\Windows\System32\lsass.exe", r"C:\Windows\system32\lsass.exe"),
    ("svchost-dcom", 828, SVCHOST, r"C:\Windows\system32\svchost.exe -k DcomLaunch -p"),
    ("svchost-netsvcs", 1012, SVCHOST, r"C:\Windows\system32\svchost.exe -k netsvcs -p"),
    ("svchost-schedule", 1180, SVCHOST, r"C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule"),
    ("spoolsv", 2044, r"C:\Windows\System32\spoolsv.exe", r"C:\Windows\System32\spoolsv.exe"),
    ("defender", 2580, DEFENDER, "\"C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.26010.5-0\\MsMpEng.exe\""),
    ("wmiprvse", 3320, r"C:\Windows\System32\wbem\WmiPrvSE.exe", r"C:\Windows\system32\wbem\wmiprvse.exe -secured -Embedding"),
];
