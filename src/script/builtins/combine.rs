//! Collections with collections: joins, unions, and bins.

use std::sync::Arc;

use rhai::Dynamic;

use super::{Answer, Bins, Call, Collection, Declared, HistogramValue, Kind, method};
use crate::diag::{Fault, did_you_mean};
use crate::plan::{How, Plan, Source, Step};

macro_rules! example {
    ($rest:literal) => {
        concat!("Client(\"all\", all_time()).get_executions()", $rest)
    };
}

pub(super) fn declared() -> Vec<Declared> {
    const OF: Kind = Kind::Collection;
    vec![
        method(
            OF,
            "join",
            &[("other", Kind::Collection), ("options", Kind::Map)],
            2,
            "All pairs of rows with equal keys: #{on:} or #{left:, right:}, how: inner, left or outer, within: a duration between their DateTime",
            example!(".join(Client(\"all\", all_time()).get_logons(), #{on: [\"Muid\", \"LogonId\"], how: \"left\"})"),
            join,
        ),
        method(
            OF,
            "semi",
            &[("other", Kind::Collection), ("on", Kind::Any)],
            2,
            "The rows that have a partner in the other collection",
            example!(".semi(Client(\"all\", all_time()).get_logons(), [\"Muid\", \"LogonId\"])"),
            |call| matched(call, How::Semi),
        ),
        method(
            OF,
            "anti",
            &[("other", Kind::Collection), ("on", Kind::Any)],
            2,
            "The rows that have no partner in the other collection",
            example!(".anti(Client(\"all\", all_time()).get_logons(), [\"Muid\", \"LogonId\"])"),
            |call| matched(call, How::Anti),
        ),
        method(
            OF,
            "+",
            &[("other", Kind::Collection)],
            1,
            "The rows of both, duplicates kept, with a column Table",
            "Client(\"all\", all_time()).get_files() + Client(\"all\", all_time()).get_registry()",
            union,
        ),
        method(
            OF,
            "histogram",
            &[("histogram", Kind::Any)],
            1,
            "Counts per interval and value: a Histogram, or what makes one",
            example!(".histogram(\"1h\")"),
            |call| {
                let collection = call.receiver::<Collection>()?;
                let value = call.value(0);
                let histogram = HistogramValue::of(call, &value).map_err(|fault| call.fail_at(0, fault))?;
                Bins::of(call, &collection, &histogram, call.place_of(0)).map(Dynamic::from).map_err(|fault| call.fail_at(0, fault))
            },
        ),
    ]
}

/// Keys of both sides, how, and how far apart in time.
struct Asked {
    how: How,
    left: Vec<Arc<str>>,
    right: Vec<Arc<str>>,
    within: Option<i64>,
}

fn join(call: &Call) -> Answer<Dynamic> {
    call.known_keys(1, &["on", "left", "right", "how", "within"])?;
    let asked = asked(call, How::Inner)?;
    joined(call, asked)
}

fn matched(call: &Call, how: How) -> Answer<Dynamic> {
    let on = call.value(1);
    if on.is::<rhai::Map>() {
        call.known_keys(1, &["on", "left", "right", "within"])?;
        let asked = asked(call, how)?;
        return joined(call, asked);
    }
    if !Kind::Words.accepts(&on) {
        return Err(call.fail_at(
            1,
            Fault::new("call::argument", "the columns that must agree are a text or a list of texts").with_help("write \"Muid\" or [\"Muid\", \"ChildPid\"]"),
        ));
    }
    joined(call, Asked { how, left: call.names(1), right: call.names(1), within: None })
}

fn asked(call: &Call, how: How) -> Answer<Asked> {
    let mut asked = Asked { how, left: Vec::new(), right: Vec::new(), within: None };
    for (key, value) in call.options(1) {
        let wrong = |fault| call.fail_at_value(1, &key, fault);
        let needs_names = || {
            wrong(
                Fault::new("options::type", format!("`{key}` takes a column's name or a list of them"))
                    .with_help(format!("write {key}: \"Muid\" or {key}: [\"Muid\", \"ChildPid\"]")),
            )
        };
        match key.as_str() {
            "how" => asked.how = how_of(&value.to_string()).map_err(wrong)?,
            "within" => asked.within = Some(call.span_of(&value).map_err(wrong)?),
            _ if !Kind::Words.accepts(&value) => return Err(needs_names()),
            "on" => {
                asked.left = super::call::texts_of(&value);
                asked.right = asked.left.clone();
            }
            "left" => asked.left = super::call::texts_of(&value),
            _ => asked.right = super::call::texts_of(&value),
        }
    }
    if asked.left.is_empty() || asked.left.len() != asked.right.len() {
        let fault = Fault::new("options::missing", "a join needs as many columns on the left as on the right")
            .with_help("write #{on: \"Muid\"} or #{left: \"A\", right: \"B\"}");
        return Err(call.fail_at(1, fault));
    }
    Ok(asked)
}

fn how_of(word: &str) -> Result<How, Fault> {
    const WORDS: [(&str, How); 3] = [("inner", How::Inner), ("left", How::Left), ("outer", How::Outer)];
    WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, how)| *how).ok_or_else(|| {
        let help = did_you_mean(word, WORDS.iter().map(|(known, _)| *known)).unwrap_or_else(|| "the words are inner left outer".into());
        Fault::new("options::word", format!("`{word}` is no value of `how`")).with_help(help)
    })
}

/// The other collection.
fn other(call: &Call) -> Answer<Collection> {
    let fault = || Fault::new("call::argument", "a collection is needed here").with_help("give a query, as `Client(\"all\").get_dns()`");
    call.value(0).try_cast::<Collection>().ok_or_else(|| call.fail_at(0, fault()))
}

fn joined(call: &Call, asked: Asked) -> Answer<Dynamic> {
    let collection = call.receiver::<Collection>()?;
    let other = other(call)?;
    for name in &asked.right {
        other.schema.require(name).map_err(|error| call.fail_plan(&error))?;
    }
    if asked.within.is_some() {
        for schema in [&collection.schema, &other.schema] {
            schema.require("DateTime").map_err(|error| call.fail_at_key(1, "within", Fault::from(&error)))?;
        }
    }
    let step = Step::Join { right: other.plan.clone(), how: asked.how, left_on: asked.left, right_on: asked.right, within: asked.within };
    collection.then(step).map(Dynamic::from).map_err(|error| call.fail_plan(&error))
}

fn union(call: &Call) -> Answer<Dynamic> {
    let collection = call.receiver::<Collection>()?;
    let other = other(call)?;
    let mut parts = Vec::new();
    for plan in [&collection.plan, &other.plan] {
        match (&plan.source, plan.steps.is_empty()) {
            // `a + b + c` is one union of three.
            (Source::Union(inner), true) => parts.extend(inner.iter().cloned()),
            _ => parts.push(plan.clone()),
        }
    }
    let plan = Plan { source: Source::Union(parts), steps: Vec::new() };
    collection.with_plan(plan).map(Dynamic::from).map_err(|error| call.fail_plan(&error))
}
