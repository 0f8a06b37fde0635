//! The executable, driven as a user would: every behaviour is tested through its arguments, streams and exit codes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod support;
mod views;

mod architecture;
mod builtins;
mod cases;
mod formats;
mod growing;
mod hostile;
mod interrupted;
mod library;
mod licences;
mod playbooks;
mod readme;
mod real;
mod real_formats;
mod repl;
mod sample;
