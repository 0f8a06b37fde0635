//! File, User, Ip, Domain, Hash: a value to start from, or what a row is about; the rows about it, where and since when it is seen.

use std::any::TypeId;
use std::sync::Arc;

use rhai::{Array, Dynamic, Engine, ImmutableString, NativeCallContext};

use super::query::{self, Whose};
use super::{Answer, Bins, Call, Collection, Declared, Kind, Row, free, method, property};
use crate::diag::Fault;
use crate::hunt::entity::{self, Entity, Narrow, Thing};
use crate::hunt::query::{Given, Target, query as query_of};
use crate::plan::{Period, Plan, Scope, Step, Value};
use crate::script::current::Current;
use crate::script::value::{TimePeriod, dynamic, type_word};

/// A thing by its names, and the period that it was made with; of the kind with this number in [`Thing::ALL`].
#[derive(Clone, Debug)]
pub(in crate::script) struct Named<const NUMBER: usize> {
    found: Found,
}

/// A thing that a call is about.
#[derive(Clone, Debug)]
pub(in crate::script) struct Found {
    pub entity: Entity,
    pub period: Option<Period>,
}

/// For each kind of thing: a call of a macro with the kind and the Rust type that holds it.
macro_rules! each_thing {
    ($use:ident) => {
        $use!(Thing::File, Named<0>);
        $use!(Thing::User, Named<1>);
        $use!(Thing::Ip, Named<2>);
        $use!(Thing::Domain, Named<3>);
        $use!(Thing::Hash, Named<4>);
    };
}

impl Found {
    /// As a value of the script.
    pub fn into_dynamic(self) -> Dynamic {
        macro_rules! held {
            ($thing:path, $type:ty) => {
                if self.entity.thing == $thing {
                    return Dynamic::from(<$type>::of(self));
                }
            };
        }
        each_thing!(held);
        Dynamic::UNIT
    }

    /// The thing that a value of the script names; rows of files and users name theirs.
    pub fn from_dynamic(value: &Dynamic) -> Option<Found> {
        macro_rules! taken {
            ($thing:path, $type:ty) => {
                if let Some(named) = value.read_lock::<$type>() {
                    return Some(named.found.clone());
                }
            };
        }
        each_thing!(taken);
        let row = Row::from_dynamic(value)?;
        let thing = Thing::ALL.into_iter().find(|thing| thing.word() == row.kind().word())?;
        Found::of_row(thing, &row)
    }

    /// What a row tells of such a thing, with the period of its query.
    pub fn of_row(thing: Thing, row: &Row) -> Option<Found> {
        let entity = Entity::of_row(thing, &|name| row.frame.schema().kind(name).is_some(), &|name| row.frame.named(row.index, name))?;
        Some(Found { entity, period: row.of.period })
    }

    /// Its names, one or a list.
    pub fn value(&self) -> Dynamic {
        let mut names: Array = self.entity.values.iter().map(|name| ImmutableString::from(&**name).into()).collect();
        if names.len() == 1 { names.pop().unwrap_or_default() } else { names.into() }
    }
}

impl<const NUMBER: usize> Named<NUMBER> {
    fn of(found: Found) -> Self {
        Named { found }
    }
}

/// The Rust types of what names such a thing.
pub(super) fn types(thing: Thing) -> Vec<TypeId> {
    let mut found = super::typed::types(&entity::RowType::ALL.into_iter().filter(|kind| kind.word() == thing.word()).collect::<Vec<_>>());
    macro_rules! wanted {
        ($kind:path, $type:ty) => {
            if thing == $kind {
                found.push(TypeId::of::<$type>());
            }
        };
    }
    each_thing!(wanted);
    found
}

/// Names, texts and unknown properties of all kinds of things.
pub(super) fn register(engine: &mut Engine, current: &Current) {
    macro_rules! register {
        ($kind:path, $type:ty) => {
            engine.register_type_with_name::<$type>($kind.word());
            super::shown::<$type>(engine, current, |named| Dynamic::from(named.clone()));
            engine.register_indexer_get(|context: NativeCallContext, _: &mut $type, name: ImmutableString| -> Answer<Dynamic> {
                let word = super::with_article($kind.word());
                Err(crate::script::fault::raise(crate::script::names::property_fault(&name, &word), context.call_position()))
            });
        };
    }
    each_thing!(register);
}

/// Comparisons with anything are loud.
pub(super) fn for_each_type(engine: &mut Engine, sign: &str) {
    use crate::script::operators::any_type;
    macro_rules! loud {
        ($kind:path, $type:ty) => {
            any_type::<$type>(engine, sign);
        };
    }
    each_thing!(loud);
}

/// An entity's declarations: how it is made, what its name is, the queries that it narrows, and where it is seen.
macro_rules! thing {
    ($all:ident, $thing:path, $made:literal, $given:literal, $doc:literal) => {
        const OF: Kind = Kind::Thing($thing);
        $all.push(free($thing.word(), &[($given, Kind::Any), ("period", Kind::Period)], 1, $doc, $made, make));
        $all.push(property(OF, "value", "Its name, as it is compared; a list where several are meant", concat!($made, ".value"), |call| Ok(found(call)?.value())));
        $all.push(property(OF, "period", "The period that it was made with, or that its row's query held for; missing where none", concat!($made, ".period"), |call| {
            Ok(found(call)?.period.map_or(Dynamic::UNIT, |period| Dynamic::from(TimePeriod(period))))
        }));
        for name in $thing.queries() {
            let Some(query) = query_of(name) else { continue };
            let example = match *name {
                "executions" => concat!($made, ".executions(#{ period: all_time() })"),
                "files" => concat!($made, ".files(#{ period: all_time() })"),
                "registry" => concat!($made, ".registry(#{ period: all_time() })"),
                "communications" => concat!($made, ".communications(#{ period: all_time() })"),
                "dns" => concat!($made, ".dns(#{ period: all_time() })"),
                "logons" => concat!($made, ".logons(#{ period: all_time() })"),
                "scripts" => concat!($made, ".scripts(#{ period: all_time() })"),
                _ => concat!($made, ".detections(#{ period: all_time() })"),
            };
            $all.push(method(OF, name, &[("options", Kind::Map)], 0, query.doc, example, ask));
        }
        $all.push(method(
            OF,
            "machines",
            &[("period", Kind::Period)],
            0,
            "The machines on which it is seen: Muid, Name, ClientId, LocalIp, Os, FirstSeen, LastSeen, Events",
            concat!($made, ".machines(all_time())"),
            machines,
        ));
        $all.push(property(OF, "first_seen", "When the source first shows it; missing where it never does", concat!($made, ".first_seen"), |call| edge(call, crate::plan::Fold::Min)));
        $all.push(property(OF, "last_seen", "When the source last shows it; missing where it never does", concat!($made, ".last_seen"), |call| edge(call, crate::plan::Fold::Max)));
        $all.push(method(
            OF,
            "prevalence",
            &[("period", Kind::Period)],
            0,
            "How common it is, a map: `machines` that show it, `of` how many machines there are, `share` (0 to 1; missing where there are none). Over all that the source holds, unless a \
             period is named",
            concat!($made, ".prevalence()"),
            prevalence,
        ));
    };
}

pub(super) fn declared() -> Vec<Declared> {
    const USERS: &str = "The users in whose rows it is seen: LoggedUser, IniDate, EndDate, NumDays";
    const PERIOD: &[(&str, Kind)] = &[("period", Kind::Period)];
    let mut all = Vec::new();
    {
        thing!(
            all,
            Thing::File,
            "File(\"powershell.exe\")",
            "path, name or hash",
            "A file by its path, its name (`*` any characters), an MD5, SHA-1 or SHA-256, or a list of them. Queries take it as `file` and `actor`"
        );
        all.push(method(OF, "users", PERIOD, 0, USERS, "File(\"powershell.exe\").users(all_time())", users));
    }
    {
        thing!(
            all,
            Thing::User,
            "User(\"mara.linde\")",
            "name",
            "A user by the name, with or without its domain, or a list of them. Queries take it as `user`"
        );
    }
    {
        thing!(
            all,
            Thing::Ip,
            "Ip(\"192.88.99.77\")",
            "address or network",
            "An address or a network, or a list of them: the other end of connections, where logons and their sessions came from. Queries take it as `ips`"
        );
        all.push(method(OF, "users", PERIOD, 0, USERS, "Ip(\"192.88.99.77\").users(all_time())", users));
    }
    {
        thing!(
            all,
            Thing::Domain,
            "Domain(\"update-check.example\")",
            "name",
            "A name that is looked up, and those below it, or a list of them: in name queries, and as the other end of connections whose sensor names it"
        );
        all.push(method(OF, "users", PERIOD, 0, USERS, "Domain(\"update-check.example\").users(all_time())", users));
    }
    {
        thing!(
            all,
            Thing::Hash,
            "Hash(\"d41d8cd98f00b204e9800998ecf8427e\")",
            "MD5, SHA-1 or SHA-256",
            "A hash of a file, or a list of them. Queries take it as `file` and `actor`"
        );
        all.push(method(OF, "users", PERIOD, 0, USERS, "Hash(\"d41d8cd98f00b204e9800998ecf8427e\").users(all_time())", users));
    }
    all
}

fn make(call: &Call) -> Answer<Dynamic> {
    let thing = Thing::ALL.into_iter().find(|thing| thing.word() == call.declared.name).unwrap_or(Thing::File);
    let given = call.value(0);
    let (mut texts, mut period) = (Vec::new(), None);
    gather(call, thing, &given, &mut texts, &mut period)?;
    let period = call.period(1)?.or(period);
    let entity = Entity::new(thing, &texts).map_err(|error| match &error {
        entity::EntityError::Wrong { given, .. } => call.fail_at_text(0, given, Fault::from(&error)),
        _ => call.fail_at(0, Fault::from(&error)),
    })?;
    Ok(Found { entity, period }.into_dynamic())
}

/// The names that a value gives: texts, lists of them, such things, and rows that tell of one.
fn gather(call: &Call, thing: Thing, value: &Dynamic, texts: &mut Vec<Arc<str>>, period: &mut Option<Period>) -> Answer<()> {
    if let Some(items) = value.read_lock::<Array>() {
        return items.iter().try_for_each(|item| gather(call, thing, &item.clone().flatten(), texts, period));
    }
    if Kind::Text.accepts(value) {
        texts.push(value.to_string().into());
        return Ok(());
    }
    let is_file = |thing| matches!(thing, Thing::File | Thing::Hash);
    let own = Row::from_dynamic(value).map_or_else(|| Found::from_dynamic(value), |row| Found::of_row(thing, &row));
    match own {
        Some(found) if found.entity.thing == thing || (is_file(thing) && is_file(found.entity.thing)) => {
            texts.extend(found.entity.values);
            *period = found.period;
            Ok(())
        }
        _ => {
            let found = type_word(call.context.engine(), value);
            let message = format!("`{}` takes a text or a list of them, and this is {found}", thing.word());
            Err(call.fail_at(0, Fault::new("call::argument", message).with_help(format!("it is `{}`", call.declared.signature()))))
        }
    }
}

fn found(call: &Call) -> Answer<Found> {
    let value = call.receiver_value();
    Found::from_dynamic(&value).ok_or_else(|| {
        let word = type_word(call.context.engine(), &value);
        call.fail(
            Fault::new("entity::missing", format!("the telemetry does not say what {word} this row is about"))
                .with_help("the cells that would tell are missing"),
        )
    })
}

/// A query over everything, narrowed to the rows of the thing.
fn ask(call: &Call) -> Answer<Dynamic> {
    let found = found(call)?;
    let query = query::named(call, call.declared.name)?;
    let whose = Whose { scope: Scope::Everything, period: found.period };
    let (options, condition) = match found.entity.narrow(query) {
        Narrow::Option(name, given) => (vec![(name.to_string(), given)], None),
        Narrow::Condition(condition) => (Vec::new(), Some(condition)),
    };
    let narrow = |plan: Plan| condition.iter().fold(plan, |plan, condition| plan.then(Step::Filter(condition.clone())));
    Bins::or_rows(call, 0, query::asked_of(call, query, &whose, options, narrow)?)
}

/// All rows that tell of it: when, on which machine, whose.
fn sightings(call: &Call, found: &Found, period: Period) -> Answer<Collection> {
    let inventory = call.run.inventory().map_err(|fault| call.fail(fault))?;
    let context = call.run.asking(&inventory);
    let target = Target { scope: Scope::Everything, period };
    let plan = entity::sightings(&found.entity, &target, &context).map_err(|error| call.fail(Fault::from(&error)))?;
    Collection::of(plan, Some(period)).map_err(|error| call.fail_plan(&error))
}

fn machines(call: &Call) -> Answer<Dynamic> {
    let found = found(call)?;
    let period = call.run.period(call.period(0)?, found.period);
    let seen = sightings(call, &found, period)?;
    super::pivot::machines_of(call, &seen).map(Dynamic::from)
}

fn users(call: &Call) -> Answer<Dynamic> {
    let found = found(call)?;
    let period = call.run.period(call.period(0)?, found.period);
    let seen = sightings(call, &found, period)?;
    super::pivot::users_of(call, &seen).map(Dynamic::from)
}

/// The first or last time in all that the source holds.
fn edge(call: &Call, fold: crate::plan::Fold) -> Answer<Dynamic> {
    let seen = sightings(call, &found(call)?, Period::ALL)?;
    seen.fold(call.run, fold, Some("DateTime")).map(|time| dynamic(&time)).map_err(|fault| call.fail(fault))
}

fn prevalence(call: &Call) -> Answer<Dynamic> {
    let found = found(call)?;
    let period = call.period(0)?.unwrap_or(Period::ALL);
    let seen = sightings(call, &found, period)?;
    let machines = match seen.fold(call.run, crate::plan::Fold::NUnique, Some("Muid")).map_err(|fault| call.fail(fault))? {
        Value::Int(machines) => machines,
        _ => 0,
    };
    let inventory = call.run.inventory().map_err(|fault| call.fail(fault))?;
    let was_there = |first: i64, last: i64| period.from.is_none_or(|from| last >= from) && period.to.is_none_or(|to| first < to);
    let of = inventory.machines.iter().filter(|known| was_there(known.first_seen, known.last_seen)).count();
    let share = if of == 0 { Dynamic::UNIT } else { Dynamic::from_float(machines as f64 / of as f64) };
    let map = [("machines", Dynamic::from(machines)), ("of", i64::try_from(of).unwrap_or(i64::MAX).into()), ("share", share)];
    Ok(map.into_iter().map(|(key, value)| (key.into(), value)).collect::<rhai::Map>().into())
}

/// A thing, or a row that is about one, as the value of an option; nothing where the value is no such thing. `None` inside: the option means something else.
pub(super) fn given(option: &str, value: &Dynamic) -> Option<Option<Given>> {
    let wanted = match option {
        "file" | "actor" => &[Thing::File, Thing::Hash][..],
        "user" | "users" => &[Thing::User],
        "ips" => &[Thing::Ip],
        "query" => &[Thing::Domain],
        _ => &[],
    };
    let found = match Row::from_dynamic(value) {
        Some(row) => wanted.first().and_then(|thing| Found::of_row(*thing, &row)),
        None => Some(Found::from_dynamic(value)?),
    };
    let fitting = found.filter(|found| wanted.contains(&found.entity.thing));
    Some(fitting.map(|found| Given::List(found.entity.values.iter().map(|name| Given::Text(name.to_string())).collect())))
}
