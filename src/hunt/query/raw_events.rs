//! `get_raw_events`: every record with every field, as it was logged.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::given::Asked;
use super::options::*;
use super::scan::scan;
use super::{Context, OptionError, Query, Shape, Takes, Target};
use crate::diag::did_you_mean;
use crate::hunt::machine::listed;
use crate::plan::{Plan, Scan, folded_equal};
use crate::telemetry::{Inventory, Kind, mapping, profile};

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
        check_known("channel", given.trim(), context.inventory)?;
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
    let channels = |is_meant: &dyn Fn(&Kind) -> bool| -> Vec<Arc<str>> {
        let found: BTreeSet<Arc<str>> = kinds(inventory).filter(|kind| is_meant(kind)).map(|kind| kind.channel.clone()).collect();
        found.into_iter().collect()
    };
    let named = channels(&|kind| folded_equal(&kind.channel, given));
    let meant = if named.is_empty() { channels(&|kind| folded_equal(&kind.provider, given)) } else { named };
    if meant.is_empty() { vec![Arc::from(given)] } else { meant }
}

/// What every record of the source is.
fn kinds(inventory: &Inventory) -> impl Iterator<Item = &Kind> {
    inventory.streams.iter().map(|stream| &stream.kind).filter(|kind| &*kind.table == "event")
}

/// A channel that the source never shows may be asked for, and is then not examined. One that is nearly the name of a known one is a slip: nothing would
/// ever be found. A source that tells of no channels, as that of a check, does not know.
fn check_known(option: &str, given: &str, inventory: &Inventory) -> Result<(), OptionError> {
    let shown: BTreeSet<&str> = kinds(inventory).map(|kind| &*kind.channel).filter(|channel| !channel.is_empty()).collect();
    let names = || shown.iter().copied().chain(kinds(inventory).map(|kind| &*kind.provider)).chain(mapping::known_channels());
    if shown.is_empty() || names().chain(profile::channels()).any(|known| folded_equal(known, given)) {
        return Ok(());
    }
    let Some(near) = did_you_mean(given, names()) else { return Ok(()) };
    let help = format!("{near} the source has {}", listed(shown.iter().copied()));
    Err(OptionError::Channel { option: option.into(), given: given.into(), help })
}

/// The fields of the kinds asked for, each once, in the order of channel, event id and the source.
fn raw_fields(channels: &[Arc<str>], event_ids: &[i64], inventory: &Inventory) -> Vec<Arc<str>> {
    let mut seen = std::collections::HashSet::new();
    let wanted = inventory.raw_fields.iter().filter(|((channel, id), _)| {
        (channels.is_empty() || channels.iter().any(|asked| folded_equal(asked, channel)))
            && (event_ids.is_empty() || id.is_some_and(|id| event_ids.contains(&id)))
    });
    wanted.flat_map(|(_, fields)| fields).filter(|field| seen.insert((*field).clone())).cloned().collect()
}
