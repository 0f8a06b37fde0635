//! Texts of Windows that need a word of their own: codes in place of words, changed attributes, types of DNS records.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use super::record::unescape;
use crate::telemetry::mapping::codes;

/// The texts in one line, without their indentation, with words for the codes in them; before a code stands a comma.
pub fn in_words<'a>(texts: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut out = String::new();
    for text in texts {
        let text = unescape(text);
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if !out.is_empty() {
                out.push_str(if line.starts_with("%%") { ", " } else { " " });
            }
            push_words(&mut out, line);
        }
    }
    Some(out).filter(|out| !out.is_empty())
}

fn push_words(out: &mut String, mut line: &str) {
    while let Some(place) = line.find("%%") {
        out.push_str(&line[..place]);
        let digits = line[place + 2..].bytes().take_while(u8::is_ascii_digit).count();
        let (code, rest) = line[place..].split_at(2 + digits);
        out.push_str(code[2..].parse().ok().and_then(codes::words).unwrap_or(code));
        line = rest;
    }
    out.push_str(line);
}

/// Fields that say what was changed, each with its name; the account's control speaks for itself.
pub fn changes<'a>(fields: impl Iterator<Item = (&'static str, &'a str)>) -> Option<String> {
    let parts = fields.filter_map(|(name, text)| {
        let words = in_words(std::iter::once(text))?;
        Some(if name == "UserAccountControl" { words } else { format!("{name}={words}") })
    });
    Some(parts.collect::<Vec<_>>().join("; ")).filter(|out| !out.is_empty())
}

/// `T1059.001, T1566`: the ids of techniques in texts, each once, in order.
pub fn techniques<'a>(texts: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut found = BTreeSet::new();
    for text in texts {
        let bytes = text.as_bytes();
        for (place, _) in text.match_indices('T') {
            let is_number = |from: usize, to: usize| bytes.get(from..to).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit));
            let is_word = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_alphanumeric);
            if (place > 0 && is_word(place - 1)) || !is_number(place + 1, place + 5) || is_word(place + 5) {
                continue;
            }
            let is_sub = bytes.get(place + 5) == Some(&b'.') && is_number(place + 6, place + 9) && !is_word(place + 9);
            found.insert(&text[place..place + if is_sub { 9 } else { 5 }]);
        }
    }
    // A part of a technique says the whole.
    let whole: Vec<&str> = found.iter().copied().filter(|id| !found.iter().any(|other| other.len() > id.len() && other.starts_with(id))).collect();
    Some(whole.join(", ")).filter(|out| !out.is_empty())
}

/// Record types by number, as `type:  5` in the answers of the DNS client names them.
const TYPES: &[(&str, &str)] = &[
    ("1", "A"),
    ("2", "NS"),
    ("6", "SOA"),
    ("12", "PTR"),
    ("13", "HINFO"),
    ("15", "MX"),
    ("16", "TXT"),
    ("28", "AAAA"),
    ("33", "SRV"),
    ("35", "NAPTR"),
    ("64", "SVCB"),
    ("65", "HTTPS"),
];

/// The type that the answers are of: aliases only lead to them, and addresses of servers only go with them. Addresses of both kinds
/// answer two questions, and no type is told.
pub fn query_type(answers: &str) -> Option<Cow<'static, str>> {
    let (mut alias, mut old, mut new) = (false, false, false);
    for answer in answers.split(';').map(str::trim).filter(|answer| !answer.is_empty()) {
        if let Some(typed) = answer.strip_prefix("type:") {
            let number = typed.trim_start();
            let number = &number[..number.bytes().take_while(u8::is_ascii_digit).count()];
            match number {
                "" => {}
                "5" => alias = true,
                _ => return Some(TYPES.iter().find(|(known, _)| *known == number).map_or_else(|| format!("TYPE{number}").into(), |(_, name)| (*name).into())),
            }
        } else {
            match answer.parse::<IpAddr>() {
                Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_none() => new = true,
                Ok(_) => old = true,
                Err(_) => {}
            }
        }
    }
    match (old, new, alias) {
        (true, false, _) => Some("A".into()),
        (false, true, _) => Some("AAAA".into()),
        (false, false, true) => Some("CNAME".into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(texts: &[&str]) -> Option<String> {
        in_words(texts.iter().copied())
    }

    #[test]
    fn codes_become_words_in_one_line() {
        assert_eq!(words(&["\r\n\t\t%%2080\r\n\t\t%%2082\r\n"]).as_deref(), Some("Account Disabled, 'Password Not Required' - Enabled"));
        assert_eq!(words(&["%%8449, %%8451"]).as_deref(), Some("Success Added, Failure added"));
        assert_eq!(words(&["%%8273", "%%12544", "{0cce9215}"]).as_deref(), Some("Logon/Logoff, Logon {0cce9215}"));
        assert_eq!(words(&["%%7688\r\n\t\t{a}\r\n\t{b}"]).as_deref(), Some("Control Access {a} {b}"));
        assert_eq!(words(&["100%% of %%99999"]).as_deref(), Some("100%% of %%99999"));
        assert_eq!(words(&["\r\n"]), None);
    }

    #[test]
    fn changes_name_their_attribute() {
        let fields = [("UserAccountControl", "\r\n\t\t%%2048"), ("DisplayName", "%%1793"), ("ServicePrincipalNames", "\r\n\t\tHOST/a\r\n\t\tHOST/b")];
        let expected = "Account Enabled; DisplayName=<value not set>; ServicePrincipalNames=HOST/a HOST/b";
        assert_eq!(changes(fields.into_iter()).as_deref(), Some(expected));
    }

    #[test]
    fn techniques_are_found_anywhere() {
        let threat = r#"[{"technique":[{"id":"T1059","reference":"https://x.example/techniques/T1059/","subtechnique":[{"id":"T1059.001"}]},{"id":"T1566"}]}]"#;
        assert_eq!(techniques([threat, "XT1003 T10033 T1003.0011"].into_iter()).as_deref(), Some("T1003, T1059.001, T1566"));
        assert_eq!(techniques(["TA0002"].into_iter()), None);
    }

    #[test]
    fn query_types() {
        for (answers, expected) in [
            ("::ffff:10.0.0.1;", Some("A")),
            ("10.0.0.1;10.0.0.2;", Some("A")),
            ("type:  5 a.example;::ffff:10.0.0.1;", Some("A")),
            ("type:  5 a.example;fe80::1;", Some("AAAA")),
            ("fe80::1;::ffff:10.0.0.1;", None),
            ("type:  5 a.example;", Some("CNAME")),
            ("type:  12 a.example;", Some("PTR")),
            ("type:  33 ;10.0.0.1;", Some("SRV")),
            ("type:  99 ;", Some("TYPE99")),
            ("", None),
        ] {
            assert_eq!(query_type(answers).as_deref(), expected, "{answers}");
        }
    }
}
