//! `huntsman eval`: one answer.

use std::collections::BTreeMap;

use super::context::Context;
use super::output::{Files, to_stdout};
use super::{DONE, source};
use crate::diag::Fault;
use crate::present::{Format, reply};
use crate::script::Session;

pub fn eval(context: &Context, expression: &str) -> Result<u8, Fault> {
    if expression.trim().is_empty() {
        return Err(Fault::new("usage::missing", "the expression is empty").with_help("such as 'Client(\"all\", all_time()).get_executions().count()'"));
    }
    let files = Files::open(&context.common.outputs)?;
    let backend = source::open(context)?;
    let mut session = Session::new(context.setup(backend, BTreeMap::new())?);
    let said = match session.input(expression) {
        Ok(said) => said,
        Err(fault) => {
            tell_unfinished(context, &mut session)?;
            return Err(fault);
        }
    };
    said.warnings.iter().for_each(|warning| context.terminal.fault(warning));
    session.unused_period().iter().for_each(|warning| context.terminal.fault(warning));
    context.warn_of_nothing(&session.coverage());
    context.answer(files, |out, format, style| reply(out, &said, format, style))?;
    context.terminal.tell(|| format!("took {:.2} s", context.elapsed().as_secs_f64()));
    Ok(DONE)
}

/// What was printed before a mistake, for people; programs get an answer or none.
pub fn tell_unfinished(context: &Context, session: &mut Session) -> Result<(), Fault> {
    let said = session.unfinished();
    said.warnings.iter().for_each(|warning| context.terminal.fault(warning));
    match context.terminal.format {
        Format::Table => to_stdout(|out| reply(out, &said, Format::Table, &context.terminal.out)),
        Format::Json | Format::Ndjson | Format::Csv | Format::Markdown | Format::Html | Format::Sarif | Format::Junit => Ok(()),
    }
}
