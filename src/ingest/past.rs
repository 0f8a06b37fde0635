//! What the store knows already: process starts, logons and addresses of earlier ingests, of the columns that tell.

use std::net::IpAddr;
use std::sync::Arc;

use polars::prelude::*;

use super::calls::Call;
use super::facts::{Facts, Mark, Session, Start, folded_path};
use super::guid::Guid;
use super::names::Names;
use super::row::{Cell, Head, LAYOUTS, position, table_number};
use crate::rewrite::files;
use crate::store::{StoredFile, Writer};
use crate::telemetry::identity::{is_own_address, machine_name};
use crate::telemetry::mapping::shape::is_on_wire;

const NETWORK: &[&str] = &[
    "DateTime",
    "Machine",
    "ClientId",
    "Provider",
    "Channel",
    "LocalIp",
    "LocalPort",
    "RemoteIp",
    "RemotePort",
    "Protocol",
    "Initiated",
    "ParentGuid",
    "ParentPid",
    "ParentPath",
    "LoggedUser",
];

const MACHINE: &[&str] = &["Name", "ClientId", "LocalIp", "FirstSeen", "LastSeen"];

/// Learns from the files that the store will still have. A file that can't be read teaches nothing: its rows stay as they are.
pub fn learn(writer: &Writer, client: &str, names: &Names) -> Facts {
    let mut facts = Facts::default();
    let has = |file: &StoredFile, word: &str| file.operations.iter().any(|operation| operation == word);
    // The latest days first: of more than can be kept they are the more likely to be asked for.
    let mut latest: Vec<&StoredFile> = writer.files().collect();
    latest.sort_by_key(|file| std::cmp::Reverse(file.day));
    for file in latest {
        let columns: &[&str] = match file.table.as_str() {
            "process" if has(file, "create") => &[
                "DateTime",
                "Machine",
                "ClientId",
                "Operation",
                "ChildGuid",
                "ChildPid",
                "ChildPath",
                "ChildMd5",
                "ChildSha256",
                "ChildSha1",
                "OriginalFilename",
                "CommandLine",
                "LoggedUser",
                "LogonId",
            ],
            "logon" if has(file, "logon") => &["DateTime", "Machine", "ClientId", "Operation", "LogonId", "LogonType", "RemoteIp", "TargetUser", "Outcome"],
            "network" => NETWORK,
            "machine" => MACHINE,
            "file" if has(file, "modify") => &["DateTime", "Machine", "ClientId", "ChildPath", "Zone"],
            _ => continue,
        };
        let path = writer.root().join(&file.path);
        for group in files::groups(&path).unwrap_or_default() {
            let Ok(frame) = files::rows(&path, Some(columns), group) else { break };
            // A column that is absent makes its file unreadable for this, not the ingest.
            let _ = match file.table.as_str() {
                "machine" => learn_machines(&mut facts, &frame, client, names),
                table => learn_frame(&mut facts, table, &frame, client, names),
            };
        }
    }
    facts
}

/// Which address a machine had last. It counts as what others say of it, since the table does not tell who said so.
fn learn_machines(facts: &mut Facts, frame: &DataFrame, client: &str, names: &Names) -> PolarsResult<()> {
    let (machines, clients, addresses) = (frame.column("Name")?.str()?, frame.column("ClientId")?.str()?, frame.column("LocalIp")?.str()?);
    let times = [frame.column("FirstSeen")?.cast(&DataType::Int64)?, frame.column("LastSeen")?.cast(&DataType::Int64)?];
    let times = [times[0].i64()?, times[1].i64()?];
    for row in (0..frame.height()).filter(|row| clients.get(*row) == Some(client)) {
        let (Some(name), Some(address)) = (machines.get(row), addresses.get(row).filter(|address| is_own_address(address))) else { continue };
        // One that is called by its address is known by nothing else.
        if name.parse::<IpAddr>().is_err() {
            let machine = names.number(name);
            times.iter().filter_map(|times| times.get(row)).for_each(|time| facts.see_address(address.into(), machine, time, 0));
        }
    }
    Ok(())
}

fn learn_frame(facts: &mut Facts, table: &str, frame: &DataFrame, client: &str, names: &Names) -> PolarsResult<()> {
    let times = frame.column("DateTime")?.cast(&DataType::Int64)?;
    let (times, machines, clients) = (times.i64()?, frame.column("Machine")?.str()?, frame.column("ClientId")?.str()?);
    let operations = frame.column("Operation").ok().map(|column| column.str()).transpose()?;
    for row in 0..frame.height() {
        let (Some(time), Some(machine)) = (times.get(row), machines.get(row)) else { continue };
        if clients.get(row) != Some(client) {
            continue;
        }
        let machine = names.number(machine);
        let operation = operations.and_then(|operations| operations.get(row));
        let word = |name: &str| -> PolarsResult<Option<Arc<str>>> { Ok(frame.column(name)?.str()?.get(row).map(Arc::from)) };
        let number = |name: &str| -> PolarsResult<Option<i64>> { Ok(frame.column(name)?.i64()?.get(row)) };
        match (table, operation) {
            ("process", Some("create")) => {
                let start = Start {
                    machine,
                    time,
                    guid: word("ChildGuid")?.as_deref().and_then(Guid::of),
                    pid: number("ChildPid")?,
                    path: word("ChildPath")?,
                    md5: word("ChildMd5")?,
                    sha256: word("ChildSha256")?,
                    sha1: word("ChildSha1")?,
                    original: word("OriginalFilename")?,
                    command: word("CommandLine")?,
                    user: word("LoggedUser")?,
                    logon_id: number("LogonId")?,
                };
                facts.add_start(Head::of_machine(machine), start);
            }
            ("logon", Some("logon")) => {
                let (remote, is_success) = (word("RemoteIp")?, word("Outcome")?.as_deref() == Some("success"));
                if let Some(logon_id) = number("LogonId")? {
                    let session = Session { machine, time, logon_id, kind: number("LogonType")?, remote: remote.clone() };
                    facts.add_session(Head::of_machine(machine), session);
                }
                // A machine's own account logs on from that machine.
                let account = word("TargetUser")?.filter(|_| is_success);
                let host = account.as_deref().and_then(|account| account.strip_suffix('$')).filter(|host| !host.is_empty());
                if let (Some(host), Some(address)) = (host, remote.filter(|address| is_own_address(address))) {
                    facts.see_address(address, names.number(&machine_name(host)), time, 0);
                }
            }
            // A sensor on the wire has machine and process from what others told.
            ("network", _) if !is_on_wire(&word("Provider")?.unwrap_or_default(), &word("Channel")?.unwrap_or_default()) => {
                let address = word("LocalIp")?.filter(|address| is_own_address(address));
                if let Some(address) = address.filter(|_| frame.column("Initiated").and_then(|column| Ok(column.bool()?.get(row))).ok().flatten() == Some(true))
                {
                    facts.see_address(address, machine, time, 1);
                }
                let layout = &LAYOUTS[table_number("network")];
                let mut cells = vec![Cell::Missing; layout.width];
                for name in &NETWORK[5..] {
                    let Some(place) = position(layout.table, name) else { continue };
                    cells[place] = match frame.column(name)?.dtype() {
                        DataType::String => word(name)?.map_or(Cell::Missing, |text| Cell::Text(text.to_string().into())),
                        DataType::Int64 => number(name)?.map_or(Cell::Missing, Cell::Int),
                        _ => Cell::Missing,
                    };
                }
                if let Some(mut call) = Call::of(layout, &Head::of_machine(machine), &cells, &mut |text| text.into()) {
                    call.time = time;
                    facts.add_call(Head::of_machine(machine), call);
                }
            }
            ("file", _) => {
                if let (Some(zone), Some(path)) = (number("Zone")?, word("ChildPath")?) {
                    facts.add_mark(Head::of_machine(machine), Mark { machine, time, path: folded_path(&path), zone });
                }
            }
            _ => {}
        }
    }
    Ok(())
}
