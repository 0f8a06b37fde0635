//! Which machines are meant: by muid, name, client or address; never none without saying so.

use std::net::IpAddr;
use std::sync::Arc;

use chrono_tz::Tz;
use miette::Diagnostic;
use thiserror::Error;

use crate::diag::did_you_mean;
use crate::plan::{Expr, Period, Plan, Scan, Step, folded_equal};
use crate::telemetry::identity::{is_own_address, machine_name};
use crate::telemetry::{Inventory, KnownMachine};

/// What a playbook says of the machines that it means. What is given must all hold; several muids or names are any of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Each a muid, when it has the form of one, or a name: any of them.
    pub words: Vec<String>,
    /// 32 hex digits, case ignored.
    pub muids: Vec<String>,
    /// Host names as anyone writes them: `WORKSTATION5`, `workstation5.theshire.local`.
    pub names: Vec<String>,
    /// A client id; `all` and `None` are every client.
    pub client_id: Option<String>,
    pub local_ip: Option<String>,
    /// When it had the address: in this period, or ever.
    pub period: Option<Period>,
}

/// Why no machine is meant.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum MachineError {
    #[error("no machine `{name}` is known")]
    #[diagnostic(code(machine::unknown))]
    Unknown {
        name: String,
        #[help]
        help: String,
    },
    #[error("`{name}` is the name of a machine, and `muid` takes its id")]
    #[diagnostic(code(machine::name), help("write `Machine(\"{name}\")`, or name: \"{name}\""))]
    Name { name: String },
    #[error("{} clients know a machine `{name}`: {}", .clients.len(), .clients.join(", "))]
    #[diagnostic(code(machine::ambiguous))]
    Ambiguous {
        name: String,
        clients: Vec<String>,
        #[help]
        help: String,
    },
    #[error("no machine is known to have had the address `{address}`{when}")]
    #[diagnostic(code(machine::address))]
    Address {
        address: String,
        /// ` in that period`, where one was given.
        when: &'static str,
        #[help]
        help: String,
    },
    #[error("`{given}` is no address that a machine has of its own")]
    #[diagnostic(code(machine::address), help("write an address as \"10.1.2.3\"; `machines()` lists the last one of each machine"))]
    NoAddress { given: String },
    #[error("no machine has both the {0} `{1}` and the {2} `{3}`", .left.0, .left.1, .right.0, .right.1)]
    #[diagnostic(code(machine::apart))]
    Apart {
        /// Key and value.
        left: (&'static str, String),
        right: (&'static str, String),
        #[help]
        help: String,
    },
    #[error("no client `{client}` is known")]
    #[diagnostic(code(client::unknown))]
    UnknownClient {
        client: String,
        #[help]
        help: String,
    },
    #[error("a machine needs a muid, a name or a local address")]
    #[diagnostic(code(machine::nothing), help("write `Machine(\"NAME\")`, or `Client(\"all\")` for all machines"))]
    Nothing,
}

/// The word that means every client.
pub const ALL_CLIENTS: &str = "all";

/// The machines that are meant, sorted by client and name, each once. `owners` are the muids that were seen with the local address, where one is wanted.
///
/// # Errors
/// A muid, name, address or client that the source does not know, with near names; a name that several clients know, with these; muid, name and address
/// that are of different machines.
pub fn find(inventory: &Inventory, wanted: &Wanted, owners: &[Arc<str>]) -> Result<Vec<KnownMachine>, MachineError> {
    let client = wanted.client_id.as_deref().map(|client| client_of(inventory, client)).transpose()?.flatten();
    let is_blank = |texts: &[String]| texts.iter().any(|text| text.trim().is_empty());
    let lists = [&wanted.words, &wanted.muids, &wanted.names];
    let is_nothing = lists.iter().all(|texts| texts.is_empty()) && wanted.local_ip.is_none();
    if is_nothing || lists.iter().any(|texts| is_blank(texts)) {
        return Err(MachineError::Nothing);
    }
    let known = Known { all: &inventory.machines, client };
    // What each of the keys alone means, in the words of the key.
    let mut meant: Vec<(&'static str, String, Vec<Arc<str>>)> = Vec::new();
    if !wanted.words.is_empty() {
        let muids = wanted.words.iter().map(|word| if is_muid(word) { known.by_muid(word) } else { known.named(word) }).collect::<Result<_, _>>()?;
        meant.push(("name", wanted.words.join(", "), muids));
    }
    if !wanted.muids.is_empty() {
        let muids = wanted.muids.iter().map(|muid| known.by_muid(muid)).collect::<Result<_, _>>()?;
        meant.push(("muid", wanted.muids.join(", "), muids));
    }
    if !wanted.names.is_empty() {
        let muids = wanted.names.iter().map(|name| known.named(name)).collect::<Result<_, _>>()?;
        meant.push(("name", wanted.names.join(", "), muids));
    }
    if let Some(address) = &wanted.local_ip {
        let own = address.trim();
        let last = |machine: &KnownMachine| wanted.period.is_none() && machine.local_ip.as_deref() == Some(own);
        let had = |machine: &&KnownMachine| owners.contains(&machine.muid) || *machine.name == *own || last(machine);
        let muids: Vec<Arc<str>> = known.of_client().filter(had).map(|machine| machine.muid.clone()).collect();
        if muids.is_empty() {
            let when = if wanted.period.is_some() { " in that period" } else { "" };
            return Err(MachineError::Address { address: address.clone(), when, help: known.addresses(address) });
        }
        meant.push(("local_ip", address.clone(), muids));
    }
    let found: Vec<KnownMachine> = known.of_client().filter(|machine| meant.iter().all(|(.., muids)| muids.contains(&machine.muid))).cloned().collect();
    if found.is_empty() { Err(known.apart(meant)) } else { Ok(found) }
}

/// The machines that used an address of their own in a period, or ever: who opened connections from it.
///
/// # Errors
/// A text that is no address, or one that every machine has.
pub fn owners(address: &str, period: Option<Period>, zone: Tz) -> Result<Plan, MachineError> {
    let bare = address.trim().split('%').next().unwrap_or_default();
    let parsed = bare.parse::<IpAddr>().map(|address| address.to_canonical().to_string());
    let own = parsed.ok().filter(|address| is_own_address(address)).ok_or_else(|| MachineError::NoAddress { given: address.into() })?;
    let scan = Scan { period: period.unwrap_or_default(), needs: Some(Vec::new()), ..Scan::of("network", zone) };
    let is = |column: &str, text: &str| Step::Filter(Expr::equal(Expr::column(column), Expr::text(text)));
    Ok(Plan::scan(scan).then(is("LocalIp", &own)).then(is("Direction", "Outgoing")).then(Step::Group { keys: vec!["Muid".into()], aggregates: Vec::new() }))
}

/// The machines that may be meant.
struct Known<'a> {
    all: &'a [KnownMachine],
    client: Option<Arc<str>>,
}

impl<'a> Known<'a> {
    fn of_client(&self) -> impl Iterator<Item = &'a KnownMachine> + Clone {
        self.all.iter().filter(|machine| self.client.as_ref().is_none_or(|client| machine.client_id == *client))
    }

    fn by_muid(&self, muid: &str) -> Result<Arc<str>, MachineError> {
        let is_it = |machine: &&KnownMachine| machine.muid.eq_ignore_ascii_case(muid.trim());
        self.of_client().find(is_it).map(|machine| machine.muid.clone()).ok_or_else(|| match self.named(muid) {
            Ok(_) | Err(MachineError::Ambiguous { .. }) => MachineError::Name { name: muid.trim().into() },
            Err(_) => self.unknown(muid),
        })
    }

    fn named(&self, name: &str) -> Result<Arc<str>, MachineError> {
        let folded = machine_name(name);
        let found: Vec<&KnownMachine> = self.of_client().filter(|machine| folded_equal(&machine.name, &folded)).collect();
        match found.as_slice() {
            [] => Err(self.unknown(name)),
            [machine] => Ok(machine.muid.clone()),
            several => {
                let clients: Vec<String> = several.iter().map(|machine| machine.client_id.to_string()).collect();
                let client = clients.first().map(String::as_str).unwrap_or_default();
                let help = format!("say which: `Machine(#{{ name: \"{name}\", client_id: \"{client}\" }})`");
                Err(MachineError::Ambiguous { name: name.into(), clients, help })
            }
        }
    }

    /// Whose it is after all, or near names.
    fn unknown(&self, word: &str) -> MachineError {
        let (trimmed, folded) = (word.trim(), machine_name(word));
        let elsewhere = self.all.iter().find(|machine| machine.muid.eq_ignore_ascii_case(trimmed) || folded_equal(&machine.name, &folded));
        let by_address = self.of_client().find(|machine| machine.local_ip.as_deref() == Some(trimmed));
        let names = self.of_client().map(|machine| &*machine.name);
        let help = match (elsewhere, by_address) {
            (Some(machine), _) => format!("it is {} of client {}", machine.name, machine.client_id),
            (None, Some(machine)) => format!("it is the address of {}: write `Machine(#{{ local_ip: \"{trimmed}\" }})`", machine.name),
            (None, None) if self.of_client().next().is_none() => "the source knows no machine".into(),
            (None, None) => did_you_mean(&folded, names.clone()).unwrap_or_else(|| format!("the machines are {}", listed(names))),
        };
        MachineError::Unknown { name: word.into(), help }
    }

    /// Addresses that are known, near ones first.
    fn addresses(&self, address: &str) -> String {
        let addresses = self.of_client().filter_map(|machine| machine.local_ip.as_deref());
        let near = did_you_mean(address, addresses).map(|near| format!("{near} ")).unwrap_or_default();
        format!("{near}`machines()` lists the last address of each machine")
    }

    /// The first two keys of which each means a machine, and both together none.
    fn apart(&self, meant: Vec<(&'static str, String, Vec<Arc<str>>)>) -> MachineError {
        let shares = |left: &[Arc<str>], right: &[Arc<str>]| left.iter().any(|muid| right.contains(muid));
        let pairs = meant.iter().enumerate().flat_map(|(index, left)| meant.iter().skip(index + 1).map(move |right| (left, right)));
        let name = |muids: &[Arc<str>]| listed(self.all.iter().filter(|machine| muids.contains(&machine.muid)).map(|machine| &*machine.name));
        let all: Vec<_> = pairs.collect();
        let Some((left, right)) = all.iter().find(|(left, right)| !shares(&left.2, &right.2)).or(all.first()) else { return MachineError::Nothing };
        let help = format!("the {} is that of {}, the {} that of {}: give one of them", left.0, name(&left.2), right.0, name(&right.2));
        MachineError::Apart { left: (left.0, left.1.clone()), right: (right.0, right.1.clone()), help }
    }
}

/// Texts that are muids or names, as `Machine(["A", "B"])` has them.
pub fn wanted(texts: &[String], client_id: Option<String>) -> Wanted {
    Wanted { words: texts.to_vec(), client_id, ..Wanted::default() }
}

/// Whether a text has the form of a muid.
pub fn is_muid(text: &str) -> bool {
    let text = text.trim();
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The clients that the source knows, sorted, each once.
pub fn clients(inventory: &Inventory) -> Vec<Arc<str>> {
    let mut clients: Vec<Arc<str>> = inventory.machines.iter().map(|machine| machine.client_id.clone()).collect();
    clients.sort();
    clients.dedup();
    clients
}

/// The client as the source spells it; `None` for `all`.
///
/// # Errors
/// [`MachineError::UnknownClient`] with near ids.
pub fn client_of(inventory: &Inventory, client: &str) -> Result<Option<Arc<str>>, MachineError> {
    let given = client.trim();
    if given.eq_ignore_ascii_case(ALL_CLIENTS) {
        return Ok(None);
    }
    let known = clients(inventory);
    // Ids that differ in nothing but case are different clients, and each is found by its own spelling.
    if let Some(id) = known.iter().find(|id| ***id == *given).or_else(|| known.iter().find(|id| folded_equal(id, given))) {
        return Ok(Some(id.clone()));
    }
    let ids = known.iter().map(|id| &**id);
    let help = did_you_mean(given, ids.clone()).unwrap_or_else(|| match known.len() {
        0 => "the source knows no client".into(),
        _ => format!("the clients are {}", listed(ids)),
    });
    Err(MachineError::UnknownClient { client: client.into(), help })
}

/// The first ten of the names, and how many more there are.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.len().checked_sub(10).filter(|more| *more > 0) {
        Some(more) => format!("{} and {more} more", names.iter().take(10).copied().collect::<Vec<_>>().join(", ")),
        None => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunt::build::{inventory, machine};

    fn by_name(name: &str) -> Wanted {
        Wanted { names: vec![name.into()], ..Wanted::default() }
    }

    #[test]
    fn names_fold() {
        let source = inventory(vec![machine("000000", "WORKSTATION5"), machine("000000", "DC1")], vec![]);
        let found = find(&source, &by_name("workstation5.theshire.local"), &[]).unwrap();
        assert_eq!(found.iter().map(|machine| &*machine.name).collect::<Vec<_>>(), ["WORKSTATION5"]);
        let muid = found[0].muid.to_uppercase();
        assert_eq!(find(&source, &wanted(std::slice::from_ref(&muid), None), &[]).unwrap(), found);
        assert_eq!(find(&source, &wanted(&[muid, "dc1".into()], None), &[]).unwrap().len(), 2);
    }

    #[test]
    fn what_nobody_knows_is_an_error_with_near_names() {
        let source = inventory(vec![machine("000000", "WORKSTATION5")], vec![]);
        let error = find(&source, &by_name("WORKSTATION6"), &[]).unwrap_err();
        assert_eq!(error, MachineError::Unknown { name: "WORKSTATION6".into(), help: "did you mean `WORKSTATION5`?".into() });
        assert!(matches!(find(&source, &Wanted { client_id: Some("7".into()), ..by_name("WORKSTATION5") }, &[]), Err(MachineError::UnknownClient { .. })));
        assert_eq!(find(&source, &Wanted::default(), &[]), Err(MachineError::Nothing));
        let by_muid = Wanted { muids: vec!["workstation5".into()], ..Wanted::default() };
        assert_eq!(find(&source, &by_muid, &[]), Err(MachineError::Name { name: "workstation5".into() }));
    }

    #[test]
    fn a_name_of_two_clients_needs_the_client() {
        let source = inventory(vec![machine("000001", "DC1"), machine("000002", "DC1")], vec![]);
        assert!(matches!(find(&source, &by_name("DC1"), &[]), Err(MachineError::Ambiguous { clients, .. }) if clients == ["000001", "000002"]));
        let found = find(&source, &Wanted { client_id: Some("000002".into()), ..by_name("DC1") }, &[]).unwrap();
        assert_eq!(&*found[0].client_id, "000002");
    }

    #[test]
    fn what_is_given_must_all_hold() {
        let source = inventory(vec![machine("000000", "DC1"), machine("000000", "WS1")], vec![]);
        let (dc1, ws1) = (source.machines[0].muid.clone(), source.machines[1].muid.clone());
        let both = |muid: &Arc<str>, name: &str| Wanted { muids: vec![muid.to_string()], ..by_name(name) };
        assert_eq!(find(&source, &both(&ws1, "ws1"), &[]).unwrap().len(), 1);
        let error = find(&source, &both(&ws1, "DC1"), &[]).unwrap_err();
        assert!(matches!(&error, MachineError::Apart { left: ("muid", _), right: ("name", _), .. }), "{error:?}");
        let at = |name: &str| Wanted { local_ip: Some("10.0.0.1".into()), ..by_name(name) };
        assert_eq!(find(&source, &at("DC1"), std::slice::from_ref(&dc1)).unwrap().len(), 1);
        assert!(matches!(find(&source, &at("WS1"), &[dc1]), Err(MachineError::Apart { right: ("local_ip", _), .. })));
        assert!(matches!(find(&source, &at("WS1"), &[]), Err(MachineError::Address { when: "", .. })));
    }

    #[test]
    fn an_address_that_everyone_has_finds_nobody() {
        for given in ["127.0.0.1", "::1", "0.0.0.0", "224.0.0.1", "ten", ""] {
            assert_eq!(owners(given, None, Tz::UTC), Err(MachineError::NoAddress { given: given.into() }));
        }
        let plan = owners("FE80:0:0:0::1%4", None, Tz::UTC).unwrap();
        assert!(crate::plan::explain(&plan).contains("LocalIp == \"fe80::1\""), "{}", crate::plan::explain(&plan));
    }

    #[test]
    fn a_client_is_found_by_its_own_spelling_first() {
        let source = inventory(vec![machine("ACME", "DC1"), machine("acme", "DC1")], vec![]);
        assert_eq!(client_of(&source, "acme").unwrap().as_deref(), Some("acme"));
        assert_eq!(client_of(&source, "Acme").unwrap().as_deref(), Some("ACME"));
        assert_eq!(client_of(&source, "ALL"), Ok(None));
    }
}
