//! Chains of properties, indexes and method calls that start at, or lead to, something symbolic.

use rhai::{ASTFlags, Array, Dynamic, EvalContext, Expr, FnCallExpr, INT, Map, Position};

use super::value::{Rows, Symbol, Term, is_symbolic};
use super::{Answer, Symbolic, placed, plan_error, refuse, refuse_with};
use crate::diag::did_you_mean;
use crate::plan::Func;
use crate::script::value::func_of;
use crate::telemetry::Type;

enum Link<'a> {
    Property(&'a str, Position),
    Call(&'a FnCallExpr, Position),
    At(&'a Expr, Position),
}

impl Symbolic<'_> {
    pub(super) fn chain(&mut self, expr: &Expr) -> Answer<Dynamic> {
        let (base, links) = unfold(expr)?;
        let holder = match base {
            Expr::Variable(variable, ..) if variable.2.is_empty() => {
                let known = !self.reads_variable(&variable.1);
                let list = self.scope.get(&variable.1).is_some_and(|value| value.flatten_clone().is_array());
                (known || list).then(|| variable.1.to_string())
            }
            _ => None,
        };
        let held = holder.as_ref().and_then(|name| self.scope.get(name)).map(Dynamic::flatten_clone);
        let mut value = match (&holder, held) {
            (Some(_), Some(value)) => value,
            (Some(_), None) => self.native(base)?,
            (None, _) => self.evaluate(base)?,
        };
        for (index, link) in links.iter().enumerate() {
            self.burn(expr.start_position())?;
            value = match link {
                Link::Property(name, place) => self.property(value, name, *place)?,
                Link::At(inner, place) => self.index(value, inner, *place)?,
                Link::Call(call, place) => self.method_link(value, call, *place, holder.as_deref().filter(|_| index == 0))?,
            };
        }
        Ok(value)
    }

    fn property(&mut self, mut value: Dynamic, name: &str, place: Position) -> Answer<Dynamic> {
        if value.is::<Rows>() {
            return self.column(name, place);
        }
        if let Some(map) = value.read_lock::<Map>() {
            let found = map.get(name).cloned();
            return found.ok_or_else(|| {
                let help = did_you_mean(name, map.keys().map(|key| key.as_str()));
                refuse_with("property::unknown", format!("no `{name}` in this map"), help.unwrap_or_else(|| "see how the map was written".into()), place)
            });
        }
        if value.is::<Symbol>() {
            if func_of(name, self.run.setup.zone).is_some_and(|func| func.signature().arguments.0 == 0) {
                return self.method(value, name, Vec::new(), place);
            }
            let help =
                did_you_mean(name, Func::METHODS.iter().map(|func| func.signature().name)).unwrap_or_else(|| "a column is one value; see `:schema`".into());
            return Err(refuse_with("property::unknown", format!("a column has no `{name}`"), help, place));
        }
        let mut context = EvalContext::new(self.engine, &mut self.global, &mut self.caches, &mut self.scope, None);
        context.call_native_fn_raw(format!("get${name}"), true, &mut [&mut value]).map_err(|error| placed(error, place))
    }

    fn index(&mut self, value: Dynamic, inner: &Expr, place: Position) -> Answer<Dynamic> {
        let at = inner.start_position();
        let key = self.evaluate(inner)?;
        if value.is::<Rows>() {
            return if key.is_string() {
                self.column(&key.to_string(), at)
            } else {
                Err(refuse("name the column with text that is known before the query", at))
            };
        }
        if value.is::<Symbol>() {
            let terms = vec![self.term(&value, place)?, self.term(&key, at)?];
            if terms[0].kind != Some(Type::List) {
                return Err(refuse("only a list can be indexed, as `e.CommandLine.split(\" \")[0]`", place));
            }
            return self.call_func(Func::Item, terms, place).map(|term| self.out(term));
        }
        if is_symbolic(&key) {
            return Err(refuse("an index can't be a column", at));
        }
        if let Some(map) = value.read_lock::<Map>() {
            return Ok(map.get(key.to_string().as_str()).cloned().unwrap_or_default());
        }
        let item = value.read_lock::<Array>().and_then(|items| {
            let index = key.as_int().ok()?;
            let length = INT::try_from(items.len()).ok()?;
            usize::try_from(if index < 0 { index + length } else { index }).ok().and_then(|index| items.get(index).cloned())
        });
        item.ok_or_else(|| refuse("no such item in the list", at))
    }

    fn method_link(&mut self, value: Dynamic, call: &FnCallExpr, place: Position, holder: Option<&str>) -> Answer<Dynamic> {
        let arguments = call.args.iter().map(|argument| self.evaluate(argument)).collect::<Answer<Vec<_>>>()?;
        if let (Some(name), "push", true) = (holder, call.name.as_str(), value.is_array()) {
            return self.push(name, arguments, place);
        }
        if is_symbolic(&value) || arguments.iter().any(is_symbolic) {
            return self.method(value, &call.name, arguments, place);
        }
        let mut values: Vec<Dynamic> = std::iter::once(value).chain(arguments).collect();
        let mut references: Vec<&mut Dynamic> = values.iter_mut().collect();
        self.global.always_search_scope = true;
        let mut context = EvalContext::new(self.engine, &mut self.global, &mut self.caches, &mut self.scope, None);
        context.call_fn_raw(&*call.name, true, false, &mut references).map(Dynamic::flatten).map_err(|error| placed(error, place))
    }

    /// The one mutating method that predicates need.
    fn push(&mut self, name: &str, arguments: Vec<Dynamic>, place: Position) -> Answer<Dynamic> {
        if self.sealed.iter().any(|sealed| sealed == name) {
            return Err(outside(name, place));
        }
        if let Some(variable) = self.scope.get_mut(name)
            && let Some(mut list) = variable.write_lock::<Array>()
        {
            list.extend(arguments);
        }
        Ok(Dynamic::UNIT)
    }

    fn column(&self, name: &str, place: Position) -> Answer<Dynamic> {
        let kind = self.schema.require(name).map_err(|error| plan_error(&error, place))?;
        let term = Term { expr: crate::plan::Expr::column(name), kind: Some(kind), size: 1, depth: 1 };
        Ok(Dynamic::from(Symbol { term, rows: self.rows }))
    }
}

/// Setting what lives outside the closure.
pub(super) fn outside(name: &str, place: Position) -> Box<rhai::EvalAltResult> {
    let help = "a predicate is asked once for all rows; keep what it sets inside it";
    refuse_with("predicate::outside", format!("a predicate can't change `{name}`, which lives outside it"), help, place)
}

/// `Dot(lhs, Dot(link, …))`: the node's kind says how its right side, or the left of its right side, is applied.
fn unfold(expr: &Expr) -> Answer<(&Expr, Vec<Link<'_>>)> {
    let base = match expr {
        Expr::Dot(pair, ..) | Expr::Index(pair, ..) => &pair.lhs,
        other => return Err(refuse("this can't be translated to a query", other.position())),
    };
    let mut links = Vec::new();
    let mut current = expr;
    loop {
        let (pair, flags, place, dot) = match current {
            Expr::Dot(pair, flags, place) => (pair, flags, *place, true),
            Expr::Index(pair, flags, place) => (pair, flags, *place, false),
            other => return Err(refuse("this can't be translated to a query", other.position())),
        };
        let (link, rest) = match &pair.rhs {
            Expr::Dot(next, ..) | Expr::Index(next, ..) if !flags.contains(ASTFlags::BREAK) => (&next.lhs, Some(&pair.rhs)),
            last => (last, None),
        };
        links.push(if !dot {
            Link::At(link, place)
        } else {
            match link {
                Expr::Property(property, place) => Link::Property(&property.2, *place),
                Expr::MethodCall(call, place) => Link::Call(call, *place),
                other => return Err(refuse("this can't be translated to a query", other.position())),
            }
        });
        match rest {
            Some(next) => current = next,
            None => return Ok((base, links)),
        }
    }
}
