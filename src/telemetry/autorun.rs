//! Registry keys that start programs: what `Autorun` means.
//!
//! Keys are matched in the spelling of the registry table (roots `HKLM` and `HKU`, `CurrentControlSet`), case ignored. Below `HKU`
//! the user's part is left out.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// A persistence point: the end of a key, and the value names that count (none: every value).
struct Point {
    /// Contained in the key as whole parts, after the root and the user.
    key: &'static str,
    /// Whether keys below it count as well.
    below: bool,
    values: &'static [&'static str],
}

const fn key(key: &'static str) -> Point {
    Point { key, below: false, values: &[] }
}

const fn tree(key: &'static str) -> Point {
    Point { key, below: true, values: &[] }
}

const fn values(key: &'static str, values: &'static [&'static str]) -> Point {
    Point { key, below: false, values }
}

const fn values_below(key: &'static str, values: &'static [&'static str]) -> Point {
    Point { key, below: true, values }
}

/// Parts of keys are lower case.
const POINTS: &[Point] = &[
    tree("microsoft\\windows\\currentversion\\run"),
    tree("microsoft\\windows\\currentversion\\runonce"),
    tree("microsoft\\windows\\currentversion\\runonceex"),
    key("microsoft\\windows\\currentversion\\runservices"),
    key("microsoft\\windows\\currentversion\\runservicesonce"),
    tree("microsoft\\windows\\currentversion\\policies\\explorer\\run"),
    values("microsoft\\windows\\currentversion\\policies\\system", &["shell"]),
    tree("microsoft\\windows nt\\currentversion\\terminal server\\install\\software\\microsoft\\windows\\currentversion\\run"),
    tree("microsoft\\windows nt\\currentversion\\terminal server\\install\\software\\microsoft\\windows\\currentversion\\runonce"),
    values("microsoft\\windows nt\\currentversion\\windows", &["load", "run", "appinit_dlls", "loadappinit_dlls", "iconservicelib"]),
    values("microsoft\\windows nt\\currentversion\\winlogon", &["shell", "userinit", "taskman", "system", "vmapplet", "gpextensions", "appsetup", "uihost"]),
    tree("microsoft\\windows nt\\currentversion\\winlogon\\notify"),
    tree("microsoft\\windows nt\\currentversion\\winlogon\\gpextensions"),
    values_below(
        "microsoft\\windows nt\\currentversion\\image file execution options",
        &["debugger", "globalflag", "verifierdlls", "monitorprocess", "reportingmode"],
    ),
    values_below("microsoft\\windows nt\\currentversion\\silentprocessexit", &["monitorprocess", "reportingmode"]),
    tree("microsoft\\windows nt\\currentversion\\appcompatflags\\custom"),
    tree("microsoft\\windows nt\\currentversion\\appcompatflags\\installedsdb"),
    values("microsoft\\windows nt\\currentversion\\accessibility", &["configuration"]),
    values_below("microsoft\\windows nt\\currentversion\\accessibility\\ats", &["startexe"]),
    tree("microsoft\\windows nt\\currentversion\\schedule\\taskcache\\tree"),
    tree("microsoft\\windows nt\\currentversion\\drivers32"),
    tree("microsoft\\windows\\currentversion\\shellserviceobjectdelayload"),
    tree("microsoft\\windows\\currentversion\\shellserviceobjects"),
    tree("microsoft\\windows\\currentversion\\explorer\\shellserviceobjects"),
    tree("microsoft\\windows\\currentversion\\explorer\\shellexecutehooks"),
    tree("microsoft\\windows\\currentversion\\explorer\\browser helper objects"),
    tree("microsoft\\windows\\currentversion\\explorer\\sharedtaskscheduler"),
    tree("microsoft\\windows\\currentversion\\explorer\\shelliconoverlayidentifiers"),
    values("microsoft\\windows\\currentversion\\explorer\\user shell folders", &["startup", "common startup"]),
    values("microsoft\\windows\\currentversion\\explorer\\shell folders", &["startup", "common startup"]),
    tree("microsoft\\windows\\currentversion\\authentication\\credential providers"),
    tree("microsoft\\windows\\currentversion\\authentication\\credential provider filters"),
    tree("microsoft\\windows\\currentversion\\authentication\\plap providers"),
    tree("microsoft\\windows\\currentversion\\group policy\\scripts\\startup"),
    tree("microsoft\\windows\\currentversion\\group policy\\scripts\\logon"),
    tree("policies\\microsoft\\windows\\system\\scripts"),
    values_below("microsoft\\active setup\\installed components", &["stubpath"]),
    values("microsoft\\command processor", &["autorun"]),
    values("microsoft\\ctf\\langbaraddin", &["filepath", "enable"]),
    tree("microsoft\\netsh"),
    tree("microsoft\\internet explorer\\extensions"),
    tree("microsoft\\internet explorer\\toolbar"),
    key("microsoft\\office test\\special\\perf"),
    values_below("microsoft\\office", &["opentext", "outlookaddins"]),
    tree("microsoft\\cryptography\\oid\\encodingtype 0\\cryptsipdllgetsigneddatamsg"),
    tree("microsoft\\cryptography\\oid\\encodingtype 0\\cryptsipdllverifyindirectdata"),
    tree("microsoft\\cryptography\\providers\\trust\\finalpolicy"),
    values("environment", &["userinitmprlogonscript", "cor_profiler_path", "cor_profiler"]),
    values("control panel\\desktop", &["scrnsave.exe"]),
    values_below("currentcontrolset\\services", &["imagepath", "servicedll", "failurecommand", "library", "driverpackageid", "dllpath"]),
    values("currentcontrolset\\control\\session manager", &["bootexecute", "setupexecute", "execute", "pendingfilerenameoperations", "s0initialcommand"]),
    key("currentcontrolset\\control\\session manager\\appcertdlls"),
    key("currentcontrolset\\control\\session manager\\knowndlls"),
    values("currentcontrolset\\control\\lsa", &["authentication packages", "notification packages", "security packages"]),
    values("currentcontrolset\\control\\lsa\\osconfig", &["security packages"]),
    values("currentcontrolset\\control\\securityproviders", &["securityproviders"]),
    values("currentcontrolset\\control\\networkprovider\\order", &["providerorder"]),
    values_below("currentcontrolset\\control\\print\\monitors", &["driver"]),
    values_below("currentcontrolset\\control\\print\\providers", &["name"]),
    values_below("currentcontrolset\\control\\terminal server\\winstations", &["initialprogram"]),
    values("currentcontrolset\\control\\terminal server\\wds\\rdpwd", &["startupprograms"]),
    values("currentcontrolset\\control\\safeboot", &["alternateshell"]),
    values("currentcontrolset\\control\\bootverificationprogram", &["imagepath"]),
    values_below("classes\\clsid", &["inprocserver32", "localserver32"]),
];

/// Handlers whose default value is a program: the end of the key decides.
const ENDINGS: &[&str] = &[
    "\\exefile\\shell\\open\\command",
    "\\comfile\\shell\\open\\command",
    "\\batfile\\shell\\open\\command",
    "\\cmdfile\\shell\\open\\command",
    "\\htafile\\shell\\open\\command",
    "\\txtfile\\shell\\open\\command",
    "\\ms-settings\\shell\\open\\command",
    "\\mscfile\\shell\\open\\command",
    "\\inprocserver32",
    "\\localserver32",
    "\\treatas",
];

/// Whether the key (with this value, where one is named) starts programs.
pub fn is_autorun(key: &str, value: Option<&str>) -> bool {
    let key = key.to_ascii_lowercase();
    let value = value.map(str::to_ascii_lowercase);
    if key.contains("\\classes\\") || key.contains("_classes\\") {
        return ENDINGS.iter().any(|ending| key.ends_with(ending));
    }
    SEARCH.as_ref().is_some_and(|search| {
        let mut found = search.find_overlapping_iter(&key).filter_map(|found| Some((POINTS.get(found.pattern().as_usize())?, &key[found.end()..])));
        found.any(|(point, rest)| holds(point, rest, value.as_deref()))
    })
}

/// All points at once, each behind the backslash that begins its first part.
static SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(POINTS.iter().map(|point| format!("\\{}", point.key))).ok());

/// Whether a point counts that `rest` follows in the key.
fn holds(point: &Point, rest: &str, value: Option<&str>) -> bool {
    let whole = rest.is_empty() || (point.below && rest.starts_with('\\'));
    whole && (point.values.is_empty() || value.is_some_and(|value| point.values.contains(&value)))
}

#[cfg(test)]
mod tests {
    use super::is_autorun;

    #[test]
    fn keys_and_values() {
        assert!(is_autorun("HKU\\S-1-5-21-1\\Software\\Microsoft\\Windows\\CurrentVersion\\Run", Some("x")));
        assert!(is_autorun("HKLM\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\RunOnce", None));
        assert!(!is_autorun("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\RunX", Some("x")));
        assert!(is_autorun("HKLM\\System\\CurrentControlSet\\Services\\abc", Some("ImagePath")));
        assert!(!is_autorun("HKLM\\System\\CurrentControlSet\\Services\\abc", Some("Start")));
        assert!(is_autorun("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options\\sethc.exe", Some("Debugger")));
        assert!(is_autorun("HKU\\S-1-5-21-1_Classes\\ms-settings\\shell\\open\\command", Some("(Default)")));
    }
}
