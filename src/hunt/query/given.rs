//! Options as they were given, and as they are read: one value or several, each checked against its declaration.

use std::sync::Arc;

use super::{Context, OptionError, OptionSpec, Query, Takes, Target};
use crate::diag::did_you_mean;
use crate::hunt::machine;
use crate::plan::{Keep, Plan, Scope, Step};
use crate::telemetry::KnownMachine;

/// The value of an option, as a playbook gave it.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// As if the option were not there.
    Missing,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// Any of them.
    List(Vec<Given>),
}

impl Given {
    /// What it is, for diagnostics.
    pub fn word(&self) -> &'static str {
        match self {
            Given::Missing => "()",
            Given::Bool(_) => "yes or no",
            Given::Int(_) => "a whole number",
            Given::Float(_) => "a fractional number",
            Given::Text(_) => "a text",
            Given::List(_) => "an array",
        }
    }
}

/// The options of one call, checked: every key is known, every value has the type that its key takes.
pub(super) struct Asked<'a> {
    options: Vec<(&'static OptionSpec, Vec<&'a Given>)>,
}

impl<'a> Asked<'a> {
    pub(super) fn read(query: &Query, options: &'a [(String, Given)]) -> Result<Asked<'a>, OptionError> {
        let mut read: Vec<(&'static OptionSpec, Vec<&'a Given>)> = Vec::new();
        for (key, given) in options {
            let spec = query.options.iter().find(|spec| spec.name == key).ok_or_else(|| OptionError::unknown(key, query))?;
            let values: Vec<&Given> = match given {
                Given::Missing => continue,
                Given::List(values) if values.is_empty() => return Err(OptionError::Empty { option: key.clone() }),
                Given::List(values) => values.iter().collect(),
                one => vec![one],
            };
            if matches!(spec.takes, Takes::Period | Takes::Histogram) {
                return Err(OptionError::Caller { option: key.clone(), query: query.name });
            }
            for value in &values {
                check(spec, value)?;
            }
            // Two names of one option are one list of values.
            let name = one_name(spec.name);
            match read.iter_mut().find(|(known, _)| known.name != spec.name && one_name(known.name) == name) {
                Some((_, known)) => known.extend(values),
                None => read.push((spec, values)),
            }
        }
        Ok(Asked { options: read })
    }

    /// Key and values of everything that was given, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'static str, &[&'a Given])> {
        self.options.iter().map(|(spec, values)| (spec.name, values.as_slice()))
    }

    /// The texts of an option, each time that it was given; empty where it was not.
    pub(super) fn texts(&self, key: &str) -> Vec<&'a str> {
        self.values(key).filter_map(text).collect()
    }

    pub(super) fn numbers(&self, key: &str) -> Vec<i64> {
        self.values(key).filter_map(number).collect()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.values(key).next().is_some()
    }

    fn values(&self, key: &str) -> impl Iterator<Item = &'a Given> {
        self.options.iter().filter(move |(spec, _)| spec.name == key).flat_map(|(_, values)| values.iter().copied())
    }

    /// The target with `muid` applied: those of its machines that are named.
    pub(super) fn narrow(&self, target: &Target, context: &Context<'_>) -> Result<Target, OptionError> {
        let muids = self.texts("muid");
        if muids.is_empty() {
            return Ok(target.clone());
        }
        let asked: Vec<&KnownMachine> = context.inventory.machines.iter().filter(|known| in_scope(known, &target.scope)).collect();
        let mut named: Vec<Arc<str>> = Vec::new();
        for muid in muids {
            let found = match asked.iter().find(|known| known.muid.eq_ignore_ascii_case(muid.trim())) {
                Some(known) => known.muid.clone(),
                None if context.checking && machine::is_muid(muid) => Arc::from(muid.trim().to_ascii_lowercase()),
                None => return Err(no_machine(muid, &asked, context)),
            };
            if !named.contains(&found) {
                named.push(found);
            }
        }
        named.sort();
        Ok(Target { scope: Scope::Machines(named), period: target.period })
    }

    /// The plan cut to the first rows when `top` asks for it.
    pub(super) fn limit(&self, plan: Plan) -> Result<Plan, OptionError> {
        match self.numbers("top").iter().min() {
            None => Ok(plan),
            Some(&rows) if rows >= 1 => Ok(plan.then(Step::Limit(Keep::Head(usize::try_from(rows).unwrap_or(usize::MAX))))),
            Some(&rows) => Err(OptionError::Range { option: "top".into(), least: 1, given: rows.to_string() }),
        }
    }
}

/// The name under which an option with two names is read.
fn one_name(name: &'static str) -> &'static str {
    if name == "users" { "user" } else { name }
}

/// Whether the scope has this machine.
pub(crate) fn in_scope(known: &KnownMachine, scope: &Scope) -> bool {
    match scope {
        Scope::Everything => true,
        Scope::Clients(clients) => clients.contains(&known.client_id),
        Scope::Machines(muids) => muids.contains(&known.muid),
    }
}

pub(super) fn text(given: &Given) -> Option<&str> {
    match given {
        Given::Text(text) => Some(text),
        Given::Missing | Given::Bool(_) | Given::Int(_) | Given::Float(_) | Given::List(_) => None,
    }
}

pub(super) fn number(given: &Given) -> Option<i64> {
    match given {
        Given::Int(number) => Some(*number),
        Given::Missing | Given::Bool(_) | Given::Text(_) | Given::Float(_) | Given::List(_) => None,
    }
}

/// The declared word that this one means, case ignored.
pub(super) fn known_word(given: &str, words: &[&'static str]) -> Option<&'static str> {
    words.iter().find(|word| word.eq_ignore_ascii_case(given.trim())).copied()
}

fn check(spec: &OptionSpec, given: &Given) -> Result<(), OptionError> {
    let wrong = || Err(OptionError::kind(spec.name, spec.takes, given.word()));
    match (spec.takes, given) {
        (Takes::Text | Takes::TextList | Takes::Addresses | Takes::Machines, Given::Text(text)) if text.trim().is_empty() => {
            Err(OptionError::kind(spec.name, spec.takes, "an empty text"))
        }
        (Takes::Text | Takes::TextList | Takes::Addresses | Takes::Machines, Given::Text(_)) => Ok(()),
        (Takes::Words(words), Given::Text(text)) => match known_word(text, words) {
            Some(_) => Ok(()),
            None => Err(OptionError::word(spec.name, text, words)),
        },
        (Takes::Number | Takes::Count | Takes::Attributes, Given::Int(_)) | (Takes::Ports, Given::Int(_) | Given::Text(_)) => Ok(()),
        (Takes::Text | Takes::TextList | Takes::Addresses | Takes::Machines | Takes::Words(_) | Takes::Number | Takes::Count, _) => wrong(),
        (Takes::Attributes | Takes::Ports | Takes::Period | Takes::Histogram, _) => wrong(),
    }
}

fn no_machine(muid: &str, asked: &[&KnownMachine], context: &Context<'_>) -> OptionError {
    let same_name = machine::find(context.inventory, &machine::wanted(&[muid.to_string()], None), &[]).ok().and_then(|found| found.into_iter().next());
    let help = match same_name {
        Some(known) if machine::is_muid(muid) => format!("that is {}, which this query does not ask", known.name),
        Some(known) => return OptionError::Name { option: "muid".into(), given: muid.into(), muid: known.muid.to_string() },
        None => did_you_mean(muid, asked.iter().map(|known| &*known.muid))
            .unwrap_or_else(|| "`huntsman sources` and `machines()` list the machines with their muids".into()),
    };
    OptionError::Machine { option: "muid".into(), given: muid.into(), help }
}
