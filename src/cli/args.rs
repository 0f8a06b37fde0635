//! What can be typed behind `huntsman`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(
    name = "huntsman",
    version,
    about = "The language and runtime for threat hunting",
    long_about = "The language and runtime for threat hunting: ask what happened on your machines, in playbooks, in one line, or at a prompt.",
    after_help = "Without a command: the prompt. `huntsman doc` explains the language.\nFirst steps without any log of your own: huntsman run scripts/*.rhai --source sample --period all",
    disable_help_subcommand = true,
    infer_long_args = false
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run playbooks; the exit code tells the outcome
    #[command(after_help = "Exit code: 0 clean, 1 something found, 2 could not run, 3 needed telemetry was missing.")]
    Run(Run),
    /// Answer one expression
    Eval {
        /// Such as 'Client("all", all_time()).get_executions().count()'
        #[arg(value_name = "EXPRESSION")]
        expression: String,
    },
    /// Take raw telemetry into a store
    Ingest {
        /// Files and folders of EVTX, JSON, Zeek logs, CSV or Parquet, also compressed and in archives
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<PathBuf>,
        /// The folder of the store
        #[arg(long, value_name = "DIR")]
        store: PathBuf,
        /// Say of every field which types it has, how often it is there, and where it went
        #[arg(long)]
        report: bool,
    },
    /// Remove rows from a store: those of a time, of machines, or of machines at a time
    #[command(after_help = "Raw logs that were taken in stay known: the same content is not taken in again.")]
    Forget(Forget),
    /// Make one file of the small files that many ingests left of a table and a day
    Compact {
        /// The folder of the store
        #[arg(long, value_name = "DIR")]
        store: PathBuf,
    },
    /// Look for mistakes in playbooks, without telemetry
    Check {
        /// Playbooks, or folders of them
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<PathBuf>,
        /// Also whether this source shows what the playbooks need: exit code 3 where it does not
        #[arg(long, value_name = "SOURCE")]
        against: Option<String>,
    },
    /// Which techniques playbooks hunt, and on which machines and days the source shows what they need
    Coverage {
        /// Playbooks, or folders of them
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<PathBuf>,
        /// Write a layer for the ATT&CK Navigator
        #[arg(long, value_name = "FILE")]
        navigator: Option<PathBuf>,
    },
    /// Run the tests of playbooks: every `fn test_…()` of a `name.test.rhai`
    #[command(after_help = "Exit code: 0 all passed, 1 some did not, 2 a file of tests could not be run.")]
    Test(Test),
    /// List playbooks with their parameters
    List {
        /// Playbooks, or folders of them
        #[arg(value_name = "PATH", default_value = "scripts")]
        paths: Vec<PathBuf>,
    },
    /// Explain a method, table, column or option
    Doc {
        /// Such as get_executions, Collection.filter, process, GrantedAccess
        name: Option<String>,
    },
    /// Show what the source holds: tables, machines, days, rows
    Sources {
        /// Read every file of the store, and see that it is as it was written
        #[arg(long)]
        verify: bool,
    },
    /// Write made-up telemetry of an intrusion, to try things on
    Sample {
        /// A folder that does not exist yet, or is empty
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct Run {
    /// Playbooks, or folders of them
    #[arg(value_name = "PLAYBOOK", required = true)]
    pub playbooks: Vec<PathBuf>,
    /// A parameter of the playbook; repeatable
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,
    /// Exit with 1 only for findings of this severity or above: info, low, medium, high, critical, never
    #[arg(long, value_name = "SEVERITY", default_value = "info")]
    pub fail_on: String,
    /// Exit with 0 although telemetry was missing, or only when at least so many percent of machine-days were there
    #[arg(long, value_name = "PERCENT", num_args = 0..=1, require_equals = true, default_missing_value = "0")]
    pub allow_partial: Option<String>,
    /// Remember findings in this file from run to run: which are new, known, gone; and up to where each playbook looked
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Findings that `--state` knows already neither count nor are shown
    #[arg(long, requires = "state")]
    pub only_new: bool,
    /// A file of findings that somebody answers for, in TOML; they do not count
    #[arg(long, value_name = "FILE")]
    pub suppressions: Option<PathBuf>,
    /// Write all rows of each finding's evidence into this folder
    #[arg(long, value_name = "DIR")]
    pub evidence: Option<PathBuf>,
    /// parquet, which it is without this, or csv
    #[arg(long, value_name = "FORMAT", requires = "evidence")]
    pub evidence_format: Option<String>,
}

#[derive(Debug, Args)]
pub struct Forget {
    /// The folder of the store
    #[arg(long, value_name = "DIR")]
    pub store: PathBuf,
    /// Rows of earlier times: a date or an RFC 3339 time
    #[arg(long, value_name = "DATE")]
    pub before: Option<String>,
    /// Rows of this machine, by name or muid; repeatable
    #[arg(long = "machine", value_name = "MACHINE")]
    pub machines: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Test {
    /// Files of tests, playbooks with tests beside them, or folders
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Only tests whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub only: String,
    /// Write JUnit XML to this file as well
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// A store, a file or folder of raw logs, a name from huntsman.toml, or `sample`; repeatable. Without it: HUNTSMAN_SOURCE
    #[arg(long = "source", value_name = "SOURCE", global = true)]
    pub sources: Vec<String>,
    /// The client that machines belong to
    #[arg(long, value_name = "ID", global = true)]
    pub client: Option<String>,
    /// Instead of today: all, 7d, 36h, 2020-09-21, 2020-09-21..2020-09-23; with --state also "since last run"
    #[arg(long, value_name = "PERIOD", global = true)]
    pub period: Option<String>,
    /// Instead of the system's clock: a date or an RFC 3339 time
    #[arg(long, value_name = "TIME", global = true)]
    pub now: Option<String>,
    /// In which dates are read and times are shown, such as Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE", global = true)]
    pub tz: Option<String>,
    /// table, json, ndjson, csv; of answers and runs also markdown and html; of runs also sarif and junit [default: table]
    #[arg(long, value_name = "FORMAT", global = true)]
    pub format: Option<String>,
    /// Write the answer to a file as well, by its ending: .json .ndjson .csv .txt .md .html .sarif .xml (JUnit); repeatable
    #[arg(short = 'o', long = "output", value_name = "FILE", global = true)]
    pub outputs: Vec<PathBuf>,
    /// A MaxMind database (.mmdb) of cities, countries or networks, for `geoip()` and world maps; repeatable
    #[arg(long = "geoip", value_name = "FILE", global = true)]
    pub geoip: Vec<PathBuf>,
    /// A folder below which playbooks may write files; repeatable
    #[arg(long = "allow-write", value_name = "DIR", global = true)]
    pub writable: Vec<PathBuf>,
    /// Stop after so long, such as 90s or 5m
    #[arg(long, value_name = "DURATION", global = true)]
    pub timeout: Option<String>,
    /// Stop rather than hold more memory than this, such as 512M or 2G
    #[arg(long, value_name = "SIZE", global = true)]
    pub max_memory: Option<String>,
    /// auto, always or never [default: auto]
    #[arg(long, value_name = "WHEN", global = true)]
    pub color: Option<String>,
    /// No progress and no warnings
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more on stderr: where the cache is, how long it took
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    #[command(flatten)]
    pub raw: Raw,
}

/// How raw logs are read, whether they are ingested or named as a source.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "How raw logs are read")]
pub struct Raw {
    /// Of which zone dates without one are in files of these names, such as *.csv=Europe/Berlin; repeatable
    #[arg(long = "tz-of", value_name = "GLOB=ZONE", global = true)]
    pub zones: Vec<String>,
    /// A network that is ours, such as 198.51.100.0/24, where Zeek and flow logs do not say; repeatable [default: private networks]
    #[arg(long = "local-net", value_name = "CIDR", global = true)]
    pub local_nets: Vec<String>,
    /// Which fields of a product of your own are which columns (a text in TOML); repeatable
    #[arg(long = "mapping", value_name = "FILE", global = true)]
    pub mappings: Vec<PathBuf>,
}

/// The names of those options.
pub const RAW: [&str; 3] = ["--tz-of", "--local-net", "--mapping"];

impl Common {
    /// The options that were given, of those that only some commands have.
    pub fn given(&self) -> Vec<&'static str> {
        let all = [
            ("--source", !self.sources.is_empty()),
            ("--client", self.client.is_some()),
            ("--period", self.period.is_some()),
            ("--now", self.now.is_some()),
            ("--geoip", !self.geoip.is_empty()),
            ("--allow-write", !self.writable.is_empty()),
            ("--timeout", self.timeout.is_some()),
            ("--max-memory", self.max_memory.is_some()),
            ("--output", !self.outputs.is_empty()),
            ("--tz-of", !self.raw.zones.is_empty()),
            ("--local-net", !self.raw.local_nets.is_empty()),
            ("--mapping", !self.raw.mappings.is_empty()),
        ];
        all.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }
}
