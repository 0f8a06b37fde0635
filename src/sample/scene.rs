//! What can happen on a machine, and the state that turns it into records: who runs, under which pid, since when.

use std::collections::BTreeMap;

use serde_json::Value;

use super::company::{Host, RUNNING};
use super::dice::Dice;
use super::{defender, record, security, sysmon};

/// Something happens at a time (milliseconds since 1970, UTC) on a host.
pub struct Event {
    pub time: i64,
    pub host: &'static str,
    pub act: Act,
}

/// What happens. Processes go by handles: names that are unique on their machine while they run.
pub enum Act {
    Start {
        handle: String,
        parent: String,
        image: &'static str,
        command: String,
        user: &'static str,
    },
    End {
        handle: String,
    },
    Load {
        handle: String,
        library: &'static str,
        company: &'static str,
    },
    Connect {
        handle: String,
        remote: &'static str,
        port: u16,
    },
    Resolve {
        handle: String,
        name: &'static str,
        answer: &'static str,
    },
    Open {
        handle: String,
        target: &'static str,
        rights: u32,
    },
    Thread {
        handle: String,
        target: &'static str,
        function: Option<&'static str>,
    },
    Drop {
        handle: String,
        path: String,
    },
    /// The file got the mark of the web.
    Mark {
        handle: String,
        path: String,
    },
    SetValue {
        handle: String,
        key: String,
        data: String,
    },
    Script {
        handle: String,
        text: &'static str,
    },
    Service {
        name: &'static str,
        path: String,
        by: &'static str,
    },
    ServiceState {
        name: &'static str,
        running: bool,
    },
    Logon {
        user: &'static str,
        kind: u8,
        from: &'static str,
    },
    FailedLogon {
        user: &'static str,
        from: &'static str,
    },
    Logoff {
        user: &'static str,
        kind: u8,
    },
    Ticket {
        user: &'static str,
        from: &'static str,
        service: &'static str,
    },
    Share {
        user: &'static str,
        from: &'static str,
        share: &'static str,
        path: String,
    },
    ClearLog {
        user: &'static str,
    },
    /// Defender says that it works.
    Health,
    /// Defender finds a file that a process left.
    Detect {
        handle: String,
        path: String,
        threat: &'static str,
        action: &'static str,
    },
}

/// A process that runs.
#[derive(Clone)]
pub struct Process {
    pub pid: i64,
    pub guid: String,
    pub image: String,
    pub command: String,
    /// Of the domain, or `SYSTEM`.
    pub user: &'static str,
}

/// One machine while its days are played.
pub struct Scene<'a> {
    pub host: &'a Host,
    pub dice: Dice,
    processes: BTreeMap<String, Process>,
    /// The last record number of each channel.
    numbers: BTreeMap<&'static str, i64>,
}

/// Process starts of a machine that nobody recorded, the sensor having been installed later.
const BOOT: i64 = 1_772_000_000;

impl Scene<'_> {
    pub fn new(host: &Host) -> Scene<'_> {
        let seed = host.address.bytes().fold(7_u64, |seed, byte| seed.wrapping_mul(131).wrapping_add(u64::from(byte)));
        let process = |(handle, pid, image, command): (&str, i64, &str, &str)| {
            let guid = record::process_guid(host.mark, BOOT + pid, pid);
            (handle.to_string(), Process { pid, guid, image: image.into(), command: command.into(), user: "SYSTEM" })
        };
        Scene { host, dice: Dice::new(seed), processes: RUNNING.map(process).into(), numbers: BTreeMap::new() }
    }

    /// The records that sensors write about an event.
    pub fn play(&mut self, event: &Event) -> Vec<Value> {
        let time = event.time;
        match &event.act {
            Act::Start { handle, parent, image, command, user } => {
                let actor = self.process(parent);
                let pid = 4 * self.dice.around(1700, 900);
                let guid = record::process_guid(self.host.mark, time / 1000, pid);
                let child = Process { pid, guid, image: image.to_string(), command: command.clone(), user };
                self.processes.insert(handle.clone(), child.clone());
                vec![sysmon::start(self, time, &child, &actor), security::start(self, time, &child, &actor)]
            }
            Act::End { handle } => {
                let ended = self.process(handle);
                self.processes.remove(handle);
                vec![sysmon::end(self, time, &ended)]
            }
            Act::Load { handle, library, company } => vec![sysmon::load(self, time, &self.process(handle), library, company)],
            Act::Connect { handle, remote, port } => vec![sysmon::connect(self, time, &self.process(handle), remote, *port)],
            Act::Resolve { handle, name, answer } => vec![sysmon::resolve(self, time, &self.process(handle), name, answer)],
            Act::Open { handle, target, rights } => vec![sysmon::open(self, time, &self.process(handle), &self.process(target), *rights)],
            Act::Thread { handle, target, function } => vec![sysmon::thread(self, time, &self.process(handle), &self.process(target), *function)],
            Act::Drop { handle, path } => vec![sysmon::create_file(self, time, &self.process(handle), path)],
            Act::Mark { handle, path } => vec![sysmon::mark_file(self, time, &self.process(handle), path)],
            Act::SetValue { handle, key, data } => vec![sysmon::set_value(self, time, &self.process(handle), key, data)],
            Act::Script { handle, text } => vec![security::script(self, time, &self.process(handle), text)],
            Act::Service { name, path, by } => security::service(self, time, name, path, by),
            Act::ServiceState { name, running } => vec![security::service_state(self, time, name, *running)],
            Act::Logon { user, kind, from } => security::logon(self, time, user, *kind, from),
            Act::FailedLogon { user, from } => vec![security::failed_logon(self, time, user, from)],
            Act::Logoff { user, kind } => vec![security::logoff(self, time, user, *kind)],
            Act::Ticket { user, from, service } => vec![security::ticket(self, time, user, from, service)],
            Act::Share { user, from, share, path } => vec![security::share(self, time, user, from, share, path)],
            Act::ClearLog { user } => security::clear_log(self, time, user),
            Act::Health => vec![defender::health(self, time)],
            Act::Detect { handle, path, threat, action } => defender::find(self, time, &self.process(handle), path, threat, action),
        }
    }

    /// The next record number of a channel; each begins elsewhere, as on machines that have run for a while.
    pub fn number(&mut self, channel: &'static str) -> i64 {
        let first = 1000 * i64::try_from(channel.len()).unwrap_or_default();
        let number = self.numbers.entry(channel).or_insert(first);
        *number += 1;
        *number
    }

    /// A story that names a process which doesn't run is a slip of its writer; `System` stands in.
    fn process(&self, handle: &str) -> Process {
        let system = || Process { pid: 4, guid: record::process_guid(self.host.mark, BOOT, 4), image: "System".into(), command: String::new(), user: "SYSTEM" };
        self.processes.get(handle).cloned().unwrap_or_else(system)
    }
}
