//! What is known of the machines that a Machine or a Client stands for: names, system, profiles, first and last sight.

use std::sync::Arc;

use rhai::{Array, Dynamic, ImmutableString, Map};

use super::{Answer, Call, Client, Declared, Kind, Machine, method, property, query};
use crate::hunt::{self, os};
use crate::plan::{Scope, Step, Value};
use crate::script::value::{Time, dynamic};
use crate::telemetry::KnownMachine;
use crate::telemetry::profile::PROFILES;

/// The query whose rows `get_info` sums up, and those of its options that fit.
pub(super) const PROFILES_QUERY: &str = "get_profiles";
pub(super) const INFO_OPTIONS: [&str; 2] = ["muid", "period"];

pub(super) fn declared() -> Vec<Declared> {
    const NAME: &str = "Muid and Name, a table";
    const OS: &str = "What telemetry tells of the system, a map: os, family, version, build, release, domain, the times of the last start and stop (started, stopped), \
                      with name and muid; missing where it tells nothing of the system, whatever the domain. Of several machines a list, in the order of `name`. From the versions of system files and \
                      the System log's 6009, and from its kernel's starts and stops (12, 13)";
    const INFO: &str = "What machines are for, a list of names, missing where nothing tells: domain controller, dns server, dhcp server, certificate authority, \
                        federation server, mail server, web server, database server, file server, update server, virtualisation host, server, workstation, \
                        developer. `get_profiles` shows the evidence; options: muid, period";
    const CLIENT: &str = "Its client; of a client itself";
    let mut all = Vec::new();
    macro_rules! both {
        ($names:expr, $params:expr, $doc:expr, $machine:literal, $client:literal, $body:expr) => {
            for name in $names {
                all.push(method(Kind::Machine, name, $params, 0, $doc, $machine, $body));
                all.push(method(Kind::Client, name, $params, 0, $doc, $client, $body));
            }
        };
    }
    // A machine's `name` is a property; as a call it is the table.
    both!(["get_name", "name"], &[], NAME, "Machine(\"WKS01\").get_name()", "Client(\"all\").get_name()", names);
    both!(["get_os_info", "os_info"], &[], OS, "Machine(\"WKS01\").get_os_info()", "Client(\"all\").get_os_info()", systems);
    both!(["get_client", "client"], &[], CLIENT, "Machine(\"WKS01\").get_client()", "Client(\"all\").get_client()", client);
    both!(
        ["get_info", "info"],
        &[("options", Kind::Map)],
        INFO,
        "Machine(\"DC01\", all_time()).get_info()",
        "Client(\"all\", all_time()).get_info()",
        profiles
    );
    all.extend([
        property(Kind::Client, "muid", "The muids of its machines, a list", "Client(\"all\").muid", |call| each(call, |known| text(&known.muid))),
        property(Kind::Client, "name", "The short names of its machines, a list", "Client(\"all\").name", |call| each(call, |known| text(&known.name))),
        property(Kind::Client, "first_seen", "The first record of any of its machines; missing where it has none", "Client(\"all\").first_seen", |call| {
            Ok(seen(call)?.map(|(first, _)| first).min().map_or(Dynamic::UNIT, |time| Dynamic::from(Time(time))))
        }),
        property(Kind::Client, "last_seen", "The last record of any of its machines; missing where it has none", "Client(\"all\").last_seen", |call| {
            Ok(seen(call)?.map(|(_, last)| last).max().map_or(Dynamic::UNIT, |time| Dynamic::from(Time(time))))
        }),
    ]);
    all
}

fn text(text: &Arc<str>) -> Dynamic {
    ImmutableString::from(&**text).into()
}

/// The machines that the receiver stands for.
fn machines(call: &Call) -> Answer<Vec<KnownMachine>> {
    match call.receiver_value().read_lock::<Machine>() {
        Some(machine) => Ok(machine.machines.to_vec()),
        None => call.receiver::<Client>()?.machines(call.run).map_err(|fault| call.fail(fault)),
    }
}

/// When they were seen, those that have a record with a time.
fn seen(call: &Call) -> Answer<impl Iterator<Item = (i64, i64)>> {
    Ok(machines(call)?.into_iter().filter_map(|known| known.seen()))
}

fn scope(call: &Call) -> Answer<Scope> {
    match call.receiver_value().read_lock::<Machine>() {
        Some(machine) => Ok(machine.scope()),
        None => Ok(call.receiver::<Client>()?.scope()),
    }
}

fn each(call: &Call, of: impl Fn(&KnownMachine) -> Dynamic) -> Answer<Dynamic> {
    Ok(machines(call)?.iter().map(of).collect::<Array>().into())
}

fn names(call: &Call) -> Answer<Dynamic> {
    let list = super::machine::listed(call.run, scope(call)?, None).map_err(|fault| call.fail(fault))?;
    list.then(Step::Select(vec!["Muid".into(), "Name".into()])).map(Dynamic::from).map_err(|error| call.fail_plan(&error))
}

fn client(call: &Call) -> Answer<Dynamic> {
    let Ok(machine) = call.receiver::<Machine>() else { return Ok(call.receiver_value()) };
    let mut ids: Vec<Arc<str>> = machine.machines.iter().map(|known| known.client_id.clone()).collect();
    ids.sort();
    ids.dedup();
    Ok(Dynamic::from(Client { ids: Some(ids.into()), period: machine.period }))
}

fn systems(call: &Call) -> Answer<Dynamic> {
    let inventory = call.run.inventory().map_err(|fault| call.fail(fault))?;
    let context = call.run.asking(&inventory);
    let records = os::plan(scope(call)?, &context).map(|plan| call.run.answer(&plan)).transpose().map_err(|fault| call.fail(fault))?;
    let of = |known: &KnownMachine| {
        let facts = os::info(known, records.as_deref());
        if facts.is_empty() {
            return Dynamic::UNIT;
        }
        let mut map: Map = facts.into_iter().map(|(name, value)| (name.into(), dynamic(&value))).collect();
        map.insert("name".into(), text(&known.name));
        map.insert("muid".into(), text(&known.muid));
        map.into()
    };
    let is_machine = call.receiver_value().is::<Machine>();
    match machines(call)?.as_slice() {
        [known] if is_machine => Ok(of(known)),
        several => Ok(several.iter().map(of).collect::<Array>().into()),
    }
}

/// Each profile once, in the order in which they are declared.
fn profiles(call: &Call) -> Answer<Dynamic> {
    call.known_keys(0, &INFO_OPTIONS)?;
    let Some(query) = hunt::query::query(PROFILES_QUERY) else { return Ok(Dynamic::UNIT) };
    let (rows, _) = query::asked(call, query)?;
    let told = rows.then(Step::Distinct(vec!["Profile".into()])).map_err(|error| call.fail_plan(&error))?;
    let frame = told.frame(call.run).map_err(|fault| call.fail(fault))?;
    let told: Vec<Value> = (0..frame.height()).map(|row| frame.named(row, "Profile")).collect();
    let words = PROFILES.iter().map(|profile| profile.word).filter(|word| told.contains(&Value::text(word)));
    let words: Array = words.map(Dynamic::from).collect();
    Ok(if words.is_empty() { Dynamic::UNIT } else { words.into() })
}
