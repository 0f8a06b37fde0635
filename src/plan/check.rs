//! A plan is checked before anything is read: every column exists, every comparison makes sense.

use std::sync::Arc;

use miette::Diagnostic;
use thiserror::Error;

use super::{ASKED, Arithmetic, Comparison, DEPTH, Expr, Fold, Func, How, Known, Pattern, Place, Plan, Scan, Source, Step, Value};
use crate::diag::did_you_mean;
use crate::telemetry::{self, Type};

/// The most columns that a help names; of a table with raw fields there are hundreds.
const LISTED: usize = 60;

/// The columns that a plan's rows have, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    columns: Vec<(Arc<str>, Type)>,
}

/// What is wrong with a plan. The place is added by whoever knows it.
#[derive(Clone, Debug, PartialEq, Error, Diagnostic)]
pub enum PlanError {
    #[error("no column `{name}` here")]
    #[diagnostic(code(column::unknown))]
    UnknownColumn {
        name: String,
        #[help]
        help: String,
    },
    #[error("`{function}` needs {wanted}, and `{given}` is {found}")]
    #[diagnostic(code(types::argument), help("`huntsman doc {function}` says what it takes"))]
    Argument { function: String, wanted: String, given: String, found: String },
    #[error("`{left}` is {left_kind} and `{right}` is {right_kind}: they can't be compared")]
    #[diagnostic(code(types::mixed), help("compare a column with a value of its own type"))]
    Mixed { left: String, left_kind: &'static str, right: String, right_kind: &'static str },
    #[error("`{given}` is {found}, not a condition")]
    #[diagnostic(code(types::condition), help("a condition is a comparison, a test such as `contains`, or a yes/no column"))]
    Condition { given: String, found: &'static str },
    #[error("there is already a column `{name}`")]
    #[diagnostic(code(column::twice), help("give the new one another name, or `drop` the one that is there"))]
    Twice { name: String },
    #[error("this regular expression can't be read: {reason}")]
    #[diagnostic(code(pattern::regex), help("text ignores case already; in a raw string, as #\"\\d+\"#, a backslash needs no second one"))]
    Regex { reason: String },
    #[error("`{given}` is no network")]
    #[diagnostic(code(pattern::network), help("write an address and a prefix length, as \"10.0.0.0/8\""))]
    Network { given: String },
    #[error("{message}")]
    #[diagnostic(code(plan::impossible))]
    Impossible {
        message: String,
        #[help]
        help: String,
    },
}

impl Schema {
    pub fn new(columns: Vec<(Arc<str>, Type)>) -> Schema {
        Schema { columns }
    }

    pub fn columns(&self) -> &[(Arc<str>, Type)] {
        &self.columns
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| &**name)
    }

    pub fn kind(&self, name: &str) -> Option<Type> {
        self.columns.iter().find(|(column, _)| &**column == name).map(|(_, kind)| *kind)
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(column, _)| &**column == name)
    }

    /// The column's type, or the error that names the nearest ones.
    pub fn require(&self, name: &str) -> Result<Type, PlanError> {
        self.kind(name).ok_or_else(|| PlanError::UnknownColumn { name: name.into(), help: self.help_for(name) })
    }

    fn help_for(&self, name: &str) -> String {
        let all = || {
            let more = self.columns.len().saturating_sub(LISTED);
            let names = self.names().take(if more > 0 { LISTED } else { usize::MAX }).collect::<Vec<_>>().join(" ");
            if more > 0 { format!("the columns are {names} and {more} more, which `.schema()` lists") } else { format!("the columns are {names}") }
        };
        did_you_mean(name, self.names()).unwrap_or_else(all)
    }

    /// The columns of a plan's answer.
    pub fn of(plan: &Plan) -> Result<Schema, PlanError> {
        let mut schema = match &plan.source {
            Source::Scan(scan) => Schema::of_scan(scan),
            Source::Union(plans) => Schema::of_union(plans)?,
        };
        for step in &plan.steps {
            schema = schema.after(step)?;
        }
        Ok(schema)
    }

    fn of_scan(scan: &Scan) -> Schema {
        let declared = telemetry::table(scan.table).map(|table| table.columns).unwrap_or_default();
        let mut columns: Vec<(Arc<str>, Type)> = declared.iter().map(|column| (Arc::from(column.name), column.kind)).collect();
        columns.extend(scan.raw_fields.iter().map(|name| (name.clone(), Type::Text)));
        Schema { columns }
    }

    /// Columns in the order of their first appearance; one name of two types has no common column.
    fn of_union(plans: &[Arc<Plan>]) -> Result<Schema, PlanError> {
        let mut all = Schema { columns: vec![("Table".into(), Type::Text)] };
        for plan in plans {
            for (name, kind) in Schema::of(plan)?.columns {
                match all.kind(&name) {
                    None => all.columns.push((name, kind)),
                    Some(known) if known == kind => {}
                    Some(known) => {
                        let message = format!("the column `{name}` is {} in one collection and {} in another", known.word(), kind.word());
                        return Err(PlanError::Impossible { message, help: "rename or drop it in one of them first".into() });
                    }
                }
            }
        }
        Ok(all)
    }

    /// The columns after one more step.
    pub fn after(&self, step: &Step) -> Result<Schema, PlanError> {
        let mut columns = self.columns.clone();
        match step {
            Step::Filter(condition) => self.check_condition(condition)?,
            Step::Derive(name, expr) => {
                let kind = self.type_of(expr)?.unwrap_or(Type::Text);
                match columns.iter_mut().find(|(column, _)| column == name) {
                    Some((_, known)) => *known = kind,
                    None => columns.push((name.clone(), kind)),
                }
            }
            Step::Select(names) => columns = names.iter().map(|name| Ok((name.clone(), self.require(name)?))).collect::<Result<_, PlanError>>()?,
            Step::Drop(names) => {
                for name in names {
                    self.require(name)?;
                }
                columns.retain(|(column, _)| !names.contains(column));
            }
            Step::Rename(pairs) => {
                for (old, _) in pairs {
                    self.require(old)?;
                }
                for (column, _) in &mut columns {
                    if let Some((_, new)) = pairs.iter().find(|(old, _)| old == column) {
                        *column = new.clone();
                    }
                }
            }
            Step::Group { keys, aggregates } => {
                columns = keys.iter().map(|name| Ok((name.clone(), self.require(name)?))).collect::<Result<_, PlanError>>()?;
                for aggregate in aggregates {
                    let of = aggregate.column.as_ref().map(|column| self.require(column).map(|kind| (column, kind))).transpose()?;
                    columns.push((aggregate.name.clone(), folded_type(aggregate.fold, of)?));
                }
            }
            Step::Share { of, name } => {
                self.require(of)?;
                columns.push((name.clone(), Type::Float));
            }
            Step::Locate(address) => {
                let found = self.require(address)?;
                if found != Type::Text {
                    let (function, wanted) = ("geoip".into(), "a column of addresses".into());
                    return Err(PlanError::Argument { function, wanted, given: address.to_string(), found: found.word().into() });
                }
                for place in Place::ALL {
                    match columns.iter_mut().find(|(column, _)| &**column == place.name()) {
                        Some((_, known)) => *known = place.kind(),
                        None => columns.push((place.name().into(), place.kind())),
                    }
                }
            }
            Step::Sort(keys) => {
                for key in keys {
                    self.require(&key.column)?;
                }
            }
            Step::Explode(name) => match columns.iter_mut().find(|(column, _)| column == name) {
                Some((_, kind @ Type::List)) => *kind = Type::Text,
                Some((_, kind)) => {
                    let found = kind.word().to_string();
                    return Err(PlanError::Argument { function: "explode".into(), wanted: "a list".into(), given: name.to_string(), found });
                }
                None => drop(self.require(name)?),
            },
            Step::Distinct(names) => {
                for name in names {
                    self.require(name)?;
                }
            }
            Step::Previous { by, order, cells } => {
                for name in by.iter().chain([order]) {
                    self.require(name)?;
                }
                for (of, name) in cells {
                    columns.push((name.clone(), self.require(of)?));
                }
            }
            Step::Limit(_) => {}
            Step::Join { right, how, left_on, right_on, .. } => columns.extend(self.joined(right, *how, left_on, right_on)?),
            Step::Kin(kin) => {
                for name in Known::COLUMNS {
                    self.require(name)?;
                }
                kin.whose.check()?;
                if kin.relation.is_tree() {
                    columns.extend([(DEPTH.into(), Type::Int), (ASKED.into(), Type::Bool)]);
                }
            }
            Step::Among(among) => {
                among.side.check(self)?;
                among.whose.check()?;
            }
        }
        let mut seen = std::collections::HashSet::new();
        match columns.iter().find(|(name, _)| !seen.insert(name.clone())) {
            Some((name, _)) => Err(PlanError::Twice { name: name.to_string() }),
            None => Ok(Schema { columns }),
        }
    }

    /// The columns that the right side adds: none for semi and anti; its keys once; a clash gets `_right`.
    fn joined(&self, right: &Plan, how: How, left_on: &[Arc<str>], right_on: &[Arc<str>]) -> Result<Vec<(Arc<str>, Type)>, PlanError> {
        let other = Schema::of(right)?;
        for (mine, theirs) in left_on.iter().zip(right_on) {
            let (left_kind, right_kind) = (self.require(mine)?, other.require(theirs)?);
            if !comparable(left_kind, right_kind) {
                return Err(PlanError::Mixed { left: mine.to_string(), left_kind: left_kind.word(), right: theirs.to_string(), right_kind: right_kind.word() });
            }
        }
        if matches!(how, How::Semi | How::Anti) {
            return Ok(Vec::new());
        }
        let added = other.columns.into_iter().filter(|(name, _)| !right_on.contains(name));
        Ok(added.map(|(name, kind)| if self.kind(&name).is_some() { (Arc::from(format!("{name}_right")), kind) } else { (name, kind) }).collect())
    }

    /// A filter's expression must answer yes or no.
    pub fn check_condition(&self, condition: &Expr) -> Result<(), PlanError> {
        match self.type_of(condition)? {
            Some(Type::Bool) | None => Ok(()),
            Some(other) => Err(PlanError::Condition { given: super::explain::expression(condition), found: other.word() }),
        }
    }

    /// The type of an expression's answer, `None` where it is always missing.
    pub fn type_of(&self, expr: &Expr) -> Result<Option<Type>, PlanError> {
        match expr {
            Expr::Column(name) => self.require(name).map(Some),
            Expr::Literal(value) => Ok(literal_type(value)),
            Expr::Compare(comparison, left, right) => self.check_comparison(*comparison, left, right).map(|()| Some(Type::Bool)),
            Expr::In(inner, values) => {
                for value in values.iter() {
                    self.check_pair(inner, &Expr::Literal(value.clone()))?;
                }
                Ok(Some(Type::Bool))
            }
            Expr::TupleIn(parts, rows) => {
                for (part, value) in rows.iter().flat_map(|row| parts.iter().zip(row)) {
                    self.check_pair(part, &Expr::Literal(value.clone()))?;
                }
                Ok(Some(Type::Bool))
            }
            Expr::Not(inner) => self.check_condition(inner).map(|()| Some(Type::Bool)),
            Expr::And(parts) | Expr::Or(parts) => {
                for part in parts {
                    self.check_condition(part)?;
                }
                Ok(Some(Type::Bool))
            }
            Expr::If(condition, yes, no) => {
                self.check_condition(condition)?;
                self.common_type(yes, no)
            }
            Expr::Call(func, arguments) => self.call_type(*func, arguments),
        }
    }

    fn check_comparison(&self, comparison: Comparison, left: &Expr, right: &Expr) -> Result<(), PlanError> {
        let kinds = (self.type_of(left)?, self.type_of(right)?);
        if comparison != Comparison::Equal && (kinds.0 == Some(Type::Bool) || kinds.1 == Some(Type::Bool)) {
            let message = "yes and no have no order".to_string();
            return Err(PlanError::Impossible { message, help: "write `a < x && x < b` for two bounds".into() });
        }
        self.check_pair(left, right)
    }

    /// A text that is a number may stand beside a hex column, which people read as text.
    fn check_pair(&self, left: &Expr, right: &Expr) -> Result<(), PlanError> {
        let number = |expr: &Expr| matches!(expr, Expr::Literal(Value::Text(text)) if super::text::parse_whole(text).is_some());
        if (self.type_of(left)? == Some(Type::Hex) && number(right)) || (self.type_of(right)? == Some(Type::Hex) && number(left)) {
            return Ok(());
        }
        self.common_type(left, right).map(|_| ())
    }

    fn common_type(&self, left: &Expr, right: &Expr) -> Result<Option<Type>, PlanError> {
        match (self.type_of(left)?, self.type_of(right)?) {
            (kind, None) | (None, kind) => Ok(kind),
            (Some(a), Some(b)) if comparable(a, b) => Ok(Some(if a == Type::Float || b == Type::Float { Type::Float } else { a })),
            (Some(a), Some(b)) => {
                let shown = super::explain::expression;
                Err(PlanError::Mixed { left: shown(left), left_kind: a.word(), right: shown(right), right_kind: b.word() })
            }
        }
    }

    fn call_type(&self, func: Func, arguments: &[Arc<Expr>]) -> Result<Option<Type>, PlanError> {
        let kinds = arguments.iter().map(|argument| self.type_of(argument)).collect::<Result<Vec<_>, _>>()?;
        let signature = func.signature();
        let Some(receiver) = kinds.first().copied() else { return Ok(None) };
        if let Some(kind) = receiver
            && !signature.receiver.is_empty()
            && !signature.receiver.contains(&kind)
            && !(kind == Type::List && func == Func::Pattern(Pattern::Contains))
        {
            let wanted = signature.receiver.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" or ");
            let given = super::explain::expression(&arguments[0]);
            return Err(PlanError::Argument { function: signature.name.into(), wanted, given, found: kind.word().into() });
        }
        for (argument, kind) in arguments.iter().zip(&kinds).skip(1) {
            check_argument(func, argument, *kind)?;
        }
        if let Func::Pattern(test) = func {
            check_patterns(test, arguments)?;
        }
        Ok(match func {
            Func::Pattern(_) | Func::IsPublic | Func::IsPrivate | Func::HasBits | Func::AnyBits | Func::IsMissing | Func::IsTrue => Some(Type::Bool),
            Func::Len | Func::Levenshtein | Func::Hour(_) | Func::Weekday(_) => Some(Type::Int),
            Func::Entropy | Func::SquareRoot => Some(Type::Float),
            Func::Split | Func::Fitting(_) => Some(Type::List),
            Func::Floor(_) => Some(Type::Time),
            Func::OrElse => arguments.iter().skip(1).try_fold(receiver, |kind, other| match (kind, self.type_of(other)?) {
                (None, other) => Ok(other),
                (Some(Type::Int | Type::Hex), Some(Type::Float)) => Ok(Some(Type::Float)),
                (some, _) => self.check_pair(&arguments[0], other).map(|()| some),
            })?,
            Func::Negate => self.numeric(func, &arguments[0], receiver)?,
            Func::Arithmetic(operation) => arithmetic_type(operation, receiver, kinds.get(1).copied().flatten()).map_err(|(wanted, which)| {
                let found = kinds[which].map(Type::word).unwrap_or("missing").to_string();
                PlanError::Argument { function: super::explain::operator(func).into(), wanted, given: super::explain::expression(&arguments[which]), found }
            })?,
            Func::Cased | Func::Lower | Func::Upper | Func::Replace | Func::Before | Func::After | Func::Between => Some(Type::Text),
            Func::Basename
            | Func::Dirname
            | Func::Extension
            | Func::DecodeBase64
            | Func::Concat
            | Func::Joined
            | Func::Named
            | Func::Hex
            | Func::Date(_)
            | Func::Item => Some(Type::Text),
        })
    }

    fn numeric(&self, func: Func, argument: &Expr, kind: Option<Type>) -> Result<Option<Type>, PlanError> {
        match kind {
            Some(Type::Int | Type::Float | Type::Duration | Type::Hex) | None => Ok(kind),
            Some(other) => {
                let given = super::explain::expression(argument);
                Err(PlanError::Argument { function: super::explain::operator(func).into(), wanted: "a number".into(), given, found: other.word().into() })
            }
        }
    }
}

/// Whether values of the two types may be compared: numbers with numbers, times with times.
pub(super) fn comparable(a: Type, b: Type) -> bool {
    let number = |kind| matches!(kind, Type::Int | Type::Hex | Type::Float);
    a == b || (number(a) && number(b))
}

fn literal_type(value: &Value) -> Option<Type> {
    match value {
        Value::Missing => None,
        Value::Bool(_) => Some(Type::Bool),
        Value::Int(_) => Some(Type::Int),
        Value::Float(_) => Some(Type::Float),
        Value::Text(_) => Some(Type::Text),
        Value::Time(_) => Some(Type::Time),
        Value::Duration(_) => Some(Type::Duration),
        Value::List(_) => Some(Type::List),
    }
}

fn arithmetic_type(operation: Arithmetic, left: Option<Type>, right: Option<Type>) -> Result<Option<Type>, (String, usize)> {
    use Type::{Duration, Float, Hex, Int, Time};
    let (Some(left), Some(right)) = (left, right) else { return Ok(left.or(right)) };
    let whole = |kind| matches!(kind, Int | Hex);
    match (operation, left, right) {
        (Arithmetic::Divide, Duration, Duration) => Ok(Some(Float)),
        (_, Int | Hex, Int | Hex) if whole(left) && whole(right) => Ok(Some(Int)),
        (_, Int | Hex | Float, Int | Hex | Float) => Ok(Some(Float)),
        (Arithmetic::Subtract, Time, Time) | (Arithmetic::Add | Arithmetic::Subtract, Duration, Duration) => Ok(Some(Duration)),
        (Arithmetic::Multiply | Arithmetic::Divide, Duration, Int | Float) | (Arithmetic::Multiply, Int | Float, Duration) => Ok(Some(Duration)),
        (Arithmetic::Add | Arithmetic::Subtract, Time, Duration) | (Arithmetic::Add, Duration, Time) => Ok(Some(Time)),
        (_, Int | Hex | Float, _) => Err(("a number".into(), 1)),
        (_, Time | Duration, _) => Err(("a duration".into(), 1)),
        _ => Err(("a number".into(), 0)),
    }
}

fn folded_type(fold: Fold, of: Option<(&Arc<str>, Type)>) -> Result<Type, PlanError> {
    let numeric = |name: &str| match of {
        Some((_, kind @ (Type::Int | Type::Hex | Type::Float | Type::Duration))) => Ok(kind),
        Some((column, kind)) => {
            Err(PlanError::Argument { function: name.into(), wanted: "a number".into(), given: column.to_string(), found: kind.word().into() })
        }
        None => Ok(Type::Float),
    };
    Ok(match fold {
        Fold::Count | Fold::NUnique => Type::Int,
        Fold::Sum => match numeric("sum")? {
            Type::Hex => Type::Int,
            kind => kind,
        },
        Fold::Mean => averaged(numeric("mean")?),
        Fold::Median => averaged(numeric("median")?),
        Fold::Std => averaged(numeric("std")?),
        Fold::Quantile(_) => averaged(numeric("quantile")?),
        Fold::Min | Fold::Max | Fold::First | Fold::Last => of.map_or(Type::Text, |(_, kind)| kind),
        Fold::List => Type::List,
    })
}

fn averaged(kind: Type) -> Type {
    if kind == Type::Duration { kind } else { Type::Float }
}

/// Literal patterns are read before any row is.
/// What stands in the brackets must be of the kind that the function works with; missing is of every kind.
fn check_argument(func: Func, argument: &Expr, kind: Option<Type>) -> Result<(), PlanError> {
    let signature = func.signature();
    let (wanted, kinds): (&str, &[Type]) = match func {
        Func::Pattern(_) | Func::Split | Func::Replace | Func::Before | Func::After | Func::Between | Func::Levenshtein => ("text", &[Type::Text]),
        Func::HasBits | Func::AnyBits => ("a whole number", &[Type::Int, Type::Hex]),
        Func::Floor(_) => ("a duration", &[Type::Duration]),
        Func::IsPublic | Func::IsPrivate | Func::IsMissing | Func::IsTrue | Func::Cased | Func::Len | Func::Lower | Func::Upper | Func::Basename => {
            return Ok(());
        }
        Func::Dirname | Func::Extension | Func::Entropy | Func::DecodeBase64 | Func::Concat | Func::Hour(_) | Func::Weekday(_) | Func::Date(_) => return Ok(()),
        Func::Arithmetic(_) | Func::Negate | Func::SquareRoot | Func::OrElse | Func::Item | Func::Joined | Func::Fitting(_) | Func::Named | Func::Hex => {
            return Ok(());
        }
    };
    let fits = |kind: Type| kinds.contains(&kind) || (kind == Type::List && signature.test);
    // Bits may be written as people read them: `"0x1010"`.
    let is_number = kinds.contains(&Type::Hex) && matches!(argument, Expr::Literal(Value::Text(text)) if super::text::parse_whole(text).is_some());
    let uneven = matches!((func, argument), (Func::Floor(_), Expr::Literal(Value::Duration(interval))) if !super::time::is_even(*interval));
    let wanted = if uneven { "a duration below a day or of whole days" } else { wanted };
    match kind {
        Some(kind) if uneven || (!fits(kind) && !is_number) => Err(PlanError::Argument {
            function: signature.name.into(),
            wanted: wanted.into(),
            given: super::explain::expression(argument),
            found: if uneven { "days and a part of one".into() } else { kind.word().into() },
        }),
        _ => Ok(()),
    }
}

fn check_patterns(test: Pattern, arguments: &[Arc<Expr>]) -> Result<(), PlanError> {
    let pattern = arguments.get(1).map(|argument| match &**argument {
        Expr::Call(Func::Cased, inner) => inner.first().unwrap_or(argument),
        _ => argument,
    });
    let Some(Expr::Literal(pattern)) = pattern.map(|pattern| &**pattern) else { return Ok(()) };
    let patterns = match pattern {
        Value::List(patterns) => patterns,
        one => std::slice::from_ref(one),
    };
    let mut texts = patterns.iter().filter_map(|pattern| match pattern {
        Value::Text(text) => Some(text),
        _ => None,
    });
    match test {
        Pattern::Matches => texts.try_for_each(|text| super::pattern::regex(text, false).map(|_| ())),
        Pattern::InCidr => texts.try_for_each(|text| super::pattern::network(text).map(|_| ())),
        Pattern::Contains | Pattern::Has | Pattern::StartsWith | Pattern::EndsWith | Pattern::Like => Ok(()),
    }
}
