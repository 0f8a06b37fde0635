//! What happens anyway, on both days: people who work, servers that serve, Windows that looks after itself.

use chrono::DateTime;

use super::company::{CHROME, DC01, EXCEL, FILES01, HOSTS, Host, OUTLOOK, POWERSHELL, SITES, SVCHOST, WINWORD, account};
use super::dice::Dice;
use super::scene::{Act, Event};

const MINUTE: i64 = 60_000;
const ONEDRIVE: &str = r"C:\Program Files\Microsoft OneDrive\OneDrive.exe";
const MICROSOFT: &str = "Microsoft Corporation";

/// What every program with a window loads.
const LIBRARIES: [&str; 4] =
    [r"C:\Windows\System32\ntdll.dll", r"C:\Windows\System32\kernel32.dll", r"C:\Windows\System32\user32.dll", r"C:\Windows\System32\combase.dll"];

const DOCUMENTS: [&str; 8] = [
    r"Finance\Budget-2026.xlsx",
    r"Finance\Ledger-February.xlsx",
    r"Sales\Offer-Harbour.docx",
    r"Sales\Pricelist.xlsx",
    r"Common\Holiday-plan.xlsx",
    r"Common\Canteen.docx",
    r"Projects\Pier-7\Drawings.pdf",
    r"Projects\Pier-7\Minutes-02.docx",
];

const TOOLBAR: &str = r"C:\Users\tobias.kern\Downloads\BayToolbar-Setup.exe";

const INVENTORY: &str = "Get-ADComputer -Filter * -Properties OperatingSystem | Export-Csv C:\\Admin\\inventory.csv -NoTypeInformation";

pub fn events() -> Vec<Event> {
    let mut events = Vec::new();
    for day in 0..2_i64 {
        for (host, seed) in HOSTS.iter().zip(11..) {
            let mut dice = Dice::new(seed + 100 * day.unsigned_abs());
            let mut diary = Diary { day, host, dice: &mut dice, events: &mut events };
            diary.windows();
            match host.person {
                Some(person) => diary.work(person),
                None => diary.serve(),
            }
        }
    }
    events
}

/// Milliseconds of a time of day (`08:41:07.210`) on Monday (0) or Tuesday (1).
pub fn time_on(day: i64, time: &str) -> i64 {
    DateTime::parse_from_rfc3339(&format!("2026-03-{:02}T{time}Z", 2 + day)).map(|time| time.timestamp_millis()).unwrap_or_default()
}

/// One day of one machine, while it is written.
struct Diary<'a> {
    day: i64,
    host: &'static Host,
    dice: &'a mut Dice,
    events: &'a mut Vec<Event>,
}

impl Diary<'_> {
    /// The operating system: lookups of lsass, scans, updates, services, clock.
    fn windows(&mut self) {
        for quarter in 0..96 {
            let time = self.clock("00:04:00.000") + quarter * 15 * MINUTE;
            self.near(time, Act::Open { handle: "svchost-netsvcs".into(), target: "lsass", rights: 0x1000 });
            if quarter % 8 == 0 {
                self.near(time, Act::Open { handle: "defender".into(), target: "lsass", rights: 0x1010 });
                self.near(time, set("svchost-netsvcs", r"HKLM\System\CurrentControlSet\Services\W32Time\Config\LastKnownGoodTime", "QWORD"));
                self.near(time, Act::ServiceState { name: "Windows Update", running: true });
                self.near(time + 6 * MINUTE, Act::ServiceState { name: "Windows Update", running: false });
            }
        }
        let time = self.clock("03:10:00.000");
        self.near(time, Act::Open { handle: "wmiprvse".into(), target: "lsass", rights: 0x1410 });
        self.near(time, start("update", "svchost-schedule", r"C:\Windows\System32\UsoClient.exe", "UsoClient.exe StartScan", "SYSTEM"));
        self.add(time + 3 * MINUTE, Act::End { handle: "update".into() });
        self.add(time + 2 * MINUTE, Act::Resolve { handle: "svchost-netsvcs".into(), name: "updates.browser.example", answer: "192.31.196.140" });
        self.add(time + 2 * MINUTE + 300, connect("svchost-netsvcs", "192.31.196.140", 443));
        let file = format!(r"C:\Windows\SoftwareDistribution\Download\package-{}.cab", 20 + self.day);
        self.add(time + 2 * MINUTE + 900, Act::Drop { handle: "svchost-netsvcs".into(), path: file });
        let host_task = "\"C:\\Windows\\System32\\taskhostw.exe\" SYSTEM";
        for hour in [1, 7, 13, 19] {
            let time = self.clock("00:20:00.000") + hour * 60 * MINUTE;
            self.add(time, start("task", "svchost-schedule", r"C:\Windows\System32\taskhostw.exe", host_task, "SYSTEM"));
            self.add(time + 9_000, Act::End { handle: "task".into() });
        }
        if self.day == 0 {
            let path = "\"C:\\Program Files (x86)\\Browser Maintenance Service\\maintenanceservice.exe\"";
            self.near(self.clock("12:30:00.000"), Act::Service { name: "BrowserMaintenance", path: path.into(), by: "SYSTEM" });
        }
        self.add(self.clock("12:05:00.000"), Act::Health);
        self.near(self.clock("21:00:00.000"), Act::Thread { handle: "csrss".into(), target: "svchost-dcom", function: Some("CtrlRoutine") });
    }

    /// A person at a keyboard, from eight to five.
    fn work(&mut self, person: &'static str) {
        let begin = self.clock("07:58:00.000") + self.dice.below(8 * MINUTE);
        if self.day == 1 {
            self.add(begin - 9_000, Act::FailedLogon { user: person, from: "127.0.0.1" });
        }
        self.add(begin, Act::Logon { user: person, kind: 2, from: "127.0.0.1" });
        self.add(begin + 900, start("userinit", "winlogon", r"C:\Windows\System32\userinit.exe", r"C:\Windows\system32\userinit.exe", person));
        self.open(begin + 1_700, "explorer", "userinit", r"C:\Windows\explorer.exe", r"C:\Windows\Explorer.EXE", person);
        self.add(begin + 30_000, Act::End { handle: "userinit".into() });
        self.open(begin + 20_000, "onedrive", "explorer", ONEDRIVE, "\"C:\\Program Files\\Microsoft OneDrive\\OneDrive.exe\" /background", person);
        if self.day == 0 {
            let sid = account(person).map_or("S-1-5-18", |account| account.sid);
            let key = |name: &str| format!(r"HKU\{sid}\Software\Microsoft\Windows\CurrentVersion\Run\{name}");
            self.add(begin + 26_000, set("onedrive", &key("OneDrive"), "\"C:\\Program Files\\Microsoft OneDrive\\OneDrive.exe\" /background"));
            self.add(begin + 90_000, set("explorer", &key("Teams"), "\"C:\\Program Files\\WindowsApps\\MSTeams\\ms-teams.exe\" msteams:system-initiated"));
        }
        self.open(begin + 3 * MINUTE, "outlook", "explorer", OUTLOOK, &format!("\"{OUTLOOK}\""), person);
        self.open(begin + 5 * MINUTE, "chrome", "explorer", CHROME, &format!("\"{CHROME}\""), person);
        self.browse(begin + 6 * MINUTE, self.clock("16:55:00.000"));
        self.write_documents(begin + 50 * MINUTE, person);
        for quarter in 0..34 {
            let time = begin + 7 * MINUTE + quarter * 15 * MINUTE + self.dice.around(0, 4 * MINUTE);
            self.add(time, connect("onedrive", "192.31.196.111", 443));
        }
        if self.day == 0 && person == "tobias.kern" {
            let time = self.clock("15:12:40.000");
            self.add(time, Act::Drop { handle: "chrome".into(), path: TOOLBAR.into() });
            self.add(time + 700, Act::Detect { handle: "chrome".into(), path: TOOLBAR.into(), threat: "PUA:Win32/BayToolbar", action: "Allow" });
        }
        let end = self.clock("16:58:00.000") + self.dice.below(9 * MINUTE);
        for handle in ["chrome", "outlook", "onedrive", "explorer"] {
            self.add(end, Act::End { handle: handle.into() });
        }
        self.add(end + 800, Act::Logoff { user: person, kind: 2 });
    }

    /// Pages, at the pace of someone who also works.
    fn browse(&mut self, from: i64, to: i64) {
        let mut time = from;
        while time < to {
            let (name, answer) = *self.dice.pick(&SITES);
            self.add(time, Act::Resolve { handle: "chrome".into(), name, answer });
            for call in 0..=self.dice.below(2) {
                self.add(time + 120 + 400 * call, connect("chrome", answer, 443));
            }
            time += self.dice.around(5 * MINUTE, 4 * MINUTE);
        }
    }

    /// Documents are opened, and saved again.
    fn write_documents(&mut self, from: i64, person: &'static str) {
        for number in 0..6 {
            let time = from + number * 70 * MINUTE + self.dice.below(20 * MINUTE);
            let document = *self.dice.pick(&DOCUMENTS);
            let image = if document.ends_with(".xlsx") { EXCEL } else { WINWORD };
            let path = format!(r"\\FILES01\{document}");
            self.open(time, "document", "explorer", image, &format!("\"{image}\" \"{path}\""), person);
            self.add(time + 14 * MINUTE, Act::Drop { handle: "document".into(), path });
            self.add(time + 15 * MINUTE, Act::End { handle: "document".into() });
            let (file, from) = (document.to_string(), self.host.address);
            self.add_on(FILES01, time + 2_000, Act::Logon { user: person, kind: 3, from });
            self.add_on(FILES01, time + 2_300, Act::Share { user: person, from, share: "Data", path: file });
            self.add_on(FILES01, time + 16 * MINUTE, Act::Logoff { user: person, kind: 3 });
            self.add_on(DC01, time - 1_500, Act::Ticket { user: person, from, service: "krbtgt" });
            self.add_on(DC01, time - 1_400, Act::Ticket { user: person, from, service: "FILES01$" });
        }
    }

    /// Servers: machine accounts come and go, an administrator's script runs morning and evening.
    fn serve(&mut self) {
        for half_hour in 0..48 {
            let time = self.clock("00:11:00.000") + half_hour * 30 * MINUTE + self.dice.below(6 * MINUTE);
            let (user, from) = *self.dice.pick(&[("WKS01$", "10.20.1.11"), ("WKS02$", "10.20.1.12"), ("FILES01$", "10.20.0.20")]);
            self.add(time, Act::Logon { user, kind: 3, from });
            self.add(time + 45_000, Act::Logoff { user, kind: 3 });
            if self.host.name == DC01 {
                self.add(time - 400, Act::Ticket { user, from, service: "krbtgt" });
                self.add(time + 700, Act::Share { user, from, share: "SYSVOL", path: r"acme.example\Policies\gpt.ini".into() });
            }
        }
        if self.host.name == DC01 {
            for time in ["06:00:00.000", "18:00:00.000"] {
                let time = self.clock(time);
                let command = r"powershell.exe -NoProfile -ExecutionPolicy RemoteSigned -File C:\Admin\Inventory.ps1";
                self.add(time, Act::Logon { user: "adm.holt", kind: 4, from: "-" });
                self.open(time + 400, "admin", "svchost-schedule", POWERSHELL, command, "adm.holt");
                self.add(time + 2_100, Act::Script { handle: "admin".into(), text: INVENTORY });
                self.add(time + 9_000, Act::Drop { handle: "admin".into(), path: r"C:\Admin\inventory.csv".into() });
                self.add(time + 12_000, Act::End { handle: "admin".into() });
                self.add(time + 12_500, Act::Logoff { user: "adm.holt", kind: 4 });
            }
        } else {
            let command = r"C:\Windows\system32\svchost.exe -k defragsvc";
            self.add(self.clock("02:00:00.000"), start("defrag", "services", SVCHOST, command, "SYSTEM"));
            self.add(self.clock("02:41:00.000"), Act::End { handle: "defrag".into() });
        }
    }

    /// A program starts and loads its libraries.
    fn open(&mut self, time: i64, handle: &str, parent: &str, image: &'static str, command: &str, user: &'static str) {
        self.add(time, start(handle, parent, image, command, user));
        for (library, place) in LIBRARIES.into_iter().zip(1..) {
            self.add(time + 12 * place, Act::Load { handle: handle.into(), library, company: MICROSOFT });
        }
    }

    fn clock(&self, time: &str) -> i64 {
        time_on(self.day, time)
    }

    /// Some seconds later: no two machines do a thing in the same instant.
    fn near(&mut self, time: i64, act: Act) {
        let time = time + self.dice.below(55_000);
        self.add(time, act);
    }

    fn add(&mut self, time: i64, act: Act) {
        self.add_on(self.host.name, time, act);
    }

    fn add_on(&mut self, host: &'static str, time: i64, act: Act) {
        self.events.push(Event { time, host, act });
    }
}

fn start(handle: &str, parent: &str, image: &'static str, command: &str, user: &'static str) -> Act {
    Act::Start { handle: handle.into(), parent: parent.into(), image, command: command.into(), user }
}

fn connect(handle: &str, remote: &'static str, port: u16) -> Act {
    Act::Connect { handle: handle.into(), remote, port }
}

fn set(handle: &str, key: &str, data: &str) -> Act {
    Act::SetValue { handle: handle.into(), key: key.into(), data: data.into() }
}
