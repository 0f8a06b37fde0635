//! What telemetry tells of a machine's operating system: its version, its release, when it last started and stopped.

use std::sync::Arc;

use super::query::Context;
use crate::frame::Frame;
use crate::plan::{Expr, Plan, Scan, Scope, Step, Value};
use crate::telemetry::{KnownMachine, os};

/// The channel that tells of starts and stops, and the ids of what its kernel writes.
const CHANNEL: &str = "System";
const STARTED: i64 = 12;
const STOPPED: i64 = 13;
/// The same ids mean other things of other sources; these raw fields name the source.
const SOURCES: [&str; 2] = ["SourceName", "Provider_Name"];
const KERNEL: &str = "Microsoft-Windows-Kernel-General";
/// What these records tell, as raw fields.
const REVISION: &str = "QfeVersion";

/// The records of starts and stops; nothing where the source has none, or does not name the source of a record.
pub fn plan(scope: Scope, context: &Context<'_>) -> Option<Plan> {
    let of_channel = |id: i64| context.inventory.raw_fields.get(&(Arc::from(CHANNEL), Some(id)));
    let ids: Vec<i64> = [STARTED, STOPPED].into_iter().filter(|id| of_channel(*id).is_some()).collect();
    let known = |name: &str| ids.iter().filter_map(|id| of_channel(*id)).flatten().any(|field| **field == *name);
    let named = |names: &[&'static str]| names.iter().copied().filter(|name| known(name)).collect::<Vec<_>>();
    let is_kernel = named(&SOURCES).into_iter().map(|name| Expr::equal(Expr::column(name), Expr::text(KERNEL))).reduce(Expr::or)?;
    let raw_fields = named(&[SOURCES[0], SOURCES[1], REVISION]).into_iter().map(Arc::from).collect();
    let scan = Scan { scope, channels: vec![CHANNEL.into()], event_ids: ids, raw_fields, needs: Some(Vec::new()), ..Scan::of("event", context.zone) };
    Some(Plan::scan(scan).then(Step::Filter(is_kernel)))
}

/// What is known of one machine, by name; nothing where telemetry tells nothing of its system. `records` are the answer to [`plan`].
///
/// `os` as in `get_machines`, `family`, `version` (with the revision where a start tells it), `build`, `release` (of a version that clients and servers
/// share, both), `domain`, and the times of the last start and stop.
pub fn info(machine: &KnownMachine, records: Option<&Frame>) -> Vec<(&'static str, Value)> {
    let text = |text: &Option<Arc<str>>| text.clone().map_or(Value::Missing, Value::Text);
    let version = machine.os.as_deref().and_then(|os| os.strip_prefix("Windows "));
    let last = |id: i64| {
        let records = records?;
        let is_it = |row: &usize| records.named(*row, "Muid") == Value::Text(machine.muid.clone()) && records.named(*row, "EventId") == Value::Int(id);
        (0..records.height()).rev().find(is_it).map(|row| (records, row))
    };
    let revision = last(STARTED).filter(|(records, _)| records.schema().kind(REVISION).is_some()).map(|(records, row)| records.named(row, REVISION));
    let version_known = version.map(|version| match &revision {
        Some(Value::Text(revision)) => format!("{version}.{revision}"),
        _ => version.to_string(),
    });
    let time = |id: i64| last(id).map_or(Value::Missing, |(records, row)| records.named(row, "DateTime"));
    let build = version.and_then(|version| version.rsplit('.').next()).and_then(|build| build.parse().ok());
    let facts = [
        ("os", text(&machine.os)),
        ("family", version.map_or(Value::Missing, |_| Value::text("Windows"))),
        ("version", version_known.map_or(Value::Missing, Value::text)),
        ("build", build.map_or(Value::Missing, Value::Int)),
        ("release", version.and_then(os::release).map_or(Value::Missing, |release| Value::text(release.name()))),
        ("domain", text(&machine.domain)),
        ("started", time(STARTED)),
        ("stopped", time(STOPPED)),
    ];
    let told: Vec<_> = facts.into_iter().filter(|(_, value)| !value.is_missing()).collect();
    // Which domain a machine is of says nothing of its system.
    if told.iter().all(|(name, _)| *name == "domain") { Vec::new() } else { told }
}
