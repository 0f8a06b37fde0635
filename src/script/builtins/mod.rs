//! Everything that a playbook can call, each declared once: name, receiver, parameters, doc, a runnable example.
//!
//! Registration, help, completion, near names and the example tests all read these declarations.

mod aggregate;
mod assert;
mod bins;
mod call;
mod client;
mod collection;
mod combine;
mod finding;
mod fixture;
mod geoip;
mod group;
mod histogram;
mod kin;
mod kind;
mod known;
mod machine;
mod named;
mod one_sensor;
mod param;
mod period;
mod pivot;
mod process;
mod query;
mod row;
mod save;
mod show;
mod suppressed;
mod text;
mod time;
mod trial;
mod typed;
mod unusual;

#[cfg(test)]
mod tests;

use std::any::TypeId;
use std::sync::OnceLock;

use rhai::{Dynamic, Engine, ImmutableString, Module, NativeCallContext};

use super::current::Current;

pub(super) use bins::Bins;
pub(super) use call::{Answer, Call};
pub(super) use client::Client;
pub(super) use collection::Collection;
pub(super) use fixture::FixtureValue;
pub(super) use group::Group;
pub(super) use histogram::HistogramValue;
pub(super) use kind::{Kind, with_article};
pub(super) use machine::Machine;
pub(super) use pivot::others as other_pivots;
pub(super) use query::{option_names, option_words};
pub(super) use row::Row;
pub(super) use show::answer_of;

/// One thing that can be called.
pub(super) struct Declared {
    pub name: &'static str,
    /// The type whose method or property it is; `None` for a free function.
    pub receiver: Option<Kind>,
    /// Name and kind, in order.
    pub params: &'static [(&'static str, Kind)],
    /// How many of them must be given.
    pub least: usize,
    pub is_property: bool,
    pub doc: &'static str,
    /// A line that runs.
    pub example: &'static str,
    body: fn(&Call) -> Answer<Dynamic>,
}

type Body = fn(&Call) -> Answer<Dynamic>;
type Params = &'static [(&'static str, Kind)];

const fn method(receiver: Kind, name: &'static str, params: Params, least: usize, doc: &'static str, example: &'static str, body: Body) -> Declared {
    Declared { name, receiver: Some(receiver), params, least, is_property: false, doc, example, body }
}

const fn free(name: &'static str, params: Params, least: usize, doc: &'static str, example: &'static str, body: Body) -> Declared {
    Declared { name, receiver: None, params, least, is_property: false, doc, example, body }
}

const fn property(receiver: Kind, name: &'static str, doc: &'static str, example: &'static str, body: Body) -> Declared {
    Declared { name, receiver: Some(receiver), params: &[], least: 0, is_property: true, doc, example, body }
}

impl Declared {
    /// `filter(|e| …)`, as it is called.
    pub fn call(&self) -> String {
        if self.is_property {
            return self.name.into();
        }
        let shown = self.params.iter().enumerate().map(|(index, (name, kind))| {
            let word = if *kind == Kind::Closure { "|e| …".to_string() } else { (*name).to_string() };
            if index < self.least { word } else { format!("[{word}]") }
        });
        format!("{}({})", self.name, shown.collect::<Vec<_>>().join(", "))
    }

    /// With the receiver: `Collection.filter(|e| …)`.
    pub fn signature(&self) -> String {
        match self.receiver {
            Some(receiver) => format!("{}.{}", receiver.shown(), self.call()),
            None => self.call(),
        }
    }

    /// The numbers of arguments that it takes, the receiver counted.
    pub fn arities(&self) -> std::ops::RangeInclusive<usize> {
        let receiver = usize::from(self.receiver.is_some());
        self.least + receiver..=self.params.len() + receiver
    }
}

/// Every declaration, by topic.
pub(super) fn all() -> &'static [Declared] {
    static ALL: OnceLock<Vec<Declared>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = Vec::new();
        for topic in [
            time::declared(),
            period::declared(),
            client::declared(),
            machine::declared(),
            known::declared(),
            query::declared(),
            collection::declared(),
            combine::declared(),
            geoip::declared(),
            one_sensor::declared(),
            unusual::declared(),
            group::declared(),
            aggregate::declared(),
            histogram::declared(),
            bins::declared(),
            row::declared(),
            pivot::declared(),
            kin::declared(),
            named::declared(),
            process::declared(),
            save::declared(),
            show::declared(),
            param::declared(),
            finding::declared(),
            text::declared(),
            fixture::declared(),
            trial::declared(),
            assert::declared(),
        ] {
            all.extend(topic);
        }
        all
    })
}

/// Registers all of it.
pub(super) fn register(engine: &mut Engine, current: &Current) {
    engine.register_type_with_name::<super::value::Time>("Time");
    engine.register_type_with_name::<super::value::Span>("Duration");
    engine.register_type_with_name::<super::value::TimePeriod>("TimePeriod");
    engine.register_type_with_name::<super::value::Cased>("Cased");
    engine.register_type_with_name::<Machine>("Machine");
    engine.register_type_with_name::<Client>("Client");
    engine.register_type_with_name::<Collection>("Collection");
    engine.register_type_with_name::<Group>("Group");
    engine.register_type_with_name::<Bins>("Bins");
    engine.register_type_with_name::<HistogramValue>("Histogram");
    engine.register_type_with_name::<aggregate::Fold>("Aggregate");
    engine.register_type_with_name::<FixtureValue>("Fixture");
    engine.register_type_with_name::<super::fault::Trouble>("Error");
    engine.register_type_with_name::<super::predicate::Rows>("Row of a query");
    engine.register_type_with_name::<super::predicate::Symbol>("Column of a query");
    for declared in all() {
        declare(engine, current, declared);
    }
    time::register(engine);
    fixture::register(engine);
    texts(engine, current);
    properties(engine, current);
    outside(engine);
    let mut iterators = Module::new();
    period::iterate(&mut iterators, current);
    client::iterate(&mut iterators, current);
    machine::iterate(&mut iterators, current);
    collection::iterate(&mut iterators, current);
    bins::iterate(&mut iterators, current);
    engine.register_global_module(iterators.into());
}

fn declare(engine: &mut Engine, current: &Current, declared: &'static Declared) {
    let receivers: Vec<Option<TypeId>> = match declared.receiver {
        None => vec![None],
        Some(kind) => kind.types().into_iter().map(Some).collect(),
    };
    let name = if declared.is_property { format!("get${}", declared.name) } else { declared.name.to_string() };
    for receiver in receivers {
        for count in declared.least..=declared.params.len() {
            let mut forms = vec![TypeId::of::<Dynamic>()];
            // Rhai has text verbs of the same names for exactly these types, and the exact ones win.
            if declared.receiver == Some(Kind::Text) && count > 0 {
                forms.extend([TypeId::of::<ImmutableString>(), TypeId::of::<char>()]);
            }
            for form in forms {
                let types: Vec<TypeId> = receiver.into_iter().chain(std::iter::repeat_n(form, count)).collect();
                let current = current.clone();
                engine.register_raw_fn(name.as_str(), types, move |context: NativeCallContext, arguments: &mut [&mut Dynamic]| {
                    let arguments = arguments.iter().map(|argument| (**argument).clone().flatten()).collect();
                    let run = current.run();
                    let call = Call::new(&run, &context, declared, arguments);
                    call.check()?;
                    (declared.body)(&call)
                });
            }
        }
    }
}

/// How a type of ours is written in texts.
fn shown<T: rhai::Variant + Clone>(engine: &mut Engine, current: &Current, value: fn(&T) -> Dynamic) {
    for name in ["to_string", "to_debug"] {
        let current = current.clone();
        engine.register_fn(name, move |shown: &mut T| ImmutableString::from(show::text_of(&current.run(), &value(shown))));
    }
}

/// How values of ours are written in texts.
fn texts(engine: &mut Engine, current: &Current) {
    macro_rules! shown {
        ($($kind:ty),*) => { $(
            shown::<$kind>(engine, current, |value| Dynamic::from(value.clone()));
        )* };
    }
    use super::value::{Cased, Span, Time, TimePeriod};
    shown!(Time, Span, TimePeriod, Cased, Machine, Client, Collection, Group, Bins, HistogramValue, aggregate::Fold, FixtureValue, super::fault::Trouble);
}

/// Properties that no declaration has: brackets forgotten, or near names.
fn properties(engine: &mut Engine, current: &Current) {
    macro_rules! loud {
        ($($kind:ty => $word:literal),*) => { $(
            engine.register_indexer_get(|context: NativeCallContext, _: &mut $kind, name: ImmutableString| -> Answer<Dynamic> {
                Err(super::fault::raise(super::names::property_fault(&name, $word), context.call_position()))
            });
        )* };
    }
    use super::value::{Span, Time, TimePeriod};
    loud!(Time => "a time", Span => "a duration", TimePeriod => "a TimePeriod", Machine => "a Machine", Client => "a Client", Collection => "a Collection", Group => "a Group", Bins => "a Bins", HistogramValue => "a Histogram", FixtureValue => "a Fixture");
    typed::register(engine, current);
    named::register(engine, current);
    engine.register_get("message", |trouble: &mut super::fault::Trouble| ImmutableString::from(trouble.fault().message.as_str()));
    engine.register_get("code", |trouble: &mut super::fault::Trouble| ImmutableString::from(trouble.fault().code.as_str()));
}

/// A symbolic value that reaches native code was taken out of its closure.
fn outside(engine: &mut Engine) {
    use super::predicate::{Rows, Symbol};
    fn gone<T>(context: &NativeCallContext) -> Answer<T> {
        let message = "`e` stands for the rows of a query and has no value outside the closure that it was given to";
        let fault = crate::diag::Fault::new("predicate::outside", message).with_help("fetch values with `.column(\"A\")`, `.first()` or `for row in …`");
        Err(super::fault::raise(fault, context.call_position()))
    }
    engine.register_indexer_get(|context: NativeCallContext, _: &mut Rows, _: ImmutableString| gone::<Dynamic>(&context));
    engine.register_indexer_get(|context: NativeCallContext, _: &mut Symbol, _: ImmutableString| gone::<Dynamic>(&context));
    for sign in ["==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "&", "|"] {
        engine.register_fn(sign, |context: NativeCallContext, _: Symbol, _: Dynamic| gone::<Dynamic>(&context));
        engine.register_fn(sign, |context: NativeCallContext, _: Dynamic, _: Symbol| gone::<Dynamic>(&context));
        engine.register_fn(sign, |context: NativeCallContext, _: Rows, _: Dynamic| gone::<Dynamic>(&context));
    }
}

/// One comparison sign, made loud for every type that is only a query or an entity.
pub(super) fn for_each_type(engine: &mut Engine, sign: &str) {
    use super::operators::any_type;
    any_type::<Machine>(engine, sign);
    any_type::<Client>(engine, sign);
    any_type::<Collection>(engine, sign);
    any_type::<Group>(engine, sign);
    typed::for_each_type(engine, sign);
    named::for_each_type(engine, sign);
    any_type::<Bins>(engine, sign);
    any_type::<HistogramValue>(engine, sign);
    any_type::<aggregate::Fold>(engine, sign);
    any_type::<FixtureValue>(engine, sign);
}
