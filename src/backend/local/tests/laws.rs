//! Property tests: filter and exclude part the rows, case never matters, and every function means what the reference says.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::plan::{Arithmetic, Comparison, Expr, Func, Pattern, apply_as, holds};
use crate::telemetry::Type;

const TEXTS: &[&str] = &[
    "C:\\Windows\\System32\\cmd.exe",
    "c:\\windows\\system32\\CMD.EXE",
    "powershell -enc SQBFAFgA",
    "straße",
    "STRASSE",
    "ΟΔΥΣΣΕΎΣ",
    "οδυσσεύς",
    "Kelvin \u{212a}",
    "lo\u{17f}t",
    "\\\\srv\\share\\x.PS1",
    "10.1.2.3",
    "::ffff:8.8.8.8",
    "fe80::1",
    "a-b-c",
    "",
    "İstanbul",
    "aGVsbG8=",
    "line\nbreak",
    "x",
];

const NEEDLES: &[&str] = &["cmd", "EXE", "ss", "ß", "Σ", "σ", "k", "s", "\\", "-", "", "e", "windows\\system32", "i", "8.8.8.8", "line"];

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for number in 0..60usize {
        let pick = |step: usize, missing: usize| {
            if (number + step).is_multiple_of(missing) { Value::Missing } else { text(TEXTS[(number * step + step) % TEXTS.len()]) }
        };
        rows.push(row(&[
            ("DateTime", Value::Time(1_600_000_000_000 + number as i64 * 3_700_000)),
            ("RecordId", int(number as i64)),
            ("Muid", text("00112233445566778899aabbccddeeff")),
            ("CommandLine", pick(1, 7)),
            ("ChildPath", pick(3, 5)),
            ("ParentPath", pick(5, 11)),
            ("ChildPid", if number % 6 == 0 { Value::Missing } else { int([0, 1, -3, i64::MAX, 4096, 0x1010, i64::MIN][number % 7]) }),
            ("ParentPid", if number % 9 == 0 { Value::Missing } else { int(number as i64 % 5) }),
            ("GrantedAccess", if number % 4 == 0 { Value::Missing } else { int([0x1010, 0x1fffff, 0x10, 1][number % 4]) }),
            ("External", [Value::Missing, Value::Bool(true), Value::Bool(false)][number % 3].clone()),
        ]));
    }
    rows
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(rows);
static STORE: LazyLock<(TempDir, Local)> = LazyLock::new(|| store(&[("process", ROWS[..25].to_vec()), ("process", ROWS[25..].to_vec())]));

/// The same rows, text in upper case.
static UPPER: LazyLock<(TempDir, Local)> = LazyLock::new(|| {
    let upper = |row: &Row| {
        row.iter()
            .map(|(name, value)| match value {
                Value::Text(text) if *name != "Muid" => (*name, Value::text(text.to_uppercase())),
                other => (*name, other.clone()),
            })
            .collect::<Row>()
    };
    store(&[("process", ROWS.iter().map(upper).collect())])
});

fn text_column() -> impl Strategy<Value = Arc<Expr>> {
    prop::sample::select(vec!["CommandLine", "ChildPath", "ParentPath"]).prop_map(Expr::column)
}

fn needle() -> impl Strategy<Value = &'static str> {
    prop::sample::select(NEEDLES.iter().chain(TEXTS).copied().collect::<Vec<_>>())
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop::sample::select(vec![Comparison::Equal, Comparison::Less, Comparison::LessOrEqual, Comparison::Greater, Comparison::GreaterOrEqual])
}

/// Tests of text, none of them exact.
fn text_leaf() -> impl Strategy<Value = Arc<Expr>> {
    let tests = vec![Pattern::Contains, Pattern::StartsWith, Pattern::EndsWith, Pattern::Like];
    prop_oneof![
        (prop::sample::select(tests.clone()), text_column(), needle()).prop_map(|(func, of, needle)| Expr::call(func, vec![of, Expr::text(needle)])),
        (prop::sample::select(tests), text_column(), prop::collection::vec(needle(), 0..4))
            .prop_map(|(func, of, needles)| { Expr::call(func, vec![of, Expr::literal(Value::List(needles.into_iter().map(Value::text).collect()))]) }),
        (text_column(), needle()).prop_map(|(of, needle)| Expr::call(Pattern::Like, vec![of, Expr::text(format!("*{needle}?*"))])),
        (comparison(), text_column(), needle()).prop_map(|(comparison, of, needle)| Arc::new(Expr::Compare(comparison, of, Expr::text(needle)))),
        (comparison(), text_column(), text_column()).prop_map(|(comparison, a, b)| Arc::new(Expr::Compare(comparison, a, b))),
        (text_column(), prop::collection::vec(needle(), 0..4))
            .prop_map(|(of, needles)| Arc::new(Expr::In(of, needles.into_iter().map(Value::text).collect::<Vec<_>>().into()))),
        text_column().prop_map(|of| Expr::call(Func::IsMissing, vec![of])),
        (text_column(), needle()).prop_map(|(of, needle)| Expr::equal(Expr::call(Func::Before, vec![of.clone(), Expr::text(needle)]), of)),
    ]
}

fn other_leaf() -> impl Strategy<Value = Arc<Expr>> {
    let number = || prop::sample::select(vec!["ChildPid", "ParentPid", "GrantedAccess"]).prop_map(Expr::column);
    prop_oneof![
        (comparison(), number(), -3i64..5000).prop_map(|(comparison, of, n)| Arc::new(Expr::Compare(comparison, of, Expr::literal(int(n))))),
        (comparison(), number(), -3.0f64..5.0).prop_map(|(comparison, of, n)| Arc::new(Expr::Compare(comparison, of, Expr::literal(Value::Float(n))))),
        (comparison(), number(), number()).prop_map(|(comparison, a, b)| Arc::new(Expr::Compare(comparison, a, b))),
        Just(Expr::column("External")),
        Just(Expr::call(Func::IsTrue, vec![Expr::column("External")])),
        any::<bool>().prop_map(|yes| Expr::equal(Expr::column("External"), Expr::literal(Value::Bool(yes)))),
        (number(), prop::collection::vec(0i64..5, 0..4)).prop_map(|(of, list)| Arc::new(Expr::In(of, list.into_iter().map(int).collect::<Vec<_>>().into()))),
        (prop::sample::select(vec![Func::HasBits, Func::AnyBits]), 0i64..0x2000)
            .prop_map(|(func, bits)| Expr::call(func, vec![Expr::column("GrantedAccess"), Expr::literal(int(bits))])),
        Just(Expr::equal(Expr::column("GrantedAccess"), Expr::text("0x1010"))),
        (text_column(), needle()).prop_map(|(of, needle)| Expr::call(Pattern::Contains, vec![Expr::call(Func::Cased, vec![of]), Expr::text(needle)])),
        (text_column(), needle()).prop_map(|(of, needle)| Expr::equal(Expr::call(Func::Cased, vec![of]), Expr::text(needle))),
        (comparison(), number(), number(), prop::sample::select(Arithmetic::ALL.to_vec())).prop_map(|(comparison, a, b, func)| Arc::new(Expr::Compare(
            comparison,
            Expr::call(func, vec![a.clone(), b]),
            a
        ))),
        (0i64..100).prop_map(|hours| Arc::new(Expr::Compare(
            Comparison::Less,
            Expr::column("DateTime"),
            Expr::literal(Value::Time(1_600_000_000_000 + hours * 3_600_000))
        ))),
        Just(Expr::literal(Value::Missing)),
        any::<bool>().prop_map(|value| Expr::literal(Value::Bool(value))),
    ]
}

fn combined(leaf: impl Strategy<Value = Arc<Expr>> + 'static) -> impl Strategy<Value = Arc<Expr>> {
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| Arc::new(Expr::And(parts))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| Arc::new(Expr::Or(parts))),
            inner.clone().prop_map(|part| Arc::new(Expr::Not(part))),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| Arc::new(Expr::If(a, b, c))),
        ]
    })
}

fn kept(local: &Local, condition: &Arc<Expr>) -> Vec<i64> {
    records(&run(local, &plan("process", &[Step::Filter(condition.clone()), Step::Select(names(&["RecordId"]))])))
}

fn reference(condition: &Expr) -> Vec<i64> {
    let holds = |row: &&Row| holds(condition, &|name: &str| row.get(name).cloned().unwrap_or(Value::Missing)) == Value::Bool(true);
    ROWS.iter()
        .filter(holds)
        .map(|row| match row["RecordId"] {
            Value::Int(number) => number,
            _ => -1,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn filter_and_exclude_part_the_rows(condition in combined(prop_oneof![text_leaf(), other_leaf()])) {
        let with = kept(&STORE.1, &condition);
        let without = kept(&STORE.1, &Arc::new(Expr::Not(condition.clone())));
        prop_assert_eq!(&with, &reference(&condition));
        let mut all: Vec<i64> = with.iter().chain(&without).copied().collect();
        all.sort();
        prop_assert_eq!(all, (0..60).collect::<Vec<_>>());
    }

    #[test]
    fn case_never_matters(condition in combined(text_leaf())) {
        prop_assert_eq!(kept(&STORE.1, &condition), kept(&UPPER.1, &condition));
    }

    #[test]
    fn regular_expressions_ignore_case_of_ascii(pattern in prop::sample::select(vec!["cmd", "^C:\\\\W", "[a-f]+\\.exe$", "\\d{2,}", "s", "(?-i)CMD", "é", "\\bx\\b", "."])) {
        let condition = Expr::call(Pattern::Matches, vec![Expr::column("CommandLine"), Expr::text(pattern)]);
        prop_assert_eq!(kept(&STORE.1, &condition), reference(&condition));
    }
}

/// Further arguments for every function, as one call takes them.
fn arguments(func: Func) -> Vec<Vec<Value>> {
    let texts = || NEEDLES.iter().map(|needle| vec![text(needle)]).collect::<Vec<_>>();
    match func {
        Func::Pattern(Pattern::Contains | Pattern::StartsWith | Pattern::EndsWith | Pattern::Like)
        | Func::Split
        | Func::Before
        | Func::After
        | Func::Levenshtein => texts(),
        Func::Pattern(Pattern::Matches) => vec![vec![text("[a-c]")], vec![text("ß")]],
        Func::Pattern(Pattern::InCidr) => {
            vec![vec![text("10.0.0.0/8")], vec![text("fe80::/10")], vec![Value::List(vec![text("8.0.0.0/8"), text("10.1.2.3")].into())]]
        }
        Func::HasBits | Func::AnyBits => vec![vec![int(0x10)], vec![int(0)], vec![text("0x1000")]],
        Func::Replace | Func::Between => NEEDLES.iter().zip(NEEDLES.iter().rev()).map(|(a, b)| vec![text(a), text(b)]).collect(),
        Func::Joined => vec![vec![text("+"), int(3)], vec![Value::Missing]],
        Func::Concat => vec![vec![text(" + "), int(3)]],
        Func::Floor(_) => [60_000, 18_000_000, 86_400_000, 604_800_000, 0].map(|span| vec![Value::Duration(span)]).to_vec(),
        Func::Arithmetic(_) => vec![vec![int(0)], vec![int(-1)], vec![int(i64::MAX)], vec![Value::Float(0.0)], vec![Value::Float(2.5)]],
        Func::OrElse => vec![vec![text("other")]],
        Func::Item => vec![vec![int(0)], vec![int(-1)], vec![int(99)]],
        Func::IsPublic | Func::IsPrivate | Func::IsMissing | Func::IsTrue | Func::Cased | Func::Len | Func::Lower | Func::Upper => vec![vec![]],
        Func::Basename | Func::Dirname | Func::Extension | Func::Entropy | Func::DecodeBase64 => vec![vec![]],
        Func::Negate | Func::SquareRoot | Func::Hex => vec![vec![]],
        Func::Hour(_) | Func::Weekday(_) | Func::Date(_) => vec![vec![]],
    }
}

fn receiver(func: Func) -> Arc<Expr> {
    match func {
        Func::Hour(_) | Func::Weekday(_) | Func::Date(_) | Func::Floor(_) => Expr::column("DateTime"),
        Func::Arithmetic(_) | Func::Negate | Func::SquareRoot => Expr::column("ChildPid"),
        Func::HasBits | Func::AnyBits | Func::Hex => Expr::column("GrantedAccess"),
        Func::IsTrue => Expr::column("External"),
        Func::Item => Expr::call(Func::Split, vec![Expr::column("CommandLine"), Expr::text("\\")]),
        _ => Expr::column("CommandLine"),
    }
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Float(a), Value::Int(b)) | (Value::Int(b), Value::Float(a)) => (a - *b as f64).abs() < 1e-9,
        (Value::Float(a), Value::Float(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
        _ => left == right,
    }
}

#[test]
fn every_function_is_what_the_reference_says() {
    let zone = chrono_tz::America::New_York;
    let mut all: Vec<Func> = Func::METHODS.to_vec();
    all.extend([Func::Hour(zone), Func::Weekday(zone), Func::Date(zone), Func::Floor(zone), Func::IsTrue, Func::Concat, Func::Item]);
    all.extend([Func::Negate, Func::Joined]);
    all.extend(Arithmetic::ALL.map(Func::from));
    for func in all {
        for further in arguments(func) {
            for cased in [false, true] {
                let of = receiver(func);
                let marked = if cased && matches!(func.signature().receiver, [Type::Text]) { Expr::call(Func::Cased, vec![of.clone()]) } else { of };
                let mut parts = vec![marked];
                parts.extend(further.iter().cloned().map(Expr::literal));
                let expr = Expr::call(func, parts);
                let answer = run(&STORE.1, &plan("process", &[Step::Derive("X".into(), expr.clone()), Step::Select(names(&["RecordId", "X"]))]));
                for (number, row) in ROWS.iter().enumerate() {
                    let wanted = holds(&expr, &|name: &str| row.get(name).cloned().unwrap_or(Value::Missing));
                    let given = answer.named(number, "X");
                    assert!(same(&given, &wanted), "{func:?} {further:?} on {row:?}: {given:?} instead of {wanted:?}");
                }
            }
        }
    }
}

#[test]
fn patterns_from_columns_are_what_the_reference_says() {
    let tests = [Pattern::Contains, Pattern::StartsWith, Pattern::EndsWith, Pattern::Like].map(Func::from);
    for func in tests.into_iter().chain([Func::Levenshtein, Func::Before, Func::Split]) {
        let expr = Expr::call(func, vec![Expr::column("CommandLine"), Expr::column("ChildPath")]);
        let answer = run(&STORE.1, &plan("process", &[Step::Derive("X".into(), expr)]));
        for (number, row) in ROWS.iter().enumerate() {
            let cell = |name: &str| row.get(name).cloned().unwrap_or(Value::Missing);
            assert_eq!(answer.named(number, "X"), apply_as(func, &[cell("CommandLine"), cell("ChildPath")], false), "{func:?}");
        }
    }
}
