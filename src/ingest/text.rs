//! Small readings of raw texts: names of paths, users, addresses, registry keys, integers.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use memchr::{memchr2, memmem, memrchr2};

use super::record::is_missing;
use crate::telemetry::address::is_public;

/// Bytes behind the mark of UTF-8 that they may begin with.
pub fn without_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)
}

/// The items of a JSON array with a text between them; a text that is no array as it is. Nothing where there are none.
pub fn items<'t>(text: &'t str, between: &str) -> Option<Cow<'t, str>> {
    if !text.starts_with('[') {
        return Some(text.into());
    }
    Some(items_of(text).collect::<Vec<_>>().join(between)).filter(|text| !is_missing(text)).map(Cow::Owned)
}

/// The items of a JSON array that are not null, as texts; a text that is none is the one item.
pub fn items_of(text: &str) -> impl Iterator<Item = String> {
    let items = match serde_json::from_str(text) {
        Ok(serde_json::Value::Array(items)) => items,
        _ => vec![text.into()],
    };
    items.into_iter().filter(|item| !item.is_null()).map(|item| match item {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    })
}

/// Of each object of a JSON array the first of these fields that it has, with a text between them; items that are no objects, and a text that is no array, as they are.
pub fn members<'t>(text: &'t str, keys: &[&str], between: &str) -> Option<Cow<'t, str>> {
    if !text.starts_with('[') {
        return Some(text.into());
    }
    let of = |item: String| match serde_json::from_str(&item) {
        Ok(serde_json::Value::Object(members)) => match keys.iter().find_map(|key| members.get(*key))? {
            serde_json::Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        },
        _ => Some(item),
    };
    Some(items_of(text).filter_map(of).collect::<Vec<_>>().join(between)).filter(|text| !is_missing(text)).map(Cow::Owned)
}

/// The first item of a JSON array of plain texts; a text that is none as it is.
pub fn first_item(text: &str) -> &str {
    let Some(items) = text.strip_prefix('[') else { return text };
    items.split([',', ']']).next().unwrap_or(items).trim().trim_matches('"')
}

/// The last part of a path; a trailing separator is no part.
pub fn base_name(path: &str) -> &str {
    let path = path.trim_end_matches(['\\', '/']);
    memrchr2(b'\\', b'/', path.as_bytes()).map_or(path, |place| &path[place + 1..])
}

/// An integer, decimal or `0x…`; a large unsigned one keeps its bits.
pub fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(digits, 16).ok().map(|number| number as i64);
    }
    // Tables that went through a program for statistics have whole numbers with a fraction of nothing.
    let text = text.strip_suffix(".0").unwrap_or(text);
    text.parse::<i64>().ok().or_else(|| text.parse::<u64>().ok().map(|number| number as i64))
}

/// As `integer`, but letters without `0x` are hexadecimal too.
pub fn hex(text: &str) -> Option<i64> {
    integer(text).or_else(|| u64::from_str_radix(text.trim(), 16).ok().map(|number| number as i64))
}

/// Of seconds, whole or not.
pub fn milliseconds(seconds: &str) -> Option<i64> {
    seconds.trim().parse::<f64>().ok().filter(|seconds| seconds.abs() < 1e12).map(|seconds| (seconds * 1000.0).round() as i64)
}

pub fn flag(text: &str) -> Option<bool> {
    match text.trim() {
        text if text.eq_ignore_ascii_case("true") || text == "1" => Some(true),
        text if text.eq_ignore_ascii_case("false") || text == "0" => Some(false),
        _ => None,
    }
}

/// Accounts that some records name by their identifier alone.
const ACCOUNTS: &[(&str, &str)] =
    &[("S-1-5-18", "NT AUTHORITY\\SYSTEM"), ("S-1-5-19", "NT AUTHORITY\\LOCAL SERVICE"), ("S-1-5-20", "NT AUTHORITY\\NETWORK SERVICE")];

/// The system's own account of an identifier.
pub fn well_known(sid: &str) -> Option<&'static str> {
    ACCOUNTS.iter().find(|(known, _)| *known == sid.trim()).map(|(_, account)| *account)
}

/// Domains whose accounts are named by an address of mail, which then is the name.
const BY_ADDRESS: &[&str] = &["MicrosoftAccount", "AzureAD"];

/// Domain and name of an account: what the name holds (`a@X.Y`, `X\a`), where it holds both.
pub fn account<'a>(domain: Option<&str>, name: &'a str) -> (Option<&'a str>, &'a str) {
    let name = name.trim().trim_start_matches('\\');
    if let Some((domain, name)) = name.split_once('\\').filter(|(domain, name)| !domain.is_empty() && !name.is_empty()) {
        return (Some(domain), name);
    }
    let by_address = domain.is_some_and(|domain| BY_ADDRESS.iter().any(|known| known.eq_ignore_ascii_case(domain.trim())));
    match name.split_once('@').filter(|(name, domain)| !by_address && !domain.is_empty() && !name.is_empty()) {
        Some((name, domain)) => (Some(domain), name),
        None => (None, name),
    }
}

/// `DOMAIN\name`. A domain is cut at its first dot, `a@X.Y` is `X\a`, and a name that has its domain already keeps it.
pub fn user(domain: Option<&str>, name: &str) -> String {
    if let Some(known) = well_known(name) {
        return known.to_string();
    }
    let (inner, name) = account(domain, name);
    let Some(domain) = inner.or(domain).map(|domain| short_domain(domain.trim())).filter(|domain| !domain.is_empty()) else {
        return name.to_string();
    };
    // These names are reserved: a sensor that gives one the domain of its machine means the system's own account all the same.
    let own = ACCOUNTS.iter().find(|(_, account)| account.split_once('\\').is_some_and(|(_, own)| own.eq_ignore_ascii_case(name)));
    own.map_or_else(|| format!("{domain}\\{name}"), |(_, account)| (*account).to_string())
}

fn short_domain(domain: &str) -> &str {
    if domain.parse::<IpAddr>().is_ok() {
        return domain;
    }
    domain.split('.').next().unwrap_or(domain)
}

/// An address, abbreviated, without `::ffff:` and scope; what is no address stays as it is.
pub fn address(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let bare = text.split('%').next().unwrap_or(text).trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => bare.into(),
        Ok(IpAddr::V6(address)) => abbreviated(address).into(),
        Err(_) => text.into(),
    }
}

fn abbreviated(address: Ipv6Addr) -> String {
    match address.to_ipv4_mapped() {
        Some(address) => address.to_string(),
        None => address.to_string(),
    }
}

/// Globally reachable unicast, by the same definition as the language's `is_public`.
pub fn status(address: &str) -> Option<&'static str> {
    let address = address.parse::<IpAddr>().ok()?;
    Some(if is_public(address) { "Public" } else { "Private" })
}

/// The name of an IP protocol.
pub fn protocol(text: &str) -> String {
    match text.trim() {
        "1" => "ICMP",
        "2" => "IGMP",
        "6" => "TCP",
        "17" => "UDP",
        "47" => "GRE",
        "50" => "ESP",
        "58" => "ICMPV6",
        other => return other.replace("-", "").to_uppercase(),
    }
    .to_string()
}

const ROOTS: &[(&str, &str)] = &[
    ("\\registry\\machine", "HKLM"),
    ("\\registry\\user", "HKU"),
    ("hkey_local_machine", "HKLM"),
    ("hkey_users", "HKU"),
    ("hkey_current_user", "HKCU"),
    ("hkey_classes_root", "HKLM\\SOFTWARE\\Classes"),
    ("hkcr", "HKLM\\SOFTWARE\\Classes"),
    ("hklm", "HKLM"),
    ("hku", "HKU"),
];

/// A key in the spelling of the registry table: roots HKLM and HKU, CurrentControlSet for ControlSet001.
pub fn key(text: &str) -> String {
    let text = text.trim().trim_end_matches('\\');
    let mut out = None;
    for (raw, root) in ROOTS {
        let head = text.get(..raw.len());
        let whole = matches!(text.as_bytes().get(raw.len()), None | Some(b'\\'));
        if head.is_some_and(|head| head.eq_ignore_ascii_case(raw)) && whole {
            out = Some(format!("{root}{}", &text[raw.len()..]));
            break;
        }
    }
    let key = out.unwrap_or_else(|| text.to_string());
    const SET: &str = "HKLM\\SYSTEM\\ControlSet001";
    let counts = key.get(..SET.len()).is_some_and(|head| head.eq_ignore_ascii_case(SET)) && matches!(key.as_bytes().get(SET.len()), None | Some(b'\\'));
    if counts { format!("{}CurrentControlSet{}", &key[..SET.len() - "ControlSet001".len()], &key[SET.len()..]) } else { key }
}

/// Key and value's name of an object that ends with one. The name itself may be a path.
pub fn key_and_value(text: &str) -> (String, Option<&str>) {
    let place = value_place(text);
    match place {
        Some(place) => (key(&text[..place]), Some(&text[place + 1..]).filter(|value| !value.is_empty())),
        None => (key(text), None),
    }
}

/// Where the backslash before a value's name is.
fn value_place(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let path = (1..bytes.len().saturating_sub(2)).find(|place| {
        bytes[*place] == b'\\'
            && (bytes[place + 1] == b'\\' || (bytes[place + 1].is_ascii_alphabetic() && bytes[place + 2] == b':' && bytes.get(place + 3) == Some(&b'\\')))
    });
    path.or_else(|| text.rfind('\\'))
}

/// The program of a command line.
pub fn program(command: &str) -> &str {
    let command = command.trim_start();
    if let Some(quoted) = command.strip_prefix('"') {
        return quoted.split('"').next().unwrap_or(quoted);
    }
    let bytes = command.as_bytes();
    for place in 0..bytes.len().saturating_sub(3) {
        let end = place + 4;
        if bytes[place] == b'.' && bytes[place..end].eq_ignore_ascii_case(b".exe") && matches!(bytes.get(end), None | Some(b' ' | b'\t' | b'"')) {
            return &command[..end];
        }
    }
    command.split_whitespace().next().unwrap_or(command)
}

/// `\\server\share` and `\\*\share`, but not `\\?\` and `\\.\`.
pub fn is_share(path: &str) -> bool {
    let device = path.get(..12).is_some_and(|head| head.eq_ignore_ascii_case("\\Device\\Mup\\"));
    let long = path.get(..8).is_some_and(|head| head.eq_ignore_ascii_case("\\\\?\\UNC\\"));
    device || long || (path.starts_with("\\\\") && !path.starts_with("\\\\?\\") && !path.starts_with("\\\\.\\"))
}

/// The path without a stream's name: `C:\a.exe:Zone.Identifier` is about `C:\a.exe`.
pub fn without_stream(path: &str) -> &str {
    let name = base_name(path).len();
    let start = path.len() - name;
    match path[start..].find(':') {
        Some(colon) if colon > 1 => &path[..start + colon],
        _ => path,
    }
}

/// What follows a label on a line that begins with it, blanks aside; nothing where that is missing.
pub fn line<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let begins = |place: &usize| text[..*place].trim_end_matches([' ', '\t']).ends_with(['\n', '\r']) || text[..*place].trim_ascii().is_empty();
    let place = memmem::find_iter(text.as_bytes(), label).find(begins)?;
    let rest = &text[place + label.len()..];
    let end = memchr2(b'\r', b'\n', rest.as_bytes()).unwrap_or(rest.len());
    Some(rest[..end].trim()).filter(|found| !is_missing(found))
}

/// What stands before the first of a label, or after it.
pub fn until<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let place = memmem::find(text.as_bytes(), label.as_bytes())?;
    Some(text[..place].trim()).filter(|found| !is_missing(found))
}

pub fn after<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let place = memmem::find(text.as_bytes(), label.as_bytes())?;
    Some(text[place + label.len()..].trim()).filter(|found| !is_missing(found))
}

/// Of what class a file is, by its extension.
pub fn file_class(path: &str) -> &'static str {
    let name = base_name(without_stream(path));
    let Some((_, extension)) = name.rsplit_once('.') else { return "other" };
    match extension.to_ascii_lowercase().as_str() {
        "exe" | "dll" | "sys" | "scr" | "cpl" | "ocx" | "drv" | "com" | "efi" | "mui" | "ax" | "acm" | "tsp" | "msstyles" | "node" | "pyd" => "pe",
        "ps1" | "psm1" | "psd1" | "ps1xml" | "bat" | "cmd" | "vbs" | "vbe" | "js" | "jse" | "wsf" | "wsh" | "wsc" | "sct" | "hta" | "py" | "pyw" | "pl"
        | "rb" | "sh" | "bash" | "php" | "asp" | "aspx" | "ashx" | "asmx" | "jsp" | "jspx" | "lua" | "au3" | "mof" | "inf" | "reg" => "script",
        "zip" | "rar" | "7z" | "gz" | "tgz" | "tar" | "bz2" | "xz" | "zst" | "cab" | "iso" | "img" | "vhd" | "vhdx" | "jar" | "war" | "ear" | "arj" | "lzh"
        | "ace" | "msi" | "msp" | "msix" | "appx" | "nupkg" | "wim" => "archive",
        "doc" | "docx" | "docm" | "dot" | "dotx" | "dotm" | "xls" | "xlsx" | "xlsm" | "xlsb" | "xlt" | "xltm" | "xlam" | "xll" | "ppt" | "pptx" | "pptm"
        | "pps" | "ppsx" | "pot" | "potm" | "ppam" | "pdf" | "rtf" | "odt" | "ods" | "odp" | "csv" | "txt" | "one" | "pub" | "vsd" | "vsdx" | "mdb"
        | "accdb" | "eml" | "msg" | "htm" | "html" | "mht" | "xml" | "chm" | "slk" | "iqy" => "document",
        _ => "other",
    }
}

/// The path of a file in a folder that may be its whole path; with the separator of the folder.
pub fn located<'t>(folder: &'t str, name: Option<&str>) -> Cow<'t, str> {
    let Some(name) = name.filter(|name| !base_name(folder).eq_ignore_ascii_case(name)) else { return folder.into() };
    let separator = if folder.contains('/') && !folder.contains('\\') { '/' } else { '\\' };
    format!("{}{separator}{name}", folder.trim_end_matches(['/', '\\'])).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users() {
        assert_eq!(user(Some("SHIRE.COM"), "IT001$@SHIRE.COM"), "SHIRE\\IT001$");
        assert_eq!(user(Some("theshire.local"), "pgustavo"), "theshire\\pgustavo");
        assert_eq!(user(None, "NT AUTHORITY\\SYSTEM"), "NT AUTHORITY\\SYSTEM");
        assert_eq!(user(None, "pgustavo"), "pgustavo");
        assert_eq!(user(Some("NT AUTHORITY"), "System"), "NT AUTHORITY\\SYSTEM");
        assert_eq!(user(None, "ACME\\SYSTEM"), "NT AUTHORITY\\SYSTEM");
        assert_eq!(user(None, "SYSTEM"), "SYSTEM");
        assert_eq!(user(None, "S-1-5-20"), "NT AUTHORITY\\NETWORK SERVICE");
        assert_eq!(user(Some("MicrosoftAccount"), "ann@mail.example"), "MicrosoftAccount\\ann@mail.example");
        assert_eq!(user(Some("ACME"), "ACME\\ann"), "ACME\\ann");
        assert_eq!(user(Some("ACME"), "\\ann"), "ACME\\ann");
    }

    #[test]
    fn accounts_by_parts() {
        assert_eq!(account(Some("ACME.EXAMPLE"), "ann@ACME.EXAMPLE"), (Some("ACME.EXAMPLE"), "ann"));
        assert_eq!(account(None, "ACME\\ann"), (Some("ACME"), "ann"));
        assert_eq!(account(None, "ann@"), (None, "ann@"));
        assert_eq!(account(Some("AzureAD"), "ann@acme.example"), (None, "ann@acme.example"));
    }

    #[test]
    fn labels() {
        let context = "CommandInvocation(a): \"x\"\r\n  Connected User = other\r\n        User = LAB\\eve\r\n        Shell =\r\n";
        assert_eq!(line(context, "User = "), Some("LAB\\eve"));
        assert_eq!(line(context, "Shell ="), None);
        assert_eq!(line("HostApplication=powershell -c 1", "HostApplication="), Some("powershell -c 1"));
        assert_eq!((until("a b Context: c", "Context:"), after("a Details: \r\n b ", "Details:")), (Some("a b"), Some("b")));
    }

    #[test]
    fn keys() {
        assert_eq!(key("\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\EventLog"), "HKLM\\SYSTEM\\CurrentControlSet\\Services\\EventLog");
        assert_eq!(key_and_value("HKU\\S-1-5\\Run\\x"), ("HKU\\S-1-5\\Run".to_string(), Some("x")));
        let (of, value) = key_and_value("HKLM\\System\\bam\\S-1-5-18\\\\Device\\HarddiskVolume2\\a.exe");
        assert_eq!((of.as_str(), value), ("HKLM\\System\\bam\\S-1-5-18", Some("\\Device\\HarddiskVolume2\\a.exe")));
        assert_eq!(key_and_value("HKLM\\Layers\\C:\\a\\b.exe").1, Some("C:\\a\\b.exe"));
    }

    #[test]
    fn paths_and_addresses() {
        assert_eq!(base_name("C:\\Windows\\System32\\cmd.exe"), "cmd.exe");
        assert_eq!(without_stream("C:\\a\\b.exe:Zone.Identifier"), "C:\\a\\b.exe");
        assert_eq!(address("fe80:0:0:0:0:0:0:1"), "fe80::1");
        assert_eq!(address("::ffff:10.0.0.1"), "10.0.0.1");
        assert_eq!(integer("0xc000010b"), Some(0xc000_010b));
        assert_eq!(program("powershell.exe -enc x"), "powershell.exe");
        assert!(is_share("\\\\*\\SYSVOL") && !is_share("\\\\.\\pipe\\x"));
    }

    #[test]
    fn a_file_lies_in_its_folder() {
        let path = |folder: &'static str, name: &str| located(folder, Some(name)).into_owned();
        assert_eq!(path("C:\\w", "d.exe"), "C:\\w\\d.exe");
        assert_eq!(path("C:\\w\\d.exe", "D.EXE"), "C:\\w\\d.exe");
        assert_eq!(path("C:\\Users\\john.doe", "a.exe"), "C:\\Users\\john.doe\\a.exe");
        assert_eq!(path("C:\\Windows\\System32\\drivers\\etc\\hosts", "hosts"), "C:\\Windows\\System32\\drivers\\etc\\hosts");
        assert_eq!(path("/usr/bin/bash", "bash"), "/usr/bin/bash");
        assert_eq!(path("/usr/bin/", "bash"), "/usr/bin/bash");
        assert_eq!(located("/usr/bin", None), "/usr/bin");
    }
}
