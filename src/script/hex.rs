//! Numbers that people read in hexadecimal: to the language they are numbers like any other, with a mark that shows when they become text.

use std::any::TypeId;

use rhai::{Dynamic, Engine, INT, ImmutableString};

use super::value::dynamic;
use crate::frame::Frame;
use crate::plan::Value;
use crate::telemetry::Type;

/// Rhai keeps it beside a value, through variables, lists and calls; what is computed has none.
const MARK: i32 = 16;

/// A cell of an answer as a value of the script.
pub(super) fn cell(frame: &Frame, row: usize, column: usize) -> Dynamic {
    let kind = frame.schema().columns().get(column).map(|(_, kind)| *kind);
    marked(&frame.value(row, column), kind)
}

/// The same by the column's name.
pub(super) fn named(frame: &Frame, row: usize, name: &str) -> Dynamic {
    marked(&frame.named(row, name), frame.schema().kind(name))
}

fn marked(value: &Value, kind: Option<Type>) -> Dynamic {
    let mut cell = dynamic(value);
    if kind == Some(Type::Hex) && cell.is_int() {
        cell.set_tag(MARK);
    }
    cell
}

/// What a marked number is shown as.
pub(super) fn text(value: &Dynamic) -> Option<String> {
    value.as_int().ok().filter(|_| value.tag() == MARK).map(written)
}

fn written(number: INT) -> String {
    format!("{number:#x}")
}

/// Text of a marked number, in `print`, `${…}`, lists and sums of text; and bits of one are bits.
pub(super) fn register(engine: &mut Engine) {
    let whole = TypeId::of::<INT>();
    for name in ["to_string", "to_debug"] {
        engine.register_raw_fn(name, [whole], |_, arguments| {
            let number = &*arguments[0];
            Ok(ImmutableString::from(text(number).unwrap_or_else(|| number.to_string())))
        });
    }
    for sign in ["&", "|", "^"] {
        engine.register_raw_fn(sign, [whole, whole], move |_, arguments| {
            let is_marked = arguments.iter().any(|argument| argument.tag() == MARK);
            let (left, right) = (arguments[0].as_int().unwrap_or_default(), arguments[1].as_int().unwrap_or_default());
            let mut answer = Dynamic::from_int(match sign {
                "&" => left & right,
                "|" => left | right,
                _ => left ^ right,
            });
            if is_marked {
                answer.set_tag(MARK);
            }
            Ok(answer)
        });
    }
}
