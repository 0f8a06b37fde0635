//! The machine table: what the inventory knows, as rows.

use std::sync::Arc;

use polars::prelude::{DataFrame, IntoColumn, PolarsResult};

use super::kernel;
use crate::plan::{Scan, Schema, Scope, Value, fold};
use crate::telemetry::{Inventory, KnownMachine};

/// The machines of the scan's scope that were seen in its period.
pub fn frame(inventory: &Inventory, scan: &Scan, schema: &Schema) -> PolarsResult<DataFrame> {
    let machines: Vec<&KnownMachine> = inventory.machines.iter().filter(|machine| is_asked(machine, scan)).collect();
    let columns = schema.columns().iter().map(|(name, kind)| {
        let cells: Vec<Value> = machines.iter().map(|machine| cell(machine, name)).collect();
        Ok(kernel::to_series((&**name).into(), &cells, *kind)?.into_column())
    });
    DataFrame::new(machines.len(), columns.collect::<PolarsResult<Vec<_>>>()?)
}

fn is_asked(machine: &KnownMachine, scan: &Scan) -> bool {
    let in_scope = match &scan.scope {
        Scope::Everything => true,
        Scope::Clients(clients) => clients.iter().any(|client| fold(client) == fold(&machine.client_id)),
        Scope::Machines(muids) => muids.contains(&machine.muid),
    };
    in_scope && scan.period.from.is_none_or(|from| machine.last_seen >= from) && scan.period.to.is_none_or(|to| machine.first_seen < to)
}

fn cell(machine: &KnownMachine, column: &str) -> Value {
    let text = |text: &Arc<str>| if text.is_empty() { Value::Missing } else { Value::Text(text.clone()) };
    let known = |text: &Option<Arc<str>>| text.clone().map_or(Value::Missing, Value::Text);
    match column {
        "Muid" => text(&machine.muid),
        "Name" => text(&machine.name),
        "ClientId" => text(&machine.client_id),
        "LocalIp" => known(&machine.local_ip),
        "Os" => known(&machine.os),
        "Domain" => known(&machine.domain),
        "FirstSeen" => machine.seen().map_or(Value::Missing, |(first, _)| Value::Time(first)),
        "LastSeen" => machine.seen().map_or(Value::Missing, |(_, last)| Value::Time(last)),
        "Events" => Value::Int(i64::try_from(machine.events).unwrap_or(i64::MAX)),
        _ => Value::Missing,
    }
}
