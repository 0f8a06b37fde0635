//! Rhai's words become plain names where only a name can stand, and the words of attributes become numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use rhai::{Engine, Token, is_valid_identifier};

/// What a row's `attributes` option is made of.
pub(super) const ATTRIBUTES: [(&str, i64); 4] = [("ATTR_REMOTE", 1), ("ATTR_EXTERNAL", 2), ("ATTR_FRESHUNKNOWN", 4), ("ATTR_LANSHARED", 8)];

/// Words that Rhai itself gives a meaning when they are called.
const SPECIAL: [&str; 11] = ["Fn", "call", "curry", "is_shared", "is_def_fn", "is_def_var", "type_of", "print", "debug", "eval", "this"];

const AFTER_DOT: u8 = 1;
const AFTER_KEY: u8 = 2;

/// What the parser saw last; reset before each text.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<AtomicU8>);

impl Memory {
    pub fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// After `.` and `?.` any word is a name, after `#{` and `,` also `as`, `until`, `in`; reserved words without a meaning are names everywhere.
pub(super) fn free(engine: &mut Engine) -> Memory {
    let memory = Memory::default();
    let last = memory.clone();
    #[allow(deprecated)]
    engine.on_parse_token(move |token, _, _| {
        let now = match token {
            Token::Period | Token::Elvis => AFTER_DOT,
            Token::MapStart | Token::Comma => AFTER_KEY,
            _ => 0,
        };
        let after = last.0.swap(now, Ordering::Relaxed);
        let name = |word: &str| Token::Identifier(Box::new(word.into()));
        match token {
            Token::Identifier(word) if after != AFTER_DOT => match ATTRIBUTES.iter().find(|(name, _)| *name == word.as_str()) {
                Some((_, bit)) => Token::IntegerConstant(*bit),
                None => Token::Identifier(word),
            },
            Token::Reserved(word) if is_freed(&word, after) => Token::Identifier(word),
            token if after == AFTER_DOT && token.is_standard_keyword() && is_valid_identifier(token.literal_syntax()) => name(token.literal_syntax()),
            token @ (Token::Until | Token::As | Token::In) if after == AFTER_KEY => name(token.literal_syntax()),
            token => token,
        }
    });
    memory
}

fn is_freed(word: &str, after: u8) -> bool {
    let always_rhais = matches!(word, "call" | "curry" | "type_of" | "is_shared");
    is_valid_identifier(word) && !always_rhais && (after == AFTER_DOT || !SPECIAL.contains(&word))
}
