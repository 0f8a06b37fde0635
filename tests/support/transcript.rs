//! Sessions as text: `$ huntsman …` and what it answered. Bad inputs are written so, and so is the README.
//!
//! After a command come its stdout, its stderr, and `[exit N]` when that is not 0. A line of `…` stands for any lines.
//! `$ cat > NAME <<'END'` writes a file, `> NAME` sends stdout there, `$ cat NAME` shows it.

use super::{Answer, NOW, Place};

/// One command with the answer that is expected of it.
pub struct Step {
    pub command: String,
    /// Lines of a file that the command writes.
    pub document: Vec<String>,
    pub expected: Vec<String>,
}

/// The steps of a session; lines before the first command are comments.
pub fn parse(text: &str) -> (Vec<String>, Vec<Step>) {
    let (mut head, mut steps): (Vec<String>, Vec<Step>) = (Vec::new(), Vec::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(command) = line.strip_prefix("$ ") {
            let mut command = command.to_string();
            while let Some(begun) = command.strip_suffix('\\') {
                command = format!("{begun}{}", lines.next().unwrap_or_default().trim_start_matches('>').trim_start());
            }
            let document =
                if command.ends_with("<<'END'") { lines.by_ref().take_while(|line| *line != "END").map(str::to_string).collect() } else { Vec::new() };
            steps.push(Step { command, document, expected: Vec::new() });
        } else if let Some(step) = steps.last_mut() {
            step.expected.push(line.to_string());
        } else {
            head.push(line.to_string());
        }
    }
    (head, steps)
}

/// Runs a step and says what came of it, as it would be written down.
pub fn play(place: &Place, step: &Step) -> Vec<String> {
    let words = words(&step.command);
    let (words, target) = match words.iter().position(|word| word == ">") {
        Some(position) => (&words[..position], words.get(position + 1).cloned()),
        None => (&words[..], None),
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let answer = match words.as_slice() {
        ["huntsman", arguments @ ..] | ["cargo", "run", "--release", "--", arguments @ ..] => run(place, arguments, target.as_deref()),
        ["cat"] => {
            place.write(&target.expect("cat without a file"), &(step.document.join("\n") + "\n"));
            return Vec::new();
        }
        ["cat", name] => Answer { code: 0, out: std::fs::read_to_string(place.path(name)).unwrap(), err: String::new() },
        ["mkdir", name] => {
            std::fs::create_dir_all(place.path(name)).unwrap();
            return Vec::new();
        }
        _ => panic!("no such command in a transcript: {}", step.command),
    };
    let mut lines: Vec<String> = format!("{}{}", answer.out, answer.err).lines().map(|line| line.trim_end().to_string()).collect();
    if answer.code != 0 {
        lines.push(format!("[exit {}]", answer.code));
    }
    lines
}

fn run(place: &Place, arguments: &[&str], target: Option<&str>) -> Answer {
    let mut call = place.huntsman(arguments);
    let hunts = matches!(arguments.first(), Some(&("run" | "eval" | "check" | "test" | "sources")));
    if hunts && !arguments.contains(&"--now") {
        call.command.args(["--now", NOW]);
    }
    if let Some(target) = target {
        call.command.stdout(std::fs::File::create(place.path(target)).unwrap());
    }
    call.run()
}

/// Whether an answer is as expected; a line of `…` fits any lines.
pub fn matches(expected: &[String], actual: &[String]) -> bool {
    match expected.split_first() {
        None => actual.is_empty(),
        Some((line, rest)) if line.trim() == "…" => (0..=actual.len()).any(|skipped| matches(rest, &actual[skipped..])),
        Some((line, rest)) => actual.split_first().is_some_and(|(first, others)| first == line.trim_end() && matches(rest, others)),
    }
}

/// The session as text again, each answer as it was expected where it matched, else as it is now.
pub fn rewrite(place: &Place, text: &str) -> String {
    let (mut lines, steps) = parse(text);
    for step in steps {
        let mut actual = play(place, &step);
        let trailing = step.expected.iter().rev().take_while(|line| line.is_empty()).count();
        let expected = &step.expected[..step.expected.len() - trailing];
        if matches(expected, &actual) {
            actual = expected.to_vec();
        }
        lines.push(format!("$ {}", step.command));
        if !step.document.is_empty() {
            lines.extend(step.document);
            lines.push("END".into());
        }
        lines.extend(actual);
        lines.extend((0..trailing).map(|_| String::new()));
    }
    lines.join("\n") + "\n"
}

/// Words as a shell splits them: blanks, single and double quotes.
pub fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for sign in command.chars() {
        match (quote, sign) {
            (Some(open), _) if open == sign => quote = None,
            (None, '\'' | '"') => {
                quote = Some(sign);
                word.get_or_insert_default();
            }
            (None, sign) if sign.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    words
}
