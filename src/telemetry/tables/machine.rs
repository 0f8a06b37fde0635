//! The machines that telemetry names.

use super::*;

pub(super) const TABLE: Table = Table {
    name: "machine",
    query: "get_machines",
    doc: "Machines, folded from all the names that telemetry gave them",
    columns: &[
        MUID,
        short("Name", Type::Text, "Short host name in upper case"),
        short("ClientId", Type::Text, "The client that the telemetry was ingested for"),
        short("LocalIp", Type::Text, "The last address that the machine used"),
        short("Os", Type::Text, "Operating system, where telemetry tells"),
        column("Domain", Type::Text, "DNS or Windows domain, where telemetry tells"),
        short("FirstSeen", Type::Time, "Its first record"),
        short("LastSeen", Type::Time, "Its last record"),
        short("Events", Type::Int, "Its records"),
    ],
    operations: &[],
    line: None,
};
