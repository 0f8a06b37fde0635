//! Files that a script names: they lie below its own folder, or below one of the folders that the run allows.

use std::path::{Component, Path, PathBuf};

use super::run::Run;
use crate::diag::{Fault, did_you_mean_file};

/// The file that a path means, seen from the source with this id.
pub(super) fn locate(run: &Run, from: Option<&str>, path: &str) -> Result<PathBuf, Fault> {
    let outside = || {
        Fault::new("file::outside", format!("`{path}` lies outside the allowed folders"))
            .with_help("files are named relative to the script, and lie below its folder or the one that the program was started in")
    };
    let wanted = Path::new(path);
    if wanted.is_absolute() || wanted.components().any(|part| matches!(part, Component::Prefix(_) | Component::RootDir)) {
        return Err(outside());
    }
    let own = run.state().home.clone();
    let allowed: Vec<PathBuf> = own.iter().chain(&run.setup.roots).filter_map(|root| root.canonicalize().ok()).collect();
    let beside = from.and_then(|id| Path::new(id).parent()).filter(|folder| folder.is_absolute()).map(Path::to_path_buf);
    let places: Vec<PathBuf> = beside.into_iter().chain(allowed.iter().cloned()).map(|root| root.join(wanted)).collect();
    match places.iter().find_map(|place| place.canonicalize().ok()) {
        Some(found) if allowed.iter().any(|root| found.starts_with(root)) => Ok(found),
        Some(_) => Err(outside()),
        None => {
            let help = near(&places, wanted).unwrap_or_else(|| "files are named relative to the script".into());
            Err(Fault::new("file::absent", format!("there is no file `{path}`")).with_help(help))
        }
    }
}

/// Files with a name like it where it was looked for first, written as it was.
fn near(places: &[PathBuf], wanted: &Path) -> Option<String> {
    let place = places.first()?;
    let folder = place.parent()?.display().to_string();
    let shown = wanted.parent().map(|folder| folder.display().to_string()).filter(|folder| !folder.is_empty()).map(|folder| folder + "/").unwrap_or_default();
    did_you_mean_file(place, |_| true, []).map(|help| help.replace(&(folder + "/"), &shown))
}
