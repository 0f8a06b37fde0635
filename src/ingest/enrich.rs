//! Cells that other records tell: the acting process from its start, the session from its logon, the ends of a connection.

use std::sync::Arc;

use super::facts::Start;
use super::known::Known;
use super::row::{Cell, Head, Layout, Whose};
use super::text;

/// Logon types of sessions that come from elsewhere: network, clear-text network, remote interactive.
const REMOTE: [i64; 3] = [3, 8, 10];

/// The sessions of the system itself (NetworkService, LocalService, LocalSystem), which every Windows has from its start on under these numbers: no logon
/// record tells of them, and none of them comes from elsewhere.
const OWN: [i64; 3] = [0x3e4, 0x3e5, 0x3e7];

fn cell(text: &Option<Arc<str>>) -> Option<Cell<'_>> {
    text.as_deref().map(Cell::of)
}

/// Completes a row. Muids are by machine number.
pub fn complete<'a, 'm: 'a>(layout: &Layout, head: &Head, time: i64, cells: &mut [Cell<'a>], known: &'a Known, muid: &dyn Fn(u32) -> Option<&'m str>) {
    match layout.table.name {
        "process" => complete_process(layout, head, time, cells, known),
        "file" | "registry" => {
            let actor = actor(layout, head, time, cells, known);
            fill_actor(layout, cells, actor);
            fill_user(layout, cells, actor);
            cells[layout.command].fill(actor.and_then(|start| cell(&start.command)));
            let subject = if layout.table.name == "file" { layout.child_path } else { layout.parent_path };
            fill_session(layout, head, time, cells, known, subject);
        }
        "network" => {
            turn(layout, head, time, cells, known, muid);
            find_caller(layout, head, time, cells, known);
            complete_other(layout, head, time, cells, known, true);
        }
        // A logon's user is who logs on, whatever process asked for it.
        "logon" => complete_other(layout, head, time, cells, known, false),
        _ => complete_other(layout, head, time, cells, known, true),
    }
}

fn actor<'a>(layout: &Layout, head: &Head, time: i64, cells: &[Cell<'a>], known: &'a Known) -> Option<&'a Start> {
    known.start(head.machine, cells[layout.parent_guid].text(), cells[layout.parent_pid].int(), cells[layout.parent_name].text(), time)
}

fn complete_other<'a>(layout: &Layout, head: &Head, time: i64, cells: &mut [Cell<'a>], known: &'a Known, user: bool) {
    let actor = actor(layout, head, time, cells, known);
    fill_actor(layout, cells, actor);
    if user {
        fill_user(layout, cells, actor);
    }
}

fn fill_actor<'a>(layout: &Layout, cells: &mut [Cell<'a>], actor: Option<&'a Start>) {
    let Some(start) = actor else { return };
    cells[layout.parent_md5].fill(cell(&start.md5));
    cells[layout.parent_sha256].fill(cell(&start.sha256));
    cells[layout.parent_sha1].fill(cell(&start.sha1));
    cells[layout.parent_original].fill(cell(&start.original));
    cells[layout.parent_guid].fill(start.guid.as_ref().map(|guid| Cell::Text(guid.shown())));
    cells[layout.parent_path].fill(cell(&start.path));
    cells[layout.parent_name].fill(start.path.as_deref().map(|path| Cell::of(text::base_name(path))));
    cells[layout.parent_pid].fill(start.pid.map(Cell::Int));
    cells[layout.parent_command].fill(cell(&start.command));
}

/// Who the acting process runs as.
fn fill_user<'a>(layout: &Layout, cells: &mut [Cell<'a>], acting: Option<&'a Start>) {
    let Some(start) = acting else { return };
    cells[layout.user].fill(cell(&start.user));
    cells[layout.logon_id].fill(start.logon_id.map(Cell::Int));
}

fn complete_process<'a>(layout: &Layout, head: &Head, time: i64, cells: &mut [Cell<'a>], known: &'a Known) {
    let operation = cells[layout.operation].clone();
    let operation = operation.text().unwrap_or_default();
    let (starts, ends) = (operation == "create", matches!(operation, "kill" | "tamper"));
    let parent = actor(layout, head, time, cells, known);
    fill_actor(layout, cells, parent);
    let child = match operation {
        "create" | "load" => None,
        _ => known.start(head.machine, cells[layout.child_guid].text(), cells[layout.child_pid].int(), cells[layout.child_name].text(), time),
    };
    if let Some(start) = child {
        cells[layout.child_md5].fill(cell(&start.md5));
        cells[layout.child_sha256].fill(cell(&start.sha256));
        cells[layout.child_sha1].fill(cell(&start.sha1));
        cells[layout.original].fill(cell(&start.original));
        cells[layout.child_path].fill(cell(&start.path));
        cells[layout.child_name].fill(start.path.as_deref().map(|path| Cell::of(text::base_name(path))));
        cells[layout.child_pid].fill(start.pid.map(Cell::Int));
        cells[layout.command].fill(cell(&start.command));
    }
    if !starts {
        fill_user(layout, cells, if ends { child } else { parent });
    } else if let Some(own) = known.start(head.machine, cells[layout.child_guid].text(), None, None, time) {
        // Some collectors drop the id that another sensor's record of this very start has.
        cells[layout.child_pid].fill(own.pid.map(Cell::Int));
    }
    fill_session(layout, head, time, cells, known, layout.child_path);
}

/// Where the session came from, and whether the file that the row is about carries the mark of the web.
fn fill_session<'a>(layout: &Layout, head: &Head, time: i64, cells: &mut [Cell<'a>], known: &'a Known, subject: usize) {
    if let Some(logon_id) = cells[layout.logon_id].int() {
        if OWN.contains(&logon_id) {
            cells[layout.remote_session].fill(Some(Cell::Bool(false)));
        } else if let Some(session) = known.session(head.machine, logon_id, time) {
            cells[layout.remote_ip].fill(cell(&session.remote));
            cells[layout.remote_session].fill(session.kind.map(|kind| Cell::Bool(REMOTE.contains(&kind))));
        }
    }
    if let Some(zone) = cells[subject].text().and_then(|path| known.zone(head.machine, path, time)) {
        cells[layout.external] = Cell::Bool(zone >= 3);
    }
    if cells[layout.lan_shared].is_missing()
        && let Some(path) = cells[subject].text()
    {
        cells[layout.lan_shared] = Cell::Bool(text::is_share(path));
    }
}

/// The local end is the address that the machine owns, else the sensor's word decides. Sensors swap the ends of incoming connections.
fn turn<'a, 'm: 'a>(layout: &Layout, head: &Head, time: i64, cells: &mut [Cell<'a>], known: &'a Known, muid: &dyn Fn(u32) -> Option<&'m str>) {
    let owns = |cell: &Cell<'_>| cell.text().is_some_and(|address| known.owns(head.machine, address));
    // On the wire the originator is known, and the machine follows from it.
    match head.whose {
        Whose::Named | Whose::Unknown => {}
        Whose::Originator => cells[layout.initiated] = Cell::Bool(true),
        Whose::Responder => cells[layout.initiated] = Cell::Bool(false),
    }
    let initiated = cells[layout.initiated].flag();
    let by_owner = match (head.whose, owns(&cells[layout.local_ip]), owns(&cells[layout.remote_ip])) {
        (Whose::Originator | Whose::Unknown, ..) | (Whose::Named, true, false) => Some(false),
        (Whose::Responder, ..) | (Whose::Named, false, true) => Some(true),
        (Whose::Named, ..) => None,
    };
    if by_owner.unwrap_or(initiated == Some(false)) {
        cells.swap(layout.local_ip, layout.remote_ip);
        cells.swap(layout.local_port, layout.remote_port);
        cells.swap(layout.source_host, layout.remote_host);
        cells.swap(layout.bytes_sent, layout.bytes_received);
    }
    // A source lies where the connection began; where neither end is known to be ours, nothing tells.
    let by_owner = by_owner.filter(|_| head.whose != Whose::Unknown);
    let outgoing = initiated.or(by_owner.map(|destination_is_local| !destination_is_local));
    if matches!(head.whose, Whose::Originator | Whose::Responder) {
        cells[layout.direction] = Cell::Missing;
    }
    cells[layout.direction].fill(outgoing.map(|outgoing| Cell::of(if outgoing { "Outgoing" } else { "Incoming" })));
    let (status, owner) = match cells[layout.remote_ip].text() {
        Some(remote) => (text::status(remote), known.owner(remote, time)),
        None => (None, None),
    };
    cells[layout.ipv4_status].fill(status.map(Cell::of));
    cells[layout.remote_muid].fill(owner.and_then(muid).map(Cell::of));
}

/// What a sensor on the machine says of a connection that another saw on the wire.
fn find_caller<'a>(layout: &Layout, head: &Head, time: i64, cells: &mut [Cell<'a>], known: &'a Known) {
    if head.whose == Whose::Named {
        return;
    }
    let Some(call) = known.calls.find(layout, head.machine, time, cells) else { return };
    cells[layout.parent_guid].fill(call.guid.as_ref().map(|guid| Cell::Text(guid.shown())));
    cells[layout.parent_pid].fill(call.pid.map(Cell::Int));
    cells[layout.parent_path].fill(cell(&call.path));
    cells[layout.parent_name].fill(call.path.as_deref().map(|path| Cell::of(text::base_name(path))));
    cells[layout.user].fill(cell(&call.user));
}
