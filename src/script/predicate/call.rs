//! Calls that have a symbolic argument: operators, helpers, closures, text verbs.

use rhai::{Array, Dynamic, FnCallExpr, FnPtr, Position, ScriptFuncDef, Shared};

use super::home::{self, Home};
use super::value::{Symbol, Term, is_symbolic, not, or};
use super::{Answer, LEVELS, Symbolic, refuse, refuse_with};
use crate::diag::did_you_mean;
use crate::plan::Func;
use crate::script::value::{TimePeriod, func_of};

impl Symbolic<'_> {
    pub(super) fn call(&mut self, call: &FnCallExpr, place: Position) -> Answer<Dynamic> {
        let name = call.name.as_str();
        if name == "curry" || name == "Fn" {
            return self.native(&rhai::Expr::FnCall(Box::new(call.clone()), place));
        }
        if call.op_token.is_some() || (matches!(name, "!" | "-" | "+") && call.args.len() == 1) {
            match call.args.len() {
                1 => return self.unary(name, &call.args[0], place),
                2 => return self.binary(name, &call.args[0], &call.args[1], place),
                _ => {}
            }
        }
        let arguments = call.args.iter().map(|argument| self.evaluate(argument)).collect::<Answer<Vec<_>>>()?;
        if !call.namespace.is_empty() {
            let root = call.namespace.root().to_string();
            let sources = &self.run.sources;
            let found =
                self.global.iter_imports().find(|(alias, _)| **alias == root).and_then(|(_, module)| home::within(sources, module, name, arguments.len()));
            let found = found.or_else(|| sources.alias(&root).and_then(|module| home::within(sources, &module, name, arguments.len())));
            return match found {
                Some((definition, home)) => self.inline(&definition, &home, arguments, place),
                None => Err(refuse(format!("`{root}::{name}` can't be asked of a query"), place)),
            };
        }
        if let Some(closure) = self.scope.get(name).and_then(|value| value.flatten_clone().try_cast::<FnPtr>()) {
            return self.invoke(&closure, arguments, place);
        }
        if name == "call"
            && let Some(closure) = arguments.first().and_then(|value| value.clone().try_cast::<FnPtr>())
        {
            return self.invoke(&closure, arguments[1..].to_vec(), place);
        }
        if let Some((definition, home)) = home::find(&self.run.sources, &self.global, name, arguments.len()) {
            return self.inline(&definition, &home, arguments, place);
        }
        match arguments.split_first() {
            Some((receiver, rest)) => self.method(receiver.clone(), name, rest.to_vec(), place),
            None => Err(refuse(format!("`{name}` can't be asked of a query"), place)),
        }
    }

    fn unary(&mut self, name: &str, argument: &rhai::Expr, place: Position) -> Answer<Dynamic> {
        let value = self.evaluate(argument)?;
        match name {
            "!" => {
                let condition = self.condition(&value, argument.start_position())?;
                Ok(self.out(not(condition)))
            }
            "-" => {
                let term = self.term(&value, argument.start_position())?;
                self.call_func(Func::Negate, vec![term], place).map(|term| self.out(term))
            }
            _ => Ok(value),
        }
    }

    /// A helper's body, run with these arguments.
    fn inline(&mut self, definition: &Shared<ScriptFuncDef>, home: &Home, arguments: Vec<Dynamic>, place: Position) -> Answer<Dynamic> {
        let mut global = self.global.clone();
        global.level += 1;
        if global.level > LEVELS {
            let message = format!("`{}` calls itself too deeply for a predicate", definition.name);
            return Err(refuse_with("predicate::recursion", message, "a predicate is written out before it is asked; use a loop over a list", place));
        }
        home::enter(&self.run.sources, &mut global, home);
        let mut frame = Symbolic {
            engine: self.engine,
            run: self.run,
            schema: self.schema,
            global,
            caches: rhai::Caches::new(),
            scope: rhai::Scope::new(),
            rows: self.rows,
            path: Term::truth(true),
            returns: Vec::new(),
            fuel: self.fuel,
            sealed: Vec::new(),
        };
        for (name, value) in definition.params.iter().zip(arguments) {
            frame.scope.push_dynamic(name.clone(), value);
        }
        let answer = frame.run(&home::body(definition));
        self.fuel = frame.fuel;
        answer.map_err(|error| {
            let name = if definition.name.starts_with("anon$") { "a closure".to_string() } else { definition.name.to_string() };
            rhai::EvalAltResult::ErrorInFunctionCall(name, home.clone().unwrap_or_default(), error, place).into()
        })
    }

    pub(super) fn invoke(&mut self, closure: &FnPtr, arguments: Vec<Dynamic>, place: Position) -> Answer<Dynamic> {
        let count = closure.curry().len() + arguments.len();
        let Some((definition, home)) = home::find_closure(&self.run.sources, &self.global, closure.fn_name(), count) else {
            return Err(refuse(format!("a closure of {} parameters is needed here", arguments.len()), place));
        };
        self.inline(&definition, &home, closure.curry().iter().cloned().chain(arguments).collect(), place)
    }

    /// A method or free function that has a symbolic receiver or argument.
    pub(super) fn method(&mut self, receiver: Dynamic, name: &str, arguments: Vec<Dynamic>, place: Position) -> Answer<Dynamic> {
        if name == "call"
            && let Some(closure) = receiver.clone().try_cast::<FnPtr>()
        {
            return self.invoke(&closure, arguments, place);
        }
        if home::find(&self.run.sources, &self.global, name, arguments.len() + 1).is_some() {
            let help = format!("write `{name}(…)`");
            return Err(refuse_with("call::dotted", "a function of the playbook is not called with a dot", help, place));
        }
        if let (Some(period), "contains", [time]) = (receiver.read_lock::<TimePeriod>().map(|period| period.0), name, arguments.as_slice()) {
            return self.in_period(period, time, place);
        }
        if name == "contains" && arguments.len() == 1 && (receiver.is_map() || receiver.is_array() || super::member::is_range(&receiver)) {
            return self.member(receiver, arguments[0].clone(), place);
        }
        if let Some(list) = receiver.read_lock::<Array>().map(|list| list.clone()) {
            return self.of_list(list, name, arguments, place);
        }
        if !is_symbolic(&receiver) && plain_receiver(&receiver).is_none() {
            let message = format!("`{name}` can't use the row: a query inside a predicate is asked once, not for every row");
            return Err(refuse_with("predicate::query", message, "use `join`, `semi` or `anti` for rows that must agree with other rows", place));
        }
        let zone = self.run.setup.zone;
        let Some(func) = func_of(name, zone) else {
            let names = Func::METHODS.iter().map(|func| func.signature().name);
            let help = did_you_mean(name, names).unwrap_or_else(|| "see `:help` for the verbs of columns; `filter_rows(|r| …)` runs any function".into());
            return Err(refuse_with("predicate::function", format!("`{name}` can't be asked of a column"), help, place));
        };
        self.verb(func, receiver, arguments, place)
    }

    fn verb(&mut self, func: Func, receiver: Dynamic, arguments: Vec<Dynamic>, place: Position) -> Answer<Dynamic> {
        let signature = func.signature();
        let (least, most) = signature.arguments;
        if arguments.len() < least || arguments.len() > most {
            let takes = if least == most { format!("{least}") } else { format!("{least} or more") };
            let message = format!("`{}` takes {takes} arguments, not {}", signature.name, arguments.len());
            return Err(refuse_with("call::arguments", message, signature.doc, place));
        }
        let term = self.term(&receiver, place)?;
        let list = (arguments.len() == 1 && signature.test).then(|| arguments[0].read_lock::<Array>().map(|list| list.clone())).flatten();
        if let Some(list) = list {
            let mut any = Term::truth(false);
            for item in list {
                let item = self.argument(func, &item, place)?;
                let test = self.tested(func, vec![term.clone(), item], place)?;
                any = or(any, test);
            }
            return Ok(self.out(any));
        }
        let mut terms = vec![term];
        for argument in &arguments {
            terms.push(self.argument(func, argument, place)?);
        }
        let made = if signature.test { self.tested(func, terms, place)? } else { self.call_func(func, terms, place)? };
        Ok(self.out(made))
    }

    /// A test: false beside a captured value that turns out to be missing.
    fn tested(&self, func: Func, terms: Vec<Term>, place: Position) -> Answer<Term> {
        let missing = func != Func::IsMissing && terms.iter().any(Term::is_missing);
        if missing { Ok(Term::truth(false)) } else { self.call_func(func, terms, place) }
    }

    fn argument(&self, func: Func, value: &Dynamic, place: Position) -> Answer<Term> {
        let term = self.term(value, place)?;
        let wants_number = matches!(func, Func::HasBits | Func::AnyBits);
        Ok(if wants_number { super::operator::as_number(term) } else { term })
    }

    fn of_list(&mut self, list: Array, name: &str, arguments: Vec<Dynamic>, place: Position) -> Answer<Dynamic> {
        if let [argument] = arguments.as_slice()
            && let Some(closure) = argument.clone().try_cast::<FnPtr>()
        {
            return self.over(list, name, &closure, place);
        }
        if name == "len" && arguments.is_empty() {
            return Ok(i64::try_from(list.len()).unwrap_or(i64::MAX).into());
        }
        Err(refuse(format!("`{name}` of a list can't take a column"), place))
    }

    /// `list.some(|x| …)` and its like, written out.
    fn over(&mut self, list: Array, name: &str, closure: &FnPtr, place: Position) -> Answer<Dynamic> {
        if !["some", "all", "map", "filter"].contains(&name) {
            return Err(refuse(format!("`{name}` of a list can't take a closure that reads a column; use some, all, map or a for loop"), place));
        }
        let mut known = Term::truth(name == "all");
        let mut made = Array::new();
        for item in list {
            self.burn(place)?;
            let value = self.invoke(closure, vec![item.clone()], place)?;
            match name {
                "some" => known = or(known, self.condition(&value, place)?),
                "all" => known = super::value::and(known, self.condition(&value, place)?),
                "map" => made.push(value),
                _ => match self.condition(&value, place)?.as_truth() {
                    Some(true) => made.push(item),
                    Some(false) => {}
                    None => return Err(refuse("which items stay would differ from row to row", place)),
                },
            }
        }
        Ok(match name {
            "some" | "all" => self.out(known),
            _ => made.into(),
        })
    }
}

/// A plain value that verbs may be asked of beside a symbolic argument: text, number, time.
fn plain_receiver(value: &Dynamic) -> Option<Term> {
    if value.is::<Symbol>() { None } else { super::value::plain_term(value) }
}
