//! Microsoft Defender for Endpoint: tables of its hunting page, as CSV or streamed as JSON, and the fuller rows behind them.

use super::{Found, Nested, Shape, Slot};
use crate::telemetry::mapping::From::{Field, First, Joined, Pattern};

/// What rows say of the machine that they are from. The names of other systems stand before their versions.
const HOST: Found = Found {
    channel: "",
    ids: &[],
    fields: &[
        ("@Os", First(&[Joined(&["OSPlatform", "OSVersion", "OSBuild"], " "), Field(&["OsVersion"])])),
        ("@Address", Pattern(&["IPAddresses"], r#""IPAddress"\s*:\s*"([0-9.]+)""#)),
    ],
};

pub(super) const HUNTING: Shape = Shape {
    name: "Defender for Endpoint",
    marks: &[
        &["InitiatingProcessFileName", "ActionType"],
        &["InitiatingProcessId", "ActionType"],
        &["DeviceName", "ActionType"],
        &["CreatedProcessName", "InitiatingProcessName"],
        &["DeviceName", "OSPlatform"],
        &["DeviceName", "IPAddresses"],
        &["category", "properties", "operationName"],
    ],
    nested: Nested::Spread(&["properties"]),
    batch: None,
    slots: &[
        (Slot::Channel, &["Type", "category"]),
        (Slot::Host, &["DeviceName", "ComputerDnsName", "MachineName"]),
        (Slot::Stated, &["CreatedProcessCreationTime", "Timestamp", "TimeGenerated", "ReportTime", "time"]),
    ],
    states_utc: true,
    read_at: &[],
    // Streamed to a storage, a table has a longer name than in an export.
    before_channel: "AdvancedHunting-",
    channels: &[
        (&["CreatedProcessName"], "DeviceProcessEvents"),
        (&["OSPlatform"], "DeviceInfo"),
        (&["IPAddresses"], "DeviceNetworkInfo"),
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
    tells_host: true,
    ends: None,
    found: &[HOST],
};
