//! The prompt: statements, their answers, and a session that outlives mistakes and Ctrl-C.

mod command;
mod greeting;
mod history;
mod line;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal};
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};

use self::command::Next;
use self::line::Line;
use super::context::Context;
use super::eval::tell_unfinished;
use super::output::{write_stderr, write_stdout};
use super::{DONE, FAILED, source};
use crate::diag::Fault;
use crate::script::{Session, is_complete};

/// Inputs that the history keeps.
const REMEMBERED: usize = 5_000;

pub fn converse(context: &Context) -> Result<u8, Fault> {
    let backend = source::open(context)?;
    let session = Session::new(context.setup(backend.clone(), BTreeMap::new())?);
    let mut talk = Talk { context, session: Rc::new(RefCell::new(session)), failed: false };
    if std::io::stdin().is_terminal() {
        let words = greeting::greet(context, &*backend);
        write_stdout(words.as_bytes())?;
        talk.at_a_terminal()
    } else {
        talk.through_a_pipe()
    }
}

struct Talk<'a> {
    context: &'a Context<'a>,
    session: Rc<RefCell<Session>>,
    failed: bool,
}

impl Talk<'_> {
    /// Editing, history, completion; a mistake never ends it.
    fn at_a_terminal(&mut self) -> Result<u8, Fault> {
        let broken = |error: ReadlineError| {
            Fault::new("repl::terminal", format!("the terminal can't be used: {error}")).with_help("through a pipe it answers line by line")
        };
        let config = Config::builder()
            .max_history_size(REMEMBERED)
            .map_err(broken)?
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .auto_add_history(false)
            .bracketed_paste(true)
            .build();
        let mut editor: Editor<Line, FileHistory> = Editor::with_config(config).map_err(broken)?;
        editor.set_helper(Some(Line { session: self.session.clone(), style: self.context.terminal.out }));
        let history = history::file();
        if let Some(history) = &history {
            drop(editor.load_history(history));
        }
        loop {
            match editor.readline("huntsman> ") {
                Ok(input) => {
                    self.remember(&mut editor, history.as_deref(), &input);
                    if self.take(&input)? == Next::Leave {
                        break;
                    }
                }
                Err(ReadlineError::Interrupted) => continue,
                Err(ReadlineError::Eof) => break,
                Err(error) => return Err(broken(error)),
            }
        }
        Ok(DONE)
    }

    /// Written at once: a window that is closed takes nothing with it.
    fn remember(&self, editor: &mut Editor<Line, FileHistory>, file: Option<&Path>, input: &str) {
        let input = input.trim_end();
        if input.trim().is_empty() || history::is_secret(input) {
            return;
        }
        let kept = editor.add_history_entry(input).and_then(|_| file.map_or(Ok(()), |file| editor.append_history(file)));
        if let Err(error) = kept {
            self.context.terminal.tell(|| format!("the history was not kept: {error}"));
        }
    }

    /// Statements as they become whole; no prompt, and exit code 2 when any of them failed.
    fn through_a_pipe(&mut self) -> Result<u8, Fault> {
        let unreadable = |error: std::io::Error| Fault::new("repl::stdin", format!("stdin can't be read: {error}")).with_help("statements are UTF-8 text");
        let mut pending = String::new();
        for line in std::io::stdin().lock().lines() {
            let line = line.map_err(unreadable)?;
            if pending.is_empty() && line.trim().is_empty() {
                continue;
            }
            pending.push_str(&line);
            let is_command = pending.trim_start().starts_with(':');
            if is_command || is_complete(&pending) || is_complete(&format!("{pending}\n")) && line.trim().is_empty() {
                if self.take(&std::mem::take(&mut pending))? == Next::Leave {
                    break;
                }
            } else {
                pending.push('\n');
            }
        }
        if !pending.trim().is_empty() {
            self.take(&pending)?;
        }
        Ok(if self.failed { FAILED } else { DONE })
    }

    /// One input: a command of the prompt, or statements.
    fn take(&mut self, input: &str) -> Result<Next, Fault> {
        self.context.interrupted.store(false, Ordering::Relaxed);
        let text = input.trim();
        if text.is_empty() {
            return Ok(Next::Stay);
        }
        let terminal = self.context.terminal;
        let (said, next) = match text.strip_prefix(':') {
            Some(words) => match command::obey(words, &mut self.session.borrow_mut(), terminal) {
                Ok((said, next)) => (Ok(said), next),
                Err(fault) => (Err(fault), Next::Stay),
            },
            None => (self.evaluate(input), Next::Stay),
        };
        match said {
            Ok(said) => write_stdout(said.as_bytes())?,
            Err(fault) => {
                self.failed = true;
                if terminal.err_is_terminal && fault.code == "run::interrupted" {
                    // The terminal has drawn `^C`.
                    write_stderr("\n");
                }
                terminal.fault(&fault);
                if terminal.err_is_terminal {
                    write_stderr("\n");
                }
            }
        }
        self.context.interrupted.store(false, Ordering::Relaxed);
        Ok(next)
    }

    fn evaluate(&mut self, input: &str) -> Result<String, Fault> {
        let terminal = self.context.terminal;
        let answered = self.session.borrow_mut().input(input);
        let said = match answered {
            Ok(said) => said,
            Err(fault) => {
                tell_unfinished(self.context, &mut self.session.borrow_mut())?;
                return Err(fault);
            }
        };
        self.context.warn_of_nothing(&self.session.borrow().asked());
        said.warnings.iter().for_each(|warning| terminal.fault(warning));
        command::written(&said, terminal.format, &terminal.out)
    }
}
