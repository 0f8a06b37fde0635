//! Predicates and derived values as Polars expressions. User names and texts never reach a place where Polars would interpret them.

use std::sync::Arc;

use polars::prelude::{Column, DataType, Expr as PolarsExpr, Field, LiteralValue, PolarsResult, Scalar, TimeUnit, lit, when};

use super::call;
use super::kernel::{self, TextTest};
use crate::frame::physical;
use crate::plan::{Comparison, Expr, Func, PlanError, Schema, Value, compare_as, holds_for, is_cased, simplify, text, uncased};
use crate::telemetry::Type;

/// Lowers the expressions of one step, over the columns that it sees.
pub struct Lowering<'a> {
    pub schema: &'a Schema,
}

/// A lowered value: what it is in Polars, and its type (`None`: always missing).
pub struct Lowered {
    pub expr: PolarsExpr,
    pub kind: Option<Type>,
}

/// A column by its name, whatever the name is.
pub fn column(name: &str) -> PolarsExpr {
    PolarsExpr::Column(name.into())
}

impl Lowering<'_> {
    /// A filter's condition, which may be null where it does not hold.
    pub fn filter(&self, condition: &Arc<Expr>) -> Result<PolarsExpr, PlanError> {
        self.truth(&simplify(condition))
    }

    /// A derived column, in the physical type of this kind.
    pub fn derive(&self, expr: &Arc<Expr>, kind: Type) -> Result<PolarsExpr, PlanError> {
        Ok(self.value_as(&simplify(expr), kind)?.expr)
    }

    /// True where the condition holds; false or null elsewhere.
    fn truth(&self, expr: &Arc<Expr>) -> Result<PolarsExpr, PlanError> {
        match &**expr {
            Expr::Not(inner) => self.falsity(inner),
            Expr::And(parts) => self.joined(parts, PolarsExpr::and, |part| self.truth(part)),
            Expr::Or(parts) => self.joined(parts, PolarsExpr::or, |part| self.truth(part)),
            Expr::Compare(comparison, left, right) => self.comparison(*comparison, left, right),
            Expr::In(inner, values) => self.contained(inner, values),
            Expr::TupleIn(parts, rows) => self.tuples(parts, rows),
            Expr::Call(Func::IsTrue, arguments) => match arguments.first() {
                Some(inner) => self.truth(inner),
                None => Ok(lit(false)),
            },
            Expr::Literal(value) => Ok(lit(*value == Value::Bool(true))),
            Expr::If(condition, yes, no) => {
                let condition = self.truth(condition)?;
                Ok(when(condition).then(self.truth(yes)?).otherwise(self.truth(no)?))
            }
            Expr::Column(_) | Expr::Call(..) => Ok(self.value(expr)?.expr),
        }
    }

    /// True where the condition does not hold, missing included; never null.
    fn falsity(&self, expr: &Arc<Expr>) -> Result<PolarsExpr, PlanError> {
        match &**expr {
            Expr::Not(inner) => Ok(self.truth(inner)?.fill_null(lit(false))),
            Expr::And(parts) => self.joined(parts, PolarsExpr::or, |part| self.falsity(part)),
            Expr::Or(parts) => self.joined(parts, PolarsExpr::and, |part| self.falsity(part)),
            Expr::Call(Func::IsMissing, arguments) => match arguments.first() {
                Some(inner) => Ok(self.value(inner)?.expr.is_not_null()),
                None => Ok(lit(true)),
            },
            Expr::Column(_) | Expr::Literal(_) | Expr::Compare(..) | Expr::In(..) | Expr::TupleIn(..) | Expr::If(..) | Expr::Call(..) => {
                Ok(self.truth(expr)?.not().fill_null(lit(true)))
            }
        }
    }

    fn joined(
        &self,
        parts: &[Arc<Expr>],
        join: impl Fn(PolarsExpr, PolarsExpr) -> PolarsExpr,
        lower: impl Fn(&Arc<Expr>) -> Result<PolarsExpr, PlanError>,
    ) -> Result<PolarsExpr, PlanError> {
        let mut all = parts.iter().map(lower);
        let first = all.next().unwrap_or_else(|| Ok(lit(true)))?;
        all.try_fold(first, |known, part| Ok(join(known, part?)))
    }

    /// Any expression as a value; conditions answer yes or no, never null.
    pub fn value(&self, expr: &Arc<Expr>) -> Result<Lowered, PlanError> {
        let kind = self.schema.type_of(expr)?;
        let expr = match &**expr {
            Expr::Column(name) => column(name),
            Expr::Literal(value) => literal(value),
            Expr::Compare(..) | Expr::In(..) | Expr::TupleIn(..) | Expr::Not(_) | Expr::And(_) | Expr::Or(_) => self.truth(expr)?.fill_null(lit(false)),
            Expr::Call(func, arguments) => call::lower(self, *func, arguments, kind)?,
            Expr::If(condition, yes, no) => {
                let kind = kind.unwrap_or(Type::Text);
                let condition = self.truth(condition)?;
                when(condition).then(self.value_as(yes, kind)?.expr).otherwise(self.value_as(no, kind)?.expr)
            }
        };
        Ok(Lowered { expr, kind })
    }

    /// A value in the physical type of this kind: numbers widened, nothing known as null of the type.
    pub fn value_as(&self, expr: &Arc<Expr>, kind: Type) -> Result<Lowered, PlanError> {
        let lowered = self.value(expr)?;
        let same = lowered.kind.is_some_and(|known| physical(known) == physical(kind));
        let expr = if same { lowered.expr } else { lowered.expr.cast(physical(kind)) };
        Ok(Lowered { expr, kind: Some(kind) })
    }

    fn comparison(&self, comparison: Comparison, left: &Arc<Expr>, right: &Arc<Expr>) -> Result<PolarsExpr, PlanError> {
        let kinds = (self.schema.type_of(left)?, self.schema.type_of(right)?);
        let (Some(left_kind), Some(right_kind)) = kinds else { return Ok(lit(false)) };
        let cased = is_cased(left) || is_cased(right);
        let (left, right) = (uncased(left), uncased(right));
        match (left_kind, right_kind) {
            (Type::Text, Type::Text) => match (&**left, &**right) {
                (_, Expr::Literal(Value::Text(text))) if comparison == Comparison::Equal => self.text_test(left, TextTest::equal(&[&**text], cased)),
                (Expr::Literal(Value::Text(text)), _) if comparison == Comparison::Equal => self.text_test(right, TextTest::equal(&[&**text], cased)),
                _ => {
                    let (left, right) = (self.value(left)?.expr, self.value(right)?.expr);
                    Ok(kernel_of(vec![left, right], Type::Bool, move |columns| match columns {
                        [left, right] => kernel::compare_texts(left, right, cased, |order| holds_for(comparison, order)),
                        _ => Ok(Column::default()),
                    }))
                }
            },
            (Type::List, Type::List) => self.by_value(&[left, right], &[left_kind, right_kind], Type::Bool, move |values| match values {
                [left, right] => Value::Bool(compare_as(comparison, left, right, cased)),
                _ => Value::Bool(false),
            }),
            _ => {
                let (left, right) = (self.number_beside(left, right_kind)?, self.number_beside(right, left_kind)?);
                Ok(compared(comparison, left, right))
            }
        }
    }

    /// A side of a comparison of numbers, times or yes/no; a text beside a hex column is its number.
    fn number_beside(&self, side: &Arc<Expr>, other: Type) -> Result<PolarsExpr, PlanError> {
        match &**side {
            Expr::Literal(Value::Text(given)) => Ok(literal(&text::parse_whole(given).map_or(Value::Missing, Value::Int))),
            _ => {
                let lowered = self.value(side)?;
                let whole = matches!(lowered.kind, Some(Type::Int | Type::Hex));
                Ok(if other == Type::Float && whole { lowered.expr.cast(DataType::Float64) } else { lowered.expr })
            }
        }
    }

    fn contained(&self, inner: &Arc<Expr>, values: &Arc<[Value]>) -> Result<PolarsExpr, PlanError> {
        let Some(kind) = self.schema.type_of(inner)? else { return Ok(lit(false)) };
        let cased = is_cased(inner);
        let inner = uncased(inner);
        match kind {
            Type::Text => self.text_test(inner, TextTest::equal(&texts_of(values), cased)),
            Type::Int | Type::Hex | Type::Float | Type::Bool | Type::Time | Type::Duration if values.len() <= 32 => {
                let tests =
                    values.iter().filter(|value| !value.is_missing()).map(|value| self.comparison(Comparison::Equal, inner, &Expr::literal(value.clone())));
                let mut tests = tests.collect::<Result<Vec<_>, _>>()?.into_iter();
                let first = tests.next().unwrap_or_else(|| lit(false));
                Ok(tests.fold(first, PolarsExpr::or))
            }
            Type::Int | Type::Hex | Type::Float | Type::Bool | Type::Time | Type::Duration | Type::List => {
                let values = values.clone();
                self.by_value(&[inner], &[kind], Type::Bool, move |given| {
                    Value::Bool(given.first().is_some_and(|given| values.iter().any(|value| compare_as(Comparison::Equal, given, value, cased))))
                })
            }
        }
    }

    fn tuples(&self, parts: &[Arc<Expr>], rows: &Arc<[Vec<Value>]>) -> Result<PolarsExpr, PlanError> {
        if parts.is_empty() || rows.is_empty() {
            return Ok(lit(false));
        }
        let kinds = parts.iter().map(|part| Ok(self.schema.type_of(part)?.unwrap_or(Type::Text))).collect::<Result<Vec<_>, PlanError>>()?;
        let cased: Vec<bool> = parts.iter().map(is_cased).collect();
        let rows = rows.clone();
        let plain: Vec<&Arc<Expr>> = parts.iter().map(uncased).collect();
        self.by_value(&plain, &kinds, Type::Bool, move |given| {
            let equal = |row: &Vec<Value>| {
                let mut cells = row.iter().zip(given).zip(&cased);
                row.len() == given.len() && cells.all(|((value, given), cased)| compare_as(Comparison::Equal, given, value, *cased))
            };
            Value::Bool(rows.iter().any(equal))
        })
    }

    /// A test of a text against patterns known now.
    pub fn text_test(&self, inner: &Arc<Expr>, test: TextTest) -> Result<PolarsExpr, PlanError> {
        let value = self.value_as(uncased(inner), Type::Text)?.expr;
        Ok(kernel_of(vec![value], Type::Bool, move |columns| match columns {
            [texts] => kernel::test_texts(texts, &test),
            _ => Ok(Column::default()),
        }))
    }

    /// The plain way: a function of values, row by row.
    pub fn by_value(
        &self,
        arguments: &[&Arc<Expr>],
        kinds: &[Type],
        answer: Type,
        function: impl Fn(&[Value]) -> Value + Send + Sync + 'static,
    ) -> Result<PolarsExpr, PlanError> {
        let inputs = arguments.iter().zip(kinds).map(|(argument, kind)| Ok(self.value_as(argument, *kind)?.expr)).collect::<Result<Vec<_>, PlanError>>()?;
        let kinds = kinds.to_vec();
        Ok(kernel_of(inputs, answer, move |columns| kernel::by_value(columns, &kinds, answer, &function)))
    }
}

/// A function over whole columns, row by row independent, so that Polars may run it inside a scan.
pub fn kernel_of(inputs: Vec<PolarsExpr>, answer: Type, function: impl Fn(&[Column]) -> PolarsResult<Column> + Send + Sync + 'static) -> PolarsExpr {
    let kind = physical(answer);
    polars::prelude::map_multiple(
        move |columns: &mut [Column]| function(columns),
        inputs,
        move |_, fields| Ok(Field::new(fields.first().map(|field| field.name.clone()).unwrap_or_default(), kind.clone())),
    )
}

/// A literal in the physical type of its value.
pub fn literal(value: &Value) -> PolarsExpr {
    match value {
        Value::Missing => lit(LiteralValue::untyped_null()),
        Value::Bool(value) => lit(*value),
        Value::Int(number) | Value::Duration(number) => lit(*number),
        Value::Float(number) => lit(*number),
        Value::Text(text) => lit(text.to_string()),
        Value::Time(time) => lit(Scalar::new_datetime(*time, TimeUnit::Milliseconds, None)),
        Value::List(_) => {
            let list = kernel::to_series("".into(), std::slice::from_ref(value), Type::List);
            list.ok()
                .and_then(|list| list.get(0).ok().map(|cell| lit(Scalar::new(physical(Type::List), cell.into_static()))))
                .unwrap_or_else(|| lit(LiteralValue::untyped_null()))
        }
    }
}

fn compared(comparison: Comparison, left: PolarsExpr, right: PolarsExpr) -> PolarsExpr {
    match comparison {
        Comparison::Equal => left.eq(right),
        Comparison::Less => left.lt(right),
        Comparison::LessOrEqual => left.lt_eq(right),
        Comparison::Greater => left.gt(right),
        Comparison::GreaterOrEqual => left.gt_eq(right),
    }
}

/// The texts among values.
pub fn texts_of(values: &[Value]) -> Vec<&str> {
    values
        .iter()
        .filter_map(|value| match value {
            Value::Text(text) => Some(&**text),
            _ => None,
        })
        .collect()
}
