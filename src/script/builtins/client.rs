//! Client: all machines of a client, or of every client.

use std::any::TypeId;
use std::sync::Arc;

use rhai::{Dynamic, EvalAltResult, ImmutableString, Map, Module, Position};

use super::{Answer, Call, Declared, Kind, Machine, free, method, property};
use crate::diag::Fault;
use crate::hunt::machine;
use crate::plan::{Period, Scope};
use crate::script::current::Current;
use crate::script::fault;
use crate::script::run::Run;
use crate::script::value::{TimePeriod, type_word};
use crate::telemetry::KnownMachine;

/// Clients that are meant together; `None` is all of them.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::script) struct Client {
    pub ids: Option<Arc<[Arc<str>]>>,
    pub period: Option<Period>,
}

impl Client {
    pub fn scope(&self) -> Scope {
        match &self.ids {
            None => Scope::Everything,
            Some(ids) => Scope::Clients(ids.to_vec()),
        }
    }

    pub fn machines(&self, run: &Run) -> Result<Vec<KnownMachine>, Fault> {
        let inventory = run.inventory()?;
        let wanted = |known: &&KnownMachine| self.ids.as_ref().is_none_or(|ids| ids.contains(&known.client_id));
        Ok(inventory.machines.iter().filter(wanted).cloned().collect())
    }
}

pub(super) fn declared() -> Vec<Declared> {
    vec![
        free(
            "Client",
            &[("id or map", Kind::Any), ("period", Kind::Period)],
            0,
            "All machines of a client, or of \"all\" clients; or #{client_id:, period:}, where without an id it is --client's, else all. Without arguments the list of client ids",
            "Client(\"all\", all_time())",
            make,
        ),
        property(Kind::Client, "client_id", "Its id; `all` for every client", "Client(\"all\").client_id", |call| {
            let client = call.receiver::<Client>()?;
            Ok(match client.ids.as_deref() {
                None => "all".into(),
                Some([id]) => ImmutableString::from(&**id).into(),
                Some(ids) => ids.iter().map(|id| Dynamic::from(ImmutableString::from(&**id))).collect::<Vec<_>>().into(),
            })
        }),
        property(Kind::Client, "local_ip", "A client has no address: missing", "Client(\"all\").local_ip", |_| Ok(Dynamic::UNIT)),
        property(Kind::Client, "period", "The period that it was made with; missing where none", "Client(\"all\", last(7.days)).period", |call| {
            Ok(call.receiver::<Client>()?.period.map_or(Dynamic::UNIT, |period| Dynamic::from(TimePeriod(period))))
        }),
        method(
            Kind::Client,
            "get_machines",
            &[("period", Kind::Period)],
            0,
            "Its machines: Muid, Name, ClientId, LocalIp, Os, FirstSeen, LastSeen, Events",
            "Client(\"all\").get_machines()",
            list,
        ),
        method(Kind::Client, "machines", &[("period", Kind::Period)], 0, "The same as get_machines", "Client(\"all\").machines()", list),
        method(Kind::Client, "count", &[], 0, "How many machines it has", "Client(\"all\").count()", |call| {
            let machines = call.receiver::<Client>()?.machines(call.run).map_err(|fault| call.fail(fault))?;
            Ok(i64::try_from(machines.len()).unwrap_or(i64::MAX).into())
        }),
    ]
}

fn list(call: &Call) -> Answer<Dynamic> {
    let client = call.receiver::<Client>()?;
    let period = call.period(0)?;
    super::machine::listed(call.run, client.scope(), period).map(Dynamic::from).map_err(|fault| call.fail(fault))
}

fn make(call: &Call) -> Answer<Dynamic> {
    if call.given() == 0 {
        let inventory = call.run.inventory().map_err(|fault| call.fail(fault))?;
        return Ok(machine::clients(&inventory).iter().map(|id| Dynamic::from(ImmutableString::from(&**id))).collect::<Vec<_>>().into());
    }
    let mut period = call.period(1)?;
    let first = call.value(0);
    let ids = if first.is::<Map>() {
        call.known_keys(0, &["client_id", "period"])?;
        let mut ids = None;
        for (key, value) in call.options(0) {
            match key.as_str() {
                _ if value.is_unit() => {}
                "period" => period = Some(call.own_period(&key, &value, period)?),
                _ if Kind::Words.accepts(&value) => ids = Some(super::call::texts_of(&value)),
                _ => {
                    let found = type_word(call.context.engine(), &value);
                    let message = format!("`client_id` takes a text or a list of texts, and this is {found}");
                    return Err(call.fail_at_value(
                        0,
                        &key,
                        Fault::new("options::type", message).with_help("write client_id: \"000000\"; `Client()` lists the clients"),
                    ));
                }
            }
        }
        ids.unwrap_or_else(|| vec![call.run.setup.client.as_deref().unwrap_or(machine::ALL_CLIENTS).into()])
    } else if Kind::Words.accepts(&first) {
        super::call::texts_of(&first)
    } else {
        return Err(call.fail_at(0, Fault::new("call::argument", "a client is named by its id").with_help("write `Client(\"all\")` or `Client(\"000000\")`")));
    };
    if ids.is_empty() {
        let fault = Fault::new("client::nothing", "an empty list names no client").with_help("write `Client(\"all\")` for every client");
        return Err(call.fail_at(0, fault));
    }
    if call.run.checking {
        let is_all = ids.iter().any(|id| id.eq_ignore_ascii_case(machine::ALL_CLIENTS));
        return Ok(Dynamic::from(Client { ids: (!is_all).then(|| ids.into()), period }));
    }
    let inventory = call.run.inventory().map_err(|fault| call.fail(fault))?;
    let mut known: Option<Vec<Arc<str>>> = Some(Vec::new());
    for id in &ids {
        let found = machine::client_of(&inventory, id).map_err(|error| call.fail_at_text(0, id, Fault::from(&error)))?;
        known = known.zip(found).map(|(mut known, found)| {
            known.extend((!known.contains(&found)).then_some(found));
            known
        });
    }
    Ok(Dynamic::from(Client { ids: known.map(Into::into), period }))
}

/// `for machine in Client("all")`.
pub(super) fn iterate(module: &mut Module, current: &Current) {
    let current = current.clone();
    module.set_iter_result(TypeId::of::<Client>(), move |value| {
        let Some(client) = value.try_cast::<Client>() else { return Box::new(std::iter::empty()) };
        match client.machines(&current.run()) {
            Ok(machines) => {
                let period = client.period;
                Box::new(machines.into_iter().map(move |known| Ok(Dynamic::from(Machine { machines: Arc::from([known]), period }))))
            }
            Err(failed) => Box::new(std::iter::once(Err::<Dynamic, Box<EvalAltResult>>(fault::raise(failed, Position::NONE)))),
        }
    });
}
