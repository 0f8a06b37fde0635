//! A session: the engine, its variables, and every call on a thread with a stack that deep playbooks fit in.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use rhai::{AST, ASTNode, Dynamic, Engine, EvalAltResult, Module, ParseError, Scope, Shared, Stmt};

use super::builtins::{Bins, Collection, Group, answer_of};
use super::engine::{Built, STACK};
use super::run::Run;
use super::{About, Needs, Setup, about as reading, doc, fault, needs, technique, traps, without_shebang};
use crate::diag::{Fault, defect};
use crate::hunt::outcome::{self, Declared};
use crate::report::{Reply, Report, Verdict};

pub(super) struct Inner {
    pub run: Arc<Run>,
    pub built: Built,
    pub scope: Scope<'static>,
    inputs: usize,
}

impl Inner {
    pub fn new(setup: Setup) -> Inner {
        Inner::with(Run::new(setup, false))
    }

    pub fn with(run: Run) -> Inner {
        let run = Arc::new(run);
        Inner { built: Built::new(&run), run, scope: Scope::new(), inputs: 0 }
    }

    /// A session of its own with an engine that another one no longer needs.
    pub fn again(run: Run, mut built: Built) -> Inner {
        let run = Arc::new(run);
        built.serve(&run);
        Inner { built, run, scope: Scope::new(), inputs: 0 }
    }

    /// The engine, for another session.
    pub fn into_built(self) -> Built {
        self.built
    }

    /// A text as a tree; its text is kept under the id.
    pub fn compile(&mut self, id: &str, name: &str, text: &str) -> Result<AST, Fault> {
        self.run.sources.add_text(id, name, text);
        self.built.memory.reset();
        let text = without_shebang(text);
        let mut tree =
            self.built.engine.compile_with_scope(&self.scope, &text).map_err(|error: ParseError| fault::of_parse(&self.built.engine, &self.run, id, &error))?;
        tree.set_source(id);
        self.run.sources.add_tree(id, &tree);
        match traps::hidden_builtin(&self.built.engine, &tree, &text) {
            Some((mut fault, at)) => {
                fault.places.extend(self.run.sources.place(id, at, None));
                Err(fault)
            }
            None => Ok(tree),
        }
    }

    pub fn explained(&self, id: &str, error: &EvalAltResult) -> Fault {
        fault::explain(&self.built.engine, &self.run, id, error)
    }

    /// A playbook's run; `shown` is what people call it.
    pub fn run(&mut self, playbook: &Path, shown: &str, text: &str) -> (Report, Option<Fault>) {
        on_own_stack(|| self.run_here(playbook, shown, text)).unwrap_or_else(|fault| (self.report(shown, None), Some(fault)))
    }

    fn run_here(&mut self, playbook: &Path, shown: &str, text: &str) -> (Report, Option<Fault>) {
        let (id, tree) = match self.open(playbook, shown, text) {
            Ok(opened) => opened,
            Err(fault) => return (self.report(shown, None), Some(fault)),
        };
        let needs = match self.needs(&id, &tree) {
            Ok(needs) => needs,
            Err(faults) => return (self.report(shown, Some(&tree)), faults.into_iter().next()),
        };
        for (at, mut warning) in traps::kept_closures(&tree) {
            warning.places.extend(self.run.sources.place(&id, at, None));
            self.run.warn(warning);
        }
        if let Some(source) = self.run.sources.text(&id) {
            technique::warnings(&source, &tree).into_iter().chain(needs::warnings(&source, &tree)).for_each(|warning| self.run.warn(warning));
        }
        let done = self.built.engine.eval_ast_with_scope::<Dynamic>(&mut self.scope, &tree).map_err(|error| self.explained(&id, &error));
        let failed = done.and_then(|_| self.run.cover_declared(&needs)).err();
        if let (Some(warning), None) = (self.run.unused_period(), &failed) {
            self.run.warn(warning);
        }
        (self.report(shown, Some(&tree)), failed)
    }

    /// A playbook's id and tree; `shown` is what people call it.
    pub fn open(&mut self, playbook: &Path, shown: &str, text: &str) -> Result<(String, AST), Fault> {
        let real = playbook.canonicalize().unwrap_or_else(|_| playbook.to_path_buf());
        let id = real.display().to_string();
        {
            let mut state = self.run.state();
            state.main = Some((id.clone(), shown.to_string()));
            state.home = real.parent().map(Path::to_path_buf);
        }
        let tree = self.compile(&id, shown, text)?;
        Ok((id, tree))
    }

    /// What the playbook declares to need, or every word of it that names nothing.
    pub fn needs(&self, id: &str, tree: &AST) -> Result<Vec<Declared>, Vec<Fault>> {
        match self.run.sources.text(id) {
            Some(source) => needs::read(&source, tree),
            None => Ok(Vec::new()),
        }
    }

    /// What the playbook says of itself, and what the source shows of its needs.
    pub fn declared_needs(&mut self, playbook: &Path, text: &str) -> Result<Needs, Fault> {
        on_own_stack(|| {
            let (id, tree) = self.open(playbook, &playbook.display().to_string(), text)?;
            let needs = match self.needs(&id, &tree) {
                Ok(needs) => needs,
                Err(faults) => return Err(faults.into_iter().next().unwrap_or_else(|| defect::fault(&"a need without a fault"))),
            };
            self.run.cover_declared(&needs)?;
            let days = self.run.covered_days(&needs)?;
            let coverage = std::mem::take(&mut self.run.state().coverage);
            Ok(Needs { title: doc::read(&tree).title, techniques: technique::ids(&tree), is_declared: !needs.is_empty(), coverage, days })
        })?
    }

    /// The report of a run that has not begun.
    pub fn unread(&self, playbook: &Path) -> Report {
        self.report(&playbook.display().to_string(), None)
    }

    fn report(&self, shown: &str, tree: Option<&AST>) -> Report {
        let mut state = self.run.state();
        let findings = std::mem::take(&mut state.findings);
        let is_found = findings.iter().any(|finding| finding.answered.is_none());
        let coverage = std::mem::take(&mut state.coverage);
        let doc = tree.map(doc::read).unwrap_or_default();
        Report {
            playbook: shown.to_string(),
            title: Some(doc.title).filter(|title| !title.is_empty()),
            techniques: tree.map(technique::ids).unwrap_or_default(),
            sections: doc.sections.into_iter().map(|section| (section.heading.clone(), section.text())).collect(),
            verdict: Verdict::default(),
            outcome: outcome::outcome(is_found, &coverage),
            findings,
            items: std::mem::take(&mut state.items),
            coverage,
            params: std::mem::take(&mut state.params),
            period: self.run.setup.period.unwrap_or_else(|| crate::hunt::period::today(self.run.setup.now, self.run.setup.zone)),
            warnings: std::mem::take(&mut state.warnings),
            gone: None,
            suppressed: std::mem::take(&mut state.suppressed),
            is_since_last_run: state.is_since_last_run,
        }
    }

    pub fn input(&mut self, text: &str) -> Result<Reply, Fault> {
        on_own_stack(|| {
            {
                // What an input said before it failed is not what this one says.
                let mut state = self.run.state();
                state.items.clear();
                state.findings.clear();
                state.warnings.clear();
                state.asked.clear();
                state.declared.clear();
            }
            let value = self.evaluate(text)?;
            let answer = answer_of(&self.run, &value);
            let mut state = self.run.state();
            let answer = answer?;
            Ok(Reply {
                items: std::mem::take(&mut state.items),
                findings: std::mem::take(&mut state.findings),
                answer,
                warnings: std::mem::take(&mut state.warnings),
            })
        })?
    }

    /// Runs one input, and keeps what it leaves: variables, functions, imports, `it`.
    pub fn evaluate(&mut self, text: &str) -> Result<Dynamic, Fault> {
        self.inputs += 1;
        let id = format!("<input:{}>", self.inputs);
        // A line that starts with a dot goes on from the last answer.
        let text = if text.trim_start().starts_with('.') { format!("it{}", text.trim_start()) } else { text.to_string() };
        let name = if self.inputs == 1 { "<input>".to_string() } else { id.clone() };
        let tree = self.compile(&id, &name, &text)?;
        for (at, mut warning) in traps::kept_closures(&tree) {
            warning.places.extend(self.run.sources.place(&id, at, None));
            self.run.warn(warning);
        }
        let before = self.scope.len();
        let done = self.built.engine.eval_ast_with_scope::<Dynamic>(&mut self.scope, &tree);
        if done.is_err() {
            self.scope.rewind(before);
        }
        self.keep_definitions(&id, &tree)?;
        let value = done.map_err(|error| self.explained(&id, &error))?.flatten();
        if !value.is_unit() {
            match self.scope.contains("it") {
                true => {
                    self.scope.set_value("it", value.clone());
                }
                false => {
                    self.scope.push_dynamic("it", value.clone());
                }
            }
        }
        let names = self.scope.iter().map(|(name, ..)| name.to_string()).collect();
        self.run.state().variables = names;
        Ok(value)
    }

    /// Functions and imports of an input are seen by the following ones.
    pub fn keep_definitions(&mut self, id: &str, tree: &AST) -> Result<(), Fault> {
        if tree.has_functions() {
            let functions = tree.clone_functions_only();
            let mut module = Module::eval_ast_as_new(Scope::new(), &functions, &self.built.engine).map_err(|error| self.explained(id, &error))?;
            module.set_id(id);
            let module: Shared<Module> = module.into();
            self.built.engine.register_global_module(module.clone());
            self.run.sources.add_session(module);
        }
        for (path, alias, at) in imports(tree) {
            if let Ok(module) = self.built.engine.module_resolver().resolve(&self.built.engine, Some(id), &path, at) {
                self.built.engine.register_static_module(alias.as_str(), module.clone());
                self.run.sources.add_alias(&alias, module);
            }
        }
        Ok(())
    }

    pub fn explain(&mut self, text: &str) -> Result<String, Fault> {
        on_own_stack(|| {
            let value = self.evaluate(text)?;
            let plan = if let Some(collection) = value.read_lock::<Collection>() {
                collection.plan.clone()
            } else if let Some(group) = value.read_lock::<Group>() {
                group.counted().map_err(|error| Fault::from(&error))?.plan
            } else if let Some(bins) = value.read_lock::<Bins>() {
                bins.plan()
            } else {
                return Err(
                    Fault::new("explain::nothing", "this asks no source").with_help("explain a query: `Client(\"all\").get_executions().filter(|e| …)`")
                );
            };
            self.run.setup.backend.explain(&plan).map_err(|error| Fault::from(&error))
        })?
    }
}

/// Literal imports at the top level: path, alias, place.
fn imports(tree: &AST) -> Vec<(String, String, rhai::Position)> {
    let mut found = Vec::new();
    tree.walk(&mut |path| {
        if let [ASTNode::Stmt(Stmt::Import(import, at))] = path
            && let rhai::Expr::StringConstant(name, _) = &import.0
            && !import.1.name.is_empty()
        {
            found.push((name.to_string(), import.1.name.to_string(), *at));
        }
        true
    });
    found
}

/// Runs on a thread whose stack deep expressions fit in; a panic becomes a fault and the session goes on.
pub(super) fn on_own_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Fault> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("script".into()).stack_size(STACK).spawn_scoped(scope, || catch_unwind(AssertUnwindSafe(work)));
        match thread.map_err(|error| defect::fault(&error.to_string()))?.join() {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(payload)) | Err(payload) => Err(defect::fault(&*payload)),
        }
    })
}

pub(super) fn about(text: &str) -> Result<About, Fault> {
    on_own_stack(|| {
        let mut engine = Engine::new();
        engine.set_optimization_level(rhai::OptimizationLevel::None);
        engine.set_max_expr_depths(0, 0);
        let _ = super::words::free(&mut engine);
        let tree = engine.compile(without_shebang(text)).map_err(|error| {
            let fault = super::syntax::fault(&error.0);
            match (error.1.line(), error.1.position()) {
                (Some(line), Some(column)) => Fault { message: format!("{} (line {line}, column {column})", fault.message), ..fault },
                _ => fault,
            }
        })?;
        Ok(reading::read(&tree))
    })?
}
