//! Connections as Azure adds them up, on the machine and beside it.

use super::{From::*, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        channel: "azure/vmconnection",
        ids: &[],
        when: &[],
        table: "network",
        columns: &[
            ("LocalIp", Ip(&["SourceIp"])),
            ("RemoteIp", Ip(&["DestinationIp"])),
            // The port is the one that is listened at.
            ("RemotePort", Number(&["DestinationPort"])),
            ("Protocol", Protocol(&["Protocol"])),
            ("Initiated", Word(&["Direction"], &[("outbound", "true"), ("inbound", "false")])),
            ("BytesSent", Number(&["BytesSent"])),
            ("BytesReceived", Number(&["BytesReceived"])),
            ("Times", Number(&["LinksEstablished"])),
            ("RemoteHost", Field(&["RemoteDnsCanonicalNames"])),
            ("ParentFilename", Field(&["ProcessName"])),
        ],
        actor: &[],
    },
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
