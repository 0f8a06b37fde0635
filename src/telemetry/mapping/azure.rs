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

pub(super) const RULES: &[Rule] = &[
    connection(
        &[Condition::Is("Direction", &["outbound"])],
        &[("LocalIp", Ip(SOURCE)), ("RemoteIp", Ip(DESTINATION)), ("RemotePort", Number(PORT)), ("Initiated", Always("true"))],
    ),
    // The ends are turned already, and bytes are the machine's own in both.
    connection(
        &[Condition::Not("Direction", &["outbound"])],
        &[("LocalIp", Ip(DESTINATION)), ("LocalPort", Number(PORT)), ("RemoteIp", Ip(SOURCE)), ("Direction", Word(&["Direction"], &[("inbound", "Incoming")]))],
    ),
    Rule {
        channel: "azure/networkflows",
        ids: &[],
        when: &[],
        table: "network",
        columns: &[
            ("LocalIp", Ip(&["VMIPAddress", "VMIP_s", "SrcIP", "SrcIP_s"])),
            ("RemoteIp", Ip(&["AllExtIPs", "PublicIPs_s", "DestIP", "DestIP_s"])),
            ("RemotePort", Number(&["DestPort", "DestPort_d"])),
            ("Protocol", Word(&["L4Protocol", "L4Protocol_s"], &[("T", "TCP"), ("U", "UDP")])),
            ("Service", Field(&["L7Protocol", "L7Protocol_s"])),
            ("Direction", Word(&["FlowDirection", "FlowDirection_s"], &[("O", "Outgoing"), ("I", "Incoming")])),
            ("Times", Number(&["TotalAllowedFlows"])),
            ("@Owner", Field(&["VMName"])),
            ("@Address", Ip(&["VMIPAddress"])),
        ],
        actor: &[],
    },
];
