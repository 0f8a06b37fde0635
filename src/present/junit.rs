//! JUnit XML, as CI servers read it: suites of cases, each passed, failed, in error or skipped.

use std::borrow::Cow;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::clean;

/// Cases that belong together.
pub struct Group {
    pub name: String,
    pub cases: Vec<Case>,
}

pub struct Case {
    pub name: String,
    /// What servers group by: a path without its ending.
    pub class: String,
    pub file: String,
    pub line: Option<usize>,
    pub ending: Ending,
    /// What was said besides, shown with the case.
    pub output: String,
}

pub enum Ending {
    Passed,
    /// One line, and everything there is to say, for each.
    Failed(Vec<(String, String)>),
    Error(String, String),
    Skipped(String),
}

/// The whole document. No times are in it: the same input gives the same bytes.
pub fn write(out: &mut dyn Write, name: &str, groups: &[Group]) -> io::Result<()> {
    let mut writer = Writer::new_with_indent(&mut *out, b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all = || groups.iter().flat_map(|group| &group.cases);
    let totals = counts(all());
    let counted = writer.create_element("testsuites").with_attribute(("name", &*legal(name))).with_attributes(totals.iter().map(pair));
    counted.write_inner_content(|writer| groups.iter().try_for_each(|group| write_group(writer, group)))?;
    drop(writer);
    out.write_all(b"\n")
}

fn pair<'a>((name, count): &'a (&'static str, String)) -> (&'a str, &'a str) {
    (name, count)
}

fn counts<'a>(cases: impl Iterator<Item = &'a Case>) -> Vec<(&'static str, String)> {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.ending {
            Ending::Passed => {}
            Ending::Failed(_) => failures += 1,
            Ending::Error(..) => errors += 1,
            Ending::Skipped(_) => skipped += 1,
        }
    }
    [("tests", tests), ("failures", failures), ("errors", errors), ("skipped", skipped)].map(|(name, count): (_, usize)| (name, count.to_string())).into()
}

fn write_group<W: Write>(writer: &mut Writer<W>, group: &Group) -> io::Result<()> {
    let totals = counts(group.cases.iter());
    let suite = writer.create_element("testsuite").with_attribute(("name", &*legal(&group.name))).with_attributes(totals.iter().map(pair));
    suite.write_inner_content(|writer| group.cases.iter().try_for_each(|case| write_case(writer, case)))?;
    Ok(())
}

fn write_case<W: Write>(writer: &mut Writer<W>, case: &Case) -> io::Result<()> {
    let (name, class, file) = (legal(&case.name), legal(&case.class), legal(&case.file));
    let line = case.line.map(|line| line.to_string());
    let attributes = [("name", &*name), ("classname", &*class), ("file", &*file)].into_iter().chain(line.as_deref().map(|line| ("line", line)));
    let element = writer.create_element("testcase").with_attributes(attributes);
    if matches!(case.ending, Ending::Passed) && case.output.is_empty() {
        element.write_empty()?;
        return Ok(());
    }
    element.write_inner_content(|writer| {
        match &case.ending {
            Ending::Passed => {}
            Ending::Failed(all) => all.iter().try_for_each(|(message, text)| told(writer, "failure", message, text))?,
            Ending::Error(message, text) => told(writer, "error", message, text)?,
            Ending::Skipped(message) => {
                writer.create_element("skipped").with_attribute(("message", &*legal(message))).write_empty()?;
            }
        }
        if !case.output.is_empty() {
            writer.create_element("system-out").write_text_content(BytesText::new(&legal(&case.output)))?;
        }
        Ok(())
    })?;
    Ok(())
}

fn told<W: Write>(writer: &mut Writer<W>, element: &str, message: &str, text: &str) -> io::Result<()> {
    let message = legal(message);
    writer.create_element(element).with_attribute(("message", &*message)).write_text_content(BytesText::new(&legal(text)))?;
    Ok(())
}

/// What XML 1.0 can say, and nothing that hides: control characters are written out, as are the two that are no characters.
fn legal(text: &str) -> Cow<'_, str> {
    let clean = clean::escape_lines(text);
    if clean.contains(['\u{fffe}', '\u{ffff}']) { Cow::Owned(clean.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")) } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_legal_xml() {
        let hostile = "a]]><b x='1'>&\x00\x1b[2J\u{ffff}\u{202e}\"\n";
        let case = |ending| Case { name: hostile.into(), class: "c".into(), file: "f".into(), line: Some(3), ending, output: hostile.into() };
        let endings =
            [Ending::Passed, Ending::Failed(vec![(hostile.into(), hostile.into())]), Ending::Error("e".into(), "t".into()), Ending::Skipped("s".into())];
        let mut bytes = Vec::new();
        write(&mut bytes, "x", &[Group { name: "g".into(), cases: endings.map(case).into() }]).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.chars().any(|character| clean::is_hidden(character) && character != '\n'), "{text}");
        assert!(text.contains("<testsuites name=\"x\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\">"), "{text}");
        let mut reader = quick_xml::Reader::from_str(&text);
        let mut cases = 0;
        loop {
            match reader.read_event().unwrap() {
                Event::Eof => break,
                Event::Start(element) if element.name().as_ref() == b"testcase" => {
                    cases += 1;
                    let name = element.try_get_attribute("name").unwrap().unwrap().unescape_value().unwrap();
                    assert!(name.starts_with("a]]><b x='1'>&\\x00"), "{name}");
                }
                _ => {}
            }
        }
        assert_eq!(cases, 4);
    }
}
