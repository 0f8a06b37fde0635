//! What machines are for, and the signs that tell it: rules as data.

/// A sort of machine.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// As `get_info` names it.
    pub word: &'static str,
    pub doc: &'static str,
    /// Whether a machine of this sort is a server as well.
    pub is_role: bool,
    pub signs: &'static [Sign],
}

/// What shows that a machine is of a sort; any one will do.
#[derive(Clone, Copy, Debug)]
pub enum Sign {
    /// Records of a channel (in lower case) that only such machines write: these ids, or any.
    Records {
        channel: &'static str,
        ids: &'static [i64],
    },
    /// The same where the channel is everybody's: the source that the record names starts with this text, in lower case.
    RecordsOf {
        channel: &'static str,
        source: &'static str,
    },
    /// Programs (in lower case) that started, ended or acted.
    Programs(&'static [&'static str]),
    /// Shares that others open, besides those that every machine, or every domain controller, has.
    Shares,
    /// A version of the operating system that exists for clients only, or for servers only.
    ClientBuild,
    ServerBuild,
    /// These programs (in lower case), started by a person: a desktop. People log on to servers too: it tells only where nothing says that the machine is one.
    Desktop(&'static [&'static str]),
    /// Successful logons of these types by a person. As desktops, they tell only where nothing says that the machine is a server.
    Logons(&'static [i64]),
}

/// The profile of every machine that has a role.
pub const SERVER: &str = "server";

/// Paths below shares that tell nothing: every machine's own, and those of every domain controller.
pub const COMMON_SHARES: &str = r"^\\\\[^\\]+\\(IPC\$|ADMIN\$|[A-Z]\$|print\$|SYSVOL|NETLOGON)(\\|$)";

/// Accounts of the system that log on interactively without being a person, as the beginning of the full name.
pub const NO_PERSONS: &[&str] = &[r"NT AUTHORITY\", r"Window Manager\", r"Font Driver Host\", r"NT SERVICE\", "DWM-", "UMFD-"];

const fn role(word: &'static str, doc: &'static str, signs: &'static [Sign]) -> Profile {
    Profile { word, doc, is_role: true, signs }
}

const fn records(channel: &'static str, ids: &'static [i64]) -> Sign {
    Sign::Records { channel, ids }
}

/// In the order in which `get_info` names them.
pub const PROFILES: &[Profile] = &[
    role(
        "domain controller",
        "gives out Kerberos tickets, or holds the directory",
        &[
            records("security", &[4768, 4769, 4770, 4771]),
            records("security", &[4928, 4929, 4932, 4933, 5136, 5137, 5138, 5139, 5141]),
            records("directory service", &[]),
            Sign::Programs(&["microsoft.activedirectory.webservices.exe", "ismserv.exe", "ntfrs.exe"]),
        ],
    ),
    role(
        "dns server",
        "answers look-ups of names",
        &[records("dns server", &[]), records("microsoft-windows-dnsserver/audit", &[]), Sign::Programs(&["dns.exe", "named.exe"])],
    ),
    role("dhcp server", "gives out addresses", &[records("microsoft-windows-dhcp-server/operational", &[]), records("dhcpadminevents", &[])]),
    role(
        "certificate authority",
        "issues certificates, or tells which are revoked",
        &[
            records("security", &[4870, 4880, 4881, 4882, 4885, 4886, 4887, 4888, 4890, 5120, 5121, 5122, 5123, 5124]),
            Sign::Programs(&["certsrv.exe", "ocspsvc.exe"]),
        ],
    ),
    role(
        "federation server",
        "vouches for users towards others",
        &[records("ad fs/admin", &[]), Sign::Programs(&["microsoft.identityserver.servicehost.exe"])],
    ),
    role(
        "mail server",
        "takes and delivers mail",
        &[
            records("msexchange management", &[]),
            Sign::Programs(&[
                "edgetransport.exe",
                "msexchangetransport.exe",
                "msexchangefrontendtransport.exe",
                "microsoft.exchange.store.service.exe",
                "microsoft.exchange.store.worker.exe",
                "store.exe",
                "hmailserver.exe",
            ]),
        ],
    ),
    role(
        "web server",
        "serves web pages",
        &[
            records("microsoft-iis-configuration/operational", &[]),
            Sign::Programs(&["w3wp.exe", "httpd.exe", "nginx.exe", "tomcat7.exe", "tomcat8.exe", "tomcat9.exe", "tomcat10.exe", "caddy.exe", "lighttpd.exe"]),
        ],
    ),
    role(
        "database server",
        "keeps databases",
        &[
            Sign::RecordsOf { channel: "application", source: "mssql" },
            Sign::Programs(&["sqlservr.exe", "mysqld.exe", "mariadbd.exe", "postgres.exe", "oracle.exe", "mongod.exe", "db2syscs.exe", "redis-server.exe"]),
        ],
    ),
    role("file server", "others open files on its shares", &[Sign::Shares]),
    role("update server", "hands out updates", &[Sign::Programs(&["wsusservice.exe"])]),
    role(
        "virtualisation host",
        "runs virtual machines",
        &[records("microsoft-windows-hyper-v-vmms-admin", &[]), Sign::Programs(&["vmms.exe", "vmwp.exe", "vmware-vmx.exe"])],
    ),
    Profile {
        word: SERVER,
        doc: "has one of the roles above, or a build of the system that is made for servers only",
        is_role: false,
        signs: &[Sign::ServerBuild],
    },
    Profile {
        word: "workstation",
        doc: "somebody works at it",
        is_role: false,
        signs: &[
            Sign::Programs(&[
                "winword.exe",
                "excel.exe",
                "powerpnt.exe",
                "outlook.exe",
                "olk.exe",
                "onenote.exe",
                "teams.exe",
                "ms-teams.exe",
                "onedrive.exe",
                "zoom.exe",
                "slack.exe",
                "hxtsr.exe",
                "hxoutlook.exe",
                "microsoft.photos.exe",
                "yourphone.exe",
                "phoneexperiencehost.exe",
                "gamebar.exe",
            ]),
            Sign::ClientBuild,
            Sign::Desktop(&["explorer.exe"]),
            // Unlocked, with cached credentials. An interactive one (2) may be a program's that was started as somebody else.
            Sign::Logons(&[7, 11]),
        ],
    },
    Profile {
        word: "developer",
        doc: "software is made on it",
        is_role: false,
        signs: &[Sign::Programs(&[
            "devenv.exe",
            "msbuild.exe",
            "iisexpress.exe",
            "code.exe",
            "idea64.exe",
            "rider64.exe",
            "pycharm64.exe",
            "clion64.exe",
            "webstorm64.exe",
            "goland64.exe",
            "eclipse.exe",
            "studio64.exe",
            "git.exe",
            "cl.exe",
            "gcc.exe",
            "javac.exe",
            "cargo.exe",
            "rustc.exe",
            "go.exe",
            "docker desktop.exe",
        ])],
    },
];

/// The channels whose records tell what a machine is for, in lower case.
pub fn channels<'a>() -> impl Iterator<Item = &'a str> {
    PROFILES.iter().flat_map(|profile| profile.signs).filter_map(|sign| match sign {
        Sign::Records { channel, .. } | Sign::RecordsOf { channel, .. } => Some(*channel),
        Sign::Programs(_) | Sign::Shares | Sign::ClientBuild | Sign::ServerBuild | Sign::Desktop(_) | Sign::Logons(_) => None,
    })
}

impl Sign {
    /// As the column `Evidence` names it; of programs the program itself is named.
    pub fn label(&self) -> String {
        match self {
            Sign::Records { channel, ids: [] } => format!("records of {channel}"),
            Sign::Records { channel, ids } => format!("{channel} {}", ids.iter().map(i64::to_string).collect::<Vec<_>>().join(" ")),
            Sign::RecordsOf { channel, source } => format!("records of {source} in {channel}"),
            Sign::Programs(_) => "programs".into(),
            Sign::Shares => "shares that others open".into(),
            Sign::ClientBuild | Sign::ServerBuild => "version of the system".into(),
            Sign::Desktop(_) => "desktop of a person".into(),
            Sign::Logons(_) => "logons at the keyboard".into(),
        }
    }
}
