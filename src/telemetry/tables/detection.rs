//! What a protection product detected, and what it stopped.

use super::*;

pub(super) const TABLE: Table = Table {
    name: "detection",
    query: "get_detections",
    doc: "Detections of protection products; a block is a row whose Action stopped something",
    columns: &[
        DATE_TIME,
        CLIENT_ID,
        MUID,
        LOGGED_USER,
        column("ChildMd5", Type::Text, "MD5 of the detected file"),
        column("ChildPath", Type::Text, "The detected file, whole path"),
        short("ChildFilename", Type::Text, "The detected file, last part"),
        column("ParentMd5", Type::Text, "MD5 of the process that brought it"),
        PARENT_PATH,
        PARENT_FILENAME,
        short("WinningTech", Type::Text, "What detected it: real-time, behaviour, AMSI, user …"),
        column("DetectionId", Type::Text, "The product's id of this detection"),
        short("Action", Type::Text, "What was done: detected, blocked quarantined removed (these stopped it), allowed, none, failed"),
        short("Threat", Type::Text, "The threat's name"),
        short("Severity", Type::Text, "How grave the product says it is"),
        MACHINE,
        PROVIDER,
        CHANNEL,
        EVENT_ID,
        RECORD_ID,
        SOURCE,
    ],
    operations: &[],
    line: Some(Line {
        operation: Told::First(&[Told::Column("Action"), Told::Always("detected")]),
        actor: Told::First(&[Told::Column("ParentFilename"), Told::Column("WinningTech")]),
        target: Told::First(&[Told::Column("ChildPath"), Told::Column("ChildFilename")]),
        detail: Told::Joined(", ", &[Told::Column("Threat"), Told::Labelled("severity ", "Severity")]),
    }),
};
