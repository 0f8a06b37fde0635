//! A text as pieces: whether a statement is whole, and what each piece is.

use std::ops::Range;

use rhai::{Engine, LexError, Position, Token};

use super::Paint;
use super::builtins;
use super::sources::{offset, word_at};

/// Whether a text is a whole statement, or more lines must follow.
pub fn is_complete(text: &str) -> bool {
    let engine = Engine::new_raw();
    let inputs = [text];
    let (tokens, control) = engine.lex(&inputs);
    let (mut depth, mut texts, mut last) = (0_i32, Vec::<i32>::new(), None);
    for (token, place) in tokens {
        match &token {
            Token::EOF => break,
            // "…" ends with its line: more lines can't close it. `…` and #"…"# can go on.
            Token::LexError(error) => {
                let open = matches!(**error, LexError::UnterminatedString);
                return !(open && (matches!(opened_by(text, place), '`' | '#') || text.trim_end_matches('\n').ends_with('\\')));
            }
            Token::LeftParen | Token::LeftBracket | Token::LeftBrace | Token::MapStart | Token::QuestionBracket => depth += 1,
            Token::RightBrace => {
                depth -= 1;
                if texts.last() == Some(&depth) {
                    texts.pop();
                    control.borrow_mut().is_within_text = true;
                }
            }
            Token::RightParen | Token::RightBracket => depth -= 1,
            Token::InterpolatedString(..) => texts.push(depth),
            _ => {}
        }
        last = Some(token);
    }
    if depth < 0 {
        return true;
    }
    if depth > 0 || has_open_comment(text) {
        return false;
    }
    // An empty line always ends the input: a closure's last `|` may be meant.
    text.ends_with("\n\n") || !last.is_some_and(|token| wants_more(&token))
}

fn wants_more(token: &Token) -> bool {
    use Token::{
        Ampersand, And, As, Bang, Colon, Comma, Const, Divide, DoubleArrow, DoubleQuestion, Else, Elvis, Equals, EqualsTo, Fn, For, GreaterThan,
        GreaterThanEqualsTo, If, Import, In, LessThan, LessThanEqualsTo, Let, Minus, Modulo, Multiply, NotEqualsTo, NotIn, Or, Period, Pipe, Plus, Return,
        Switch, While,
    };
    matches!(
        token,
        Period
            | Elvis
            | Comma
            | Equals
            | Plus
            | Minus
            | Multiply
            | Divide
            | Modulo
            | And
            | Or
            | Pipe
            | Ampersand
            | EqualsTo
            | NotEqualsTo
            | LessThan
            | GreaterThan
            | LessThanEqualsTo
            | GreaterThanEqualsTo
            | In
            | NotIn
            | DoubleQuestion
            | Bang
            | DoubleArrow
            | Else
            | Fn
            | Let
            | Const
            | Return
            | Colon
            | If
            | For
            | While
            | Switch
            | Import
            | As
    )
}

fn opened_by(text: &str, place: Position) -> char {
    let line = place.line().unwrap_or(1) - 1;
    let column = place.position().unwrap_or(1) - 1;
    text.lines().nth(line).and_then(|line| line.chars().nth(column)).unwrap_or('"')
}

fn has_open_comment(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut quote) = (0, 0_i32, 0_u8);
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        match (quote, byte) {
            (0, b'/') if next == Some(b'*') => {
                depth += 1;
                at += 1;
            }
            (0, b'*') if depth > 0 && next == Some(b'/') => {
                depth -= 1;
                at += 1;
            }
            (0, b'/') if depth == 0 && next == Some(b'/') => {
                while bytes.get(at).is_some_and(|byte| *byte != b'\n') {
                    at += 1;
                }
            }
            (0, b'"' | b'`') if depth == 0 => quote = byte,
            (b'"', b'\\') => at += 1,
            (open, byte) if open != 0 && open == byte => quote = 0,
            _ => {}
        }
        at += 1;
    }
    depth > 0
}

/// The pieces of a text, for highlighting, in order, without blanks.
pub fn paint(text: &str) -> Vec<(Range<usize>, Paint)> {
    let mut pieces: Vec<(Range<usize>, Paint)> = comments(text).into_iter().map(|span| (span, Paint::Comment)).collect();
    let engine = Engine::new_raw();
    let inputs = [text];
    let (tokens, control) = engine.lex(&inputs);
    let (mut depth, mut texts) = (0_i32, Vec::<i32>::new());
    for (token, place) in tokens {
        if token == Token::EOF {
            break;
        }
        let failed = matches!(&token, Token::LexError(error) if !matches!(**error, LexError::UnexpectedInput(_)));
        let start = offset(text, place);
        match &token {
            Token::LeftBrace | Token::MapStart => depth += 1,
            Token::InterpolatedString(..) => texts.push(depth),
            Token::RightBrace => {
                depth -= 1;
                if texts.last() == Some(&depth) {
                    texts.pop();
                    control.borrow_mut().is_within_text = true;
                }
            }
            _ => {}
        }
        if pieces.iter().any(|(span, paint)| *paint == Paint::Comment && span.contains(&start)) {
            continue;
        }
        if let Some(span) = span_of(text, &token, place).filter(|span| !span.is_empty()) {
            pieces.push((span.clone(), paint_of(text, &token, &span)));
        }
        if failed {
            break;
        }
    }
    pieces.sort_by_key(|(span, _)| span.start);
    let mut end = 0;
    pieces.retain_mut(|(span, _)| {
        span.start = span.start.max(end);
        let keeps = span.start < span.end;
        end = end.max(span.end);
        keeps
    });
    pieces
}

fn span_of(text: &str, token: &Token, place: Position) -> Option<Range<usize>> {
    let span = word_at(text, place)?;
    let rest = &text[span.start..];
    match token {
        Token::InterpolatedString(..) => Some(span.start..span.start + rest.find("${").map_or(rest.len(), |at| at + 2)),
        Token::StringConstant(..) if rest.starts_with('#') => {
            let hashes = rest.len() - rest.trim_start_matches('#').len();
            let end = format!("\"{}", "#".repeat(hashes));
            Some(span.start..rest[hashes + 1..].find(&end).map_or(text.len(), |at| span.start + hashes + 1 + at + end.len()))
        }
        // What goes on after `}` inside a text in backticks.
        Token::StringConstant(..) if !rest.starts_with(['"', '`']) => Some(span.start..span.start + rest.find('`').map_or(rest.len(), |at| at + 1)),
        Token::LexError(error) if !matches!(**error, LexError::UnexpectedInput(_)) => Some(span.start..text.len()),
        Token::FloatConstant(..) => {
            let end = rest.find(|character: char| !(character.is_ascii_alphanumeric() || matches!(character, '.' | '_'))).unwrap_or(rest.len());
            Some(span.start..span.start + end)
        }
        _ => Some(span),
    }
}

fn paint_of(text: &str, token: &Token, span: &Range<usize>) -> Paint {
    match token {
        Token::LexError(error) if matches!(**error, LexError::UnexpectedInput(_)) => Paint::Sign,
        Token::StringConstant(..) | Token::InterpolatedString(..) | Token::CharConstant(..) | Token::LexError(_) => Paint::Text,
        Token::IntegerConstant(..) | Token::FloatConstant(..) => Paint::Number,
        Token::Identifier(_) | Token::Reserved(_) => {
            let called =
                text[span.end..].starts_with('(') || builtins::all().iter().any(|declared| declared.is_property && text[span.clone()] == *declared.name);
            if called { Paint::Call } else { Paint::Name }
        }
        token if token.is_standard_keyword() => Paint::Keyword,
        _ => Paint::Sign,
    }
}

/// `// …` and `/* … */`, outside texts.
fn comments(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut quote) = (0, 0_u8);
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        if quote == 0 && rest.starts_with(b"//") {
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length);
            found.push(at..end);
            at = end;
        } else if quote == 0 && rest.starts_with(b"/*") {
            let end = rest.windows(2).skip(2).position(|pair| pair == b"*/").map_or(bytes.len(), |length| at + length + 4);
            found.push(at..end);
            at = end;
        } else {
            match (quote, bytes[at]) {
                (0, byte @ (b'"' | b'`')) => quote = byte,
                (b'"', b'\\') => at += 1,
                (open, byte) if open != 0 && open == byte => quote = 0,
                _ => {}
            }
            at += 1;
        }
    }
    found
}
