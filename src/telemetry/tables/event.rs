//! Every record, whole: what the other tables were made from.

use super::*;

pub(super) const TABLE: Table = Table {
    name: "event",
    query: "get_raw_events",
    doc: "Every record with every field; the raw fields of the asked kind follow as text columns",
    columns: &[
        DATE_TIME,
        MUID,
        short("Provider", Type::Text, "The sensor's short name"),
        short("Channel", Type::Text, "The channel in its well-known spelling"),
        short("EventId", Type::Int, "The event id; missing where the source has none"),
        column("RecordId", Type::Int, "The record's number in its channel"),
        CLIENT_ID,
        MACHINE,
        SOURCE,
    ],
    operations: &[],
    line: Some(Line {
        operation: Told::Always("record"),
        actor: Told::Missing,
        target: Told::Joined("/", &[Told::Column("Channel"), Told::Column("EventId")]),
        detail: Told::Missing,
    }),
};
