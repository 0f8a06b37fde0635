//! The executable, driven as a user would: every behaviour is tested through its arguments, streams and exit codes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod support;
mod views;

mod architecture;
mod builtins;
mod cases;
mod ceiling;
mod changed;
mod command_line;
mod formats;
mod geoip;
mod growing;
mod hardship;
mod hostile;
mod interrupted;
mod kin;
mod library;
mod licences;
mod mutations;
mod page;
mod pipeline;
mod playbooks;
mod properties;
mod readme;
mod real;
mod real_formats;
mod recount;
mod reference;
mod remembered;
mod repl;
mod reports;
mod sample;
mod screens;
mod trials;
mod upkeep;
