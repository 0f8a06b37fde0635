//! What a row is about: the word that a hunter reads for its type.

use crate::plan::{Plan, Schema, Step, Value};
use crate::telemetry::words::STOPPED;

/// The types of rows; a row of sums is just a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowType {
    Row,
    Process,
    File,
    Registry,
    Connection,
    Detect,
    /// A detection that was stopped.
    Block,
    Ioa,
    User,
    Dns,
    Logon,
    Script,
    System,
}

impl RowType {
    pub const ALL: [RowType; 13] = [
        RowType::Row,
        RowType::Process,
        RowType::File,
        RowType::Registry,
        RowType::Connection,
        RowType::Detect,
        RowType::Block,
        RowType::Ioa,
        RowType::User,
        RowType::Dns,
        RowType::Logon,
        RowType::Script,
        RowType::System,
    ];

    pub fn word(self) -> &'static str {
        match self {
            RowType::Row => "Row",
            RowType::Process => "Process",
            RowType::File => "File",
            RowType::Registry => "Registry",
            RowType::Connection => "Connection",
            RowType::Detect => "Detect",
            RowType::Block => "Block",
            RowType::Ioa => "IoA",
            RowType::User => "User",
            RowType::Dns => "Dns",
            RowType::Logon => "Logon",
            RowType::Script => "Script",
            RowType::System => "System",
        }
    }

    /// The type of a row of a plan's answer. The columns of `get_users` and `get_ioas` are like no others; rows of several tables have their table's name in
    /// `Table`; what was summed up by a hunter is just a row.
    pub fn of(plan: &Plan, schema: &Schema, cell: impl Fn(&str) -> Value) -> RowType {
        let has = |names: &[&str]| names.iter().all(|name| schema.kind(name).is_some());
        if has(&["LoggedUser", "IniDate", "EndDate", "NumDays"]) {
            return RowType::User;
        }
        if plan.steps.iter().any(|step| matches!(step, Step::Group { .. })) {
            return RowType::Row;
        }
        let table = match cell("Table") {
            Value::Text(table) => table.to_string(),
            _ => plan.scans().first().map(|scan| scan.table.to_string()).unwrap_or_default(),
        };
        match table.as_str() {
            "process" => RowType::Process,
            "file" => RowType::File,
            "registry" => RowType::Registry,
            "network" => RowType::Connection,
            "detection" if is_stopped(&cell("Action")) => RowType::Block,
            "detection" => RowType::Detect,
            "ioa" => RowType::Ioa,
            "dns" => RowType::Dns,
            "logon" => RowType::Logon,
            "script" => RowType::Script,
            "system" => RowType::System,
            _ => RowType::Row,
        }
    }
}

fn is_stopped(action: &Value) -> bool {
    matches!(action, Value::Text(action) if STOPPED.iter().any(|word| word.eq_ignore_ascii_case(action)))
}
