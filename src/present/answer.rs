//! An answer as text for people.

use super::measure::prose;
use super::{Style, bars, cell, clean, report, table};
use crate::plan::Value;
use crate::report::{Answer, Finding, Item};

/// What was shown, what was raised, then the answer.
pub fn text(items: &[Item], findings: &[Finding], answer: &Answer, style: &Style) -> String {
    let mut parts = self::items(items, 0, style);
    parts.extend(findings.iter().map(|finding| report::finding(finding, 0, style)));
    let last = value(answer, 0, style);
    match (items.last(), parts.last_mut()) {
        (Some(item), Some(part)) if findings.is_empty() && is_line(item) && is_line(&Item::Value(answer.clone())) => part.push_str(&last),
        _ => parts.push(last),
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// Blocks that a blank line parts. Values that follow each other are lines of one block.
pub fn items(items: &[Item], indent: usize, style: &Style) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let mut goes_on = false;
    for shown in items {
        let text = item(shown, indent, style);
        match blocks.last_mut() {
            Some(block) if goes_on && is_line(shown) => block.push_str(&text),
            _ => blocks.push(text),
        }
        goes_on = is_line(shown);
    }
    blocks
}

/// What `print` says, and values as plain.
fn is_line(item: &Item) -> bool {
    matches!(item, Item::Value(Answer::Value(_) | Answer::Entity { .. }))
}

/// One thing that was shown, with a newline at the end.
pub fn item(item: &Item, indent: usize, style: &Style) -> String {
    match item {
        Item::Table(table) => table::text(table, indent, style),
        Item::Picture(table, view) => super::picture::text(table, *view, indent, style),
        Item::Bins(bins) => bars::text(bins, indent, style),
        Item::Note(text) => told(&clean::escape_lines(text), indent, style),
        Item::Value(answer) => value(answer, indent, style),
    }
}

/// A value with a newline at the end; nothing for nothing.
fn value(answer: &Answer, indent: usize, style: &Style) -> String {
    match answer {
        Answer::Nothing => String::new(),
        Answer::Table(table) => table::text(table, indent, style),
        Answer::Bins(bins) => bars::text(bins, indent, style),
        Answer::Value(Value::Text(text)) => indented(&clean::escape_lines(text), indent),
        Answer::Value(value) => indented(&cell::lone(value, style.zone), indent),
        Answer::Entity { text, .. } => indented(&clean::escape_lines(text), indent),
        Answer::List(parts) if parts.is_empty() => indented("[]", indent),
        Answer::Map(parts) if parts.is_empty() => indented("#{}", indent),
        Answer::List(parts) => parts.iter().map(|part| indented(&inline(part, style), indent)).collect(),
        Answer::Map(parts) => {
            let names: Vec<_> = parts.keys().map(|name| clean::escape(name)).collect();
            let widest = names.iter().map(|name| super::measure::width(name)).max().unwrap_or(0);
            let lines = names.iter().zip(parts.values()).map(|(name, part)| match part {
                Answer::Table(_) | Answer::Bins(_) => format!("{}{}", indented(name, indent), value(part, indent + 2, style)),
                part => indented(&format!("{}  {}", super::measure::pad(name, widest, false), inline(part, style)), indent),
            });
            lines.collect()
        }
    }
}

/// A value inside another, on one line.
fn inline(answer: &Answer, style: &Style) -> String {
    match answer {
        Answer::Nothing => "()".into(),
        Answer::Value(Value::Missing) => "()".into(),
        Answer::Value(Value::Text(text)) => clean::escape(text).into_owned(),
        Answer::Value(value) => cell::lone(value, style.zone),
        Answer::Entity { text, .. } => clean::escape(text).into_owned(),
        Answer::List(parts) => format!("[{}]", parts.iter().map(|part| inline(part, style)).collect::<Vec<_>>().join(", ")),
        Answer::Map(parts) => {
            let pairs: Vec<String> = parts.iter().map(|(name, part)| format!("{}: {}", clean::escape(name), inline(part, style))).collect();
            format!("#{{{}}}", pairs.join(", "))
        }
        Answer::Table(table) => format!("<{} rows>", table.total),
        Answer::Bins(bins) => format!("<{} bins>", bins.frame.height()),
    }
}

/// Every line behind `indent` blanks, the last with a newline.
pub fn indented(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let mut shown = String::new();
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        let line = format!("{margin}{line}");
        shown.push_str(line.trim_end());
        shown.push('\n');
    }
    shown
}

/// Sentences behind `indent` blanks, broken between words where the screen ends; what goes on stands two blanks further in.
pub fn told(text: &str, indent: usize, style: &Style) -> String {
    indented(text, indent).lines().map(|line| prose(line, indent + 2, style.width) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::style;
    use super::*;

    #[test]
    fn values_read_plainly() {
        let shown = |answer: Answer| text(&[], &[], &answer, &style());
        assert_eq!(shown(Answer::Nothing), "");
        assert_eq!(shown(Answer::Value(Value::text("a\x1b\nb"))), "a\\x1b\nb\n");
        assert_eq!(shown(Answer::List(vec![Answer::Value(Value::Int(1)), Answer::Value(Value::text("x"))])), "1\nx\n");
        let map = [("a".to_string(), Answer::Value(Value::Int(1))), ("long".to_string(), Answer::List(vec![Answer::Value(Value::Bool(true))]))];
        assert_eq!(shown(Answer::Map(map.into())), "a     1\nlong  [true]\n");
        assert_eq!(shown(Answer::Value(Value::Time(1_600_725_484_000))), "2020-09-21 21:58:04\n");
    }
}
