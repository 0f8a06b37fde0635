//! Microsoft Defender for Endpoint: tables of its hunting page, as CSV or streamed as JSON, and the fuller rows behind them.

use super::{Nested, Shape, Slot};

pub(super) const HUNTING: Shape = Shape {
    name: "Defender for Endpoint",
    marks: &[
        &["InitiatingProcessFileName", "ActionType"],
        &["InitiatingProcessId", "ActionType"],
        &["DeviceName", "ActionType"],
        &["CreatedProcessName", "InitiatingProcessName"],
        &["category", "properties", "operationName"],
    ],
    nested: Nested::Spread(&["properties"]),
    slots: &[
        (Slot::Channel, &["Type", "category"]),
        (Slot::Host, &["DeviceName", "ComputerDnsName", "MachineName"]),
        (Slot::Stated, &["CreatedProcessCreationTime", "Timestamp", "TimeGenerated", "ReportTime", "time"]),
    ],
    states_utc: true,
    read_at: &[],
    channels: &[
        (&["CreatedProcessName"], "DeviceProcessEvents"),
        (&["RegistryKey"], "DeviceRegistryEvents"),
        (&["RemoteIPType"], "DeviceNetworkEvents"),
        (&["LogonType"], "DeviceLogonEvents"),
        (&["FileOriginUrl"], "DeviceFileEvents"),
        (&["ProcessVersionInfoCompanyName"], "DeviceProcessEvents"),
        (&["ProcessCommandLine"], "DeviceProcessEvents"),
        (&["RemoteIP"], "DeviceNetworkEvents"),
        (&["AdditionalFields"], "DeviceEvents"),
        (&["FolderPath"], "DeviceImageLoadEvents"),
    ],
    sensor: Some("MDE"),
    tells_host: false,
    ends: None,
    found: &[],
};
