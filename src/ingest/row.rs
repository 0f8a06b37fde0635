//! A row on its way: cells by column, and the head that all rows of one record share.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::telemetry::mapping::HIDDEN;
use crate::telemetry::{TABLES, Table};

/// A time or number that is not there.
pub const NONE: i64 = i64::MIN;

/// One value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell<'a> {
    #[default]
    Missing,
    Text(Cow<'a, str>),
    Int(i64),
    Bool(bool),
}

impl<'a> Cell<'a> {
    pub fn text(&self) -> Option<&str> {
        match self {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn int(&self) -> Option<i64> {
        match self {
            Cell::Int(number) => Some(*number),
            _ => None,
        }
    }

    pub fn flag(&self) -> Option<bool> {
        match self {
            Cell::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    pub fn is_missing(&self) -> bool {
        matches!(self, Cell::Missing)
    }

    pub fn of(text: &'a str) -> Cell<'a> {
        Cell::Text(Cow::Borrowed(text))
    }

    /// Fills a cell that has no value yet.
    pub fn fill(&mut self, value: Option<Cell<'a>>) {
        if self.is_missing()
            && let Some(value) = value
        {
            *self = value;
        }
    }
}

/// What all rows of one record share. Texts are numbers of `Names`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    /// As the record states it, before any correction.
    pub stated: i64,
    /// By the clock on the host's wall: its own second, of an unknown zone.
    pub local: i64,
    /// By the sensor's own clock, which is UTC.
    pub sensor: i64,
    /// The stated time is UTC by the format's own rule.
    pub states_utc: bool,
    /// The stated time is when a collector read the record.
    pub was_read: bool,
    /// The sensor's clock is known to go wrong in records of this kind.
    pub doubtful: bool,
    pub source: u32,
    /// Until `Known::settle` has looked, of a record that tells it by addresses: the machine where nobody is known to own them.
    pub machine: u32,
    pub whose: Whose,
    /// The two addresses of a record that names no machine; 0 for none.
    pub ends: [u32; 2],
    pub provider: u32,
    pub channel: u32,
    pub event_id: i64,
    pub record_id: i64,
}

/// How a record tells which machine it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// It names the machine.
    Named,
    /// The address that began is ours, or the one that answered.
    Originator,
    Responder,
    /// Neither is known to be: the sensor's own, unless a machine owned one of them.
    Unknown,
}

impl Head {
    /// Of a row that the store has: its machine, and nothing else that counts.
    pub fn of_machine(machine: u32) -> Head {
        Head {
            stated: NONE,
            local: NONE,
            sensor: NONE,
            states_utc: true,
            was_read: false,
            doubtful: false,
            source: 0,
            machine,
            whose: Whose::Named,
            ends: [0; 2],
            provider: 0,
            channel: 0,
            event_id: NONE,
            record_id: NONE,
        }
    }
}

/// Where the columns of one table are that ingest itself works with.
#[derive(Debug)]
pub struct Layout {
    pub table: &'static Table,
    /// Columns and hidden cells.
    pub width: usize,
    pub user: usize,
    pub child_path: usize,
    pub child_name: usize,
    pub child_md5: usize,
    pub child_sha256: usize,
    pub child_sha1: usize,
    pub original: usize,
    pub child_pid: usize,
    pub child_guid: usize,
    pub parent_path: usize,
    pub parent_name: usize,
    pub parent_md5: usize,
    pub parent_sha256: usize,
    pub parent_sha1: usize,
    pub parent_original: usize,
    pub parent_pid: usize,
    pub parent_guid: usize,
    pub parent_command: usize,
    pub command: usize,
    pub remote_ip: usize,
    pub remote_session: usize,
    pub external: usize,
    pub lan_shared: usize,
    pub logon_id: usize,
    pub operation: usize,
    pub zone: usize,
    pub key: usize,
    pub value: usize,
    pub autorun: usize,
    pub hive: usize,
    pub remote_port: usize,
    pub local_ip: usize,
    pub local_port: usize,
    pub direction: usize,
    pub ipv4_status: usize,
    pub times: usize,
    pub remote_host: usize,
    pub remote_muid: usize,
    pub initiated: usize,
    pub logon_type: usize,
    pub block: usize,
    pub script: usize,
    pub answers: usize,
    pub source_host: usize,
    pub part: usize,
    pub parts: usize,
    pub os: usize,
    pub owner: usize,
    pub address: usize,
    pub bytes_sent: usize,
    pub bytes_received: usize,
    pub protocol: usize,
}

/// A column that the table does not have: a cell behind all others that nobody reads.
impl Layout {
    fn new(table: &'static Table) -> Layout {
        let columns = table.columns.len();
        let at = |name: &str| position(table, name).unwrap_or(columns + HIDDEN.len());
        Layout {
            table,
            width: columns + HIDDEN.len() + 1,
            user: at("LoggedUser"),
            child_path: at("ChildPath"),
            child_name: at("ChildFilename"),
            child_md5: at("ChildMd5"),
            child_sha256: at("ChildSha256"),
            child_sha1: at("ChildSha1"),
            original: at("OriginalFilename"),
            child_pid: at("ChildPid"),
            child_guid: at("ChildGuid"),
            parent_path: at("ParentPath"),
            parent_name: at("ParentFilename"),
            parent_md5: at("ParentMd5"),
            parent_sha256: at("ParentSha256"),
            parent_sha1: at("ParentSha1"),
            parent_original: at("ParentOriginalFilename"),
            parent_pid: at("ParentPid"),
            parent_guid: at("ParentGuid"),
            parent_command: at("ParentCommandLine"),
            command: at("CommandLine"),
            remote_ip: at("RemoteIp"),
            remote_session: at("RemoteSession"),
            external: at("External"),
            lan_shared: at("LanShared"),
            logon_id: at("LogonId"),
            operation: at("Operation"),
            zone: at("Zone"),
            key: at("Key"),
            value: at("Value"),
            autorun: at("Autorun"),
            hive: at("Hive"),
            remote_port: at("RemotePort"),
            local_ip: at("LocalIp"),
            local_port: at("LocalPort"),
            direction: at("Direction"),
            ipv4_status: at("Ipv4Status"),
            times: at("Times"),
            remote_host: at("RemoteHost"),
            remote_muid: at("RemoteMuid"),
            initiated: at("Initiated"),
            logon_type: at("LogonType"),
            block: at("BlockId"),
            script: at("ScriptText"),
            answers: at("Answers"),
            source_host: at("@SourceHost"),
            part: at("@Part"),
            parts: at("@Parts"),
            os: at("@Os"),
            owner: at("@Owner"),
            address: at("@Address"),
            bytes_sent: at("BytesSent"),
            bytes_received: at("BytesReceived"),
            protocol: at("Protocol"),
        }
    }
}

/// Where a column or hidden cell of a table is.
pub fn position(table: &Table, name: &str) -> Option<usize> {
    let column = table.columns.iter().position(|column| column.name == name);
    column.or_else(|| HIDDEN.iter().position(|hidden| *hidden == name).map(|place| table.columns.len() + place))
}

/// The layouts of all tables, in the order of `TABLES`.
pub static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| TABLES.iter().map(|table| Layout::new(table)).collect());

/// The number of a table.
pub fn table_number(name: &str) -> usize {
    TABLES.iter().position(|table| table.name == name).unwrap_or_default()
}
