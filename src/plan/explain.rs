//! The one canonical way in which a plan is written down, for people and for tests.

use std::fmt::Write;
use std::sync::Arc;

use super::{Aggregate, Arithmetic, Comparison, Expr, Fold, Func, How, Keep, Known, Period, Plan, Scan, Scope, Source, Step, Value, Whom};

/// A plan as text, one step a line.
pub fn explain(plan: &Plan) -> String {
    let mut text = String::new();
    write_plan(&mut text, plan, 0);
    text
}

fn write_plan(text: &mut String, plan: &Plan, depth: usize) {
    let indent = "  ".repeat(depth);
    match &plan.source {
        Source::Scan(scan) => line(text, &indent, &scan_text(scan)),
        Source::Union(plans) => {
            line(text, &indent, "union");
            for part in plans {
                write_plan(text, part, depth + 1);
            }
        }
    }
    for step in &plan.steps {
        line(text, &indent, &step_text(step));
        for plan in step.plans() {
            write_plan(text, plan, depth + 1);
        }
    }
}

fn line(text: &mut String, indent: &str, content: &str) {
    text.push_str(indent);
    text.push_str(content);
    text.push('\n');
}

fn scan_text(scan: &Scan) -> String {
    let mut text = format!("scan {}", scan.table);
    if scan.period != Period::ALL {
        let end = |time: Option<i64>| time.map_or("…".into(), time_text);
        let _ = write!(text, " period {}..{}", end(scan.period.from), end(scan.period.to));
    }
    match &scan.scope {
        Scope::Everything => {}
        Scope::Clients(clients) => {
            let _ = write!(text, " clients {}", clients.join(" "));
        }
        Scope::Machines(muids) => {
            let _ = write!(text, " machines {}", muids.join(" "));
        }
    }
    if let Some(operations) = &scan.operations {
        let _ = write!(text, " operations {}", operations.join(" "));
    }
    if !scan.channels.is_empty() {
        let _ = write!(text, " channels {}", scan.channels.iter().map(|channel| format!("{channel:?}")).collect::<Vec<_>>().join(" "));
    }
    if !scan.event_ids.is_empty() {
        let _ = write!(text, " event ids {}", scan.event_ids.iter().map(i64::to_string).collect::<Vec<_>>().join(" "));
    }
    text
}

fn step_text(step: &Step) -> String {
    match step {
        Step::Filter(condition) => format!("filter {}", expression(condition)),
        Step::Derive(name, expr) => format!("derive {name} = {}", expression(expr)),
        Step::Select(names) => format!("select {}", names.join(" ")),
        Step::Drop(names) => format!("drop {}", names.join(" ")),
        Step::Rename(pairs) => format!("rename {}", pairs.iter().map(|(old, new)| format!("{old} to {new}")).collect::<Vec<_>>().join(", ")),
        Step::Group { keys, aggregates } => format!("group by {} with {}", keys.join(" "), aggregates.iter().map(aggregate).collect::<Vec<_>>().join(", ")),
        Step::Share { of, name } => format!("derive {name} = {of} / sum({of})"),
        Step::Locate(address) => format!("geoip {address}"),
        Step::Sort(keys) => {
            format!("sort {}", keys.iter().map(|key| format!("{}{}", if key.descending { "-" } else { "" }, key.column)).collect::<Vec<_>>().join(" "))
        }
        Step::Limit(Keep::Head(n)) => format!("head {n}"),
        Step::Limit(Keep::Tail(n)) => format!("tail {n}"),
        Step::Limit(Keep::Sample(n)) => format!("sample {n}"),
        Step::Explode(name) => format!("explode {name}"),
        Step::Previous { by, order, cells } => {
            let cells: Vec<String> = cells.iter().map(|(of, name)| format!("{of} as {name}")).collect();
            format!("previous {} by {} in the order of {order}", cells.join(", "), by.join(" "))
        }
        Step::Distinct(names) if names.is_empty() => "unique".into(),
        Step::Distinct(names) => format!("unique {}", names.join(" ")),
        Step::Join { how, left_on, right_on, within, .. } => {
            let how = match how {
                How::Inner => "join",
                How::Left => "left join",
                How::Outer => "outer join",
                How::Semi => "semi join",
                How::Anti => "anti join",
            };
            let pairs = left_on.iter().zip(right_on).map(|(left, right)| if left == right { left.to_string() } else { format!("{left} = {right}") });
            let within = within.map(|span| format!(" within {}", duration_text(span))).unwrap_or_default();
            format!("{how} on {}{within}", pairs.collect::<Vec<_>>().join(", "))
        }
        Step::Kin(kin) => format!("{} {}", kin.relation.word(), whose(&kin.whose)),
        Step::Among(among) => format!("{} is a process {}", among.side.word(), whose(&among.whose)),
    }
}

/// Whose kin: of rows they follow.
fn whose(whom: &Whom) -> String {
    let named = |name: &Arc<str>, value: &Value| format!("{name} {}", literal(value));
    match whom {
        Whom::Rows(_, side) => format!("that rows have as {}", side.word()),
        Whom::Row(cells, side) => {
            let known = cells.iter().filter(|(name, _)| Known::COLUMNS.contains(&&***name)).map(|(name, value)| named(name, value));
            format!("that a row has as {}: {}", side.word(), known.collect::<Vec<_>>().join(", "))
        }
    }
}

fn aggregate(aggregate: &Aggregate) -> String {
    let column = aggregate.column.as_deref().unwrap_or_default();
    let call = match aggregate.fold {
        Fold::Count => "count()".into(),
        Fold::Sum => format!("sum({column})"),
        Fold::Min => format!("min({column})"),
        Fold::Max => format!("max({column})"),
        Fold::Mean => format!("mean({column})"),
        Fold::Median => format!("median({column})"),
        Fold::Std => format!("std({column})"),
        Fold::NUnique => format!("n_unique({column})"),
        Fold::First => format!("first({column})"),
        Fold::Last => format!("last({column})"),
        Fold::List => format!("list({column})"),
        Fold::Quantile(part) => format!("quantile({column}, {part})"),
    };
    format!("{} = {call}", aggregate.name)
}

/// One expression, in the words of a playbook.
pub fn expression(expr: &Expr) -> String {
    match expr {
        Expr::Column(name) => name.to_string(),
        Expr::Literal(value) => literal(value),
        Expr::Compare(comparison, left, right) => {
            let sign = match comparison {
                Comparison::Equal => "==",
                Comparison::Less => "<",
                Comparison::LessOrEqual => "<=",
                Comparison::Greater => ">",
                Comparison::GreaterOrEqual => ">=",
            };
            format!("{} {sign} {}", operand(left), operand(right))
        }
        Expr::In(inner, values) => format!("{} in [{}]", operand(inner), literals(values)),
        Expr::TupleIn(parts, rows) => {
            let rows = rows.iter().map(|row| format!("[{}]", literals(row))).collect::<Vec<_>>().join(", ");
            format!("[{}] in [{rows}]", parts.iter().map(|part| expression(part)).collect::<Vec<_>>().join(", "))
        }
        Expr::Not(inner) => match &**inner {
            Expr::Compare(Comparison::Equal, left, right) => format!("{} != {}", operand(left), operand(right)),
            _ => format!("!{}", operand(inner)),
        },
        Expr::And(parts) => joined(parts, " && "),
        Expr::Or(parts) => joined(parts, " || "),
        Expr::If(condition, yes, no) => format!("if {} {{ {} }} else {{ {} }}", expression(condition), expression(yes), expression(no)),
        Expr::Call(func, arguments) => call(*func, arguments),
    }
}

fn call(func: Func, arguments: &[Arc<Expr>]) -> String {
    match func {
        Func::Arithmetic(operation) => joined(arguments, &format!(" {} ", sign(operation))),
        Func::Negate => format!("-{}", arguments.first().map(|argument| operand(argument)).unwrap_or_default()),
        Func::Concat => joined(arguments, " + "),
        Func::Fitting(test) => among(&format!("fitting {}", Func::from(test).signature().name), arguments),
        Func::Named => among("named", arguments),
        Func::Joined => format!("joined({})", arguments.iter().map(|argument| expression(argument)).collect::<Vec<_>>().join(", ")),
        Func::IsTrue => arguments.first().map(|argument| operand(argument)).unwrap_or_default(),
        Func::Item => format!(
            "{}[{}]",
            arguments.first().map(|argument| operand(argument)).unwrap_or_default(),
            arguments.get(1).map(|argument| expression(argument)).unwrap_or_default()
        ),
        _ => {
            let (receiver, rest) = arguments.split_first().map_or((String::new(), &[][..]), |(first, rest)| (operand(first), rest));
            format!("{receiver}.{}({})", func.signature().name, rest.iter().map(|argument| expression(argument)).collect::<Vec<_>>().join(", "))
        }
    }
}

/// What is looked for, and among which texts; of records with all their fields there are hundreds.
fn among(what: &str, arguments: &[Arc<Expr>]) -> String {
    const NAMED: usize = 40;
    let texts: Vec<String> = arguments.iter().skip(2).map(|text| expression(text)).collect();
    let more = texts.len().saturating_sub(NAMED);
    let named = texts.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(" ");
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{what}({} among {named}{rest})", arguments.first().map(|wanted| expression(wanted)).unwrap_or_default())
}

/// The sign of an operation.
fn sign(operation: Arithmetic) -> &'static str {
    match operation {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::Divide => "/",
        Arithmetic::Remainder => "%",
    }
}

/// How a function is called where it is refused: its sign, or its name.
pub(super) fn operator(func: Func) -> &'static str {
    match func {
        Func::Arithmetic(operation) => sign(operation),
        Func::Concat => "+",
        Func::Negate => "-",
        named => named.signature().name,
    }
}

fn operand(expr: &Expr) -> String {
    let text = expression(expr);
    let simple = match expr {
        Expr::Column(_) | Expr::Literal(_) | Expr::Not(_) => true,
        Expr::Call(func, _) => !matches!(func, Func::Arithmetic(_) | Func::Concat),
        _ => false,
    };
    if simple { text } else { format!("({text})") }
}

fn joined(parts: &[Arc<Expr>], separator: &str) -> String {
    parts.iter().map(|part| operand(part)).collect::<Vec<_>>().join(separator)
}

fn literals(values: &[Value]) -> String {
    values.iter().map(literal).collect::<Vec<_>>().join(", ")
}

fn literal(value: &Value) -> String {
    match value {
        Value::Missing => "()".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Text(text) => format!("{text:?}"),
        Value::Time(time) => format!("time({:?})", time_text(*time)),
        Value::Duration(span) => duration_text(*span),
        Value::List(values) => format!("[{}]", literals(values)),
    }
}

/// RFC 3339, UTC, milliseconds; a time beyond what the calendar can show as its number.
pub fn time_text(time: i64) -> String {
    chrono::DateTime::from_timestamp_millis(time).map_or_else(|| format!("{time} ms"), |time| time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
}

/// The same moment on the clocks of a zone, with its offset; in UTC as [`time_text`].
pub fn zoned_text(time: i64, zone: chrono_tz::Tz) -> String {
    match chrono::DateTime::from_timestamp_millis(time) {
        Some(utc) if zone != chrono_tz::Tz::UTC => utc.with_timezone(&zone).to_rfc3339_opts(chrono::SecondsFormat::Millis, false),
        _ => time_text(time),
    }
}

/// The largest unit that divides it: `7.days`, `90.minutes`, `1500.milliseconds`.
pub fn duration_text(span: i64) -> String {
    let units = [(86_400_000, "days"), (3_600_000, "hours"), (60_000, "minutes"), (1_000, "seconds")];
    match units.iter().find(|(size, _)| span != 0 && span % size == 0) {
        Some((size, unit)) => format!("{}.{unit}", span / size),
        None => format!("{span}.milliseconds"),
    }
}
