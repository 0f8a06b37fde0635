//! Kin of processes: starts and ends are read by what identifies them, and only the rows that are kin are then read whole.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use polars::prelude::{BooleanChunked, Column, DataFrame, IdxCa, IntoColumn, IntoLazy, NewChunkedArray, PolarsResult};

use super::expr::{column, kernel_of};
use super::job::{Job, conform};
use super::kernel::{self, Seed};
use super::pick::{PLACE, is_among, marks, place, with_mark};
use super::scan::Times;
use super::stage::{Order, Rows, Stage};
use super::{prune, run};
use crate::backend::BackendError;
use crate::frame::missing_column;
use crate::plan::{ASKED, Among, DEPTH, Kin, Known, Life, Needed, Past, Relative, Scan, Schema, Scope, Side, Teller, Value, Whom, active, family, telling};
use crate::telemetry::Type;

/// The rows that were asked.
enum Asked {
    Rows(DataFrame, Schema),
    Row(Arc<BTreeMap<Arc<str>, Value>>),
}

impl Asked {
    fn height(&self) -> usize {
        match self {
            Asked::Rows(rows, _) => rows.height(),
            Asked::Row(_) => 1,
        }
    }

    fn cell(&self, row: usize, name: &str) -> Value {
        match self {
            Asked::Rows(rows, schema) => cell(rows, schema, row, name),
            Asked::Row(cells) => cells.get(name).cloned().unwrap_or(Value::Missing),
        }
    }

    /// What each row tells of a process.
    fn known(&self, side: Side) -> Vec<Option<Known>> {
        (0..self.height()).map(|row| Known::read(&|name| self.cell(row, name), side)).collect()
    }
}

fn cell(rows: &DataFrame, schema: &Schema, row: usize, name: &str) -> Value {
    match (rows.column(name), schema.kind(name)) {
        (Ok(cells), Some(kind)) => kernel::value_at_row(cells, row, kind),
        (Ok(_) | Err(_), _) => Value::Missing,
    }
}

/// The past of some processes, and where each row of it is.
struct History {
    past: Past,
    places: Vec<u128>,
    seed: Arc<Seed>,
    rows: Stage,
}

/// The kin of some processes, from a stage of starts and ends.
pub fn apply(job: &mut Job, stage: Stage, kin: &Kin, schema: &Schema, needed: &Needed) -> Result<Stage, BackendError> {
    let wanted: Needed = needed.iter().filter(|name| ![DEPTH, ASKED].contains(&&***name)).cloned().collect();
    let told_of_own = if kin.relation.has_own() { wanted.clone() } else { Needed::new() };
    let asked = asked(job, &kin.whose, &told_of_own)?;
    let known = asked.known(kin.whose.side());
    let mut history = history(job, stage, &known)?;
    job.limits.check()?;
    let known: Vec<Option<Known>> = known.into_iter().map(|known| known.map(|known| history.past.shared(known))).collect();
    let family = family(&history.past, &known, kin.relation);
    let mut needed = wanted.clone();
    if family.iter().any(|relative| matches!(relative.told, Err(Teller::Past(_)))) {
        needed.extend(telling(wanted.iter().map(|name| &**name)));
    }
    let rows = rows(job, &history, &family, &needed)?;
    let drawn = drawn(&family, &rows, &asked, kin.whose.side(), schema, &wanted).map_err(run::failed)?;
    Ok(Stage::kept(drawn.lazy(), schema.clone()))
}

/// The rows that tell of some processes, found where the files are read.
pub fn among(job: &mut Job, stage: Stage, among: &Among) -> Result<Stage, BackendError> {
    let asked = asked(job, &among.whose, &Needed::new())?;
    let known = asked.known(among.whose.side());
    let identity: Needed = Known::COLUMNS.into_iter().map(Arc::from).collect();
    let past = job.stage(&among.history, &identity)?;
    let history = history(job, past, &known)?;
    let lives = Arc::new(Lives::new(known.iter().flatten().map(|known| history.past.life(known))));
    let (schema, side) = (stage.schema.clone(), among.side);
    let columns: Vec<(&'static str, Type)> = Known::COLUMNS.into_iter().filter_map(|name| Some((name, schema.kind(name)?))).collect();
    let inputs = columns.iter().map(|(name, _)| column(name)).collect();
    let is_theirs = kernel_of(inputs, Type::Bool, move |cells| {
        let height = cells.iter().map(Column::len).max().unwrap_or(0);
        let holds = |row: usize| {
            let cell = |name: &str| {
                let at = columns.iter().position(|(known, _)| *known == name);
                at.map_or(Value::Missing, |at| kernel::value_at_row(&cells[at], if cells[at].len() == 1 { 0 } else { row }, columns[at].1))
            };
            Known::read(&cell, side).is_some_and(|told| lives.any_means(&told))
        };
        Ok(BooleanChunked::from_slice("".into(), &(0..height).map(holds).collect::<Vec<_>>()).into_column())
    });
    let stage = of_machines(stage, &known);
    Ok(stage.having(Known::COLUMNS).map(schema, move |frame| frame.filter(is_theirs.clone())))
}

/// Lives by what rows call them.
struct Lives {
    by_pid: HashMap<(Arc<str>, i64), Vec<Life>>,
    guids: HashSet<(Arc<str>, Box<str>)>,
}

impl Lives {
    fn new(lives: impl Iterator<Item = Life>) -> Lives {
        let mut all = Lives { by_pid: HashMap::new(), guids: HashSet::new() };
        for life in lives {
            let muid = life.known.muid.clone();
            if let Some(guid) = &life.known.guid {
                all.guids.insert((muid.clone(), crate::plan::fold(guid).into()));
            }
            if let Some(pid) = life.known.pid {
                let same = all.by_pid.entry((muid, pid)).or_default();
                if !same.contains(&life) {
                    same.push(life);
                }
            }
        }
        all
    }

    fn any_means(&self, told: &Known) -> bool {
        match (&told.guid, told.pid) {
            (Some(guid), _) => self.guids.contains(&(told.muid.clone(), crate::plan::fold(guid).into())),
            (None, Some(pid)) => self.by_pid.get(&(told.muid.clone(), pid)).is_some_and(|lives| lives.iter().any(|life| life.means(told))),
            (None, None) => false,
        }
    }
}

/// The rows that are asked, with what identifies their processes, and what they tell in these columns.
fn asked(job: &mut Job, whose: &Whom, wanted: &Needed) -> Result<Asked, BackendError> {
    match whose {
        Whom::Row(cells, _) => Ok(Asked::Row(cells.clone())),
        Whom::Rows(plan, _) => {
            let schema = Schema::of(plan)?;
            let needed = telling(wanted.iter().map(|name| &**name)).filter(|name| schema.kind(name).is_some()).collect();
            Ok(Asked::Rows(job.answer(plan, &needed)?, schema))
        }
    }
}

/// Only the files of the machines that processes are known of.
fn of_machines(mut stage: Stage, known: &[Option<Known>]) -> Stage {
    let mut muids: Vec<Arc<str>> = known.iter().flatten().map(|known| known.muid.clone()).collect::<HashSet<_>>().into_iter().collect();
    muids.sort();
    if let Rows::Files(parts) = &mut stage.source {
        for part in parts.iter_mut().filter(|part| part.reading.scan.scope == Scope::Everything) {
            part.files.retain(|file| prune::has_machine(file, Some(&muids)));
            part.reading.scan = Arc::new(Scan { scope: Scope::Machines(muids.clone()), ..(*part.reading.scan).clone() });
        }
    }
    stage
}

/// Reads what identifies processes in starts and ends.
fn history(job: &mut Job, stage: Stage, known: &[Option<Known>]) -> Result<History, BackendError> {
    if stage.order != Order::Rows {
        return Err(BackendError::Failed { reason: "kin are found among the rows of a table, in their own order".into() });
    }
    let rows = of_machines(stage, known);
    let seed = Arc::new(Seed::new());
    let schema = Schema::new(Known::COLUMNS.into_iter().filter_map(|name| Some((Arc::from(name), rows.schema.kind(name)?))).collect());
    let mark = place(&seed);
    let narrow = rows.clone().only(schema.clone());
    let narrow = narrow.map(with_mark(&schema, PLACE), move |frame| frame.with_columns([mark.clone()]));
    let (mut past, mut places) = (Past::default(), Vec::new());
    job.each_piece(narrow, |piece| {
        places.extend(marks(&piece, PLACE)?);
        for row in 0..piece.height() {
            let cell = |name: &str| cell(&piece, &schema, row, name);
            past.push(Known::read(&cell, Side::Child), Known::read(&cell, Side::Parent));
        }
        Ok(())
    })?;
    Ok(History { past, places, seed, rows })
}

/// Rows of the past, whole, by their number.
struct Whole {
    rows: DataFrame,
    schema: Schema,
    by_number: HashMap<usize, u32>,
}

/// The rows in which relatives start, or are told of.
fn rows(job: &mut Job, history: &History, family: &[Relative], needed: &Needed) -> Result<Whole, BackendError> {
    let number = |relative: &Relative| match relative.told {
        Ok(row) | Err(Teller::Past(row)) => Some(row),
        Err(Teller::Asked(_)) => None,
    };
    let wanted: HashSet<usize> = family.iter().filter_map(number).collect();
    let chosen: HashSet<u128> = wanted.iter().map(|row| history.places[*row]).collect();
    // Several rows may have one place: they come in the same order again.
    let mut turns: HashMap<(u128, usize), usize> = HashMap::new();
    let mut met: HashMap<u128, usize> = HashMap::new();
    for (row, place) in history.places.iter().enumerate().filter(|(_, place)| chosen.contains(place)) {
        let turn = met.entry(*place).or_default();
        if wanted.contains(&row) {
            turns.insert((*place, *turn), row);
        }
        *turn += 1;
    }
    let schema = history.rows.schema.clone();
    let stage = history.rows.clone().at(&Times::of(wanted.iter().map(|row| history.past.at(*row))));
    let (is_chosen, place) = (is_among(chosen, &history.seed), place(&history.seed));
    let stage = stage.blanked(needed).map(with_mark(&schema, PLACE), move |frame| frame.filter(is_chosen.clone()).with_columns([place.clone()]));
    let mut found = Whole { rows: DataFrame::default(), schema: schema.clone(), by_number: HashMap::new() };
    let mut all: Option<DataFrame> = None;
    let (mut again, mut height): (HashMap<u128, usize>, u32) = (HashMap::new(), 0);
    job.each_piece(stage, |piece| {
        for place in marks(&piece, PLACE)? {
            let turn = again.entry(place).or_default();
            if let Some(row) = turns.get(&(place, *turn)) {
                found.by_number.insert(*row, height);
            }
            *turn += 1;
            height += 1;
        }
        match &mut all {
            None => all = Some(piece),
            Some(known) => drop(known.vstack_mut_owned(piece).map_err(run::failed)?),
        }
        Ok(())
    })?;
    found.rows = conform(all.unwrap_or_default(), &schema)?;
    Ok(found)
}

/// A row for each relative: its start, else what is told of it.
fn drawn(family: &[Relative], whole: &Whole, asked: &Asked, side: Side, schema: &Schema, wanted: &Needed) -> PolarsResult<DataFrame> {
    let starts = IdxCa::from_iter_options("".into(), family.iter().map(|relative| whole.by_number.get(&relative.told.ok()?).copied()));
    let value = |relative: &Relative, name: &str| match relative.told {
        Ok(_) => Value::Missing,
        Err(Teller::Asked(row)) => {
            let cell = |name: &str| asked.cell(row, name);
            active(name, side.of_process(&cell), &cell)
        }
        Err(Teller::Past(row)) => {
            let row = whole.by_number.get(&row).map(|row| *row as usize);
            active(name, Side::Parent, &|name| row.map_or(Value::Missing, |row| cell(&whole.rows, &whole.schema, row, name)))
        }
    };
    let mut columns = Vec::new();
    for (name, kind) in schema.columns() {
        let cells: Vec<Value> = match &**name {
            DEPTH => family.iter().map(|relative| Value::Int(i64::try_from(relative.depth).unwrap_or(i64::MAX))).collect(),
            ASKED => family.iter().map(|relative| Value::Bool(relative.is_asked)).collect(),
            name if wanted.contains(name) => {
                let told = family.iter().map(|relative| value(relative, name)).collect::<Vec<_>>();
                let started = whole.rows.column(name)?.take(&starts)?;
                let is_told = BooleanChunked::from_slice("".into(), &family.iter().map(|relative| relative.told.is_err()).collect::<Vec<_>>());
                let told = kernel::to_series(name.into(), &told, *kind)?;
                columns.push(told.zip_with(&is_told, started.as_materialized_series())?.into_column());
                continue;
            }
            _ => {
                columns.push(missing_column(name, *kind, family.len()));
                continue;
            }
        };
        columns.push(kernel::to_series((&**name).into(), &cells, *kind)?.into_column());
    }
    DataFrame::new(family.len(), columns)
}
