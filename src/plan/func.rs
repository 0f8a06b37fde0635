//! The functions of predicates and derived columns: a closed list, each with its words and types.

use chrono_tz::Tz;

use crate::telemetry::Type;

/// What can be asked of a value in a row. Text functions ignore case (see `Cased`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Func {
    // Tests: a missing value gives false.
    Pattern(Pattern),
    IsPublic,
    IsPrivate,
    /// All of the bits.
    HasBits,
    /// Any of the bits.
    AnyBits,
    IsMissing,
    /// A yes/no column as a condition: known and true.
    IsTrue,
    // Values: missing gives missing.
    /// Compares exactly; a mark on a text operand, the text itself unchanged.
    Cased,
    Len,
    Lower,
    Upper,
    Split,
    Replace,
    Before,
    After,
    Between,
    Basename,
    Dirname,
    Extension,
    Entropy,
    DecodeBase64,
    Levenshtein,
    Concat,
    /// Those of the texts after the first that are known, with the first between them; missing where none is.
    Joined,
    /// A whole number as people read it in hexadecimal.
    Hex,
    Hour(Tz),
    /// 1 to 7, Monday first.
    Weekday(Tz),
    /// `2020-09-21`.
    Date(Tz),
    /// The start of the interval (second argument, a duration) that holds the time, counted from midnight.
    Floor(Tz),
    Arithmetic(Arithmetic),
    Negate,
    /// Of a negative number there is none.
    SquareRoot,
    /// The first known of its arguments.
    OrElse,
    /// The n-th item of a list (0 first, -1 last).
    Item,
}

/// What a text is tested for with a pattern, or with a list of which any fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    Contains,
    StartsWith,
    EndsWith,
    /// `*` and `?` over the whole text.
    Like,
    /// A regular expression, found anywhere in the text.
    Matches,
    /// A network, of a text that is an address.
    InCidr,
}

/// Operations on numbers, times and durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Arithmetic {
    pub const ALL: [Arithmetic; 5] = [Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply, Arithmetic::Divide, Arithmetic::Remainder];
}

impl From<Pattern> for Func {
    fn from(test: Pattern) -> Func {
        Func::Pattern(test)
    }
}

impl From<Arithmetic> for Func {
    fn from(operation: Arithmetic) -> Func {
        Func::Arithmetic(operation)
    }
}

/// How a function is written in a playbook and what it takes.
pub struct Signature {
    /// The method's name on a column, empty for operators.
    pub name: &'static str,
    /// What the receiver must be; empty for any.
    pub receiver: &'static [Type],
    /// Least and most further arguments.
    pub arguments: (usize, usize),
    /// Answers yes or no, and takes a list of patterns as *any of them*.
    pub test: bool,
    pub doc: &'static str,
}

const TEXT: &[Type] = &[Type::Text];
const TIME: &[Type] = &[Type::Time];
const WHOLE: &[Type] = &[Type::Int, Type::Hex];
const NUMBER: &[Type] = &[Type::Int, Type::Float];

impl Func {
    /// Every function that a playbook can write as a method of a column, with UTC where a zone is needed.
    pub const METHODS: &'static [Func] = &[
        Func::Pattern(Pattern::Contains),
        Func::Pattern(Pattern::StartsWith),
        Func::Pattern(Pattern::EndsWith),
        Func::Pattern(Pattern::Like),
        Func::Pattern(Pattern::Matches),
        Func::Pattern(Pattern::InCidr),
        Func::IsPublic,
        Func::IsPrivate,
        Func::HasBits,
        Func::AnyBits,
        Func::IsMissing,
        Func::Cased,
        Func::Len,
        Func::Lower,
        Func::Upper,
        Func::Split,
        Func::Replace,
        Func::Before,
        Func::After,
        Func::Between,
        Func::Basename,
        Func::Dirname,
        Func::Extension,
        Func::Entropy,
        Func::DecodeBase64,
        Func::Levenshtein,
        Func::Hex,
        Func::Hour(Tz::UTC),
        Func::Weekday(Tz::UTC),
        Func::Date(Tz::UTC),
        Func::Floor(Tz::UTC),
        Func::SquareRoot,
        Func::OrElse,
    ];

    pub fn signature(self) -> Signature {
        let of = |name, receiver, arguments, test, doc| Signature { name, receiver, arguments, test, doc };
        match self {
            Func::Pattern(Pattern::Contains) => of("contains", TEXT, (1, 1), true, "the text holds this one, anywhere"),
            Func::Pattern(Pattern::StartsWith) => of("starts_with", TEXT, (1, 1), true, "the text starts with this one"),
            Func::Pattern(Pattern::EndsWith) => of("ends_with", TEXT, (1, 1), true, "the text ends with this one"),
            Func::Pattern(Pattern::Like) => of("like", TEXT, (1, 1), true, "the whole text fits the pattern: `*` any run of characters, `?` one"),
            Func::Pattern(Pattern::Matches) => of("matches", TEXT, (1, 1), true, "the regular expression is found in the text"),
            Func::Pattern(Pattern::InCidr) => of("in_cidr", TEXT, (1, 1), true, "the address lies in the network, as `10.0.0.0/8`"),
            Func::IsPublic => of("is_public", TEXT, (0, 0), true, "the address is globally reachable unicast"),
            Func::IsPrivate => of("is_private", TEXT, (0, 0), true, "the address is known and not public"),
            Func::HasBits => of("has_bits", WHOLE, (1, 1), true, "all of these bits are set"),
            Func::AnyBits => of("any_bits", WHOLE, (1, 1), true, "at least one of these bits is set"),
            Func::IsMissing => of("is_missing", &[], (0, 0), true, "the telemetry does not say"),
            Func::IsTrue => of("", &[Type::Bool], (0, 0), true, "known and true"),
            Func::Cased => of("cased", TEXT, (0, 0), false, "compare this text exactly, case included"),
            Func::Len => of("len", &[Type::Text, Type::List], (0, 0), false, "characters of a text, items of a list"),
            Func::Lower => of("lower", TEXT, (0, 0), false, "in lower case"),
            Func::Upper => of("upper", TEXT, (0, 0), false, "in upper case"),
            Func::Split => of("split", TEXT, (1, 1), false, "the parts between this separator, a list"),
            Func::Replace => of("replace", TEXT, (2, 2), false, "every first text replaced by the second"),
            Func::Before => of("before", TEXT, (1, 1), false, "what stands before the first of this text; missing where it is not there"),
            Func::After => of("after", TEXT, (1, 1), false, "what stands after the first of this text; missing where it is not there"),
            Func::Between => of("between", TEXT, (2, 2), false, "what stands between the first text and the next second one"),
            Func::Basename => of("basename", TEXT, (0, 0), false, "the last part of a path, either slash"),
            Func::Dirname => of("dirname", TEXT, (0, 0), false, "a path without its last part"),
            Func::Extension => of("extension", TEXT, (0, 0), false, "what follows the last dot of the last part, without the dot"),
            Func::Entropy => of("entropy", TEXT, (0, 0), false, "Shannon entropy of the characters, in bits"),
            Func::DecodeBase64 => of("decode_base64", TEXT, (0, 0), false, "the decoded text (UTF-16 or UTF-8); missing where it is none"),
            Func::Levenshtein => of("levenshtein", TEXT, (1, 1), false, "edits between the two texts, case ignored"),
            Func::Concat => of("", &[], (0, usize::MAX), false, "the texts one after the other"),
            Func::Joined => of("", &[], (0, usize::MAX), false, "the texts that are known, with another between them"),
            Func::Hex => of("hex", WHOLE, (0, 0), false, "as text in hexadecimal, `0x1010`"),
            Func::Hour(_) => of("hour", TIME, (0, 0), false, "0 to 23, in the run's time zone"),
            Func::Weekday(_) => of("weekday", TIME, (0, 0), false, "1 to 7, Monday first, in the run's time zone"),
            Func::Date(_) => of("date", TIME, (0, 0), false, "the day as `2020-09-21`, in the run's time zone"),
            Func::Floor(_) => of("floor", TIME, (1, 1), false, "the start of the interval that holds it, counted from midnight"),
            Func::Arithmetic(_) => of("", &[], (1, 1), false, "arithmetic"),
            Func::Negate => of("", &[], (0, 0), false, "arithmetic"),
            Func::SquareRoot => of("sqrt", NUMBER, (0, 0), false, "the square root; missing for a negative number"),
            Func::OrElse => of("or_else", &[], (1, usize::MAX), false, "this value where the first is missing"),
            Func::Item => of("", &[Type::List], (1, 1), false, "one item of a list"),
        }
    }

    pub fn is_test(self) -> bool {
        self.signature().test
    }
}
