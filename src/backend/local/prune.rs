//! Which files a scan must open, from the manifest alone.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::plan::{Scan, Scope, fold};
use crate::store::{Manifest, StoredFile};
use crate::telemetry::Inventory;

/// The files of a scan's table, and those of them that can hold rows of it, in the order of their first row.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// Files of the table.
    pub of: usize,
    pub files: Vec<StoredFile>,
}

impl Chosen {
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// Chooses the files; `inventory` tells the machines of clients, and is asked only when a scan names clients.
pub fn choose<E>(manifest: &Manifest, scan: &Scan, inventory: impl Fn() -> Result<Arc<Inventory>, E>) -> Result<Chosen, E> {
    let muids = wanted_machines(scan, inventory)?;
    let mut chosen = Chosen::default();
    for file in manifest.files.iter().filter(|file| file.table == scan.table) {
        chosen.of += 1;
        if file.rows > 0 && in_period(file, scan) && has_machine(file, muids.as_deref()) && has_operation(file, scan) && has_kind(file, scan) {
            chosen.files.push(file.clone());
        }
    }
    chosen.files.sort_by(in_time);
    Ok(chosen)
}

/// Sorted muids, or nothing where every machine is wanted.
fn wanted_machines<E>(scan: &Scan, inventory: impl Fn() -> Result<Arc<Inventory>, E>) -> Result<Option<Vec<Arc<str>>>, E> {
    let mut muids = match &scan.scope {
        Scope::Everything => return Ok(None),
        Scope::Machines(muids) => muids.clone(),
        Scope::Clients(clients) => {
            let wanted = |id: &str| clients.iter().any(|client| fold(client) == fold(id));
            inventory()?.machines.iter().filter(|machine| wanted(&machine.client_id)).map(|machine| machine.muid.clone()).collect()
        }
    };
    muids.sort();
    Ok(Some(muids))
}

fn in_period(file: &StoredFile, scan: &Scan) -> bool {
    scan.period.from.is_none_or(|from| file.to >= from) && scan.period.to.is_none_or(|to| file.from < to)
}

pub fn has_machine(file: &StoredFile, muids: Option<&[Arc<str>]>) -> bool {
    let Some(muids) = muids else { return true };
    file.machines.is_empty() || file.machines.iter().any(|known| muids.binary_search_by(|muid| (**muid).cmp(known.as_str())).is_ok())
}

fn has_operation(file: &StoredFile, scan: &Scan) -> bool {
    let Some(wanted) = &scan.operations else { return true };
    file.operations.is_empty() || file.operations.iter().any(|known| wanted.iter().any(|wanted| fold(wanted) == fold(known)))
}

fn has_kind(file: &StoredFile, scan: &Scan) -> bool {
    let channel = |known: &str| scan.channels.is_empty() || scan.channels.iter().any(|wanted| fold(wanted) == fold(known));
    let event_id = |known: &Option<i64>| scan.event_ids.is_empty() || known.is_some_and(|known| scan.event_ids.contains(&known));
    file.kinds.is_empty() || file.kinds.iter().any(|(known, id)| channel(known) && event_id(id))
}

/// Whether some rows of a file have no time.
pub fn has_undated(file: &StoredFile) -> bool {
    file.from == i64::MIN
}

/// Whether every row of these files is inside the scan's period, so that no row needs a look.
pub fn all_in_period(files: &[StoredFile], scan: &Scan) -> bool {
    files.iter().all(|file| scan.period.contains(file.from) && scan.period.contains(file.to))
}

/// Whether every row of these files has one of the scan's operations.
pub fn all_of_operations(files: &[StoredFile], scan: &Scan) -> bool {
    let Some(wanted) = &scan.operations else { return true };
    let known = |file: &StoredFile| !file.operations.is_empty() && file.operations.iter().all(|operation| wanted.iter().any(|wanted| **wanted == **operation));
    files.iter().all(known)
}

/// By the first row.
pub fn in_time(a: &StoredFile, b: &StoredFile) -> Ordering {
    (a.from, a.to, &a.path).cmp(&(b.from, b.to, &b.path))
}
