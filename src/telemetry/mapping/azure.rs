//! Connections as Azure adds them up, on the machine and beside it.

use super::{Condition, From, From::*, Rule};

const SOURCE: &[&str] = &["SourceIp"];
const DESTINATION: &[&str] = &["DestinationIp"];
/// The port that is listened at; the other one's connections are added up.
const PORT: &[&str] = &["DestinationPort"];

const fn connection(when: &'static [Condition], columns: &'static [(&'static str, From)]) -> Rule {
    Rule {
        channel: "azure/vmconnection",
        ids: &[],
        when,
        table: "network",
        columns,
        actor: &[
            ("Protocol", Protocol(&["Protocol"])),
            ("BytesSent", Number(&["BytesSent"])),
            ("BytesReceived", Number(&["BytesReceived"])),
            ("Times", Number(&["LinksEstablished"])),
            ("RemoteHost", List(&["RemoteDnsCanonicalNames"], " ")),
            ("ParentFilename", Field(&["ProcessName"])),
        ],
    }
}

const MACHINE: &[&str] = &["VMIPAddress", "VMIP_s"];
const OTHERS: &[&str] = &["AllExtIPs", "PublicIPs_s", "DestIP", "DestIP_s"];
const FLOW_PORT: (&str, From) = ("RemotePort", Number(&["DestPort", "DestPort_d"]));

const OUT_OF: &[(&str, From)] = &[("LocalIp", Ip(MACHINE)), ("RemoteIp", Ip(OTHERS)), FLOW_PORT, ("Initiated", Always("true"))];
/// As a source and a destination: a connection that did not begin here is turned.
const INTO: &[(&str, From)] = &[("LocalIp", Ip(OTHERS)), ("RemoteIp", Ip(MACHINE)), FLOW_PORT, ("Initiated", Always("false"))];

const fn flow(when: &'static [Condition], columns: &'static [(&'static str, From)]) -> Rule {
    Rule {
        channel: "azure/networkflows",
        ids: &[],
        when,
        table: "network",
        columns,
        actor: &[
            ("Protocol", Word(&["L4Protocol", "L4Protocol_s"], &[("T", "TCP"), ("U", "UDP")])),
            ("Service", Field(&["L7Protocol", "L7Protocol_s"])),
            ("Times", Number(&["TotalAllowedFlows"])),
            ("Duration", Between(&["FlowStartTime", "FlowStartTime_t"], &["FlowEndTime", "FlowEndTime_t"])),
            ("@Owner", Field(&["VMName"])),
            ("@Address", Ip(&["VMIPAddress"])),
        ],
    }
}

pub(super) const RULES: &[Rule] = &[
    connection(
        &[Condition::Is("Direction", &["outbound"])],
        &[("LocalIp", Ip(SOURCE)), ("RemoteIp", Ip(DESTINATION)), ("RemotePort", Number(PORT)), ("Initiated", Always("true"))],
    ),
    // Both ends are the machine's: nothing came in or went out.
    connection(&[Condition::Is("Direction", &["local"])], &[("LocalIp", Ip(SOURCE)), ("RemoteIp", Ip(DESTINATION)), ("RemotePort", Number(PORT))]),
    // The ends are turned already, and bytes are the machine's own in both.
    connection(
        &[Condition::Not("Direction", &["outbound", "local"])],
        &[("LocalIp", Ip(DESTINATION)), ("LocalPort", Number(PORT)), ("RemoteIp", Ip(SOURCE)), ("Direction", Word(&["Direction"], &[("inbound", "Incoming")]))],
    ),
    // Beside a machine of the network: who it is about stands in the name of its address, and a flow into it is told from its end.
    flow(&[Condition::Is("VMIPAddress", &["*"]), Condition::Not("FlowDirection", &["I"])], OUT_OF),
    flow(&[Condition::Is("VMIPAddress", &["*"]), Condition::Is("FlowDirection", &["I"])], INTO),
    flow(&[Condition::Is("VMIP_s", &["*"]), Condition::Not("FlowDirection_s", &["I"])], OUT_OF),
    flow(&[Condition::Is("VMIP_s", &["*"]), Condition::Is("FlowDirection_s", &["I"])], INTO),
    // Between two of them: source and destination.
    flow(
        &[Condition::Not("VMIPAddress", &["*"]), Condition::Not("VMIP_s", &["*"])],
        &[("LocalIp", Ip(&["SrcIP", "SrcIP_s"])), ("RemoteIp", Ip(&["DestIP", "DestIP_s"])), FLOW_PORT],
    ),
];
