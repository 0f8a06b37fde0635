//! The first line: what can be asked, and of when.

use crate::backend::{Backend, BackendError};
use crate::cli::context::Context;
use crate::hunt::period::today;
use crate::present::clean::escape;
use crate::present::{Precision, Style, Tone, prose, time, toned};

pub fn greet(context: &Context, backend: &dyn Backend) -> String {
    let style: &Style = &context.terminal.out;
    let head = format!("Huntsman {}", env!("CARGO_PKG_VERSION"));
    let said = match backend.inventory() {
        Err(BackendError::Nowhere) => "no source: start with --source STORE, or --source sample to try; :help tells what there is".to_string(),
        Err(error) => format!("{}: {}", escape(backend.name()), escape(&error.to_string())),
        Ok(inventory) => {
            let machines = inventory.machines.len();
            let machines = format!("{machines} machine{}", if machines == 1 { "" } else { "s" });
            match inventory.span() {
                None if inventory.streams.is_empty() => format!("{}: {machines}, no telemetry", escape(backend.name())),
                None => format!("{}: {machines}, no row has a time", escape(backend.name())),
                Some((first, last)) => {
                    let at = |moment: i64| time(moment, Precision::Minutes, context.zone);
                    let today = context.period.unwrap_or_else(|| today(context.now, context.zone));
                    let is_outside = today.to.is_some_and(|to| first >= to) || today.from.is_some_and(|from| last < from);
                    let how = if is_outside { "; nothing of today: say :period all or set_period(all_time())" } else { "" };
                    format!("{}: {machines}, {} to {}{how}", escape(backend.name()), at(first), at(last))
                }
            }
        }
    };
    let words = prose(&format!("{head}  {said}"), 2, style.width);
    let rest = words.strip_prefix(&head).unwrap_or(&words);
    format!("{}{rest}\n", toned(&head, Tone::Heading, style))
}
