//! Answers as files, below the folders that the run may write to.

use std::path::{Component, Path, PathBuf};

use rhai::Dynamic;

use super::{Answer, Bins, Call, Collection, Declared, Kind, method};
use crate::diag::Fault;
use crate::export::{self, Format};
use crate::report::{Columns, Table};

macro_rules! example {
    ($rest:literal) => {
        concat!("Client(\"all\", all_time()).get_executions().head(3)", $rest)
    };
}

const PATH: &[(&str, Kind)] = &[("path", Kind::Text)];

pub(super) fn declared() -> Vec<Declared> {
    vec![
        method(Kind::Collection, "to_csv", PATH, 1, "Writes all rows and columns as CSV, below --allow-write", example!(".to_csv(\"rows.csv\")"), |call| {
            save(call, Format::Csv)
        }),
        method(
            Kind::Collection,
            "to_json",
            PATH,
            1,
            "Writes all rows and columns as JSON lines, below --allow-write",
            example!(".to_json(\"rows.ndjson\")"),
            |call| save(call, Format::Json),
        ),
        method(
            Kind::Collection,
            "to_parquet",
            PATH,
            1,
            "Writes all rows and columns as Parquet, below --allow-write",
            example!(".to_parquet(\"rows.parquet\")"),
            |call| save(call, Format::Parquet),
        ),
        method(
            Kind::Bins,
            "to_csv",
            PATH,
            1,
            "Writes all bins as CSV, below --allow-write",
            "Client(\"all\", all_time()).get_executions(#{histogram: \"1d\"}).to_csv(\"bins.csv\")",
            |call| save(call, Format::Csv),
        ),
    ]
}

fn save(call: &Call, format: Format) -> Answer<Dynamic> {
    let path = allowed(call, &call.text(0)).map_err(|fault| call.fail_at(0, fault))?;
    let table = match call.receiver::<Collection>() {
        Ok(collection) => super::show::all_rows(call.run, &collection),
        Err(_) => call.receiver::<Bins>()?.frame(call.run).map(|frame| Table::whole((*frame).clone(), Columns::All)),
    };
    let table = table.map_err(|fault| call.fail(fault))?;
    if call.run.checking {
        return Ok(Dynamic::UNIT);
    }
    export::save(&path, format, table.frame.schema(), table.pieces()).map_err(|why| {
        let failed = Fault::new("write::failed", format!("{}: {why}", path.file_name().unwrap_or_default().display()))
            .with_help("name a file that can be written, on a disk with room; what it held before is still there");
        call.fail_at(0, failed)
    })?;
    Ok(i64::try_from(table.total).unwrap_or(i64::MAX).into())
}

/// The place that a path means, when the run may write there. A relative path lies below the first allowed folder, or, where that has no such
/// folder, is one from where the program was started.
fn allowed(call: &Call, path: &str) -> Result<PathBuf, Fault> {
    let roots = &call.run.setup.writable;
    let refused = |message: String| Fault::new("write::refused", message).with_help("`--allow-write DIR` names a folder that playbooks may write below");
    let missing = |path: &str| {
        Fault::new("write::refused", format!("there is no folder for `{path}`"))
            .with_help("make the folder first; a relative path lies below the first `--allow-write` folder, or leads from here below one")
    };
    let Some(first) = roots.first() else { return Err(refused(format!("this run may not write `{path}`"))) };
    let asked = Path::new(path);
    if asked.components().any(|part| matches!(part, Component::ParentDir)) || asked.file_name().is_none() {
        return Err(refused(format!("`{path}` is no place to write to")));
    }
    let roots_real: Vec<PathBuf> = roots.iter().filter_map(|root| root.canonicalize().ok()).collect();
    let is_below = |folder: &Path| roots_real.iter().any(|root| folder.starts_with(root));
    let (Some(folder), Some(name)) = (asked.parent(), asked.file_name()) else { return Err(refused(format!("`{path}` is no place to write to"))) };
    let there: Vec<PathBuf> = std::iter::once(first).chain(&call.run.setup.roots).filter_map(|root| root.join(folder).canonicalize().ok()).collect();
    let real = there.iter().find(|folder| is_below(folder)).or(there.first()).ok_or_else(|| missing(path))?;
    let below = is_below(real);
    let file = real.join(name);
    let is_link = std::fs::symlink_metadata(&file).is_ok_and(|found| !found.is_file());
    if below && !is_link { Ok(file) } else { Err(refused(format!("`{path}` lies outside the folders that this run may write to"))) }
}
