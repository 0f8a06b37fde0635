//! `huntsman sources`: what is there.

use super::context::Context;
use super::output::{Files, write_stdout};
use super::{DONE, source};
use crate::diag::Fault;
use crate::present::{Format, Style, inventory};

pub fn sources(context: &Context) -> Result<u8, Fault> {
    let files = Files::open(&context.common.outputs)?;
    let backend = source::open(context)?;
    let holdings = backend.inventory().map_err(|error| Fault::from(&error))?;
    let render = |format: Format, style: &Style| inventory(backend.name(), &holdings, format, style);
    files.write(render, context.zone)?;
    write_stdout(render(context.terminal.format, &context.terminal.out).as_bytes())?;
    Ok(DONE)
}
