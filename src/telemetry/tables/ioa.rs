//! Indicators of attack: rule matches with their names as the published reference spells them.

use super::*;

pub(super) const TABLE: Table = Table {
    name: "ioa",
    query: "get_ioas",
    doc: "Indicators of attack: what rules and products raised an alert for",
    columns: &[
        short("alertDateTime", Type::Time, "When the alert was identified"),
        column("clientId", Type::Text, "The client"),
        column("critical", Type::Bool, "Severity is critical"),
        column("details", Type::Text, "Details of the alert"),
        column("excluded", Type::Bool, "The alert was excluded"),
        short("huntingRule", Type::Text, "Name of the rule that raised it"),
        column("id", Type::Text, "Id of the alert"),
        column("lastHourEvidenceCount", Type::Int, "Alerts of this rule on this machine in the hour before, this one included"),
        short("mitre", Type::Text, "ATT&CK technique ids"),
        column("muid", Type::Text, "The machine"),
        short("severity", Type::Text, "How grave"),
        short("status", Type::Text, "State of the alert"),
        column("timeStamp", Type::Time, "When it was first produced"),
        column("weight", Type::Float, "Weight of the alert, 0 to 100"),
        column("DateTime", Type::Time, "As alertDateTime, so that all tables can be ordered together"),
        column("Muid", Type::Text, "As muid, so that all tables can be joined"),
        column("ClientId", Type::Text, "As clientId"),
        MACHINE,
        PROVIDER,
        CHANNEL,
        EVENT_ID,
        RECORD_ID,
        SOURCE,
    ],
    operations: &[],
    line: Some(Line {
        operation: Told::Always("alert"),
        actor: Told::Missing,
        target: Told::Column("huntingRule"),
        detail: Told::Joined(", ", &[Told::Labelled("severity ", "severity"), Told::Column("mitre"), Told::Column("details")]),
    }),
};
