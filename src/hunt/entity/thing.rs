//! Files, users, addresses, domains, hashes: values that a hunt starts from or finds in a row, and the rows that are about them.

use std::net::IpAddr;
use std::sync::Arc;

use miette::Diagnostic;
use thiserror::Error;

use crate::hunt::query::{self, Given, Query};

use crate::plan::{Expr, Pattern, Value};
use crate::telemetry;
use crate::telemetry::address::Network;

/// What a value names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    File,
    User,
    Ip,
    Domain,
    Hash,
}

/// A thing by its names: any of them is it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    pub thing: Thing,
    pub values: Vec<Arc<str>>,
}

/// Why a text names no such thing.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum EntityError {
    #[error("an empty text names no {}", .thing.word())]
    #[diagnostic(code(entity::empty), help("{}", .thing.example()))]
    Empty { thing: Thing },
    #[error("an empty list names no {}", .thing.word())]
    #[diagnostic(code(entity::empty), help("{}", .thing.example()))]
    Nothing { thing: Thing },
    #[error("`{given}` is no {}", .thing.noun())]
    #[diagnostic(code(entity::wrong), help("{}", .thing.example()))]
    Wrong { thing: Thing, given: String },
}

/// What makes a query's rows those of an entity.
#[derive(Clone, Debug, PartialEq)]
pub enum Narrow {
    /// An option of the query itself.
    Option(&'static str, Given),
    /// A condition on its rows.
    Condition(Arc<Expr>),
}

impl Thing {
    pub const ALL: [Thing; 5] = [Thing::File, Thing::User, Thing::Ip, Thing::Domain, Thing::Hash];

    pub fn word(self) -> &'static str {
        match self {
            Thing::File => "File",
            Thing::User => "User",
            Thing::Ip => "Ip",
            Thing::Domain => "Domain",
            Thing::Hash => "Hash",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Thing::File => "file",
            Thing::User => "user",
            Thing::Ip => "address",
            Thing::Domain => "domain",
            Thing::Hash => "hash",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Thing::File => "write a path, a name (`*` any characters), an MD5, SHA-1 or SHA-256: `File(\"cmd.exe\")`",
            Thing::User => "write a name, with or without its domain: `User(\"ACME\\\\mara\")`",
            Thing::Ip => "write an address or a network: `Ip(\"10.1.2.3\")`, `Ip(\"10.0.0.0/8\")`",
            Thing::Domain => "write a name as it is looked up: `Domain(\"example.org\")`, which its subdomains belong to",
            Thing::Hash => "write an MD5, SHA-1 or SHA-256 in hex: 32, 40 or 64 digits",
        }
    }

    /// The queries that an entity of this kind narrows, by the names under which they are asked of it; the first is the one that shows whether telemetry was
    /// there.
    pub fn queries(self) -> &'static [&'static str] {
        match self {
            Thing::File => &["executions", "files", "registry", "communications", "dns", "scripts", "detections"],
            Thing::User => &["executions", "files", "registry", "communications", "dns", "logons", "scripts", "detections"],
            Thing::Ip => &["communications", "executions", "files", "registry", "logons"],
            Thing::Domain => &["dns", "communications"],
            Thing::Hash => &["executions", "files", "communications", "detections"],
        }
    }
}

impl Entity {
    /// # Errors
    /// No text at all, an empty one, or one that has not the form of such a thing.
    pub fn new(thing: Thing, texts: &[Arc<str>]) -> Result<Entity, EntityError> {
        let values = texts.iter().map(|text| read(thing, text)).collect::<Result<Vec<_>, _>>()?;
        if values.is_empty() { Err(EntityError::Nothing { thing }) } else { Ok(Entity { thing, values }) }
    }

    /// What a row tells of it; `None` where the cells are missing, or there are no such columns. A file is its hash where the row has one, else its path, else
    /// its name: of the Child, where the table has one, else of the actor.
    pub fn of_row(thing: Thing, has: &dyn Fn(&str) -> bool, cell: &dyn Fn(&str) -> Value) -> Option<Entity> {
        let text = |name: &str| match cell(name) {
            Value::Text(text) => read(thing, &text).ok(),
            _ => None,
        };
        let value = columns(thing, has).iter().find_map(|name| text(name))?;
        Some(Entity { thing, values: vec![value] })
    }

    /// What makes rows of a query those of this entity.
    pub fn narrow(&self, query: &Query) -> Narrow {
        let texts = || Given::List(self.values.iter().map(|value| Given::Text(value.to_string())).collect());
        let has = |option: &str| query.options.iter().any(|known| known.name == option);
        match self.thing {
            Thing::File | Thing::Hash => Narrow::Option("file", texts()),
            Thing::User => Narrow::Option("user", texts()),
            Thing::Ip if has("ips") => Narrow::Option("ips", texts()),
            Thing::Ip => Narrow::Condition(any(&self.values, |ip| at_address("RemoteIp", ip))),
            Thing::Domain => {
                let column = if query.table == "dns" { "Query" } else { "RemoteHost" };
                Narrow::Condition(any(&self.values, |name| below(column, name)))
            }
        }
    }

    /// The same for rows in which a file acts, where others say what is done to it.
    pub fn acting(&self, query: &Query) -> Option<Narrow> {
        let is_file = matches!(self.thing, Thing::File | Thing::Hash);
        let has_child = telemetry::table(query.table).is_some_and(|table| table.column("ChildFilename").is_some());
        let texts = Given::List(self.values.iter().map(|value| Given::Text(value.to_string())).collect());
        (is_file && has_child && query.options.iter().any(|option| option.name == "actor")).then_some(Narrow::Option("actor", texts))
    }
}

/// The columns of a row that may name it, the best first.
pub fn columns(thing: Thing, has: &dyn Fn(&str) -> bool) -> Vec<&'static str> {
    let child = has("ChildFilename") || has("ChildPath");
    let named: &[&'static str] = match thing {
        Thing::File if child => &["ChildSha256", "ChildSha1", "ChildMd5", "ChildPath", "ChildFilename"],
        Thing::File => &["ParentMd5", "ParentPath", "ParentFilename"],
        Thing::User => &["LoggedUser"],
        Thing::Ip => &["RemoteIp"],
        Thing::Domain => &["Query", "RemoteHost"],
        Thing::Hash if child => &["ChildSha256", "ChildSha1", "ChildMd5"],
        Thing::Hash => &["ParentMd5"],
    };
    named.iter().copied().filter(|name| has(name)).collect()
}

/// One text in the form in which it is compared.
fn read(thing: Thing, text: &str) -> Result<Arc<str>, EntityError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(EntityError::Empty { thing });
    }
    let wrong = || EntityError::Wrong { thing, given: text.into() };
    match thing {
        Thing::File | Thing::User => Ok(text.into()),
        Thing::Ip => match text.parse::<IpAddr>() {
            Ok(address) => Ok(address.to_canonical().to_string().into()),
            Err(_) => Network::parse(text).map(|_| text.into()).ok_or_else(wrong),
        },
        Thing::Domain => {
            let name = text.strip_prefix("*.").unwrap_or(text).trim_matches('.');
            let is_name = !name.is_empty() && !name.contains(|sign: char| sign.is_whitespace() || "/\\:@*?\"".contains(sign));
            is_name.then(|| name.to_lowercase().into()).ok_or_else(wrong)
        }
        Thing::Hash => query::is_hash(text).then(|| text.to_ascii_lowercase().into()).ok_or_else(wrong),
    }
}

fn any(values: &[Arc<str>], of: impl Fn(&str) -> Arc<Expr>) -> Arc<Expr> {
    values.iter().map(|value| of(value)).reduce(Expr::or).unwrap_or_else(|| Expr::literal(Value::Bool(false)))
}

/// An address by equality; a network, and IPv6 with its several spellings, by bits.
fn at_address(column: &str, ip: &str) -> Arc<Expr> {
    match ip.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => Expr::equal(Expr::column(column), Expr::text(ip)),
        Ok(IpAddr::V6(_)) | Err(_) => Expr::call(Pattern::InCidr, vec![Expr::column(column), Expr::text(ip)]),
    }
}

/// The name itself, or one below it.
fn below(column: &str, name: &str) -> Arc<Expr> {
    let column = Expr::column(column);
    let under = Expr::call(Pattern::EndsWith, vec![column.clone(), Expr::text(format!(".{name}"))]);
    Expr::or(Expr::equal(column, Expr::text(name)), under)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<Arc<str>> {
        texts.iter().map(|text| Arc::from(*text)).collect()
    }

    #[test]
    fn a_value_has_the_form_of_its_kind() {
        let read = |thing, text: &str| Entity::new(thing, &texts(&[text])).map(|entity| entity.values[0].to_string());
        assert_eq!(read(Thing::Ip, " ::ffff:10.0.0.1 ").as_deref(), Ok("10.0.0.1"));
        assert_eq!(read(Thing::Ip, "fe80:0:0:0::1").as_deref(), Ok("fe80::1"));
        assert_eq!(read(Thing::Domain, "*.Example.ORG.").as_deref(), Ok("example.org"));
        assert_eq!(read(Thing::Hash, "0123456789ABCDEF0123456789abcdef").as_deref(), Ok("0123456789abcdef0123456789abcdef"));
        for (thing, wrong) in [(Thing::Ip, "10.0.0"), (Thing::Domain, "http://a.b"), (Thing::Domain, "."), (Thing::Hash, "0123")] {
            assert_eq!(read(thing, wrong), Err(EntityError::Wrong { thing, given: wrong.into() }));
        }
        assert_eq!(read(Thing::File, "  "), Err(EntityError::Empty { thing: Thing::File }));
        assert_eq!(Entity::new(Thing::User, &[]), Err(EntityError::Nothing { thing: Thing::User }));
    }

    #[test]
    fn the_best_name_of_a_row_is_taken() {
        let has = |name: &str| ["ChildSha256", "ChildMd5", "ChildPath", "ChildFilename"].contains(&name);
        let of = |cell: &dyn Fn(&str) -> Value| Entity::of_row(Thing::File, &has, cell).map(|entity| entity.values);
        assert_eq!(of(&|name| if name == "ChildPath" { Value::text(r"C:\a.exe") } else { Value::Missing }), Some(texts(&[r"C:\a.exe"])));
        assert_eq!(of(&|name| Value::text(if name == "ChildMd5" { "md5" } else { "other" })), Some(texts(&["other"])));
        assert_eq!(of(&|_| Value::Missing), None);
    }
}
