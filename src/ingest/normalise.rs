//! The interpreter of the mapping rules: a record in, rows out.

use std::borrow::Cow;
use std::collections::HashMap;

use regex::Regex;

use super::guid;
use super::record::{Record, is_missing, unescape};
use super::row::{Cell, LAYOUTS, NONE, position, table_number};
use super::text;
use super::time;
use super::wording;
use crate::telemetry::Type;
use crate::telemetry::mapping::own::Own;
use crate::telemetry::mapping::{Condition, From, KIND, rules};

/// A rule with its columns' places and its regular expressions read.
struct Compiled {
    table: usize,
    /// With where the field that stands for a condition's comes from.
    when: Vec<(Option<Source>, Condition)>,
    columns: Vec<(usize, Type, Source)>,
}

/// A source, ready to be applied.
pub enum Source {
    Plain(From),
    Pattern(From, Regex),
    First(Vec<Source>),
}

/// All rules, by channel and id.
pub struct Rules {
    keys: HashMap<&'static str, HashMap<i64, Vec<usize>>>,
    rules: Vec<Compiled>,
}

impl Rules {
    pub fn new(own: &Own) -> Rules {
        let mut keys: HashMap<&'static str, HashMap<i64, Vec<usize>>> = HashMap::new();
        let mut compiled = Vec::new();
        for rule in rules().chain(own.rules) {
            for id in if rule.ids.is_empty() { &[NONE] } else { rule.ids } {
                keys.entry(rule.channel).or_default().entry(*id).or_default().push(compiled.len());
            }
            let table = table_number(rule.table);
            let columns = rule.columns.iter().chain(rule.actor).filter_map(|(name, from)| {
                let declared = LAYOUTS[table].table;
                let kind = declared.column(name).map_or(Type::Text, |column| column.kind);
                Some((position(declared, name)?, kind, compile(from)?))
            });
            let when = rule.when.iter().map(|condition| {
                let (Condition::Is(field, _) | Condition::Not(field, _) | Condition::Begins(field, _)) = condition;
                (if *field == "@Kind" { compile(&KIND) } else { None }, *condition)
            });
            compiled.push(Compiled { table, when: when.collect(), columns: columns.collect() });
        }
        Rules { keys, rules: compiled }
    }

    /// Calls `each` with the table's number and the cells of every row that a record of a channel, as rules name it, becomes; says how many.
    pub fn apply(&self, record: &Record, channel: &str, id: Option<i64>, each: &mut dyn FnMut(usize, &mut Vec<Cell<'_>>)) -> usize {
        let of_sensor = channel.find('/').and_then(|place| self.keys.get(&channel[..=place])).and_then(|ids| ids.get(&NONE));
        let ids = self.keys.get(channel);
        let of_channel = ids.into_iter().flat_map(|ids| [id.and_then(|id| ids.get(&id)), ids.get(&NONE)]).flatten();
        let found = of_channel.chain(of_sensor).flatten();
        let mut count = 0;
        for rule in found.filter_map(|index| self.rules.get(*index)).filter(|rule| holds(rule, record)) {
            let mut cells = vec![Cell::Missing; LAYOUTS[rule.table].width];
            for (place, kind, source) in &rule.columns {
                if let Some(cell) = cells.get_mut(*place)
                    && cell.is_missing()
                {
                    *cell = typed(evaluate(source, record), *kind);
                }
            }
            // Facts about the machine itself are no row.
            count += usize::from(LAYOUTS[rule.table].table.name != "machine");
            each(rule.table, &mut cells);
        }
        count
    }
}

fn holds(rule: &Compiled, record: &Record) -> bool {
    let begins = |text: &str, word: &str| text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    rule.when.iter().all(|(source, condition)| {
        let found = |field: &str| source.as_ref().map_or_else(|| record.get(field).map_or(Cell::Missing, Cell::of), |source| evaluate(source, record));
        match condition {
            Condition::Is(field, words) => is_one(&found(field), words),
            Condition::Not(field, words) => !is_one(&found(field), words),
            Condition::Begins(field, words) => found(field).text().is_some_and(|text| words.iter().any(|word| begins(text, word))),
        }
    })
}

fn is_one(cell: &Cell<'_>, words: &[&str]) -> bool {
    let is_one = |text: &str| words.iter().any(|word| *word == "*" || word.eq_ignore_ascii_case(text));
    cell.text().is_some_and(|text| if text.starts_with('[') { text::items_of(text).any(|item| is_one(&item)) } else { is_one(text) })
}

pub fn compile(from: &From) -> Option<Source> {
    Some(match from {
        From::First(sources) => Source::First(sources.iter().filter_map(compile).collect()),
        From::Pattern(_, pattern)
        | From::NumberPattern(_, pattern)
        | From::UserPattern(_, pattern)
        | From::WordPattern(_, pattern, _)
        | From::NamePattern(_, pattern) => Source::Pattern(*from, Regex::new(pattern).ok()?),
        _ => Source::Plain(*from),
    })
}

/// A text where the column wants a number or a time is read as one.
fn typed(cell: Cell<'_>, kind: Type) -> Cell<'_> {
    match (&cell, kind) {
        (Cell::Text(text), Type::Int) => text::integer(text).map_or(Cell::Missing, Cell::Int),
        (Cell::Text(text), Type::Hex) => text::hex(text).map_or(Cell::Missing, Cell::Int),
        (Cell::Text(text), Type::Bool) => text::flag(text).map_or(Cell::Missing, Cell::Bool),
        (Cell::Text(text), Type::Duration) => text::milliseconds(text).map_or(Cell::Missing, Cell::Int),
        (Cell::Text(text), Type::Time) => time::parse(text).map_or(Cell::Missing, Cell::Int),
        (Cell::Int(number), Type::Text) => Cell::Text(number.to_string().into()),
        _ => cell,
    }
}

pub fn evaluate<'r>(source: &Source, record: &'r Record) -> Cell<'r> {
    match source {
        Source::First(sources) => sources.iter().map(|source| evaluate(source, record)).find(|cell| !cell.is_missing()).unwrap_or_default(),
        Source::Pattern(from, regex) => pattern(from, regex, record).unwrap_or_default(),
        Source::Plain(from) => plain(from, record).unwrap_or_default(),
    }
}

fn shown(text: &str) -> Cell<'_> {
    Cell::Text(unescape(text))
}

fn plain<'r>(from: &From, record: &'r Record) -> Option<Cell<'r>> {
    Some(match *from {
        From::Field(names) => shown(record.first(names)?),
        From::Always(text) => Cell::Text(Cow::Owned(text.to_string())),
        From::Yes => Cell::Bool(true),
        From::Name(names) => match shown(record.first(names)?) {
            Cell::Text(Cow::Borrowed(path)) => Cell::of(text::base_name(path)),
            Cell::Text(Cow::Owned(path)) => Cell::Text(text::base_name(&path).to_string().into()),
            other => other,
        },
        From::Hashes(parts) => {
            let mut out = String::new();
            for (algorithm, names) in parts {
                if let Some(digest) = record.first(names) {
                    let between = if out.is_empty() { "" } else { "," };
                    out.extend([between, algorithm, "=", digest]);
                }
            }
            if out.is_empty() { Cell::Missing } else { Cell::Text(out.into()) }
        }
        From::List(names, between) => text::items(record.first(names)?, between).map_or(Cell::Missing, Cell::Text),
        From::Each(names, keys, between) => text::members(record.first(names)?, keys, between).map_or(Cell::Missing, Cell::Text),
        From::Hash(names, algorithm) => Cell::Text(hash(record.first(names)?, algorithm)?.to_ascii_lowercase().into()),
        From::Number(names) => Cell::Int(text::integer(record.first(names)?)?),
        From::Pid(names) => Cell::Int(text::integer(record.first(names)?).filter(|pid| *pid != 0)?),
        From::Seconds(names) => Cell::Int(text::milliseconds(record.first(names)?)?),
        From::Nanoseconds(names) => Cell::Int(text::integer(record.first(names)?)?.div_euclid(1_000_000)),
        From::Between(begins, ends) => {
            let (begin, end) = (time::parse(record.first(begins)?)?, time::parse(record.first(ends)?)?);
            Cell::Int(Some(end - begin).filter(|length| *length >= 0)?)
        }
        From::Hex(names) => Cell::Int(text::hex(record.first(names)?)?),
        From::Session(names) => Cell::Int(names.iter().filter_map(|name| record.get(name)).filter_map(text::hex).find(|number| *number != 0)?),
        From::Flag(names) => Cell::Bool(text::flag(record.first(names)?)?),
        From::User(pairs) => pairs.iter().find_map(|(domain, name)| {
            let name = record.get(name)?;
            Some(Cell::Text(text::user(record.get(domain), &unescape(name)).into()))
        })?,
        From::WellKnown(names) => Cell::of(text::well_known(record.first(names)?)?),
        From::AccountName(domain, name) => Cell::Text(text::account(record.get(domain), &unescape(record.get(name)?)).1.to_string().into()),
        From::AccountDomain(domain, name) => match record.get(domain) {
            Some(domain) => shown(domain),
            None => Cell::of(text::account(None, record.get(name)?).0?),
        },
        From::Guid(names) => Cell::Text(guid::spelled(record.first(names)?)?),
        From::Ip(names) => Cell::Text(text::address(record.first(names)?)),
        From::Protocol(names) => Cell::Text(text::protocol(record.first(names)?).into()),
        From::Key(names) => Cell::Text(text::key(&unescape(record.first(names)?)).into()),
        From::KeyOfValue(names) => Cell::Text(text::key_and_value(&unescape(record.first(names)?)).0.into()),
        From::ValueOfKey(names) => match unescape(record.first(names)?) {
            Cow::Borrowed(object) => Cell::of(text::key_and_value(object).1?),
            Cow::Owned(object) => Cell::Text(text::key_and_value(&object).1?.to_string().into()),
        },
        From::Word(names, words) => word(record.first(names)?, words)?,
        From::Line(names, label) => shown(line(names, label, record)?),
        From::LinePid(names, label) => Cell::Int(text::integer(line(names, label, record)?).filter(|pid| *pid != 0)?),
        From::LineUser(names, label) => Cell::Text(text::user(None, line(names, label, record)?).into()),
        From::LineImage(names, label) => Cell::of(Some(text::program(line(names, label, record)?)).filter(|path| path.contains('\\'))?),
        From::LineImageName(names, label) => Cell::of(text::base_name(text::program(line(names, label, record)?))),
        From::Until(names, label) => shown(names.iter().filter_map(|name| record.get(name)).find_map(|text| text::until(text, label))?),
        From::After(names, label) => shown(names.iter().filter_map(|name| record.get(name)).find_map(|text| text::after(text, label))?),
        From::Bare(names) => {
            let bare = unescape(record.first(names)?).trim().trim_matches('"').trim().to_string();
            if is_missing(&bare) { Cell::Missing } else { Cell::Text(bare.into()) }
        }
        From::Joined(names, between) => {
            let parts: Vec<Cow<'_, str>> = names.iter().filter_map(|name| record.get(name)).map(unescape).collect();
            if parts.is_empty() { Cell::Missing } else { Cell::Text(parts.join(between).into()) }
        }
        From::Located(folders, names) => Cell::Text(text::located(record.first(folders)?, record.first(names)).into_owned().into()),
        From::Codes(names) => Cell::Text(wording::in_words(names.iter().filter_map(|name| record.get(name)))?.into()),
        From::Changes(names) => Cell::Text(wording::changes(names.iter().filter_map(|name| Some((*name, record.get(name)?))))?.into()),
        From::Techniques(names) => Cell::Text(wording::techniques(names.iter().filter_map(|name| record.get(name)))?.into()),
        From::QueryType(names) => Cell::Text(wording::query_type(record.first(names)?)?),
        From::Share => Cell::Text(share(record)?.into()),
        From::ShareName => Cell::Text(text::base_name(&share(record)?).to_string().into()),
        From::Resource(names) => Cell::Text(resource(record.first(names)?).to_string().into()),
        From::ResourceName(names) => Cell::Text(text::base_name(resource(record.first(names)?)).to_string().into()),
        From::FileClass(names) => Cell::of(text::file_class(record.first(names)?)),
        _ => return None,
    })
}

fn line<'r>(names: &[&str], label: &str, record: &'r Record) -> Option<&'r str> {
    names.iter().filter_map(|name| record.get(name)).find_map(|text| text::line(text, label))
}

fn pattern<'r>(from: &From, regex: &Regex, record: &'r Record) -> Option<Cell<'r>> {
    let (From::Pattern(names, _) | From::NumberPattern(names, _) | From::UserPattern(names, _) | From::WordPattern(names, _, _) | From::NamePattern(names, _)) =
        *from
    else {
        return None;
    };
    let captures = names.iter().filter_map(|name| record.get(name)).find_map(|text| regex.captures(text))?;
    let found = captures.get(1)?.as_str().trim();
    if is_missing(found) {
        return None;
    }
    Some(match *from {
        From::Pattern(..) => shown(found),
        From::NumberPattern(..) => Cell::Int(text::integer(found)?),
        From::UserPattern(..) => Cell::Text(text::user(captures.get(2).map(|domain| domain.as_str()).filter(|text| !is_missing(text)), found).into()),
        From::WordPattern(_, _, words) => word(found, words)?,
        From::NamePattern(..) => Cell::of(text::base_name(found)),
        _ => return None,
    })
}

fn word<'r>(text: &str, words: &[(&str, &str)]) -> Option<Cell<'r>> {
    let (_, word) = words.iter().find(|(raw, _)| *raw == "*" || raw.eq_ignore_ascii_case(text.trim()))?;
    Some(Cell::Text(Cow::Owned((*word).to_string())))
}

/// One part of `SHA1=…,MD5=…`; a lone digest is told by its length. All zeros is no digest.
fn hash<'r>(text: &'r str, algorithm: &str) -> Option<&'r str> {
    let named = text.split(',').filter_map(|part| part.split_once('=')).find(|(name, _)| name.trim().eq_ignore_ascii_case(algorithm));
    let digest = match named {
        Some((_, digest)) => digest.trim(),
        None if text.contains('=') => return None,
        None => {
            let length = match algorithm {
                "MD5" => 32,
                "SHA1" => 40,
                "SHA256" => 64,
                _ => return None,
            };
            Some(text.trim()).filter(|digest| digest.len() == length)?
        }
    };
    let known = !digest.is_empty() && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) && digest.bytes().any(|byte| byte != b'0');
    known.then_some(digest)
}

fn share(record: &Record) -> Option<String> {
    let share = unescape(record.get("ShareName")?);
    let below = record.get("RelativeTargetName").map(unescape);
    Some(match below.as_deref().map(|path| path.trim_matches('\\')).filter(|path| !is_missing(path)) {
        Some(below) => format!("{}\\{below}", share.trim_end_matches('\\')),
        None => share.to_string(),
    })
}

/// The first file of `containerfile:_C:\a.zip; file:_C:\a.zip->b.exe`.
fn resource(text: &str) -> &str {
    let mut parts = text.split(';').map(str::trim);
    let file = parts.clone().find(|part| part.starts_with("file:_"));
    let part = file.or_else(|| parts.find(|part| !part.is_empty())).unwrap_or(text);
    match part.split_once(":_") {
        Some((_, path)) => path,
        None => part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::mapping::HIDDEN;

    #[test]
    fn every_rule_names_columns_that_exist() {
        for rule in rules() {
            let table = LAYOUTS[table_number(rule.table)].table;
            assert_eq!(table.name, rule.table);
            for (name, from) in rule.columns.iter().chain(rule.actor) {
                assert!(position(table, name).is_some(), "{}: {name}", rule.table);
                assert!(compile(from).is_some(), "{}: {name}", rule.table);
            }
        }
        assert!(HIDDEN.iter().all(|name| name.starts_with('@')));
    }

    #[test]
    fn hashes() {
        assert_eq!(hash("SHA1=AB,MD5=CD", "MD5"), Some("CD"));
        assert_eq!(hash("SHA1=AB,IMPHASH=00000000000000000000000000000000", "IMPHASH"), None);
        assert_eq!(hash("00112233445566778899aabbccddeeff", "MD5"), Some("00112233445566778899aabbccddeeff"));
    }
}
