//! One call of a builtin: its arguments, and where in the source each of them stands.

use std::sync::Arc;

use rhai::{Array, Dynamic, EvalAltResult, Expr, FnPtr, Map, NativeCallContext, Position};

use super::{Declared, Row};
use crate::diag::{Fault, Place, did_you_mean};
use crate::hunt::{memory, period};
use crate::plan::{Period, PlanError};
use crate::script::run::Run;
use crate::script::value::{Span, Time, TimePeriod, type_word};
use crate::script::{fault, keys};

pub(in crate::script) type Answer<T> = Result<T, Box<EvalAltResult>>;

pub(in crate::script) struct Call<'a, 'c> {
    pub run: &'a Arc<Run>,
    pub context: &'a NativeCallContext<'c>,
    pub declared: &'static Declared,
    /// The receiver first, where there is one.
    arguments: Vec<Dynamic>,
}

impl<'a, 'c> Call<'a, 'c> {
    pub fn new(run: &'a Arc<Run>, context: &'a NativeCallContext<'c>, declared: &'static Declared, arguments: Vec<Dynamic>) -> Call<'a, 'c> {
        Call { run, context, declared, arguments }
    }

    /// Every argument is of its kind, or the error stands at that argument.
    pub fn check(&self) -> Answer<()> {
        for (index, (name, kind)) in self.declared.params.iter().enumerate() {
            let Some(value) = self.get(index) else { break };
            if !kind.accepts(value) {
                let found = type_word(self.context.engine(), value);
                let message = format!("`{}` needs {} as `{name}`, and this is {found}", self.declared.name, kind.word());
                return Err(self.fail_at(index, Fault::new("call::argument", message).with_help(format!("it is `{}`", self.declared.signature()))));
            }
        }
        Ok(())
    }

    fn shift(&self) -> usize {
        usize::from(self.declared.receiver.is_some())
    }

    /// A parameter's value, the first at 0; `None` where it was not given.
    pub fn get(&self, index: usize) -> Option<&Dynamic> {
        self.arguments.get(index + self.shift())
    }

    /// The number of parameters given.
    pub fn given(&self) -> usize {
        self.arguments.len().saturating_sub(self.shift())
    }

    pub fn receiver_value(&self) -> Dynamic {
        self.arguments.first().cloned().unwrap_or_default()
    }

    pub fn receiver<T: rhai::Variant + Clone>(&self) -> Answer<T> {
        self.receiver_value().try_cast::<T>().ok_or_else(|| {
            self.fail(
                Fault::new("call::receiver", format!("`{}` can't be asked of this", self.declared.name))
                    .with_help(format!("it is `{}`", self.declared.signature())),
            )
        })
    }

    /// The row that is asked, of whatever type.
    pub fn row(&self) -> Answer<Row> {
        Row::from_dynamic(&self.receiver_value()).ok_or_else(|| {
            let fault = Fault::new("call::receiver", format!("`{}` can't be asked of this", self.declared.name))
                .with_help("ask a row: what `rows()`, `first()` or a loop over a collection gives");
            self.fail(fault)
        })
    }

    pub fn text_receiver(&self) -> String {
        self.receiver_value().to_string()
    }

    pub fn value(&self, index: usize) -> Dynamic {
        self.get(index).cloned().unwrap_or_default()
    }

    pub fn text(&self, index: usize) -> String {
        self.get(index).filter(|value| !value.is_unit()).map(ToString::to_string).unwrap_or_default()
    }

    pub fn int(&self, index: usize) -> Option<i64> {
        self.get(index).and_then(|value| value.as_int().ok())
    }

    /// A number of rows, zero or more.
    pub fn rows(&self, index: usize) -> Answer<usize> {
        let number = self.int(index).unwrap_or_default();
        usize::try_from(number)
            .map_err(|_| self.fail_at(index, Fault::new("value::range", format!("a number of rows can't be {number}")).with_help("use 0 or more")))
    }

    /// A text or list of texts, as names.
    pub fn names(&self, index: usize) -> Vec<Arc<str>> {
        self.get(index).map(texts_of).unwrap_or_default()
    }

    pub fn closure(&self, index: usize) -> Answer<FnPtr> {
        self.value(index)
            .try_cast::<FnPtr>()
            .ok_or_else(|| self.fail_at(index, Fault::new("call::argument", "a closure is needed here").with_help("write `|e| e.Column == …`")))
    }

    pub fn span(&self, index: usize) -> Answer<i64> {
        let value = self.value(index);
        self.span_of(&value).map_err(|fault| self.fail_at(index, fault))
    }

    pub fn span_of(&self, value: &Dynamic) -> Result<i64, Fault> {
        if let Some(span) = value.read_lock::<Span>() {
            return Ok(span.0);
        }
        if value.is_string() {
            return period::parse_duration(&value.to_string()).map_err(|error| Fault::from(&error));
        }
        Err(Fault::new("call::argument", format!("a duration is needed here, and this is {}", type_word(self.context.engine(), value)))
            .with_help("write `5.minutes`"))
    }

    pub fn time(&self, index: usize) -> Answer<i64> {
        let value = self.value(index);
        self.time_of(&value).map_err(|fault| self.fail_at(index, fault))
    }

    pub fn time_of(&self, value: &Dynamic) -> Result<i64, Fault> {
        if let Some(time) = value.read_lock::<Time>() {
            return Ok(time.0);
        }
        if value.is_string() {
            return period::parse_time(&value.to_string(), self.run.setup.zone).map_err(|error| Fault::from(&error));
        }
        Err(Fault::new("call::argument", format!("a time is needed here, and this is {}", type_word(self.context.engine(), value)))
            .with_help("write \"2020-09-21\" or an RFC 3339 time"))
    }

    pub fn period(&self, index: usize) -> Answer<Option<Period>> {
        match self.get(index) {
            None => Ok(None),
            Some(value) => self.period_of(value).map(Some).map_err(|fault| self.fail_at(index, fault)),
        }
    }

    pub fn period_of(&self, value: &Dynamic) -> Result<Period, Fault> {
        if let Some(period) = value.read_lock::<TimePeriod>() {
            return Ok(period.0);
        }
        if value.is_string() && value.to_string().trim().eq_ignore_ascii_case(period::SINCE_LAST_RUN) {
            return Ok(self.run.since_last_run(memory::OVERLAP));
        }
        if value.is_string() {
            return period::parse_period(&value.to_string(), self.run.setup.now, self.run.setup.zone).map_err(|error| Fault::from(&error));
        }
        let message = format!("a period is needed here, and this is {}", type_word(self.context.engine(), value));
        Err(Fault::new("call::argument", message).with_help("write `last(7.days)`, `TimePeriod(\"2020-09-21\", \"2020-09-23\")` or \"7d\""))
    }

    /// The period that a map of options names; another one beside the map is one too many.
    pub fn own_period(&self, key: &str, value: &Dynamic, beside: Option<Period>) -> Answer<Period> {
        let period = self.period_of(value).map_err(|fault| self.fail_at_value(0, key, fault))?;
        match beside {
            None => Ok(period),
            Some(_) => {
                let message = format!("`{}` is given two periods", self.declared.name);
                Err(self.fail_at(1, Fault::new("options::twice", message).with_help("write it in the map, or after the map")))
            }
        }
    }

    /// Keys and values of a map argument, in the order in which a literal map was written, else alphabetical.
    pub fn options(&self, index: usize) -> Vec<(String, Dynamic)> {
        let Some(map) = self.get(index).and_then(|value| value.read_lock::<Map>()) else { return Vec::new() };
        ordered(&map, self.expression(index).as_ref())
    }

    /// Every key is one of these, or the error stands at the key.
    pub fn known_keys(&self, index: usize, allowed: &[&str]) -> Answer<()> {
        for (key, _) in self.options(index) {
            if !allowed.contains(&key.as_str()) {
                let list = format!("the keys are {}", allowed.join(" "));
                let help = did_you_mean(&key, allowed.iter().copied()).map_or(list.clone(), |near| format!("{near} {list}"));
                let fault = Fault::new("options::unknown", format!("`{}` has no option `{key}`", self.declared.name)).with_help(help);
                return Err(self.fail_at_key(index, &key, fault));
            }
        }
        Ok(())
    }

    /// The argument as it is written in the source.
    pub fn expression(&self, index: usize) -> Option<Expr> {
        let tree = self.run.sources.tree(self.context.call_source()?)?;
        keys::argument(&tree, self.context.call_position(), index + self.shift())
    }

    pub fn fail(&self, fault: Fault) -> Box<EvalAltResult> {
        fault::raise(fault, self.context.call_position())
    }

    /// At the argument, or at the text inside it that the message speaks of.
    pub fn fail_at(&self, index: usize, fault: Fault) -> Box<EvalAltResult> {
        let place = self.expression(index).map_or(Position::NONE, |argument| spoken_of(&argument, &fault).unwrap_or_else(|| argument.start_position()));
        fault::raise(fault, self.or_call(place))
    }

    pub fn fail_at_key(&self, index: usize, key: &str, fault: Fault) -> Box<EvalAltResult> {
        let place = self.key_places(index, key).map(|(key, _)| key);
        self.fail_placed(index, place, fault)
    }

    /// At the value of a key, or at the text inside it that the message speaks of.
    pub fn fail_at_value(&self, index: usize, key: &str, fault: Fault) -> Box<EvalAltResult> {
        let inside = self.expression(index).and_then(|argument| keys::value_of(&argument, key)).and_then(|value| spoken_of(&value, &fault));
        let place = inside.or_else(|| self.key_places(index, key).map(|(_, value)| value));
        self.fail_placed(index, place, fault)
    }

    /// At a text that stands literally in the argument, else at the argument.
    pub fn fail_at_text(&self, index: usize, text: &str, fault: Fault) -> Box<EvalAltResult> {
        let place = self.expression(index).and_then(|argument| keys::of_text(&argument, text));
        self.fail_placed(index, place, fault)
    }

    /// At a text inside the value of a key, else at that value.
    pub fn fail_at_value_text(&self, index: usize, key: &str, text: &str, fault: Fault) -> Box<EvalAltResult> {
        let place = self.expression(index).and_then(|argument| keys::value_of(&argument, key)).and_then(|value| keys::of_text(&value, text));
        match place {
            Some(place) => fault::raise(fault, place),
            None => self.fail_at_value(index, key, fault),
        }
    }

    fn fail_placed(&self, index: usize, place: Option<Position>, fault: Fault) -> Box<EvalAltResult> {
        match place {
            Some(place) => fault::raise(fault, place),
            None => self.fail_at(index, fault),
        }
    }

    /// A plan's error: at the column that it names, else at the first argument.
    pub fn fail_plan(&self, error: &PlanError) -> Box<EvalAltResult> {
        let named = match error {
            PlanError::UnknownColumn { name, .. } | PlanError::Twice { name } => Some(name.clone()),
            PlanError::Argument { given, .. } => Some(given.clone()),
            PlanError::Mixed { right, .. } => Some(right.clone()),
            _ => None,
        };
        let fault = Fault::from(error);
        for index in 0..self.given() {
            let Some(argument) = self.expression(index) else { continue };
            if let Some(place) = named.as_ref().and_then(|name| keys::of_text(&argument, name).or_else(|| keys::of_text(&argument, &format!("-{name}")))) {
                return fault::raise(fault, place);
            }
            if let Some((_, place, _)) = keys::of_map(&argument).unwrap_or_default().into_iter().find(|(key, ..)| Some(key) == named.as_ref()) {
                return fault::raise(fault, place);
            }
        }
        if self.given() > 0 { self.fail_at(0, fault) } else { self.fail(fault) }
    }

    /// Where an argument stands, for what can only be said later; the call where it stands nowhere.
    pub fn place_of(&self, index: usize) -> Option<Place> {
        self.place(self.expression(index).map_or(Position::NONE, |argument| argument.start_position()))
    }

    /// Where the call stands.
    pub fn place_here(&self) -> Option<Place> {
        self.place(self.context.call_position())
    }

    /// Where the value of a key stands, else the argument.
    pub fn place_of_value(&self, index: usize, key: &str) -> Option<Place> {
        match self.key_places(index, key) {
            Some((_, value)) => self.place(value),
            None => self.place_of(index),
        }
    }

    fn place(&self, at: Position) -> Option<Place> {
        self.run.sources.place(self.context.call_source()?, self.or_call(at), None)
    }

    fn key_places(&self, index: usize, key: &str) -> Option<(Position, Position)> {
        let argument = self.expression(index)?;
        keys::of_map(&argument)?.into_iter().find(|(known, ..)| known == key).map(|(_, key, value)| (key, value))
    }

    fn or_call(&self, place: Position) -> Position {
        if place.is_none() { self.context.call_position() } else { place }
    }
}

/// Where a text that the message puts in backticks stands literally, or as a key.
fn spoken_of(argument: &Expr, fault: &Fault) -> Option<Position> {
    let words = || fault.message.split('`').skip(1).step_by(2);
    words().find_map(|word| keys::of_text(argument, word)).or_else(|| {
        let keys = keys::of_map(argument)?;
        words().find_map(|word| keys.iter().find(|(key, ..)| key == word).map(|(_, place, _)| *place))
    })
}

/// A map's pairs in the order of the literal that it was written as.
pub(in crate::script) fn ordered(map: &Map, written: Option<&Expr>) -> Vec<(String, Dynamic)> {
    let keys = written.and_then(keys::of_map).filter(|keys| keys.len() == map.len() && keys.iter().all(|(key, ..)| map.contains_key(key.as_str())));
    match keys {
        Some(keys) => keys.into_iter().map(|(key, ..)| (key.clone(), map.get(key.as_str()).cloned().unwrap_or_default().flatten())).collect(),
        None => map.iter().map(|(key, value)| (key.to_string(), value.clone().flatten())).collect(),
    }
}

/// A text or a list of texts.
pub(in crate::script) fn texts_of(value: &Dynamic) -> Vec<Arc<str>> {
    match value.read_lock::<Array>() {
        Some(items) => items.iter().map(|item| Arc::from(item.to_string())).collect(),
        None if value.is_unit() => Vec::new(),
        None => vec![Arc::from(value.to_string())],
    }
}
