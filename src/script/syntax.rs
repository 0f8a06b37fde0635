//! What is wrong with a text that is no playbook: every way in which Rhai refuses one, in words of ours, with what to write instead.

use rhai::{LexError, ParseErrorType};

use super::fault::lowered;
use crate::diag::Fault;

/// The fault of any refusal but that of an unknown variable, which needs the text around it.
pub(super) fn fault(kind: &ParseErrorType) -> Fault {
    use ParseErrorType as P;
    let say = |code: &str, message: String, help: &str| Fault::new(code, message).with_help(help);
    match kind {
        P::BadInput(error) => unreadable(error),
        P::UnexpectedEOF => say("syntax::end", "the text ends in the middle of a statement".into(), "close what is open: a bracket, a brace, a text"),
        P::MissingToken(token, what) => missing_token(token, what),
        P::MissingSymbol(what) => say("syntax::missing", lowered(what), "something is missing before this"),
        P::ExprExpected(what) => expression(what),
        P::MismatchedType(wanted, found) => mismatched(wanted, found),
        P::PropertyExpected => say("syntax::name", "the name of a property is needed here".into(), "after a dot comes a name, as `e.ChildFilename`"),
        P::VariableExpected => say("syntax::name", "a name is needed here".into(), "a name has letters, digits and `_`, as `let hits = …;`"),
        P::FnMissingName => say("syntax::name", "the name of the function is needed here".into(), FUNCTION),
        P::FnMissingParams(name) => say("syntax::function", format!("the parameters of `{name}` are needed here"), FUNCTION),
        P::FnMissingBody(name) if name.is_empty() => say("syntax::function", "the closure's body is needed here".into(), "write `|e| e.ChildPid == 4`"),
        P::FnMissingBody(name) => say("syntax::function", format!("the body of `{name}` is needed here"), FUNCTION),
        P::FnDuplicatedParam(_, parameter) => say("name::twice", format!("there are two parameters `{parameter}`"), "give each a name of its own"),
        P::FnDuplicatedDefinition(name, count) => {
            say("name::twice", format!("there are two functions `{name}` of {count} parameters"), "give each a name of its own")
        }
        P::WrongFnDefinition => say("syntax::function", "a function is defined at the top level only".into(), "a closure may stand anywhere: `let f = |x| …;`"),
        P::DuplicatedProperty(name) => say("name::twice", format!("this map has `{name}` twice"), "leave one of them out"),
        P::DuplicatedVariable(name) | P::VariableExists(name) => {
            say("name::twice", format!("there is a variable `{name}` already"), "give it a name of its own")
        }
        P::Reserved(sign) if !sign.starts_with(char::is_alphabetic) => say("syntax::sign", format!("`{sign}` means nothing here"), SIGNS),
        P::Reserved(word) => say("name::reserved", format!("`{word}` is a word of the language, not a name"), "choose another name"),
        P::ForbiddenVariable(name) => say("name::reserved", format!("`{name}` can't be the name of a variable"), "choose another name"),
        P::VariableUndefined(name) => say("name::unknown", format!("unknown variable `{name}`"), "declare it first with `let`"),
        P::ModuleUndefined(name) => {
            Fault::new("module::unknown", format!("nothing is imported as `{name}`")).with_help(format!("write `import \"std/{name}\" as {name};` first"))
        }
        P::AssignmentToConstant(name) if name.is_empty() => say("syntax::assignment", "a value can't be set".into(), "`==` compares, `=` sets a variable"),
        P::AssignmentToConstant(name) => say("name::constant", format!("`{name}` is a constant"), "declare it with `let`"),
        P::AssignmentToInvalidLHS(_) => say("syntax::assignment", "this can't be set".into(), "`==` compares, `=` sets a variable"),
        P::LoopBreak => say("syntax::loop", "there is no loop here to leave".into(), "`break` and `continue` stand inside `for`, `while` and `loop`"),
        P::WrongSwitchDefaultCase => say("syntax::switch", "`_` must be the last of the cases".into(), SWITCH),
        P::WrongSwitchIntegerCase => say("syntax::switch", "a number can't come after a range of numbers".into(), "write the single numbers first"),
        P::WrongSwitchCaseCondition => say("syntax::switch", "this case can't have a condition".into(), SWITCH),
        P::UnknownOperator(sign) => say("syntax::sign", format!("`{sign}` means nothing here"), SIGNS),
        P::MalformedIndexExpr(_) => say("syntax::index", "this can't stand in brackets".into(), "a list takes a number, a map a text: `list[0]`, `map[\"a\"]`"),
        P::MalformedCapture(_) => say("syntax::call", "this call can't capture variables".into(), "give them to the function as parameters"),
        P::WrongDocComment => {
            say("syntax::comment", "`///` must stand right before a function".into(), "`//` begins any other comment, `//!` the text at the top")
        }
        P::WrongExport => say("syntax::export", "`export` stands at the top level only".into(), "functions of a module are seen without it"),
        P::ExprTooDeep => say("syntax::deep", "this expression is nested too deeply".into(), "put a part of it in a variable"),
        P::TooManyFunctions => say("run::limit", "there are more functions here than a playbook may have".into(), "move some to a module"),
        P::LiteralTooLarge(..) => say("run::limit", "this value is larger than one value may be".into(), "read it from telemetry, or split it"),
        _ => say("syntax::error", lowered(&kind.to_string()), "`huntsman doc` shows how things are written"),
    }
}

const FUNCTION: &str = "write `fn name(a, b) { … }`";
const SWITCH: &str = "write `switch x { 1 => \"one\", 2 | 3 => \"few\", _ => \"many\" }`";
const SIGNS: &str = "`==` compares, `&&` is and, `||` is or, `!` is not";

fn unreadable(error: &LexError) -> Fault {
    match error {
        LexError::MalformedEscapeSequence(sequence) => Fault::new("syntax::backslash", format!("`{sequence}` is no escape of a plain text"))
            .with_help("in a plain text every backslash is written twice; a raw text needs none: #\"C:\\Windows\\Temp\"#"),
        LexError::UnterminatedString => Fault::new("syntax::text", "this text has no end").with_help("a text in \"…\" ends on its line; `…` may go on"),
        LexError::UnexpectedInput(sign) => {
            Fault::new("syntax::sign", format!("`{sign}` means nothing here")).with_help("something before it is missing, or it is one too many")
        }
        LexError::MalformedChar(text) => Fault::new("syntax::text", format!("'{text}' is no text")).with_help("a text stands in double quotes: \"…\""),
        LexError::MalformedNumber(_) => Fault::new("syntax::number", "this is no number").with_help("write 42, 0x1010, 1_000_000 or 0.5"),
        LexError::MalformedIdentifier(_) => Fault::new("syntax::name", "this is no name").with_help("a name has letters, digits and `_`"),
        LexError::ImproperSymbol(_, message) if message.contains("'eval'") => {
            Fault::new("call::forbidden", "a playbook has no `eval`").with_help("a closure or a function does what it would be for")
        }
        LexError::ImproperSymbol(_, message) if message.contains("'this'") => {
            Fault::new("name::reserved", "`this` has a meaning inside `fn Type.verb()` only").with_help("choose another name")
        }
        LexError::ImproperSymbol(sign, message) => {
            let message = if message.is_empty() { format!("`{sign}` means nothing here") } else { lowered(message) };
            Fault::new("syntax::sign", message).with_help(SIGNS)
        }
        LexError::StringTooLong(_) => Fault::new("run::limit", "this value is larger than one value may be").with_help("read it from telemetry, or split it"),
        other => Fault::new("syntax::input", lowered(&other.to_string())).with_help("`huntsman doc` shows how things are written"),
    }
}

fn expression(what: &str) -> Fault {
    let (message, help) = match what {
        "a boolean" => ("a condition is needed here", "write a comparison, as `x > 0`, before the `{`"),
        "literal" | "a literal" => ("a plain value is needed here", "a number, a text, true or false"),
        _ => ("an expression is needed here", "a value, a call, or something that has a value"),
    };
    Fault::new("syntax::expression", message).with_help(help)
}

/// What can be seen to be of the wrong kind without running.
fn mismatched(wanted: &str, found: &str) -> Fault {
    let found = match found {
        "a string" => "a text",
        "an array" => "a list",
        "an object map" => "a map",
        other => other,
    };
    let (wanted, help) = match wanted {
        "a boolean expression" => ("true or false", "write a comparison, as `x > 0`: an `if` and a `&&` need true or false"),
        "an iterable value" => ("something to loop over", "loop over a list, a range, a period, a client or a collection"),
        other => (other, "`huntsman doc` shows how things are written"),
    };
    Fault::new("types::mismatch", format!("{wanted} is needed here, and this is {found}")).with_help(help)
}

pub(super) fn missing_token(token: &str, what: &str) -> Fault {
    let what = quoted(&lowered(what));
    let message = if what.is_empty() { format!("`{token}` is missing") } else { format!("`{token}` is missing {what}") };
    let help = match token {
        ";" => "end the statement before this with `;`",
        "}" | ")" | "]" => "something that was opened is not closed",
        "{" => "a body stands in braces: `if x > 0 { … }`",
        "catch" => "write `try { … } catch (error) { … }`",
        "in" => "write `for x in list { … }`",
        "," | "=>" => "parts are written apart by commas; a case is `value => answer`",
        ":" => "a map is written `#{ name: value }`",
        _ => "`huntsman doc` shows how things are written",
    };
    Fault::new("syntax::missing", message).with_help(help)
}

/// Names in backticks, as everywhere.
fn quoted(text: &str) -> String {
    text.replace('\'', "`")
}
