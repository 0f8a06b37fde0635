//! The two tables that say what the others hold, after rows went: what is covered is counted anew for each table and day that lost rows, and the machine table
//! follows.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use polars::prelude::*;

use super::fresh::Fresh;
use super::{RewriteError, check, files};
use crate::store::{StoreError, StoredFile, Writer};
use crate::telemetry;

/// What a count is of.
const KEYS: [&str; 7] = ["Table", "Operation", "Provider", "Channel", "EventId", "Muid", "Day"];
/// Those of them that the rows have.
const OF_ROWS: [&str; 5] = ["Operation", "Provider", "Channel", "EventId", "Muid"];

/// Writes what is covered now, and gives it.
pub fn write(
    before: &[StoredFile],
    now: &[StoredFile],
    changed: &BTreeSet<(String, Option<i32>)>,
    writer: &mut Writer,
    interrupted: &AtomicBool,
) -> Result<DataFrame, RewriteError> {
    let root = writer.root().to_path_buf();
    let failed = |error: PolarsError| files::failed(&root, &error);
    let mut parts = vec![unchanged(&whole(before, "coverage", &root)?, changed).map_err(failed)?];
    for file in now.iter().filter(|file| changed.contains(&(file.table.clone(), file.day))) {
        let path = root.join(&file.path);
        for group in files::groups(&path)? {
            check(interrupted)?;
            let rows = files::rows(&path, Some(&["DateTime", "Operation", "Provider", "Channel", "EventId", "Muid"]), group)?;
            parts.push(counted(rows, file).map_err(failed)?);
        }
    }
    let keys = KEYS.map(col);
    let sums = [col("Rows").sum(), col("First").min(), col("Last").max()];
    let all = concat(parts.into_iter().map(IntoLazy::lazy).collect::<Vec<_>>(), UnionArgs::default());
    let order = SortMultipleOptions::default();
    let covered = all.and_then(|all| all.group_by(keys).agg(sums).sort(KEYS, order).collect()).map_err(failed)?;
    replace(before, "coverage", &covered, writer)?;
    Ok(covered)
}

/// Writes the machines of which something is left, and says how many they are. Of `gone` nothing is left to know either.
pub fn write_machines(before: &[StoredFile], covered: &DataFrame, gone: Option<&BTreeSet<String>>, writer: &mut Writer) -> Result<u64, StoreError> {
    let root = writer.root().to_path_buf();
    let known = machines_of(before, &root)?;
    let of_events = covered.clone().lazy().filter(col("Table").eq(lit("event")));
    let left = of_events.group_by([col("Muid")]).agg([
        col("First").min().cast(known_time()).alias("first"),
        col("Last").max().cast(known_time()).alias("last"),
        col("Rows").sum().alias("rows"),
    ]);
    let columns: Vec<Expr> = known.get_column_names().into_iter().map(|name| col(name.clone())).collect();
    // Who is known from what others say of it stays as long as somebody says something.
    let is_named = col("Events").eq(lit(0)).and(lit(covered.height() > 0));
    let machines = known.lazy().join(left, [col("Muid")], [col("Muid")], JoinArgs::new(JoinType::Left)).filter(col("rows").is_not_null().or(is_named));
    let machines = machines
        .with_columns([col("first").alias("FirstSeen"), col("last").alias("LastSeen"), col("rows").fill_null(lit(0)).alias("Events")])
        .sort(["Name"], SortMultipleOptions::default().with_maintain_order(true))
        .select(columns)
        .collect();
    let failed = |error: PolarsError| files::failed(&root, &error);
    let machines = machines.map_err(failed)?;
    let is_left = |muid: Option<&str>| !muid.zip(gone).is_some_and(|(muid, gone)| gone.contains(muid));
    let mask: BooleanChunked =
        machines.column("Muid").and_then(|muids| Ok(muids.str()?.iter().map(|muid| Some(is_left(muid))).collect_ca("left".into()))).map_err(failed)?;
    let machines = machines.filter(&mask).map_err(failed)?;
    replace(before, "machine", &machines, writer)?;
    Ok(machines.height() as u64)
}

/// What several ingests know of each machine; of what changes the last.
pub fn machines_of(before: &[StoredFile], root: &Path) -> Result<DataFrame, StoreError> {
    let all = whole(before, "machine", root)?;
    let folded = |name: &PlSmallStr| match name.as_str() {
        "FirstSeen" => col(name.clone()).min(),
        "LastSeen" => col(name.clone()).max(),
        "Events" => col(name.clone()).sum(),
        _ => col(name.clone()).drop_nulls().last(),
    };
    let columns: Vec<Expr> = all.get_column_names().into_iter().map(|name| col(name.clone())).collect();
    let folds: Vec<Expr> = all.get_column_names().into_iter().filter(|name| name.as_str() != "Muid").map(folded).collect();
    let by_time = all.lazy().sort(["LastSeen"], SortMultipleOptions::default().with_maintain_order(true));
    by_time.group_by_stable([col("Muid")]).agg(folds).select(columns).collect().map_err(|error| files::failed(root, &error))
}

fn known_time() -> DataType {
    crate::frame::physical(telemetry::Type::Time)
}

/// Puts all rows of a small table into one file. By how many files there are fewer.
pub fn join(before: &[StoredFile], table: &str, writer: &mut Writer) -> Result<u64, StoreError> {
    let files = before.iter().filter(|file| file.table == table).count() as u64;
    if files < 2 {
        return Ok(0);
    }
    let root = writer.root().to_path_buf();
    replace(before, table, &whole(before, table, &root)?, writer)?;
    Ok(files - 1)
}

/// All rows of a small table.
fn whole(of: &[StoredFile], table: &str, root: &Path) -> Result<DataFrame, StoreError> {
    let frames = of.iter().filter(|file| file.table == table).map(|file| files::rows(&root.join(&file.path), None, (0, usize::MAX)));
    let frames = frames.collect::<Result<Vec<_>, _>>()?;
    polars::functions::concat_df_diagonal(&frames).map_err(|error| files::failed(root, &error))
}

/// One file instead of all of a small table.
fn replace(before: &[StoredFile], table: &str, rows: &DataFrame, writer: &mut Writer) -> Result<(), StoreError> {
    let mut of_table = before.iter().filter(|file| file.table == table);
    let Some(first) = of_table.next() else { return Ok(()) };
    let mut fresh = Fresh::instead_of(first, writer, rows.schema())?;
    fresh.write(rows)?;
    fresh.finish(writer)?;
    std::iter::once(first).chain(of_table).for_each(|file| writer.remove(file));
    Ok(())
}

/// The counts of tables and days that are as they were.
fn unchanged(covered: &DataFrame, changed: &BTreeSet<(String, Option<i32>)>) -> PolarsResult<DataFrame> {
    let (tables, days) = (covered.column("Table")?.str()?, covered.column("Day")?.i64()?);
    let is_same = |(table, day): (Option<&str>, Option<i64>)| {
        let day = day.and_then(|day| i32::try_from(day).ok());
        Some(!changed.contains(&(table.unwrap_or_default().to_string(), day)))
    };
    covered.filter(&tables.iter().zip(days.iter()).map(is_same).collect_ca("same".into()))
}

/// The counts of some rows of a file.
fn counted(rows: DataFrame, file: &StoredFile) -> PolarsResult<DataFrame> {
    let has = |name: &str| rows.column(name).is_ok();
    let of_rows = OF_ROWS.map(|name| match (has(name), name) {
        (true, _) => col(name),
        (false, "EventId") => lit(NULL).cast(DataType::Int64).alias(name),
        (false, _) => lit(NULL).cast(DataType::String).alias(name),
    });
    let time = col("DateTime").cast(DataType::Int64);
    let counts = [len().cast(DataType::Int64).alias("Rows"), time.clone().min().alias("First"), time.max().alias("Last")];
    let words: Vec<&str> = telemetry::table(&file.table).map(|table| table.operations.iter().map(|operation| operation.word).collect()).unwrap_or_default();
    let counted = rows.clone().lazy().group_by(of_rows).agg(counts).collect()?;
    // Only operations that the table declares are counted as such.
    let operations: StringChunked =
        counted.column("Operation")?.str()?.iter().map(|word| word.filter(|word| words.contains(word))).collect_ca("Operation".into());
    let day = file.day.map_or(lit(NULL), lit).cast(DataType::Int64);
    let mut counted = counted;
    counted.with_column(operations.into_column())?;
    let order: Vec<Expr> = KEYS.into_iter().chain(["Rows", "First", "Last"]).map(col).collect();
    counted.lazy().with_columns([lit(file.table.as_str()).alias("Table"), day.alias("Day")]).select(order).collect()
}
