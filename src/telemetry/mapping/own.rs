//! Mappings of a user's own: a text that says of one more product which fields its records have, and which columns they are.
//!
//! What it declares lives as long as the program, as the declarations do that are part of it.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::shape::{Nested, Shape, Slot};
use super::{Condition, From, Rule};
use crate::diag::did_you_mean;
use crate::telemetry::{Column, TABLES, Table, Type, table, words};

/// Shapes and rules beside those that are part of the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Own {
    pub shapes: &'static [Shape],
    pub rules: &'static [Rule],
}

/// What is wrong with the text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub span: Range<usize>,
    pub message: String,
    pub help: String,
}

/// Columns that every row has from its record's envelope.
const ENVELOPE: &[&str] =
    &["DateTime", "Muid", "Machine", "ClientId", "Provider", "Channel", "EventId", "RecordId", "Source", "alertDateTime", "muid", "clientId"];
/// Tables that are made of all records, and of none.
const MADE: [&str; 2] = ["event", "machine"];

const FORM: &str = "[[product]]\nname = \"Acme proxy\"\nsensor = \"AcmeProxy\"\nmarks = [\"proxy_id\", \"client\"]\ntime = \"when\"\nhost = \"device\"\n\n[[product.rule]]\ntable = \
                    \"network\"\nwhen = { action = [\"connect\"] }\ncolumns = { LocalIp = \"client\", RemotePort = [\"port\", \"dport\"], Protocol = { always = \"TCP\" } }";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    product: Vec<Product>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Product {
    name: String,
    sensor: Spanned<String>,
    marks: Spanned<Vec<String>>,
    channel: Option<Names>,
    time: Names,
    host: Option<Names>,
    event_id: Option<Names>,
    record_id: Option<Names>,
    #[serde(default)]
    rule: Vec<Told>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    table: Spanned<String>,
    #[serde(default)]
    when: BTreeMap<String, Names>,
    columns: BTreeMap<Spanned<String>, Place>,
}

/// One field, or the first of several that is there.
#[derive(Clone, Deserialize)]
#[serde(untagged, expecting = "a field is a text, and several are a list of texts")]
enum Names {
    One(String),
    Many(Vec<String>),
}

/// Where a column's value comes from.
#[derive(Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "a column is a field, a list of fields, { always = … }, { field = …, words = … }, or { domain = …, name = … }"
)]
enum Place {
    Fields(Names),
    Always {
        always: String,
    },
    /// A word of ours for each of the product's; `*` is any other.
    Words {
        field: Names,
        words: BTreeMap<String, String>,
    },
    Account {
        domain: String,
        name: String,
    },
}

fn text(text: &str) -> &'static str {
    Box::leak(text.to_string().into_boxed_str())
}

fn list<T>(items: Vec<T>) -> &'static [T] {
    Box::leak(items.into_boxed_slice())
}

impl Names {
    fn all(&self) -> &'static [&'static str] {
        match self {
            Names::One(name) => list(vec![text(name)]),
            Names::Many(names) => list(names.iter().map(|name| text(name)).collect()),
        }
    }
}

impl Own {
    /// Reads a text in TOML.
    pub fn parse(toml: &str) -> Result<Own, Wrong> {
        let read: Text = toml::from_str(toml).map_err(|error| Wrong {
            span: error.span().unwrap_or_default(),
            message: error.message().lines().next().unwrap_or_default().to_string(),
            help: FORM.to_string(),
        })?;
        let (mut shapes, mut rules) = (Vec::new(), Vec::new());
        for product in &read.product {
            shapes.push(shape(product)?);
            for told in &product.rule {
                rules.push(rule(product, told)?);
            }
        }
        Ok(Own { shapes: list(shapes), rules: list(rules) })
    }

    /// Both together.
    pub fn and(self, other: Own) -> Own {
        Own { shapes: list([self.shapes, other.shapes].concat()), rules: list([self.rules, other.rules].concat()) }
    }
}

fn wrong(span: Range<usize>, message: String, help: impl Into<String>) -> Wrong {
    Wrong { span, message, help: help.into() }
}

fn shape(product: &Product) -> Result<Shape, Wrong> {
    let sensor = product.sensor.get_ref();
    if sensor.is_empty() || sensor.contains('/') {
        return Err(wrong(product.sensor.span(), "a sensor's name is a word without `/`".into(), FORM));
    }
    if product.marks.get_ref().is_empty() {
        return Err(wrong(
            product.marks.span(),
            "without marks every record would be of this product".into(),
            "name fields that only its records have, all of them together",
        ));
    }
    let slots = [
        (Slot::Stated, Some(&product.time)),
        (Slot::Host, product.host.as_ref()),
        (Slot::EventId, product.event_id.as_ref()),
        (Slot::RecordId, product.record_id.as_ref()),
        (Slot::Channel, product.channel.as_ref()),
    ];
    let marks: Vec<&'static str> = product.marks.get_ref().iter().map(|mark| text(mark)).collect();
    Ok(Shape {
        name: text(&product.name),
        marks: list(vec![list(marks)]),
        nested: Nested::Spread(&[]),
        batch: None,
        slots: list(slots.into_iter().filter_map(|(slot, names)| Some((slot, names?.all()))).collect()),
        states_utc: true,
        read_at: &[],
        before_channel: "",
        channels: list(vec![(&[], text(&product.name))]),
        sensor: Some(text(sensor)),
        tells_host: false,
        ends: None,
        found: &[],
    })
}

fn rule(product: &Product, told: &Told) -> Result<Rule, Wrong> {
    let name = told.table.get_ref().as_str();
    let Some(table) = table(name).filter(|table| !MADE.contains(&table.name)) else {
        let known: Vec<&str> = TABLES.iter().map(|table| table.name).filter(|name| !MADE.contains(name)).collect();
        let near = did_you_mean(name, known.iter().copied()).map(|near| format!("{near} ")).unwrap_or_default();
        return Err(wrong(told.table.span(), format!("`{name}` is no table that rules fill"), format!("{near}tables: {}", known.join(" "))));
    };
    let columns = told.columns.iter().map(|(column, place)| source(table, column, place)).collect::<Result<Vec<_>, Wrong>>()?;
    if !table.operations.is_empty() && !columns.iter().any(|(name, _)| *name == "Operation") {
        let words: Vec<&str> = table.operations.iter().map(|operation| operation.word).collect();
        let help = format!("add Operation = {{ always = \"…\" }}, or {{ field = \"…\", words = {{ … }} }}, with words of: {}", words.join(" "));
        return Err(wrong(told.table.span(), format!("rows of `{name}` say what was done"), help));
    }
    check_kind(told, &columns)?;
    let when = told.when.iter().map(|(field, words)| Condition::Is(text(field), words.all()));
    Ok(Rule {
        channel: text(&format!("{}/", product.sensor.get_ref()).to_ascii_lowercase()),
        ids: &[],
        when: list(when.collect()),
        table: table.name,
        columns: list(columns),
        actor: &[],
    })
}

/// What is done to one kind of thing in the table `system` is none of what is done to another.
fn check_kind(told: &Told, columns: &[(&'static str, From)]) -> Result<(), Wrong> {
    let of = |wanted: &str| columns.iter().find(|(name, _)| *name == wanted).map(|(_, from)| *from);
    let (Some(From::Always(kind)), Some(operation)) = (of("Kind"), of("Operation")) else { return Ok(()) };
    let done = match operation {
        From::Always(word) => vec![word],
        From::Word(_, words) => words.iter().filter(|(theirs, ours)| theirs != ours).map(|(_, ours)| *ours).collect(),
        _ => Vec::new(),
    };
    let known: Vec<&str> = words::system_words(&[kind], &[]).map(|word| word.operation).collect();
    let Some(word) = done.into_iter().find(|word| !known.contains(word)) else { return Ok(()) };
    let span = told.columns.keys().find(|column| column.get_ref() == "Operation").map_or(told.table.span(), Spanned::span);
    let near = did_you_mean(word, known.iter().copied()).map(|near| format!("{near} ")).unwrap_or_default();
    Err(wrong(span, format!("`{word}` is not done to a {kind}"), format!("{near}operations: {}", known.join(" "))))
}

fn source(table: &'static Table, column: &Spanned<String>, place: &Place) -> Result<(&'static str, From), Wrong> {
    let name = column.get_ref().as_str();
    let can_be_filled = |column: &&Column| !column.derived && !ENVELOPE.contains(&column.name);
    let Some(declared) = table.column(name).filter(can_be_filled) else {
        let known = table.columns.iter().filter(can_be_filled).map(|column| column.name);
        let near = did_you_mean(name, known.clone()).map(|near| format!("{near} ")).unwrap_or_default();
        let message =
            if table.column(name).is_some() { format!("`{name}` follows from the record itself") } else { format!("`{}` has no column `{name}`", table.name) };
        return Err(wrong(column.span(), message, format!("{near}columns: {}", known.collect::<Vec<_>>().join(" "))));
    };
    let from = match place {
        Place::Fields(names) => plain(table, declared, names.all()),
        Place::Always { always } => {
            check(table, declared, always).map_err(|(message, help)| wrong(column.span(), message, help))?;
            From::Always(text(always))
        }
        Place::Words { field, words } => {
            words.values().try_for_each(|word| check(table, declared, word)).map_err(|(message, help)| wrong(column.span(), message, help))?;
            // Any other comes last.
            let mut words: Vec<(&'static str, &'static str)> = words.iter().map(|(theirs, ours)| (text(theirs), text(ours))).collect();
            words.sort_by_key(|(theirs, _)| *theirs == "*");
            From::Word(field.all(), list(words))
        }
        Place::Account { .. } if declared.kind != Type::Text => {
            let message = format!("`{name}` is {}, and no account", declared.kind.a_value());
            return Err(wrong(column.span(), message, format!("write {name} = \"a field\"")));
        }
        Place::Account { domain, name } => From::User(list(vec![(text(domain), text(name))])),
    };
    Ok((declared.name, from))
}

/// Whether a column can hold a text that the mapping gives: what is wrong with it, and what would not be.
fn check(table: &Table, column: &Column, word: &str) -> Result<(), (String, String)> {
    let name = column.name;
    if let Some(words) = words::of_column(table, name) {
        if words.contains(&word) {
            return Ok(());
        }
        let near = did_you_mean(word, words.iter().copied()).map(|near| format!("{near} ")).unwrap_or_default();
        let message = if name == "Operation" { format!("`{word}` is no operation of `{}`", table.name) } else { format!("`{word}` is no word of `{name}`") };
        return Err((message, format!("{near}{}: {}", if name == "Operation" { "operations" } else { "words" }, words.join(" "))));
    }
    let is_number = |word: &str| match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).is_ok(),
        None => word.parse::<i64>().is_ok(),
    };
    let (fits, help) = match column.kind {
        Type::Text | Type::List => (true, String::new()),
        Type::Int | Type::Hex => (is_number(word), "write \"443\" or \"0x1bb\"".into()),
        Type::Float => (word.parse::<f64>().is_ok_and(f64::is_finite), "write \"73.5\"".into()),
        Type::Duration => (word.parse::<f64>().is_ok_and(f64::is_finite), "write \"1.5\", in seconds".into()),
        Type::Bool => (matches!(word, "true" | "false"), "write \"true\" or \"false\"".into()),
        // No two things happen at one time.
        Type::Time => (false, format!("write {name} = \"a field\"")),
    };
    if fits { Ok(()) } else { Err((format!("`{word}` is not what `{name}` holds: {}", column.kind.a_value()), help)) }
}

/// How a field is read follows from its column. Where only some words mean anything, the field must say them.
fn plain(table: &Table, column: &Column, names: &'static [&'static str]) -> From {
    if let Some(words) = words::of_column(table, column.name) {
        return From::Word(names, list(words.into_iter().map(|word| (word, word)).collect()));
    }
    let hashes = [("Md5", "MD5"), ("Sha1", "SHA1"), ("Sha256", "SHA256"), ("Imphash", "IMPHASH")];
    match column.kind {
        Type::Int => From::Number(names),
        Type::Hex => From::Hex(names),
        Type::Bool => From::Flag(names),
        Type::Duration => From::Seconds(names),
        Type::Float | Type::Time | Type::List => From::Field(names),
        Type::Text => match column.name {
            "Protocol" => From::Protocol(names),
            "Key" => From::Key(names),
            "LoggedUser" => From::User(list(names.iter().map(|name| ("", *name)).collect())),
            name if name.ends_with("Ip") => From::Ip(names),
            name if name.ends_with("Guid") => From::Guid(names),
            name if name.ends_with("Filename") => From::Name(names),
            name => match hashes.into_iter().find(|(ending, _)| name.ends_with(ending)) {
                Some((_, algorithm)) => From::Hash(names, algorithm),
                None => From::Field(names),
            },
        },
    }
}
