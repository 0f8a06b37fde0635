//! Imports: the embedded library, and files below the allowed roots.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};

use super::fault;
use super::file;
use super::library;
use super::run::Run;
use crate::diag::{Fault, did_you_mean};

pub(super) struct Modules {
    run: Arc<Run>,
    loaded: Mutex<BTreeMap<String, Shared<Module>>>,
    /// Ids and shown names of the modules that are being loaded, outermost first.
    loading: Mutex<Vec<(String, String)>>,
}

impl Modules {
    pub fn new(run: Arc<Run>) -> Modules {
        Modules { run, loaded: Mutex::default(), loading: Mutex::default() }
    }

    /// The module's id, the name that people see, and its text.
    fn read(&self, importer: Option<&str>, path: &str) -> Result<(String, String, String), Fault> {
        if path.starts_with("std/") {
            return match library::find(path) {
                Some(text) => Ok((path.into(), path.into(), text.into())),
                None => {
                    let names: Vec<String> = library::LIBRARY.iter().map(|(name, _)| format!("std/{name}")).collect();
                    let help = did_you_mean(path, names.iter().map(String::as_str)).unwrap_or_else(|| format!("the library has {}", names.join(" ")));
                    Err(Fault::new("module::unknown", format!("the library has no `{path}`")).with_help(help))
                }
            };
        }
        let file = self.locate(importer, path)?;
        let id = file.display().to_string();
        let text = file::read(&file, path)?;
        Ok((id, format!("{path}.rhai").replace(".rhai.rhai", ".rhai"), text))
    }

    fn roots(&self, importer: Option<&str>) -> Vec<PathBuf> {
        let own = self.run.state().home.clone();
        let beside = importer.and_then(|id| Path::new(id).parent()).filter(|folder| folder.is_absolute()).map(Path::to_path_buf);
        beside.into_iter().chain(own).chain(self.run.setup.roots.iter().cloned()).collect()
    }

    fn locate(&self, importer: Option<&str>, path: &str) -> Result<PathBuf, Fault> {
        let outside = || {
            Fault::new("module::outside", format!("`{path}` lies outside the allowed folders"))
                .with_help("imports are relative to the importing file and stay below the playbook's folder")
        };
        let wanted = Path::new(path);
        if wanted.is_absolute() || wanted.components().any(|part| matches!(part, Component::Prefix(_) | Component::RootDir)) || path.contains('\\') {
            return Err(outside());
        }
        let allowed: Vec<PathBuf> = self.run.state().home.iter().chain(&self.run.setup.roots).filter_map(|root| root.canonicalize().ok()).collect();
        let mut file = wanted.to_path_buf();
        if file.extension().is_none_or(|extension| extension != "rhai") {
            file.as_mut_os_string().push(".rhai");
        }
        for root in self.roots(importer) {
            let Ok(found) = root.join(&file).canonicalize() else { continue };
            return if found.is_file() && allowed.iter().any(|root| found.starts_with(root)) { Ok(found) } else { Err(outside()) };
        }
        if wanted.components().any(|part| part == Component::ParentDir) && self.leaves(importer, wanted, &allowed) {
            return Err(outside());
        }
        let near = self.neighbours(importer);
        let help = did_you_mean(path, near.iter().map(String::as_str)).unwrap_or_else(|| "imports are relative to the importing file, without `.rhai`".into());
        Err(Fault::new("module::unknown", format!("there is no module `{path}`")).with_help(help))
    }

    fn leaves(&self, importer: Option<&str>, wanted: &Path, allowed: &[PathBuf]) -> bool {
        let Some(start) = self.roots(importer).into_iter().next().and_then(|root| root.canonicalize().ok()) else { return true };
        let mut at = start;
        for part in wanted.components() {
            match part {
                Component::ParentDir => {
                    at.pop();
                }
                part => at.push(part),
            }
        }
        !allowed.iter().any(|root| at.starts_with(root))
    }

    fn neighbours(&self, importer: Option<&str>) -> Vec<String> {
        let mut names: Vec<String> = library::LIBRARY.iter().map(|(name, _)| format!("std/{name}")).collect();
        for root in self.roots(importer) {
            let entries = std::fs::read_dir(root).into_iter().flatten().filter_map(Result::ok).take(1_000);
            let stems = entries.filter_map(|entry| entry.file_name().to_str().and_then(|name| name.strip_suffix(".rhai")).map(str::to_string));
            names.extend(stems);
        }
        names
    }

    fn load(&self, engine: &Engine, id: &str, name: &str, text: &str, at: Position) -> Result<Shared<Module>, Box<EvalAltResult>> {
        self.run.sources.add_text(id, name, text);
        let inside = |error: Box<EvalAltResult>| Box::new(EvalAltResult::ErrorInModule(id.into(), error, at));
        let mut tree = engine.compile(super::without_shebang(text)).map_err(|error| inside(error.into()))?;
        tree.set_source(id);
        self.run.sources.add_tree(id, &tree);
        if let Some((fault, place)) = super::traps::hidden_builtin(engine, &tree, text) {
            return Err(inside(fault::raise(fault, place)));
        }
        let mut module = Module::eval_ast_as_new(Scope::new(), &tree, engine).map_err(inside)?;
        module.set_id(id);
        Ok(module.into())
    }
}

impl ModuleResolver for Modules {
    fn resolve(&self, engine: &Engine, importer: Option<&str>, path: &str, at: Position) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let (id, name, text) = self.read(importer, path).map_err(|fault| fault::raise(fault, at))?;
        if let Some(module) = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(module.clone());
        }
        let own = self.run.state().main.clone();
        {
            let mut loading = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
            let chain: Vec<(String, String)> = own.into_iter().chain(loading.iter().cloned()).collect();
            if let Some(start) = chain.iter().position(|(open, _)| *open == id) {
                let names: Vec<&str> = chain[start..].iter().chain([&chain[start]]).map(|(_, name)| name.as_str()).collect();
                let fault = Fault::new("module::cycle", format!("these modules import each other: {}", names.join(" → ")))
                    .with_help("move what both need into a third module");
                return Err(fault::raise(fault, at));
            }
            loading.push((id.clone(), name.clone()));
        }
        let loaded = self.load(engine, &id, &name, &text, at);
        self.loading.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let module = loaded?;
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).insert(id, module.clone());
        Ok(module)
    }
}
