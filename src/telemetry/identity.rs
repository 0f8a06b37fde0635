//! Who a machine is: names fold, and a machine's id follows from its client and folded name.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

/// The client id of telemetry that was ingested without `--client`.
pub const DEFAULT_CLIENT: &str = "000000";

/// The short host name in upper case: domain cut off, blanks trimmed. An address stays whole.
pub fn machine_name(host: &str) -> String {
    let host = host.trim().trim_end_matches('.');
    if host.parse::<IpAddr>().is_ok() {
        return host.to_lowercase();
    }
    host.split('.').next().unwrap_or_default().to_uppercase()
}

/// The first 32 hex digits of SHA-256(client id + "/" + the folded name in lower case).
pub fn muid(client_id: &str, host: &str) -> String {
    let digest = Sha256::digest(format!("{client_id}/{}", machine_name(host).to_lowercase()));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a machine can be known by an address: no loopback, broadcast, multicast or empty one.
pub fn is_own_address(address: &str) -> bool {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => !(address.is_loopback() || address.is_unspecified() || address.is_multicast() || address.is_broadcast()),
        Ok(IpAddr::V6(address)) => !(address.is_loopback() || address.is_unspecified() || address.is_multicast()),
        Err(_) => false,
    }
}

/// Whether an address is of a network of its owner's own, as far as the address tells: private, or of one link.
pub fn is_local_address(address: &str) -> bool {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_private() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_unique_local() || address.is_unicast_link_local(),
        Err(_) => false,
    }
}
