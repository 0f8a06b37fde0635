//! How far an ingest is, on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::ingest::Progress;
use crate::present::clean::escape;

/// A bar on stderr, or silence.
pub struct Bar {
    bar: ProgressBar,
}

impl Bar {
    pub fn new(visible: bool) -> Bar {
        let target = if visible { ProgressDrawTarget::stderr_with_hz(8) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{prefix:>9} [{bar:30}] {bytes}/{total_bytes}  {bytes_per_sec}  {msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix("ingesting");
        Bar { bar }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bar {
    fn planned(&self, _files: u64, bytes: u64) {
        self.bar.set_length(bytes);
    }

    fn started(&self, file: &str) {
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        self.bar.set_message(escape(name).into_owned());
    }

    fn advanced(&self, bytes: u64, _records: u64) {
        self.bar.inc(bytes);
    }
}
