//! Connections whose process a sensor on the machine named, so that one on the wire, which sees only addresses, finds it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::guid::Guid;
use super::row::{Cell, Head, Layout, NONE, Whose};

/// Two reports of one connection lie at most this far apart. Ends are seldom used again so soon, and a sensor on the wire reports from the first packet.
const TOGETHER: i64 = 60_000;

/// More than these are not kept: connections on the wire then lack their process.
pub const MAX_CALLS: usize = 500_000;

/// A connection and its process. Its time is known with the clocks.
#[derive(Clone, Debug)]
pub struct Call {
    pub machine: u32,
    pub time: i64,
    ends: u64,
    pub guid: Option<Guid>,
    pub pid: Option<i64>,
    pub path: Option<Arc<str>>,
    pub user: Option<Arc<str>>,
}

impl Call {
    /// Of a row that names the process; texts become shared ones.
    pub fn of(layout: &Layout, head: &Head, cells: &[Cell<'_>], share: &mut dyn FnMut(&str) -> Arc<str>) -> Option<Call> {
        let (guid, pid) = (cells[layout.parent_guid].text().and_then(Guid::of), cells[layout.parent_pid].int());
        if head.whose != Whose::Named || (guid.is_none() && pid.is_none()) {
            return None;
        }
        let ends = ends(layout, cells)?;
        let mut shared = |place: usize| cells[place].text().map(&mut *share);
        Some(Call { machine: head.machine, time: NONE, ends, guid, pid, path: shared(layout.parent_path), user: shared(layout.user) })
    }

    pub fn texts(&mut self) -> impl Iterator<Item = &mut Arc<str>> {
        [&mut self.path, &mut self.user].into_iter().flatten()
    }
}

/// Protocol and both ends, whichever of them began.
fn ends(layout: &Layout, cells: &[Cell<'_>]) -> Option<u64> {
    let end = |address: usize, port: usize| Some((cells[address].text()?, cells[port].int()?));
    let (one, other) = (end(layout.local_ip, layout.local_port)?, end(layout.remote_ip, layout.remote_port)?);
    let mut hasher = DefaultHasher::new();
    (cells[layout.protocol].text()?, one.min(other), one.max(other)).hash(&mut hasher);
    Some(hasher.finish())
}

/// All of them, by what they connect and their times once they are sorted.
#[derive(Debug, Default)]
pub struct Calls {
    calls: Vec<Call>,
}

impl Calls {
    pub fn add(&mut self, call: Call) {
        self.calls.push(call);
    }

    /// To be called when all are in.
    pub fn sort(&mut self) {
        self.calls.sort_by_key(|call| (call.ends, call.time));
    }

    /// The process of a machine behind a connection on the wire: of the nearest report of these ends.
    pub fn find(&self, layout: &Layout, machine: u32, time: i64, cells: &[Cell<'_>]) -> Option<&Call> {
        if self.calls.is_empty() {
            return None;
        }
        let ends = ends(layout, cells)?;
        let from = self.calls.partition_point(|call| call.ends < ends);
        let of_ends = self.calls.get(from..).unwrap_or_default().iter().take_while(|call| call.ends == ends);
        let of_machine = of_ends.filter(|call| call.machine == machine && call.time != NONE);
        of_machine.map(|call| ((call.time - time).abs(), call)).filter(|(apart, _)| *apart <= TOGETHER).min_by_key(|(apart, _)| *apart).map(|(_, call)| call)
    }
}
