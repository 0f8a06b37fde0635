//! Histogram: how rows are counted by time and value.

use std::sync::Arc;

use rhai::{Dynamic, Map};

use super::aggregate::Fold;
use super::{Answer, Call, Declared, Kind, free};
use crate::diag::{Fault, did_you_mean};
use crate::hunt::histogram::Histogram;
use crate::hunt::period;
use crate::plan::{self, Aggregate};
use crate::script::value::type_word;

/// A histogram that no rows were given to yet.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::script) struct HistogramValue(pub Histogram);

const KEYS: [&str; 5] = ["by", "interval", "metric", "top", "fill"];

pub(super) fn declared() -> Vec<Declared> {
    vec![free(
        "Histogram",
        &[("interval, column or map", Kind::Any)],
        1,
        "Counts by interval (\"1h\", 1.hours), by column, or #{by: column or list, interval:, metric: count()…, top: n, fill: true}",
        "Histogram(#{by: \"ParentFilename\", interval: \"1h\", top: 5})",
        make,
    )]
}

fn make(call: &Call) -> Answer<Dynamic> {
    if call.value(0).is::<Map>() {
        call.known_keys(0, &KEYS)?;
        for (key, value) in call.options(0) {
            let mut probe = Histogram::default();
            set(call, &mut probe, &key, &value).map_err(|fault| call.fail_at_value(0, &key, fault))?;
        }
    }
    HistogramValue::of(call, &call.value(0)).map(Dynamic::from).map_err(|fault| call.fail_at(0, fault))
}

impl HistogramValue {
    /// What any value means as a histogram.
    pub fn of(call: &Call, value: &Dynamic) -> Result<HistogramValue, Fault> {
        if let Some(histogram) = value.read_lock::<HistogramValue>() {
            return Ok(histogram.clone());
        }
        if let Some(map) = value.read_lock::<Map>() {
            let mut histogram = Histogram::default();
            for (key, value) in map.iter() {
                set(call, &mut histogram, key, &value.clone().flatten())?;
            }
            return Ok(HistogramValue(histogram));
        }
        if value.is_string() {
            return Ok(HistogramValue(Histogram::read(&value.to_string())));
        }
        if let Some(span) = value.read_lock::<crate::script::value::Span>() {
            return Ok(HistogramValue(Histogram { interval: Some(span.0), ..Histogram::default() }));
        }
        let message = format!("a histogram can't be made of {}", type_word(call.context.engine(), value));
        Err(Fault::new("call::argument", message).with_help("write `Histogram(\"1h\")`, `Histogram(\"ParentFilename\")` or `Histogram(#{by:, interval:})`"))
    }
}

fn set(call: &Call, histogram: &mut Histogram, key: &str, value: &Dynamic) -> Result<(), Fault> {
    let wrong = |wants: &str| {
        let help = "write `Histogram(#{by: \"ParentFilename\", interval: \"1h\", metric: count(), top: 10, fill: true})`, or a part of it";
        Fault::new("options::type", format!("`{key}` takes {wants}, and this is {}", type_word(call.context.engine(), value))).with_help(help)
    };
    if value.is_unit() {
        return Ok(());
    }
    match key {
        "by" if Kind::Words.accepts(value) => histogram.by = super::call::texts_of(value),
        "by" => return Err(wrong("a column's name or a list of them")),
        "interval" if value.is_string() => histogram.interval = Some(period::parse_duration(&value.to_string()).map_err(|error| Fault::from(&error))?),
        "interval" => histogram.interval = Some(call.span_of(value)?),
        "metric" => {
            let Some(fold) = value.read_lock::<Fold>().map(|fold| fold.clone()) else {
                return Err(wrong("an aggregate, as `count()` or `sum(\"BytesSent\")`"));
            };
            histogram.metric = named(fold);
        }
        "top" => histogram.top = Some(value.as_int().ok().and_then(|top| usize::try_from(top).ok()).ok_or_else(|| wrong("a number of values"))?),
        "fill" => histogram.fill = value.as_bool().map_err(|_| wrong("true or false"))?,
        other => {
            let help = did_you_mean(other, KEYS).unwrap_or_else(|| format!("the keys are {}", KEYS.join(" ")));
            return Err(Fault::new("options::unknown", format!("a histogram has no `{other}`")).with_help(help));
        }
    }
    Ok(())
}

/// `Count`, or the aggregate's word before its column: `SumBytesSent`.
fn named(fold: Fold) -> Aggregate {
    let name = match (&fold.column, fold.fold) {
        (None, _) | (_, plan::Fold::Count) => Arc::from("Count"),
        (Some(column), _) => {
            let word = fold.to_string();
            let word = word.split('(').next().unwrap_or_default();
            let camel: String = word.split('_').map(|part| part[..1].to_uppercase() + &part[1..]).collect();
            Arc::from(format!("{camel}{column}"))
        }
    };
    Aggregate { name, fold: fold.fold, column: fold.column }
}
