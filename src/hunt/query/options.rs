//! The options that queries share, each declared once.

use super::{OptionSpec, Takes};

const fn option(name: &'static str, takes: Takes, doc: &'static str) -> OptionSpec {
    OptionSpec { name, takes, doc }
}

pub(super) const FILE: OptionSpec =
    option("file", Takes::TextList, "the child (where a row has none, the actor): a path, a name (`*` any characters), an MD5, SHA-1 or SHA-256");
pub(super) const ACTOR: OptionSpec = option("actor", Takes::TextList, "the acting program (Parent): a path, a name (`*` any characters), or a hash");
pub(super) const USER: OptionSpec = option("user", Takes::TextList, "who did it: a name with or without its domain");
pub(super) const USERS: OptionSpec = option("users", Takes::TextList, "the same as `user`");
pub(super) const NAMED_USER: OptionSpec = option("user", Takes::TextList, "a text that the user's name contains");
pub(super) const NAMED_USERS: OptionSpec = option("users", Takes::TextList, "the same as `user`");
pub(super) const KIND: OptionSpec = option(
    "kind",
    Takes::Words(&["interpreter", "remoteaccess", "admintool", "hackingtool", "userallowed"]),
    "the sort of program, by its file name or the name that it was built with; userallowed: detected, and allowed by the user",
);
pub(super) const FILE_KIND: OptionSpec =
    option("kind", Takes::Words(&["interpreter", "remoteaccess", "admintool", "hackingtool"]), "the sort of program that the file is, by its name");
pub(super) const ACTOR_KIND: OptionSpec = option(
    "kind",
    Takes::Words(&["interpreter", "remoteaccess", "admintool", "hackingtool", "userallowed"]),
    "the sort of program that acted, by its file name or the name that it was built with; userallowed: detected, and allowed by the user",
);
pub(super) const COMMAND: OptionSpec = option("command", Takes::TextList, "text that the command line contains");
pub(super) const ATTRIBUTES: OptionSpec =
    option("attributes", Takes::Attributes, "any of ATTR_REMOTE | ATTR_EXTERNAL | ATTR_FRESHUNKNOWN | ATTR_LANSHARED; an unknown attribute is none");
pub(super) const IPS: OptionSpec = option("ips", Takes::Addresses, "the other end: an address or a network, as 10.0.0.0/8");
pub(super) const MUID: OptionSpec = option("muid", Takes::Machines, "only these of the machines");
pub(super) const TOP: OptionSpec = option("top", Takes::Count, "the first rows only");
pub(super) const PERIOD: OptionSpec = option("period", Takes::Period, "when; else the entity's period, else --period, else today");
pub(super) const HISTOGRAM: OptionSpec = option("histogram", Takes::Histogram, "bins over time in place of rows");

/// The words of `operation`, different in each table.
pub(super) const fn operation(words: &'static [&'static str], doc: &'static str) -> OptionSpec {
    option("operation", Takes::Words(words), doc)
}

/// An option that one query alone has.
pub(super) const fn own(name: &'static str, takes: Takes, doc: &'static str) -> OptionSpec {
    option(name, takes, doc)
}
