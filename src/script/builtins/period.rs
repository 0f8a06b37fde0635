//! TimePeriod: from when to when.

use std::any::TypeId;

use rhai::{Dynamic, EvalAltResult, ImmutableString, Map, Module};

use super::{Answer, Call, Declared, Kind, free, method, property};
use crate::diag::Fault;
use crate::hunt::memory;
use crate::hunt::period::{self, PeriodError};
use crate::plan::Period;
use crate::script::current::Current;
use crate::script::fault;
use crate::script::value::{Span, Time, TimePeriod, type_word};

const FROM_TO: &[(&str, Kind)] = &[("from", Kind::Any), ("to", Kind::Time)];

pub(super) fn declared() -> Vec<Declared> {
    vec![
        free(
            "TimePeriod",
            FROM_TO,
            0,
            "Half-open, from the first up to the second. Without arguments today; one text is a day, or what --period takes; also #{from:, to:} and #{to_date:, num_days:}, of which each may be left out: today, one day",
            "TimePeriod(\"2020-09-21\", \"2020-09-23\")",
            make,
        ),
        free(
            "last",
            &[("duration or column", Kind::Any)],
            1,
            "That long, up to now; with a column's name the aggregate of its last value",
            "last(7.days)",
            |call| {
                let value = call.value(0);
                if value.is_string() {
                    return super::aggregate::of_column(call);
                }
                let span = call.span(0)?;
                made(call, period::last(span, call.run.setup.now))
            },
        ),
        free(
            "since_last_run",
            &[("overlap", Kind::Duration)],
            0,
            "What came since the last run that `--state` remembers, an hour before that (or the overlap), and the days that got telemetry late; in a first run everything up to now",
            "since_last_run(6.hours)",
            |call| {
                let overlap = if call.given() > 0 { call.span(0)? } else { memory::OVERLAP };
                Ok(Dynamic::from(TimePeriod(call.run.since_last_run(overlap))))
            },
        ),
        free("all_time", &[], 0, "Everything that the source holds", "all_time()", |_| Ok(Dynamic::from(TimePeriod(Period::ALL)))),
        free(
            "set_period",
            &[("period", Kind::Period)],
            1,
            "The period of every query from now on that has none of its own",
            "set_period(all_time())",
            |call| {
                let period = call.period(0)?;
                call.run.state().period = period;
                Ok(Dynamic::UNIT)
            },
        ),
        property(Kind::Period, "from", "Where it begins; missing where it is open", "last(7.days).from", |call| end(call, true)),
        property(Kind::Period, "to", "Where it ends, itself not included; missing where it is open", "last(7.days).to", |call| end(call, false)),
        property(Kind::Period, "duration", "How long it is; missing where it is open", "last(7.days).duration", |call| {
            let period = call.receiver::<TimePeriod>()?.0;
            Ok(period.from.zip(period.to).map_or(Dynamic::UNIT, |(from, to)| Dynamic::from(Span(to - from))))
        }),
        method(
            Kind::Period,
            "ini",
            &[("format", Kind::Text)],
            0,
            "Where it begins, by a strftime format",
            "TimePeriod(\"2020-09-21\").ini(\"%Y-%m-%d\")",
            |call| written(call, true),
        ),
        method(
            Kind::Period,
            "end",
            &[("format", Kind::Text)],
            0,
            "Where it ends, by a strftime format",
            "TimePeriod(\"2020-09-21\").end(\"%Y-%m-%d\")",
            |call| written(call, false),
        ),
        method(Kind::Period, "shift", &[("by", Kind::Duration)], 1, "The whole period moved", "TimePeriod(\"2020-09-21\").shift(-1.days)", |call| {
            let span = call.span(0)?;
            made(call, period::shift(&own(call)?, span))
        }),
        method(Kind::Period, "previous", &[], 0, "The equally long period just before", "last(7.days).previous()", |call| {
            made(call, period::previous(&own(call)?))
        }),
        method(Kind::Period, "before", &[("long", Kind::Duration)], 1, "What ends where this begins, that long", "last(1.days).before(30.days)", |call| {
            let span = call.span(0)?;
            made(call, period::before(&own(call)?, span))
        }),
        method(
            Kind::Period,
            "split",
            &[("into", Kind::Duration)],
            1,
            "Parts of that length, a list; whole days follow the calendar of the run's time zone",
            "TimePeriod(\"2020-09-21\").split(6.hours)",
            |call| {
                let parts = period::split(&own(call)?, call.span(0)?, call.run.setup.zone).map_err(|error| call.fail_at(0, Fault::from(&error)))?;
                Ok(parts.into_iter().map(|part| Dynamic::from(TimePeriod(part))).collect::<Vec<_>>().into())
            },
        ),
        method(Kind::Period, "days", &[], 0, "Its calendar days, a list", "TimePeriod(\"2020-09-21\", \"2020-09-23\").days()", |call| {
            let parts = period::days(&own(call)?, call.run.setup.zone).map_err(|error| call.fail(Fault::from(&error)))?;
            Ok(parts.into_iter().map(|part| Dynamic::from(TimePeriod(part))).collect::<Vec<_>>().into())
        }),
        method(Kind::Period, "contains", &[("time", Kind::Time)], 1, "Whether the time lies in it", "last(7.days).contains(now())", |call| {
            Ok(own(call)?.contains(call.time(0)?).into())
        }),
        method(
            Kind::Period,
            "intersect",
            &[("other", Kind::Period)],
            1,
            "What both cover; of periods that do not meet one of no length, and a query of that is not examined",
            "last(7.days).intersect(last(36.hours))",
            |call| {
                let other = call.period(0)?.unwrap_or_default();
                Ok(Dynamic::from(TimePeriod(own(call)?.intersect(&other))))
            },
        ),
    ]
}

fn own(call: &Call) -> Answer<Period> {
    call.receiver::<TimePeriod>().map(|period| period.0)
}

fn made(call: &Call, period: Result<Period, PeriodError>) -> Answer<Dynamic> {
    match period {
        Ok(period) => Ok(Dynamic::from(TimePeriod(period))),
        Err(error) => Err(if call.given() > 0 { call.fail_at(0, Fault::from(&error)) } else { call.fail(Fault::from(&error)) }),
    }
}

fn end(call: &Call, first: bool) -> Answer<Dynamic> {
    let period = own(call)?;
    Ok(if first { period.from } else { period.to }.map_or(Dynamic::UNIT, |time| Dynamic::from(Time(time))))
}

fn written(call: &Call, first: bool) -> Answer<Dynamic> {
    let period = own(call)?;
    let Some(time) = (if first { period.from } else { period.to }) else { return Ok(Dynamic::UNIT) };
    let format = if call.given() > 0 { call.text(0) } else { "%Y-%m-%dT%H:%M:%S%:z".into() };
    let text = period::format_time(time, &format, call.run.setup.zone).map_err(|error| call.fail_at(0, Fault::from(&error)))?;
    Ok(ImmutableString::from(text).into())
}

fn make(call: &Call) -> Answer<Dynamic> {
    let (now, zone) = (call.run.setup.now, call.run.setup.zone);
    match call.given() {
        0 => Ok(Dynamic::from(TimePeriod(period::today(now, zone)))),
        1 if call.value(0).is::<Map>() => of_map(call),
        1 => Ok(Dynamic::from(TimePeriod(call.period(0)?.unwrap_or_default()))),
        _ => {
            let (from, to) = (call.time(0)?, call.time(1)?);
            period::between(from, to).map(|period| Dynamic::from(TimePeriod(period))).map_err(|error| call.fail_at(1, Fault::from(&error)))
        }
    }
}

fn of_map(call: &Call) -> Answer<Dynamic> {
    call.known_keys(0, &["from", "to", "to_date", "num_days"])?;
    let zone = call.run.setup.zone;
    let (mut ends, mut date, mut days) = ([None, None], None, None);
    for (key, value) in call.options(0) {
        let wrong = |fault| call.fail_at_value(0, &key, fault);
        match key.as_str() {
            _ if value.is_unit() => {}
            "from" => ends[0] = Some(call.time_of(&value).map_err(wrong)?),
            "to" => ends[1] = Some(call.time_of(&value).map_err(wrong)?),
            "to_date" => date = Some(call.time_of(&value).map_err(wrong)?),
            _ => days = Some(value.as_int().map_err(|_| wrong(whole_days(call, &value)))?),
        }
    }
    let period = match (ends, date, days) {
        ([None, None], None, None) => {
            return Err(call.fail_at(0, Fault::new("options::missing", "a period needs its ends").with_help(TWO_WAYS)));
        }
        ([None, None], date, days) => {
            let key = if days.is_some() { "num_days" } else { "to_date" };
            period::ending(date.unwrap_or(call.run.setup.now), days.unwrap_or(1), zone).map_err(|error| call.fail_at_value(0, key, Fault::from(&error)))?
        }
        ([Some(from), Some(to)], None, None) => period::between(from, to).map_err(|error| call.fail_at_value(0, "to", Fault::from(&error)))?,
        ([from, to], None, None) => Period { from, to },
        _ => {
            let message = "`from`/`to` and `to_date`/`num_days` are two ways to say a period";
            let key = if date.is_some() { "to_date" } else { "num_days" };
            return Err(call.fail_at_key(0, key, Fault::new("options::mixed", message).with_help(TWO_WAYS)));
        }
    };
    Ok(Dynamic::from(TimePeriod(period)))
}

const TWO_WAYS: &str = "write #{from: \"2020-09-21\", to: \"2020-09-23\"}, or #{to_date: \"2020-09-22\", num_days: 7} for the days that end with that one";

fn whole_days(call: &Call, value: &Dynamic) -> Fault {
    let found = if value.is_float() { value.to_string() } else { type_word(call.context.engine(), value) };
    Fault::new("options::type", format!("`num_days` takes a whole number, and this is {found}")).with_help(TWO_WAYS)
}

/// `for day in period`.
pub(super) fn iterate(module: &mut Module, current: &Current) {
    let current = current.clone();
    module.set_iter_result(TypeId::of::<TimePeriod>(), move |value| {
        let Some(TimePeriod(whole)) = value.try_cast::<TimePeriod>() else { return Box::new(std::iter::empty()) };
        match period::days(&whole, current.run().setup.zone) {
            Ok(days) => Box::new(days.into_iter().map(|day| Ok(Dynamic::from(TimePeriod(day))))),
            Err(error) => Box::new(std::iter::once(Err::<Dynamic, Box<EvalAltResult>>(fault::raise(Fault::from(&error), rhai::Position::NONE)))),
        }
    });
}
