//! `huntsman sources`: what is there.

use std::path::Path;

use super::context::Context;
use super::output::{self, Files};
use super::{DONE, source};
use crate::backend::BackendError;
use crate::diag::Fault;
use crate::present::{Format, Style, inventory};
use crate::store::Store;

/// With `verify` every file of the store is read, and one that is not as it was written is an error.
pub fn sources(context: &Context, verify: bool) -> Result<u8, Fault> {
    let files = Files::open(&context.common.outputs)?;
    let verified = match source::store(context)?.filter(|_| verify) {
        Some((root, _)) => Some(whole_files(context, &root).map_err(|error| Fault::from(&error))?),
        None => None,
    };
    let backend = source::open(context)?;
    let holdings = backend.inventory().map_err(|error| Fault::from(&error))?;
    let render = |format: Format, style: &Style| inventory(backend.name(), &holdings, verified, format, style);
    context.answer(files, output::text(render))?;
    Ok(DONE)
}

/// How many files are as they were written.
fn whole_files(context: &Context, root: &Path) -> Result<u64, BackendError> {
    let limits = context.limits();
    Store::open(root)?.verify(|| limits.check())
}
