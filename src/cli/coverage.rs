//! `huntsman coverage`: which techniques playbooks hunt, and on which machines and days the source shows what they need.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::output::{self, Files};
use super::{DONE, FAILED, playbooks, source};
use crate::diag::Fault;
use crate::hunt::matrix::Matrix;
use crate::present::{self, Format};
use crate::script::{Session, read_playbook};

pub fn coverage(context: &Context, paths: &[PathBuf], navigator: Option<&Path>) -> Result<u8, Fault> {
    let found = playbooks::find_hunts(paths)?;
    let files = Files::open(&context.common.outputs)?;
    let layer = Files::open_as(&navigator.iter().map(|path| (path.to_path_buf(), Format::Json)).collect::<Vec<_>>())?.apart_from(&files)?;
    let backend = source::open(context)?;
    let holdings = backend.inventory().map_err(|error| Fault::from(&error))?;
    let (mut matrix, mut code) = (Matrix::default(), DONE);
    for playbook in found {
        let mut session = Session::new(context.setup(backend.clone(), BTreeMap::new())?);
        match read_playbook(&playbook).and_then(|text| session.needs(&playbook, &text)) {
            Ok(needs) => matrix.add(&playbook.display().to_string(), &needs.techniques, &needs.days),
            Err(fault) => {
                context.terminal.fault(&fault);
                code = FAILED;
            }
        }
    }
    context.answer(files, output::text(|format, style| present::matrix(&matrix, &holdings, format, style)))?;
    layer.write(output::text(|_, _| present::navigator(&matrix)), context.zone)?;
    Ok(code)
}
