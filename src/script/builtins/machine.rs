//! Machine: one or several machines, found by name, muid or address; and their lists.

use std::any::TypeId;
use std::sync::Arc;

use rhai::{Dynamic, ImmutableString, Map, Module};

use super::call::texts_of;
use super::{Answer, Call, Collection, Declared, Kind, free, method, property};
use crate::diag::Fault;
use crate::hunt::machine::{self, MachineError, Wanted};
use crate::plan::{Expr, Period, Plan, Scan, Scope, Step, Value};
use crate::script::current::Current;
use crate::script::run::Run;
use crate::script::value::{Time, TimePeriod, type_word};
use crate::telemetry::{KnownMachine, identity};

/// Machines that are meant together: everything is answered for all of them.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::script) struct Machine {
    pub machines: Arc<[KnownMachine]>,
    pub period: Option<Period>,
}

impl Machine {
    pub fn muids(&self) -> Vec<Arc<str>> {
        self.machines.iter().map(|machine| machine.muid.clone()).collect()
    }

    pub fn scope(&self) -> Scope {
        Scope::Machines(self.muids())
    }
}

pub(super) fn declared() -> Vec<Declared> {
    vec![
        free(
            "Machine",
            &[("name, muid or map", Kind::Any), ("period", Kind::Period)],
            1,
            "A machine by its name or muid, several by a list; or #{muid:, name:, client_id:, local_ip:, period:}, which must all hold; local_ip: who had the address, in that period or ever",
            "Machine(\"WKS01\", all_time())",
            make,
        ),
        free(
            "machines",
            &[("period", Kind::Period)],
            0,
            "All machines: Muid, Name, ClientId, LocalIp, Os, FirstSeen, LastSeen, Events",
            "machines()",
            |call| {
                let period = call.period(0)?;
                listed(call.run, Scope::Everything, period).map(Dynamic::from).map_err(|fault| call.fail(fault))
            },
        ),
        property(Kind::Machine, "muid", "32 hex digits; a list where several machines are meant", "Machine(\"WKS01\").muid", |call| {
            one(call, |known| text(&known.muid))
        }),
        property(Kind::Machine, "name", "The short name; a list where several machines are meant", "Machine(\"WKS01\").name", |call| {
            one(call, |known| text(&known.name))
        }),
        property(Kind::Machine, "client_id", "Its client", "Machine(\"WKS01\").client_id", |call| one(call, |known| text(&known.client_id))),
        property(Kind::Machine, "local_ip", "The last address that it used; missing where none is known", "Machine(\"WKS01\").local_ip", |call| {
            one(call, |known| known.local_ip.as_ref().map_or(Dynamic::UNIT, text))
        }),
        property(Kind::Machine, "first_seen", "Its first record; missing where none has a time", "Machine(\"WKS01\").first_seen", |call| {
            one(call, |known| known.seen().map_or(Dynamic::UNIT, |(first, _)| Dynamic::from(Time(first))))
        }),
        property(Kind::Machine, "last_seen", "Its last record; missing where none has a time", "Machine(\"WKS01\").last_seen", |call| {
            one(call, |known| known.seen().map_or(Dynamic::UNIT, |(_, last)| Dynamic::from(Time(last))))
        }),
        property(Kind::Machine, "period", "The period that it was made with; missing where none", "Machine(\"WKS01\", last(7.days)).period", |call| {
            Ok(call.receiver::<Machine>()?.period.map_or(Dynamic::UNIT, |period| Dynamic::from(TimePeriod(period))))
        }),
        method(Kind::Machine, "machines", &[], 0, "Its machines one by one, a list", "Machine([\"WKS01\", \"WKS02\"]).machines()", |call| {
            Ok(single(&call.receiver::<Machine>()?).map(Dynamic::from).collect::<Vec<_>>().into())
        }),
        method(Kind::Machine, "count", &[], 0, "How many machines it stands for", "Machine([\"WKS01\", \"WKS02\"]).count()", |call| {
            Ok(i64::try_from(call.receiver::<Machine>()?.machines.len()).unwrap_or(i64::MAX).into())
        }),
    ]
}

fn text(text: &Arc<str>) -> Dynamic {
    ImmutableString::from(&**text).into()
}

/// A property: the value of the one machine, or a list.
fn one(call: &Call, of: impl Fn(&KnownMachine) -> Dynamic) -> Answer<Dynamic> {
    let machine = call.receiver::<Machine>()?;
    Ok(match &*machine.machines {
        [known] => of(known),
        several => several.iter().map(of).collect::<Vec<_>>().into(),
    })
}

fn single(machine: &Machine) -> impl Iterator<Item = Machine> + use<> {
    let period = machine.period;
    let machines = machine.machines.clone();
    (0..machines.len()).filter_map(move |index| machines.get(index).cloned()).map(move |known| Machine { machines: Arc::from([known]), period })
}

fn make(call: &Call) -> Answer<Dynamic> {
    let period = call.period(1)?;
    let first = call.value(0);
    if first.is::<Map>() {
        return of_map(call, period);
    }
    if let Some(machine) = first.read_lock::<Machine>() {
        return Ok(Dynamic::from(Machine { machines: machine.machines.clone(), period: period.or(machine.period) }));
    }
    if !Kind::Words.accepts(&first) {
        return Err(
            call.fail_at(0, Fault::new("call::argument", "a machine is named by a text, a list of texts or a map").with_help("write `Machine(\"WKS01\")`"))
        );
    }
    let texts: Vec<String> = texts_of(&first).iter().map(ToString::to_string).collect();
    let wanted = machine::wanted(&texts, call.run.setup.client.clone());
    found(call, &wanted, period, |error| {
        let fault = Fault::from(error);
        match error {
            MachineError::Unknown { name: word, .. } | MachineError::Ambiguous { name: word, .. } | MachineError::Name { name: word } => {
                call.fail_at_text(0, word, fault)
            }
            MachineError::UnknownClient { .. }
            | MachineError::Address { .. }
            | MachineError::NoAddress { .. }
            | MachineError::Apart { .. }
            | MachineError::Nothing => call.fail_at(0, fault),
        }
    })
}

const FORM: &str = "write #{ name: \"WKS01\", client_id: \"000000\" }, #{ muid: \"…\" } or #{ local_ip: \"10.1.2.3\" }";

const KEYS: [&str; 5] = ["muid", "name", "client_id", "local_ip", "period"];

fn of_map(call: &Call, period: Option<Period>) -> Answer<Dynamic> {
    call.known_keys(0, &KEYS)?;
    let mut wanted = Wanted { client_id: call.run.setup.client.clone(), period, ..Wanted::default() };
    for (key, value) in call.options(0) {
        if value.is_unit() {
            continue;
        }
        if key == "period" {
            wanted.period = Some(call.own_period(&key, &value, period)?);
            continue;
        }
        let several = matches!(key.as_str(), "muid" | "name");
        if !(if several { Kind::Words } else { Kind::Text }).accepts(&value) {
            let wants = if several { "a text or a list of texts" } else { "a text" };
            let found = type_word(call.context.engine(), &value);
            return Err(call.fail_at_value(0, &key, Fault::new("options::type", format!("`{key}` takes {wants}, and this is {found}")).with_help(FORM)));
        }
        let texts: Vec<String> = texts_of(&value).iter().map(ToString::to_string).collect();
        match key.as_str() {
            "muid" => wanted.muids = texts,
            "name" => wanted.names = texts,
            "client_id" => wanted.client_id = texts.into_iter().next(),
            _ => wanted.local_ip = texts.into_iter().next(),
        }
    }
    found(call, &wanted, wanted.period, |error| fail_at_key(call, &wanted, error))
}

/// At the key that the error is about; of two keys that don't go together at the one that is written last.
fn fail_at_key(call: &Call, wanted: &Wanted, error: &MachineError) -> Box<rhai::EvalAltResult> {
    let fault = Fault::from(error);
    match error {
        MachineError::Unknown { name: word, .. } | MachineError::Ambiguous { name: word, .. } | MachineError::Name { name: word } => {
            call.fail_at_value_text(0, if wanted.muids.contains(word) { "muid" } else { "name" }, word, fault)
        }
        MachineError::UnknownClient { .. } => call.fail_at_value(0, "client_id", fault),
        MachineError::Address { .. } | MachineError::NoAddress { .. } => call.fail_at_value(0, "local_ip", fault),
        MachineError::Apart { left, right, .. } => {
            let written = call.options(0);
            let last = written.iter().rev().find(|(key, _)| key == left.0 || key == right.0).map_or(right.0, |(key, _)| key);
            call.fail_at_value(0, last, fault)
        }
        MachineError::Nothing => call.fail_at(0, fault),
    }
}

fn found(call: &Call, wanted: &Wanted, period: Option<Period>, fail: impl Fn(&MachineError) -> Box<rhai::EvalAltResult>) -> Answer<Dynamic> {
    let inventory = call.run.inventory().map_err(|fault| call.fail(fault))?;
    let owners = match &wanted.local_ip {
        Some(address) => seen_with(call.run, &machine::owners(address, wanted.period, call.run.setup.zone).map_err(|error| fail(&error))?)
            .map_err(|fault| call.fail(fault))?,
        None => Vec::new(),
    };
    let machines = match machine::find(&inventory, wanted, &owners) {
        Ok(machines) => machines,
        // Without telemetry, as `check` runs, any name may be one.
        Err(error) if call.run.checking && !matches!(error, MachineError::Nothing) => assumed(wanted),
        Err(error) => return Err(fail(&error)),
    };
    Ok(Dynamic::from(Machine { machines: machines.into(), period }))
}

/// The muids that a plan answers with.
fn seen_with(run: &Run, plan: &Plan) -> Result<Vec<Arc<str>>, Fault> {
    let frame = run.answer(plan)?;
    let muid = |row| match frame.named(row, "Muid") {
        Value::Text(muid) => Some(muid),
        _ => None,
    };
    Ok((0..frame.height()).filter_map(muid).collect())
}

fn assumed(wanted: &Wanted) -> Vec<KnownMachine> {
    let client = wanted.client_id.clone().unwrap_or_else(|| identity::DEFAULT_CLIENT.into());
    let known = |muid: String, name: String| KnownMachine {
        muid: muid.into(),
        name: name.into(),
        client_id: Arc::from(client.as_str()),
        local_ip: None,
        os: None,
        domain: None,
        first_seen: 0,
        last_seen: 0,
        events: 0,
    };
    let words = wanted.words.iter().chain(&wanted.muids).chain(&wanted.names).chain(&wanted.local_ip);
    let one = |word: &String| match machine::is_muid(word) {
        true => known(word.clone(), word.clone()),
        false => known(identity::muid(&client, word), identity::machine_name(word)),
    };
    words.map(one).collect()
}

/// The machines of a scope, as rows; those seen in the period, when one is given.
pub(super) fn listed(run: &Run, scope: Scope, period: Option<Period>) -> Result<Collection, Fault> {
    // What machines there are is known of every source: listing them looks at no telemetry that could be missing.
    let mut plan = Plan::scan(Scan { scope, needs: Some(Vec::new()), ..Scan::of("machine", run.setup.zone) });
    if let Some(period) = period {
        let bound = |column: &str, comparison, time| Step::Filter(Arc::new(Expr::Compare(comparison, Expr::column(column), Expr::literal(Value::Time(time)))));
        plan.steps.extend(period.from.map(|from| bound("LastSeen", crate::plan::Comparison::GreaterOrEqual, from)));
        plan.steps.extend(period.to.map(|to| bound("FirstSeen", crate::plan::Comparison::Less, to)));
    }
    let columns = ["Muid", "Name", "ClientId", "LocalIp", "Os", "FirstSeen", "LastSeen", "Events"];
    plan.steps.push(Step::Select(columns.iter().map(|name| Arc::from(*name)).collect()));
    Collection::of(plan, period).map_err(|error| Fault::from(&error))
}

/// `for m in machine`: one by one.
pub(super) fn iterate(module: &mut Module, _: &Current) {
    module.set_iter_result(TypeId::of::<Machine>(), |value| match value.try_cast::<Machine>() {
        Some(machine) => Box::new(single(&machine).map(|one| Ok(Dynamic::from(one)))),
        None => Box::new(std::iter::empty()),
    });
}
