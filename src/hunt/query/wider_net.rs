//! `wider_net`: where else a value occurs.

use super::given::{Asked, Given};
use super::grep::parts;
use super::line::together;
use super::options::*;
use super::search::{COLUMN, Search};
use super::sum::fold;
use super::timeline::WORDS;
use super::{Context, Query, Shape, Takes, Target, names};
use crate::hunt::stack;
use crate::plan::text::parse_whole;
use crate::plan::{Fold, Pattern, Plan, Step};

pub(super) const QUERY: Query = Query {
    name: "wider_net",
    table: "timeline",
    doc: "Where a value occurs: Table Column Machine Count FirstSeen LastSeen. A text counts where it is a column's whole text or stands in it as a word of its \
          own (no letter or digit right before or after), a number also in columns of numbers. A record that holds it only in a raw field counts for that \
          field, in the table `event`. `.events()` of a row gives the rows behind it",
    options: &[
        own("value", Takes::Values, "a text or a whole number, or an array of them"),
        own("tables", Takes::Words(WORDS), "only these tables; event: the raw fields of every record"),
        MUID,
        TOP,
        PERIOD,
    ],
    example: r#"wider_net("192.88.99.77", #{ period: all_time() })"#,
    shape: Shape::WiderNet,
};

pub(super) fn plan(target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> Plan {
    let (mut patterns, mut numbers) = (Vec::new(), Vec::new());
    for value in asked.values("value") {
        match value {
            Given::Int(number) => {
                patterns.extend([number.to_string(), format!("{number:#x}")]);
                numbers.push(*number);
            }
            Given::Text(text) => {
                let text = text.trim();
                patterns.push(text.to_string());
                // An id as people write it: 0x3e7.
                numbers.extend(parse_whole(text).filter(|_| text.to_lowercase().starts_with("0x")));
            }
            Given::Missing | Given::Bool(_) | Given::Float(_) | Given::List(_) => {}
        }
    }
    let search = Search { patterns, test: Pattern::Has, cased: false, numbers };
    let lines = together(parts(QUERY.name, &search, true, target, asked, context), &[COLUMN]);
    let seen = [("FirstSeen", Fold::Min), ("LastSeen", Fold::Max)].map(|(name, how)| fold(name, how, "DateTime"));
    let aggregates = std::iter::once(stack::count()).chain(seen).collect();
    lines.then(Step::Group { keys: names(&["Table", COLUMN, "Machine"]), aggregates })
}
