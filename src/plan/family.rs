//! Who is whose kin: the meaning of the steps that ask for it, over starts and ends of processes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Known, Life, Relation, Seen, fold};

type ByPid = HashMap<(Arc<str>, i64), Vec<usize>>;
type ByGuid = HashMap<(Arc<str>, Arc<str>), Vec<usize>>;

/// Starts and ends of processes, in row order.
#[derive(Default)]
pub struct Past {
    /// What each row tells of its Child.
    seen: Vec<Option<Seen>>,
    /// What each start tells of who started it.
    parents: Vec<Option<Known>>,
    by_pid: ByPid,
    by_guid: ByGuid,
    by_parent_pid: ByPid,
    by_parent_guid: ByGuid,
    /// Each text once: a machine, a name and a GUID stand in many rows.
    texts: HashSet<Arc<str>>,
}

/// Who tells of a process whose start is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teller {
    /// A row that was asked, by its number, on the side that was asked.
    Asked(usize),
    /// A start in the past, which names its Parent.
    Past(usize),
}

/// One of the kin.
#[derive(Clone, Debug)]
pub struct Relative {
    /// Its start's row in the past, else who tells of it.
    pub told: Result<usize, Teller>,
    /// Whether it is one of those that were asked about.
    pub is_asked: bool,
    /// How many ancestors it has in a tree.
    pub depth: usize,
    life: Life,
}

impl Past {
    /// One more row: what it tells of its Child and of its Parent.
    pub fn push(&mut self, child: Option<Known>, parent: Option<Known>) {
        let row = self.seen.len();
        let (child, parent) = (child.map(|known| self.shared(known)), parent.map(|known| self.shared(known)));
        let parent = parent.filter(|_| child.as_ref().is_some_and(|child| child.starts));
        for (known, by_pid, by_guid) in [(&child, &mut self.by_pid, &mut self.by_guid), (&parent, &mut self.by_parent_pid, &mut self.by_parent_guid)] {
            let Some(known) = known else { continue };
            if let Some(pid) = known.pid {
                by_pid.entry((known.muid.clone(), pid)).or_default().push(row);
            }
            if let Some(guid) = &known.guid {
                by_guid.entry((known.muid.clone(), guid.clone())).or_default().push(row);
            }
        }
        self.seen.push(child.map(|known| Seen { row, known }));
        self.parents.push(parent);
    }

    /// The same in texts that are held already, its GUID folded.
    pub fn shared(&mut self, known: Known) -> Known {
        let mut held = |text: &str| match self.texts.get(text) {
            Some(text) => text.clone(),
            None => {
                let text: Arc<str> = text.into();
                self.texts.insert(text.clone());
                text
            }
        };
        Known { muid: held(&known.muid), guid: known.guid.map(|guid| held(&fold(&guid))), name: known.name.map(|name| held(&name)), ..known }
    }

    /// When a row was, if it says so.
    pub fn at(&self, row: usize) -> Option<i64> {
        self.seen.get(row)?.as_ref()?.known.at
    }

    fn known(&self, row: usize) -> Option<&Known> {
        self.seen.get(row)?.as_ref().map(|seen| &seen.known)
    }

    /// The life of a process. A GUID leads to the pid, and that to what followed on it.
    pub fn life(&self, known: &Known) -> Life {
        let mut known = known.clone();
        loop {
            let seen: Vec<&Seen> = rows_of(&known, &self.by_pid, &self.by_guid).into_iter().filter_map(|row| self.seen[row].as_ref()).collect();
            let life = Life::of(&known, &seen);
            if known.pid.is_some() || life.known.pid.is_none() {
                return life;
            }
            known.pid = life.known.pid;
        }
    }

    /// The starts that a process is the Parent of; of two sensors' reports the one that tells more.
    fn children(&self, life: &Life) -> Vec<usize> {
        let mut rows = rows_of(&life.known, &self.by_parent_pid, &self.by_parent_guid);
        rows.retain(|row| self.parents[*row].as_ref().is_some_and(|parent| life.means(parent)) && !self.is_second_report(*row));
        rows
    }

    fn is_second_report(&self, row: usize) -> bool {
        let Some(known) = self.known(row).filter(|known| known.guid.is_none()) else { return false };
        let Some(pid) = known.pid else { return false };
        let same = self.by_pid.get(&(known.muid.clone(), pid)).into_iter().flatten().filter_map(|row| self.known(*row));
        same.into_iter().any(|other| other.starts && other.guid.is_some() && known.is_together(other))
    }
}

/// The rows that have its pid or its GUID, in their order.
fn rows_of(known: &Known, by_pid: &ByPid, by_guid: &ByGuid) -> Vec<usize> {
    let of_pid = known.pid.and_then(|pid| by_pid.get(&(known.muid.clone(), pid)));
    let of_guid = known.guid.as_ref().and_then(|guid| by_guid.get(&(known.muid.clone(), fold(guid).into())));
    let mut rows: Vec<usize> = of_pid.into_iter().chain(of_guid).flatten().copied().collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Processes, each once.
#[derive(Default)]
struct People {
    all: Vec<Relative>,
    starts: HashMap<usize, usize>,
    running: HashMap<(Arc<str>, Option<i64>), Vec<usize>>,
    by_guid: HashMap<(Arc<str>, Arc<str>), usize>,
}

impl People {
    /// One more, unless it is there already.
    fn add(&mut self, life: Life, start: Option<usize>, teller: Teller, is_asked: bool) {
        let at = match start {
            Some(row) => self.starts.get(&row).copied(),
            None => self.running(&life),
        };
        let at = at.unwrap_or_else(|| {
            let at = self.all.len();
            match start {
                Some(row) => drop(self.starts.insert(row, at)),
                None => self.running.entry((life.known.muid.clone(), life.known.pid)).or_default().push(at),
            }
            self.all.push(Relative { told: start.ok_or(teller), is_asked, depth: 0, life: life.clone() });
            at
        });
        let own = &mut self.all[at];
        own.is_asked |= is_asked;
        if let (None, Some(guid)) = (start, &life.known.guid) {
            self.by_guid.entry((life.known.muid.clone(), fold(guid).into())).or_insert(at);
            // Who knows the GUID tells more.
            if own.life.known.guid.is_none() {
                (own.told, own.life) = (Err(teller), life);
            }
        }
    }

    /// The process without a start that is meant: two that have one pid are one, unless their GUIDs say otherwise.
    fn running(&self, told: &Life) -> Option<usize> {
        let known = &told.known;
        let by_guid = known.guid.as_ref().and_then(|guid| self.by_guid.get(&(known.muid.clone(), fold(guid).into())).copied());
        let is_meant = |at: &usize| {
            let own = &self.all[*at].life;
            own.means(known) || (own.known.guid.is_none() && told.means(&own.known))
        };
        by_guid.or_else(|| self.running.get(&(known.muid.clone(), known.pid))?.iter().copied().find(is_meant))
    }
}

/// The kin of processes, each once: those without a start first, then by their starts; of a tree as it is read.
pub fn family(past: &Past, asked: &[Option<Known>], relation: Relation) -> Vec<Relative> {
    let mut people = People::default();
    let own: Vec<(usize, Life)> = asked.iter().enumerate().filter_map(|(row, known)| Some((row, past.life(known.as_ref()?)))).collect();
    if relation.has_own() {
        for (row, life) in &own {
            people.add(life.clone(), life.start, Teller::Asked(*row), true);
        }
    }
    above(past, &own, relation.up(), &mut people);
    below(past, &own, relation, &mut people);
    if relation.is_tree() { arranged(past, people) } else { in_order(people) }
}

fn above(past: &Past, own: &[(usize, Life)], generations: usize, people: &mut People) {
    let mut next: Vec<usize> = own.iter().filter_map(|(_, life)| life.start).collect();
    let mut walked = HashSet::new();
    for _ in 0..generations {
        let mut parents = Vec::new();
        for row in next {
            if !walked.insert(row) {
                continue;
            }
            let Some(parent) = &past.parents[row] else { continue };
            let life = past.life(parent);
            parents.extend(life.start);
            let start = life.start;
            people.add(life, start, Teller::Past(row), false);
        }
        if parents.is_empty() {
            break;
        }
        next = parents;
    }
}

fn below(past: &Past, own: &[(usize, Life)], relation: Relation, people: &mut People) {
    let mut next: Vec<Life> = own.iter().map(|(_, life)| life.clone()).collect();
    let mut walked = HashSet::new();
    for _ in 0..relation.down() {
        let mut children = Vec::new();
        for life in next {
            // A start without a GUID may be that of one who is known by it.
            if life.start.is_some_and(|start| !walked.insert((start, life.known.guid.clone()))) {
                continue;
            }
            for row in past.children(&life) {
                let Some(known) = past.known(row) else { continue };
                let life = past.life(known);
                // A tree has each process once, however many captures hold its start.
                let start = if relation.is_tree() { life.start.unwrap_or(row) } else { row };
                people.add(life.clone(), Some(start), Teller::Past(row), false);
                children.push(life);
            }
        }
        if children.is_empty() {
            break;
        }
        next = children;
    }
}

fn in_order(people: People) -> Vec<Relative> {
    let mut all = people.all;
    all.sort_by_cached_key(order);
    all
}

/// Those without a start first, by the time of what tells of them.
fn order(relative: &Relative) -> (usize, Option<i64>, Arc<str>, Option<i64>) {
    let known = &relative.life.known;
    match relative.told {
        Ok(row) => (row + 1, None, Arc::from(""), None),
        Err(_) => (0, known.at, known.muid.clone(), known.pid),
    }
}

/// Each process behind its parent, brothers by time, machine after machine in the order in which they come first.
fn arranged(past: &Past, people: People) -> Vec<Relative> {
    let parent_of = |relative: &Relative| {
        let parent = past.life(past.parents[relative.told.ok()?].as_ref()?);
        match parent.start {
            Some(start) => people.starts.get(&start).copied(),
            None => people.running(&parent),
        }
    };
    let mut by_time: Vec<usize> = (0..people.all.len()).collect();
    by_time.sort_by_cached_key(|at| (people.all[*at].life.known.at, order(&people.all[*at])));
    let mut children: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    for at in &by_time {
        let parent = parent_of(&people.all[*at]).filter(|parent| parent != at);
        children.entry(parent).or_default().push(*at);
    }
    let mut machines: HashMap<&Arc<str>, usize> = HashMap::new();
    for (place, at) in by_time.iter().enumerate() {
        machines.entry(&people.all[*at].life.known.muid).or_insert(place);
    }
    let mut roots = children.get(&None).cloned().unwrap_or_default();
    // Rows that make each one the other's parent have no root: the earliest is one.
    roots.extend(by_time.iter().copied());
    let mut order: Vec<(usize, usize)> = Vec::new();
    let mut met = HashSet::new();
    for root in roots {
        let mut stack = vec![(root, 0)];
        while let Some((at, depth)) = stack.pop() {
            if met.insert(at) {
                order.push((at, depth));
                stack.extend(children.get(&Some(at)).into_iter().flatten().rev().map(|child| (*child, depth + 1)));
            }
        }
    }
    order.sort_by_key(|(at, _)| machines.get(&people.all[*at].life.known.muid));
    order.into_iter().map(|(at, depth)| Relative { depth, ..people.all[at].clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(pid: i64, guid: Option<&str>, at: i64, starts: bool) -> Known {
        Known { muid: "m".into(), guid: guid.map(Arc::from), pid: Some(pid), name: Some(format!("{pid}.exe").into()), at: Some(at), starts }
    }

    fn told(family: &[Relative]) -> Vec<(Option<usize>, usize)> {
        family.iter().map(|relative| (relative.told.ok(), relative.depth)).collect()
    }

    #[test]
    fn a_cycle_ends() {
        let mut past = Past::default();
        past.push(Some(known(1, Some("a"), 1_000, true)), Some(known(2, Some("b"), 1_000, false)));
        past.push(Some(known(2, Some("b"), 2_000, true)), Some(known(1, Some("a"), 2_000, false)));
        past.push(Some(known(3, Some("c"), 3_000, true)), Some(known(3, Some("c"), 3_000, false)));
        for own in [0, 1] {
            let asked = [past.known(own).cloned()];
            for relation in [Relation::Ancestors, Relation::Descendants] {
                assert_eq!(told(&family(&past, &asked, relation)), [(Some(0), 0), (Some(1), 0)], "{relation:?}");
            }
            assert_eq!(told(&family(&past, &asked, Relation::Tree)), [(Some(0), 0), (Some(1), 1)]);
        }
        assert_eq!(told(&family(&past, &[past.known(2).cloned()], Relation::Tree)), [(Some(2), 0)]);
    }

    #[test]
    fn a_pid_that_is_given_again_is_another_process() {
        let mut past = Past::default();
        let child = |pid, parent, at| (Some(known(pid, None, at, true)), Some(known(parent, None, at, false)));
        let hour = 3_600_000;
        for (own, parent) in [child(5, 1, 0), child(6, 5, hour), (Some(known(5, None, 2 * hour, false)), None), child(5, 2, 3 * hour), child(7, 5, 4 * hour)] {
            past.push(own, parent);
        }
        let children = |row: usize| told(&family(&past, &[past.known(row).cloned()], Relation::Children));
        assert_eq!((children(0), children(3)), (vec![(Some(1), 0)], vec![(Some(4), 0)]));
        assert_eq!(told(&family(&past, &[past.known(4).cloned()], Relation::Parents)), [(Some(3), 0)]);
    }

    #[test]
    fn who_runs_already_is_one_whoever_tells_of_it() {
        let mut past = Past::default();
        past.push(Some(known(5, Some("x"), 1_000, true)), Some(known(4, None, 1_000, false)));
        past.push(Some(known(6, Some("y"), 2_000, true)), Some(known(4, Some("p"), 2_000, false)));
        past.push(Some(known(7, Some("z"), 3_000, true)), Some(known(4, None, 3_000, false)));
        let asked: Vec<Option<Known>> = (0..3).map(|row| past.known(row).cloned()).collect();
        let parents = family(&past, &asked, Relation::Parents);
        assert_eq!((told(&parents), parents[0].told), (vec![(None, 0)], Err(Teller::Past(1))));
        // The start that only a sensor without GUIDs reported is that of the process that another one knows by its GUID.
        let mut past = Past::default();
        past.push(Some(known(4, None, 1_000, true)), None);
        past.push(Some(known(6, Some("y"), 2_000, true)), Some(known(4, Some("p"), 2_000, false)));
        assert_eq!(told(&family(&past, &[past.known(1).cloned()], Relation::Tree)), [(Some(0), 0), (Some(1), 1)]);
    }
}
