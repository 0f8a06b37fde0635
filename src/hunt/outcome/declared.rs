//! What a playbook says that it needs, whatever its queries ask: the words of `# Needs`, and what the source shows of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;
use miette::Diagnostic;
use thiserror::Error;

use super::Coverage;
use super::cover::{self, cover_targets};
use super::needs::{Evidence, anything, needs};
use crate::diag::did_you_mean;
use crate::frame::Read;
use crate::hunt::query::{Target, anything_of, known_channels};
use crate::plan::{Scan, folded_equal};
use crate::telemetry::{Inventory, TABLES, Table, mapping, profile, words};

/// One word of `# Needs`.
#[derive(Clone, Debug)]
pub struct Declared {
    /// As coverage names it.
    word: String,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// Any row of it.
    Table(&'static Table),
    Operation(&'static Table, &'static str),
    /// A channel by its name or that of its sensor, and an event id.
    Record(Arc<str>, i64),
}

/// Why a word names nothing that a source could show.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum NeedError {
    #[error("there is no table `{given}`")]
    #[diagnostic(code(needs::table))]
    Table {
        given: String,
        #[help]
        help: String,
    },
    #[error("the table `{table}` has no operation `{given}`")]
    #[diagnostic(code(needs::operation))]
    Operation {
        table: &'static str,
        given: String,
        #[help]
        help: String,
    },
    #[error("`{given}` names no channel and event id")]
    #[diagnostic(code(needs::record), help("write the channel, or its sensor, and the number: `Security/4688`, `Sysmon/1`"))]
    Record { given: String },
    #[error("`{given}` is no table, operation or record")]
    #[diagnostic(code(needs::word), help("a need is one word, as `process`, `process.create` or `Sysmon/1`; several are written apart by commas or lines"))]
    Word { given: String },
}

/// Folded from all other telemetry, so any record fills it.
const OF_ALL: &str = "machine";

impl Declared {
    /// `process`, `process.create`, or `Channel/EventId`; case ignored.
    ///
    /// # Errors
    /// A table or operation that there is not, with near names; a word of another form.
    pub fn read(word: &str) -> Result<Declared, NeedError> {
        let word = word.trim();
        let records = word.split_whitespace().filter(|part| part.rsplit_once('/').is_some_and(|(_, id)| id.parse::<u32>().is_ok())).count();
        // Names of channels have blanks and slashes in them: `Windows PowerShell/400`.
        if word.is_empty() || records > 1 || (word.contains(char::is_whitespace) && records == 0) {
            return Err(NeedError::Word { given: word.into() });
        }
        let what = match (word.rsplit_once('/'), word.split_once('.')) {
            (Some((channel, id)), _) => record(word, channel, id)?,
            (None, Some((name, operation))) => {
                let table = table(name)?;
                What::Operation(table, operation_of(table, operation)?)
            }
            (None, None) => What::Table(table(word)?),
        };
        let word = match &what {
            What::Table(table) => table.name.to_string(),
            What::Operation(table, operation) => format!("{}.{operation}", table.name),
            What::Record(channel, id) => format!("{channel}/{id}"),
        };
        Ok(Declared { word, what })
    }

    /// Its channel, where nobody knows that, and what it is nearly the name of: a source may have channels of its own, but this one is likely a slip, and
    /// nothing will ever show it.
    pub fn doubt(&self) -> Option<(&str, String)> {
        let What::Record(channel, _) = &self.what else { return None };
        let of_tables = TABLES.iter().flat_map(|table| table.operations.iter().flat_map(|operation| operation.from).chain(words::sources(table.name)));
        let sensors = of_tables.map(|from| from.split_once('/').map_or(*from, |(sensor, _)| sensor));
        let known: Vec<&str> = sensors.chain(mapping::known_channels()).collect();
        if known.iter().copied().chain(profile::channels()).any(|known| folded_equal(known, channel)) {
            return None;
        }
        Some((channel, did_you_mean(channel, known)?))
    }

    /// Whether one of these scans needs it too, so that its own coverage tells.
    fn is_asked_by(&self, scans: &[Scan]) -> bool {
        scans.iter().any(|scan| match &self.what {
            // A view over all tables is shown by any telemetry, and tells nothing of one of them.
            What::Table(table) => scan.table == table.name && anything(scan).is_none(),
            What::Operation(table, operation) => needs(scan).iter().any(|need| need.is_of(table.name, operation)),
            What::Record(channel, id) => needs(scan).iter().any(|need| match need {
                Evidence::Need(need) => matches!(need.any_of.as_slice(), [only] if folded_equal(only, &self.word)),
                Evidence::Raw { channels, event_id } => *event_id == Some(*id) && matches!(channels.as_slice(), [only] if folded_equal(only, channel)),
            }),
        })
    }

    /// The scan that would ask for it.
    fn scan(&self, inventory: &Inventory) -> Scan {
        let of = |table: &Table| Scan::of(if table.name == OF_ALL { "event" } else { table.name }, Tz::UTC);
        match &self.what {
            What::Table(table) if table.name == OF_ALL || table.name == "event" => of(table),
            What::Table(table) => Scan { needs: Some(vec![anything_of(table)]), ..of(table) },
            What::Operation(table, operation) => Scan { operations: Some(vec![Arc::from(*operation)]), ..of(table) },
            What::Record(channel, id) => Scan { channels: known_channels(channel, inventory), event_ids: vec![*id], ..Scan::of("event", Tz::UTC) },
        }
    }
}

/// What the source shows of the needs that none of the playbook's queries has: for the machines and periods of these queries, or of the run where it asked
/// none. Each need once.
pub fn cover_declared(declared: &[Declared], asked: &[Scan], run: &Target, inventory: &Inventory, now: i64) -> Vec<Coverage> {
    let mut targets: Vec<Target> = Vec::new();
    for scan in asked {
        let target = Target { scope: scan.scope.clone(), period: scan.period };
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    if targets.is_empty() {
        targets.push(run.clone());
    }
    let mut found: Vec<Coverage> = Vec::new();
    for need in declared.iter().filter(|need| !need.is_asked_by(asked)) {
        if !found.iter().any(|known| known.need.as_deref() == Some(need.word.as_str())) {
            let coverage = cover_targets(&need.scan(inventory), &targets, inventory, now, &Read::default());
            found.push(Coverage { need: Some(need.word.clone()), ..coverage });
        }
    }
    found
}

/// The machine-days that some needs ask for together: the machine's place in the inventory and the day since 1970, and whether the source shows all of them.
pub fn covered_days(declared: &[Declared], target: &Target, inventory: &Inventory, now: i64) -> BTreeMap<(u32, i32), bool> {
    let mut all: BTreeMap<(u32, i32), bool> = BTreeMap::new();
    for need in declared {
        let scan = Scan { scope: target.scope.clone(), period: target.period, ..need.scan(inventory) };
        for (place, day, covered) in cover::covered_days(&scan, inventory, now) {
            all.entry((place, day)).and_modify(|known| *known &= covered).or_insert(covered);
        }
    }
    all
}

fn table(name: &str) -> Result<&'static Table, NeedError> {
    TABLES.iter().find(|table| table.name.eq_ignore_ascii_case(name)).copied().ok_or_else(|| {
        let names = TABLES.iter().map(|table| table.name);
        let help = did_you_mean(name, names.clone())
            .unwrap_or_else(|| format!("the tables are {}; a record is written with its channel, as `Sysmon/1`", names.collect::<Vec<_>>().join(" ")));
        NeedError::Table { given: name.into(), help }
    })
}

fn operation_of(table: &Table, word: &str) -> Result<&'static str, NeedError> {
    let words = table.operations.iter().map(|operation| operation.word);
    words.clone().find(|known| known.eq_ignore_ascii_case(word)).ok_or_else(|| {
        let all = match table.operations {
            [] => format!("it has none: write `{}`", table.name),
            _ => format!("its operations are {}", words.clone().collect::<Vec<_>>().join(" ")),
        };
        NeedError::Operation { table: table.name, given: word.into(), help: did_you_mean(word, words.clone()).unwrap_or(all) }
    })
}

fn record(word: &str, channel: &str, id: &str) -> Result<What, NeedError> {
    let wrong = || NeedError::Record { given: word.into() };
    let id = id.parse::<u32>().map_err(|_| wrong())?;
    if channel.is_empty() { Err(wrong()) } else { Ok(What::Record(channel.into(), i64::from(id))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunt::build::{inventory, machine, part, scan, time};
    use crate::hunt::outcome::{Outcome, outcome};
    use crate::plan::{Need, Period, Scope, Source};

    const NOW: &str = "2020-09-25T00:00:00Z";

    fn declared(words: &[&str]) -> Vec<Declared> {
        words.iter().map(|word| Declared::read(word).unwrap()).collect()
    }

    /// Two machines with Sysmon on two days; starts and accesses of one of them only.
    fn source() -> Inventory {
        let mut parts = Vec::new();
        for day in ["2020-09-21T08:00:00Z", "2020-09-22T08:00:00Z"] {
            parts.push(part("process", "create", "Sysmon/1", "WS1", day, 8));
            parts.push(part("event", "", "Sysmon/1", "WS1", day, 8));
            parts.push(part("event", "", "Sysmon/10", "WS1", day, 8));
            parts.push(part("process", "access", "Sysmon/10", "WS1", day, 8));
            parts.push(part("dns", "", "Sysmon/22", "WS2", day, 8));
        }
        inventory(vec![machine("000000", "WS1"), machine("000000", "WS2")], parts)
    }

    fn run() -> Target {
        Target { scope: Scope::Everything, period: Period::ALL }
    }

    fn asked(table: &'static str) -> Scan {
        let Source::Scan(scan) = scan(table).source else { unreachable!() };
        scan
    }

    fn covered(words: &[&str], asked: &[Scan]) -> Vec<Coverage> {
        cover_declared(&declared(words), asked, &run(), &source(), time(NOW))
    }

    #[test]
    fn words_that_name_nothing_are_refused() {
        let help = |word: &str| Diagnostic::help(&Declared::read(word).unwrap_err()).unwrap().to_string();
        assert_eq!(help("proces"), "did you mean `process`?");
        assert_eq!(help("process.crate"), "did you mean `create`?");
        assert_eq!(help("network.connect"), "it has none: write `network`");
        for word in ["", "process create", "Sysmon/", "Sysmon/one", "/1", "Sysmon/-1", "process.", "Sysmon/1 Sysmon/2"] {
            assert!(Declared::read(word).is_err(), "{word}");
        }
        for word in ["Process", "process.CREATE", "Sysmon/1", "Microsoft-Windows-Sysmon/Operational/1", "Windows PowerShell/400"] {
            assert!(Declared::read(word).is_ok(), "{word}");
        }
    }

    #[test]
    fn a_need_that_nothing_shows_is_not_examined() {
        for (word, what) in
            [("registry", "registry (Security/4656"), ("process.tamper", "process.tamper (Sysmon/25)"), ("Security/4688", "event (Security/4688)")]
        {
            let found = covered(&[word], &[]);
            assert!(found[0].not_examined[0].starts_with(what), "{word}: {:?}", found[0].not_examined);
            assert_eq!((found[0].machine_days, outcome(false, &found)), (4, Outcome::NotExamined), "{word}");
        }
    }

    #[test]
    fn a_sensor_is_one_channel_however_many_records_it_writes() {
        assert_eq!(covered(&["Sysmon/25"], &[])[0].not_examined, ["event (Sysmon/Operational/25)"]);
    }

    #[test]
    fn a_need_that_some_machines_lack_is_partial() {
        let found = covered(&["dns", "Sysmon/10", "machine"], &[]);
        assert_eq!(found.iter().map(|coverage| coverage.covered_machine_days).collect::<Vec<_>>(), [2, 4, 4]);
        assert_eq!(outcome(false, &found), Outcome::Partial);
    }

    #[test]
    fn the_machines_and_days_are_those_of_the_queries() {
        let source = source();
        let ws2 = Scan { scope: Scope::Machines(vec![source.machines[1].muid.clone()]), ..asked("logon") };
        assert_eq!(covered(&["dns"], std::slice::from_ref(&ws2))[0].machine_days, 2);
        let day = |from: &str, to: &str| Period { from: Some(time(from)), to: Some(time(to)) };
        let first = Scan { period: day("2020-09-21T00:00:00Z", "2020-09-22T00:00:00Z"), ..asked("logon") };
        let second = Scan { period: day("2020-09-22T00:00:00Z", "2020-09-23T00:00:00Z"), ..ws2.clone() };
        let both = covered(&["dns"], &[first.clone(), second.clone()]);
        assert_eq!((both[0].machine_days, both[0].covered_machine_days, both[0].period), (3, 2, day("2020-09-21T00:00:00Z", "2020-09-23T00:00:00Z")));
        // What two queries share counts once.
        assert_eq!(covered(&["dns"], &[first, second, ws2])[0].machine_days, 3);
    }

    #[test]
    fn what_a_query_needs_is_said_once() {
        let access = Scan { operations: Some(vec!["access".into()]), ..asked("process") };
        let raw = Scan { channels: vec!["Sysmon".into()], event_ids: vec![10], ..asked("event") };
        assert!(covered(&["process", "process.access"], std::slice::from_ref(&access)).is_empty());
        assert!(covered(&["Sysmon/10"], &[raw]).is_empty());
        // A timeline reads the table too, and tells nothing of it.
        let timeline = Scan { needs: Some(vec![Need::anything("timeline")]), ..asked("registry") };
        assert_eq!(covered(&["registry"], &[timeline])[0].not_examined.len(), 1);
        let thread = Scan { operations: Some(vec!["thread".into()]), ..access.clone() };
        assert!(covered(&["Sysmon/8"], &[thread]).is_empty());
        assert_eq!(covered(&["process.create", "Process.Create", "process.access"], &[access])[0].need.as_deref(), Some("process.create"));
    }
}
