//! All tables in one list: what `timeline`, `around` and `grep` give. No table of a store, but declared as one, so that its columns are documented alike.

use super::*;

/// The columns of a timeline. What its four texts are for a table's rows is the table's own [`Line`].
pub static TIMELINE: Table = Table {
    name: "timeline",
    query: "timeline",
    doc: "Rows of all tables in time order, each told in one line",
    columns: &[
        DATE_TIME,
        MACHINE,
        LOGGED_USER,
        short("Table", Type::Text, "The table that the row is of: process, network, … `event` for a record that is only there"),
        short("Operation", Type::Text, "What was done, in the words of the table; connect query run alert, where it has none"),
        short("Actor", Type::Text, "Who or what did it: the acting program, for logons and shares the other end"),
        short("Target", Type::Text, "What it was done to: program, file, registry value, address and port, name, account, script, service"),
        short("Detail", Type::Text, "What else there is to say: command line, value, protocol, outcome, script text"),
        MUID,
        CLIENT_ID,
        PROVIDER,
        CHANNEL,
        EVENT_ID,
        RECORD_ID,
        SOURCE,
    ],
    operations: &[],
    line: None,
};
