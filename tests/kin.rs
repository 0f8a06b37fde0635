//! Kin of many processes are what each of them has on its own: over the sample and over real captures.

use std::path::Path;

use crate::support::{NOW, Place, stores};

#[test]
fn kin_of_many_are_those_of_each_over_the_sample() {
    hold(&stores::sample().store);
}

#[test]
fn kin_of_many_are_those_of_each_over_captures() {
    for set in ["mordor-theshire-2020", "mordor-pandalab-lsass"] {
        let Some(filled) = stores::real(set) else { return };
        hold(&filled.store);
    }
}

#[test]
fn kin_of_many_are_those_of_each_over_an_archive_of_event_logs() {
    let Some(filled) = stores::real("evtx-to-mitre-attack/all-280.tar.gz") else { return };
    hold(&filled.store);
}

/// Asks the kin of some processes at once, and of one after the other: notes what only one of both has, and how many there were.
const ASKED: &str = r#"
//! Kin.
const LIMIT = 20;

fn key(row) {
    if row == () { return (); }
    if row.Operation == "active" { return `active ${row.Muid} ${row.ChildPid ?? row.ChildGuid ?? ""} ${(row.ChildFilename ?? "").to_lower()}`; }
    `${row.Muid} ${row.Source} ${row.Channel ?? ""} ${row.RecordId ?? ""} ${row.DateTime} ${row.ParentGuid ?? row.ParentPid ?? ""}`
}
fn keys(rows) { let all = #{}; for row in rows { all[key(row)] = true; } all }
fn acts(rows) { let all = #{}; for row in rows { all[`${row.Muid} ${row.Source} ${row.Channel ?? ""} ${row.RecordId ?? ""} ${row.DateTime}`] = true; } all }
fn added(all, more) { for name in more.keys() { all[name] = true; } all }
fn differ(what, many, each) {
    let only = #{ many: many.keys().filter(|name| !(name in each)), each: each.keys().filter(|name| !(name in many)) };
    note(`${what}: ${many.len()} ${each.len()} ${only.many} ${only.each}`);
}
fn starts_of(rows) { let all = #{}; for row in rows { all[key(row.process())] = true; } all }
fn up(row) {
    let all = #{};
    let next = row.parent();
    while next != () && !(key(next) in all) { all[key(next)] = true; next = next.parent(); }
    all
}
fn down(row) {
    let all = #{};
    let waiting = row.children().rows();
    while waiting.len() > 0 {
        let next = waiting.pop();
        if !(key(next) in all) { all[key(next)] = true; waiting += next.children().rows(); }
    }
    all
}

let span = all_time();
for some in [
    Client("all", span).get_processes().sample(global::LIMIT),
    Client("all", span).get_executions(#{ operation: "create" }).filter(|e| e.ChildGuid == ()).sample(global::LIMIT),
    Client("all", span).get_executions(#{ operation: ["kill", "load", "access"] }).sample(global::LIMIT),
] {
    let each = #{ parents: #{}, children: #{}, ancestors: #{}, descendants: #{}, files: #{}, registry: #{}, modules: #{}, communications: #{}, tree: #{} };
    for p in some {
        if p.parent() != () { each.parents[key(p.parent())] = true; }
        each.children = added(each.children, keys(p.children()));
        each.ancestors = added(each.ancestors, up(p));
        each.descendants = added(each.descendants, down(p));
        each.files = added(each.files, acts(p.files()));
        each.registry = added(each.registry, acts(p.registry()));
        each.modules = added(each.modules, acts(p.modules()));
        each.communications = added(each.communications, acts(p.communications()));
        let own = p.process();
        if own != () { each.tree[key(own)] = true; }
        each.tree = added(each.tree, up(p));
        for child in p.descendants() { each.tree[key(child.process())] = true; }
    }
    differ("parents", keys(some.parents()), each.parents);
    differ("children", keys(some.children()), each.children);
    differ("ancestors", keys(some.ancestors()), each.ancestors);
    differ("descendants", keys(some.descendants()), each.descendants);
    differ("files", acts(some.files()), each.files);
    differ("registry", acts(some.registry()), each.registry);
    differ("modules", acts(some.modules()), each.modules);
    differ("communications", acts(some.communications()), each.communications);
    differ("tree", keys(some.tree()), each.tree);
    for kin in [some.parents(), some.children(), some.ancestors(), some.descendants(), some.tree()] {
        let told = kin.filter(|e| e.Operation != "active");
        note(`once: ${told.count()} ${keys(told).len()} [] []`);
    }
    let starts = Client("all", span).get_executions(#{ operation: "create" });
    differ("children_of", starts_of(starts.children_of(some)), starts_of(children_of(some)));
    differ("ancestors_of", starts_of(starts.ancestors_of(some)), starts_of(ancestors_of(some).filter(|e| e.Operation != "active")));
}
let acts = Client("all", span).get_files().sample(global::LIMIT) + Client("all", span).get_registry().sample(global::LIMIT);
let each = #{};
for act in acts { if act.actor() != () { each[key(act.actor())] = true; } }
differ("actors", keys(acts.actors()), each);
"#;

fn hold(store: &Path) {
    let place = Place::new();
    place.write("kin.rhai", ASKED);
    let mut call = place.huntsman(["run", "kin.rhai", "--now", NOW, "--format", "json", "--allow-partial", "-q", "--source"]);
    call.command.arg(store);
    let report = call.run().expect(0).json();
    let notes: Vec<&str> = report["items"].as_array().unwrap().iter().filter_map(|item| item["text"].as_str()).collect();
    let wrong: Vec<&&str> = notes.iter().filter(|note| !note.ends_with(" [] []")).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let found = |what: &str| notes.iter().any(|note| note.starts_with(what) && !note.starts_with(&format!("{what}: 0")));
    for what in ["parents", "children", "ancestors", "descendants", "files", "tree", "actors"] {
        assert!(found(what), "no {what} at all: {notes:#?}");
    }
}
