//! The library that is part of the program: `import "std/name" as name`.

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
