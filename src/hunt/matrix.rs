//! Which techniques playbooks hunt, and on which machine-days the source shows what they need.

use std::collections::BTreeMap;

/// Machine-days by the machine's place in the inventory and the day since 1970, and whether everything that is needed is there.
pub type Days = BTreeMap<(u32, i32), bool>;

/// Hunts for one technique: the playbooks, and for each machine-day whether one of them has everything that it needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hunted {
    pub playbooks: Vec<String>,
    pub days: Days,
}

/// By the technique's id; what names none is listed under an empty one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix(pub BTreeMap<String, Hunted>);

impl Matrix {
    /// A playbook that declares no needs has no days: it is never known to be covered.
    pub fn add(&mut self, playbook: &str, techniques: &[String], days: &Days) {
        let none = [String::new()];
        for id in if techniques.is_empty() { &none } else { techniques } {
            let hunted = self.0.entry(id.clone()).or_default();
            hunted.playbooks.push(playbook.to_string());
            for (place, covered) in days {
                *hunted.days.entry(*place).or_default() |= *covered;
            }
        }
    }
}

impl Hunted {
    /// Covered and asked machine-days.
    pub fn counted(&self) -> (usize, usize) {
        counted(self.days.values())
    }

    /// The same of one machine.
    pub fn counted_on(&self, machine: u32) -> (usize, usize) {
        counted(self.days.range((machine, i32::MIN)..=(machine, i32::MAX)).map(|(_, covered)| covered))
    }
}

fn counted<'a>(days: impl Iterator<Item = &'a bool>) -> (usize, usize) {
    days.fold((0, 0), |(covered, asked), is_covered| (covered + usize::from(*is_covered), asked + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_covered_by_any_playbook() {
        let mut matrix = Matrix::default();
        let days = |covered: [bool; 2]| Days::from([((0, 1), covered[0]), ((1, 1), covered[1])]);
        matrix.add("a", &["T1".into()], &days([true, false]));
        matrix.add("b", &["T1".into(), "T2".into()], &days([false, false]));
        matrix.add("c", &[], &Days::new());
        let found = |id: &str| &matrix.0[id];
        assert_eq!((found("T1").counted(), found("T1").counted_on(0), found("T1").playbooks.len()), ((1, 2), (1, 1), 2));
        assert_eq!((found("T2").counted(), found("").counted()), ((0, 2), (0, 0)));
    }
}
