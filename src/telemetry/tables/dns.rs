//! Names that were looked up.

use super::*;

pub(super) const TABLE: Table = Table {
    name: "dns",
    query: "get_dns",
    doc: "DNS look-ups with their answers",
    columns: &[
        DATE_TIME,
        MUID,
        LOGGED_USER,
        PARENT_FILENAME,
        PARENT_PATH,
        PARENT_MD5,
        PARENT_SHA256,
        PARENT_SHA1,
        PARENT_ORIGINAL,
        PARENT_PID,
        PARENT_GUID,
        short("Query", Type::Text, "The name asked for"),
        column("QueryType", Type::Text, "A AAAA CNAME …, where the sensor tells"),
        short("Answers", Type::Text, "What was answered, as the sensor writes it"),
        short("Status", Type::Hex, "Status code of the answer; 0 is success"),
        CLIENT_ID,
        MACHINE,
        PROVIDER,
        CHANNEL,
        EVENT_ID,
        RECORD_ID,
        SOURCE,
    ],
    operations: &[],
    line: Some(Line {
        operation: Told::Always("query"),
        actor: Told::Column("ParentFilename"),
        target: Told::Column("Query"),
        detail: Told::Joined(", ", &[Told::Column("QueryType"), Told::Column("Answers"), Told::Labelled("status ", "Status")]),
    }),
};
