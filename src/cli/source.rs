//! What `--source` names becomes something that answers: a store, or raw logs by way of the cache.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::RAW;
use super::context::{Context, option};
use super::output::write_stdout;
use super::{DONE, cache, config};
use crate::backend::local::{Local, Places};
use crate::backend::{Answered, Backend, BackendError, Limits, Wanted};
use crate::diag::{Fault, Severity, did_you_mean_file, reason};
use crate::frame::{Frame, Preview};
use crate::hunt::machine::client_of;
use crate::plan::Plan;
use crate::store::MANIFEST;
use crate::telemetry::Inventory;

/// The made-up source.
const SAMPLE: &str = "sample";

/// What was named, or what answers every question with how to name one.
pub fn open(context: &Context) -> Result<Arc<dyn Backend>, Fault> {
    open_named(context, &named(context))
}

/// The same of sources by their names.
pub fn open_named(context: &Context, names: &[String]) -> Result<Arc<dyn Backend>, Fault> {
    let Some((root, name)) = store_of(context, names)? else { return Ok(Arc::new(Nowhere)) };
    context.terminal.tell(|| format!("store: {}", root.display()));
    let mut local = Local::open(&root, &name).map_err(|error| Fault::from(&error))?;
    let geoip = if context.common.geoip.is_empty() { config::read()?.geoip } else { context.common.geoip.clone() };
    if !geoip.is_empty() {
        local = local.with_places(Places::open(&geoip).map_err(|error| Fault::from(&error))?);
    }
    if let Some(client) = &context.common.client {
        let inventory = local.inventory().map_err(|error| Fault::from(&error))?;
        client_of(&inventory, client).map_err(|error| option("--client", &error))?;
    }
    Ok(Arc::new(local))
}

/// The store that answers, and what was named for it; raw logs have theirs in the cache. None where nothing was named.
pub fn store(context: &Context) -> Result<Option<(PathBuf, String)>, Fault> {
    store_of(context, &named(context))
}

/// What the command line names, else the environment.
fn named(context: &Context) -> Vec<String> {
    match context.common.sources.as_slice() {
        [] => std::env::var("HUNTSMAN_SOURCE").ok().filter(|name| !name.is_empty()).into_iter().collect(),
        given => given.to_vec(),
    }
}

/// The names of the sources, by which runs over the same ones are known; how a path ends does not count.
pub fn names(context: &Context) -> BTreeSet<String> {
    let plain = |name: String| match name.trim_start_matches("./").trim_end_matches('/') {
        "" => name,
        plain => plain.to_string(),
    };
    named(context).into_iter().map(plain).collect()
}

fn store_of(context: &Context, named: &[String]) -> Result<Option<(PathBuf, String)>, Fault> {
    if named.is_empty() {
        return Ok(None);
    }
    let (mut paths, mut seen) = (Vec::new(), Vec::new());
    for name in named {
        let path = resolve(name)?;
        // One source under two names is one source.
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        if !seen.contains(&real) {
            seen.push(real);
            paths.push(path);
        }
    }
    if let Some(path) = paths.iter().find(|path| crate::store::is_unfinished(path)) {
        return Err(Fault::new("store::unfinished", format!("{} is a store whose first ingest has not ended", path.display()))
            .with_help("wait for it; when it was stopped, run the same ingest again, which leaves the store whole"));
    }
    let stores = paths.iter().filter(|path| is_store(path)).count();
    let root = match paths.as_slice() {
        [path] if stores == 1 => {
            warn_of_read(context);
            path.clone()
        }
        _ if stores == 0 => cache::fill(context, &paths)?,
        _ => {
            return Err(
                Fault::new("source::mixed", "a store can only be the one source of a run").with_help("ingest the others into it, or name raw logs only")
            );
        }
    };
    Ok(Some((root, named.join(", "))))
}

/// How raw logs are read says nothing to a store.
fn warn_of_read(context: &Context) {
    let given: Vec<&str> = context.common.given().into_iter().filter(|given| RAW.contains(given)).collect();
    if !given.is_empty() {
        let mut fault = Fault::new("usage::without_use", format!("a store has no use for {}: its logs were read when it was filled", given.join(" ")))
            .with_help("give it to the `ingest` that fills a store, or name the raw logs as the source");
        fault.severity = Severity::Warning;
        context.terminal.fault(&fault);
    }
}

/// A path: that of a file, or what a name stands for.
fn resolve(name: &str) -> Result<PathBuf, Fault> {
    let path = PathBuf::from(name);
    let exists = path
        .try_exists()
        .map_err(|error| Fault::new("source::unreadable", format!("{name}: {}", reason(&error))).with_help("name a file or folder that can be read"))?;
    if exists {
        return Ok(path);
    }
    if let Some((scheme, _)) = name.split_once("://") {
        return Err(Fault::new("source::scheme", format!("{scheme}:// is no source that this version knows"))
            .with_help("a source is a store, or a file or folder of raw logs"));
    }
    let names = config::read()?.sources;
    if let Some(path) = names.get(name) {
        let path = PathBuf::from(path);
        return if path.exists() {
            Ok(path)
        } else {
            Err(Fault::new("source::absent", format!("there is nothing at {}, which huntsman.toml names `{name}`", path.display()))
                .with_help("correct its path in huntsman.toml, which is relative to the folder of that file"))
        };
    }
    if name == SAMPLE {
        return cache::sample();
    }
    let known = names.keys().map(String::as_str).chain([SAMPLE]);
    let help =
        did_you_mean_file(&path, |_| true, known).unwrap_or_else(|| format!("name a store, a file or folder of raw logs, or `{SAMPLE}` for made-up telemetry"));
    Err(Fault::new("source::absent", format!("there is no source `{name}`")).with_help(help))
}

/// What `--store` names must be a folder.
pub fn folder_of(store: &Path) -> Result<(), Fault> {
    match store.to_str().and_then(|name| name.split_once("://")) {
        None => Ok(()),
        Some((scheme, _)) => {
            Err(Fault::new("store::scheme", format!("{scheme}:// is no store that this version writes")).with_help("a store is a folder: --store DIR"))
        }
    }
}

pub fn is_store(path: &Path) -> bool {
    path.join(MANIFEST).is_file()
}

/// `sample DIR`.
pub fn write_sample(folder: &Path) -> Result<u8, Fault> {
    let is_empty = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => {
            return Err(Fault::new("sample::folder", format!("{}: {}", folder.display(), reason(&error))).with_help("name a folder that does not exist yet"));
        }
    };
    if !is_empty {
        return Err(Fault::new("sample::folder", format!("{} is not empty", folder.display())).with_help("name a folder that does not exist yet"));
    }
    crate::sample::write(folder).map_err(|error| {
        Fault::new("sample::write", format!("{}: {}", folder.display(), reason(&error))).with_help("name a folder that can be written, on a disk with room")
    })?;
    let place = crate::present::clean::escape(&folder.display().to_string()).into_owned();
    write_stdout(format!("{place}: made-up telemetry; try: huntsman sources --source {place}\n").as_bytes())?;
    Ok(DONE)
}

/// No source: what needs none still works.
pub struct Nowhere;

impl Backend for Nowhere {
    fn name(&self) -> &str {
        "no source"
    }

    fn inventory(&self) -> Result<Arc<Inventory>, BackendError> {
        Err(BackendError::Nowhere)
    }

    fn explain(&self, _: &Plan) -> Result<String, BackendError> {
        Err(BackendError::Nowhere)
    }

    fn run(&self, _: &Plan, _: &Limits) -> Result<Frame, BackendError> {
        Err(BackendError::Nowhere)
    }

    fn preview(&self, _: &Plan, _: &Wanted, _: &Limits) -> Result<Preview, BackendError> {
        Err(BackendError::Nowhere)
    }

    fn pieces(&self, _: &Plan, _: &Limits) -> Result<Answered, BackendError> {
        Err(BackendError::Nowhere)
    }

    fn knows_places(&self) -> bool {
        false
    }
}
