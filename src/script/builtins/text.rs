//! The verbs of text, numbers and times for values that are fetched already: the same as those of columns.

use rhai::{Array, Dynamic, ImmutableString};

use super::{Answer, Call, Declared, Kind, method};
use crate::diag::Fault;
use crate::plan::{Expr, Func, Schema, Value, apply_as};
use crate::script::value::{Cased, dynamic, func_of, literal_or_list};
use crate::telemetry::Type;

/// Argument names, by how many there are.
const ARGUMENTS: [&[(&str, Kind)]; 3] = [&[], &[("other", Kind::Any)], &[("first", Kind::Any), ("second", Kind::Any)]];

pub(super) fn declared() -> Vec<Declared> {
    let mut all = vec![
        method(Kind::Text, "cased", &[], 0, "Compares this text exactly, case included", "\"A\".cased() == \"A\"", |call| {
            Ok(Dynamic::from(Cased(call.text_receiver().into())))
        }),
        method(Kind::List, "cased", &[], 0, "Compares these texts exactly, case included", "\"A\" in [\"A\", \"b\"].cased()", |call| {
            let items = call.receiver::<Array>()?;
            Ok(items.into_iter().map(|item| Dynamic::from(Cased(item.to_string().into()))).collect::<Array>().into())
        }),
    ];
    for func in Func::METHODS {
        let signature = func.signature();
        if matches!(func, Func::Hour(_) | Func::Weekday(_) | Func::Date(_) | Func::Floor(_) | Func::Cased) {
            all.push(verb(Kind::Missing, signature.name, signature.arguments, signature.doc));
            continue;
        }
        let kinds: &[Kind] = match func {
            Func::IsMissing | Func::OrElse => &[Kind::Any],
            Func::HasBits | Func::AnyBits | Func::Hex => &[Kind::Int, Kind::Missing],
            Func::SquareRoot => &[Kind::Number, Kind::Missing],
            _ if signature.receiver.contains(&Type::Text) => &[Kind::Text, Kind::Cased, Kind::Missing],
            _ => &[Kind::Missing],
        };
        for kind in kinds {
            all.push(verb(*kind, signature.name, signature.arguments, signature.doc));
        }
    }
    all.retain(|declared| !declared.name.is_empty());
    all
}

fn verb(receiver: Kind, name: &'static str, (least, most): (usize, usize), doc: &'static str) -> Declared {
    let params = ARGUMENTS[most.min(2)];
    Declared { name, receiver: Some(receiver), params, least: least.min(params.len()), is_property: false, doc, example: example(name, receiver), body: run }
}

fn example(name: &str, receiver: Kind) -> &'static str {
    match (name, receiver) {
        ("contains", Kind::Text) => "\"PowerShell.exe\".contains(\"shell\")",
        ("starts_with", Kind::Text) => "\"PowerShell.exe\".starts_with([\"power\", \"cmd\"])",
        ("ends_with", Kind::Text) => "\"PowerShell.exe\".ends_with(\".EXE\")",
        ("like", Kind::Text) => "#\"C:\\Temp\\a.exe\"#.like(#\"*\\temp\\*.exe\"#)",
        ("matches", Kind::Text) => "\"cmd /c whoami\".matches(\"/c\\\\s\")",
        ("in_cidr", Kind::Text) => "\"10.1.2.3\".in_cidr(\"10.0.0.0/8\")",
        ("is_public", Kind::Text) => "\"8.8.8.8\".is_public()",
        ("is_private", Kind::Text) => "\"10.1.2.3\".is_private()",
        ("has_bits", _) => "0x1010.has_bits(0x10)",
        ("any_bits", _) => "0x1010.any_bits(0x11)",
        ("hex", _) => "0x1010.hex()",
        ("sqrt", Kind::Number) => "2.sqrt()",
        ("sqrt", _) => "().sqrt()",
        ("is_missing", _) => "().is_missing()",
        ("or_else", _) => "().or_else(\"none\")",
        ("split", Kind::Text) => "\"a,b\".split(\",\")",
        ("replace", Kind::Text) => "\"a-b\".replace(\"-\", \"+\")",
        ("before", Kind::Text) => "\"user@host\".before(\"@\")",
        ("after", Kind::Text) => "\"user@host\".after(\"@\")",
        ("between", Kind::Text) => "\"a(b)c\".between(\"(\", \")\")",
        ("basename", Kind::Text) => "#\"C:\\Temp\\a.exe\"#.basename()",
        ("dirname", Kind::Text) => "#\"C:\\Temp\\a.exe\"#.dirname()",
        ("extension", Kind::Text) => "\"a.exe\".extension()",
        ("entropy", Kind::Text) => "\"aabb\".entropy()",
        ("decode_base64", Kind::Text) => "\"aGVsbG8=\".decode_base64()",
        ("levenshtein", Kind::Text) => "\"svchost\".levenshtein(\"scvhost\")",
        ("len", Kind::Text) => "\"abc\".len()",
        ("lower", Kind::Text) => "\"ABC\".lower()",
        ("upper", Kind::Text) => "\"abc\".upper()",
        ("cased", _) => "().cased()",
        ("hour", _) => "().hour()",
        ("weekday", _) => "().weekday()",
        ("date", _) => "().date()",
        ("floor", _) => "().floor(5.minutes)",
        _ => "",
    }
}

fn run(call: &Call) -> Answer<Dynamic> {
    let Some(func) = func_of(call.declared.name, call.run.setup.zone) else { return Ok(Dynamic::UNIT) };
    // Any value, also one that no query could hold.
    match func {
        Func::IsMissing => return Ok(call.receiver_value().is_unit().into()),
        Func::OrElse => return Ok(if call.receiver_value().is_unit() { call.value(0) } else { call.receiver_value() }),
        _ => {}
    }
    let mut cased = false;
    let mut values = Vec::new();
    for (index, value) in std::iter::once(call.receiver_value()).chain((0..call.given()).map(|index| call.value(index))).enumerate() {
        let value = match value.read_lock::<Cased>().map(|text| text.0.clone()) {
            Some(text) => {
                cased = true;
                Dynamic::from(text)
            }
            None => value,
        };
        let Some(value) = literal_or_list(&value) else {
            let found = crate::script::value::type_word(call.context.engine(), &value);
            let fault = Fault::new("call::argument", format!("`{}` can't take {found}", call.declared.name))
                .with_help(format!("it is `{}`", call.declared.signature()));
            return Err(call.fail_at(index.saturating_sub(1), fault));
        };
        values.push(value);
    }
    check(call, func, &values)?;
    Ok(match apply_as(func, &values, cased) {
        Value::Text(text) if func == Func::Cased => Dynamic::from(ImmutableString::from(&*text)),
        value => dynamic(&value),
    })
}

/// Types and patterns are those of a query.
fn check(call: &Call, func: Func, values: &[Value]) -> Answer<()> {
    let listed = matches!(values.get(1), Some(Value::List(_)));
    if listed || values.first().is_none_or(Value::is_missing) {
        return Ok(());
    }
    let arguments = values.iter().map(|value| Expr::literal(value.clone())).collect();
    Schema::default().type_of(&Expr::Call(func, arguments)).map(|_| ()).map_err(|error| call.fail_at(0, Fault::from(&error)))
}
