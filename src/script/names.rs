//! What names there are: functions, methods, properties, variables; what was probably meant by one that is not.

use rhai::{Engine, Position, Token};

use super::builtins::{self, Declared, Kind};
use super::run::Run;
use crate::diag::{Fault, did_you_mean};

/// The variables that a text declares, seen from one place of it.
#[derive(Default)]
pub(super) struct Scan {
    /// The place lies inside a function.
    pub in_function: bool,
    /// Names declared in that function, or before the place when it is in none.
    pub inside: Vec<String>,
    /// Names declared at the top level.
    pub outside: Vec<String>,
}

impl Scan {
    pub fn of(text: &str, at: Position) -> Scan {
        let engine = Engine::new_raw();
        let inputs = [text];
        let (tokens, control) = engine.lex(&inputs);
        let mut scan = Scan::default();
        let (mut depth, mut texts, mut function, mut own): (usize, Vec<usize>, Option<usize>, Vec<String>) = (0, Vec::new(), None, Vec::new());
        let (mut awaited, mut declares, mut bars, mut passed) = (false, false, false, false);
        for (token, place) in tokens {
            if matches!(token, Token::EOF | Token::LexError(_)) {
                break;
            }
            passed |= place == at;
            if place == at {
                scan.in_function = function.is_some();
            }
            match &token {
                Token::Fn => {
                    awaited = true;
                    own.clear();
                }
                Token::InterpolatedString(..) => texts.push(depth),
                Token::LeftBrace | Token::MapStart => {
                    if awaited && token == Token::LeftBrace {
                        (awaited, function) = (false, Some(depth));
                    }
                    depth += 1;
                }
                Token::RightBrace => {
                    depth = depth.saturating_sub(1);
                    if texts.last() == Some(&depth) {
                        texts.pop();
                        control.borrow_mut().is_within_text = true;
                    }
                    if function == Some(depth) {
                        function = None;
                        if scan.in_function && scan.inside.is_empty() && passed {
                            scan.inside = std::mem::take(&mut own);
                        }
                        own.clear();
                    }
                }
                Token::Pipe => bars = !bars,
                Token::Identifier(name) if declares || awaited || bars => {
                    let name = name.to_string();
                    if awaited || function.is_some() { own.push(name) } else { scan.outside.push(name) }
                }
                _ => {}
            }
            declares = matches!(token, Token::Let | Token::Const | Token::For | Token::As) || (declares && matches!(token, Token::LeftParen | Token::Comma));
        }
        if scan.in_function && scan.inside.is_empty() {
            scan.inside = own;
        }
        scan
    }
}

pub(super) fn is_function(name: &str) -> bool {
    builtins::all().iter().any(|declared| declared.receiver.is_none() && declared.name == name)
}

/// A Rust or Rhai type name in words of the field.
pub(super) fn plain_type(engine: &Engine, name: &str) -> String {
    match engine.map_type_name(name).trim_start_matches("&mut ").trim() {
        "i64" => "a number".into(),
        "f64" => "a number".into(),
        "bool" => "true or false".into(),
        "()" => "a missing value".into(),
        "string" | "&str | ImmutableString | String" | "char" | "&str" => "a text".into(),
        "array" => "a list".into(),
        "map" => "a map".into(),
        "Fn" => "a closure".into(),
        "" => "something else".into(),
        other => builtins::with_article(other.rsplit("::").next().unwrap_or(other)),
    }
}

/// `name (type, type)`, as Rhai writes a call that nothing answers.
pub(super) fn unknown_function(engine: &Engine, run: &Run, signature: &str) -> Fault {
    let name = signature.split([' ', '(']).next().unwrap_or(signature);
    let given: Vec<String> = signature
        .split_once('(')
        .map(|(_, rest)| rest.strip_suffix(')').unwrap_or(rest))
        .filter(|rest| !rest.is_empty())
        .map(|rest| split_types(rest).iter().map(|kind| plain_type(engine, kind)).collect())
        .unwrap_or_default();
    if let Some(operator) = operator_fault(name, &given) {
        return operator;
    }
    let same: Vec<String> = builtins::all().iter().filter(|declared| declared.name == name).map(|declared| declared.signature()).collect();
    if !same.is_empty() {
        let shown = same.iter().take(6).map(|signature| format!("`{signature}`")).collect::<Vec<_>>().join(", ");
        let is_free = builtins::all().iter().any(|declared| declared.name == name && declared.receiver.is_none());
        let message = match given.as_slice() {
            [] => format!("`{name}` needs arguments"),
            all if is_free => format!("`{name}` does not take {}", all.join(", ")),
            [only] => format!("`{name}` can't be asked of {only}"),
            [receiver, rest @ ..] => format!("`{name}` can't be asked of {receiver}, with {}", rest.join(", ")),
        };
        let is_missing = !is_free && given.first().is_some_and(|word| Kind::Missing.word() == *word);
        if is_missing {
            return Fault::new("call::missing", format!("`{name}` is asked of a missing value"))
                .with_help("there was no such row or cell: ask whether it is there first, as `if x != () { … }`");
        }
        let others = given.first().filter(|_| !is_free).and_then(|word| builtins::other_pivots(word, name));
        let help = others.map_or_else(|| format!("it is {shown}"), |others| format!("{others}; it is {shown}"));
        return Fault::new("call::arguments", message).with_help(help);
    }
    let own = own_functions(run);
    let same_own: Vec<&String> = own.iter().filter(|signature| signature.split('(').next() == Some(name)).collect();
    if !same_own.is_empty() {
        let shown = same_own.iter().map(|signature| format!("`{signature}`")).collect::<Vec<_>>().join(", ");
        return Fault::new("call::arguments", format!("`{name}` does not take these arguments"))
            .with_help(format!("it is {shown}; functions are called as `f(x)`"));
    }
    let receiver = given.first().filter(|word| Kind::is_word(word));
    let is_asked = |declared: &&Declared| receiver.is_some_and(|word| declared.receiver.is_some_and(|kind| kind.answers(word)));
    let methods = builtins::all().iter().filter(is_asked).map(|declared| declared.name);
    let free = builtins::all().iter().filter(|declared| given.is_empty() || declared.receiver.is_none() && receiver.is_none()).map(|declared| declared.name);
    let everything = free.chain(own.iter().filter_map(|signature| signature.split('(').next()));
    // Of a module, its own functions are near, and are named as they are called.
    let in_module = name.rsplit_once("::").and_then(|(module, function)| {
        let functions = own.iter().filter_map(|signature| signature.split('(').next());
        did_you_mean(function, functions).map(|near| near.replacen("mean `", &format!("mean `{module}::"), 1).replace(" or `", &format!(" or `{module}::")))
    });
    let functions = || builtins::all().iter().filter(|declared| declared.receiver.is_none()).map(|declared| declared.name);
    let help = in_module.or_else(|| did_you_mean(name, methods)).or_else(|| did_you_mean(name, everything)).or_else(|| did_you_mean(name, functions()));
    let message = match given.first() {
        Some(word) => format!("no function or verb `{name}` for {word}"),
        None => format!("no function `{name}`"),
    };
    Fault::new("call::unknown", message).with_help(help.unwrap_or_else(|| "`huntsman doc` lists what there is".into()))
}

fn operator_fault(name: &str, given: &[String]) -> Option<Fault> {
    let is_sign = !name.is_empty() && name.chars().all(|character| character.is_ascii_punctuation() && character != '_' && character != '$');
    if !is_sign {
        return None;
    }
    let message = match given {
        [only] => format!("`{name}` can't be done to {only}"),
        [left, right] => format!("`{name}` can't be done with {left} and {right}"),
        _ => format!("`{name}` can't be done here"),
    };
    let help = match name {
        "&" | "|" => "conditions are joined with `&&` and `||`; bits are asked with `.has_bits(0x10)`",
        "+" => "`${…}` in a text in backticks writes any value out",
        _ => "change one of them to the other's type",
    };
    Some(Fault::new("types::operator", message).with_help(help))
}

fn split_types(rest: &str) -> Vec<&str> {
    rest.split(", ").collect()
}

/// Functions that the sources of this run define, as `name(a, b)`.
fn own_functions(run: &Run) -> Vec<String> {
    let mut found = Vec::new();
    for (_, tree) in run.sources.trees() {
        for function in tree.iter_functions().filter(|function| !function.name.starts_with("anon$")) {
            found.push(format!("{}({})", function.name, function.params.join(", ")));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// What Rhai says of a property that a type does not have.
pub(super) fn unknown_property(engine: &Engine, message: &str) -> Fault {
    let mut quoted = message.split('\'').skip(1).step_by(2);
    match (quoted.next(), quoted.next()) {
        (Some(name), Some(kind)) => property_fault(name, &plain_type(engine, kind)),
        _ => Fault::new("property::unknown", message.to_string()).with_help("`huntsman doc` lists what there is"),
    }
}

/// No such property: brackets forgotten, or near names.
pub(super) fn property_fault(name: &str, word: &str) -> Fault {
    let of_kind = || builtins::all().iter().filter(|declared| declared.receiver.is_some_and(|kind| kind.answers(word)));
    if let Some(declared) = of_kind().find(|declared| declared.name == name) {
        return Fault::new("call::brackets", format!("`{name}` is a verb of {word}")).with_help(format!("write `.{}`", declared.call()));
    }
    let help = did_you_mean(name, of_kind().map(|declared| declared.name)).unwrap_or_else(|| "`huntsman doc` lists what there is".into());
    Fault::new("property::unknown", format!("{word} has no `{name}`")).with_help(help)
}
