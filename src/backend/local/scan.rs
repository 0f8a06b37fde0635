//! The rows of some files of a table, lazily: filters that the scan itself names, derived columns, and the row order.

use std::io::Cursor;
use std::sync::Arc;

use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Expr as PolarsExpr, ExtraColumnsPolicy, Int64Chunked, IntoColumn, IntoLazy, IntoSeries, LazyFrame,
    MissingColumnsPolicy, NewChunkedArray, ParquetOptions, ParquetReader, PlRefPath, PlSmallStr, ScanSources, Schema as PolarsSchema, SerReader,
    UnifiedScanArgs, lit, polars_err,
};

use super::expr::{column, kernel_of, literal};
use super::fresh::{self, Fresh};
use super::kernel::{self, TextTest};
use super::pieces::Window;
use super::prune;
use crate::backend::{BackendError, Limits};
use crate::frame::physical;
use crate::plan::{Scan, Scope, Value};
use crate::store::{Store, StoredFile};
use crate::telemetry::{self, Type};

/// The columns of the row order, and the names under which they go along, out of reach of any step.
pub const ORDER: [(&str, &str, Type); 4] = [
    ("DateTime", "\u{1}DateTime", Type::Time),
    ("Machine", "\u{1}Machine", Type::Text),
    ("Source", "\u{1}Source", Type::Text),
    ("RecordId", "\u{1}RecordId", Type::Int),
];

/// The reason that a stopped query gives; why it was stopped is what `Limits` says.
pub const STOPPED: &str = "stopped";

/// Where files are read from: the store's folder, or memory.
pub fn sources(store: &Store, files: &[StoredFile]) -> ScanSources {
    match files.iter().map(|file| store.bytes_of(file).map(|bytes| bytes.to_vec().into())).collect() {
        Some(held) => ScanSources::Buffers(held),
        None => ScanSources::Paths(files.iter().map(|file| PlRefPath::new(store.path_of(file).to_string_lossy().as_ref())).collect()),
    }
}

/// Rows of a source in memory for which the engine that works in pieces is not worth starting.
const FEW: u64 = 10_000;

/// A source in memory of few rows: a fixture of a test.
pub fn is_small(store: &Store) -> bool {
    store.is_held() && store.manifest().files.iter().map(|file| file.rows).sum::<u64>() <= FEW
}

/// One scan, ready to be read from any of its files.
#[derive(Clone)]
pub struct Reading {
    pub store: Arc<Store>,
    pub scan: Arc<Scan>,
    pub limits: Limits,
    /// Prevalence of hashes, where a later step reads `FreshUnknown`.
    pub fresh: Option<Arc<Fresh>>,
    /// Only rows of this window; rows without a time are the last of all.
    pub window: Window,
    /// Only rows of these times.
    pub times: Option<Times>,
}

/// Some times, to find few rows again without looking at all.
#[derive(Clone)]
pub struct Times {
    /// Sorted, each once.
    known: Arc<[i64]>,
    /// Rows without a time as well.
    with_undated: bool,
}

impl Times {
    pub fn of(times: impl Iterator<Item = Option<i64>>) -> Times {
        let (mut known, mut with_undated) = (Vec::new(), false);
        for time in times {
            match time {
                Some(time) => known.push(time),
                None => with_undated = true,
            }
        }
        known.sort_unstable();
        known.dedup();
        Times { known: known.into(), with_undated }
    }

    /// Whether a file of rows from one time to another can have some of them.
    pub fn any_within(&self, from: i64, to: i64) -> bool {
        let next = self.known.partition_point(|time| *time < from);
        self.known.get(next).is_some_and(|time| *time <= to) || (self.with_undated && from == i64::MIN)
    }

    fn condition(&self) -> PolarsExpr {
        let times = Int64Chunked::from_slice("".into(), &self.known).into_series();
        let times = times.cast(&physical(Type::Time)).unwrap_or(times);
        let known = column("DateTime").is_in(lit(times).implode(false), false);
        if self.with_undated { known.or(column("DateTime").is_null()) } else { known }
    }
}

impl Reading {
    /// The declared columns with raw fields after them, and the columns of the row order.
    pub fn of(&self, files: &[StoredFile]) -> Result<LazyFrame, BackendError> {
        let declared = telemetry::table(self.scan.table).map(|table| table.columns).unwrap_or_default();
        let stored = declared.iter().filter(|column| !column.derived).map(|column| (column.name, column.kind));
        let raw = self.scan.raw_fields.iter().map(|name| (&**name, Type::Text));
        let schema: PolarsSchema = stored.chain(raw).map(|(name, kind)| (name.into(), physical(kind))).collect();
        let mut frame = if files.is_empty() { DataFrame::empty_with_schema(&schema).lazy() } else { self.open(files, schema)? };
        for condition in self.conditions(files) {
            frame = frame.filter(condition);
        }
        let mut columns: Vec<PolarsExpr> = Vec::with_capacity(declared.len() + self.scan.raw_fields.len() + ORDER.len());
        for known in declared {
            columns.push(if known.derived { self.derived(known.name, known.kind).alias(known.name) } else { column(known.name) });
        }
        columns.extend(self.scan.raw_fields.iter().map(|name| column(name)));
        columns.extend(ORDER.iter().map(|(name, hidden, kind)| {
            let known = declared.iter().any(|column| column.name == *name);
            if known { column(name).alias(*hidden) } else { literal(&Value::Missing).cast(physical(*kind)).alias(*hidden) }
        }));
        Ok(frame.select(columns))
    }

    fn open(&self, files: &[StoredFile], schema: PolarsSchema) -> Result<LazyFrame, BackendError> {
        if is_small(&self.store) {
            return self.decoded(files, &schema);
        }
        let sources = sources(&self.store, files);
        let options = ParquetOptions { schema: Some(Arc::new(schema)), ..ParquetOptions::default() };
        let arguments = UnifiedScanArgs {
            glob: false,
            cache: false,
            hive_options: polars::prelude::HiveOptions::new_disabled(),
            missing_columns_policy: MissingColumnsPolicy::Insert,
            extra_columns_policy: ExtraColumnsPolicy::Ignore,
            ..UnifiedScanArgs::default()
        };
        let scan = polars::prelude::DslBuilder::scan_parquet(sources, options, arguments).map_err(super::run::failed)?;
        Ok(LazyFrame::from(scan.build()))
    }

    /// A few rows in memory are decoded at once: a scan costs more than they do.
    fn decoded(&self, files: &[StoredFile], schema: &PolarsSchema) -> Result<LazyFrame, BackendError> {
        let mut parts = Vec::new();
        for bytes in files.iter().filter_map(|file| self.store.bytes_of(file)) {
            let rows = ParquetReader::new(Cursor::new(bytes)).finish().map_err(super::run::failed)?;
            let column = |(name, kind): (&PlSmallStr, &DataType)| match rows.column(name) {
                Ok(known) => known.clone(),
                Err(_) => Column::full_null(name.clone(), rows.height(), kind),
            };
            parts.push(DataFrame::new(rows.height(), schema.iter().map(column).collect()).map_err(super::run::failed)?);
        }
        Ok(kernel::stacked(parts).map_err(super::run::failed)?.lazy())
    }

    /// What the scan asks for and the choice of files does not answer already; and the place where a query can be stopped.
    fn conditions(&self, files: &[StoredFile]) -> Vec<PolarsExpr> {
        let scan = &self.scan;
        let has = |name: &str| telemetry::table(scan.table).is_some_and(|table| table.column(name).is_some());
        let one_of = |name: &str, texts: &[Arc<str>]| {
            let test = TextTest::equal(&texts.iter().map(|text| &**text).collect::<Vec<_>>(), false);
            kernel_of(vec![column(name)], Type::Bool, move |columns| match columns {
                [texts] => kernel::test_texts(texts, &test),
                _ => Ok(Column::default()),
            })
        };
        let mut all = Vec::new();
        if has("DateTime") && !prune::all_in_period(files, scan) {
            all.extend(scan.period.from.map(|from| column("DateTime").gt_eq(literal(&Value::Time(from)))));
            all.extend(scan.period.to.map(|to| column("DateTime").lt(literal(&Value::Time(to)))));
        }
        if let Some(from) = self.window.0 {
            let late = column("DateTime").gt_eq(literal(&Value::Time(from)));
            all.push(if files.iter().any(prune::has_undated) { late.or(column("DateTime").is_null()) } else { late });
        }
        all.extend(self.window.1.map(|to| column("DateTime").lt_eq(literal(&Value::Time(to)))));
        all.extend(self.times.as_ref().filter(|_| has("DateTime")).map(Times::condition));
        match &scan.scope {
            Scope::Everything => {}
            Scope::Clients(clients) => all.push(one_of("ClientId", clients)),
            Scope::Machines(muids) => all.push(one_of("Muid", muids)),
        }
        match &scan.operations {
            Some(operations) if has("Operation") && !prune::all_of_operations(files, scan) => all.push(one_of("Operation", operations)),
            _ => {}
        }
        if !scan.channels.is_empty() {
            all.push(one_of("Channel", &scan.channels));
        }
        let ids = scan.event_ids.iter().map(|id| column("EventId").eq(literal(&Value::Int(*id))));
        all.extend(ids.reduce(PolarsExpr::or));
        if has("DateTime") && !files.is_empty() {
            all.push(self.checkpoint());
        }
        all
    }

    /// Always true, or the end of the query: asked for every piece of every file.
    fn checkpoint(&self) -> PolarsExpr {
        let limits = self.limits.clone();
        kernel_of(vec![column("DateTime")], Type::Bool, move |columns| {
            limits.check().map_err(|_| polars_err!(ComputeError: "{}", STOPPED))?;
            let length = columns.first().map_or(0, Column::len);
            Ok(BooleanChunked::from_slice("".into(), &vec![true; length]).into_column())
        })
    }

    fn derived(&self, name: &str, kind: Type) -> PolarsExpr {
        match name {
            "Date" => {
                let zone = self.scan.zone;
                kernel_of(vec![column("DateTime")], Type::Text, move |columns| match columns {
                    [times] => kernel::dates(times, zone),
                    _ => Ok(Column::default()),
                })
            }
            "FreshUnknown" => match &self.fresh {
                Some(known) => fresh::lower(known.clone(), self.scan.table),
                None => literal(&Value::Missing).cast(physical(kind)),
            },
            _ => literal(&Value::Missing).cast(physical(kind)),
        }
    }
}
