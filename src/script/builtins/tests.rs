//! The declarations among themselves; that their examples run is tested through the executable.

use super::all;

#[test]
fn nothing_is_declared_twice() {
    let mut seen = std::collections::BTreeSet::new();
    for declared in all() {
        assert!(
            seen.insert((declared.receiver.map(super::Kind::shown), declared.name, declared.params.len(), declared.is_property)),
            "{}",
            declared.signature()
        );
        assert!(!declared.doc.is_empty(), "{}", declared.signature());
    }
}
