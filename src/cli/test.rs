//! `huntsman test`: the tests of playbooks, files beside each other, in one process.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::args::Test;
use super::context::Context;
use super::output::{self, Files, write_stdout};
use super::source::Nowhere;
use super::{DONE, FAILED, FOUND, playbooks};
use crate::diag::Fault;
use crate::present::{Format, Style, csv_lines, junit, trials, written};
use crate::report::{Ending, Filter, Suite};
use crate::script::{Part, Setup, test as run_tests};

/// Exit code 0 when all passed, 1 when some did not, 2 when a file could not be run.
pub fn test(context: &Context, arguments: &Test) -> Result<u8, Fault> {
    let found = playbooks::find_tests(&arguments.paths)?;
    let files = Files::open(&context.common.outputs)?;
    let report = Files::open_as(&arguments.junit.iter().map(|path| (path.clone(), Format::Junit)).collect::<Vec<_>>())?.apart_from(&files)?;
    let suites = run_all(context, &found, &arguments.only)?;
    let filters = merged(&suites);
    if suites.iter().all(|suite| suite.trials.is_empty() && suite.fault.is_none()) {
        let message = format!("no test has `{}` in its name", arguments.only);
        return Err(Fault::new("trial::none", message).with_help("`--only` takes a part of a test's name; without it all are run"));
    }
    for fault in suites.iter().flat_map(|suite| suite.warnings.iter().chain(suite.trials.iter().flat_map(|trial| &trial.warnings))) {
        context.terminal.fault(fault);
    }
    let render = |format: Format, style: &Style| shown(&suites, &filters, format, style);
    match context.terminal.format {
        Format::Table => {
            let style = &context.terminal.out;
            for suite in &suites {
                write_stdout(trials::suite(suite, style).as_bytes())?;
                let ended = suite.trials.iter().filter_map(|trial| trial.ending.fault());
                suite.fault.iter().chain(ended).for_each(|fault| context.terminal.fault(fault));
            }
            write_stdout(trials::summary(&suites, &filters, style).as_bytes())?;
        }
        format => write_stdout(render(format, &context.terminal.out).as_bytes())?,
    }
    files.write(output::text(render), context.zone)?;
    report.write(output::text(render), context.zone)?;
    context.terminal.tell(|| format!("took {:.2} s", context.elapsed().as_secs_f64()));
    let is_passed = |suite: &Suite| suite.trials.iter().all(|trial| trial.ending == Ending::Passed);
    let is_broken = suites.iter().any(|suite| suite.fault.is_some());
    Ok(if is_broken {
        FAILED
    } else if suites.iter().all(is_passed) {
        DONE
    } else {
        FOUND
    })
}

/// As many files at once as there are cores, or parts of fewer files; the answers in the order of the files.
fn run_all(context: &Context, found: &[PathBuf], only: &str) -> Result<Vec<Suite>, Fault> {
    let outer = context.setup(Arc::new(Nowhere), BTreeMap::new())?;
    let setup = Setup { zone: outer.zone, roots: outer.roots, limits: outer.limits, programs: outer.programs, ..Setup::of(outer.backend, outer.now) };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let of = cores.div_ceil(found.len().max(1));
    let parts: Vec<(usize, &PathBuf, Part)> =
        found.iter().enumerate().flat_map(|(at, file)| (0..of).map(move |number| (at, file, Part { number, of }))).collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..cores.min(parts.len()) {
            scope.spawn(|| {
                while let Some((at, file, part)) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let suite = run_tests(setup.clone(), file, only, *part);
                    done.lock().unwrap_or_else(PoisonError::into_inner).insert((*at, part.number), suite);
                }
            });
        }
    });
    let mut suites: Vec<Suite> = Vec::new();
    for ((_, number), suite) in done.into_inner().unwrap_or_else(PoisonError::into_inner) {
        match suites.last_mut().filter(|_| number > 0) {
            None => suites.push(suite),
            Some(whole) => {
                whole.trials.extend(suite.trials);
                whole.filters.extend(suite.filters);
                whole.trials.sort_by_key(|trial| trial.place.as_ref().map(|place| place.span.start));
            }
        }
    }
    Ok(suites)
}

/// Each filter once, over all files.
fn merged(suites: &[Suite]) -> Vec<Filter> {
    let mut all: BTreeMap<(String, usize), Filter> = BTreeMap::new();
    for filter in suites.iter().flat_map(|suite| &suite.filters) {
        let known = all.entry((filter.place.source.name.clone(), filter.place.span.start)).or_insert_with(|| filter.clone());
        known.was_true |= filter.was_true;
        known.was_false |= filter.was_false;
    }
    all.into_values().collect()
}

fn shown(suites: &[Suite], filters: &[Filter], format: Format, style: &Style) -> String {
    match format {
        Format::Table | Format::Markdown | Format::Html | Format::Sarif => trials::text(suites, filters, style),
        Format::Junit => written(|out| junit::write(out, "huntsman test", &trials::groups(suites, style.zone))),
        Format::Json => trials::json(suites, filters),
        Format::Ndjson => trials::lines(suites, filters),
        Format::Csv => csv_lines(&["File", "Test", "Result", "Message"], trials::rows(suites)),
    }
}
