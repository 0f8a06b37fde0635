//! Script text that ran, as PowerShell logs it.

use super::*;

pub(super) const TABLE: Table = Table {
    name: "script",
    query: "get_scripts",
    doc: "Script blocks (parts joined), pipeline executions and engine starts",
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
        short("ScriptText", Type::Text, "The text that ran; for 4103 and 800 the commands and their parameters, for 400 the host application"),
        short("Path", Type::Text, "The script's file, where it came from one"),
        column("BlockId", Type::Text, "Id that the parts of one block share"),
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
        operation: Told::Always("run"),
        actor: Told::Column("ParentFilename"),
        target: Told::Column("Path"),
        detail: Told::Column("ScriptText"),
    }),
};
