//! Exports of Azure: Windows records of Sentinel, and what its agents and networks say of connections.

use super::{Ends, Nested, Shape, Slot, flat};

/// Security events of which an export kept the columns of one kind, and no channel.
pub(super) const SECURITY: Shape = Shape {
    name: "Security events of Sentinel",
    marks: &[&["EventID", "NewProcessName"], &["EventID", "SubjectUserSid"], &["EventID", "TargetUserSid"], &["EventID", "SubjectUserName"]],
    channels: &[(&[], "Security")],
    ..flat::WINDOWS
};

/// Connections that an agent on the machine adds up.
pub(super) const CONNECTIONS: Shape = Shape {
    name: "VMConnection",
    marks: &[&["SourceIp", "DestinationIp", "LinksEstablished"], &["SourceIp", "DestinationIp", "BytesSent", "ProcessName"]],
    nested: Nested::Kept,
    batch: None,
    slots: &[(Slot::Host, &["Computer"]), (Slot::Stated, &["TimeGenerated"])],
    states_utc: true,
    read_at: &[],
    before_channel: "",
    channels: &[(&[], "VMConnection")],
    sensor: Some("Azure"),
    tells_host: false,
    ends: None,
    found: &[],
};

/// Flows of a virtual network, told for the machine that stands in them, else by addresses alone.
pub(super) const FLOWS: Shape = Shape {
    name: "Azure flows",
    marks: &[&["FlowType", "FlowDirection", "VMIPAddress"], &["FlowType_s", "FlowDirection_s", "VMIP_s"]],
    slots: &[(Slot::Host, &["VMName", "VM_s"]), (Slot::Stated, &["FlowStartTime", "FlowStartTime_t", "TimeGenerated"])],
    channels: &[(&[], "NetworkFlows")],
    ends: Some(Ends { originator: &["SrcIP", "SrcIP_s"], responder: &["DestIP", "DestIP_s"], local: ["", ""], host_is_sensor: false }),
    ..CONNECTIONS
};
