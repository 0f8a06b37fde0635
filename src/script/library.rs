//! The library that is part of the program: `import "std/name" as name`.

use super::Builtin;

/// Name and text of each module.
pub(super) const LIBRARY: [(&str, &str); 5] = [
    ("lolbins", include_str!("../../stdlib/lolbins.rhai")),
    ("lsass", include_str!("../../stdlib/lsass.rhai")),
    ("office", include_str!("../../stdlib/office.rhai")),
    ("persistence", include_str!("../../stdlib/persistence.rhai")),
    ("powershell", include_str!("../../stdlib/powershell.rhai")),
];

/// The text of `std/name`.
pub(super) fn find(path: &str) -> Option<&'static str> {
    let name = path.strip_prefix("std/")?;
    LIBRARY.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Every function of the library with its `///` lines, as `doc` shows it; the module stands where a builtin has its type.
pub(super) fn functions() -> Vec<Builtin> {
    LIBRARY.iter().flat_map(|(module, text)| functions_of(module, text)).collect()
}

fn functions_of(module: &str, text: &str) -> Vec<Builtin> {
    let (mut found, mut doc) = (Vec::new(), Vec::new());
    for line in text.lines() {
        if let Some(said) = line.strip_prefix("///") {
            doc.push(said.trim());
            continue;
        }
        let head = line.strip_prefix("fn ").and_then(|rest| rest.split_once(')'));
        if let Some((name, parameters)) = head.and_then(|(head, _)| head.split_once('(')) {
            // What is a method of a type needs no module before it.
            let call = if name.contains('.') { format!("{name}({parameters})") } else { format!("{module}::{name}({parameters})") };
            found.push(Builtin {
                name: name.rsplit('.').next().unwrap_or(name).into(),
                receiver: format!("std/{module}"),
                signature: call,
                doc: doc.join(" "),
                example: format!("import \"std/{module}\" as {module};"),
            });
        }
        doc.clear();
    }
    found
}
