//! `get_raw_events`: every record with every field, as it was logged.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::given::Asked;
use super::options::*;
use super::scan::scan;
use super::{Context, OptionError, Query, Shape, Takes, Target};
use crate::plan::{Plan, Scan, folded_equal};
use crate::telemetry::{Inventory, Kind};

pub(super) const QUERY: Query = Query {
    name: "get_raw_events",
    table: "event",
    doc: "Every record with every field; the raw fields of the kinds asked for follow as text columns",
    options: &[
        own("channel", Takes::TextList, "channels as Windows names them, or sensors: \"Security\", \"Microsoft-Windows-Sysmon/Operational\", \"Sysmon\""),
        own("event_id", Takes::Number, "event ids; they mean different things in different channels, so name the channel as well"),
        MUID,
        TOP,
        PERIOD,
        HISTOGRAM,
    ],
    example: r#"Client("all", all_time()).get_raw_events(#{ channel: "Security", event_id: 4624 })"#,
    shape: Shape::RawEvents,
};

/// The rows, with the raw fields that the source knows for these kinds.
pub(super) fn plan(target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> Result<Plan, OptionError> {
    let mut channels: Vec<Arc<str>> = Vec::new();
    for given in asked.texts("channel") {
        channels.extend(known_channels(given.trim(), context.inventory));
    }
    channels.sort();
    channels.dedup();
    let mut event_ids = asked.numbers("event_id");
    event_ids.sort_unstable();
    event_ids.dedup();
    let raw_fields = raw_fields(&channels, &event_ids, context.inventory);
    Ok(Plan::scan(Scan { channels, event_ids, raw_fields, ..scan("event", target, context) }))
}

/// The channels that one text means, as the source spells them: a channel's name, else a sensor's. One that the source never shows stays as it was
/// written, and coverage says so.
pub(crate) fn known_channels(given: &str, inventory: &Inventory) -> Vec<Arc<str>> {
    let kinds = || inventory.streams.iter().map(|stream| &stream.kind).filter(|kind| &*kind.table == "event");
    let channels = |is_meant: &dyn Fn(&Kind) -> bool| -> Vec<Arc<str>> {
        let found: BTreeSet<Arc<str>> = kinds().filter(|kind| is_meant(kind)).map(|kind| kind.channel.clone()).collect();
        found.into_iter().collect()
    };
    let named = channels(&|kind| folded_equal(&kind.channel, given));
    let meant = if named.is_empty() { channels(&|kind| folded_equal(&kind.provider, given)) } else { named };
    if meant.is_empty() { vec![Arc::from(given)] } else { meant }
}

/// The fields of the kinds asked for, each once, in the order of channel, event id and the source.
fn raw_fields(channels: &[Arc<str>], event_ids: &[i64], inventory: &Inventory) -> Vec<Arc<str>> {
    let mut seen = std::collections::HashSet::new();
    let wanted = inventory.raw_fields.iter().filter(|((channel, id), _)| {
        (channels.is_empty() || channels.iter().any(|asked| folded_equal(asked, channel))) && (event_ids.is_empty() || event_ids.contains(id))
    });
    wanted.flat_map(|(_, fields)| fields).filter(|field| seen.insert((*field).clone())).cloned().collect()
}
