//! Which machines are meant: by muid, name, client or address; never none without saying so.

use std::sync::Arc;

use miette::Diagnostic;
use thiserror::Error;

use crate::diag::did_you_mean;
use crate::plan::folded_equal;
use crate::telemetry::identity::machine_name;
use crate::telemetry::{Inventory, KnownMachine};

/// What a playbook says of the machines that it means. What is given must all hold; several muids or names are any of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// 32 hex digits, case ignored.
    pub muids: Vec<String>,
    /// Host names as anyone writes them: `WORKSTATION5`, `workstation5.theshire.local`.
    pub names: Vec<String>,
    /// A client id; `all` and `None` are every client.
    pub client_id: Option<String>,
    pub local_ip: Option<String>,
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

/// The machines that are meant, sorted by client and name, each once.
///
/// # Errors
/// A muid, name, address or client that the source does not know, with near names; a name that several clients know, with these.
pub fn find(inventory: &Inventory, wanted: &Wanted) -> Result<Vec<KnownMachine>, MachineError> {
    let client = wanted.client_id.as_deref().filter(|client| !client.eq_ignore_ascii_case(ALL_CLIENTS));
    if let Some(client) = client {
        check_client(inventory, client)?;
    }
    if wanted.muids.is_empty() && wanted.names.is_empty() && wanted.local_ip.is_none() {
        return Err(MachineError::Nothing);
    }
    let known: Vec<&KnownMachine> = inventory.machines.iter().filter(|machine| client.is_none_or(|client| *machine.client_id == *client)).collect();
    let mut muids: Vec<Arc<str>> = Vec::new();
    for muid in &wanted.muids {
        let found = known.iter().find(|machine| machine.muid.eq_ignore_ascii_case(muid.trim())).ok_or_else(|| match named(muid, &known) {
            Ok(_) | Err(MachineError::Ambiguous { .. }) => MachineError::Name { name: muid.trim().into() },
            Err(_) => unknown(muid, &known),
        })?;
        muids.push(found.muid.clone());
    }
    for name in &wanted.names {
        muids.push(named(name, &known)?.muid.clone());
    }
    let by_word = !wanted.muids.is_empty() || !wanted.names.is_empty();
    let at_address =
        |machine: &KnownMachine| wanted.local_ip.as_deref().is_none_or(|ip| machine.local_ip.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(ip.trim())));
    let found: Vec<KnownMachine> =
        known.iter().filter(|machine| (!by_word || muids.contains(&machine.muid)) && at_address(machine)).map(|machine| (*machine).clone()).collect();
    match (&wanted.local_ip, found.is_empty()) {
        (Some(ip), true) => Err(unknown(ip, &known)),
        _ => Ok(found),
    }
}

/// What one text means: a muid when it is 32 hex digits, else a name.
pub fn wanted(texts: &[String], client_id: Option<String>) -> Wanted {
    let (muids, names) = texts.iter().cloned().partition(|text| is_muid(text));
    Wanted { muids, names, client_id, local_ip: None }
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

/// That the source knows the client; `all` is always known.
///
/// # Errors
/// [`MachineError::UnknownClient`] with near ids.
pub fn check_client(inventory: &Inventory, client: &str) -> Result<(), MachineError> {
    let known = clients(inventory);
    if client.eq_ignore_ascii_case(ALL_CLIENTS) || known.iter().any(|id| **id == *client) {
        return Ok(());
    }
    let ids = known.iter().map(|id| &**id);
    let help = did_you_mean(client, ids.clone()).unwrap_or_else(|| match known.len() {
        0 => "the source knows no client".into(),
        _ => format!("the clients are {}", listed(ids)),
    });
    Err(MachineError::UnknownClient { client: client.into(), help })
}

fn named<'a>(name: &str, known: &[&'a KnownMachine]) -> Result<&'a KnownMachine, MachineError> {
    let folded = machine_name(name);
    let found: Vec<&KnownMachine> = known.iter().filter(|machine| folded_equal(&machine.name, &folded)).copied().collect();
    match found.as_slice() {
        [] => Err(unknown(name, known)),
        [machine] => Ok(machine),
        several => {
            let clients: Vec<String> = several.iter().map(|machine| machine.client_id.to_string()).collect();
            let client = clients.first().map(String::as_str).unwrap_or_default();
            let help = format!("say which: `Machine(#{{ name: \"{name}\", client_id: \"{client}\" }})`");
            Err(MachineError::Ambiguous { name: name.into(), clients, help })
        }
    }
}

fn unknown(word: &str, known: &[&KnownMachine]) -> MachineError {
    let names = known.iter().map(|machine| &*machine.name);
    let help = match known.len() {
        0 => "the source knows no machine".into(),
        _ => did_you_mean(&machine_name(word), names.clone()).unwrap_or_else(|| format!("the machines are {}", listed(names))),
    };
    MachineError::Unknown { name: word.into(), help }
}

/// The first ten of the names, and how many more there are.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
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
        let found = find(&source, &by_name("workstation5.theshire.local")).unwrap();
        assert_eq!(found.iter().map(|machine| &*machine.name).collect::<Vec<_>>(), ["WORKSTATION5"]);
        let muid = found[0].muid.to_uppercase();
        assert_eq!(find(&source, &wanted(&[muid, "dc1".into()], None)).unwrap().len(), 2);
    }

    #[test]
    fn what_nobody_knows_is_an_error_with_near_names() {
        let source = inventory(vec![machine("000000", "WORKSTATION5")], vec![]);
        let error = find(&source, &by_name("WORKSTATION6")).unwrap_err();
        assert_eq!(error, MachineError::Unknown { name: "WORKSTATION6".into(), help: "did you mean `WORKSTATION5`?".into() });
        assert!(matches!(find(&source, &Wanted { client_id: Some("7".into()), ..by_name("WORKSTATION5") }), Err(MachineError::UnknownClient { .. })));
        assert_eq!(find(&source, &Wanted::default()), Err(MachineError::Nothing));
        let by_muid = Wanted { muids: vec!["workstation5".into()], ..Wanted::default() };
        assert_eq!(find(&source, &by_muid), Err(MachineError::Name { name: "workstation5".into() }));
    }

    #[test]
    fn a_name_of_two_clients_needs_the_client() {
        let source = inventory(vec![machine("000001", "DC1"), machine("000002", "DC1")], vec![]);
        assert!(matches!(find(&source, &by_name("DC1")), Err(MachineError::Ambiguous { clients, .. }) if clients == ["000001", "000002"]));
        let found = find(&source, &Wanted { client_id: Some("000002".into()), ..by_name("DC1") }).unwrap();
        assert_eq!(&*found[0].client_id, "000002");
    }
}
