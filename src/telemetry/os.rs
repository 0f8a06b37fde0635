//! Releases of Windows by the version that telemetry tells.

/// One version, and what it is sold as. Server releases without a desktop that share a client's version are left out.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    /// `10.0.18363`.
    pub version: &'static str,
    pub client: Option<&'static str>,
    pub server: Option<&'static str>,
}

const fn client(version: &'static str, name: &'static str) -> Release {
    Release { version, client: Some(name), server: None }
}

const fn server(version: &'static str, name: &'static str) -> Release {
    Release { version, client: None, server: Some(name) }
}

const fn both(version: &'static str, client: &'static str, server: &'static str) -> Release {
    Release { version, client: Some(client), server: Some(server) }
}

/// Oldest first.
pub const RELEASES: &[Release] = &[
    both("6.0.6002", "Windows Vista", "Windows Server 2008"),
    both("6.1.7600", "Windows 7", "Windows Server 2008 R2"),
    both("6.1.7601", "Windows 7 SP1", "Windows Server 2008 R2 SP1"),
    both("6.2.9200", "Windows 8", "Windows Server 2012"),
    both("6.3.9600", "Windows 8.1", "Windows Server 2012 R2"),
    client("10.0.10240", "Windows 10 1507"),
    client("10.0.10586", "Windows 10 1511"),
    both("10.0.14393", "Windows 10 1607", "Windows Server 2016"),
    client("10.0.15063", "Windows 10 1703"),
    client("10.0.16299", "Windows 10 1709"),
    client("10.0.17134", "Windows 10 1803"),
    both("10.0.17763", "Windows 10 1809", "Windows Server 2019"),
    client("10.0.18362", "Windows 10 1903"),
    client("10.0.18363", "Windows 10 1909"),
    client("10.0.19041", "Windows 10 2004"),
    client("10.0.19042", "Windows 10 20H2"),
    client("10.0.19043", "Windows 10 21H1"),
    client("10.0.19044", "Windows 10 21H2"),
    client("10.0.19045", "Windows 10 22H2"),
    server("10.0.20348", "Windows Server 2022"),
    client("10.0.22000", "Windows 11 21H2"),
    client("10.0.22621", "Windows 11 22H2"),
    client("10.0.22631", "Windows 11 23H2"),
    server("10.0.25398", "Windows Server 23H2"),
    both("10.0.26100", "Windows 11 24H2", "Windows Server 2025"),
    client("10.0.26200", "Windows 11 25H2"),
];

/// The release of a version, also with a revision behind it.
pub fn release(version: &str) -> Option<&'static Release> {
    let is_it = |release: &&Release| version.strip_prefix(release.version).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    RELEASES.iter().find(is_it)
}

impl Release {
    /// `Windows 10 1809 or Windows Server 2019`.
    pub fn name(&self) -> String {
        [self.client, self.server].into_iter().flatten().collect::<Vec<_>>().join(" or ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_with_and_without_a_revision() {
        assert_eq!(release("10.0.17763.1131").map(Release::name).as_deref(), Some("Windows 10 1809 or Windows Server 2019"));
        assert_eq!(release("10.0.20348").map(Release::name).as_deref(), Some("Windows Server 2022"));
        assert!(release("10.0.2034").is_none() && release("5.1.2600").is_none());
    }
}
